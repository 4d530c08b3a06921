//! Sleep: between events nobody wakes up, neither awstok nor the process that watches over it.

use std::time::Duration;

use super::{Stage, until};

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
