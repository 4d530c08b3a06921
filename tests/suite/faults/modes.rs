//! Modes never widen, owners stay, what is ours is private, nothing is written without need, and what is written lasts.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use super::trace::{Call, Strace};
use super::{OLD, Stage, all_below, is_root, mode, run, set_mode};
use crate::home::AWSTOK;

/// What a file was, down to the time of its last change of any kind.
fn identity(path: &Path) -> [i64; 5] {
    let found = fs::metadata(path).unwrap();
    [i64::try_from(found.ino()).unwrap(), found.mtime(), found.mtime_nsec(), found.ctime(), found.ctime_nsec()]
}

/// The credentials file keeps what its owner may do and never more; the config file keeps its mode.
#[test]
fn modes_stay_whatever_the_umask() {
    let stage = Stage::outdated();
    for umask in ["000", "022", "077"] {
        for before in [0o644, 0o640, 0o660, 0o600, 0o400] {
            stage.outdate();
            let (credentials, config) = (stage.home.path(".aws/credentials"), stage.home.path(".aws/config"));
            set_mode(&credentials, before);
            set_mode(&config, before);
            let script = format!("umask {umask}; exec \"$0\" \"$@\"");
            let ended = run(&stage.home, "sh", &["-c", &script, AWSTOK, "token", "role"]);
            assert_eq!(ended.code, 0, "{ended:#?}");
            assert_ne!(stage.texts()[0], OLD[0]);
            assert_eq!([mode(&credentials), mode(&config)], [before & 0o600, before], "{before:o} with umask {umask}");
        }
    }
}

/// Everything that awstok makes in an empty home is private, whatever the umask.
#[test]
fn new_files_are_0600_and_new_folders_0700_whatever_the_umask() {
    for umask in ["000", "022", "077"] {
        let stage = Stage::new();
        let script = format!("umask {umask}; exec \"$0\" \"$@\"");
        let code = stage.code();
        let ended = run(&stage.home, "sh", &["-c", &script, AWSTOK, "token", "prod", "user", "--mfa-code", &code]);
        assert_eq!(ended.code, 0, "{ended:#?}");
        for path in all_below(&stage.home.path(".aws")) {
            let expected = if path.is_dir() { 0o700 } else { 0o600 };
            assert_eq!(mode(&path), expected, "{} with umask {umask}", path.display());
        }
    }
}

/// No file is readable for others for even an instant: modes are given where files are made.
#[test]
fn files_are_private_from_their_first_byte() {
    let stage = Stage::new();
    let Some(strace) = Strace::of(&stage.home) else { return };
    let code = stage.code();
    let calls = strace.calls(&["token", "prod", "--mfa-code", &code]);
    let made: Vec<&Call> = calls.iter().filter(|call| call.changes() && call.name == "openat").collect();
    assert!(made.len() > 8, "{made:#?}");
    for call in made {
        assert!(call.line.contains(", 0600) = "), "{}", call.line);
    }
    let folders: Vec<&Call> = calls.iter().filter(|call| call.name.starts_with("mkdir")).collect();
    assert!(folders.len() > 3, "{folders:#?}");
    for call in folders {
        assert!(call.line.contains(", 0700) = "), "{}", call.line);
    }
}

#[test]
fn the_owner_of_another_persons_file_stays() {
    if !is_root() {
        crate::tools::say_skipped("only root can change owners");
        return;
    }
    let stage = Stage::outdated();
    for name in ["credentials", "config"] {
        std::os::unix::fs::chown(stage.home.path(format!(".aws/{name}")), Some(1_234), Some(2_345)).unwrap();
    }
    stage.renewed();
    for name in ["credentials", "config"] {
        let found = fs::metadata(stage.home.path(format!(".aws/{name}"))).unwrap();
        assert_eq!((found.uid(), found.gid(), found.mode() & 0o777), (1_234, 2_345, 0o600), "{name}");
    }
}

#[test]
fn nothing_is_written_when_nothing_changed() {
    let stage = Stage::outdated();
    stage.renewed();
    let everything = || -> Vec<_> {
        let files = all_below(&stage.home.path(".aws"))
            .into_iter()
            // the log says of each run what it handed out
            .filter(|path| {
                ["locks", "log"].iter().all(|own| !path.starts_with(stage.home.path(".aws/awstok").join(own)))
            });
        let mut found: Vec<_> = files.map(|path| (identity(&path), path)).collect();
        found.sort();
        found
    };
    let before = everything();
    for args in [
        ["token", "role"].as_slice(),
        &["token", "role", "role"],
        &["sync"],
        &["env", "role", "--shell", "sh"],
        &["status"],
    ] {
        stage.home.ok(args);
        assert_eq!(everything(), before, "{args:?}");
    }
    assert_eq!(stage.sandbox.calls().len(), 0);
}

/// write → fsync of the new file → rename → fsync of the folder, for each file, and the journal before all.
#[test]
fn what_is_written_lasts() {
    let stage = Stage::outdated();
    let Some(strace) = Strace::of(&stage.home) else { return };
    let home = stage.home.path("");
    let calls = strace.calls(&["token", "role"]);
    let matters = |call: &&Call| {
        ["write", "fsync", "rename"].contains(&call.name.as_str())
            && !["/locks/", "/awstok/log"].iter().any(|own| call.line.contains(own))
    };
    let mut order: Vec<String> = calls
        .iter()
        .filter(matters)
        .map(|call| format!("{} {}", call.name, call.path(&home).strip_prefix(home.join(".aws")).unwrap().display()))
        .collect();
    // the journal's parts are written one after the other
    order.dedup();
    let expected = [
        ("awstok/journal", "awstok/journal/.00000001.awstok-new", "awstok/journal/00000001"),
        ("", ".credentials.awstok-new", "credentials"),
        ("", ".config.awstok-new", "config"),
    ];
    let expected: Vec<String> = expected
        .iter()
        .flat_map(|(folder, new, file)| {
            [format!("write {new}"), format!("fsync {new}"), format!("rename {file}"), format!("fsync {folder}")]
        })
        .collect();
    assert_eq!(order, expected);
}

/// What others could enter or read is tightened, and said so. Below a folder that only its owner can enter, nothing is open to
/// others, whatever its mode.
#[test]
fn wide_folders_and_profile_files_are_tightened_and_named() {
    for wide in ["awstok", "awstok/locks", "awstok/journal", "awstok/cache", "awstok/mfa", "aws-profiles"] {
        for args in [["token", "prod"].as_slice(), &["token", "prod", "--force"], &["sync"], &["status"]] {
            let stage = Stage::new();
            stage.home.ok(&["token", "prod", "--mfa-code", &stage.code()]);
            let folder = stage.home.path(".aws").join(wide);
            set_mode(&folder, 0o755);
            let ended = stage.home.run(args);
            assert_eq!(ended.code, 0, "{ended:#?}");
            assert_eq!(mode(&folder), 0o700, "{wide}, {args:?}");
            let said = format!("`{}` could be entered by others; it is 0700 now", folder.display());
            assert_eq!(ended.err.matches(&said).count(), 1, "{wide}, {args:?}: {}", ended.err);
            assert!(!stage.home.run(args).err.contains("0700"), "{wide}, {args:?}: said once");
        }
    }
    let stage = Stage::new();
    stage.home.ok(&["token", "prod", "--mfa-code", &stage.code()]);
    let file = stage.home.path(".aws/aws-profiles/prod");
    set_mode(&file, 0o644);
    let ended = stage.home.run(&["token", "prod"]);
    assert_eq!((ended.code, mode(&file)), (0, 0o600), "{ended:#?}");
    let said = format!("`{}` could be read by others; it is 0600 now", file.display());
    assert!(ended.err.contains(&said), "{}", ended.err);
}
