//! Renewal before the end, waves that share a change, two watches at once, rest in between.

use std::time::{Duration, Instant};

use awstok::sandbox::{Fault, Rule};
use jiff::Timestamp;

use super::Stage;

#[test]
fn credentials_in_the_file_are_renewed_before_they_end() {
    let stage = Stage::new(4);
    let mut watch = stage.watch(&["a"]);
    let line = watch.expect("a: fresh until ");
    assert!(line.ends_with("s)"), "{line}");
    let mut keys = std::collections::BTreeSet::new();
    let end = Instant::now() + Duration::from_secs(10);
    while Instant::now() < end {
        let sections = stage.sections();
        let section = &sections["a"];
        let expiration: Timestamp = section["expiration"].parse().unwrap();
        assert!(expiration > Timestamp::now(), "the file holds expired credentials");
        keys.insert(section["aws_access_key_id"].clone());
        std::thread::sleep(Duration::from_millis(50));
    }
    // a session of 4 s is renewed after 3 s or a little earlier
    assert!((3..=6).contains(&keys.len()), "{keys:?}");
    let said = watch.end();
    assert!(said.iter().all(|line| line.starts_with("a: fresh until ")), "{said:#?}");
    assert_eq!(said.len(), stage.calls_for("a"), "a line an event, a call an event");
}

#[test]
fn profiles_that_fall_together_share_one_change_of_the_files() {
    let stage = Stage::new(6);
    let mut watch = stage.watch(&["a", "b", "c", "-v"]);
    for round in 1..=2 {
        watch.expect("changed `");
        for name in ["a", "b", "c"] {
            watch.expect(&format!("{name}: fresh until "));
        }
        let changes = |line: &&String| line.starts_with("changed `") && line.ends_with("/credentials`");
        assert_eq!(watch.said().iter().filter(changes).count(), round, "{:#?}", watch.said());
    }
    assert_eq!(stage.sandbox.calls().len(), 6);
}

#[test]
fn two_watches_at_once_make_one_call() {
    let stage = Stage::new(6);
    stage.sandbox.inject(Rule::new(Fault::Latency(Duration::from_millis(300))));
    let mut watches = [stage.watch(&["a", "b", "c"]), stage.watch(&["a", "b", "c"])];
    for round in 1..=3 {
        for watch in &mut watches {
            for name in ["a", "b", "c"] {
                watch.expect(&format!("{name}: fresh until "));
            }
        }
        assert_eq!(stage.sandbox.calls().len(), 3 * round);
    }
}

#[test]
fn a_session_that_another_run_got_is_taken_up() {
    let stage = Stage::new(8);
    let mut watch = stage.watch(&["a"]);
    watch.expect("a: fresh");
    std::thread::sleep(Duration::from_secs(2));
    stage.home.ok(&["token", "a", "--force"]);
    let key = stage.sections()["a"]["aws_access_key_id"].clone();
    watch.expect("a: fresh");
    assert_eq!((stage.sections()["a"]["aws_access_key_id"].clone(), stage.calls_for("a")), (key, 2));
}

#[cfg(target_os = "linux")]
#[test]
fn it_rests_between_events_with_one_thread_and_little_memory() {
    let stage = Stage::new(3_600);
    let mut watch = stage.watch(&["a", "b", "c"]);
    watch.expect("c: fresh");
    let status = |thread: &str, key: &str| -> u64 {
        let text = std::fs::read_to_string(format!("/proc/{}/task/{thread}/status", watch.pid())).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_default();
        line.trim_start_matches(':').trim().trim_end_matches(" kB").parse().unwrap_or_default()
    };
    let threads = || -> Vec<String> {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", watch.pid())).unwrap();
        tasks.map(|task| task.unwrap().file_name().into_string().unwrap()).collect()
    };
    super::eventually("one thread is left", || threads().len() == 1);
    let main = threads().remove(0);
    let switches = || status(&main, "voluntary_ctxt_switches") + status(&main, "nonvoluntary_ctxt_switches");
    super::eventually("it comes to rest", || {
        let before = switches();
        std::thread::sleep(Duration::from_millis(300));
        before == switches()
    });
    let before = switches();
    assert!(before > 0);
    std::thread::sleep(Duration::from_secs(4));
    assert_eq!((switches(), threads().len()), (before, 1), "it woke up without an event");
    // the code of a debug build is many times as large, and says nothing of the program's
    let resident = status(&main, if cfg!(debug_assertions) { "RssAnon" } else { "VmRSS" });
    assert!((1..10_000).contains(&resident), "{resident} kB");
}

#[test]
fn all_takes_in_new_profiles_at_the_next_event_and_leaves_those_that_are_gone() {
    let stage = Stage::new(4);
    let mut watch = stage.watch(&["--all"]);
    watch.expect("ann: its credentials have no end; nothing is to be renewed");
    watch.expect("c: fresh");
    stage.role("d", "");
    std::fs::remove_file(stage.home.path(".aws/aws-profiles/b")).unwrap();
    watch.expect("b: its profile is gone; it is not watched any more");
    watch.expect("d: fresh until ");
    let before = stage.calls_for("b");
    // a profile that changes is planned anew: another role
    let changed = stage.home.read(".aws/aws-profiles/a").replace("role/a", "role/c");
    stage.home.profile("a", changed.trim_start_matches("[a]\n"));
    let calls = stage.calls_for("a");
    watch.expect("a: fresh");
    watch.expect("a: fresh");
    assert!(stage.calls_for("a") <= calls + 1, "the role of before was assumed again");
    assert_eq!(stage.calls_for("b"), before);
}

#[test]
fn an_auto_refresh_profile_is_renewed_into_the_cache_only() {
    let stage = Stage::new(4);
    stage.role("auto", "auto_refresh = yes\n");
    stage.home.ok(&["token", "a"]);
    let before = stage.home.read(".aws/credentials");
    let mut watch = stage.watch(&["auto"]);
    for _ in 0..3 {
        watch.expect("auto: fresh until ");
    }
    assert_eq!(stage.home.read(".aws/credentials"), before);
    assert!(stage.home.read(".aws/config").contains("credential-process auto"));
    let calls = stage.sandbox.calls().len();
    stage.home.ok(&["credential-process", "auto"]);
    assert_eq!(stage.sandbox.calls().len(), calls);
}
