//! A dead lock holder never blocks; a living one that does not move on is given up on, by file and pid.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use awstok::sandbox::{Fault, Rule};

use super::Stage;
use super::trace::Strace;
use crate::home::{Home, Run};

/// The table's promise; awstok's own limits are shorter.
const LIMIT: Duration = Duration::from_secs(30);

fn signal(pid: &str, name: &str) {
    assert!(Command::new("kill").args([&format!("-{name}"), pid]).status().unwrap().success(), "kill -{name} {pid}");
}

/// Waits until a lock whose name begins so names its holder; gives lock and pid.
fn held(home: &Home, name: &str) -> (PathBuf, String) {
    let end = Instant::now() + LIMIT;
    while Instant::now() < end {
        for lock in fs::read_dir(home.path(".aws/awstok/locks")).into_iter().flatten().flatten() {
            let pid = fs::read_to_string(lock.path()).unwrap_or_default().trim().to_owned();
            if lock.file_name().to_string_lossy().starts_with(name) && !pid.is_empty() {
                return (lock.path(), pid);
            }
        }
        sleep(Duration::from_millis(2));
    }
    panic!("no lock `{name}…` is held");
}

/// Runs while the holder stands still: the error names lock and pid in time.
fn given_up(stage: &Stage, args: &[&str], lock: &Path, pid: &str) {
    let begun = Instant::now();
    let run = stage.home.run(args);
    assert!(begun.elapsed() < LIMIT, "{:?}", begun.elapsed());
    assert!(run.code == 1 && run.out.is_empty(), "{run:#?}");
    assert!(run.err.contains(&format!("`{}` is held by process {pid}", lock.display())), "{}", run.err);
}

fn end(mut holder: Child, pid: &str) {
    signal(pid, "KILL");
    holder.wait().unwrap();
}

/// The holder of the files' lock stands still in the middle of its change.
#[test]
fn a_stopped_holder_of_a_file_is_given_up_on_and_a_dead_one_does_not_block() {
    let stage = Stage::outdated();
    let Some(strace) = Strace::of(&stage.home) else { return };
    let new = stage.renewed();
    stage.outdate();
    let calls = strace.calls(&["token", "role"]);
    let rename = calls.iter().find(|call| call.name == "rename" && call.line.contains(".credentials")).unwrap();
    stage.outdate();
    fs::remove_dir_all(stage.home.path(".aws/awstok/locks")).unwrap();
    let mut command = strace.injecting(rename, "signal=STOP", &["token", "role"]);
    let holder = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    // the first of the files' locks, in the order in which they are taken
    let (lock, pid) = held(&stage.home, "config-");
    let mut state = String::new();
    while !state.contains("T (stopped)") && !state.contains("t (tracing stop)") {
        state = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        sleep(Duration::from_millis(2));
    }
    given_up(&stage, &["token", "role"], &lock, &pid);
    end(holder, &pid);
    stage.home.ok(&["token", "role"]);
    assert_eq!((stage.texts(), super::left_overs(&stage.home)), (new, vec![]));
}

/// The holder of a session's lock stands still in the middle of its call.
#[test]
fn a_stopped_holder_of_a_session_is_given_up_on_and_a_dead_one_does_not_block() {
    let stage = Stage::new();
    stage.sandbox.inject(Rule::new(Fault::Latency(Duration::from_secs(600))).times(1));
    let mut command = stage.home.command(["token", "user"]);
    let holder = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let (lock, pid) = held(&stage.home, "session-");
    assert_eq!(pid, holder.id().to_string());
    signal(&pid, "STOP");
    given_up(&stage, &["token", "user"], &lock, &pid);
    end(holder, &pid);
    stage.sandbox.clear_faults();
    stage.home.ok(&["token", "user"]);
}

/// Killed while it waits for AWS, with a lock a session and one a device: the next run does it all.
#[test]
fn a_holder_killed_in_its_call_does_not_block() {
    let stage = Stage::new();
    stage.sandbox.inject(Rule::new(Fault::Latency(Duration::from_secs(600))).times(1));
    let mut command = stage.home.command(["token", "ann", "--mfa-code", &stage.code()]);
    let holder = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let (_, pid) = held(&stage.home, "mfa-");
    end(holder, &pid);
    stage.sandbox.clear_faults();
    // the code may have been sent: the run takes the next one
    let other = (0..1_000_000).map(|number| format!("{number:06}"));
    let used = stage.code();
    let code = other.into_iter().find(|code| *code != used && stage.sandbox.accepts(super::DEVICE, code)).unwrap();
    let run = Run::of(stage.home.command(["token", "ann", "--mfa-code", &code]).output().unwrap());
    assert_eq!(run.code, 0, "{run:#?}");
}
