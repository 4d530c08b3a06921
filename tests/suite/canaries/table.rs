//! Every command with every secret in its reach. Whoever adds a command adds a line to `ROWS`.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use awstok::sandbox::{Fault, Rule};
use awstok::vault::Item;
use clap::CommandFactory as _;

use super::Canaries;
use crate::commands::{ADMIN, BOBS_SECRET, DEVICE, ROBOTS_SECRET, SECRET, Stage};
use crate::vault::{PASSPHRASE, seal};

/// What a command is for, as far as secrets go.
#[derive(Clone, Copy, PartialEq)]
enum Gives {
    /// None of it shows a secret.
    Talk,
    /// Its stdout was asked for.
    Secrets,
    /// Its stdout was asked for, and it runs until it is told to end.
    SecretsOnAndOn,
}
use Gives::{Secrets, SecretsOnAndOn, Talk};

/// The command, its arguments, what it reads from standard input (see `World::input`), what it gives, and its exit code where
/// nothing fails.
type Row = (&'static str, &'static [&'static str], &'static str, Gives, i32);

/// Whatever it finds or is refused.
const ANY: i32 = i32::MIN;

/// In the order in which they run, in one home. `-vv` comes on top.
const ROWS: &[Row] = &[
    ("token", &["prod"], "", Talk, 0),
    ("token", &["prod", "--json", "--force"], "", Talk, 0),
    ("token", &["prod", "audit", "--dry-run", "--force", "--json"], "", Talk, 0),
    ("token", &["hidden"], "", Talk, 0),
    ("token", &["sealed"], "", Talk, 0),
    ("token", &["program"], "", Talk, 0),
    ("token", &["container"], "", Talk, 4),
    ("token", &["web"], "", Talk, 4),
    ("env", &["prod", "--shell", "bash"], "", Secrets, 0),
    ("env", &["audit", "--json"], "", Secrets, 0),
    ("env", &["sealed", "--format", "dotenv"], "", Secrets, 0),
    ("credential-process", &["prod"], "", Secrets, 0),
    ("credential-process", &["ci"], "", Secrets, 0),
    ("exec", &["prod", "--", "true"], "", Talk, 0),
    ("exec", &["hidden", "--server", "--", "true"], "", Talk, 0),
    ("exec", &["prod", "--", "/nowhere/at-all"], "", Talk, 127),
    ("serve", &["prod", "--shell", "bash"], "", SecretsOnAndOn, 0),
    ("supervise", &["prod", "--", "true"], "", Talk, 0),
    ("systemd-unit", &["prod", "--", "/bin/true"], "", Talk, 0),
    ("watch", &["prod", "hidden", "--once"], "", Talk, 0),
    ("list", &[], "", Talk, 0),
    ("list", &["--json"], "", Talk, 0),
    ("status", &[], "", Talk, 0),
    ("status", &["--json"], "", Talk, 0),
    ("explain", &["sealed"], "", Talk, 0),
    ("explain", &["hidden", "--json"], "", Talk, 0),
    ("whoami", &["prod"], "", Talk, 0),
    ("console", &["prod", "--print"], "", Secrets, 0),
    ("prompt", &[], "", Talk, 0),
    ("doctor", &["prod"], "", Talk, ANY),
    ("doctor", &["hidden", "--json", "--offline"], "", Talk, ANY),
    ("switchrole-url", &["--json"], "", Talk, 0),
    ("profile add", &["made", "--access-key-id", "AKIAMADEMADEMADEMADE", "--secret-stdin"], "secret", Talk, 0),
    ("profile edit", &["made", "--region", "eu-central-1", "--secret-stdin"], "secret", Talk, 0),
    ("profile show", &["made"], "", Talk, 0),
    ("profile show", &["hidden", "--json"], "", Talk, 0),
    ("profile show", &["made", "--show-secrets"], "", Secrets, 0),
    ("profile copy", &["made", "copied"], "", Talk, 0),
    ("profile rename", &["copied", "renamed"], "", Talk, 0),
    ("profile remove", &["renamed", "--yes"], "", Talk, 0),
    ("profile import", &["--all", "--dry-run"], "", Talk, 0),
    ("secret move", &["made", "--to", "passphrase", "--json"], "", Talk, 0),
    ("secret move", &["made", "--to", "file", "--yes"], "", Talk, 0),
    ("mfa add", &["made", "--secret-stdin", "--mfa-id", "GAHT12345678", "--store", "passphrase"], "seed", Talk, 0),
    ("mfa code", &["made"], "", Secrets, 0),
    ("mfa list", &["mainuser", "--json"], "", Talk, 0),
    ("mfa remove", &["made", "--yes"], "", Talk, 0),
    ("token", &["signed"], "", Talk, 5),
    ("sso status", &["--json"], "", Talk, 0),
    ("sso login", &["--session", "my-sso", "--no-browser", "--use-device-code", "--force"], "", Talk, 4),
    ("sso accounts", &["--session", "my-sso", "--json"], "", Talk, ANY),
    ("sso populate", &["--session", "my-sso", "--dry-run"], "", Talk, ANY),
    ("sso logout", &["--session", "my-sso"], "", Talk, 0),
    ("sync", &["--dry-run"], "", Talk, 0),
    ("log", &[], "", Talk, 0),
    ("log", &["--json"], "", Talk, 0),
    ("undo", &["--list", "--json"], "", Talk, 0),
    ("clear", &["prod"], "", Talk, 0),
    ("undo", &["--force"], "", Talk, 0),
    ("rotate", &["plain", "--yes"], "", Talk, 0),
];

/// What has no line, and why.
const LEFT_OUT: &[(&str, &str)] = &[
    ("completions", "reads nothing of a person's"),
    ("init", "reads nothing of a person's"),
    ("sandbox", "shows a world of its own, whose secrets are nobody's"),
    ("mfa enroll", "waits a minute for two codes; `mfa::devices` looks where its seed lies"),
    ("mfa resync", "waits a minute for two codes, and reads the seed as `mfa code` does"),
];

#[test]
fn every_command_has_a_line() {
    let mut leaves = Vec::new();
    gather(&awstok::cli::Cli::command(), "", &mut leaves);
    let known: BTreeSet<&str> = ROWS.iter().map(|row| row.0).chain(LEFT_OUT.iter().map(|left| left.0)).collect();
    for leaf in &leaves {
        assert!(
            known.contains(leaf.as_str()),
            "`awstok {leaf}` is looked through for no secret: add a line for it to `ROWS` in {} (what it gives, and its exit \
             code), with the secrets it reads to `World::new`, or say in `LEFT_OUT` why it needs none",
            file!()
        );
    }
    for name in known {
        assert!(leaves.iter().any(|leaf| leaf == name), "`{name}` is no command any more");
    }
}

/// Lists the commands that do something, each with the words before it.
fn gather(command: &clap::Command, before: &str, leaves: &mut Vec<String>) {
    for sub in command.get_subcommands() {
        let name = format!("{before}{}", sub.get_name());
        match sub.has_subcommands() {
            true => gather(sub, &format!("{name} "), leaves),
            false => leaves.push(name),
        }
    }
}

#[test]
fn no_secret_shows_where_it_was_not_asked_for() {
    World::new().run_all();
}

#[test]
fn nor_where_aws_refuses_and_repeats_what_it_was_sent() {
    let world = World::new();
    let refuse = |secret: &str| {
        let words = format!("<Code>Denied</Code><Message>no {secret}, {}</Message>", secret.replace('/', "%2F"));
        let body = format!("<ErrorResponse><Error>{words}</Error><RequestId>1</RequestId></ErrorResponse>");
        Rule::new(Fault::Answer { status: 403, content_type: "text/xml", body })
    };
    for rule in [
        refuse(SECRET).access_key_id("AKIAIOSFODNN7EXAMPLE"),
        refuse(ROBOTS_SECRET).access_key_id("AKIAROBOTROBOTROBOT1"),
        refuse(WEB_TOKEN).action("AssumeRoleWithWebIdentity"),
        refuse(CONTAINER_TOKEN).path("/v2/credentials"),
    ] {
        world.stage.sandbox.inject(rule);
    }
    world.failing().run_all();
}

#[test]
fn nor_where_it_answers_what_cant_be_written() {
    let mut world = World::new();
    for secret in ["hostile-token-canary", "hostile-secret-canary"] {
        world.canaries.add(secret);
    }
    world.stage.sandbox.inject(Rule::new(Fault::value("SessionToken", "hostile-token-canary\n[x]")));
    world.stage.sandbox.inject(Rule::new(Fault::value("SecretAccessKey", "hostile-secret-canary\u{1b}[2J")));
    world.failing().run_all();
}

#[test]
fn nor_where_files_cant_be_read() {
    let world = World::new();
    world.stage.home.write(".aws/config", format!("[unclosed {SECRET}\n"));
    world.stage.home.write(".aws/awstok/secrets/hidden.age", format!("{ROBOTS_SECRET}\n"));
    world.stage.home.write(".aws/awstok/session-key.json", format!("{{\"recipient\":\"{SECRET}\"}}"));
    world
        .stage
        .home
        .write("program.json", "{\"Version\":1,\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"program/secret+canary=\"");
    world.failing().run_all();
}

const CONTAINER_TOKEN: &str = "container/token+canary=";
const WEB_TOKEN: &str = "eyJ.web-identity/token+canary.sig";
const SEED: &str = "AWSTOK23AWSTOK23AWSTOK23AWSTOK23";
const NEW_SEED: &str = "NEWSEED2NEWSEED2NEWSEED2NEWSEED2";
const NEW_SECRET: &str = "made/Secret+of+the+canaries/0123456789abc";

/// A home with a secret of every kind.
struct World {
    stage: Stage,
    canaries: Canaries,
    /// Whether exit codes are those of the table.
    is_well: bool,
}

impl World {
    fn new() -> Self {
        let mut stage = Stage::new();
        let mut canaries = Canaries::default();
        let user = format!("aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = {SECRET}\n");
        let codes = format!("mfa_id = {DEVICE}\nmfa_type = virtual\nmfa_secret = {SEED}\n");
        stage.home.profile("mainuser", &format!("{user}{codes}region = eu-central-1\n"));
        stage.home.profile("hidden", "aws_access_key_id = AKIAROBOTROBOTROBOT1\nsecret_store = passphrase\n");
        seal(&stage.home, "hidden", Item::SecretAccessKey, ROBOTS_SECRET);
        let role = format!("role_arn = {ADMIN}\nmaster_profile = mainuser\nrole_session_name = sealed\n");
        stage.home.profile("sealed", &format!("{role}cache = passphrase\n"));
        stage.home.set("AWSTOK_PASSPHRASE", PASSPHRASE);
        let program = [("SecretAccessKey", "program/secret+canary="), ("SessionToken", "program/token+canary=")];
        let program = program.map(|(key, secret)| {
            canaries.add(secret);
            format!("\"{key}\":\"{secret}\"")
        });
        let rest = "\"Version\":1,\"AccessKeyId\":\"ASIAPROGRAM\",\"Expiration\":\"2999-01-01T00:00:00Z\"";
        stage.home.write("program.json", format!("{{{},{rest}}}", program.join(",")));
        let file = stage.home.path("program.json");
        stage.home.profile("program", &format!("credential_process = cat {}\n", file.display()));
        stage.home.profile("container", "credential_source = EcsContainer\n");
        stage.home.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", format!("{}/v2/credentials/1", stage.sandbox.url()));
        stage.home.set("AWS_CONTAINER_AUTHORIZATION_TOKEN", CONTAINER_TOKEN);
        stage.home.write("token", WEB_TOKEN);
        let deploy = "arn:aws:iam::210987654321:role/deploy";
        stage.home.profile("web", &format!("role_arn = {deploy}\nweb_identity_token_file = ~/token\n"));
        let start_url = "https://x.awsapps.com/start";
        let sso = serde_json::json!({
            "startUrl": start_url, "region": "eu-central-1", "expiresAt": "2999-01-01T00:00:00Z",
            "accessToken": "sso/access+canary=", "clientId": "client", "clientSecret": "client/secret+canary=",
            "refreshToken": "refresh/token+canary=", "registrationExpiresAt": "2999-01-01T00:00:00Z",
        });
        let session = format!("[sso-session my-sso]\nsso_start_url = {start_url}\nsso_region = eu-central-1\n");
        stage.home.write(".aws/config", session);
        let role = "sso_account_id = 123456789012\nsso_role_name = Admin\n";
        stage.home.profile("signed", &format!("sso_session = my-sso\n{role}"));
        stage.home.write(".aws/sso/cache/0ad374308c5a4e22f723adf10145eafad7c4031c.json", sso.to_string());
        fs::create_dir_all(stage.home.path("tmp")).unwrap();
        let tmp = stage.home.path("tmp");
        stage.home.set("TMPDIR", tmp.to_str().unwrap());
        for secret in [
            SECRET,
            BOBS_SECRET,
            ROBOTS_SECRET,
            SEED,
            NEW_SEED,
            NEW_SECRET,
            PASSPHRASE,
            CONTAINER_TOKEN,
            WEB_TOKEN,
            "sso/access+canary=",
            "client/secret+canary=",
            "refresh/token+canary=",
        ] {
            canaries.add(secret);
        }
        Self { stage, canaries, is_well: true }
    }

    fn failing(self) -> Self {
        // a code that was spent in vain would be waited for by each line
        let user = format!("aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = {SECRET}\n");
        self.stage.home.profile("mainuser", &user);
        Self { is_well: false, ..self }
    }

    /// What a line's word for standard input stands for.
    fn input(word: &str) -> &'static str {
        match word {
            "secret" => NEW_SECRET,
            "seed" => NEW_SEED,
            _ => "",
        }
    }

    fn run_all(mut self) {
        let started = self.canaries.clone();
        let done = AtomicBool::new(false);
        let home = self.stage.home.path("");
        std::thread::scope(|scope| {
            let watching = scope.spawn(|| started.watch_processes(&home, &done));
            let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                ROWS.iter().for_each(|row| self.run(row));
                self.look_through(&home, "everything");
            }));
            done.store(true, Ordering::SeqCst);
            assert_eq!(watching.join().unwrap(), [] as [&str; 0]);
            if let Err(panic) = result {
                std::panic::resume_unwind(panic);
            }
        });
    }

    fn run(&mut self, &(name, args, input, gives, code): &Row) {
        self.stage.sandbox.clear_calls();
        let words: Vec<&str> = name.split(' ').chain(["-vv"]).chain(args.iter().copied()).collect();
        let what = format!("awstok {}", words.join(" "));
        let (status, out, err) = self.perform(&words, Self::input(input), gives == SecretsOnAndOn);
        self.canaries.add_sessions(&self.stage);
        self.learn_keys();
        let shown = if gives == Talk { format!("{out}{err}") } else { err };
        assert!(!self.is_well || code == ANY || status == code, "{what}: exit code {status}: {shown}");
        self.canaries.are_not_in(&shown, &what);
        for code in self.stage.sandbox.calls().iter().filter_map(|call| call.parameter("TokenCode")) {
            let mut words = shown.split(|c: char| !c.is_ascii_alphanumeric());
            assert!(!words.any(|word| word == code), "{what} shows the code {code}: {shown}");
        }
        if self.is_well {
            self.look_through(&self.stage.home.path(""), &what);
        }
    }

    /// Takes in the keys that a command made.
    fn learn_keys(&mut self) {
        for file in fs::read_dir(self.stage.home.path(".aws/aws-profiles")).unwrap() {
            let text = fs::read_to_string(file.unwrap().path()).unwrap_or_default();
            let secrets = text.lines().filter_map(|line| line.strip_prefix("aws_secret_access_key = "));
            secrets.for_each(|secret| self.canaries.add(secret));
        }
    }

    fn perform(&self, words: &[&str], input: &str, on_and_on: bool) -> (i32, String, String) {
        let mut command = self.stage.home.command(words);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // a command that doesn't read it may have ended
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        if on_and_on {
            // it ends its stdout once everything is there
            let mut out = String::new();
            child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
            let _ = std::process::Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
            let run = child.wait_with_output().unwrap();
            return (run.status.code().unwrap_or(-1), out, String::from_utf8_lossy(&run.stderr).into_owned());
        }
        let begun = Instant::now();
        let run = child.wait_with_output().unwrap();
        assert!(begun.elapsed() < Duration::from_secs(120), "{words:?}");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (run.status.code().unwrap_or(-1), text(&run.stdout), text(&run.stderr))
    }

    /// Looks for secrets in all files but those that are there to hold them.
    fn look_through(&self, folder: &Path, what: &str) {
        const KEPT: [&str; 8] = [
            ".aws/credentials",
            ".aws/config",
            ".aws/aws-profiles/",
            ".aws/awstok/cache/",
            ".aws/awstok/journal/",
            ".aws/sso/cache/",
            "token",
            "program.json",
        ];
        let home = self.stage.home.path("");
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let inside = path.strip_prefix(&home).unwrap().to_str().unwrap().to_owned();
            self.canaries.are_not_in(&inside, &format!("a file's name after `{what}`"));
            if path.is_dir() {
                self.look_through(&path, what);
            } else if !self.is_kept_there(&KEPT, &inside) {
                let text = fs::read(&path).unwrap_or_default();
                self.canaries.are_not_in(&String::from_utf8_lossy(&text), &format!("`{inside}` after `{what}`"));
            }
        }
    }

    /// Tells whether a secret may stand in a file: those of the AWS files' own format, and in a home that was broken those that
    /// broke it.
    fn is_kept_there(&self, kept: &[&str], inside: &str) -> bool {
        let broken = [".aws/awstok/secrets/hidden.age", ".aws/awstok/session-key.json"];
        match inside {
            ".aws/config" => !self.is_well,
            _ if broken.contains(&inside) => !self.is_well,
            _ => kept.iter().any(|place| inside.starts_with(place)),
        }
    }
}
