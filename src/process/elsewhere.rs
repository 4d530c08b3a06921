//! Owns a program that runs while awstok stays, where there are no Unix signals: the console ends both together.
//! It refuses to guard it: what a killed awstok leaves behind, the system's own tools end.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Child;
use std::sync::mpsc::channel;

use anyhow::Context as _;

use super::program::{End, Program, exit_code, not_started};
use crate::alarm::Alarm;
use crate::error::Result;

/// A program that runs.
#[derive(Debug)]
pub struct Running(Child);

/// Nobody: here a command isn't guarded.
#[derive(Debug)]
pub struct Guardian;

/// Makes the alarm for a running program.
///
/// # Errors
/// As `Alarm::new`.
pub fn alarm() -> Result<Alarm> {
    Alarm::new(&[])
}

impl Running {
    /// Starts a program with this process's streams.
    ///
    /// # Errors
    /// Exit 127 where there is no such program, 126 where it can't be run.
    pub fn start(program: &Program) -> Result<Self> {
        let mut command = program.command();
        Ok(Self(command.spawn().map_err(|error| not_started(command.get_program(), error))?))
    }

    /// Its process id.
    pub fn id(&self) -> i32 {
        i32::try_from(self.0.id()).unwrap_or(0)
    }

    /// Stays with it to its end, and calls `nudged` whenever another thread has news.
    ///
    /// # Errors
    /// Where the system can't wait.
    pub fn attend(mut self, alarm: &mut Alarm, mut nudged: impl FnMut()) -> Result<End> {
        let (send, ended) = channel();
        let nudge = alarm.nudge();
        std::thread::Builder::new()
            .name("wait".into())
            .spawn(move || {
                let _ = send.send(self.0.wait());
                nudge.now();
            })
            .context("could not start a thread")?;
        loop {
            alarm.wait(None)?;
            if let Ok(status) = ended.try_recv() {
                return Ok(End {
                    code: exit_code(status.context("could not wait for the command")?),
                    by_ctrl_c: false,
                });
            }
            nudged();
        }
    }
}

impl Guardian {
    /// Tells that this process was not started to be one.
    pub fn is_asked_for(_: Option<&OsStr>) -> bool {
        false
    }

    /// Does nothing.
    pub fn run() {}

    /// Starts nobody.
    ///
    /// # Errors
    /// None here.
    pub fn start(_: &str, _: Option<&Path>) -> Result<Self> {
        Ok(Self)
    }

    /// Tells nobody.
    pub fn watch(&mut self, _: i32) {}

    /// Lets nobody go.
    pub fn dismiss(self) {}
}
