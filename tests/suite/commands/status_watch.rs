//! `status --watch`: a table in place on a terminal, which comes back as it was; elsewhere what changes.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::time::Duration;

use awstok::sandbox::{Fault, Rule};

use super::{Stage, words};

const LEAVE: &str = "\u{1b}[?25h\u{1b}[?1049l";

#[test]
fn the_table_is_drawn_in_place_until_q() {
    let stage = Stage::new();
    // the shell says afterwards what the terminal is like
    let script = format!(
        "stty -a >before; '{}' status --watch; echo \"ended $?\"; stty -a >after; cmp before after && echo 'as before'",
        crate::home::AWSTOK
    );
    let mut terminal = stage.home.other_on_terminal("sh", &["-c", &script]);
    terminal.expect("prod      none");
    terminal.expect("q ends it");
    // what another terminal does is seen
    stage.ok(&["token", "prod"]);
    terminal.expect("prod      valid");
    // seconds count, where they are shown; other keys do nothing, and aren't shown
    terminal.send("xyz");
    for _ in 0..4 {
        terminal.expect("prod      valid");
    }
    terminal.send("q");
    terminal.expect("ended 0");
    terminal.expect("as before");
    let (code, all) = terminal.transcript();
    assert_eq!(code, 0);
    assert!(all.contains("\u{1b}[?1049h") && all.contains(LEAVE) && !all.contains("xyz"), "{all:?}");
    // in place: each time over the old lines, and never an empty screen in between
    let times: BTreeSet<&str> =
        all.split("m ").skip(1).filter_map(|rest| rest.split_once('s')).map(|(time, _)| time).collect();
    assert!(times.iter().filter(|time| time.len() == 2).count() >= 3, "{times:?}");
    let drawn = all.split("\u{1b}[H").count();
    assert!(drawn > 5 && !all.contains("\u{1b}[2J"), "{drawn}: {all:?}");
}

#[test]
fn ctrl_c_ends_it_with_the_terminal_restored_and_ctrl_z_gives_it_back_meanwhile() {
    let stage = Stage::new();
    let mut terminal = stage.home.other_on_terminal("bash", &["--norc", "--noprofile", "-i"]);
    terminal.send(&format!("PS1='> '; '{}' status -w\r", crate::home::AWSTOK));
    terminal.expect("q ends it");
    terminal.send("\u{1a}");
    terminal.expect("Stopped");
    terminal.send("echo 'in'-between; fg\r");
    terminal.expect("in-between");
    terminal.expect("q ends it");
    terminal.send("\u{3}");
    // what is typed before is awstok's
    terminal.expect("> ");
    terminal.send(&format!("echo \"code-$?\"; '{}' status -w\r", crate::home::AWSTOK));
    terminal.expect("code-0");
    terminal.expect("q ends it");
    // Ctrl-\ too
    terminal.send("\u{1c}");
    terminal.expect("> ");
    terminal.send("echo \"code-$?\"; exit\r");
    terminal.expect("code-0");
    let (_, all) = terminal.transcript();
    assert_eq!(all.matches(LEAVE).count(), 3, "{all:?}");
}

#[test]
fn elsewhere_it_prints_again_what_changed() {
    let stage = Stage::new();
    let mut child =
        stage.home.command(["status", "prod", "--watch"]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .map(Result::unwrap)
        .filter(|line| line.starts_with("prod"));
    let mut next = || words(&lines.next().unwrap()).remove(0)[1].to_owned();
    assert_eq!(next(), "none");
    stage.sandbox.inject(Rule::new(Fault::Lifetime(Duration::from_secs(8))).action("AssumeRole"));
    stage.ok(&["token", "prod"]);
    assert_eq!(next(), "valid");
    assert_eq!(next(), "expired");
    child.kill().unwrap();
    child.wait().unwrap();
    stage.home.fails(2, &["status", "--watch", "--min", "1h"]);
    stage.home.fails(3, &["status", "nobody", "--watch"]);
}
