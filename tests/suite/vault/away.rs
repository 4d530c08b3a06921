//! A passphrase that a renewal needs, long after the start: who is asked for it, and who is left alone.

use awstok::vault::Item;

use super::{PASSPHRASE, seal};
use crate::commands::Stage;
use crate::server::short_lives;

const QUESTION: &str = "passphrase of the secrets of `plain`: ";
const SECRET: &str = "9drTJvcXLB89EXAMPLELB8923FB892xMFIEXAMPL";

/// `plain` keeps its key under a passphrase, and a session of 12 s in the cache: the next one takes the passphrase.
fn stage() -> Stage {
    let mut stage = Stage::new();
    stage.home.profile("plain", "aws_access_key_id = AKIAROBOTROBOTROBOT1\nsecret_store = passphrase\n");
    seal(&stage.home, "plain", Item::SecretAccessKey, SECRET);
    short_lives(&stage, "GetSessionToken", 12);
    stage.home.set("AWSTOK_PASSPHRASE", PASSPHRASE);
    stage.home.ok(&["token", "plain"]);
    stage.home.set("AWSTOK_PASSPHRASE", "");
    stage.calls();
    stage
}

#[test]
fn a_command_that_has_the_terminal_is_left_alone() {
    let stage = stage();
    let mut terminal = stage.home.on_terminal(&["exec", "plain", "--server", "--", "sh", "-c", "read answer; exit 7"]);
    let said = terminal.expect("(set `AWSTOK_PASSPHRASE` for this command)");
    let why = "the secrets of `plain` are under a passphrase: the terminal belongs to the command that runs on it";
    assert!(said.contains(why) && !said.contains(QUESTION), "{said}");
    assert!(stage.calls().is_empty());
    terminal.send("\n");
    assert_eq!(terminal.end().0, 7);
}

#[test]
fn a_person_who_is_there_is_asked_and_not_a_second_time() {
    let stage = stage();
    let mut terminal = stage.home.on_terminal(&["serve", "plain", "--shell", "bash", "-v"]);
    terminal.expect("serving plain on 127.0.0.1:");
    terminal.expect(QUESTION);
    terminal.send(&format!("{PASSPHRASE}\n"));
    let said = terminal.expect("plain: renewed until ");
    let again = terminal.expect("plain: renewed until ");
    assert!(!format!("{said}{again}").contains("sesame") && !again.contains(QUESTION), "{said}{again}");
    terminal.send("\u{3}");
    assert_eq!(terminal.end().0, 0);
}

#[test]
fn an_end_amid_the_question_leaves_a_terminal_that_shows_what_is_typed() {
    for args in [&["serve", "plain", "--shell", "bash"][..], &["watch", "plain"]] {
        let stage = stage();
        let line = format!("{} {}; echo en'd'ed $?; stty -a\n", crate::home::AWSTOK, args.join(" "));
        let mut terminal = stage.home.other_on_terminal("bash", &["--norc", "--noprofile", "-i"]);
        terminal.send(&line);
        terminal.expect(QUESTION);
        terminal.send("\u{3}");
        terminal.expect("ended 0");
        let modes = terminal.expect("echoctl");
        assert!(modes.contains(" echo "), "{args:?}: {modes}");
        terminal.send("exit\n");
        terminal.end();
    }
}
