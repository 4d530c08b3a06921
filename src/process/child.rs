//! Owns a program that runs while awstok stays: its start, the signals that are passed on to it, its stops and its end.
//! It refuses a process group of its own for it: to the shell, the terminal and a pipeline, both are one job.

use std::process::{Child, Command};
use std::thread::sleep;
use std::time::Duration;

use anyhow::Context as _;
use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};
use signal_hook::consts as signals;

use super::program::{End, Program, not_started};
use super::signals::is_ignored;
use crate::alarm::{Alarm, Caught, Woken};
use crate::error::Result;

/// What is passed on where a process sends it to awstok. `SIGKILL` and `SIGSTOP` can't be caught, faults are awstok's own, and
/// `SIGTTIN` and `SIGTTOU` stop the whole job by themselves: caught, a terminal in use by another would be tried without end.
const PASSED_ON: [i32; 12] = [
    signals::SIGHUP,
    signals::SIGINT,
    signals::SIGQUIT,
    signals::SIGTERM,
    signals::SIGUSR1,
    signals::SIGUSR2,
    signals::SIGALRM,
    signals::SIGVTALRM,
    signals::SIGPROF,
    signals::SIGWINCH,
    signals::SIGCONT,
    signals::SIGTSTP,
];

/// A shell continues the processes of a job one by one: the program may come after awstok.
const A_MOMENT: Duration = Duration::from_millis(20);

/// A program that runs.
#[derive(Debug)]
pub struct Running {
    pid: Pid,
    is_stopped: bool,
    /// Whether the terminal sent an interrupt meanwhile.
    was_interrupted: bool,
}

/// What a look at a program shows.
enum Seen {
    Nothing,
    Stopped(i32),
    Continued,
    Exited(i32),
    Killed(i32),
}

/// Makes the alarm for a running program: from here on signals are caught, but for those that awstok's parent ignores.
///
/// # Errors
/// As `Alarm::new`.
pub fn alarm() -> Result<Alarm> {
    let caught = PASSED_ON.into_iter().filter(|signal| !is_ignored(*signal));
    Alarm::new(&caught.chain([signals::SIGCHLD]).collect::<Vec<_>>())
}

impl Running {
    /// Starts a program in this process's group, with its streams.
    ///
    /// # Errors
    /// Exit 127 where there is no such program, 126 where it can't be run.
    pub fn start(program: &Program) -> Result<Self> {
        let child = spawn(&mut program.command())?;
        let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).context("the command has no process id")?;
        Ok(Self { pid, is_stopped: false, was_interrupted: false })
    }

    /// Its process id.
    pub fn id(&self) -> i32 {
        self.pid.as_raw_nonzero().get()
    }

    /// Stays with it to its end: passes on what processes send to awstok, stops and goes on with it, and calls `nudged`
    /// whenever another thread has news.
    ///
    /// # Errors
    /// Where the system can't wait.
    pub fn attend(mut self, alarm: &mut Alarm, mut nudged: impl FnMut()) -> Result<End> {
        loop {
            match alarm.wait(None)? {
                Woken::Nudged | Woken::Due => nudged(),
                Woken::Signal(Caught { number: signals::SIGCHLD, .. }) => {}
                // the terminal sent it to the program too
                Woken::Signal(Caught { number, from_terminal: true }) => {
                    self.was_interrupted |= number == signals::SIGINT;
                }
                Woken::Signal(Caught { number, .. }) => {
                    if let Some(end) = self.follow()? {
                        return Ok(end);
                    }
                    if number == signals::SIGCONT && self.is_stopped {
                        sleep(A_MOMENT);
                        if let Some(end) = self.follow()? {
                            return Ok(end);
                        }
                    }
                    self.pass_on(number);
                }
            }
            if let Some(end) = self.follow()? {
                return Ok(end);
            }
        }
    }

    /// Takes in all that happened to the program, and stops where it stopped.
    fn follow(&mut self) -> Result<Option<End>> {
        loop {
            match self.look()? {
                Seen::Nothing => return Ok(None),
                Seen::Continued => self.is_stopped = false,
                // the shell waits for awstok, not for the program: it must see the job stop
                Seen::Stopped(signals::SIGTSTP) => {
                    self.is_stopped = true;
                    signal_hook::low_level::raise(signals::SIGSTOP).context("could not stop")?;
                }
                Seen::Stopped(_) => self.is_stopped = true,
                Seen::Exited(code) => {
                    return Ok(Some(End { code: u8::try_from(code).unwrap_or(1), by_ctrl_c: false }));
                }
                Seen::Killed(signal) => {
                    let by_ctrl_c = signal == signals::SIGINT && self.was_interrupted;
                    return Ok(Some(End { code: u8::try_from(128 + signal).unwrap_or(1), by_ctrl_c }));
                }
            }
        }
    }

    fn look(&self) -> Result<Seen> {
        let options = WaitOptions::NOHANG | WaitOptions::UNTRACED | WaitOptions::CONTINUED;
        let status = loop {
            match waitpid(Some(self.pid), options) {
                Err(Errno::INTR) => {}
                found => break found.context("could not wait for the command")?,
            }
        };
        let Some((_, status)) = status else { return Ok(Seen::Nothing) };
        Ok(if let Some(signal) = status.stopping_signal() {
            Seen::Stopped(signal)
        } else if let Some(signal) = status.terminating_signal() {
            Seen::Killed(signal)
        } else {
            status.exit_status().map_or(Seen::Continued, Seen::Exited)
        })
    }

    fn pass_on(&mut self, number: i32) {
        // one that runs was continued together with awstok, and has seen it
        if number == signals::SIGCONT && !std::mem::take(&mut self.is_stopped) {
            return;
        }
        if let Some(signal) = Signal::from_named_raw(number) {
            // a program that has ended needs no signal
            let _ = kill_process(self.pid, signal);
        }
    }
}

/// Starts a program; a script without a first line is given to `sh`, as shells and execvp(3) do.
fn spawn(command: &mut Command) -> Result<Child> {
    let refused = match command.spawn() {
        Ok(child) => return Ok(child),
        Err(error) => error,
    };
    if refused.raw_os_error() == Some(Errno::NOEXEC.raw_os_error()) {
        let mut shell = Command::new("/bin/sh");
        shell.arg(command.get_program()).args(command.get_args()).env_clear();
        shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        if let Ok(child) = shell.spawn() {
            return Ok(child);
        }
    }
    Err(not_started(command.get_program(), refused).into())
}
