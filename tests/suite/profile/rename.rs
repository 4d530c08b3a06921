//! `rename` follows a name wherever it stands, and one that was killed is mended by the same command or by `undo`.

use super::{files, home, undone};
use crate::commands::Stage;
#[cfg(target_os = "linux")]
use crate::faults::trace::Strace;
use crate::home::Home;

const CREDENTIALS: &str = "# by hand\n[other]\nsource_profile=ann\n\n[ann] ; hers\naws_access_key_id = ASIAX\naws_secret_access_key = y\naws_session_token = z\nmine = stays\n\n[behind]\nkey = value";
const CONFIG: &str = "[default]\nregion = eu-north-1\n\n[profile foreign]\nsource_profile = ann\n";

/// A home in which `ann` is everywhere.
fn everywhere() -> Home {
    let home = home();
    home.write(".aws/awstok/settings", "# mine\n[defaults]\ndefault_profile = ann # usual\nmaster_profile=ann\n");
    home.write(".aws/credentials", CREDENTIALS);
    home.write(".aws/config", CONFIG);
    home.profile(
        "self",
        "role_arn = arn:aws:iam::1:role/x\nmaster_profile = ann\nauto_refresh = yes\nregion = eu-west-1\n",
    );
    home.profile("broken", "master_profile = ann\nregion = no where\n");
    home.run(&["sync"]);
    home
}

#[test]
fn the_name_changes_wherever_it_stands_and_nowhere_else() {
    let home = everywhere();
    let before = files(&home);
    undone(&home, &["profile", "rename", "ann", "bob"]);
    let said = home.run(&["profile", "rename", "ann", "bob"]);
    assert_eq!(
        (said.code, said.err.as_str()),
        (0, "`ann` is now `bob`, also as the master of `broken`, `prod`, `self`\n")
    );
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let mut after = files(&home);
    let mut check = |old: &str, new: &str, change: &dyn Fn(String) -> String| {
        assert_eq!(text(&after.remove(new).unwrap()), change(text(&before[old])), "{old}");
    };
    check(".aws/aws-profiles/ann", ".aws/aws-profiles/bob", &|text| text.replace("[ann]", "[bob]"));
    for name in ["prod", "self", "broken"] {
        let file = format!(".aws/aws-profiles/{name}");
        check(&file, &file, &|text| text.replace("_profile = ann", "_profile = bob"));
    }
    check(".aws/aws-profiles/audit", ".aws/aws-profiles/audit", &|text| text);
    check("settings", "settings", &|text| text.replace("= ann #", "= bob #").replace("=ann", "=bob"));
    check(".aws/credentials", ".aws/credentials", &|text| text.replace("[ann]", "[bob]"));
    check(".aws/config", ".aws/config", &|text| {
        text.replace("[profile ann]", "[profile bob]").replace("aws-profiles/ann;", "aws-profiles/bob;")
    });
    assert!(after.is_empty(), "{after:?}");
    home.ok(&["profile", "rename", "self", "me"]);
    assert!(home.read(".aws/config").contains("credential-process me\n"), "{}", home.read(".aws/config"));
}

#[test]
fn a_taken_name_is_refused_unless_forced() {
    let home = everywhere();
    let before = files(&home);
    for (to, what) in [
        ("prod", "there is a profile `prod` already"),
        ("other", "has a section of `other` already"),
        ("foreign", "has a section of `foreign` already"),
    ] {
        assert!(home.fails(2, &["profile", "rename", "ann", to]).contains(what), "{to}");
    }
    assert!(home.fails(3, &["profile", "rename", "an", "x"]).contains("did you mean `ann`?"));
    assert_eq!(files(&home), before);
    undone(&home, &["profile", "rename", "ann", "other", "--force"]);
    home.ok(&["profile", "rename", "ann", "other", "--force"]);
    let credentials = home.read(".aws/credentials");
    assert!(credentials.contains("[other]\nsource_profile=ann\naws_access_key_id=ASIAX\n"), "{credentials}");
    assert!(credentials.contains("[ann] ; hers\nmine = stays\n"), "{credentials}");
}

#[test]
fn sessions_follow_and_are_not_fetched_again() {
    let stage = Stage::new();
    stage.ok(&["token", "prod"]);
    stage.calls();
    stage.home.ok(&["profile", "rename", "mainuser", "ann"]);
    stage.home.ok(&["profile", "rename", "prod", "live"]);
    stage.home.ok(&["token", "ann", "live"]);
    assert_eq!(stage.calls(), [""; 0]);
    assert!(stage.home.read(".aws/credentials").contains("[live]\naws_access_key_id = ASIA"));
    assert!(!stage.home.read(".aws/credentials").contains("[prod]"));
    stage.home.ok(&["clear", "ann"]);
    assert!(stage.home.ok(&["status", "ann", "--json"]).contains("\"none\""), "clear knows the new name");
    stage.home.ok(&["undo"]);
    stage.home.ok(&["undo"]);
    stage.home.ok(&["clear", "live"]);
    assert!(stage.home.ok(&["status", "live", "--json"]).contains("\"none\""));
}

/// Killed at each call that changes a file: the same command finishes it, and so does `undo` take it back.
#[cfg(target_os = "linux")]
#[test]
fn a_killed_rename_is_mended_by_the_same_command_or_by_undo() {
    const RENAME: [&str; 4] = ["profile", "rename", "ann", "bob"];
    let home = everywhere();
    let Some(strace) = Strace::of(&home) else { return };
    let old = files(&home);
    let calls = strace.calls(&RENAME);
    let new = files(&home);
    let reset = || {
        home.ok(&["undo", "--force"]);
        assert_eq!(files(&home), old);
        // one run as before, whatever the journal held
        std::fs::remove_dir_all(home.path(".aws/awstok/journal")).unwrap();
    };
    reset();
    let renames = calls.iter().filter(|call| call.name.starts_with("rename") || call.name.starts_with("unlink"));
    let points: Vec<_> = renames.collect();
    assert!(points.len() >= 8, "{points:#?}");
    let mut mixed = 0;
    for call in points {
        let run = strace.inject(call, "signal=KILL", &RENAME);
        assert_eq!(run.code, -1, "{call:?}: {run:#?}");
        let state = files(&home);
        mixed += usize::from(state != old && state != new);
        home.ok(&RENAME);
        assert_eq!(files(&home), new, "finished after {}", call.line);
        reset();
        let run = strace.inject(call, "signal=KILL", &RENAME);
        assert_eq!(run.code, -1, "{call:?}: {run:#?}");
        home.ok(&["undo"]);
        assert_eq!(files(&home), old, "undone after {}", call.line);
        let _ = std::fs::remove_dir_all(home.path(".aws/awstok/journal"));
    }
    assert!(mixed >= 4, "states between old and new were seen");
}
