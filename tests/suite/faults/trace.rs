//! Owns the use of strace: which system calls of a run touch the home, and runs in which one of them goes wrong.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::home::{AWSTOK, Home, Run};
use crate::tools::tool;

/// What a run asks the system for files.
const TRACED: &str = "openat,open,creat,read,pread64,write,pwrite64,writev,close,fsync,fdatasync,rename,renameat,renameat2,unlink,\
    unlinkat,fallocate,ftruncate,truncate,chmod,fchmod,fchmodat,chown,fchown,fchownat,mkdir,mkdirat,flock,statx,newfstatat,readlink,\
    readlinkat,getdents64,link,linkat,symlink,symlinkat";

/// A system call of a run.
#[derive(Debug, Clone)]
pub struct Call {
    pub name: String,
    /// Its number among the thread's calls of that name, from 1.
    pub nth: usize,
    /// As strace shows it, with the paths of descriptors.
    pub line: String,
}

impl Call {
    /// Tells whether it changes the file system or a lock.
    pub fn changes(&self) -> bool {
        match self.name.as_str() {
            "openat" | "open" => self.line.contains("O_CREAT"),
            "read" | "pread64" | "close" | "statx" | "newfstatat" | "readlink" | "readlinkat" | "getdents64" => false,
            _ => true,
        }
    }

    /// Gives the last path below the home that it names.
    pub fn path(&self, home: &Path) -> PathBuf {
        let home = home.to_str().unwrap().trim_end_matches('/');
        let from = self.line.rfind(home).unwrap();
        let end = self.line[from..].find(['"', '>']).unwrap_or(self.line.len() - from);
        PathBuf::from(&self.line[from..from + end])
    }
}

/// The tracer, for one home.
pub struct Strace<'a> {
    program: PathBuf,
    home: &'a Home,
}

impl<'a> Strace<'a> {
    /// Finds the tracer; a missing one is said aloud.
    pub fn of(home: &'a Home) -> Option<Self> {
        tool("strace").map(|program| Self { program, home })
    }

    /// A command that traces awstok; the log goes to `log`.
    pub fn command(&self, options: &[&str], log: &Path, args: &[&str]) -> Command {
        let mut command = self.home.other(&self.program);
        // not in the home: its path shall stand only in calls that are about it
        command.current_dir("/").args(["-f", "-qq", "-y", "-s", "64", "-o"]).arg(log);
        command.args(options).arg("--").arg(AWSTOK).args(args);
        command
    }

    /// Runs awstok to a good end; gives its calls that touch the home, in their order.
    pub fn calls(&self, args: &[&str]) -> Vec<Call> {
        let (run, calls) = self.try_calls(args);
        assert_eq!(run.code, 0, "{run:#?}");
        calls
    }

    /// Runs awstok; gives its calls that touch the home, in their order.
    pub fn try_calls(&self, args: &[&str]) -> (Run, Vec<Call>) {
        let log = tempfile::NamedTempFile::new().unwrap();
        let run = Run::of(self.command(&["-e", &format!("trace={TRACED}")], log.path(), args).output().unwrap());
        let text = String::from_utf8_lossy(&std::fs::read(log.path()).unwrap()).into_owned();
        let home = self.home.path("");
        let home = home.to_str().unwrap().trim_end_matches('/');
        let mut counts: HashMap<(&str, &str), usize> = HashMap::new();
        let mut calls = Vec::new();
        for line in text.lines() {
            let Some((thread, call)) = line.split_once(char::is_whitespace) else { continue };
            let Some((name, _)) = call.trim_start().split_once('(') else { continue };
            if name.contains(' ') {
                continue; // the second half of a call, or a signal
            }
            let nth = counts.entry((thread, name)).or_default();
            *nth += 1;
            if call.contains(home) {
                calls.push(Call { name: name.to_owned(), nth: *nth, line: call.trim_start().to_owned() });
            }
        }
        (run, calls)
    }

    /// Runs awstok while something happens to one call: `signal=KILL`, `error=ENOSPC`, `delay_enter=1000`.
    pub fn inject(&self, call: &Call, what: &str, args: &[&str]) -> Run {
        Run::of(self.injecting(call, what, args).output().unwrap())
    }

    /// The command of `inject`.
    pub fn injecting(&self, call: &Call, what: &str, args: &[&str]) -> Command {
        let (name, nth) = (&call.name, call.nth);
        let inject = format!("inject={name}:{what}:when={nth}");
        self.command(&["-e", &format!("trace={name}"), "-e", &inject], Path::new("/dev/null"), args)
    }
}
