//! Names and values that would drive a terminal, leave their folder or make a section: refused, or shown harmlessly.

use super::Stage;

const NAMES: [&str; 16] = [
    "../x",
    "../../etc/passwd",
    "/etc/passwd",
    "a/b",
    "a\\b",
    "-x",
    "",
    ".",
    "..",
    ".x",
    "a b",
    "a\nb",
    "a]\n[default",
    "a\u{1b}[2J",
    "\u{202e}a",
    "a\u{9b}31m",
];

#[test]
fn names_from_the_command_line_are_refused() {
    let stage = Stage::new();
    let before = stage.files();
    for name in NAMES {
        for command in ["token", "env", "explain", "whoami", "credential-process", "status", "clear", "switchrole-url"]
        {
            let run = stage.home.run(&[command, "--no-input", "--", name]);
            assert!([2, 3].contains(&run.code), "{command} {name:?}: {run:#?}");
            assert_eq!(run.out, "", "{command} {name:?}");
            harmless(&run.err);
        }
    }
    assert_eq!((stage.calls(), stage.files()), (Vec::new(), before));
}

#[test]
fn names_from_files_and_variables_are_refused_as_well() {
    let stage = Stage::new();
    for name in ["../x", "-x", "a\u{1b}[2J", "\u{202e}a"] {
        let run = stage.home.command(["env", "--json"]).env("AWSTOK_PROFILE", name).output().unwrap();
        assert_eq!(run.status.code(), Some(3), "{name:?}");
        harmless(&String::from_utf8_lossy(&run.stderr));
        stage.home.profile("role", &format!("role_arn = arn:aws:iam::210987654321:role/x\nmaster_profile = {name}\n"));
        harmless(&stage.home.fails(3, &["token", "role"]));
        stage.home.write(".aws/awstok/settings", format!("[defaults]\ndefault_profile = {name}\n"));
        harmless(&stage.home.fails(3, &["env", "--json"]));
        std::fs::remove_file(stage.home.path(".aws/awstok/settings")).unwrap();
    }
    assert_eq!(stage.calls(), [""; 0]);
}

#[test]
fn foreign_sections_are_shown_harmlessly() {
    let stage = Stage::new();
    stage.home.write(".aws/credentials", "[a\u{1b}[2Jb]\nregion = \u{1b}]52;c;x\u{7}\n[\u{202e}evil]\nx = y\n");
    let out = stage.home.ok(&["list"]);
    harmless(&out);
    assert!(out.contains("a\\u{1b}[2Jb") && out.contains("\\u{202e}evil"), "{out}");
    let run = stage.home.run(&["token", "ci", "--dry-run"]);
    harmless(&run.out);
    harmless(&run.err);
    harmless(&stage.home.run(&["sync"]).err);
}

#[test]
fn values_of_profiles_are_shown_harmlessly() {
    let stage = Stage::new();
    stage.home.profile("odd", "session = none\naws_access_key_id = AKIA1\naws_secret_access_key = x\ndescription = \u{202e}reversed\u{200b}\n");
    harmless(&stage.home.ok(&["list"]));
    let switch = stage.home.ok(&["switchrole-url", "prod", "--display-name", "a\u{1b}[2J\nb"]);
    assert!(switch.ends_with("displayName=a%1B%5B2J%0Ab\n"), "{switch}");
    let run = stage.home.command(["explain", "prod"]).env("USER", "a\u{1b}[2J/../b").output().unwrap();
    harmless(&String::from_utf8_lossy(&run.stdout));
    let run = stage.home.run(&["token", "ci\u{1b}]0;title\u{7}"]);
    harmless(&run.err);
    harmless(&stage.home.fails(2, &["tok\u{1b}[2J"]));
    harmless(&stage.home.fails(2, &["env", "--shell", "\u{1b}[2J"]));
}

#[track_caller]
fn harmless(text: &str) {
    let bad = |c: char| {
        (c.is_control() && c != '\n' && c != '\t')
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    assert!(!text.contains(bad), "{text:?}");
}
