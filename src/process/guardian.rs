//! Owns what happens to a running command when awstok is killed: a small process of its own waits for that and ends it.
//! It refuses to act where awstok said good-bye, and to wake up before.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io::{BufRead, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use rustix::process::{Pid, Signal, kill_process, setsid};

use super::tree::{Process, all, family, has_variable};
use crate::error::Result;
use crate::locked_file;

/// The first word of a guardian's command line.
const WORD: &str = "guard-a-command";

/// The time between SIGTERM and SIGKILL. All is to be gone 5 s after awstok.
const GRACE: Duration = Duration::from_secs(2);
/// When even SIGKILL is given up: what then lives is stuck in the kernel.
const AT_MOST: Duration = Duration::from_millis(4_500);
/// The pause between two looks while a command is being ended.
const LOOK: Duration = Duration::from_millis(40);

const GOOD_BYE: &[u8] = b"good-bye";

/// The guardian, as awstok holds it.
#[derive(Debug)]
pub struct Guardian {
    process: Child,
    line: ChildStdin,
}

impl Guardian {
    /// Tells whether this process was started to be one, by the first word of its command line.
    pub fn is_asked_for(word: Option<&OsStr>) -> bool {
        word.is_some_and(|word| word == WORD)
    }

    /// Runs this process as the guardian: waits for awstok's end, and ends what that leaves behind.
    pub fn run() {
        // without a session of its own it would be reached by what ends awstok
        if setsid().is_err() {
            return;
        }
        for signal in [signal_hook::consts::SIGTERM, signal_hook::consts::SIGINT, signal_hook::consts::SIGHUP] {
            // what ends all processes of a service ends the command too, and then awstok says good-bye
            let _ = signal_hook::flag::register(signal, Arc::new(AtomicBool::new(false)));
        }
        let mut out = std::io::stdout();
        let _ = out.write_all(b".").and_then(|()| out.flush());
        let mut line = std::io::stdin().lock();
        let Some(ward) = Ward::read(&mut line) else { return };
        let mut last = Vec::new();
        let ended = line.read_to_end(&mut last);
        if ended.is_ok() && last == GOOD_BYE {
            return;
        }
        ward.end();
    }

    /// Starts it. What descends from the command has `mark` (`NAME=value`) in its environment; `folder` goes with the command.
    ///
    /// # Errors
    /// Where this program can't be run once more.
    pub fn start(mark: &str, folder: Option<&Path>) -> Result<Self> {
        let begin = || -> std::io::Result<Self> {
            // by this path it is no process of awstok's name: who kills those leaves it
            let program = if cfg!(target_os = "linux") { "/proc/self/exe".into() } else { std::env::current_exe()? };
            let mut command = Command::new(program);
            command.arg(WORD).env_clear().current_dir("/").stderr(Stdio::null());
            let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
            let (line, answer) = (process.stdin.take(), process.stdout.take());
            let (Some(line), Some(mut answer)) = (line, answer) else {
                return Err(std::io::ErrorKind::BrokenPipe.into());
            };
            // it has left this session: no signal of the terminal reaches it any more
            answer.read_exact(&mut [0])?;
            let mut guardian = Self { process, line };
            let folder = folder.map(|folder| folder.as_os_str().as_encoded_bytes()).unwrap_or_default();
            guardian.tell(&[mark.as_bytes(), b"\0", folder, b"\0"].concat())?;
            Ok(guardian)
        };
        begin().context("could not start the guardian of the command")
    }

    /// Tells it which process the command is.
    pub fn watch(&mut self, id: i32) {
        // one that is gone can't be told
        let _ = self.tell(format!("{id}\0").as_bytes());
    }

    /// Lets it go: the command ended by itself, and what it left in the background stays.
    pub fn dismiss(mut self) {
        let _ = self.tell(GOOD_BYE);
        drop(self.line);
        let _ = self.process.wait();
    }

    fn tell(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.line.write_all(bytes)
    }
}

/// What a guardian knows of its command.
#[derive(Default)]
struct Ward {
    mark: String,
    folder: PathBuf,
    command: Option<Process>,
}

impl Ward {
    /// Reads what is told at the start; none where awstok is gone before it told anything.
    fn read(line: &mut impl BufRead) -> Option<Self> {
        let mut field = || {
            let mut bytes = Vec::new();
            line.read_until(0, &mut bytes).ok()?;
            (bytes.pop() == Some(0)).then_some(bytes)
        };
        let mark = String::from_utf8(field()?).ok()?;
        let folder = path(field()?);
        let id = field().and_then(|id| String::from_utf8(id).ok()?.parse::<i32>().ok());
        let command = id.and_then(|id| all().into_iter().find(|process| process.id == id));
        Some(Self { mark, folder, command })
    }

    /// Ends the command with all that descends from it, also what has another parent by now.
    fn end(&self) {
        let begun = Instant::now();
        let since = self.command.map_or(0, |command| command.started);
        let mut known: BTreeSet<(i32, u64)> =
            self.command.iter().map(|command| (command.id, command.started)).collect();
        let mut told = BTreeSet::new();
        let own = std::process::id();
        while begun.elapsed() < AT_MOST {
            let belongs = |process: &Process| {
                u32::try_from(process.id).is_ok_and(|id| id != own)
                    && process.started >= since
                    && !self.mark.is_empty()
                    && has_variable(process.id, &self.mark)
            };
            let alive = family(&all(), &known, belongs);
            if alive.is_empty() {
                break;
            }
            for process in alive {
                known.insert((process.id, process.started));
                if begun.elapsed() > GRACE {
                    send(process.id, Signal::KILL);
                } else if told.insert((process.id, process.started)) {
                    send(process.id, Signal::TERM);
                    // one that is stopped sees it then
                    send(process.id, Signal::CONT);
                }
            }
            sleep(LOOK);
        }
        if !self.folder.as_os_str().is_empty() {
            // else the next run removes it
            let _ = locked_file::remove_private_folder(&self.folder);
        }
    }
}

fn send(id: i32, signal: Signal) {
    if let Some(process) = Pid::from_raw(id) {
        let _ = kill_process(process, signal);
    }
}

fn path(bytes: Vec<u8>) -> PathBuf {
    <std::ffi::OsString as std::os::unix::ffi::OsStringExt>::from_vec(bytes).into()
}
