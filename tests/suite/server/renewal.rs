//! Renewal ahead, and what is served while it fails.

use awstok::sandbox::{Fault, Rule};
use jiff::Timestamp;

use super::{Answer, Served, short_lives};
use crate::commands::{Stage, json};

fn key(answer: &Answer) -> String {
    json(&answer.body)["AccessKeyId"].as_str().unwrap().to_owned()
}

fn end(answer: &Answer) -> Timestamp {
    json(&answer.body)["Expiration"].as_str().unwrap().parse().unwrap()
}

#[test]
fn credentials_are_renewed_ahead_and_served_without_a_gap() {
    let stage = Stage::new();
    short_lives(&stage, "AssumeRole", 4);
    let served = Served::start(&stage, &["-v"]);
    let mut seen = vec![key(&served.credentials())];
    while seen.len() < 4 {
        // a refusal at any instant ends the test
        let answer = served.wait_for("an unbroken service", 0, |answer| answer.status == 200);
        assert!(end(&answer) > Timestamp::now() - jiff::SignedDuration::from_secs(1));
        if seen.last() != Some(&key(&answer)) {
            seen.push(key(&answer));
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let calls = stage.sandbox.calls_of("AssumeRole").len();
    assert!(calls <= seen.len() + 1, "{calls}");
    let run = served.end("TERM");
    assert_eq!(run.code, 0);
    assert!(run.err.matches("\nprod: renewed until 2").count() >= 3, "{}", run.err);
}

#[test]
fn while_renewal_fails_the_credentials_serve_to_their_end_and_not_longer() {
    let stage = Stage::new();
    short_lives(&stage, "AssumeRole", 5);
    let served = Served::start(&stage, &[]);
    let first = served.credentials();
    stage.sandbox.inject(Rule::new(Fault::Failure(500)).action("AssumeRole"));
    let secret = json(&first.body)["SecretAccessKey"].as_str().unwrap().to_owned();
    let refused = served.wait_for("the end", 20, |answer| {
        if answer.status == 200 {
            assert_eq!(key(answer), key(&first));
        }
        answer.status != 200
    });
    assert!(Timestamp::now() >= end(&first), "refused before the end: {refused:?}");
    assert_eq!((refused.status, &json(&refused.body)["code"]), (503, &"CredentialsExpired".into()));
    assert!(!refused.body.contains(&secret));
    // a renewal of three tries has failed as a whole
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while stage.sandbox.calls_of("AssumeRole").len() < 4 {
        assert!(std::time::Instant::now() < deadline, "{:?}", stage.sandbox.calls());
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    stage.sandbox.clear_faults();
    let again = served.wait_for("new credentials", 60, |answer| answer.status == 200);
    assert_ne!(key(&again), key(&first));
    let run = served.end("TERM");
    let said: Vec<&str> = run.err.lines().collect();
    assert_eq!(run.code, 0);
    assert!(said[1].starts_with("warning: prod: "), "{said:?}");
    assert_eq!(said.last(), Some(&"prod: credentials are fresh again"));
    assert!(said.len() <= 4, "{said:?}");
}

#[test]
fn a_hundred_at_once_around_the_end_make_one_call() {
    let stage = Stage::new();
    short_lives(&stage, "AssumeRole", 4);
    let served = Served::start(&stage, &[]);
    let first = served.credentials();
    std::thread::scope(|scope| {
        for _ in 0..100 {
            scope.spawn(|| {
                while Timestamp::now() < end(&first) + jiff::SignedDuration::from_millis(200) {
                    assert_eq!(served.credentials().status, 200);
                    std::thread::sleep(std::time::Duration::from_millis(100));
                }
            });
        }
    });
    assert_ne!(key(&served.credentials()), key(&first));
    let calls = stage.sandbox.calls_of("AssumeRole").len();
    assert!((2..=3).contains(&calls), "{calls}");
}
