//! What another program, which doesn't know our locks, writes while a run is under way is kept.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread::sleep;
use std::time::Duration;

use super::Stage;
use super::trace::{Call, Strace};
use crate::home::Run;

const ADDED: &str = "\n[added]\nregion = xx-west-1\n";

/// Another program's ways to write.
const WAYS: [fn(&Path); 3] = [append, rewrite, replace];

fn append(file: &Path) {
    use std::io::Write as _;
    fs::OpenOptions::new().append(true).open(file).unwrap().write_all(ADDED.as_bytes()).unwrap();
}

/// As the AWS CLI's `configure set` does.
fn rewrite(file: &Path) {
    let text = fs::read_to_string(file).unwrap() + ADDED;
    fs::write(file, text).unwrap();
}

fn replace(file: &Path) {
    let text = fs::read_to_string(file).unwrap() + ADDED;
    let new = file.with_file_name("other-new");
    fs::write(&new, text).unwrap();
    fs::rename(new, file).unwrap();
}

/// The run is held up where it syncs the journal, the new credentials file or the new config file, and meanwhile another
/// program writes either file in one of three ways.
#[test]
fn an_edit_before_the_last_look_is_kept() {
    let stage = Stage::outdated();
    let Some(strace) = Strace::of(&stage.home) else { return };
    stage.renewed();
    stage.outdate();
    let calls = strace.calls(&["token", "role"]);
    let home = stage.home.path("");
    let syncs: Vec<&Call> =
        calls.iter().filter(|call| call.name == "fsync" && call.line.contains(".awstok-new")).collect();
    assert_eq!(syncs.len(), 3, "{syncs:#?}");
    for file in [".aws/credentials", ".aws/config"] {
        for way in WAYS {
            stage.outdate();
            way(&stage.home.path(file));
            let expected = stage.renewed();
            for sync in &syncs {
                stage.outdate();
                let successor: PathBuf = sync.path(&home);
                let mut command = strace.injecting(sync, "delay_enter=150000", &["token", "role"]);
                let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
                wait_for(&successor);
                way(&stage.home.path(file));
                let run = Run::of(child.wait_with_output().unwrap());
                assert_eq!(run.code, 0, "{run:#?}");
                let kept = if file == ".aws/credentials" { 0 } else { 1 };
                assert_eq!(stage.texts()[kept], expected[kept], "{file} edited at {}", sync.line);
                // an edit of the credentials file after its change came too late for this run's config file
                stage.home.ok(&["token", "role"]);
                assert!(stage.texts()[1].contains("added]"), "{file} edited at {}", sync.line);
            }
        }
    }
}

fn wait_for(file: &Path) {
    for _ in 0..10_000 {
        if file.exists() {
            return;
        }
        sleep(Duration::from_millis(1));
    }
    panic!("{} does not appear", file.display());
}

/// Between the last look at a file and the rename over it stands no other call: under strace, which makes it longer, the
/// window measures WINDOW µs. A program that writes in it is not noticed, as no system call compares and renames at once;
/// what it replaced is in the journal, what it wrote is not.
#[test]
fn the_last_look_stands_right_before_the_rename() {
    let stage = Stage::outdated();
    let Some(strace) = Strace::of(&stage.home) else { return };
    let calls = strace.calls(&["token", "role"]);
    let mut renames = 0;
    for pair in calls.windows(2).filter(|pair| pair[1].name.starts_with("rename")) {
        let target = pair[1].path(&stage.home.path(""));
        // of a file written within the last tick of its clock also the bytes are looked at
        assert!(pair[0].name.contains("stat") || pair[0].name == "close", "{pair:#?}");
        assert_eq!(pair[0].path(&stage.home.path("")), target, "{pair:#?}");
        renames += 1;
    }
    assert_eq!(renames, 3, "journal, credentials, config");
}
