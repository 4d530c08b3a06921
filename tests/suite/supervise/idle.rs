//! Sleep: between events nobody wakes up, neither awstok nor the process that watches over it.

use std::time::Duration;

use awstok::sandbox::{Fault, Rule};

use super::Stage;
use crate::exec::beside::stat;
use crate::home::until;

/// How often the threads of a process gave up the processor by themselves: whoever wakes up goes to sleep again.
fn wake_ups(pid: i32) -> u64 {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let status = |task: std::fs::DirEntry| std::fs::read_to_string(task.path().join("status")).unwrap();
    let of = |text: String| {
        let line = text.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:").map(str::to_owned));
        line.unwrap().trim().parse::<u64>().unwrap()
    };
    tasks.map(|task| of(status(task.unwrap()))).sum()
}

/// How long the processor worked for a process, in its ticks (proc_pid_stat(5), `utime` and `stime`), of which a second has 100.
fn ticks(pid: i32) -> u64 {
    [11, 12].map(|field| stat(pid.cast_unsigned(), field).unwrap().parse::<u64>().unwrap()).iter().sum()
}

/// The end of the old credentials is past then, and the new ones are for the next run.
#[test]
fn a_command_that_takes_its_time_to_end_is_waited_for_in_sleep() {
    let stage = Stage::new(Duration::from_secs(4));
    let stubborn = "trap '' TERM; echo $$ >> log; while :; do sleep 1; done";
    let args = ["worker", "--restart-before", "2s", "--grace", "4s", "--", "sh", "-c", stubborn];
    let supervised = stage.start(&args);
    stage.log_of(1);
    stage.sandbox.inject(Rule::new(Fault::HangUp));
    supervised.says("the credentials have expired");
    stage.sandbox.clear_faults();
    stage.sandbox.inject(Rule::new(Fault::Lifetime(Duration::from_secs(900))).action("AssumeRole"));
    supervised.says("there are later credentials");
    let before = ticks(supervised.pid());
    supervised.says("was killed");
    let spent = ticks(supervised.pid()) - before;
    assert!(spent < 50, "{spent} ticks in four seconds");
    drop(supervised);
}

#[test]
fn between_events_nobody_wakes_up() {
    let stage = Stage::new(Duration::from_secs(900));
    let supervised = stage.start(&["worker", "--", "sh", "-c", "echo $$ >> log; exec sleep 1000"]);
    stage.log_of(1);
    supervised.says("runs; credentials until");
    let ps = std::process::Command::new("ps").args(["-o", "pid=", "--ppid", &supervised.pid().to_string()]).output();
    let children = String::from_utf8(ps.unwrap().stdout).unwrap();
    let guardian = children.split_whitespace().find(|pid| **pid != stage.log()[0]).unwrap().parse().unwrap();
    let count = || [wake_ups(supervised.pid()), wake_ups(guardian)];
    // the connection to AWS may still be closing
    let before = until("sleep", || {
        let before = count();
        std::thread::sleep(Duration::from_millis(500));
        (before == count()).then_some(before)
    });
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(count(), before);
    drop(supervised);
}
