//! Owns the promise that a command doesn't outlive an awstok that was killed: a second process of the same program holds one end
//! of a pipe, and ends the command's group when the other end is gone without a word.
//! It refuses to do anything else: it knows no credentials, has an empty environment, and sleeps until then.

use std::io::{BufRead as _, Write as _};
use std::process::{Child, Command, Stdio};

use anyhow::Context as _;

use crate::error::Result;

/// The first argument that makes this program a guardian; nobody types it.
pub const WORD: &str = "__guardian";

/// Whom a guardian ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ward {
    /// Everyone in a process group.
    Group(u32),
}

/// A guardian at work. Once this is dropped it ends whoever is still named, and then itself.
#[derive(Debug)]
pub struct Guardian(Child);

impl Guardian {
    /// Starts one, which watches over nobody yet.
    ///
    /// # Errors
    /// Where this program can't be started once more.
    pub fn start() -> Result<Self> {
        let context = "could not start the process that ends the command should awstok be killed";
        // the program itself, even where an update has replaced its file
        let program = if cfg!(target_os = "linux") {
            "/proc/self/exe".into()
        } else {
            std::env::current_exe().context(context)?
        };
        let mut command = Command::new(program);
        command.arg(WORD).env_clear().current_dir("/");
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().map(Self).context(context)
    }

    /// Names whom to end, in place of whoever was named before.
    pub fn watch(&mut self, ward: Ward) {
        let Ward::Group(number) = ward;
        self.tell(&format!("group {number}\n"));
    }

    /// Watches over nobody any more.
    pub fn forget(&mut self) {
        self.tell("nobody\n");
    }

    fn tell(&mut self, line: &str) {
        if let Some(pipe) = &mut self.0.stdin {
            // one that is gone can't be told anything
            let _ = pipe.write_all(line.as_bytes());
        }
    }
}

impl Drop for Guardian {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

/// Is the guardian: listens until the pipe ends, and ends whoever was named last.
pub fn serve() {
    stay();
    let mut ward = None;
    for line in std::io::stdin().lock().lines() {
        let Ok(line) = line else { break };
        ward = line.strip_prefix("group ").and_then(|number| number.parse().ok()).map(Ward::Group);
    }
    if let Some(Ward::Group(number)) = ward {
        end_group(number);
    }
}

/// Leaves the terminal, and lets nothing but the end of the pipe end it.
#[cfg(unix)]
fn stay() {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
    let _ = rustix::process::setsid();
    for signal in [SIGHUP, SIGINT, SIGQUIT, SIGTERM] {
        let _ = signal_hook::flag::register(signal, std::sync::Arc::default());
    }
}

/// Asks a group to end, and ends it after three seconds.
#[cfg(unix)]
fn end_group(number: u32) {
    use std::time::{Duration, Instant};

    use rustix::process::{Pid, Signal, kill_process_group};

    let Some(group) = i32::try_from(number).ok().and_then(Pid::from_raw) else { return };
    for signal in [Signal::TERM, Signal::CONT] {
        let _ = kill_process_group(group, signal);
    }
    let end = Instant::now() + Duration::from_secs(3);
    while super::group::is_alive(group) {
        if Instant::now() >= end {
            let _ = kill_process_group(group, Signal::KILL);
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[cfg(not(unix))]
fn stay() {}

/// Ends a process and what it started.
#[cfg(not(unix))]
fn end_group(number: u32) {
    let mut taskkill = Command::new("taskkill");
    taskkill.args(["/F", "/T", "/PID", &number.to_string()]).stdin(Stdio::null()).stdout(Stdio::null());
    let _ = taskkill.stderr(Stdio::null()).status();
}
