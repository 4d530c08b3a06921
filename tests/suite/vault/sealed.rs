//! Sessions under a passphrase: sealed without it, opened with it once a run, and never asked for by what only looks.

use std::process::Stdio;

use super::PASSPHRASE;
use super::moves::files;
use crate::commands::{DEVICE, Stage, json};
use crate::home::Run;
use crate::tools::tool;

const KEY: &str = ".aws/awstok/session-key.json";
const QUESTION: &str = "passphrase of the cached sessions: ";

/// The usual profiles, whose sessions are all kept under a passphrase.
fn stage() -> Stage {
    let stage = Stage::new();
    stage.home.write(".aws/awstok/settings", "[defaults]\ncache = passphrase\n");
    stage
}

/// The same, by someone who set the passphrase; `prod` is cached.
fn cached() -> Stage {
    let mut stage = stage();
    stage.home.set("AWSTOK_PASSPHRASE", PASSPHRASE);
    stage.ok(&["token", "prod"]);
    assert_eq!(stage.calls(), ["GetSessionToken", "AssumeRole"]);
    stage
}

/// The entries of the cache that hold something sealed.
fn sealed(stage: &Stage) -> Vec<std::path::PathBuf> {
    let mut all = files(&stage.home.path(".aws/awstok/cache"));
    all.retain(|file| json(&std::fs::read_to_string(file).unwrap())["sealed"].is_string());
    all
}

#[test]
fn what_looks_sees_when_sessions_end_and_asks_nobody() {
    let mut stage = cached();
    let handed = stage.home.ok(&["credential-process", "prod"]);
    assert!(stage.calls().is_empty());
    let said = json(&handed);
    let secrets = ["SecretAccessKey", "SessionToken"].map(|name| said[name].as_str().unwrap().to_owned());
    assert_eq!(sealed(&stage).len(), 2);
    for file in files(&stage.home.path(".aws/awstok")) {
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(secrets.iter().all(|secret| !text.contains(secret)), "{}", file.display());
        assert!(!text.contains("AGE-SECRET-KEY-"), "{}", file.display());
    }
    // from here on nobody could open anything
    stage.home.set("AWSTOK_PASSPHRASE", "");
    let status = json(&stage.home.ok(&["status", "prod", "--json"]));
    assert_eq!((&status[0]["status"], &status[0]["expiration"]), (&"valid".into(), &said["Expiration"]));
    assert_eq!(status[0]["account_id"], "210987654321");
    assert!(status[0]["arn"].as_str().unwrap().starts_with("arn:aws:sts::210987654321:assumed-role/Admin/"));
    assert!(stage.home.ok(&["explain", "prod"]).contains("[cached, "));
    for args in [&["list"][..], &["status"], &["token", "prod", "--dry-run"], &["sync"]] {
        stage.home.ok(args);
    }
    assert!(stage.calls().is_empty());
    for args in [&["env", "prod", "--shell", "bash"][..], &["credential-process", "prod"], &["token", "prod"]] {
        let error = stage.home.fails(5, args);
        assert!(error.contains("the cached sessions are under a passphrase, and nobody can be asked"), "{error}");
        assert!(error.contains("hint: set `AWSTOK_PASSPHRASE`"), "{error}");
    }
    stage.home.set("AWSTOK_PASSPHRASE", "wrong-canary");
    let error = stage.home.fails(5, &["env", "prod", "--shell", "bash"]);
    assert!(error.contains("`AWSTOK_PASSPHRASE` isn't the passphrase of the cached sessions"), "{error}");
    assert!(!error.contains("canary") && stage.calls().is_empty(), "{error}");
}

#[test]
fn a_session_is_kept_without_the_passphrase_once_there_is_a_key() {
    let mut stage = stage();
    // no key yet, and nobody to choose a passphrase: that is said before anything is spent
    let error = stage.home.fails(5, &["token", "plain"]);
    assert!(error.contains("the cached sessions are under a passphrase, and nobody can be asked"), "{error}");
    assert!(stage.calls().is_empty() && !stage.home.exists(KEY));
    stage.home.set("AWSTOK_PASSPHRASE", PASSPHRASE);
    stage.home.ok(&["token", "plain"]);
    stage.home.set("AWSTOK_PASSPHRASE", "");
    stage.home.ok(&["token", "plain", "--force"]);
    assert_eq!(stage.calls(), ["GetSessionToken", "GetSessionToken"]);
    // what came without the passphrase opens with it
    let kept = stage.home.read(".aws/credentials");
    stage.home.set("AWSTOK_PASSPHRASE", PASSPHRASE);
    let token = json(&stage.home.ok(&["credential-process", "plain"]))["SessionToken"].as_str().unwrap().to_owned();
    assert!(kept.contains(&token) && stage.calls().is_empty());
}

#[test]
fn a_person_types_it_once_a_run() {
    let stage = stage();
    let mut terminal = stage.home.on_terminal(&["token", "prod", "plain"]);
    terminal.expect(&format!("new {QUESTION}"));
    terminal.send(&format!("{PASSPHRASE}\n"));
    terminal.expect("the same again: ");
    terminal.send(&format!("{PASSPHRASE}\n"));
    terminal.expect("for profile `");
    terminal.send(&format!("{}\n", stage.code()));
    let (code, rest) = terminal.end();
    assert!(code == 0 && !rest.contains(QUESTION) && !rest.contains("sesame"), "{rest}");
    stage.calls();
    // a slip is forgiven, and one answer opens all
    let mut terminal = stage.home.on_terminal(&["token", "prod", "plain", "mainuser"]);
    terminal.expect(QUESTION);
    terminal.send("a slip\n");
    terminal.expect("that passphrase is wrong; try again");
    terminal.expect(QUESTION);
    terminal.send(&format!("{PASSPHRASE}\n"));
    let (code, rest) = terminal.end();
    assert!(code == 0 && !rest.contains(QUESTION), "{rest}");
    assert_eq!(rest.matches("reused").count(), 3, "{rest}");
    assert!(stage.calls().is_empty());
}

#[test]
fn what_cant_be_opened_is_got_anew_and_a_key_that_cant_be_used_is_said() {
    let mut stage = cached();
    for file in sealed(&stage) {
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, text.replace("\\n", "\\nAAAA")).unwrap();
    }
    stage.ok(&["token", "prod"]);
    assert_eq!(stage.calls(), ["GetSessionToken", "AssumeRole"]);
    let good = stage.home.read(KEY);
    let other = good.replacen("\"recipient\":\"age1", "\"recipient\":\"age1q", 1);
    for text in ["junk", "", "{}", &other, &good.replace("BEGIN AGE", "BEGIN")] {
        stage.home.write(KEY, text);
        let error = stage.home.fails(3, &["env", "prod", "--shell", "bash"]);
        assert!(error.contains("the key of the cached sessions can't be used"), "{text}: {error}");
        assert!(error.contains("hint: `awstok clear --all` forgets it"), "{error}");
        stage.home.ok(&["status"]);
    }
    // a forgotten passphrase costs a code and nothing else
    stage.home.set("AWSTOK_PASSPHRASE", "");
    stage.home.ok(&["clear", "--all"]);
    assert!(!stage.home.exists(KEY) && sealed(&stage).is_empty());
    stage.home.set("AWSTOK_PASSPHRASE", "another one");
    stage.home.ok(&["token", "plain"]);
    stage.home.ok(&["credential-process", "plain"]);
    // so do sessions that were sealed for a key that is gone
    std::fs::remove_file(stage.home.path(KEY)).unwrap();
    stage.calls();
    stage.home.ok(&["token", "plain"]);
    assert_eq!(stage.calls(), ["GetSessionToken"]);
}

#[test]
fn processes_that_start_at_once_make_one_key_and_one_call() {
    let mut stage = stage();
    stage.home.set("AWSTOK_PASSPHRASE", PASSPHRASE);
    let start = || {
        let mut command = stage.home.command(["credential-process", "plain"]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let running: Vec<_> = (0..3).map(|_| start()).collect();
    let runs: Vec<Run> = running.into_iter().map(|child| Run::of(child.wait_with_output().unwrap())).collect();
    assert!(runs.iter().all(|run| run.code == 0 && run.out == runs[0].out), "{runs:#?}");
    assert_eq!(stage.calls(), ["GetSessionToken"]);
}

#[test]
fn clearing_and_renaming_need_no_passphrase() {
    let mut stage = cached();
    stage.home.set("AWSTOK_PASSPHRASE", "");
    stage.home.ok(&["profile", "rename", "prod", "live"]);
    assert!(stage.home.ok(&["status", "live", "--json"]).contains("\"valid\""));
    stage.home.ok(&["clear", "live"]);
    assert!(stage.home.ok(&["status", "live", "--json"]).contains("\"none\""));
    assert_eq!(sealed(&stage).len(), 1);
    assert!(stage.home.exists(KEY), "others are under it");
}

#[test]
fn the_age_program_opens_the_key_and_a_session_with_it() {
    let Some(age) = tool("age") else { return };
    let stage = cached();
    let token = json(&stage.home.ok(&["credential-process", "prod"]))["SessionToken"].as_str().unwrap().to_owned();
    stage.home.write("key.age", json(&stage.home.read(KEY))["identity"].as_str().unwrap());
    let age = age.to_str().unwrap();
    let opened: Vec<bool> = sealed(&stage)
        .iter()
        .map(|file| {
            let entry = json(&std::fs::read_to_string(file).unwrap());
            stage.home.write("session.age", entry["sealed"].as_str().unwrap());
            let mut terminal = stage.home.other_on_terminal(age, &["-d", "-i", "key.age", "session.age"]);
            terminal.expect("Enter passphrase");
            terminal.send(&format!("{PASSPHRASE}\n"));
            let (code, text) = terminal.transcript();
            assert_eq!(code, 0, "{text}");
            text.contains(&token)
        })
        .collect();
    assert_eq!(opened.iter().filter(|opened| **opened).count(), 1, "{opened:?} of {DEVICE}");
}
