//! Secrets under a passphrase: from the variable, typed, wrong, missing; and the paths that must not ask.

use awstok::vault::Item;

use super::{PASSPHRASE, seal, stage, unseal};
use crate::commands::{SECRET, Stage};
use crate::tools::tool;

#[test]
fn the_secret_is_read_for_a_call_and_never_on_the_cached_path() {
    let mut stage = stage("passphrase");
    stage.home.set("AWSTOK_PASSPHRASE", PASSPHRASE);
    stage.ok(&["token", "prod"]);
    assert_eq!(stage.calls(), ["GetSessionToken", "AssumeRole"]);
    // from here on nobody could open it
    stage.home.set("AWSTOK_PASSPHRASE", "another one");
    stage.home.ok(&["env", "prod", "--shell", "bash"]);
    stage.home.ok(&["credential-process", "prod"]);
    stage.home.ok(&["token", "prod"]);
    stage.home.ok(&["status"]);
    stage.home.ok(&["token", "mainuser", "--dry-run", "--force"]);
    let explained = stage.home.ok(&["explain", "mainuser"]);
    assert!(explained.contains("kept under a passphrase, and read only for a call that needs it"), "{explained}");
    // a role's next session is signed with the user's
    stage.home.ok(&["token", "prod", "--force"]);
    assert_eq!(stage.calls(), ["AssumeRole"]);
}

#[test]
fn without_a_terminal_or_the_right_passphrase_it_says_what_to_do() {
    let mut stage = stage("passphrase");
    let error = stage.home.fails(5, &["token", "mainuser", "--mfa-code", "123456"]);
    assert!(error.contains("secrets of `mainuser` are under a passphrase, and nobody can be asked"), "{error}");
    assert!(error.contains("hint: set `AWSTOK_PASSPHRASE`"), "{error}");
    stage.home.set("AWSTOK_PASSPHRASE", "wrong-canary");
    let error = stage.home.fails(5, &["token", "mainuser", "--mfa-code", "123456"]);
    assert!(error.contains("`AWSTOK_PASSPHRASE` isn't the passphrase of the secrets of `mainuser`"), "{error}");
    assert!(!error.contains("canary"), "{error}");
    assert!(stage.calls().is_empty(), "no code was spent");
}

#[test]
fn a_secret_that_is_nowhere_is_said() {
    let stage = stage("passphrase");
    std::fs::remove_file(stage.home.path(".aws/awstok/secrets/mainuser.age")).unwrap();
    let error = stage.home.fails(3, &["token", "mainuser", "--mfa-code", "123456"]);
    assert!(error.contains("holds no `aws_secret_access_key` of profile `mainuser`"), "{error}");
    assert!(error.contains("hint: "), "{error}");
}

#[test]
fn on_a_terminal_it_is_typed_unseen_and_a_slip_is_forgiven() {
    let stage = stage("passphrase");
    let mut terminal = stage.home.on_terminal(&["token", "prod"]);
    terminal.expect("passphrase of the secrets of `mainuser`: ");
    terminal.send("a slip\n");
    terminal.expect("that passphrase is wrong; try again");
    terminal.expect("passphrase of the secrets of `mainuser`: ");
    terminal.send(&format!("{PASSPHRASE}\n"));
    terminal.expect("for profile");
    terminal.send(&format!("{}\n", stage.code()));
    let (code, rest) = terminal.transcript();
    assert_eq!(code, 0, "{rest}");
    assert!(!rest.contains("slip") && !rest.contains("sesame"), "{rest}");
}

#[test]
fn several_profiles_ask_once() {
    let stage = two_users();
    let mut terminal = stage.home.on_terminal(&["token", "plain", "ci"]);
    terminal.expect("passphrase of the secrets of `");
    terminal.send(&format!("{PASSPHRASE}\n"));
    let (code, rest) = terminal.end();
    assert_eq!(code, 0, "{rest}");
    assert!(!rest.contains("passphrase"), "{rest}");
}

#[test]
fn what_is_used_as_it_is_is_read_whenever_it_is_handed_out() {
    let mut stage = two_users();
    let error = stage.home.fails(5, &["credential-process", "ci"]);
    assert!(error.contains("secrets of `ci` are under a passphrase"), "{error}");
    assert!(stage.home.ok(&["status", "ci", "--json"]).contains("\"long-term\""));
    stage.home.set("AWSTOK_PASSPHRASE", PASSPHRASE);
    for _ in 0..2 {
        assert!(stage.home.ok(&["credential-process", "ci"]).contains(ROBOTS_SECRET));
    }
    assert!(stage.calls().is_empty());
    assert!(!stage.home.exists(".aws/awstok/cache"));
}

const ROBOTS_SECRET: &str = "9drTJvcXLB89EXAMPLELB8923FB892xMFIEXAMPL";

/// `plain` and `ci` keep their secrets under one passphrase, each in a file of its own.
fn two_users() -> Stage {
    let stage = Stage::new();
    for (name, more) in [("plain", ""), ("ci", "session = none\n")] {
        let keys = format!("aws_access_key_id = AKIAROBOTROBOTROBOT1\nsecret_store = passphrase\n{more}");
        stage.home.profile(name, &keys);
        seal(&stage.home, name, Item::SecretAccessKey, ROBOTS_SECRET);
    }
    stage
}

#[test]
fn the_age_program_reads_what_awstok_wrote_and_the_other_way_round() {
    let Some(age) = tool("age") else { return };
    let age = age.to_str().unwrap();
    let mut stage = stage("passphrase");
    let sealed = stage.home.path(".aws/awstok/secrets/mainuser.age").to_str().unwrap().to_owned();
    let mut reading = stage.home.other_on_terminal(age, &["-d", &sealed]);
    reading.expect("Enter passphrase");
    reading.send(&format!("{PASSPHRASE}\n"));
    reading.expect(&format!("aws_secret_access_key = {SECRET}"));
    assert_eq!(reading.end().0, 0);

    stage.home.write("plain", format!("# by hand\naws_secret_access_key={SECRET}\n"));
    let plain = stage.home.path("plain").to_str().unwrap().to_owned();
    let mut writing = stage.home.other_on_terminal(age, &["-p", "-o", &sealed, &plain]);
    writing.expect("Enter passphrase");
    writing.send(&format!("{PASSPHRASE}\n"));
    writing.expect("Confirm passphrase");
    writing.send(&format!("{PASSPHRASE}\n"));
    assert_eq!(writing.end().0, 0);
    assert_eq!(unseal(&stage.home, "mainuser", Item::SecretAccessKey).as_deref(), Some(SECRET));
    stage.home.set("AWSTOK_PASSPHRASE", PASSPHRASE);
    stage.ok(&["token", "prod"]);
}
