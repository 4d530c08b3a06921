//! A throw-away home and the built binary in an emptied environment, with or without a terminal.

use std::ffi::OsStr;
use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};

/// The binary under test.
pub const AWSTOK: &str = env!("CARGO_BIN_EXE_awstok");

/// A home folder that goes with the value.
pub struct Home {
    dir: tempfile::TempDir,
    env: Vec<(String, String)>,
}

/// What a run gave.
#[derive(Debug, PartialEq, Eq)]
pub struct Run {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Home {
    pub fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), env: vec![("AWSTOK_NO_INPUT".into(), "1".into())] }
    }

    /// Sets a variable for all runs.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.env.retain(|(old, _)| old != name);
        self.env.push((name.into(), value.into()));
    }

    pub fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.dir.path().join(relative)
    }

    /// Writes a file below the home, 0600, in a folder of 0700.
    pub fn write(&self, relative: &str, text: impl AsRef<[u8]>) {
        let path = self.path(relative);
        let mut folder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
        folder.recursive(true).create(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        }
    }

    /// Writes a profile file.
    pub fn profile(&self, name: &str, keys: &str) {
        self.write(&format!(".aws/aws-profiles/{name}"), format!("[{name}]\n{keys}"));
    }

    pub fn read(&self, relative: &str) -> String {
        fs::read_to_string(self.path(relative)).unwrap_or_else(|error| panic!("{relative}: {error}"))
    }

    pub fn exists(&self, relative: &str) -> bool {
        self.path(relative).symlink_metadata().is_ok()
    }

    /// The environment that every run gets: the throw-away home and nothing of the tester's.
    pub fn environment(&self) -> Vec<(String, String)> {
        let mut env = vec![
            ("HOME".to_owned(), self.dir.path().to_str().unwrap().to_owned()),
            ("PATH".to_owned(), std::env::var("PATH").unwrap_or_default()),
            ("USER".to_owned(), "ann".to_owned()),
            ("TZ".to_owned(), "UTC".to_owned()),
        ];
        if cfg!(windows) {
            env.extend(
                ["SystemRoot", "TEMP"].iter().filter_map(|name| Some(((*name).to_owned(), std::env::var(name).ok()?))),
            );
        }
        env.extend(self.env.iter().cloned());
        env
    }

    /// A command of the binary, ready to run in this home.
    pub fn command(&self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
        let mut command = self.other(AWSTOK);
        command.args(args);
        command
    }

    /// Another program in the same environment.
    pub fn other(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs(self.environment()).current_dir(self.dir.path()).stdin(Stdio::null());
        command
    }

    /// Runs awstok with `args`.
    pub fn run(&self, args: &[&str]) -> Run {
        Run::of(self.command(args).output().unwrap())
    }

    /// Runs awstok, which must succeed, and gives its stdout.
    #[track_caller]
    pub fn ok(&self, args: &[&str]) -> String {
        let run = self.run(args);
        assert_eq!(run.code, 0, "awstok {args:?}: {run:#?}");
        run.out
    }

    /// Runs awstok, which must fail with `code`, and gives its stderr; stdout must stay empty.
    #[track_caller]
    pub fn fails(&self, code: i32, args: &[&str]) -> String {
        let run = self.run(args);
        assert_eq!(run.code, code, "awstok {args:?}: {run:#?}");
        assert_eq!(run.out, "", "stdout of a failed run");
        run.err
    }

    /// Starts awstok on a terminal of its own.
    pub fn on_terminal(&self, args: &[&str]) -> Terminal {
        self.other_on_terminal(AWSTOK, args)
    }

    /// Starts another program on a terminal of its own.
    pub fn other_on_terminal(&self, program: &str, args: &[&str]) -> Terminal {
        let env = self.environment().into_iter().filter(|(name, _)| name != "AWSTOK_NO_INPUT");
        Terminal::start(program, args, env, self.dir.path())
    }
}

impl Run {
    pub fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// Polls until there is something; a loaded machine takes its time.
#[track_caller]
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + Duration::from_secs(40);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "{what} did not come");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A program on a pseudo-terminal.
pub struct Terminal {
    child: Box<dyn portable_pty::Child + Send + Sync>,
    input: Box<dyn std::io::Write + Send>,
    output: Receiver<Vec<u8>>,
    seen: String,
    all: String,
    _master: Box<dyn portable_pty::MasterPty + Send>,
}

impl Terminal {
    pub fn start(program: &str, args: &[&str], env: impl Iterator<Item = (String, String)>, dir: &Path) -> Self {
        let pair =
            native_pty_system().openpty(PtySize { rows: 40, cols: 160, pixel_width: 0, pixel_height: 0 }).unwrap();
        let mut command = CommandBuilder::new(program);
        command.args(args);
        command.env_clear();
        command.env("TERM", "xterm-256color");
        for (name, value) in env {
            command.env(name, value);
        }
        command.cwd(dir);
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let input = pair.master.take_writer().unwrap();
        let (send, output) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(read) = reader.read(&mut buffer) {
                if read == 0 || send.send(buffer[..read].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self { child, input, output, seen: String::new(), all: String::new(), _master: pair.master }
    }

    /// Waits until `text` appears in what came since the last call, and gives all up to it.
    #[track_caller]
    pub fn expect(&mut self, text: &str) -> String {
        let end = Instant::now() + Duration::from_secs(60);
        loop {
            let plain = console_free(&self.seen);
            if let Some(at) = plain.find(text) {
                let upto = plain[..at + text.len()].to_owned();
                self.seen = plain[at + text.len()..].to_owned();
                return upto;
            }
            let left = end.saturating_duration_since(Instant::now());
            match self.output.recv_timeout(left) {
                Ok(bytes) => self.take(&bytes),
                Err(_) => panic!("`{text}` did not appear; the terminal shows: {plain}"),
            }
        }
    }

    pub fn send(&mut self, text: &str) {
        self.input.write_all(text.as_bytes()).unwrap();
        self.input.flush().unwrap();
    }

    /// The program's process.
    pub fn pid(&self) -> i32 {
        self.child.process_id().unwrap().try_into().unwrap()
    }

    /// Waits for the end; gives the exit code and what else was shown.
    pub fn end(mut self) -> (u32, String) {
        let status = self.child.wait().unwrap();
        while let Ok(bytes) = self.output.recv_timeout(Duration::from_millis(300)) {
            self.take(&bytes);
        }
        (status.exit_code(), console_free(&self.seen))
    }

    /// Waits for the end; gives the exit code and everything that was shown, escape sequences included.
    pub fn transcript(mut self) -> (u32, String) {
        let status = self.child.wait().unwrap();
        while let Ok(bytes) = self.output.recv_timeout(Duration::from_millis(300)) {
            self.take(&bytes);
        }
        (status.exit_code(), self.all)
    }

    fn take(&mut self, bytes: &[u8]) {
        let text = String::from_utf8_lossy(bytes);
        self.seen.push_str(&text);
        self.all.push_str(&text);
    }
}

/// Takes escape sequences and carriage returns out of terminal output.
fn console_free(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\u{1b}' if rest.peek() == Some(&'[') => {
                rest.next();
                while rest.next().is_some_and(|c| !c.is_ascii_alphabetic()) {}
            }
            '\r' | '\u{1b}' => {}
            c => plain.push(c),
        }
    }
    plain
}
