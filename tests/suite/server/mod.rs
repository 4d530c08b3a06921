//! The local endpoint from outside: `awstok serve` against the stand-in for AWS, asked over raw sockets and by SDKs.

mod command;
#[cfg(target_os = "linux")]
mod constancy;
mod crowds;
#[cfg(target_os = "linux")]
mod dumps;
mod refusals;
mod renewal;
mod sdks;
#[cfg(target_os = "linux")]
mod secrecy;
mod terminals;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use awstok::sandbox::{Fault, Rule};
use serde_json::Value;

use crate::commands::Stage;
use crate::home::Run;

/// A running `awstok serve`; killed when dropped.
pub struct Served {
    child: Child,
    /// What it printed.
    pub variables: Value,
    /// `127.0.0.1:PORT`.
    pub address: String,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Served {
    /// Serves `prod` with these arguments.
    #[track_caller]
    pub fn start(stage: &Stage, args: &[&str]) -> Self {
        let code = stage.code();
        let mut command = stage.home.command(["serve", "prod", "--json", "--mfa-code", &code]);
        command.args(args);
        Self::of(&mut command)
    }

    /// Runs a command that serves, until it has printed the variables and ended its output.
    #[track_caller]
    pub fn of(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut text = String::new();
        child.stdout.take().unwrap().read_to_string(&mut text).unwrap();
        let Ok(variables) = serde_json::from_str::<Value>(&text) else {
            let run = Run::of(child.wait_with_output().unwrap());
            panic!("{text}{run:#?}");
        };
        let url = ["AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_EC2_METADATA_SERVICE_ENDPOINT"]
            .iter()
            .find_map(|name| variables[*name].as_str());
        let address = url.unwrap().strip_prefix("http://").unwrap().split('/').next().unwrap().to_owned();
        Self { child, variables, address }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn token(&self) -> &str {
        self.variables["AWS_CONTAINER_AUTHORIZATION_TOKEN"].as_str().unwrap()
    }

    /// Gets the credentials as an SDK does.
    pub fn credentials(&self) -> Answer {
        self.ask("GET /credentials", &[("Authorization", self.token())])
    }

    /// Sends one request; with the right `Host` unless another one is given.
    pub fn ask(&self, request: &str, headers: &[(&str, &str)]) -> Answer {
        let mut head = format!("{request} HTTP/1.1\r\nConnection: close\r\n");
        if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
            head.push_str(&format!("Host: {}\r\n", self.address));
        }
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        self.send(format!("{head}\r\n").as_bytes()).expect("an answer")
    }

    /// Sends bytes, and nothing after them; gives the answer, if one comes.
    pub fn send(&self, bytes: &[u8]) -> Option<Answer> {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        // whoever is refused early may find the connection closed
        let _ = stream.write_all(bytes);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let mut answer = Vec::new();
        let mut piece = [0; 4096];
        while let Ok(length @ 1..) = stream.read(&mut piece) {
            answer.extend(&piece[..length]);
        }
        let text = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = text.split_once("\r\n\r\n")?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        // the date is another one a moment later
        let (head, _) = head.split_once("\r\ndate: ").unwrap_or((head, ""));
        Some(Answer { status, head: format!("{}\r\n", head.to_ascii_lowercase()), body: body.to_owned() })
    }

    /// Asks until `good` says yes to the answer.
    #[track_caller]
    pub fn wait_for(&self, what: &str, seconds: u64, good: impl Fn(&Answer) -> bool) -> Answer {
        let end = Instant::now() + Duration::from_secs(seconds);
        loop {
            let answer = self.credentials();
            if good(&answer) {
                return answer;
            }
            assert!(Instant::now() < end, "{what}: {answer:?}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Sends a signal and waits for the end.
    pub fn end(mut self, signal: &str) -> Run {
        kill(self.pid(), signal);
        let mut err = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        let status = self.child.wait().unwrap();
        Run { code: status.code().unwrap_or(-1), out: String::new(), err }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn kill(pid: u32, signal: &str) {
    let status = Command::new("sh").args(["-c", &format!("kill -{signal} {pid}")]).status().unwrap();
    assert!(status.success());
}

/// Lets what STS issues live for so many seconds.
pub fn short_lives(stage: &Stage, action: &str, seconds: u64) {
    stage.sandbox.inject(Rule::new(Fault::Lifetime(Duration::from_secs(seconds))).action(action));
}
