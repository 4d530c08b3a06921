//! The commands as a user sees them: the built binary against the stand-in for AWS, whole outputs, whole files.

mod completions;
mod env;
mod errors;
mod explain_whoami;
mod given_codes;
mod help;
mod hostile;
mod invalid;
mod list_status;
#[cfg(unix)]
mod prompts;
#[cfg(unix)]
mod pruning;
#[cfg(target_os = "linux")]
mod secrets;
#[cfg(unix)]
mod status_watch;
mod switchrole;
mod token;
mod undo_sync_clear;

use std::time::Duration;

use awstok::sandbox::{Options, Role, Sandbox, User, World};
use serde_json::Value;

use crate::home::{Home, Run};

pub const DEVICE: &str = "arn:aws:iam::123456789012:mfa/ann";
pub const OTHER_DEVICE: &str = "arn:aws:iam::123456789012:mfa/bob";
pub const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
pub const ADMIN: &str = "arn:aws:iam::210987654321:role/Admin";
pub const AUDIT: &str = "arn:aws:iam::333344445555:role/team/audit";

pub const BOBS_SECRET: &str = "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY";
pub const ROBOTS_SECRET: &str = "9drTJvcXLB89EXAMPLELB8923FB892xMFIEXAMPL";

/// A home with profiles, and the stand-in that knows what they speak of.
pub struct Stage {
    pub home: Home,
    pub sandbox: Sandbox,
}

impl Stage {
    /// `mainuser` with a device, its role `prod`, behind that `audit`; `bob` with another device and the role `stage`;
    /// `plain` without a device, and `ci` without sessions.
    pub fn new() -> Self {
        let stage = Self::empty();
        let user = |id: &str, secret: &str| format!("aws_access_key_id = {id}\naws_secret_access_key = {secret}\n");
        let profile = |name: &str, keys: String| stage.home.profile(name, &keys);
        let region = "region = eu-central-1\n";
        profile("mainuser", format!("{}mfa_id = {DEVICE}\n{region}", user("AKIAIOSFODNN7EXAMPLE", SECRET)));
        profile("prod", format!("role_arn = {ADMIN}\nmaster_profile = mainuser\n{region}"));
        profile("audit", format!("role_arn = {AUDIT}\nmaster_profile = prod\n"));
        profile("bob", format!("{}mfa_id = {OTHER_DEVICE}\n", user("AKIAI44QH8DHBEXAMPLE", BOBS_SECRET)));
        profile("stage", "role_name = Stage\naccount_id = 210987654321\nmaster_profile = bob\n".into());
        profile("plain", format!("{}account_id = 123456789012\n", user("AKIAROBOTROBOTROBOT1", ROBOTS_SECRET)));
        profile("ci", format!("{}session = none\nregion = us-east-1\n", user("AKIAROBOTROBOTROBOT1", ROBOTS_SECRET)));
        stage
    }

    /// The stand-in alone, and no profiles.
    pub fn empty() -> Self {
        const ACCOUNT: &str = "123456789012";
        let mut world = World::new();
        let ann = User::new(ACCOUNT, "ann", "AKIAIOSFODNN7EXAMPLE", SECRET).device(DEVICE, &"AWSTOK23".repeat(4));
        let bob =
            User::new(ACCOUNT, "bob", "AKIAI44QH8DHBEXAMPLE", BOBS_SECRET).device(OTHER_DEVICE, &"BOB234".repeat(6));
        let robot = User::new(ACCOUNT, "robot", "AKIAROBOTROBOTROBOT1", ROBOTS_SECRET);
        for user in [ann, bob, robot] {
            world.add_user(user).unwrap();
        }
        let hours = |hours: u64| Duration::from_secs(hours * 3_600);
        let trusting = |arn: &str, principal: &str| Role::new(arn).trusts(principal).max_duration(hours(12));
        let roles = [
            trusting(ADMIN, "arn:aws:iam::123456789012:user/ann").requires_mfa(),
            trusting(AUDIT, ADMIN),
            trusting("arn:aws:iam::210987654321:role/Stage", "arn:aws:iam::123456789012:user/bob").requires_mfa(),
            Role::new("arn:aws:iam::210987654321:role/Nobodys"),
        ];
        for role in roles {
            world.add_role(role).unwrap();
        }
        let sandbox = Sandbox::start(world, Options::default()).unwrap();
        let mut home = Home::new();
        home.set("AWS_ENDPOINT_URL", sandbox.url());
        home.set("AWS_EC2_METADATA_DISABLED", "true");
        Self { home, sandbox }
    }

    /// A code that ann's device would show.
    pub fn code(&self) -> String {
        self.sandbox.unused_code(DEVICE).unwrap()
    }

    /// Runs awstok with a good code.
    pub fn run(&self, args: &[&str]) -> Run {
        let code = self.code();
        self.home.run(&[args, &["--mfa-code", &code]].concat())
    }

    /// Runs awstok with a good code, which must succeed; gives its stdout.
    #[track_caller]
    pub fn ok(&self, args: &[&str]) -> String {
        let run = self.run(args);
        assert_eq!(run.code, 0, "awstok {args:?}: {run:#?}");
        run.out
    }

    /// The actions that were called since the last time.
    pub fn calls(&self) -> Vec<String> {
        let calls = self.sandbox.calls().into_iter().map(|call| call.action).collect();
        self.sandbox.clear_calls();
        calls
    }

    /// What `env` hands out.
    #[track_caller]
    pub fn variables(&self, profile: &str) -> Value {
        json(&self.home.ok(&["env", profile, "--json"]))
    }

    /// The section that the credentials file holds of a session, as `env` hands it out.
    #[track_caller]
    pub fn section(&self, profile: &str) -> String {
        let variables = self.variables(profile);
        let value = |name: &str| variables[name].as_str();
        let lines = [
            ("aws_access_key_id", value("AWS_ACCESS_KEY_ID")),
            ("aws_secret_access_key", value("AWS_SECRET_ACCESS_KEY")),
            ("aws_session_token", value("AWS_SESSION_TOKEN")),
            ("aws_session_token_expiration", value("AWS_CREDENTIAL_EXPIRATION")),
            ("expiration", value("AWS_CREDENTIAL_EXPIRATION")),
            ("region", value("AWS_REGION")),
        ];
        let lines = lines.iter().filter_map(|(key, value)| value.map(|value| format!("{key} = {value}\n")));
        format!("[{profile}]\n{}", lines.collect::<String>())
    }

    /// Both AWS files and the journal, as far as a change would show: bytes, and on Unix inode and time.
    pub fn files(&self) -> Vec<(String, Option<Vec<u8>>, Vec<i128>)> {
        let journal = std::fs::read_dir(self.home.path(".aws/awstok/journal")).into_iter().flatten();
        let mut names: Vec<String> = vec![".aws/credentials".into(), ".aws/config".into()];
        names.extend(
            journal.map(|entry| format!(".aws/awstok/journal/{}", entry.unwrap().file_name().to_string_lossy())),
        );
        names.sort();
        let seen = |name: String| {
            let path = self.home.path(&name);
            let stamp = path.metadata().map(|metadata| stamp(&metadata)).unwrap_or_default();
            (name, std::fs::read(path).ok(), stamp)
        };
        names.into_iter().map(seen).collect()
    }
}

#[cfg(unix)]
fn stamp(metadata: &std::fs::Metadata) -> Vec<i128> {
    use std::os::unix::fs::MetadataExt as _;
    vec![metadata.ino().into(), metadata.mtime().into(), metadata.mtime_nsec().into(), metadata.mode().into()]
}

#[cfg(not(unix))]
fn stamp(_: &std::fs::Metadata) -> Vec<i128> {
    Vec::new()
}

#[track_caller]
pub fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The seconds from now to an RFC 3339 instant.
#[track_caller]
pub fn seconds_until(instant: &Value) -> i64 {
    let instant: jiff::Timestamp = instant.as_str().unwrap().parse().unwrap();
    instant.duration_since(jiff::Timestamp::now()).as_secs()
}

/// The words of each line.
pub fn words(text: &str) -> Vec<Vec<&str>> {
    text.lines().map(|line| line.split_whitespace().collect()).collect()
}
