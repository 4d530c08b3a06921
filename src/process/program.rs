//! Owns a program that is to run: its words, its environment, why it doesn't start, what its end is to a shell.
//! It refuses to add anything: streams, folder, limits, mask and ignored signals are the parent's.

use std::ffi::{OsStr, OsString};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use anyhow::Context as _;

use crate::environment::Environment;
use crate::error::{Failure, Kind, Result, visible};

/// A program with all that it gets.
pub struct Program {
    words: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
}

impl Program {
    /// Puts a program together: its name or path with its arguments (none: the person's shell), and its whole environment.
    pub fn new(words: &[OsString], environment: Vec<(OsString, OsString)>, own: &Environment) -> Self {
        let words = if words.is_empty() { vec![shell(own).into()] } else { words.to_vec() };
        Self { words, environment }
    }

    /// Changes one variable of its environment.
    pub fn set(&mut self, name: &str, value: impl Into<OsString>) {
        self.environment.retain(|(other, _)| other != name);
        self.environment.push((name.into(), value.into()));
    }

    /// Puts this program in the place of this process. What the system refuses comes back; on Windows, where no program can
    /// take another's place, it is run to its end, and its exit code comes back.
    ///
    /// # Errors
    /// Exit 127 where there is no such program, 126 where it can't be run.
    pub fn replace_this_process(&self) -> Result<u8> {
        let mut command = self.command();
        #[cfg(unix)]
        {
            let error = std::os::unix::process::CommandExt::exec(&mut command);
            Err(not_started(command.get_program(), error).into())
        }
        #[cfg(not(unix))]
        {
            let status = command.status().map_err(|error| not_started(command.get_program(), error))?;
            Ok(exit_code(status))
        }
    }

    pub(super) fn command(&self) -> Command {
        let (name, arguments) = self.words.split_first().map_or((OsStr::new(""), &[][..]), |(name, rest)| (name, rest));
        let mut command = Command::new(name);
        command.args(arguments).env_clear().envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }
}

/// How a program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    /// Its exit code, or 128 and the signal that ended it, as shells say it.
    pub code: u8,
    /// Whether Ctrl-C ended it: who waits for awstok, such as a loop in a shell, should end too.
    pub by_ctrl_c: bool,
}

/// Gives the absolute path by which others start this program, also where another version was put there since it started.
///
/// # Errors
/// Where the system doesn't tell.
pub fn own_path() -> Result<PathBuf> {
    let path = std::env::current_exe().context("could not find the path of this program")?;
    Ok(without_mark(path, |path| path.exists()))
}

/// Takes away the mark that Linux puts behind the name of a file that is gone, which a file's name may end in as well
/// (proc_pid_exe(5)).
fn without_mark(path: PathBuf, is_there: impl Fn(&Path) -> bool) -> PathBuf {
    let name = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix(" (deleted)"));
    match name {
        Some(name) if !is_there(&path) => path.with_file_name(name),
        _ => path,
    }
}

/// Gives the person's shell.
pub fn shell(env: &Environment) -> PathBuf {
    let fallback = if cfg!(windows) { "cmd.exe" } else { "/bin/sh" };
    env.path(if cfg!(windows) { "COMSPEC" } else { "SHELL" }).unwrap_or_else(|| fallback.into())
}

/// Makes the failure of a program that didn't start.
pub fn not_started(program: &OsStr, error: std::io::Error) -> Failure {
    let name = visible(&program.to_string_lossy()).replace(['\n', '\t'], " ");
    let is_path = Path::new(program).components().count() > 1;
    let (kind, hint) = match error.kind() {
        ErrorKind::NotFound if is_path && Path::new(program).exists() => {
            (Kind::NotFound, "the interpreter that its first line names, or a library that it needs, is missing")
        }
        ErrorKind::NotFound | ErrorKind::NotADirectory if is_path => (Kind::NotFound, "there is no such file"),
        ErrorKind::NotFound | ErrorKind::NotADirectory => {
            (Kind::NotFound, "no folder of `PATH` has a program of that name")
        }
        ErrorKind::ArgumentListTooLong => (Kind::NotExecutable, "its arguments and environment together are too long"),
        ErrorKind::InvalidInput => (Kind::NotExecutable, "its name or an argument holds a NUL byte"),
        _ => (Kind::NotExecutable, "it must be a file that you may execute: `ls -l` and `chmod +x` help"),
    };
    Failure::new(kind, format!("could not run `{name}`")).because(error).hint(hint)
}

/// Gives a program's end as shells do: its exit code, or 128 and the signal that ended it.
pub fn exit_code(status: ExitStatus) -> u8 {
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt as _;
        if let Some(signal) = status.signal() {
            return u8::try_from(128 + signal).unwrap_or(1);
        }
    }
    status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_doesnt_start_says_so_as_shells_do() {
        let of = |name: &str, kind: ErrorKind| not_started(OsStr::new(name), kind.into());
        assert_eq!(of("no-such", ErrorKind::NotFound).kind().exit_code(), 127);
        assert_eq!(of("./no-such", ErrorKind::NotADirectory).kind().exit_code(), 127);
        assert_eq!(of("./x", ErrorKind::PermissionDenied).kind().exit_code(), 126);
        assert_eq!(of("a\u{1b}[2J\nb", ErrorKind::NotFound).to_string(), "could not run `a\\u{1b}[2J b`");
    }

    #[test]
    fn a_program_that_was_replaced_is_named_by_its_place() {
        let named = |path: &str, there: &str| without_mark(path.into(), |path| path == Path::new(there));
        assert_eq!(named("/bin/awstok (deleted)", "/bin/awstok"), Path::new("/bin/awstok"));
        assert_eq!(named("/bin/awstok (deleted)", "/bin/awstok (deleted)"), Path::new("/bin/awstok (deleted)"));
        assert_eq!(named("/bin/awstok", ""), Path::new("/bin/awstok"));
    }

    #[test]
    fn without_words_it_is_the_persons_shell() {
        let own: Environment = [("SHELL", "/bin/fish"), ("COMSPEC", "/bin/fish")].into_iter().collect();
        assert_eq!(Program::new(&[], Vec::new(), &own).words, ["/bin/fish"]);
        assert_eq!(Program::new(&["a".into(), "-b".into()], Vec::new(), &own).words, ["a", "-b"]);
    }
}
