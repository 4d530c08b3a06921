//! Without a journal there is no change.

use std::fs;

use super::{OLD, Stage, left_overs, private, set_mode};

#[test]
fn a_journal_that_cant_be_written_stops_the_change() {
    for folder in ["journal", "locks"] {
        let stage = Stage::outdated();
        let place = stage.home.path(format!(".aws/awstok/{folder}"));
        let _ = fs::remove_dir_all(&place);
        fs::write(&place, "a file where the folder should be").unwrap();
        for args in [["token", "role"].as_slice(), &["sync"], &["clear", "role"]] {
            let run = stage.home.run(args);
            assert!(run.code > 0 && run.out.is_empty(), "{folder}, {args:?}: {run:#?}");
            assert!(run.err.contains(&place.display().to_string()), "{folder}, {args:?}: {}", run.err);
            assert!(run.err.contains("not a directory"), "{folder}, {args:?}: {}", run.err);
            assert_eq!(
                (stage.texts(), left_overs(&stage.home)),
                (OLD.map(str::to_owned), vec![]),
                "{folder}, {args:?}"
            );
        }
    }
}

#[test]
fn a_read_only_journal_stops_the_change() {
    if super::is_root() {
        // nothing is read-only for root; injected errors show the same in `failed_writes`
        return;
    }
    let stage = Stage::outdated();
    let journal = stage.home.path(".aws/awstok/journal");
    private(&journal);
    set_mode(&journal, 0o500);
    let run = stage.home.run(&["token", "role"]);
    set_mode(&journal, 0o700);
    assert!(run.code > 0 && run.out.is_empty(), "{run:#?}");
    assert!(run.err.contains("/journal/00000001`") && run.err.contains("os error 13"), "{}", run.err);
    assert_eq!((stage.texts(), left_overs(&stage.home)), (OLD.map(str::to_owned), vec![]));
}

/// A number in the journal that another program took, and an entry that is torn.
#[test]
fn a_torn_journal_is_no_trap() {
    let stage = Stage::outdated();
    private(&stage.home.path(".aws/awstok/journal"));
    for torn in ["", "{", "{\"id\":7}\n", "{\"id\":7,\"time\":\"x\",\"command\":\"token\",\"files\":[]}", "\u{1b}[2J\n"]
    {
        stage.outdate();
        stage.home.write(".aws/awstok/journal/00000007", torn);
        stage.renewed();
        stage.home.ok(&["undo", "--list"]);
        stage.home.ok(&["undo"]);
        assert_eq!(stage.texts(), OLD, "{torn:?}");
        let run = stage.home.run(&["undo"]);
        assert!(run.code == 0 || run.code == 3, "{torn:?}: {run:#?}");
        assert_eq!(stage.texts(), OLD, "{torn:?}");
    }
}
