//! `awstok watch` on the built binary: renewal before the end, failures that stay alone, signals, questions, files.
#![cfg(unix)]

mod failures;
mod files;
mod people;
mod renewal;
mod signals;

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use awstok::sandbox::{Fault, Options, Role, Rule, Sandbox, User, World};

use crate::home::{Home, until};

/// No test waits longer for what must come.
const DEADLINE: Duration = Duration::from_secs(30);
const DEVICE: &str = "arn:aws:iam::123456789012:mfa/ann";
const SEED: &str = "AWSTOKWATCHSEEDAWSTOKWATCHSEED23";

/// A home, and AWS.
struct Stage {
    home: Home,
    sandbox: Sandbox,
}

impl Stage {
    /// The roles `a`, `b` and `c` of a user without a device, whose sessions live so long.
    fn new(lifetime: u64) -> Self {
        let mut world = World::new();
        world.add_user(User::new("123456789012", "ann", "AKIAIOSFODNN7EXAMPLE", "secret")).unwrap();
        world.add_user(User::new("123456789012", "eve", "AKIAI44QH8DHBEXAMPLE", "other").device(DEVICE, SEED)).unwrap();
        let sandbox = Sandbox::start(world, Options::default()).unwrap();
        let mut home = Home::new();
        home.set("AWS_ENDPOINT_URL_STS", sandbox.url());
        let stage = Self { home, sandbox };
        stage.lifetime(lifetime);
        stage.home.profile(
            "ann",
            "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = secret\nsession = none\n",
        );
        for name in ["a", "b", "c"] {
            stage.role(name, "");
        }
        stage
    }

    /// Adds a role and its profile, with more keys.
    fn role(&self, name: &str, keys: &str) {
        let arn = role_arn(name);
        let role = Role::new(&arn).trusts("arn:aws:iam::123456789012:user/ann");
        self.sandbox.change(|world| world.add_role(role)).unwrap();
        self.home.profile(name, &format!("role_arn = {arn}\nmaster_profile = ann\nregion = eu-central-1\n{keys}"));
    }

    /// Adds a user's profile that needs a code.
    fn eve(&self) {
        self.home.profile(
            "eve",
            &format!("aws_access_key_id = AKIAI44QH8DHBEXAMPLE\naws_secret_access_key = other\nmfa_id = {DEVICE}\n"),
        );
    }

    /// Ends all faults but that of sessions which live so long, in seconds.
    fn lifetime(&self, seconds: u64) {
        self.sandbox.clear_faults();
        self.sandbox.inject(Rule::new(Fault::Lifetime(Duration::from_secs(seconds))));
    }

    fn watch(&self, args: &[&str]) -> Watch {
        Watch::start(&self.home, args)
    }

    /// The sections of the credentials file.
    fn sections(&self) -> BTreeMap<String, BTreeMap<String, String>> {
        sections(&std::fs::read_to_string(self.home.path(".aws/credentials")).unwrap_or_default())
    }

    /// How often a role was assumed.
    fn calls_for(&self, name: &str) -> usize {
        let arn = role_arn(name);
        let calls = self.sandbox.calls_of("AssumeRole");
        calls.iter().filter(|call| call.parameter("RoleArn") == Some(arn.as_str())).count()
    }
}

fn role_arn(name: &str) -> String {
    format!("arn:aws:iam::210987654321:role/{name}")
}

fn sections(text: &str) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut all: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    let mut section = String::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name.to_owned();
        } else if let Some((key, value)) = line.split_once('=') {
            all.entry(section.clone()).or_default().insert(key.trim().to_owned(), value.trim().to_owned());
        }
    }
    all
}

/// Waits until something is so.
#[track_caller]
fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    until(what, || is_so().then_some(()));
}

/// A running watch without a terminal; killed where a test fails.
struct Watch {
    child: Child,
    lines: Receiver<String>,
    said: Vec<String>,
}

impl Watch {
    fn start(home: &Home, args: &[&str]) -> Self {
        Self::of(&mut home.command(["watch"].iter().chain(args)))
    }

    fn of(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let (send, lines) = channel();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        std::thread::spawn(move || stderr.lines().map_while(Result::ok).try_for_each(|line| send.send(line)));
        Self { child, lines, said: Vec::new() }
    }

    /// Waits for a line that begins so, among those that come from now on.
    #[track_caller]
    fn expect(&mut self, start: &str) -> String {
        let end = Instant::now() + DEADLINE;
        loop {
            match self.lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    self.said.push(line.clone());
                    if line.starts_with(start) {
                        return line;
                    }
                }
                Err(error) => panic!("no line `{start}…` ({error}): {:#?}", self.said),
            }
        }
    }

    /// Gives all lines so far.
    fn said(&mut self) -> &[String] {
        self.said.extend(self.lines.try_iter());
        &self.said
    }

    fn pid(&self) -> u32 {
        self.child.id()
    }

    fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_raw(i32::try_from(self.pid()).unwrap()).unwrap();
        rustix::process::kill_process(pid, signal).unwrap();
    }

    /// Ends it with SIGTERM, which must do so at once and with exit code 0; gives all that it said.
    #[track_caller]
    fn end(self) -> Vec<String> {
        self.end_by(rustix::process::Signal::TERM)
    }

    #[track_caller]
    fn end_by(mut self, signal: rustix::process::Signal) -> Vec<String> {
        let begun = Instant::now();
        self.signal(signal);
        let status = self.child.wait().unwrap();
        assert_eq!(status.code(), Some(0), "{:#?}", self.said());
        assert!(begun.elapsed() < Duration::from_secs(3), "it took {:?}", begun.elapsed());
        self.said.extend(self.lines.iter());
        self.said.clone()
    }

    /// Waits for its own end.
    #[track_caller]
    fn code(mut self) -> (i32, Vec<String>) {
        let code = self.child.wait().unwrap().code().unwrap();
        self.said.extend(self.lines.iter());
        (code, self.said.clone())
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
