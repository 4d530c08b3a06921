//! What can't be right is refused before anything is written, in words that don't repeat a secret.

use super::{SECRET, files, home, with_stdin};

#[test]
fn hostile_names_are_exit_2() {
    let home = home();
    let before = files(&home);
    for name in [
        "",
        ".x",
        "..",
        "-x",
        "a/b",
        "../x",
        "/etc/x",
        "a\\b",
        "[a",
        "a]",
        "a b",
        "a\tb",
        "a\nb",
        "a\u{1b}[2J",
        "a#b",
        "DEFAULT",
        "x.bak",
        "\u{202e}a",
    ] {
        for args in [
            &["profile", "add", "--kind", "config", "--", name][..],
            &["profile", "rename", "--", "prod", name],
            &["profile", "rename", "--", name, "y"],
            &["profile", "copy", "--", "prod", name],
            &["profile", "edit", "--region", "eu-west-1", "--", name],
            &["profile", "show", "--", name],
            &["profile", "remove", "--yes", "--", name],
        ] {
            let said = home.fails(2, args);
            assert!(said.starts_with("error: ") && !said.contains(['\u{1b}', '\u{202e}']), "{args:?}: {said}");
        }
    }
    assert_eq!(files(&home), before);
    assert!(!home.exists(".aws/awstok/journal"));
}

#[test]
fn hostile_values_are_exit_2_and_write_nothing() {
    let home = home();
    let before = files(&home);
    for value in
        ["a\nregion = x", "a\rb", "a #b", "a ;b", "a\u{1b}[2J", "a\0b".trim_end_matches('\0'), "a\u{2028}b", "a\u{85}b"]
    {
        if value.contains('\0') {
            continue; // no argument can hold it
        }
        for args in [
            &["profile", "add", "x", "--kind", "config", "--description", value][..],
            &["profile", "edit", "prod", "--description", value],
            &["profile", "copy", "prod", "x", "--description", value],
        ] {
            let said = home.fails(2, args);
            assert!(said.contains("`description`") && !said.contains('\u{1b}'), "{args:?}: {said}");
        }
    }
    for args in [
        &["profile", "add", "x", "--kind", "config", "--region", "x.evil.com/#"][..],
        &["profile", "add", "x", "--role-arn", "admin", "--master-profile", "ann"],
        &[
            "profile",
            "add",
            "x",
            "--kind",
            "config",
            "--role-arn",
            super::ADMIN,
            "--master-profile",
            "ann",
            "--access-key-id",
            "A",
        ],
        &["profile", "add", "x", "--kind", "config", "--set", "in valid=1"],
        &["profile", "add", "x", "--kind", "config", "--set", "novalue"],
        &["profile", "add", "x", "--kind", "config", "--set", "=1"],
        &["profile", "add", "x", "--kind", "config", "--region", "eu-west-1", "--set", "REGION=eu-west-2"],
        &["profile", "add", "x", "--kind", "nonsense"],
        &["profile", "add", "prod", "--kind", "config"],
        &["profile", "edit", "prod", "--duration", "13h"],
        &["profile", "edit", "prod", "--master-profile", "audit"],
        &["profile", "edit", "prod", "--master-profile", "prod"],
        &["profile", "edit", "prod", "--region", "eu-west-1", "--unset", "region"],
        &["profile", "edit", "ann", "--unset", "aws_secret_access_key"],
        &["profile", "rename", "prod", "prod"],
        &["profile", "rename", "prod", "ann"],
    ] {
        home.fails(2, args);
    }
    assert_eq!(files(&home), before);
}

#[test]
fn secrets_are_no_arguments() {
    let home = home();
    for pair in [
        "aws_secret_access_key",
        "AWS_SESSION_TOKEN",
        "mfa_secret",
        "aws_security_token",
        "my_password",
        "aws_secret_acces_key",
    ] {
        let said = home.fails(2, &["profile", "edit", "ann", "--set", &format!("{pair}={SECRET}")]);
        assert!(said.contains("--secret-stdin") && !said.contains("wJalr"), "{said}");
    }
    for flag in ["--secret-access-key", "--mfa-secret", "--session-token"] {
        for args in [&[flag, SECRET][..], &[&format!("{flag}={SECRET}")]] {
            let said = home.fails(2, &[&["profile", "edit", "ann"], args].concat());
            assert!(!said.contains("wJalr"), "{said}");
        }
    }
    for text in ["", "\n \n"] {
        let run = with_stdin(&home, &["profile", "edit", "ann", "--secret-stdin"], text);
        assert_eq!((run.code, run.err.contains("standard input holds no secret")), (2, true), "{}", run.err);
    }
    let broken = with_stdin(&home, &["profile", "edit", "ann", "--secret-stdin"], "one\ntwo-wJalr");
    assert_eq!((broken.code, broken.err.contains("wJalr")), (2, false), "{}", broken.err);
}

#[test]
fn a_missing_answer_is_exit_5_and_names_the_flag() {
    let mut home = home();
    let before = files(&home);
    for no_input in [true, false] {
        home.set("AWSTOK_NO_INPUT", if no_input { "1" } else { "0" });
        for (args, flags) in [
            (&["add"][..], &["NAME"][..]),
            (&["add", "x"], &["--kind"]),
            (&["add", "x", "--region", "eu-west-1"], &["--kind"]),
            (&["add", "x", "--kind", "user"], &["--access-key-id", "--secret-stdin"]),
            (&["add", "x", "--access-key-id", "AKIAX"], &["--secret-stdin"]),
            (&["add", "x", "--kind", "role"], &["--role-arn", "--master-profile"]),
            (&["add", "x", "--sso-start-url", "https://x.y"], &["--sso-region", "--sso-account-id", "--sso-role-name"]),
            (&["add", "x", "--kind", "process"], &["--credential-process"]),
            (&["remove", "audit"], &["--yes"]),
            (&["import"], &["--all"]),
            (&["edit", "prod"], &["--set", "--unset"]),
        ] {
            let args = [&["profile"], args].concat();
            // without a terminal of its own
            let run = crate::home::Run::of(detached(&home, &args).output().unwrap());
            assert_eq!(run.code, 5, "{args:?}: {run:#?}");
            for flag in flags {
                assert!(run.err.contains(flag), "{args:?}: {}", run.err);
            }
        }
    }
    assert_eq!(files(&home), before);
}

/// A run without a controlling terminal, whoever runs the tests.
fn detached(home: &crate::home::Home, args: &[&str]) -> std::process::Command {
    let mut command = match cfg!(target_os = "linux") {
        true => home.other("setsid"),
        false => return home.command(args),
    };
    command.arg("-w").arg(crate::home::AWSTOK).args(args);
    command
}
