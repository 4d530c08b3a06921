//! The system's keyring: a real one, and ones that are locked, absent, silent, stopped or dead.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::moves::{CLEAR, SEED, clear_files, clear_stage};
use super::stage;
use crate::commands::{SECRET, Stage};
use crate::home::{Home, Run};
use crate::tools::tool;

/// Whoever waits longer for a keyring hangs.
const PATIENCE: Duration = Duration::from_secs(6);

/// A message bus of its own, and a keyring on it.
pub struct Desktop {
    bus: Child,
    keyring: Option<Child>,
    program: PathBuf,
}

impl Desktop {
    /// Starts bus and keyring, and unlocks it; the home's runs find both.
    pub fn start(home: &mut Home) -> Option<Self> {
        let (bus, program) = (tool("dbus-daemon")?, tool("gnome-keyring-daemon")?);
        std::fs::create_dir_all(home.path("run")).unwrap();
        home.set("XDG_RUNTIME_DIR", home.path("run").to_str().unwrap());
        let mut bus = home
            .other(bus)
            .args(["--session", "--nofork", "--print-address=1"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut address = String::new();
        BufReader::new(bus.stdout.take().unwrap()).read_line(&mut address).unwrap();
        home.set("DBUS_SESSION_BUS_ADDRESS", address.trim());
        let mut desktop = Self { bus, keyring: None, program };
        desktop.unlock(home, "--unlock");
        Some(desktop)
    }

    /// Starts the keyring and waits until it has its name on the bus.
    fn unlock(&mut self, home: &Home, how: &str) {
        self.kill();
        let mut command = home.other(&self.program);
        command.args(["--foreground", "--components=secrets", how]).stdin(Stdio::piped());
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(b"pw\n").unwrap();
        self.keyring = Some(child);
        let end = Instant::now() + Duration::from_secs(20);
        while !home.path("run/keyring/control").exists() || !has_name(home) {
            assert!(Instant::now() < end, "the keyring didn't come up");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn kill(&mut self) {
        if let Some(mut keyring) = self.keyring.take() {
            keyring.kill().unwrap();
            keyring.wait().unwrap();
        }
    }

    /// Stops it, or lets it go on.
    pub fn signal(&self, signal: &str) {
        let pid = self.keyring.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }
}

impl Drop for Desktop {
    fn drop(&mut self) {
        self.kill();
        let _ = self.bus.kill();
        let _ = self.bus.wait();
    }
}

/// Tells whether a keyring answers on the bus.
fn has_name(home: &Home) -> bool {
    let mut ask = home.other("dbus-send");
    ask.args(["--session", "--print-reply", "--dest=org.freedesktop.DBus", "/", "org.freedesktop.DBus.NameHasOwner"]);
    let said = ask.arg("string:org.freedesktop.secrets").output().unwrap();
    String::from_utf8_lossy(&said.stdout).contains("boolean true")
}

/// A run that must end in time.
#[track_caller]
fn in_time(home: &Home, args: &[&str]) -> Run {
    let start = Instant::now();
    let run = home.run(args);
    assert!(start.elapsed() < PATIENCE, "{:?}: {run:#?}", start.elapsed());
    run
}

/// The same failure for what reads and what moves; nothing is written elsewhere.
#[track_caller]
fn refused(stage: &Stage, words: &str, hint: &str) {
    let run = in_time(&stage.home, &["token", "mainuser", "--mfa-code", "123456"]);
    assert!(run.code != 0 && run.err.contains(words) && run.err.contains(hint), "{run:#?}");
    assert!(stage.calls().is_empty());
    stage.home.write(".aws/aws-profiles/mainuser", CLEAR);
    let run = in_time(&stage.home, &["secret", "move", "mainuser", "--to", "keyring"]);
    assert!(run.code != 0 && run.err.contains(words) && run.err.contains(hint), "{run:#?}");
    assert_eq!(stage.home.read(".aws/aws-profiles/mainuser"), CLEAR);
    assert_eq!(clear_files(&stage.home), [stage.home.path(".aws/aws-profiles/mainuser")]);
    assert!(!stage.home.exists(".aws/awstok/secrets/mainuser.age"));
}

#[test]
fn a_real_keyring_keeps_the_secrets_and_gives_them_back() {
    let mut stage = clear_stage();
    let Some(mut desktop) = Desktop::start(&mut stage.home) else { return };
    let said = stage.home.run(&["secret", "move", "mainuser", "--to", "keyring"]);
    let moved = "moved aws_secret_access_key and mfa_secret of mainuser from `file` to `keyring`\n";
    assert_eq!((said.code, said.err.as_str()), (0, moved), "{said:#?}");
    assert!(clear_files(&stage.home).is_empty());
    stage.ok(&["token", "prod"]);
    // the keyring's own file is no clear text either, and a restart gives the secrets again
    desktop.unlock(&stage.home, "--unlock");
    stage.ok(&["token", "mainuser", "--force"]);
    // away from there, nothing stays in it
    stage.home.ok(&["secret", "move", "mainuser", "--to", "passphrase"]);
    stage.home.ok(&["secret", "move", "mainuser", "--to", "keyring"]);
    assert!(!stage.home.exists(".aws/awstok/secrets/mainuser.age"));
    stage.home.ok(&["secret", "move", "mainuser", "--to", "file", "--yes"]);
    let text = stage.home.read(".aws/aws-profiles/mainuser");
    assert!(text.contains(SECRET) && text.contains(SEED), "{text}");
    let named = text.replace("secret_store = file", "secret_store = keyring");
    let named: String =
        named.lines().filter(|line| !line.contains("aws_secret")).map(|line| format!("{line}\n")).collect();
    stage.home.write(".aws/aws-profiles/mainuser", named);
    let error = stage.home.fails(3, &["token", "mainuser", "--force", "--mfa-code", "123456"]);
    assert!(error.contains("the keyring holds no `aws_secret_access_key` of profile `mainuser`"), "{error}");
}

#[test]
fn a_locked_keyring_is_said_in_time() {
    let mut stage = clear_stage();
    let Some(mut desktop) = Desktop::start(&mut stage.home) else { return };
    stage.home.ok(&["secret", "move", "mainuser", "--to", "keyring"]);
    desktop.unlock(&stage.home, "--start");
    refused(&stage, "the keyring is locked", "hint: unlock it");
    // nor does it take what it never had
    let plain = stage.home.read(".aws/aws-profiles/plain");
    let run = in_time(&stage.home, &["secret", "move", "plain", "--to", "keyring"]);
    assert!(run.code == 5 && run.err.contains("the keyring is locked"), "{run:#?}");
    assert_eq!(stage.home.read(".aws/aws-profiles/plain"), plain);
}

#[test]
fn a_keyring_that_stops_or_dies_is_said_in_time_and_the_cache_serves_on() {
    let mut stage = clear_stage();
    let Some(mut desktop) = Desktop::start(&mut stage.home) else { return };
    stage.home.ok(&["secret", "move", "mainuser", "--to", "keyring"]);
    stage.ok(&["token", "prod"]);
    desktop.signal("-STOP");
    let run = in_time(&stage.home, &["token", "mainuser", "--force", "--mfa-code", "123456"]);
    assert!(run.code == 1 && run.err.contains("the keyring gave no answer"), "{run:#?}");
    stage.home.ok(&["env", "prod", "--shell", "bash"]);
    // it dies while it is asked
    let asking = stage.home.command(["token", "mainuser", "--force", "--mfa-code", "123456"]);
    let mut asking = { asking }.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(300));
    desktop.kill();
    let start = Instant::now();
    assert!(!asking.wait().unwrap().success());
    assert!(start.elapsed() < PATIENCE);
    let _ = desktop.bus.kill();
    let _ = desktop.bus.wait();
    stage.calls();
    stage.home.ok(&["env", "prod", "--shell", "bash"]);
    let run = in_time(&stage.home, &["token", "mainuser", "--force", "--mfa-code", "123456"]);
    assert!(run.code != 0 && run.err.contains("hint: "), "{run:#?}");
}

#[test]
fn without_a_bus_or_with_a_silent_one_it_is_said_in_time() {
    for address in [None, Some("unix:path=/nonexistent/bus"), Some("nonsense")] {
        let mut stage = stage("keyring");
        if let Some(address) = address {
            stage.home.set("DBUS_SESSION_BUS_ADDRESS", address);
        }
        refused(&stage, "there is no keyring that answers", "hint: log in to a desktop session");
    }
    let mut stage = stage("keyring");
    let socket = stage.home.path("bus");
    let silent = UnixListener::bind(&socket).unwrap();
    std::thread::spawn(move || {
        let mut open = Vec::new();
        for connection in silent.incoming() {
            open.push(connection);
        }
    });
    stage.home.set("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}", socket.display()));
    refused(&stage, "the keyring gave no answer", "hint: log in to a desktop session");
}

#[cfg(target_os = "linux")]
#[test]
fn a_move_into_a_keyring_that_is_killed_at_any_step_is_finished_by_the_same_command() {
    use crate::faults::trace::Strace;
    let mut stage = clear_stage();
    let Some(_desktop) = Desktop::start(&mut stage.home) else { return };
    let Some(strace) = Strace::of(&stage.home) else { return };
    let args = ["secret", "move", "mainuser", "--to", "keyring"];
    let back = || {
        stage.home.ok(&["secret", "move", "mainuser", "--to", "file", "--yes"]);
        stage.home.write(".aws/aws-profiles/mainuser", CLEAR);
        std::fs::remove_dir_all(stage.home.path(".aws/awstok")).unwrap();
    };
    let calls = strace.calls(&args);
    let end = stage.home.read(".aws/aws-profiles/mainuser");
    let own = stage.home.path(".aws").to_str().unwrap().to_owned();
    let changes: Vec<_> = calls.iter().filter(|call| call.changes() && call.line.contains(&own)).collect();
    assert!(changes.len() >= 15, "{changes:#?}");
    for step in changes {
        back();
        let run = strace.inject(step, "signal=KILL", &args);
        assert_eq!(run.code, -1, "not killed at {step:?}: {run:#?}");
        let now = stage.home.read(".aws/aws-profiles/mainuser");
        assert!(now == CLEAR || now == end, "after {}: {now}", step.line);
        stage.home.ok(&args);
        assert_eq!(stage.home.read(".aws/aws-profiles/mainuser"), end, "after {}", step.line);
        assert!(clear_files(&stage.home).is_empty(), "after {}", step.line);
        assert!(!stage.home.exists(".aws/awstok/secrets/mainuser.moving"), "after {}", step.line);
    }
}
