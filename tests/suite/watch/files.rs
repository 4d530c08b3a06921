//! The files under a watch: never torn, and taken back at once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::{Stage, Watch, sections};
use crate::home::AWSTOK;

#[test]
fn readers_never_see_a_torn_file() {
    let stage = Stage::new(2);
    stage.home.write(".aws/credentials", "# head\n[other]\na = b\n");
    stage.home.ok(&["token", "a", "b", "c"]);
    let mut watch = stage.watch(&["a", "b", "c"]);
    watch.expect("c: fresh");
    let (file, done) = (stage.home.path(".aws/credentials"), AtomicBool::new(false));
    let texts: BTreeSet<String> = std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut texts = BTreeSet::new();
            while !done.load(Ordering::Relaxed) {
                // a moment without a file would be a failure too
                texts.insert(std::fs::read_to_string(&file).unwrap());
            }
            texts
        });
        std::thread::sleep(Duration::from_secs(8));
        done.store(true, Ordering::Relaxed);
        reader.join().unwrap()
    });
    assert!(texts.len() > 4, "the reader saw {} texts only", texts.len());
    let mut sessions: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for text in &texts {
        assert!(text.starts_with("# head\n[other]\na = b\n\n[a]\n") && text.ends_with('\n'), "torn: {text}");
        for name in ["a", "b", "c"] {
            let section = &sections(text)[name];
            let values: Vec<String> =
                ["aws_secret_access_key", "aws_session_token", "expiration"].map(|key| section[key].clone()).into();
            let known = sessions.entry(section["aws_access_key_id"].clone()).or_insert_with(|| values.clone());
            assert_eq!(*known, values, "mixed: {text}");
        }
    }
}

#[test]
fn undo_takes_a_whole_watch_back_and_keeps_what_was_done_before() {
    let stage = Stage::new(4);
    let before = "# mine\r\n[mine]\r\na = b";
    stage.home.write(".aws/credentials", before);
    stage.home.ok(&["token", "c"]);
    let after_token = stage.home.read(".aws/credentials");
    let mut watch = stage.watch(&["a", "b"]);
    for _ in 0..4 {
        watch.expect("b: fresh");
    }
    watch.end();
    let list = stage.home.ok(&["undo", "--list"]);
    assert_eq!(list.lines().count(), 3, "one run each: {list}");
    let said = stage.home.run(&["undo"]).err;
    assert!(said.starts_with("undid `watch` of "), "{said}");
    assert_eq!(stage.home.read(".aws/credentials"), after_token);
    stage.home.ok(&["undo"]);
    assert_eq!(stage.home.read(".aws/credentials"), before);
}

#[test]
fn undo_during_a_watch_takes_it_back_and_the_next_renewal_delivers_again() {
    let stage = Stage::new(4);
    let mut watch = stage.watch(&["a"]);
    for _ in 0..2 {
        watch.expect("a: fresh");
    }
    stage.home.ok(&["undo"]);
    assert!(!stage.home.exists(".aws/credentials"));
    watch.expect("a: fresh");
    assert!(stage.sections().contains_key("a"));
}

/// As package managers do it, while a watch goes on for days.
#[test]
fn another_version_in_the_place_of_this_one_leaves_the_config_file_as_it_is() {
    let stage = Stage::new(4);
    stage.role("auto", "auto_refresh = yes\n");
    stage.home.write("bin/.keep", "");
    let place = stage.home.path("bin/awstok");
    // by another process: a file that this one has open for writing can't be run
    let put = |at: &std::path::Path| {
        assert!(std::process::Command::new("cp").arg(AWSTOK).arg(at).status().unwrap().success());
    };
    put(&place);
    let mut watch = Watch::of(stage.home.other(&place).args(["watch", "a"]));
    watch.expect("a: fresh");
    let config = stage.home.read(".aws/config");
    let line = format!("credential_process = \"{}\" credential-process auto\n", place.display());
    assert!(config.contains(&line), "{config}");
    put(&stage.home.path("bin/new"));
    std::fs::rename(stage.home.path("bin/new"), &place).unwrap();
    for _ in 0..2 {
        watch.expect("a: fresh");
    }
    assert_eq!(stage.home.read(".aws/config"), config);
}
