//! `credential_process`: another program as the source, run without a shell, read strictly.

use std::time::{Duration, Instant};

use super::{add_roles, asked, home, json, who};
use crate::home::Home;
use crate::sandbox::{KEY, SECRET, start};

const GOOD: &str = r#"{"Version":1,"AccessKeyId":"ASIAIOSFODNN7EXAMPLE","SecretAccessKey":"secret-canary","SessionToken":"token-canary","Expiration":"2999-01-01T00:00:00Z","AccountId":"123456789012"}"#;

/// A home whose profile `p` runs a script, which counts its runs.
fn running(script: &str) -> Home {
    let home = Home::new();
    rewrite(&home, script);
    home.profile("p", &format!("credential_process = /bin/sh {}\n", home.path("script").display()));
    home
}

fn rewrite(home: &Home, script: &str) {
    home.write("script", format!("echo run >> '{}'\n{script}\n", home.path("runs").display()));
}

fn runs(home: &Home) -> usize {
    if home.exists("runs") { home.read("runs").lines().count() } else { 0 }
}

fn printing(json: &str) -> String {
    format!("cat <<'END'\n{json}\nEND")
}

#[test]
fn what_a_program_prints_is_kept_until_its_end() {
    let home = running(&printing(GOOD));
    let printed = json(&home.ok(&["credential-process", "p"]));
    assert_eq!(
        (printed["SessionToken"].as_str(), printed["AccountId"].as_str()),
        (Some("token-canary"), Some("123456789012"))
    );
    assert_eq!(json(&home.ok(&["env", "p", "--json"]))["AWS_CREDENTIAL_EXPIRATION"], "2999-01-01T00:00:00Z");
    home.ok(&["token", "p"]);
    assert!(home.read(".aws/credentials").contains("aws_secret_access_key = secret-canary\n"));
    assert!(!home.read(".aws/config").contains("credential_process ="));
    assert_eq!(runs(&home), 1);
    home.ok(&["token", "p", "--force"]);
    assert_eq!(runs(&home), 2);
    let explained = home.ok(&["explain", "p"]);
    assert!(explained.starts_with("p\n  1. credential_process /bin/sh of profile `p`  [cached, "), "{explained}");
    rewrite(&home, "exit 1");
    let run = home.run(&["token", "p", "--min", "99d"]);
    assert_eq!(run.code, 0, "{run:#?}");
}

#[test]
fn what_has_no_end_is_asked_for_each_time_and_never_kept() {
    let home = running(&printing(r#"{"Version":1,"AccessKeyId":"foo","SecretAccessKey":"bar"}"#));
    for _ in 0..2 {
        let printed = json(&home.ok(&["credential-process", "p"]));
        assert_eq!(printed, serde_json::json!({"Version":1,"AccessKeyId":"foo","SecretAccessKey":"bar"}));
    }
    assert_eq!(runs(&home), 2);
    assert_eq!(std::fs::read_dir(home.path(".aws/awstok/cache")).map_or(0, Iterator::count), 0);
    let run = home.run(&["token", "p"]);
    assert!(run.code == 0 && run.err.contains("no end"), "{run:#?}");
    assert_eq!(home.read(".aws/credentials"), "[p]\naws_access_key_id = foo\naws_secret_access_key = bar\n");
}

#[test]
fn words_are_split_without_a_shell() {
    let mut home = running("");
    home.write("a b/script", format!("printf '%s|' \"$@\" > '{}'\n{}", home.path("words").display(), printing(GOOD)));
    home.set("AWSTOK_MFA_CODE", "123456");
    home.set("OTHER", "stays");
    let script = home.path("a b/script");
    home.profile("p", &format!("credential_process = sh \"{}\" '1 2' \"q\\\"\" $HOME ~ *;x\n", script.display()));
    home.ok(&["token", "p"]);
    assert_eq!(home.read("words"), "1 2|q\"|$HOME|~|*;x|");
    home.write("a b/script", format!("env > '{}'\n{}", home.path("words").display(), printing(GOOD)));
    home.ok(&["token", "p", "--force"]);
    let environment = home.read("words");
    assert!(
        environment.contains("OTHER=stays\n") && environment.contains("AWSTOK_PROFILE_CHAIN=/p\n"),
        "{environment}"
    );
    assert!(!environment.contains("AWSTOK_MFA_CODE"), "{environment}");
}

#[test]
fn roles_stand_behind_a_program() {
    let sandbox = start();
    let home = home(&sandbox);
    let keys = format!(r#"{{"Version":1,"AccessKeyId":"{KEY}","SecretAccessKey":"{SECRET}"}}"#);
    home.write("script", printing(&keys));
    home.profile("p", &format!("credential_process = sh {}\n", home.path("script").display()));
    add_roles(&home, &sandbox, "arn:aws:iam::012345678901:user/ann", "master_profile = p");
    assert_eq!(who(&home, "further"), "arn:aws:sts::333344445555:assumed-role/further/ann");
    asked(&sandbox);
    std::fs::remove_file(home.path("script")).unwrap();
    home.ok(&["token", "role"]);
    assert!(asked(&sandbox).is_empty());
}

#[test]
fn many_at_once_run_it_once() {
    let home = running(&format!("sleep 0.3\n{}", printing(GOOD)));
    let children: Vec<_> = (0..16).map(|_| home.command(["credential-process", "p"]).spawn().unwrap()).collect();
    assert!(children.into_iter().all(|mut child| child.wait().unwrap().success()));
    assert_eq!(runs(&home), 1);
}

#[test]
fn every_failure_is_told() {
    let with = |json: &str| printing(&GOOD.replace("{\"Version\":1,", json));
    let of = |key: &str, value: &str| {
        let mut object = json(GOOD);
        object[key] = json(value);
        printing(&object.to_string())
    };
    let cases = [
        (
            "echo 'ask \u{1b}[2J your\u{202e} admin' >&2; exit 3".to_owned(),
            6,
            "it ended with exit code 3: ask \\u{1b}[2J your\\u{202e} admin",
        ),
        ("exit 1".into(), 6, "exit code 1, without a word"),
        ("kill -9 $$".into(), 6, "it was ended by signal 9"),
        (":".into(), 6, "what it prints can't be used: it is empty"),
        ("echo secret-canary".into(), 6, "it is no JSON (line 1, column 1)"),
        (format!("{}\necho more", printing(GOOD)), 6, "it is no JSON (line 2"),
        (with("{\"Version\":100,"), 6, "its `Version` is 100, and it has to be 1"),
        (with("{"), 6, "it has no `Version`"),
        (with("{\"Version\":\"1\","), 6, "its `Version` is no number"),
        (with("{\"Version\":1.0,"), 6, "its `Version` is 1.0"),
        (of("AccessKeyId", "null"), 6, "`AccessKeyId` is missing"),
        (of("SecretAccessKey", "null"), 6, "`SecretAccessKey` is missing"),
        (of("SecretAccessKey", "12345678"), 6, "a value of the wrong type"),
        (of("SessionToken", "\"x\\n[default]\""), 6, "characters that AWS never uses"),
        (of("AccountId", "\"x\""), 6, "characters that AWS never uses"),
        (of("Expiration", "\"2020-01-01T00:00:00+00:00\""), 6, "expired already"),
        (of("Expiration", "\"later\""), 6, "no instant"),
        ("yes".into(), 6, "it printed more than any credentials take"),
    ];
    for (script, code, words) in cases {
        let home = running(&script);
        let began = Instant::now();
        let said = home.fails(code, &["token", "p"]);
        assert!(began.elapsed() < Duration::from_secs(20), "{script}");
        assert!(said.contains(words) && !said.contains("canary"), "{script}: {said}");
        assert!(said.starts_with("error: no credentials for profile `p`\n"), "{said}");
        assert!(!home.exists(".aws/credentials") && !home.exists(".aws/awstok/cache"), "{script}");
    }
}

#[test]
fn a_program_that_cant_be_started_is_named() {
    let home = Home::new();
    home.write("plain", "x");
    for (command, words) in [
        ("/nonexistent/tool x".to_owned(), "hint: write its absolute path; no shell is there"),
        ("~/tool".into(), "`~/tool` (`credential_process`) can't be started"),
        (home.path("plain").display().to_string(), "hint: make it executable"),
        ("x 'y".into(), "`credential_process` has a quote that isn't closed"),
    ] {
        home.profile("p", &format!("credential_process = {command}\n"));
        let said = home.fails(3, &["token", "p"]);
        assert!(said.contains(words), "{said}");
    }
}
