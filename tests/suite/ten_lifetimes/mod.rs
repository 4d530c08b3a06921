//! Programs of each kind work for ten lifetimes of 20 s without one failed call.
//!
//! Waiting is most of it: all kinds begin with the first test, whatever the number of test threads.
#![cfg(unix)]

mod boto3;
mod library;
mod node;
mod shell;

use std::collections::BTreeMap;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use awstok::sandbox::{Fault, Options, Role, Rule, Sandbox, User, World};

use crate::home::Home;

/// How long what is issued lives.
const LIFETIME: Duration = Duration::from_secs(20);
/// How long a program works.
const TIME: Duration = Duration::from_secs(203);

const ROLE: &str = "arn:aws:iam::210987654321:role/Worker";

/// A kind of program: the name of its test, and its work.
type Kind = (&'static str, fn());

/// All kinds; each has a test of this name below.
const KINDS: [Kind; 5] = [
    ("boto3_through_credential_process", boto3::through_credential_process),
    ("boto3_from_the_files_that_watch_keeps", boto3::from_the_files_that_watch_keeps),
    ("a_rust_program_through_the_library", library::through_the_library),
    ("node_through_the_endpoint", node::through_the_endpoint),
    ("a_shell_script_under_supervise", shell::under_supervise),
];

#[test]
fn boto3_through_credential_process() {
    works("boto3_through_credential_process");
}

#[test]
fn boto3_from_the_files_that_watch_keeps() {
    works("boto3_from_the_files_that_watch_keeps");
}

#[test]
fn a_rust_program_through_the_library() {
    works("a_rust_program_through_the_library");
}

#[test]
fn node_through_the_endpoint() {
    works("node_through_the_endpoint");
}

#[test]
fn a_shell_script_under_supervise() {
    works("a_shell_script_under_supervise");
}

/// Waits until a kind has done its work; the first one waited for lets all begin that this run's filters name.
#[track_caller]
fn works(kind: &str) {
    static BEGUN: OnceLock<Mutex<BTreeMap<&str, JoinHandle<()>>>> = OnceLock::new();
    let begun = BEGUN.get_or_init(|| {
        let filters: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
        let is_named = |name: &str| {
            let name = format!("{}::{name}", module_path!());
            filters.is_empty() || filters.iter().any(|filter| name.contains(filter))
        };
        let named = KINDS.iter().filter(|(name, _)| is_named(name));
        Mutex::new(named.map(|(name, work)| (*name, std::thread::spawn(*work))).collect())
    });
    let thread = begun.lock().unwrap_or_else(PoisonError::into_inner).remove(kind);
    match thread {
        Some(thread) => thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
        None => KINDS.iter().find(|(name, _)| *name == kind).unwrap().1(),
    }
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
