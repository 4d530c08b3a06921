//! Sessions that aren't kept in files: in the keyring, or nowhere beyond one run.

use std::process::Stdio;
use std::time::{Duration, Instant};

use super::keyrings::Desktop;
use super::moves::files;
use crate::commands::{ADMIN, DEVICE, SECRET, Stage};
use crate::home::Run;

/// The stage whose user and role keep their sessions so; `other` is a second role of the user.
fn stage(cache: &str) -> Stage {
    let stage = Stage::new();
    let keys = format!("aws_access_key_id = {}\naws_secret_access_key = {SECRET}\nmfa_id = {DEVICE}\n", super::KEY);
    stage.home.profile("mainuser", &format!("{keys}cache = {cache}\n"));
    for name in ["prod", "other"] {
        let session = format!("role_session_name = {name}-x\n");
        stage.home.profile(name, &format!("role_arn = {ADMIN}\nmaster_profile = mainuser\n{session}cache = {cache}\n"));
    }
    stage
}

/// What `credential-process` prints, and the token in it.
fn token(stage: &Stage) -> (String, String) {
    let text = stage.home.ok(&["credential-process", "prod"]);
    let said: serde_json::Value = serde_json::from_str(&text).unwrap();
    (text.clone(), said["SessionToken"].as_str().unwrap().to_owned())
}

#[test]
fn without_a_cache_one_run_still_asks_once_and_the_next_again() {
    let stage = stage("none");
    stage.ok(&["token", "prod", "other"]);
    let mut calls = stage.calls();
    calls.sort();
    assert_eq!(calls, ["AssumeRole", "AssumeRole", "GetSessionToken"]);
    assert!(files(&stage.home.path(".aws/awstok/cache")).is_empty());
    stage.ok(&["token", "prod"]);
    assert_eq!(stage.calls(), ["GetSessionToken", "AssumeRole"]);
    assert!(stage.home.ok(&["status", "prod", "--json"]).contains("\"none\""));
}

#[test]
fn the_keyring_keeps_sessions_and_no_file_does() {
    let mut stage = stage("keyring");
    let Some(desktop) = Desktop::start(&mut stage.home) else { return };
    stage.ok(&["env", "prod", "--shell", "bash"]);
    assert_eq!(stage.calls(), ["GetSessionToken", "AssumeRole"]);
    let (first, token) = token(&stage);
    assert_eq!(self::token(&stage).0, first);
    assert!(stage.calls().is_empty());
    for file in files(&stage.home.path(".aws")) {
        let text = String::from_utf8_lossy(&std::fs::read(&file).unwrap()).into_owned();
        assert!(!text.contains(&token), "{}", file.display());
    }
    assert!(stage.home.ok(&["status", "prod", "--json"]).contains("\"valid\""));
    // a keyring that is silent is an error in time, and no reason to keep a session elsewhere
    desktop.signal("-STOP");
    let start = Instant::now();
    let error = stage.home.fails(1, &["credential-process", "prod"]);
    assert!(start.elapsed() < Duration::from_secs(6) && error.contains("the keyring gave no answer"), "{error}");
    desktop.signal("-CONT");
    assert_eq!(self::token(&stage).0, first);
    stage.home.ok(&["clear", "prod"]);
    assert!(stage.calls().is_empty());
    stage.home.ok(&["env", "prod", "--shell", "bash"]);
    assert_eq!(stage.calls(), ["AssumeRole"]);
}

#[test]
fn ten_processes_make_one_call_for_a_session_in_the_keyring() {
    let mut stage = stage("keyring");
    let Some(_desktop) = Desktop::start(&mut stage.home) else { return };
    stage.ok(&["token", "mainuser"]);
    stage.calls();
    let start = || {
        let mut command = stage.home.command(["credential-process", "prod"]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let running: Vec<_> = (0..10).map(|_| start()).collect();
    let runs: Vec<Run> = running.into_iter().map(|child| Run::of(child.wait_with_output().unwrap())).collect();
    assert!(runs.iter().all(|run| run.code == 0 && run.out == runs[0].out), "{runs:#?}");
    assert_eq!(stage.calls(), ["AssumeRole"]);
}

/// The keys that signed the calls of these actions.
fn signers(stage: &Stage, action: &str) -> Vec<String> {
    stage.sandbox.calls_of(action).into_iter().filter_map(|call| call.access_key_id).collect()
}

#[test]
fn a_device_is_brought_in_step_with_the_session_wherever_that_is_kept() {
    for cache in ["file", "passphrase", "keyring", "none"] {
        let mut stage = stage(cache);
        let _desktop = if cache == "keyring" { Desktop::start(&mut stage.home) } else { None };
        if cache == "keyring" && _desktop.is_none() {
            continue;
        }
        let seed = "mfa_type = virtual\nmfa_secret = AWSTOK23AWSTOK23AWSTOK23AWSTOK23\n";
        let user = stage.home.read(".aws/aws-profiles/mainuser");
        stage.home.write(".aws/aws-profiles/mainuser", format!("{user}{seed}"));
        stage.home.set("AWSTOK_PASSPHRASE", super::PASSPHRASE);
        stage.ok(&["env", "mainuser", "--shell", "bash"]);
        stage.calls();
        // with codes that are wrong: what matters is who asks
        let args = ["mfa", "resync", "mainuser", "--code1", "000000", "--code2", "000001"];
        assert_eq!(stage.home.run(&args).code, 4);
        let with_session = |keys: &[String]| keys.len() == 1 && keys[0].starts_with("ASIA");
        assert_eq!(with_session(&signers(&stage, "GetUser")), cache != "none", "{cache}");
        assert_eq!(with_session(&signers(&stage, "ResyncMFADevice")), cache != "none", "{cache}");
        assert_eq!(stage.calls(), ["GetUser", "ResyncMFADevice"], "{cache}");
        if cache == "passphrase" {
            // it isn't asked for: the user's own key does as well
            stage.home.set("AWSTOK_PASSPHRASE", "");
            let args = ["mfa", "resync", "mainuser", "--code1", "000002", "--code2", "000003"];
            assert_eq!(stage.home.run(&args).code, 4);
            assert_eq!(signers(&stage, "ResyncMFADevice").last().map(String::as_str), Some(super::KEY));
        }
    }
}
