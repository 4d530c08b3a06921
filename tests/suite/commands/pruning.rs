//! What long use leaves behind goes by itself: sessions that were over long ago, lock files that nobody takes any more.

use std::fs::{self, File};
use std::time::{Duration, SystemTime};

use super::Stage;

const DAY: Duration = Duration::from_secs(24 * 3_600);

/// Puts a file into awstok's own folder, last written so many days ago.
fn left(stage: &Stage, name: &str, text: &str, days: u32) {
    stage.home.write(&format!(".aws/awstok/{name}"), text);
    date_back(stage, name, days);
}

fn date_back(stage: &Stage, name: &str, days: u32) {
    let file = File::options().append(true).open(stage.home.path(format!(".aws/awstok/{name}"))).unwrap();
    file.set_modified(SystemTime::now() - DAY * days).unwrap();
}

/// The sessions, and the lock files beside that of a device, of the AWS files and of the present session.
fn found(stage: &Stage) -> Vec<String> {
    let names = |folder: &str| -> Vec<String> {
        let entries = fs::read_dir(stage.home.path(".aws/awstok").join(folder)).unwrap();
        entries.map(|entry| format!("{folder}/{}", entry.unwrap().file_name().to_str().unwrap())).collect()
    };
    let mut found: Vec<String> = [names("cache"), names("locks")].concat();
    found.retain(|name| name.ends_with("json") || name.contains("old"));
    found.sort();
    found
}

#[test]
fn what_is_over_for_long_goes_when_a_session_is_fetched() {
    let stage = Stage::new();
    stage.home.ok(&["token", "plain"]);
    let present = found(&stage);
    assert_eq!(present.len(), 1);
    let entry = fs::read_to_string(stage.home.path(".aws/awstok").join(&present[0])).unwrap();
    let ended = |days: i64| {
        let mut entry: serde_json::Value = serde_json::from_str(&entry).unwrap();
        entry["expiration"] = (jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24 * days)).to_string().into();
        entry.to_string()
    };
    // over for long; the same, but somebody is on it; not for long; unknown; still good, of a source that says so
    for (name, text) in [
        ("old-gone", ended(30)),
        ("old-held", ended(30)),
        ("old-late", ended(3)),
        ("old-note", "mine".into()),
        ("old-good", ended(-300)),
    ] {
        left(&stage, &format!("cache/{name}.json"), &text, 40);
        left(&stage, &format!("locks/session-{name}.lock"), "1", 40);
    }
    left(&stage, "locks/session-old-gone.asking", "", 40);
    left(&stage, "locks/edit-old-profile.lock", "1", 40);
    left(&stage, "locks/edit-old-lately.lock", "1", 3);
    let held = File::open(stage.home.path(".aws/awstok/locks/session-old-held.lock")).unwrap();
    held.lock().unwrap();

    // who looked a moment ago doesn't look again, and what is handed out from the cache looks at nothing
    let all = found(&stage);
    stage.home.ok(&["token", "plain", "--force"]);
    assert_eq!(found(&stage), all);
    date_back(&stage, "locks/prune", 2);
    stage.home.ok(&["env", "plain", "--json"]);
    assert_eq!(found(&stage), all);

    stage.home.ok(&["token", "plain", "--force"]);
    let gone: Vec<String> = all.into_iter().filter(|name| !found(&stage).contains(name)).collect();
    let expected = [
        "cache/old-gone.json",
        "locks/edit-old-profile.lock",
        "locks/session-old-gone.asking",
        "locks/session-old-gone.lock",
    ];
    assert_eq!(gone, expected);
    // no longer held, it goes another day
    drop(held);
    date_back(&stage, "locks/prune", 2);
    stage.home.ok(&["token", "plain", "--force"]);
    assert!(!found(&stage).iter().any(|name| name.contains("held")));
}
