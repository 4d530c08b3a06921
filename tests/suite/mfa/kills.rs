//! `mfa enroll` killed before each change of a file, with the seed in every store: no device that nobody knows of, no lost seed.

use super::devices::{SERIAL, finish};
use crate::commands::Stage;
use crate::faults::trace::{Call, Strace};
use crate::vault::PASSPHRASE;
use crate::vault::keyrings::Desktop;

/// A stage whose `plain` can keep a seed in that store.
fn stage(store: &str) -> Option<(Stage, Option<Desktop>)> {
    let mut stage = Stage::new();
    let desktop = match store {
        "keyring" => Some(Desktop::start(&mut stage.home)?),
        _ => None,
    };
    stage.home.set("AWSTOK_PASSPHRASE", PASSPHRASE);
    Some((stage, desktop))
}

/// Kills an enrolment before each step that `is_meant`, and goes on with it.
fn killed_before(store: &str, is_meant: fn(&Call) -> bool) {
    let args = ["mfa", "enroll", "plain", "--no-qr", "--store", store];
    let Some((model, _desktop)) = stage(store) else { return };
    let Some(strace) = Strace::of(&model.home) else { return };
    let calls = strace.calls(&args);
    let steps: Vec<_> = calls
        .iter()
        .filter(|call| call.name.starts_with("rename") || call.name.starts_with("unlink"))
        .filter(|call| is_meant(call))
        .collect();
    assert!(steps.len() >= 4, "{steps:#?}");
    // a code that was noted is waited out: all do so side by side
    std::thread::scope(|scope| {
        for step in steps {
            let (stage, desktop) = stage(store).unwrap();
            let run = Strace::of(&stage.home).unwrap().inject(step, "signal=KILL", &args);
            assert_eq!(run.code, -1, "not killed before {}: {run:#?}", step.line);
            scope.spawn(move || {
                finish(&stage, store, &format!("{store}, killed before {}", step.line));
                drop(desktop);
            });
        }
    });
}

#[test]
fn with_the_seed_in_the_file() {
    killed_before("file", |_| true);
}

#[test]
fn with_the_seed_in_the_keyring() {
    killed_before("keyring", |_| true);
}

#[test]
fn with_the_seed_under_a_passphrase() {
    // the others are the same as with a file, and each run works at the passphrase
    let is_meant = |call: &Call| {
        call.line.contains("/secrets/") || (call.name.starts_with("unlink") && call.line.contains(".enroll"))
    };
    killed_before("passphrase", is_meant);
}

#[test]
fn a_store_that_cannot_be_written_is_known_before_there_is_a_device() {
    let mut stage = Stage::new();
    stage.home.set("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus");
    let before = stage.home.read(".aws/aws-profiles/plain");
    let err = stage.home.fails(1, &["mfa", "enroll", "plain", "--store", "keyring", "--no-qr"]);
    assert!(err.contains("there is no keyring that answers") && err.contains("hint: "), "{err}");
    assert!(!stage.calls().iter().any(|action| action.starts_with("Create")));
    // a passphrase that nobody gives is known when the seed is kept: the device goes again
    let err = stage.home.fails(5, &["mfa", "enroll", "plain", "--store", "passphrase", "--no-qr"]);
    assert!(err.contains("AWSTOK_PASSPHRASE"), "{err}");
    assert!(stage.sandbox.display(SERIAL).is_none());
    assert_eq!(stage.home.read(".aws/aws-profiles/plain"), before);
    assert!(!stage.home.exists(".aws/awstok/mfa/plain.enroll"));
}
