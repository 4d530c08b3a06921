//! A failed write loses nothing: the old bytes stay, the exit code tells, the file and the system's reason are named.

use std::process::Command;

use super::trace::{Call, Strace};
use super::{NONE, OLD, Stage, is_root, left_overs, run, scale};
use crate::home::{AWSTOK, Home, Run};

const ERRORS: [(&str, i32); 4] = [("EIO", 5), ("ENOSPC", 28), ("EROFS", 30), ("EDQUOT", 122)];

/// The run failed in words that name the file and the errno, and changed nothing.
fn check_failure(stage: &Stage, run: &Run, errno: i32, named: &str, at: &str) {
    assert!(run.code > 0, "{at}: {run:#?}");
    assert_eq!(run.out, "", "{at}");
    assert!(run.err.contains(&format!("(os error {errno})")), "{at}: {}", run.err);
    assert!(run.err.contains(named), "`{named}` is not named, {at}: {}", run.err);
    assert_eq!(stage.texts(), OLD, "{at}");
    assert_eq!(left_overs(&stage.home), NONE, "{at}");
    let journal = super::all_below(&stage.home.path(".aws/awstok/journal"));
    assert_eq!(journal, NONE, "a change that didn't come about is in the journal, {at}");
}

/// What a message must name: the file itself, not its successor.
fn named(call: &Call, home: &Home) -> String {
    let path = call.path(&home.path(""));
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    name.strip_suffix(".awstok-new").map_or(name.clone(), |name| name.trim_start_matches('.').to_owned())
}

/// Each call that touches the home fails, those that change something with four errors, the others with EIO (all four
/// with a larger scale: reading doesn't fail for lack of space).
#[test]
fn an_error_at_any_call_changes_nothing_and_is_named() {
    let stage = Stage::outdated();
    let Some(strace) = Strace::of(&stage.home) else { return };
    let new = stage.renewed();
    stage.outdate();
    let calls = strace.calls(&["token", "role"]);
    let mut harmless = Vec::new();
    for call in calls.iter().filter(|call| call.name != "close") {
        for (name, errno) in ERRORS.iter().take(if call.changes() || scale() > 1 { 4 } else { 1 }) {
            stage.outdate();
            let run = strace.inject(call, &format!("error={name}"), &["token", "role"]);
            if run.code == 0 {
                // a profile that can't be read is left out of the config file, and what is there of it stays
                let files = if call.line.contains("/aws-profiles/") { 1 } else { 2 };
                assert_eq!(stage.texts()[..files], new[..files], "{name} at {}", call.line);
                // a look that fails may not matter: the result is whole and new all the same
                if call.changes() {
                    harmless.push(call.line.clone());
                }
            } else {
                check_failure(&stage, &run, *errno, &named(call, &stage.home), &format!("{name} at {}", call.line));
            }
        }
    }
    // the pid in a lock serves a message only, `last` and the log are conveniences
    harmless.retain(|line| !["/locks/", "/awstok/last", "/awstok/log"].iter().any(|file| line.contains(file)));
    assert_eq!(harmless, [""; 0], "these failures went unnoticed");
}

/// It may have cost a code, and serves all that the run hands out.
#[test]
fn a_session_that_cannot_be_kept_serves_the_run() {
    let stage = Stage::new();
    stage.home.ok(&["token", "ann", "prod", "--mfa-code", &stage.code()]);
    let files = super::all_below(&stage.home.path(".aws/awstok/cache"));
    assert_eq!(files.len(), 2);
    for file in &files {
        std::fs::remove_file(file).unwrap();
        std::fs::create_dir(file).unwrap();
    }
    for args in [["env", "prod", "--json"].as_slice(), &["token", "ann", "prod"]] {
        stage.sandbox.clear_calls();
        let run = stage.home.run(&[args, &["--mfa-code", &stage.code()]].concat());
        assert_eq!(run.code, 0, "{run:#?}");
        assert!(run.err.contains("warning: the session serves this run only: could not") && run.err.contains(".json`"));
        let calls = ["GetSessionToken", "AssumeRole"].map(|action| stage.sandbox.calls_of(action).len());
        assert_eq!(calls, [1, 1], "{run:#?}");
    }
    assert_eq!(stage.home.run(&["env", "prod", "--json"]).code, 5);
}

/// A file system that is really full, with every amount of room from none to enough.
#[test]
fn a_full_file_system_changes_nothing() {
    if !is_root() {
        crate::tools::say_skipped("a small tmpfs is mounted as root only");
        return;
    }
    let stage = Stage::outdated();
    let new = stage.renewed();
    let folder = stage.home.path(".aws");
    let kept = stage.home.path("kept");
    std::fs::rename(&folder, &kept).unwrap();
    std::fs::create_dir(&folder).unwrap();
    let mounted =
        Command::new("mount").args(["-t", "tmpfs", "-o", "size=256k,mode=700", "tmpfs"]).arg(&folder).output();
    let mounted = mounted.unwrap();
    if !mounted.status.success() {
        crate::tools::say_skipped(&format!("a tmpfs can't be mounted: {}", String::from_utf8_lossy(&mounted.stderr)));
        return;
    }
    let _unmount = Mounted(folder.clone());
    let script = "cp -a \"$0\"/. \"$1\"";
    assert!(Command::new("sh").args(["-c", script]).args([&kept, &folder]).status().unwrap().success());
    let ballast = folder.join("ballast");
    for pages in 0..=16 {
        stage.outdate();
        // what is written needs a page of its own each: fill up, then leave so many pages free
        fill(&ballast, pages);
        let run = stage.home.run(&["token", "role"]);
        std::fs::remove_file(&ballast).unwrap();
        if run.code == 0 {
            assert_eq!(stage.texts(), new);
            assert!(pages >= 2, "it fitted into {pages} pages");
            return;
        }
        check_failure(&stage, &run, 28, "/.aws/", &format!("{pages} free pages"));
    }
    panic!("it doesn't fit into 16 pages");
}

/// Fills a small file system up to `pages` free pages.
fn fill(ballast: &std::path::Path, pages: usize) {
    use std::io::Write as _;
    let mut file = std::fs::File::create(ballast).unwrap();
    let mut size = 0;
    while file.write_all(&[0; 4096]).is_ok() {
        size += 4096;
    }
    file.set_len(u64::try_from(size - 4096 * pages.min(size / 4096)).unwrap()).unwrap();
}

struct Mounted(std::path::PathBuf);

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// A limit on the size of files (EFBIG, and SIGXFSZ unless it is caught), from none to enough.
#[test]
fn a_limit_on_file_sizes_changes_nothing() {
    let stage = Stage::outdated();
    if crate::tools::tool("prlimit").is_none() {
        return;
    }
    let new = stage.renewed();
    let enough = new.iter().map(String::len).max().unwrap() + 1_024;
    let (mut failed, mut done) = (0, 0);
    for limit in (0..enough).step_by(64) {
        stage.outdate();
        let ended = run(&stage.home, "prlimit", &[&format!("--fsize={limit}"), AWSTOK, "token", "role"]);
        if ended.code == 0 {
            assert_eq!(stage.texts(), new);
            done += 1;
        } else {
            failed += 1;
            check_failure(&stage, &ended, 27, "/.aws/", &format!("a limit of {limit} bytes"));
        }
    }
    assert!(failed > 3 && done > 3, "{failed} failed, {done} done");
}
