//! `exec` as a job of a shell on a terminal: stopped, continued, interrupted, in a pipeline, and out of the command's way.

use std::time::Duration;

use awstok::sandbox::{Fault, Rule};

use super::beside::{stat, until};
use super::{WAYS, fetched, words};
use crate::commands::Stage;
use crate::home::{AWSTOK, Terminal};

/// A real bash with job control.
struct Bash(Terminal);

impl Bash {
    fn start(stage: &mut Stage) -> Self {
        stage.home.set("PS1", "$ ");
        stage.home.set("A", AWSTOK);
        let mut terminal = stage.home.other_on_terminal("bash", &["--norc", "--noprofile", "--noediting", "-i"]);
        terminal.expect("$ ");
        Self(terminal)
    }

    /// Types a line; gives what is shown up to the next prompt.
    fn line(&mut self, line: &str) -> String {
        self.0.send(&format!("{line}\n"));
        self.0.expect("\n");
        let shown = self.0.expect("$ ");
        shown.strip_suffix("$ ").unwrap().to_owned()
    }

    /// Types a line whose command goes on, and waits for `shown`.
    fn begin(&mut self, line: &str, shown: &str) -> String {
        self.0.send(&format!("{line}\n"));
        self.0.expect("\n");
        self.0.expect(shown)
    }

    /// Presses a key that gives the prompt back.
    fn press(&mut self, key: &str) -> String {
        self.0.send(key);
        self.0.expect("$ ")
    }
}

const CTRL_C: &str = "\u{3}";
const CTRL_Z: &str = "\u{1a}";

#[test]
fn ctrl_z_stops_the_job_and_fg_and_bg_continue_it() {
    for way in WAYS {
        let mut stage = fetched();
        let exec = format!("$A {}", words("prod", way, &[]).join(" "));
        let mut bash = Bash::start(&mut stage);
        let terminal = bash.line("stty -g");
        for pipe in ["", " | cat"] {
            bash.begin(&format!("{exec} sh -c 'echo PID=$$; exec sleep 60'{pipe}"), "PID=");
            let command: u32 = bash.0.expect("\n").trim().parse().unwrap();
            let parent: u32 = stat(command, 1).unwrap().parse().unwrap();
            let all = if way.is_empty() { vec![command] } else { vec![command, parent] };
            let are = |state: &str| all.iter().all(|pid| stat(*pid, 0).unwrap() == state);
            // bash names the job before it gives it the terminal: what is typed in between is bash's
            let in_front = || are("S") && stat(command, 2) == stat(command, 5);
            assert!(bash.press(CTRL_Z).contains("Stopped"), "{way:?}");
            until("all stop", Duration::from_secs(20), || are("T"));
            assert!(bash.line("jobs").contains("Stopped"));
            bash.line("bg");
            until("all go on", Duration::from_secs(20), || are("S"));
            assert!(bash.line("jobs").contains("Running"));
            bash.begin("fg", "sleep 60");
            until("all are in front", Duration::from_secs(20), in_front);
            assert!(bash.press(CTRL_Z).contains("Stopped"), "{way:?}: again");
            bash.begin("fg", "sleep 60");
            until("all are in front", Duration::from_secs(20), in_front);
            bash.press(CTRL_C);
            assert_eq!(bash.line("echo $?"), "130\n", "{way:?}{pipe}");
            assert_eq!(bash.line("stty -g"), terminal, "{way:?}{pipe}");
            assert_eq!(bash.line("jobs"), "", "{way:?}{pipe}");
        }
    }
}

#[test]
fn the_terminals_signals_reach_the_command_once() {
    for way in WAYS {
        let mut stage = fetched();
        let exec = format!("$A {}", words("prod", way, &[]).join(" "));
        let mut bash = Bash::start(&mut stage);
        let script = "trap \"echo INTERRUPTED >>seen\" INT; trap \"echo QUIT >>seen\" QUIT; sleep 20 & echo READY; \
                      while :; do wait; done"; // `wait` gives each signal its own trap at once
        bash.begin(&format!("{exec} bash -c '{script}'"), "READY");
        let seen = || std::fs::read_to_string(stage.home.path("seen")).unwrap_or_default();
        bash.0.send(CTRL_C);
        until("the interrupt is seen", Duration::from_secs(20), || seen() == "INTERRUPTED\n");
        bash.0.send("\u{1c}");
        until("the quit is seen", Duration::from_secs(20), || seen() == "INTERRUPTED\nQUIT\n");
        std::thread::sleep(Duration::from_millis(200));
        assert_eq!(seen(), "INTERRUPTED\nQUIT\n", "{way:?}");
        std::fs::remove_file(stage.home.path("seen")).unwrap();
    }
}

#[test]
fn ctrl_c_ends_a_loop_around_it() {
    for way in WAYS {
        let mut stage = fetched();
        let exec = format!("$A {}", words("prod", way, &[]).join(" "));
        let mut bash = Bash::start(&mut stage);
        bash.begin(&format!("for n in 1 2; do {exec} sh -c 'echo READY; exec sleep 60'; echo NEXT; done"), "READY");
        let shown = bash.press(CTRL_C);
        assert!(!shown.contains("NEXT"), "{way:?}: {shown}");
        assert_eq!(bash.line("echo $?"), "130\n");
    }
}

#[test]
fn a_command_reads_its_terminal_and_is_told_of_its_size() {
    for way in WAYS {
        let mut stage = fetched();
        let exec = format!("$A {}", words("prod", way, &[]).join(" "));
        let mut bash = Bash::start(&mut stage);
        bash.begin(&format!("{exec} cat"), "");
        bash.0.send("typed\n");
        bash.0.expect("typed\ntyped\n");
        bash.press("\u{4}");
        assert_eq!(bash.line(&format!("{exec} stty size")), "40 160\n");
        assert_eq!(bash.line(&format!("echo through | {exec} cat | cat")), "through\n");
    }
}

#[test]
fn a_code_that_is_needed_again_is_not_asked_for_in_the_commands_way() {
    let stage = Stage::new();
    stage.sandbox.inject(Rule::new(Fault::Lifetime(Duration::from_secs(4))));
    let mut terminal =
        stage.home.on_terminal(&["exec", "prod", "--server", "--", "sh", "-c", "echo READY; sleep 5; echo DONE"]);
    terminal.expect("MFA code");
    terminal.send(&format!("{}\n", stage.code()));
    terminal.expect("READY");
    let shown = terminal.expect("DONE");
    assert!(shown.contains("the terminal belongs to the command that runs on it"), "{shown}");
    assert!(
        shown.contains("run `awstok token mainuser` in another terminal") && !shown.contains("MFA code"),
        "{shown}"
    );
    assert_eq!(terminal.end().0, 0);
}

#[test]
fn where_the_command_leaves_the_terminal_alone_the_code_is_asked_for_there() {
    let mut stage = Stage::new();
    stage.sandbox.inject(Rule::new(Fault::Lifetime(Duration::from_secs(4))));
    let first = stage.code();
    let mut bash = Bash::start(&mut stage);
    let words = words("prod", &["--server", "--mfa-code", &first], &["sh", "-c", "'echo READY; sleep 6; echo DONE'"]);
    bash.begin(&format!("$A {} </dev/null", words.join(" ")), "READY");
    bash.0.expect("MFA code of `arn:aws:iam::123456789012:mfa/ann` for profile `mainuser`: ");
    bash.0.send(&format!("{}\n", stage.code()));
    let shown = bash.0.expect("DONE");
    assert!(!shown.contains("warning"), "{shown}");
    bash.0.expect("$ ");
}
