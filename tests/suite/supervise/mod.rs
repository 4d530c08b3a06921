//! `supervise` from outside: real commands and groups, sessions of seconds, signals, a terminal, a service manager's socket.

mod ends;
#[cfg(target_os = "linux")]
mod idle;
mod jobs;
mod manager;
mod renewal;
mod unit;

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use awstok::sandbox::{Fault, Options, Role, Rule, Sandbox, User, World};

use crate::home::{Home, until};

const SECRET: &str = "9drTJvcXLB89EXAMPLELB8923FB892xMFIEXAMPL";
const ROLE: &str = "arn:aws:iam::123456789012:role/Worker";

/// A home with a role `worker` that needs no code, `ci` without sessions, and the stand-in for AWS.
pub struct Stage {
    pub home: Home,
    pub sandbox: Sandbox,
}

impl Stage {
    /// Sessions of the role live for `life`.
    pub fn new(life: Duration) -> Self {
        let mut world = World::new();
        world.add_user(User::new("123456789012", "robot", "AKIAROBOTROBOTROBOT1", SECRET)).unwrap();
        world.add_role(Role::new(ROLE).trusts("arn:aws:iam::123456789012:user/robot")).unwrap();
        let sandbox = Sandbox::start(world, Options::default()).unwrap();
        sandbox.inject(Rule::new(Fault::Lifetime(life)).action("AssumeRole"));
        let mut home = Home::new();
        home.set("AWS_ENDPOINT_URL", sandbox.url());
        home.set("AWS_EC2_METADATA_DISABLED", "true");
        let keys = format!("aws_access_key_id = AKIAROBOTROBOTROBOT1\naws_secret_access_key = {SECRET}\n");
        home.profile("robot", &keys);
        home.profile("worker", &format!("role_arn = {ROLE}\nmaster_profile = robot\nregion = eu-central-1\n"));
        home.profile("ci", &format!("{keys}session = none\nregion = us-east-1\n"));
        Self { home, sandbox }
    }

    /// Starts `awstok supervise` with these arguments.
    pub fn start(&self, args: &[&str]) -> Supervised {
        Supervised::start(&mut self.home.command([&["supervise"], args].concat()))
    }

    /// The lines that commands wrote to `log`.
    pub fn log(&self) -> Vec<String> {
        let text = fs::read_to_string(self.home.path("log")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// Waits until the log has so many lines.
    #[track_caller]
    pub fn log_of(&self, lines: usize) -> Vec<String> {
        until(&format!("{lines} lines of the log"), || Some(self.log()).filter(|log| log.len() >= lines))
    }
}

/// A running `awstok supervise`.
pub struct Supervised {
    child: Child,
    said: Arc<Mutex<Vec<String>>>,
}

impl Supervised {
    pub fn start(command: &mut std::process::Command) -> Self {
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let said = Arc::<Mutex<Vec<String>>>::default();
        let (lines, stderr) = (Arc::clone(&said), BufReader::new(child.stderr.take().unwrap()));
        std::thread::spawn(move || {
            stderr.lines().map_while(Result::ok).for_each(|line| lines.lock().unwrap().push(line));
        });
        Self { child, said }
    }

    pub fn pid(&self) -> i32 {
        self.child.id().cast_signed()
    }

    pub fn said(&self) -> Vec<String> {
        self.said.lock().unwrap().clone()
    }

    /// Waits until a line holds `text`.
    #[track_caller]
    pub fn says(&self, text: &str) -> String {
        until(&format!("`{text}` in {:?}", self.said()), || self.said().into_iter().find(|line| line.contains(text)))
    }

    pub fn send(&self, signal: &str) {
        kill(signal, self.pid());
    }

    /// Waits for the end; gives the status and what was said.
    #[track_caller]
    pub fn end(mut self) -> (i32, Vec<String>) {
        let status = until("the end", || self.child.try_wait().unwrap());
        std::thread::sleep(Duration::from_millis(30));
        (status.code().unwrap_or(-1), self.said())
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a signal: a negative number is a group.
pub fn kill(signal: &str, pid: i32) {
    let status = std::process::Command::new("kill").args([&format!("-{signal}"), "--", &pid.to_string()]).status();
    assert!(status.unwrap().success());
}

/// Tells whether a process lives: a dead one that nobody has asked for doesn't.
pub fn lives(pid: &str) -> bool {
    let ps = std::process::Command::new("ps").args(["-o", "stat=", "-p", pid]).output().unwrap();
    let state = String::from_utf8_lossy(&ps.stdout).trim().to_owned();
    !state.is_empty() && !state.starts_with('Z')
}
