//! Readers without a lock, as every SDK is one, never see a torn file or credentials of two sessions.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::{Stage, scale, sections};

/// 200 refreshes by two processes side by side (1,000 with `AWSTOK_TEST_SCALE=5`), while two threads read the file at
/// least 100,000 times.
#[test]
fn no_reader_sees_a_torn_or_a_mixed_file() {
    let stage = Stage::new();
    stage.home.write(".aws/credentials", "# head\n[other]\na = b\n");
    stage.home.ok(&["token", "role", "user"]);
    let file = stage.home.path(".aws/credentials");
    let (reads, done) = (AtomicUsize::new(0), AtomicBool::new(false));
    let read = || {
        let mut seen: HashSet<Vec<u8>> = HashSet::new();
        while !done.load(Ordering::Relaxed) || reads.load(Ordering::Relaxed) < 100_000 {
            // a moment without a file would be a failure too
            let bytes = fs::read(&file).unwrap();
            if !seen.contains(&bytes) {
                seen.insert(bytes);
            }
            reads.fetch_add(1, Ordering::Relaxed);
        }
        seen
    };
    let seen: HashSet<Vec<u8>> = std::thread::scope(|scope| {
        let readers = [scope.spawn(read), scope.spawn(read)];
        let writers = ["role", "user"].map(|profile| {
            let stage = &stage;
            scope.spawn(move || {
                for _ in 0..100 * scale() {
                    stage.home.ok(&["token", profile, "--force"]);
                }
            })
        });
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        done.store(true, Ordering::Relaxed);
        readers.into_iter().flat_map(|reader| reader.join().unwrap()).collect()
    });
    assert!(reads.load(Ordering::Relaxed) >= 100_000);
    assert!(seen.len() > 20, "the readers saw {} texts only", seen.len());

    let mut sessions: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut owners: BTreeMap<String, String> = BTreeMap::new();
    for text in &seen {
        let text = std::str::from_utf8(text).unwrap();
        assert!(text.starts_with("# head\n[other]\na = b\n\n[") && text.ends_with('\n'), "torn: {text}");
        let found = sections(text);
        for profile in ["role", "user"] {
            let get = |key: &str| found[profile].get(key).unwrap_or_else(|| panic!("torn: {text}")).clone();
            let key = get("aws_access_key_id");
            let rest: Vec<String> =
                ["aws_secret_access_key", "aws_session_token", "expiration", "region"].map(get).into();
            // a session has one secret and one token, and they have no other session
            let known = sessions.entry(key.clone()).or_insert_with(|| rest.clone());
            assert_eq!(*known, rest, "mixed: {text}");
            for secret in &rest[..2] {
                assert_eq!(owners.entry(secret.clone()).or_insert_with(|| key.clone()), &key, "mixed: {text}");
            }
        }
    }
}
