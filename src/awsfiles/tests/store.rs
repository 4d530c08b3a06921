//! Changes on disk: all files or none, nothing lost, everything undone.

use std::fs;
use std::path::PathBuf;

use super::super::{AwsFiles, Drafts, first_copy, journal, undo};
use crate::error::{Kind, Result, kind_of};
use crate::locked_file::Mode;
use crate::paths::Paths;

struct Home {
    _folder: tempfile::TempDir,
    paths: Paths,
}

impl Home {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let aws = folder.path().join(".aws");
        let at = |name: &str| aws.join(name);
        let (credentials, config) = (at("credentials"), at("config"));
        Self {
            paths: Paths { profiles: at("aws-profiles"), credentials, config, own: at("awstok"), sso_cache: at("sso") },
            _folder: folder,
        }
    }

    /// Sets a key in both files.
    fn set(&self, value: &str) -> Result<Option<u64>> {
        let outcome = AwsFiles::new(&self.paths).change("test", set_both(value))?;
        Ok(outcome.entry)
    }

    fn both(&self) -> (Option<String>, Option<String>) {
        (fs::read_to_string(&self.paths.credentials).ok(), fs::read_to_string(&self.paths.config).ok())
    }

    fn journal(&self) -> Vec<PathBuf> {
        fs::read_dir(self.paths.journal()).unwrap().map(|file| file.unwrap().path()).collect()
    }
}

fn set_both(value: &str) -> impl FnMut(&mut Drafts) -> Result<()> {
    move |drafts| {
        drafts.credentials()?.section("p")?.set("k", value)?;
        drafts.config()?.section("p")?.set("k", value)?;
        Ok(())
    }
}

fn pair(text: &str) -> (Option<String>, Option<String>) {
    (Some(format!("[p]\nk = {text}\n")), Some(format!("[profile p]\nk = {text}\n")))
}

#[test]
fn runs_are_undone_one_after_the_other() {
    let home = Home::new();
    for value in ["1", "2"] {
        assert!(home.set(value).unwrap().is_some());
    }
    let undone = || undo(&home.paths, false).unwrap().map(|(entry, _)| entry.id);
    assert_eq!(home.both(), pair("2"));
    assert_eq!(undone(), Some(2));
    assert_eq!(home.both(), pair("1"));
    assert_eq!(undone(), Some(1));
    assert_eq!(home.both(), (None, None));
    assert_eq!(undone(), None);
    let listed: Vec<_> = journal::list(&home.paths).unwrap().iter().map(|e| (e.id, e.undone, e.undoes)).collect();
    assert_eq!(listed, [(1, true, None), (2, true, None), (3, false, Some(2)), (4, false, Some(1))]);
    home.set("3").unwrap();
    assert_eq!(undone(), Some(5));
}

#[test]
fn a_run_that_goes_on_is_undone_at_once_as_long_as_nobody_else_changed_anything() {
    let home = Home::new();
    let go_on = |run: Option<u64>, value: &str| {
        AwsFiles::new(&home.paths).going_on(run).change("watch", set_both(value)).unwrap().entry
    };
    home.set("0").unwrap();
    // it begins with one of the files
    let begin = |drafts: &mut Drafts| drafts.credentials()?.section("p")?.set("k", "1").map(drop);
    let mut run = AwsFiles::new(&home.paths).change("watch", begin).unwrap().entry;
    for value in ["2", "3", "4"] {
        run = go_on(run, value);
    }
    assert_eq!((run, home.journal().len(), home.both()), (Some(2), 2, pair("4")));
    assert_eq!(go_on(run, "4"), None, "nothing changed");
    // another run, and another program, each begin a new entry
    home.set("other").unwrap();
    run = go_on(run, "5");
    run = go_on(run, "6");
    assert_eq!(run, Some(4));
    fs::write(&home.paths.credentials, "[p]\nk = 6\n[theirs]\n").unwrap();
    run = go_on(run, "7");
    assert_eq!(run, Some(5));
    let undone = || undo(&home.paths, false).unwrap().map(|(entry, _)| entry.id);
    assert_eq!(undone(), Some(5));
    assert_eq!(home.both().0.unwrap(), "[p]\nk = 6\n[theirs]\n");
    assert!(undo(&home.paths, false).is_err(), "somebody else's section would go");
    assert_eq!(undo(&home.paths, true).unwrap().unwrap().0.id, 4);
    assert_eq!(home.both(), pair("other"));
    assert_eq!((undone(), home.both()), (Some(3), pair("4")));
    assert_eq!((undone(), home.both()), (Some(2), pair("0")));
    assert_eq!((undone(), home.both()), (Some(1), (None, None)));
}

#[test]
fn a_run_that_goes_on_and_was_cut_off_before_its_last_write_is_undone_too() {
    let home = Home::new();
    home.set("0").unwrap();
    let run = AwsFiles::new(&home.paths).change("watch", set_both("1")).unwrap().entry;
    AwsFiles::new(&home.paths).going_on(run).change("watch", set_both("2")).unwrap();
    // the journal speaks of 2, and the files are still what they were
    fs::write(&home.paths.credentials, "[p]\nk = 1\n").unwrap();
    undo(&home.paths, false).unwrap().unwrap();
    assert_eq!(home.both(), pair("0"));
}

#[test]
fn undo_refuses_to_lose_the_work_of_others() {
    let home = Home::new();
    fs::create_dir_all(home.paths.credentials.parent().unwrap()).unwrap();
    fs::write(&home.paths.credentials, "[b]\n").unwrap();
    home.set("1").unwrap();
    let theirs = "[p]\nk = 1\n[theirs]\n";
    fs::write(&home.paths.credentials, theirs).unwrap();
    let error = undo(&home.paths, false).unwrap_err();
    assert_eq!(kind_of(&error), Kind::Invalid);
    assert!(error.to_string().contains("credentials"), "{error}");
    assert_eq!(home.both().0.unwrap(), theirs);
    let (_, outcome) = undo(&home.paths, true).unwrap().unwrap();
    assert_eq!(home.both(), (Some("[b]\n".into()), None));
    let kept = fs::read(home.paths.journal().join(format!("{:08}", outcome.entry.unwrap()))).unwrap();
    assert!(kept.windows(theirs.len()).any(|bytes| bytes == theirs.as_bytes()));
    assert_eq!(first_copy(&home.paths, &home.paths.credentials).unwrap().unwrap(), b"[b]\n");
}

/// The journal knows a file by the old bytes and a hash of the new ones: any other byte is somebody else's work.
#[test]
fn undo_sees_every_byte_that_somebody_else_changed() {
    let home = Home::new();
    let before = "[b]\nk = 1\n\n[p]\nk = 0\n\n[c]\nk = 1\n";
    let after = before.replace("k = 0", "k = 22");
    fs::create_dir_all(home.paths.credentials.parent().unwrap()).unwrap();
    fs::write(&home.paths.credentials, before).unwrap();
    home.set("22").unwrap();
    assert_eq!(home.both().0.unwrap(), after);
    for at in 0..after.len() {
        let mut theirs = after.clone().into_bytes();
        theirs[at] = if theirs[at] == b'x' { b'y' } else { b'x' };
        fs::write(&home.paths.credentials, &theirs).unwrap();
        assert!(undo(&home.paths, false).is_err(), "byte {at}");
    }
    for theirs in ["", &after[..after.len() - 1], &format!("{after}\n"), before.trim_end()] {
        fs::write(&home.paths.credentials, theirs).unwrap();
        assert!(undo(&home.paths, false).is_err(), "{theirs:?}");
    }
    fs::remove_file(&home.paths.credentials).unwrap();
    assert!(undo(&home.paths, false).is_err());
    fs::write(&home.paths.credentials, &after).unwrap();
    undo(&home.paths, false).unwrap().unwrap();
    assert_eq!(home.both().0.unwrap(), before);
}

#[test]
fn nothing_is_written_when_nothing_changes() {
    let home = Home::new();
    home.set("1").unwrap();
    let before = fs::metadata(&home.paths.credentials).unwrap();
    assert_eq!(home.set("1").unwrap(), None);
    let after = fs::metadata(&home.paths.credentials).unwrap();
    assert_eq!(before.modified().unwrap(), after.modified().unwrap());
    assert_eq!(home.journal().len(), 1);
    let previews = AwsFiles::new(&home.paths).preview(set_both("2")).unwrap();
    assert_eq!(previews.len(), 2);
    assert_eq!(home.both(), pair("1"));
}

#[test]
fn a_change_made_meanwhile_is_kept() {
    let home = Home::new();
    home.set("1").unwrap();
    let mut times = 0;
    let outcome = AwsFiles::new(&home.paths).change("test", |drafts| {
        times += 1;
        if times == 1 {
            // after the read, before the write: the config file, which is written second
            fs::write(&home.paths.config, "[profile theirs]\nx = 1\n").unwrap();
        }
        set_both("2")(drafts)
    });
    assert_eq!((times, outcome.unwrap().changed.len()), (2, 2));
    let (credentials, config) = home.both();
    assert_eq!(credentials.unwrap(), "[p]\nk = 2\n");
    assert_eq!(config.unwrap(), "[profile theirs]\nx = 1\n\n[profile p]\nk = 2\n");
    assert_eq!(home.journal().len(), 2);
    assert_eq!(undo(&home.paths, false).unwrap().unwrap().0.id, 2);
    assert_eq!(home.both().0.unwrap(), "[p]\nk = 1\n");
}

#[test]
fn a_failure_leaves_all_files_as_they_were() {
    let home = Home::new();
    home.set("1").unwrap();
    // a folder in the successor's place makes the second file's write fail
    let blocked = home.paths.config.with_file_name(".config.awstok-new");
    let result = AwsFiles::new(&home.paths).change("test", |drafts| {
        fs::create_dir_all(&blocked).unwrap();
        set_both("2")(drafts)
    });
    assert!(format!("{:#}", result.unwrap_err()).contains("config"));
    assert_eq!(home.both(), pair("1"));
    assert_eq!(home.journal().len(), 1);
}

#[test]
fn a_journal_that_cannot_be_written_stops_the_change() {
    let home = Home::new();
    home.set("1").unwrap();
    fs::create_dir(home.paths.journal().join("00000002")).unwrap();
    fs::create_dir(home.paths.journal().join(".00000003.awstok-new")).unwrap();
    assert!(home.set("2").is_err());
    assert_eq!(home.both(), pair("1"));
}

#[test]
fn unreadable_and_unwritable_texts_are_refused_with_their_place() {
    let home = Home::new();
    home.set("1").unwrap();
    fs::write(&home.paths.config, "[profile p]\n[broken\n").unwrap();
    let error = home.set("2").unwrap_err();
    assert_eq!(kind_of(&error), Kind::Invalid);
    assert!(error.to_string().contains("config:2`"), "{error}");
    assert_eq!(home.both().0, pair("1").0);
    fs::write(&home.paths.config, "").unwrap();
    assert!(home.set("a\n[b]").is_err());
    assert_eq!(home.both().0, pair("1").0);
}

#[test]
fn other_files_join_a_change() {
    let home = Home::new();
    let file = home.paths.profile("prod");
    let files = AwsFiles::new(&home.paths).with(&file, Mode::Secret);
    let add = |drafts: &mut Drafts| {
        drafts.file(&file)?.section("prod")?.set("region", "x")?;
        Ok(())
    };
    assert_eq!(files.change("profile add", add).unwrap().changed.as_slice(), std::slice::from_ref(&file));
    files
        .change("profile remove", |drafts| {
            drafts.file(&file)?.delete();
            Ok(())
        })
        .unwrap();
    assert!(!file.exists());
    undo(&home.paths, false).unwrap().unwrap();
    assert_eq!(fs::read_to_string(&file).unwrap(), "[prod]\nregion = x\n");
}

#[test]
fn the_journal_keeps_a_hundred_runs_and_every_first_copy() {
    let home = Home::new();
    for value in 0..110 {
        home.set(&value.to_string()).unwrap();
    }
    let ids: Vec<u64> = journal::list(&home.paths).unwrap().iter().map(|entry| entry.id).collect();
    assert_eq!((ids.len(), ids.first(), ids.get(1)), (101, Some(&1), Some(&11)));
}
