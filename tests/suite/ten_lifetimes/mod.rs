//! Programs of each kind work for ten lifetimes of 20 s without one failed call, side by side.
#![cfg(unix)]

mod boto3;
mod library;

use std::time::Duration;

use awstok::sandbox::{Fault, Options, Role, Rule, Sandbox, User, World};

use crate::home::Home;

/// How long what is issued lives.
const LIFETIME: Duration = Duration::from_secs(20);
/// How long a program works.
const TIME: Duration = Duration::from_secs(203);

const ROLE: &str = "arn:aws:iam::210987654321:role/Worker";

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
        let sessions = self.sandbox.calls_of("AssumeRole").len();
        assert!((11..=16).contains(&sessions), "{sessions} sessions in ten lifetimes");
    }
}
