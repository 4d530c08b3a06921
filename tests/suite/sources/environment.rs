//! `credential_source = Environment`: what the variables hold, never kept.

use super::{add_roles, asked, home, json, who};
use crate::home::Home;
use crate::sandbox::{ACCOUNT, KEY, SECRET, start};

const ANN: &str = "arn:aws:iam::012345678901:user/ann";

fn set(home: &mut Home, end: &str) {
    home.set("AWS_ACCESS_KEY_ID", "ASIAIOSFODNN7EXAMPLE");
    home.set("AWS_SECRET_ACCESS_KEY", "secret-canary");
    home.set("AWS_SESSION_TOKEN", "token-canary");
    home.set("AWS_CREDENTIAL_EXPIRATION", end);
    home.profile("env", "credential_source = Environment\n");
}

#[test]
fn what_the_variables_hold_is_handed_on_and_never_kept() {
    let sandbox = start();
    let mut home = home(&sandbox);
    set(&mut home, "2099-01-01T00:00:00Z");
    let printed = json(&home.ok(&["credential-process", "env"]));
    assert_eq!(printed["SessionToken"], "token-canary");
    assert_eq!(printed["Expiration"], "2099-01-01T00:00:00Z");
    let status = json(&home.ok(&["status", "env", "--json"]))[0].clone();
    assert_eq!(
        (status["status"].as_str(), status["expiration"].as_str()),
        (Some("valid"), Some("2099-01-01T00:00:00Z"))
    );
    let run = home.run(&["token", "env"]);
    assert!(run.code == 0 && run.err.contains("environment"), "{run:#?}");
    assert!(home.read(".aws/credentials").contains("aws_session_token = token-canary"));
    assert!(!home.exists(".aws/awstok/cache"));
    assert!(home.ok(&["explain", "env"]).starts_with("env\n  1. the environment's credentials of profile `env`\n"));
    home.set("AWS_CREDENTIAL_EXPIRATION", "");
    assert!(json(&home.ok(&["credential-process", "env"])).get("Expiration").is_none());
    assert_eq!(home.run(&["status", "env", "--min", "1h"]).code, 0, "nobody knows its end");
}

#[test]
fn roles_behind_it_belong_to_the_key() {
    let sandbox = start();
    let mut home = home(&sandbox);
    home.profile("env", "credential_source = Environment\n");
    home.set("AWS_ACCESS_KEY_ID", KEY);
    home.set("AWS_SECRET_ACCESS_KEY", SECRET);
    add_roles(&home, &sandbox, ANN, "master_profile = env");
    assert_eq!(who(&home, "further"), "arn:aws:sts::333344445555:assumed-role/further/ann");
    asked(&sandbox);
    home.ok(&["token", "further"]);
    assert!(asked(&sandbox).is_empty(), "the roles' sessions are kept");
    assert!(who(&home, "env").starts_with(&format!("arn:aws:iam::{ACCOUNT}")));
    assert_eq!(json(&home.ok(&["status", "env", "--json"]))[0]["status"], "long-term");
    // a role of more than an hour may be had of a user's keys: AWS decides
    let said = home.fails(4, &["token", "role", "--duration", "2h"]);
    assert!(said.contains("ValidationError"), "{said}");
    home.set("AWS_ACCESS_KEY_ID", "AKIAUNKNOWNUNKNOWN00");
    asked(&sandbox);
    home.fails(4, &["token", "role"]);
    assert_eq!(asked(&sandbox), ["AssumeRole"], "another key has other sessions");
}

#[test]
fn what_cant_be_used_is_told() {
    let sandbox = start();
    let mut home = home(&sandbox);
    home.profile("env", "credential_source = Environment\n");
    let said = home.fails(3, &["token", "env"]);
    assert!(said.contains("takes its credentials from the environment, and there are none"), "{said}");
    assert_eq!(json(&home.ok(&["status", "env", "--json"]))[0]["status"], "none");
    set(&mut home, "2020-01-01T00:00:00Z");
    assert!(home.fails(4, &["token", "env"]).contains("expired already"));
    set(&mut home, "whenever");
    assert!(home.fails(3, &["token", "env"]).contains("no instant"));
    set(&mut home, "2099-01-01T00:00:00Z");
    home.set("AWS_SESSION_TOKEN", "a\n[b]-canary");
    let said = home.fails(3, &["token", "env"]);
    assert!(said.contains("characters that AWS never uses") && !said.contains("canary"), "{said}");
}
