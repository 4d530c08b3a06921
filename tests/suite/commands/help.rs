//! `--help`: every command is listed, and has a manual with examples that hold.

use super::Stage;

const COMMANDS: [&str; 18] = [
    "token",
    "env",
    "credential-process",
    "list",
    "status",
    "explain",
    "whoami",
    "prompt",
    "switchrole-url",
    "profile",
    "sync",
    "clear",
    "undo",
    "log",
    "init",
    "completions",
    "sandbox",
    "",
];

#[test]
fn every_command_is_listed_and_has_a_manual_with_examples() {
    let home = Stage::empty().home;
    let all = home.ok(&["--help"]);
    for command in COMMANDS {
        let manual = if command.is_empty() { all.clone() } else { home.ok(&[command, "--help"]) };
        assert!(all.lines().any(|line| line.trim_start().split(' ').next() == Some(command)), "{command}: {all}");
        let examples = manual.split_once("Examples:\n").unwrap_or_else(|| panic!("{command}: {manual}")).1;
        assert!(examples.lines().next().unwrap().contains("awstok"), "{command}: {manual}");
        assert!(manual.contains("Usage: awstok"), "{command}: {manual}");
        if !command.is_empty() {
            assert!(home.ok(&[command, "-h"]).contains("Usage: awstok"));
        }
    }
    for group in ["Get credentials:", "Look around:", "Keep house:", "Exit codes: 0 done"] {
        assert!(all.contains(group), "{all}");
    }
    assert_eq!(home.ok(&["--version"]), format!("awstok {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn wrong_usage_is_exit_2_with_nothing_on_stdout() {
    let home = Stage::empty().home;
    for args in [
        &["nonsense"][..],
        &["--nonsense"],
        &["token", "--nonsense"],
        &["list", "x"],
        &["-q", "-v", "list"],
        &["completions"],
    ] {
        let said = home.fails(2, args);
        assert!(said.starts_with("error: ") && said.ends_with("\n\nhint: `--help` says more\n"), "{args:?}: {said}");
    }
    assert!(home.fails(2, &["tokn"]).contains("'token'"), "the nearest is named");
    assert!(!home.fails(2, &["tok\u{1b}[2J\u{202e}"]).contains(['\u{1b}', '\u{202e}']));
}

#[test]
fn without_a_home_nothing_is_read_or_written() {
    let stage = Stage::empty();
    let run = stage.home.command(["list"]).env_remove("HOME").output().unwrap();
    if cfg!(unix) {
        assert_eq!(run.status.code(), Some(3));
        let said = String::from_utf8_lossy(&run.stderr).into_owned();
        assert!(said.starts_with("error: there is no home folder") && said.contains("\n\nhint: set `HOME`"), "{said}");
    }
}
