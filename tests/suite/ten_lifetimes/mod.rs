//! Programs of each kind work for ten lifetimes of 20 s without one failed call.
//!
//! Waiting is all of it: one test lets all kinds work side by side, so that it keeps one thread from other tests.
#![cfg(unix)]

mod boto3;
mod library;
mod node;
mod shell;

use std::time::Duration;

use awstok::sandbox::{Fault, Options, Role, Rule, Sandbox, User, World};

use crate::home::Home;

/// How long what is issued lives.
const LIFETIME: Duration = Duration::from_secs(20);
/// How long a program works.
const TIME: Duration = Duration::from_secs(203);

const ROLE: &str = "arn:aws:iam::210987654321:role/Worker";

/// A kind of program, and its work.
type Kind = (&'static str, fn());

const KINDS: [Kind; 5] = [
    ("boto3 through credential_process", boto3::through_credential_process),
    ("boto3 from the files that watch keeps", boto3::from_the_files_that_watch_keeps),
    ("a Rust program through the library", library::through_the_library),
    ("Node through the endpoint", node::through_the_endpoint),
    ("a shell script under supervise", shell::under_supervise),
];

#[test]
fn programs_of_each_kind_work_on() {
    let start = |kind: &str, work: fn()| std::thread::Builder::new().name(kind.to_owned()).spawn(work).unwrap();
    let begun = KINDS.map(|(kind, work)| (kind, start(kind, work)));
    let failed: Vec<_> = begun.into_iter().filter_map(|(kind, thread)| thread.join().err().map(|_| kind)).collect();
    assert_eq!(failed, [""; 0]);
}

/// A home in which `worker` is a role whose sessions live for 20 s, and AWS.
struct Stage {
    home: Home,
    sandbox: Sandbox,
}

impl Stage {
    /// `keys` are more keys of the profile `worker`.
    fn new(keys: &str) -> Self {
        let mut world = World::new();
        world.add_user(User::new("123456789012", "ann", "AKIAIOSFODNN7EXAMPLE", "secret")).unwrap();
        world.add_role(Role::new(ROLE).trusts("arn:aws:iam::123456789012:user/ann")).unwrap();
        let sandbox = Sandbox::start(world, Options::default()).unwrap();
        sandbox.inject(Rule::new(Fault::Lifetime(LIFETIME)));
        let mut home = Home::new();
        home.set("AWS_ENDPOINT_URL", sandbox.url());
        home.set("AWS_EC2_METADATA_DISABLED", "true");
        home.profile(
            "ann",
            "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = secret\nsession = none\n",
        );
        home.profile("worker", &format!("role_arn = {ROLE}\nmaster_profile = ann\nregion = eu-central-1\n{keys}"));
        home.ok(&["token", "worker"]);
        Self { home, sandbox }
    }

    /// Checks what the program's calls came to: each succeeded at once, and ten lifetimes passed.
    #[track_caller]
    fn judge(&self, calls: usize) {
        let sent = self.sandbox.calls_of("GetCallerIdentity");
        assert!(calls > 200, "{calls} calls only");
        assert_eq!(sent.len(), calls, "calls that failed, or were made again");
        assert!(sent.iter().all(|call| call.status == 200));
        let sessions = self.sandbox.calls_of("AssumeRole").len();
        assert!((11..=16).contains(&sessions), "{sessions} sessions in ten lifetimes");
    }
}
