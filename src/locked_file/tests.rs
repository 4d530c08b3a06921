//! Modes, links, left-overs, locks.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::time::{Duration, Instant};

use super::*;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Writes `bytes` as a caller does: lock, read, replace.
fn save(path: &Path, bytes: &[u8], mode: Mode) -> crate::error::Result<Replaced> {
    let locks = tempfile::tempdir().unwrap();
    let lock = lock(&locks.path().join("x.lock"), Duration::ZERO)?;
    let seen = read(path)?.map_or(Fingerprint::ABSENT, |found| found.seen);
    replace(path, bytes, mode, &seen, &lock)
}

#[test]
fn modes_never_widen() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("f");
    let cases = [
        (0o644, Mode::Secret, 0o600),
        (0o400, Mode::Secret, 0o400),
        (0o644, Mode::Keep, 0o644),
        (0o640, Mode::Keep, 0o640),
        (0o600, Mode::Keep, 0o600),
    ];
    for (before, how, after) in cases {
        fs::write(&file, "old").unwrap();
        set_mode(&file, before);
        assert_eq!(save(&file, b"new", how).unwrap(), Replaced::Done);
        assert_eq!((mode(&file), fs::read(&file).unwrap().as_slice()), (after, b"new".as_slice()));
        fs::remove_file(&file).unwrap();
    }
    let _ = save(&file, b"new", Mode::Keep).unwrap();
    assert_eq!(mode(&file), 0o600);
    assert_eq!(names(home.path()), ["f"]);
}

#[test]
fn links_stay_links() {
    let home = tempfile::tempdir().unwrap();
    let at = |name: &str| home.path().join(name);
    fs::create_dir(at("dotfiles")).unwrap();
    fs::write(at("dotfiles/real"), "old").unwrap();
    symlink("dotfiles/real", at("relative")).unwrap();
    symlink(at("dotfiles/real"), at("absolute")).unwrap();
    symlink("relative", at("chained")).unwrap();
    for name in ["relative", "absolute", "chained"] {
        let _ = save(&at(name), name.as_bytes(), Mode::Keep).unwrap();
        assert_eq!(fs::read(at("dotfiles/real")).unwrap(), name.as_bytes());
        assert!(fs::symlink_metadata(at(name)).unwrap().is_symlink());
    }
    symlink("dotfiles/missing", at("dangling")).unwrap();
    let _ = save(&at("dangling"), b"made", Mode::Secret).unwrap();
    assert_eq!(fs::read(at("dotfiles/missing")).unwrap(), b"made");
    symlink("b", at("a")).unwrap();
    symlink("a", at("b")).unwrap();
    assert!(target(&at("a")).unwrap_err().to_string().contains("circle"));
    assert_eq!(names(&at("dotfiles")), ["missing", "real"]);
}

#[test]
fn a_change_of_another_program_is_noticed() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("f");
    let lock = lock(&home.path().join("locks/f"), Duration::ZERO).unwrap();
    assert_eq!(mode(&home.path().join("locks")), 0o700);
    let seen = Fingerprint::ABSENT;
    fs::write(&file, "theirs").unwrap();
    assert_eq!(replace(&file, b"ours", Mode::Keep, &seen, &lock).unwrap(), Replaced::ChangedMeanwhile);
    let seen = read(&file).unwrap().unwrap().seen;
    // as long as before, and perhaps within the same tick of the clock
    fs::write(&file, "THEIRS").unwrap();
    assert_eq!(replace(&file, b"ours", Mode::Keep, &seen, &lock).unwrap(), Replaced::ChangedMeanwhile);
    fs::write(&file, "theirs too").unwrap();
    assert_eq!(replace(&file, b"ours", Mode::Keep, &seen, &lock).unwrap(), Replaced::ChangedMeanwhile);
    assert_eq!(fs::read(&file).unwrap(), b"theirs too");
    assert_eq!(names(home.path()), ["f", "locks"]);
}

#[test]
fn what_is_no_file_is_never_replaced() {
    let home = tempfile::tempdir().unwrap();
    let null = home.path().join("null");
    symlink("/dev/null", &null).unwrap();
    assert!(read(&null).unwrap().unwrap().bytes.is_empty());
    assert!(save(&null, b"x", Mode::Keep).unwrap_err().to_string().contains("no regular file"));
    assert!(save(home.path(), b"x", Mode::Keep).is_err());
}

#[test]
fn left_overs_of_a_killed_process_go() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("f");
    let left_over = home.path().join(".f.awstok-new");
    fs::write(&left_over, "torn").unwrap();
    let lock = lock(&home.path().join("locks/f"), Duration::ZERO).unwrap();
    remove_left_over(&file, &lock).unwrap();
    assert!(!left_over.exists());
    symlink("/etc/passwd", &left_over).unwrap();
    let _ = replace(&file, b"new", Mode::Secret, &Fingerprint::ABSENT, &lock).unwrap();
    assert_eq!(names(home.path()), ["f", "locks"]);
    remove(&file, &lock).unwrap();
    remove(&file, &lock).unwrap();
    assert_eq!(names(home.path()), ["locks"]);
}

#[test]
fn a_lock_is_waited_for_and_its_holder_named() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("locks/f");
    drop(lock(&file, Duration::ZERO).unwrap());
    // of the holder before, whose pid was longer, nothing stays
    fs::write(&file, u32::MAX.to_string()).unwrap();
    let held = lock(&file, Duration::ZERO).unwrap();
    assert_eq!(mode(&file), 0o600);
    assert!(try_lock(&file).unwrap().is_none());
    let start = Instant::now();
    let error = lock(&file, Duration::from_millis(50)).unwrap_err().to_string();
    assert!(start.elapsed() >= Duration::from_millis(50));
    assert!(error.contains(&format!("process {}", std::process::id())) && error.contains("locks/f"), "{error}");
    let waiting = std::thread::spawn(move || lock(&file, Duration::from_secs(10)).map(|_| ()));
    drop(held);
    waiting.join().unwrap().unwrap();
}

#[test]
fn folders_of_our_own_are_tightened() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("a/b");
    assert!(!tighten_folder(&folder).unwrap());
    private_folder(&folder).unwrap();
    assert_eq!((mode(&folder), mode(&home.path().join("a"))), (0o700, 0o700));
    set_mode(&folder, 0o755);
    private_folder(&folder).unwrap();
    assert_eq!(mode(&folder), 0o700);
    assert!(!tighten_folder(&folder).unwrap());
    set_mode(&folder, 0o750);
    assert!(tighten_folder(&folder).unwrap());
    assert_eq!(mode(&folder), 0o700);
    fs::write(home.path().join("f"), "").unwrap();
    assert!(private_folder(&home.path().join("f")).is_err());
}

#[test]
fn failures_name_the_file_and_leave_nothing() {
    let home = tempfile::tempdir().unwrap();
    let error = format!("{:#}", save(Path::new("/proc/nowhere/f"), b"x", Mode::Keep).unwrap_err());
    assert!(error.contains("/proc/nowhere/f") && error.contains("os error"), "{error}");
    // a folder in the successor's place: it can't be made, and the old file stays
    let file = home.path().join("f");
    fs::write(&file, "old").unwrap();
    fs::create_dir(home.path().join(".f.awstok-new")).unwrap();
    assert!(save(&file, b"new", Mode::Keep).is_err());
    assert_eq!(fs::read(&file).unwrap(), b"old");
}

/// Who waits for a lock whose file is removed meanwhile doesn't hold the removed one beside the next holder.
#[test]
fn a_retired_lock_is_never_held_twice() {
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("x.lock");
    let (inside, taken, done) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicBool::new(false));
    let ever = std::time::SystemTime::now() + Duration::from_secs(3_600);
    let removed = std::thread::scope(|scope| {
        let takers: Vec<_> = (0..4)
            .map(|number| {
                let (file, inside, taken) = (&file, &inside, &taken);
                scope.spawn(move || {
                    for _ in 0..300 {
                        let held = match number % 2 {
                            0 => Some(lock(file, Duration::from_secs(60)).unwrap()),
                            _ => try_lock(file).unwrap(),
                        };
                        if held.is_some() {
                            assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                            taken.fetch_add(1, Ordering::SeqCst);
                            std::thread::yield_now();
                            inside.fetch_sub(1, Ordering::SeqCst);
                        }
                    }
                })
            })
            .collect();
        let remover = scope.spawn(|| {
            let mut removed = 0;
            while !done.load(Ordering::SeqCst) {
                retire(&file, ever, |_| {
                    assert_eq!(inside.load(Ordering::SeqCst), 0);
                    removed += 1;
                    true
                });
            }
            removed
        });
        takers.into_iter().for_each(|taker| taker.join().unwrap());
        done.store(true, Ordering::SeqCst);
        remover.join().unwrap()
    });
    assert!(taken.into_inner() >= 600 && removed > 0, "{removed} removed");
}

#[test]
fn only_an_unused_lock_that_nobody_holds_is_retired() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("x.lock");
    let (past, ever) = (std::time::SystemTime::UNIX_EPOCH, std::time::SystemTime::now() + Duration::from_secs(3_600));
    let held = lock(&file, Duration::ZERO).unwrap();
    retire(&file, ever, |_| panic!("it is held"));
    drop(held);
    retire(&file, past, |_| panic!("it was used since"));
    retire(&file, ever, |_| false);
    assert!(file.exists());
    retire(&file, ever, |_| true);
    assert!(!file.exists());
}
