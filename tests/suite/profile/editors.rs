//! `edit` in a person's own editor: a private copy, taken over once it is valid, and nothing left behind.

use std::os::unix::fs::PermissionsExt as _;

use rustix::process::{Pid, Signal, kill_process};

use super::{SECRET, files, home};
use crate::home::Home;

/// An editor that runs a script on the file, which is `$1`; its path holds a blank.
fn editor(home: &mut Home, script: &str) {
    home.write("my editor", format!("#!/bin/sh\n{script}\n"));
    std::fs::set_permissions(home.path("my editor"), std::fs::Permissions::from_mode(0o700)).unwrap();
    let path = home.path("my editor").display().to_string();
    home.set("EDITOR", format!("'{path}'"));
    home.set("AWSTOK_NO_INPUT", "0");
}

fn left_over(home: &Home) -> Vec<String> {
    let entries = std::fs::read_dir(home.path(".aws/awstok")).unwrap().flatten();
    entries.map(|entry| entry.file_name().into_string().unwrap()).filter(|name| name.starts_with("edit")).collect()
}

#[test]
fn a_valid_copy_is_taken_over_and_nothing_is_left() {
    let mut home = home();
    editor(
        &mut home,
        "stat -c %a \"$1\" \"$(dirname \"$1\")\" > ~/modes; tr '\\0' ' ' < /proc/$$/cmdline > ~/line; \
         env > ~/environment; cp \"$1\" \"$1~\"; touch \"$(dirname \"$1\")/.ann.swp\"; sed -i s/eu-west-1/us-east-1/ \"$1\"",
    );
    for own in ["AWSTOK_PASSPHRASE", "AWSTOK_MFA_CODE", "KEPT"] {
        home.set(own, "canary");
    }
    let before = home.read(".aws/aws-profiles/ann");
    home.ok(&["profile", "edit", "ann"]);
    assert_eq!(home.read(".aws/aws-profiles/ann"), before.replace("eu-west-1", "us-east-1"));
    assert_eq!(home.read("modes"), "600\n700\n");
    assert!(!home.read("line").contains(SECRET));
    let environment = home.read("environment");
    let told: Vec<_> = environment.lines().filter(|line| line.contains("canary")).collect();
    assert_eq!(told, ["KEPT=canary"]);
    assert_eq!(left_over(&home), [""; 0]);
    home.ok(&["undo"]);
    assert_eq!(home.read(".aws/aws-profiles/ann"), before);
}

#[test]
fn an_invalid_copy_leaves_the_file() {
    let mut home = home();
    let before = files(&home);
    editor(&mut home, "echo 'region = nowhere at all' >> \"$1\"");
    let run = home.run(&["profile", "edit", "prod"]);
    assert_eq!(run.code, 3, "{run:#?}");
    assert!(run.err.contains("`region` is `nowhere at all`") && run.err.contains("stays as it was"), "{}", run.err);
    editor(&mut home, "exit 7");
    let run = home.run(&["profile", "edit", "prod"]);
    assert!(run.code == 1 && run.err.contains("failed (exit status: 7)"), "{run:#?}");
    editor(&mut home, ":");
    let run = home.run(&["profile", "edit", "prod"]);
    assert_eq!((run.code, run.err.as_str()), (0, "`prod` is as it was\n"));
    for (command, code) in [("/nonexistent/editor", 1), ("'unclosed", 2), ("  ", 2)] {
        home.set("VISUAL", command);
        assert_eq!(home.run(&["profile", "edit", "prod"]).code, code, "{command}");
    }
    assert_eq!((files(&home), left_over(&home)), (before, Vec::new()));
}

#[test]
fn the_person_is_asked_to_edit_again() {
    let mut home = home();
    editor(
        &mut home,
        "if [ -e ~/once ]; then sed -i s/no.where/eu-west-3/ \"$1\"; else touch ~/once; echo 'region = no where' >> \"$1\"; fi",
    );
    let mut terminal = home.on_terminal(&["profile", "edit", "prod"]);
    terminal.expect("which is no region");
    terminal.expect("edit it again?");
    terminal.send("y\n");
    let (code, shown) = terminal.end();
    assert_eq!(code, 0, "{shown}");
    assert!(home.read(".aws/aws-profiles/prod").ends_with("region = eu-west-3\n"));
    let before = files(&home);
    editor(&mut home, "echo junk >> \"$1\"");
    for answer in ["n\n", "\u{3}"] {
        let mut terminal = home.on_terminal(&["profile", "edit", "prod"]);
        terminal.expect("edit it again?");
        terminal.send(answer);
        assert_eq!(terminal.end().0, if answer == "n\n" { 3 } else { 130 });
        assert_eq!((files(&home), left_over(&home)), (before.clone(), Vec::new()), "{answer:?}");
    }
}

/// The keys are read raw one by one; an interrupt between them, and a signal from elsewhere, take the copy away as well.
#[test]
fn a_signal_at_the_question_takes_the_copy_away() {
    let mut home = home();
    let before = files(&home);
    editor(&mut home, "echo junk >> \"$1\"");
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let mut terminal = home.on_terminal(&["profile", "edit", "prod"]);
        terminal.expect("edit it again?");
        kill_process(Pid::from_raw(terminal.pid()).unwrap(), signal).unwrap();
        assert_ne!(terminal.end().0, 0, "{signal:?}");
        assert_eq!((files(&home), left_over(&home)), (before.clone(), Vec::new()), "{signal:?}");
    }
}

#[test]
fn a_signal_beside_the_editor_takes_the_copy_away() {
    use std::os::unix::process::ExitStatusExt as _;
    let mut home = home();
    let before = files(&home);
    editor(&mut home, "touch ~/open; while [ -e \"$1\" ]; do sleep 0.1; done");
    for signal in [Signal::TERM, Signal::HUP] {
        let mut child = home.command(["profile", "edit", "ann"]).spawn().unwrap();
        while !home.exists("open") {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        kill_process(Pid::from_child(&child), signal).unwrap();
        assert_eq!(child.wait().unwrap().signal(), Some(signal.as_raw()));
        assert_eq!((files(&home), left_over(&home)), (before.clone(), Vec::new()), "{signal:?}");
        std::fs::remove_file(home.path("open")).unwrap();
    }
}

#[test]
fn ctrl_c_is_the_editors_own_while_it_runs() {
    let mut home = home();
    editor(
        &mut home,
        "if [ -e ~/seen ]; then exit; fi; trap 'touch ~/seen' INT; echo op''en; while [ ! -e ~/seen ]; do sleep 0.1; done; \
         echo junk >> \"$1\"",
    );
    let before = files(&home);
    let mut terminal = home.on_terminal(&["profile", "edit", "prod"]);
    terminal.expect("open\n");
    terminal.send("\u{3}");
    terminal.expect("edit it again?");
    assert_ne!(left_over(&home), [""; 0]);
    terminal.send("\u{3}");
    assert_eq!(terminal.end().0, 130);
    assert_eq!((files(&home), left_over(&home)), (before, Vec::new()));
}

#[test]
fn another_programs_change_is_kept() {
    let mut home = home();
    editor(&mut home, "echo '# theirs' >> ~/.aws/aws-profiles/prod; echo '# mine' >> \"$1\"");
    let run = home.run(&["profile", "edit", "prod"]);
    assert!(run.code == 1 && run.err.contains("was changed by another program meanwhile"), "{run:#?}");
    assert!(home.read(".aws/aws-profiles/prod").ends_with("# theirs\n"));
}

/// A copy that a killed run left goes with the next run, whichever profile that edits.
#[test]
fn a_killed_runs_copy_is_swept_away() {
    let mut home = home();
    editor(&mut home, "touch ~/open; sleep 60");
    let mut child = home.command(["profile", "edit", "ann"]).spawn().unwrap();
    while !home.exists("open") {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(left_over(&home), ["edit-ann"]);
    editor(&mut home, ":");
    home.ok(&["profile", "edit", "prod"]);
    assert_eq!(left_over(&home), [""; 0]);
}
