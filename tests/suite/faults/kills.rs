//! At any instant the files are wholly old or wholly new, and what a killed run leaves is the next run's to clean.

use std::thread::sleep;
use std::time::{Duration, Instant};

use super::trace::{Call, Strace};
use super::{NONE, OLD, Stage, left_overs, mode, scale};

/// After a kill: each file wholly old or new, at most one left-over and that private.
fn check_state(stage: &Stage, new: &[String; 2], after: &str) -> [bool; 2] {
    let texts = stage.texts();
    for ((text, old), new) in texts.iter().zip(OLD).zip(new) {
        assert!(text == old || text == new, "after {after}:\n{text}");
    }
    let left = left_overs(&stage.home);
    assert!(left.len() <= 1, "after {after}: {left:?}");
    for file in left {
        assert_eq!(mode(&file), 0o600, "after {after}: {}", file.display());
    }
    [texts[0] == new[0], texts[1] == new[1]]
}

/// The calls around which the state of the files differs, or with a larger scale all.
fn points(calls: Vec<Call>) -> Vec<Call> {
    let mut after_change = true;
    let is_point = |call: &Call| {
        let was_change = std::mem::replace(&mut after_change, call.changes());
        was_change || call.changes() || scale() > 1
    };
    let points: Vec<Call> = calls.into_iter().filter(is_point).collect();
    assert!(points.iter().filter(|call| call.name.starts_with("rename")).count() >= 3, "{points:#?}");
    points
}

/// A run that changes both files from the cache, killed at each call; then a plain run renews the rest.
#[test]
fn a_kill_at_any_call_leaves_whole_files_and_the_next_run_mends_the_rest() {
    let stage = Stage::outdated();
    let Some(strace) = Strace::of(&stage.home) else { return };
    let new = stage.renewed();
    stage.outdate();
    let points = points(strace.calls(&["token", "role"]));
    let mut seen = std::collections::BTreeSet::new();
    for call in &points {
        stage.outdate();
        let run = strace.inject(call, "signal=KILL", &["token", "role"]);
        assert_eq!(run.code, -1, "not killed at {call:?}: {run:#?}");
        seen.insert(check_state(&stage, &new, &call.line));
        stage.home.ok(&["token", "role"]);
        assert_eq!(stage.texts(), new, "after {}", call.line);
        assert_eq!(left_overs(&stage.home), NONE, "after {}", call.line);
    }
    assert_eq!(seen, [[false, false], [true, false], [true, true]].into(), "all three states were seen");
    assert_eq!(stage.sandbox.calls().len(), 0, "no call is needed to mend");
}

/// The same, and then `undo` puts the old bytes back.
#[test]
fn undo_after_a_kill_at_any_call_restores_the_bytes() {
    let stage = Stage::outdated();
    let Some(strace) = Strace::of(&stage.home) else { return };
    let new = stage.renewed();
    stage.outdate();
    for call in points(strace.calls(&["token", "role"])) {
        stage.outdate();
        let run = strace.inject(&call, "signal=KILL", &["token", "role"]);
        assert_eq!(run.code, -1, "not killed at {call:?}: {run:#?}");
        check_state(&stage, &new, &call.line);
        stage.home.ok(&["undo"]);
        assert_eq!(stage.texts(), OLD, "undone after {}", call.line);
    }
}

/// `undo` itself killed at each call: the next `undo` completes it.
#[test]
fn an_undo_killed_at_any_call_is_completed_by_the_next() {
    let stage = Stage::outdated();
    let Some(strace) = Strace::of(&stage.home) else { return };
    let new = stage.renewed();
    for call in points(strace.calls(&["undo"])) {
        stage.outdate();
        stage.home.ok(&["token", "role"]);
        let run = strace.inject(&call, "signal=KILL", &["undo"]);
        assert_eq!(run.code, -1, "not killed at {call:?}: {run:#?}");
        check_state(&stage, &new, &call.line);
        stage.home.ok(&["undo"]);
        assert_eq!(stage.texts(), OLD, "undone after {}", call.line);
        assert_eq!(left_overs(&stage.home), NONE, "after {}", call.line);
    }
}

/// `clear` and `sync` killed at each call.
#[test]
fn clear_and_sync_killed_at_any_call_are_completed_by_the_next() {
    for args in [["clear", "role"].as_slice(), &["sync"]] {
        let stage = Stage::outdated();
        let Some(strace) = Strace::of(&stage.home) else { return };
        stage.home.ok(args);
        let new = stage.texts();
        stage.outdate();
        for call in strace.calls(args).iter().filter(|call| call.changes()) {
            stage.outdate();
            let run = strace.inject(call, "signal=KILL", args);
            assert_eq!(run.code, -1, "not killed at {call:?}: {run:#?}");
            check_state(&stage, &new, &call.line);
            stage.home.ok(args);
            assert_eq!(stage.texts(), new, "after {}", call.line);
            assert_eq!(left_overs(&stage.home), NONE, "after {}", call.line);
        }
    }
}

/// A run that fetches a role's session with the cached MFA session of its master: no code is asked for again.
#[test]
fn a_run_that_calls_and_is_killed_costs_no_second_code() {
    let stage = Stage::new();
    let Some(strace) = Strace::of(&stage.home) else { return };
    stage.home.ok(&["token", "prod", "--mfa-code", &stage.code()]);
    let calls = strace.calls(&["token", "prod", "--force"]);
    stage.sandbox.clear_calls();
    for call in calls.iter().filter(|call| call.changes()) {
        let before = super::sections(&stage.home.read(".aws/credentials"));
        let run = strace.inject(call, "signal=KILL", &["token", "prod", "--force"]);
        assert_eq!(run.code, -1, "not killed at {call:?}: {run:#?}");
        let after = super::sections(&stage.home.read(".aws/credentials"));
        let same = before["prod"].values().zip(after["prod"].values()).filter(|(old, new)| old == new).count();
        assert!(same == 1 || before == after || same == 3, "mixed after {}:\n{before:#?}\n{after:#?}", call.line);
        assert!(left_overs(&stage.home).len() <= 1, "after {}", call.line);
        stage.home.ok(&["token", "prod"]);
        assert_eq!(left_overs(&stage.home), NONE, "after {}", call.line);
    }
    assert_eq!(stage.sandbox.calls_of("GetSessionToken").len(), 0, "the master's session serves");
}

/// 200 kills at random instants of a run; the table's 1,000 with `AWSTOK_TEST_SCALE=5`.
#[test]
fn random_kills_leave_whole_files() {
    let stage = Stage::outdated();
    let new = stage.renewed();
    let begun = Instant::now();
    for _ in 0..5 {
        stage.outdate();
        stage.home.ok(&["token", "role"]);
    }
    let usual = u64::try_from(begun.elapsed().as_micros()).unwrap() / 5;
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut survived = 0;
    for number in 0..200 * scale() {
        stage.outdate();
        let mut child = stage.home.command(["token", "role"]).stderr(std::process::Stdio::null()).spawn().unwrap();
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        sleep(Duration::from_micros((random >> 33) % usual));
        let _ = child.kill();
        survived += usize::from(child.wait().unwrap().success());
        check_state(&stage, &new, &format!("random kill {number}"));
        stage.home.ok(&["token", "role"]);
        assert_eq!((stage.texts(), left_overs(&stage.home)), (new.clone(), vec![]), "after random kill {number}");
    }
    assert!(survived < 150 * scale(), "most runs are killed, but {survived} survived");
}
