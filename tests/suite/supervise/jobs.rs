//! A terminal: the command has it as from a shell, stops and goes on with the job, and leaves it as it was.

use std::time::Duration;

use super::Stage;
use crate::home::until;
use crate::home::{AWSTOK, Terminal};

/// A shell with job control on a terminal of its own, in the stage's home.
fn shell(stage: &Stage) -> Terminal {
    let mut shell = stage.home.other_on_terminal("bash", &["--norc", "--noprofile", "-i"]);
    shell.send("PS1='$ '; bind 'set enable-bracketed-paste off'; set -m; a() { \"$A\" supervise worker -q \"$@\"; }\n");
    shell.send(&format!("A={AWSTOK}; echo up; echo go\n"));
    shell.expect("\ngo\n");
    shell
}

/// Gives what `ps` tells of a process.
fn ps(what: &str, pid: &str) -> String {
    let output = std::process::Command::new("ps").args(["-o", &format!("{what}="), "-p", pid]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Waits until a command goes on and `holder`'s group has the terminal: a key that is pressed before is the shell's, and
/// what stops a command that is stopped already, for reading too early, is forgotten when it goes on.
fn until_in_front(command: &str, holder: &str) {
    until("the job in front", || {
        (!ps("stat", command).starts_with('T') && ps("tpgid", holder) == ps("pgid", holder)).then_some(())
    });
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
    shell.send("a -- sh -c 'echo p''id=$$; read x; echo got=$x; exit 5' | cat; echo rc=${PIPESTATUS[0]}\n");
    shell.expect("pid=");
    let command = shell.expect("\n").trim().to_owned();
    until_in_front(&command, &command);
    shell.send("\u{1a}");
    shell.expect("Stopped");
    shell.send("stty -g > stopped; jobs; fg\n");
    shell.expect("Stopped");
    shell.send("hello\n");
    shell.expect("got=hello");
    // behind, a command that reads is stopped; in front it reads on
    shell.send("a -- sh -c 'echo p''id=$$; read x; echo got=$x; exit 6' &\n");
    shell.expect("pid=");
    let command = shell.expect("\n").trim().to_owned();
    shell.send("until jobs | grep -q Stopped; do sleep 0.1; done; jobs\n");
    shell.expect("  Stopped");
    shell.send("fg; echo rc=$?\n");
    until_in_front(&command, &command);
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
    let script = "trap \"echo seen; exit 8\" INT; echo p''id=$$; sleep 100 & wait";
    shell.send(&format!("a --grace 1s -- sh -c '{script}' </dev/null; echo rc=$?\n"));
    shell.expect("pid=");
    let command = shell.expect("\n").trim().to_owned();
    let parent = ps("ppid", &command);
    until_in_front(&command, &parent);
    shell.send("\u{1a}");
    shell.expect("Stopped");
    shell.send("fg; echo rc=$?\n");
    until_in_front(&command, &parent);
    shell.send("\u{3}");
    assert_eq!(shell.expect("rc=8").matches("seen").count(), 1);
    shell.send("exit\n");
    shell.end();
}
