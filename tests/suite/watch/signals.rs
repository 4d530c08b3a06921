//! Signals end it at once, with exit code 0, whatever is pending.

use std::time::{Duration, Instant};

use awstok::sandbox::{Fault, Rule};
use rustix::process::Signal;

use super::{Stage, eventually};

#[test]
fn a_signal_ends_it_while_it_rests_and_while_a_call_is_pending() {
    for signal in [Signal::TERM, Signal::INT] {
        let stage = Stage::new(3_600);
        let mut watch = stage.watch(&["a"]);
        watch.expect("a: fresh");
        watch.end_by(signal);

        stage.sandbox.inject(Rule::new(Fault::Latency(Duration::from_secs(20))));
        stage.sandbox.clear_calls();
        let watch = stage.watch(&["b"]);
        // long enough to have sent the call, which is noted once it is answered
        eventually("the flight has begun", || {
            let locks = std::fs::read_dir(stage.home.path(".aws/awstok/locks"));
            locks.is_ok_and(|locks| {
                locks.flatten().filter(|lock| lock.file_name().to_string_lossy().starts_with("session-")).count() == 2
            })
        });
        std::thread::sleep(Duration::from_millis(200));
        watch.end_by(signal);
        assert_eq!(stage.sections().into_keys().collect::<Vec<_>>(), ["a"]);
    }
}

#[test]
fn ctrl_c_ends_it_while_a_question_is_pending() {
    let stage = Stage::new(3_600);
    stage.eve();
    let mut terminal = stage.home.on_terminal(&["watch", "a", "eve"]);
    terminal.expect("MFA code of `arn:aws:iam::123456789012:mfa/ann` for profile `eve`: ");
    // who needs no code is not held up by the question
    eventually("the other one is delivered", || stage.sections().contains_key("a"));
    let begun = Instant::now();
    terminal.send("\u{3}");
    let (code, shown) = terminal.end();
    assert_eq!(code, 0, "{shown}");
    assert!(begun.elapsed() < Duration::from_secs(3));
    assert!(stage.sandbox.calls_of("GetSessionToken").is_empty());
    // the next run isn't kept waiting by what this one left
    let code = stage.sandbox.unused_code(super::DEVICE).unwrap();
    stage.home.ok(&["token", "eve", "--mfa-code", &code]);
}

#[cfg(target_os = "linux")]
#[test]
fn it_leaves_no_core_behind() {
    use std::os::unix::process::ExitStatusExt as _;
    let stage = Stage::new(3_600);
    let script = format!("ulimit -c unlimited; exec '{}' watch a -q", crate::home::AWSTOK);
    let mut child = stage.home.other("sh").args(["-c", &script]).spawn().unwrap();
    eventually("it watches", || stage.sections().contains_key("a"));
    let pid = rustix::process::Pid::from_child(&child);
    // the first one may be taken for an overflow of the stack, and the second as it is
    for _ in 0..2 {
        let _ = rustix::process::kill_process(pid, Signal::SEGV);
        std::thread::sleep(Duration::from_millis(100));
    }
    let status = child.wait().unwrap();
    assert_eq!((status.signal(), status.core_dumped()), (Some(11), false));
}
