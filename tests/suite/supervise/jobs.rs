//! A terminal: the command has it as from a shell, stops and goes on with the job, and leaves it as it was.

use std::time::Duration;

use super::Stage;
use crate::home::{AWSTOK, Terminal};

/// A shell with job control on a terminal of its own, in the stage's home.
fn shell(stage: &Stage) -> Terminal {
    let mut shell = stage.home.other_on_terminal("bash", &["--norc", "--noprofile", "-i"]);
    shell.send("PS1='$ '; bind 'set enable-bracketed-paste off'; set -m; a() { \"$A\" supervise worker -q \"$@\"; }\n");
    shell.send(&format!("A={AWSTOK}; echo up; echo go\n"));
    shell.expect("\ngo\n");
    shell
}

#[test]
fn the_command_reads_the_terminal_and_ctrl_c_is_its_own() {
    let stage = Stage::new(Duration::from_secs(900));
    let mut shell = shell(&stage);
    shell.send("stty -g > before; a -- sh -c 'read x; echo got=$x; stty raw -echo; exit 5'; echo rc=$?; stty -g > after; cmp before after && echo same\n");
    shell.send("hello\n");
    shell.expect("got=hello");
    shell.expect("rc=5");
    shell.expect("\nsame\n");
    shell.send("a -- sh -c 'trap \"echo seen; exit 8\" INT; echo wait''ing; sleep 100 & wait'; echo rc=$?\n");
    shell.expect("\nwaiting\n");
    shell.send("\u{3}");
    assert_eq!(shell.expect("rc=8").matches("seen").count(), 1);
    shell.send("a --restart always -- sh -c 'echo wait''ing; exec sleep 100'; echo rc=$?\n");
    shell.expect("\nwaiting\n");
    shell.send("\u{3}");
    shell.expect("rc=130");
    shell.send("exit\n");
    shell.end();
}

#[test]
fn ctrl_z_stops_the_job_and_it_goes_on_in_front_and_behind() {
    let stage = Stage::new(Duration::from_secs(900));
    let mut shell = shell(&stage);
    shell.send("a -- sh -c 'echo wait''ing; read x; echo got=$x; exit 5' | cat; echo rc=${PIPESTATUS[0]}\n");
    shell.expect("\nwaiting\n");
    shell.send("\u{1a}");
    shell.expect("Stopped");
    shell.send("stty -g > stopped; jobs; fg\n");
    shell.expect("Stopped");
    shell.send("hello\n");
    shell.expect("got=hello");
    // behind, a command that reads is stopped; in front it reads on
    shell.send("a -- sh -c 'read x; echo got=$x; exit 6' &\n");
    shell.send("sleep 1; jobs\n");
    shell.expect("Stopped");
    shell.send("fg; echo rc=$?\n");
    std::thread::sleep(Duration::from_millis(500));
    shell.send("again\n");
    shell.expect("got=again");
    shell.expect("rc=6");
    // one that doesn't read works on behind
    shell.send("a -- sh -c 'sleep 0.5; exit 4' & wait $!; echo rc=$?\n");
    shell.expect("rc=4");
    shell.send("exit\n");
    shell.end();
}

#[test]
fn without_a_shell_that_controls_jobs_nothing_stops_for_ever() {
    let stage = Stage::new(Duration::from_secs(900));
    let script = "echo wait''ing; read x; echo got=$x";
    let mut alone = stage.home.on_terminal(&["supervise", "worker", "-q", "--", "sh", "-c", script]);
    alone.expect("waiting\n");
    alone.send("\u{1a}");
    std::thread::sleep(Duration::from_millis(300));
    alone.send("hello\n");
    alone.expect("got=hello");
    assert_eq!(alone.end().0, 0);
}

#[test]
fn a_command_that_reads_something_else_leaves_the_terminal_to_awstok() {
    let stage = Stage::new(Duration::from_secs(900));
    let mut shell = shell(&stage);
    shell
        .send("a -- sh -c 'trap \"echo seen; exit 8\" INT; echo wait''ing; sleep 100 & wait' </dev/null; echo rc=$?\n");
    shell.expect("\nwaiting\n");
    shell.send("\u{1a}");
    shell.expect("Stopped");
    shell.send("fg; echo rc=$?\n");
    std::thread::sleep(Duration::from_millis(500));
    shell.send("\u{3}");
    assert_eq!(shell.expect("rc=8").matches("seen").count(), 1);
    shell.send("exit\n");
    shell.end();
}
