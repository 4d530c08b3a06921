//! `secret move`: the secrets are in one place at the end, and nowhere in clear; a kill at any step loses nothing.

use std::fs;
use std::path::{Path, PathBuf};

use awstok::vault::Item;
use serde_json::{Value, json};

use super::{PASSPHRASE, unseal};
use crate::commands::{SECRET, Stage};
use crate::home::Home;

pub const SEED: &str = "AWSTOK23AWSTOK23AWSTOK23AWSTOK23";

/// What the file of `mainuser` holds at first: odd in its layout, with both secrets in clear.
pub const CLEAR: &str = "# mine\r\n[mainuser]\r\naws_access_key_id=AKIAIOSFODNN7EXAMPLE\r\n\
    aws_secret_access_key  =  wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\r\n; the seed\r\n\
    mfa_secret = AWSTOK23AWSTOK23AWSTOK23AWSTOK23\r\nmfa_id = arn:aws:iam::123456789012:mfa/ann\r\nregion = eu-central-1";

/// A stage whose `mainuser` has a key and a seed in clear.
pub fn clear_stage() -> Stage {
    let mut stage = Stage::new();
    stage.home.write(".aws/aws-profiles/mainuser", CLEAR);
    stage.home.set("AWSTOK_PASSPHRASE", PASSPHRASE);
    stage
}

/// All files below `.aws`.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.push(path),
        }
    }
    found
}

/// The files below `.aws` that hold a secret of `mainuser` in clear.
pub fn clear_files(home: &Home) -> Vec<PathBuf> {
    let holds = |path: &PathBuf| {
        let text = String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned();
        text.contains(SECRET) || text.contains(SEED)
    };
    files(&home.path(".aws")).into_iter().filter(holds).collect()
}

fn profile(home: &Home) -> String {
    home.read(".aws/aws-profiles/mainuser")
}

#[test]
fn to_a_passphrase_and_back_the_profile_works_and_nothing_else_changes() {
    let stage = clear_stage();
    let moved = stage.home.ok(&["secret", "move", "mainuser", "--to", "passphrase", "--json"]);
    let moved: Value = serde_json::from_str(&moved).unwrap();
    let keys = json!(["aws_secret_access_key", "mfa_secret"]);
    assert_eq!(moved, json!({"profile": "mainuser", "from": "file", "to": "passphrase", "moved": keys}));
    assert_eq!(
        profile(&stage.home),
        "# mine\r\n[mainuser]\r\naws_access_key_id=AKIAIOSFODNN7EXAMPLE\r\n; the seed\r\n\
         mfa_id = arn:aws:iam::123456789012:mfa/ann\r\nregion = eu-central-1\r\n\
         mfa_store = passphrase\r\nsecret_store = passphrase"
    );
    assert_eq!(clear_files(&stage.home), [""; 0].map(PathBuf::from));
    assert_eq!(unseal(&stage.home, "mainuser", Item::SecretAccessKey).as_deref(), Some(SECRET));
    assert_eq!(unseal(&stage.home, "mainuser", Item::MfaSecret).as_deref(), Some(SEED));
    assert!(!stage.home.exists(".aws/awstok/secrets/mainuser.moving"));
    stage.ok(&["token", "prod"]);
    let config = stage.home.read(".aws/config");
    assert!(!config.contains("_store") && !config.contains("mfa_"), "{config}");

    let again = stage.home.run(&["secret", "move", "mainuser", "--to", "passphrase"]);
    assert_eq!((again.code, again.err.as_str()), (0, "the secrets of mainuser are in `passphrase` already\n"));

    let error = stage.home.fails(5, &["secret", "move", "mainuser", "--to", "file"]);
    assert!(error.contains("in clear") && error.contains("hint: pass `--yes`"), "{error}");
    stage.home.ok(&["secret", "move", "mainuser", "--to", "file", "--yes"]);
    let text = profile(&stage.home);
    for line in
        [format!("aws_secret_access_key = {SECRET}"), format!("mfa_secret = {SEED}"), "secret_store = file".into()]
    {
        assert_eq!(text.matches(&line).count(), 1, "{text}");
    }
    assert!(!stage.home.exists(".aws/awstok/secrets/mainuser.age"));
    stage.ok(&["token", "prod", "--force"]);
}

#[test]
fn older_copies_lose_the_secrets_and_can_still_be_put_back() {
    let stage = clear_stage();
    // runs that change the file: their old copies hold the secrets
    stage.home.ok(&["secret", "move", "mainuser", "--to", "passphrase"]);
    stage.home.ok(&["secret", "move", "mainuser", "--to", "file", "--yes"]);
    stage.ok(&["token", "prod"]);
    assert!(clear_files(&stage.home).len() > 1, "the journal holds them");
    stage.home.write(".aws/aws-profiles/.mainuser.awstok-new", format!("torn {SECRET}"));
    stage.home.write(".aws/awstok/journal/.00000003.awstok-new", format!("torn {SECRET}"));
    stage.home.ok(&["secret", "move", "mainuser", "--to", "passphrase"]);
    assert_eq!(clear_files(&stage.home), [""; 0].map(PathBuf::from));
    let error = stage.home.fails(3, &["undo"]);
    assert!(error.contains("`secret move mainuser` isn't undone: the journal keeps no secrets"), "{error}");
    assert!(error.contains("`awstok secret move mainuser --to file` moves them back"), "{error}");
    // whichever place it was
    stage.home.ok(&["secret", "move", "mainuser", "--to", "file", "--yes"]);
    let error = stage.home.fails(3, &["undo"]);
    assert!(error.contains("`awstok secret move mainuser --to passphrase` moves them back"), "{error}");
    // the run before them: `token`
    stage.home.ok(&["undo", "--force"]);
    assert!(!stage.home.exists(".aws/credentials"));
}

#[test]
fn a_copy_of_another_file_loses_them_where_only_the_journal_knows_it() {
    let stage = clear_stage();
    let line = format!("[x]\naws_secret_access_key = {SECRET}\nregion = eu-west-1\n");
    stage.home.write(".aws/credentials", &line);
    stage.ok(&["token", "prod"]);
    let run = stage.home.run(&["secret", "move", "mainuser", "--to", "passphrase"]);
    assert_eq!(run.code, 0, "{run:#?}");
    assert!(run.err.contains(".aws/credentials` holds a secret of mainuser in clear"), "{run:#?}");
    assert_eq!(clear_files(&stage.home).len(), 2, "the file and the journal's copy of it");
    let text = stage.home.read(".aws/credentials").replace(SECRET, "gone");
    stage.home.write(".aws/credentials", text);
    stage.home.ok(&["secret", "move", "mainuser", "--to", "file", "--yes"]);
    stage.home.ok(&["secret", "move", "mainuser", "--to", "passphrase"]);
    assert_eq!(clear_files(&stage.home), [""; 0].map(PathBuf::from));
}

#[test]
fn all_moves_every_profile_and_asks_for_one_passphrase() {
    let stage = Stage::new();
    let mut terminal = stage.home.on_terminal(&["secret", "move", "--all", "--to", "passphrase", "--json"]);
    terminal.expect("new passphrase of the secrets of `bob`: ");
    terminal.send(&format!("{PASSPHRASE}\n"));
    terminal.expect("the same again: ");
    terminal.send(&format!("{PASSPHRASE}\n"));
    let (code, rest) = terminal.end();
    assert_eq!(code, 0, "{rest}");
    for name in ["bob", "ci", "mainuser", "plain"] {
        assert!(rest.contains(&format!("\"profile\": \"{name}\"")), "{rest}");
        assert!(unseal(&stage.home, name, Item::SecretAccessKey).is_some());
    }
    assert!(!rest.contains("\"prod\"") && !rest.contains("sesame"), "{rest}");
}

#[test]
fn what_cant_be_moved_is_refused_and_left() {
    let mut stage = clear_stage();
    let error = stage.home.fails(3, &["secret", "move", "prod", "--to", "passphrase"]);
    assert!(error.contains("the profile `prod` has no secrets to move"), "{error}");
    stage.home.fails(3, &["secret", "move", "nobody", "--to", "passphrase"]);
    stage.home.fails(2, &["secret", "move", "--to", "passphrase"]);
    stage.home.fails(2, &["secret", "move", "mainuser", "--to", "cloud"]);
    stage.home.fails(2, &["secret", "move", "mainuser", "--all", "--to", "file"]);
    stage.home.set("AWSTOK_PASSPHRASE", "");
    let error = stage.home.fails(5, &["secret", "move", "mainuser", "--to", "passphrase"]);
    assert!(error.contains("hint: set `AWSTOK_PASSPHRASE`"), "{error}");
    assert_eq!(profile(&stage.home), CLEAR);
    let mut terminal = stage.home.on_terminal(&["secret", "move", "mainuser", "--to", "file"]);
    terminal.expect("[y/N]");
    terminal.send("n\n");
    assert_eq!(terminal.end().0, 1);
    assert_eq!(profile(&stage.home), CLEAR);
}

#[test]
fn a_place_that_fails_is_out_of_it_again() {
    let mut stage = clear_stage();
    let mark = ".aws/awstok/secrets/mainuser.moving";
    stage.home.set("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus");
    if cfg!(target_os = "linux") {
        let error = stage.home.fails(1, &["secret", "move", "mainuser", "--to", "keyring"]);
        assert!(error.contains("there is no keyring that answers"), "{error}");
        assert!(!stage.home.exists(mark));
    }
    stage.home.set("AWSTOK_PASSPHRASE", "");
    stage.home.fails(5, &["secret", "move", "mainuser", "--to", "passphrase"]);
    assert!(!stage.home.exists(mark) && profile(&stage.home) == CLEAR);
    stage.home.set("AWSTOK_PASSPHRASE", PASSPHRASE);
    // the remedy that is named; whose, as for every command
    stage.home.set("AWSTOK_PROFILE", "mainuser");
    stage.home.ok(&["secret", "move", "--to", "passphrase"]);
    assert_eq!(clear_files(&stage.home), [""; 0].map(PathBuf::from));
}

#[test]
fn a_move_that_was_cut_off_is_finished_before_the_profile_goes_or_gets_another_name() {
    let stage = clear_stage();
    stage.home.ok(&["secret", "move", "mainuser", "--to", "passphrase"]);
    let mark = ".aws/awstok/secrets/mainuser.moving";
    stage.home.write(mark, r#"{"stores":["file","passphrase"]}"#);
    for args in [
        &["profile", "rename", "mainuser", "me"][..],
        &["profile", "copy", "mainuser", "me"],
        &["profile", "remove", "mainuser", "--yes", "--force"],
    ] {
        let error = stage.home.fails(3, args);
        assert!(error.contains("the secrets of `mainuser` are being moved"), "{error}");
        assert!(error.contains("hint: finish that first: `awstok secret move mainuser --to STORE`"), "{error}");
    }
    stage.home.ok(&["secret", "move", "mainuser", "--to", "passphrase"]);
    assert!(!stage.home.exists(mark));
    stage.home.ok(&["profile", "rename", "mainuser", "me"]);
}

/// Puts `.aws` back as it was.
#[cfg(target_os = "linux")]
pub fn restore(home: &Home, from: &Path) {
    fs::remove_dir_all(home.path(".aws")).unwrap();
    let copied = std::process::Command::new("cp").arg("-a").arg(from).arg(home.path(".aws")).status().unwrap();
    assert!(copied.success());
}

#[cfg(target_os = "linux")]
#[test]
fn a_kill_at_any_step_loses_nothing_and_the_same_command_finishes() {
    use crate::faults::trace::Strace;
    let stage = clear_stage();
    // a seed would double the work of each run
    let clear = CLEAR.replace(&format!("mfa_secret = {SEED}\r\n"), "");
    stage.home.write(".aws/aws-profiles/mainuser", &clear);
    let Some(strace) = Strace::of(&stage.home) else { return };
    let kept = tempfile::tempdir().unwrap();
    let copy = kept.path().join("aws");
    assert!(
        std::process::Command::new("cp").arg("-a").arg(stage.home.path(".aws")).arg(&copy).status().unwrap().success()
    );
    let args = ["secret", "move", "mainuser", "--to", "passphrase"];
    let calls = strace.calls(&args);
    let end = profile(&stage.home);
    let steps: Vec<_> =
        calls.iter().filter(|call| call.name.starts_with("rename") || call.name.starts_with("unlink")).collect();
    assert!(steps.len() >= 6, "{steps:#?}");
    for step in steps {
        restore(&stage.home, &copy);
        let run = strace.inject(step, "signal=KILL", &args);
        assert_eq!(run.code, -1, "not killed at {step:?}: {run:#?}");
        let now = profile(&stage.home);
        let in_file = now.contains(SECRET);
        let elsewhere = || unseal(&stage.home, "mainuser", Item::SecretAccessKey);
        assert!(now == clear || now == end, "after {}: {now}", step.line);
        assert!(in_file || elsewhere().as_deref() == Some(SECRET), "after {}", step.line);
        let run = stage.home.run(&args);
        assert_eq!(run.code, 0, "after {}: {run:#?}", step.line);
        assert_eq!(profile(&stage.home), end, "after {}", step.line);
        assert_eq!(clear_files(&stage.home), [""; 0].map(PathBuf::from), "after {}", step.line);
        let left: Vec<_> = files(&stage.home.path(".aws"))
            .into_iter()
            .filter(|file| file.to_str().unwrap().contains("awstok-new"))
            .collect();
        assert!(
            left.is_empty() && !stage.home.exists(".aws/awstok/secrets/mainuser.moving"),
            "after {}: {left:?}",
            step.line
        );
    }
}

#[test]
fn a_profile_that_cannot_be_read_is_not_passed_over() {
    let stage = clear_stage();
    stage.home.write(
        ".aws/aws-profiles/odd",
        format!("[odd]\naws_access_key_id = AKIAODD\naws_secret_access_key = {SECRET}\nguard = bogus\n"),
    );
    let error = stage.home.fails(1, &["secret", "move", "--all", "--to", "passphrase"]);
    assert!(error.contains("aws-profiles/odd:4"), "{error}");
    assert!(!profile(&stage.home).contains(SECRET));
}

#[test]
fn what_an_import_left_in_clear_is_named_and_the_journal_loses_it() {
    for clean in [false, true] {
        let mut home = Home::new();
        home.set("AWSTOK_PASSPHRASE", PASSPHRASE);
        home.write(".aws/credentials", format!("[y]\naws_access_key_id = AKIAY\naws_secret_access_key = {SECRET}\n"));
        let import = ["profile", "import", "y", "--store", "passphrase", "--yes"];
        home.ok(&[import.as_slice(), if clean { &["--clean"] } else { &[] }].concat());
        let run = home.run(&["secret", "move", "y", "--to", "passphrase"]);
        assert_eq!(run.code, 0, "{run:#?}");
        assert_eq!(run.err.contains("credentials` holds a secret of y in clear"), !clean, "{}", run.err);
        assert_eq!(clear_files(&home).len(), usize::from(!clean), "{clean}");
    }
}
