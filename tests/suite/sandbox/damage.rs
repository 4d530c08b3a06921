//! Scripted faults reach a client as what they are.

use std::time::Instant;

use aws_sdk_sts::error::SdkError;
use awstok::sandbox::{Fault, Rule};

use super::*;

#[test]
fn refusals_and_failures() {
    let sandbox = start();
    sandbox.inject(Rule::new(Fault::Throttling).times(1));
    sandbox.inject(Rule::new(Fault::Failure(500)).times(2));
    sandbox.inject(Rule::new(Fault::Failure(503)).action("GetCallerIdentity").access_key_id(KEY).times(3));
    run(async {
        for (status, code) in [(400, "Throttling"), (500, "InternalFailure"), (503, "ServiceUnavailable")] {
            let (found, name, _) = refusal(ann(&sandbox).get_caller_identity().send().await);
            assert_eq!((found, name.as_str()), (status, code));
        }
        ann(&sandbox).get_caller_identity().send().await.unwrap();
    });
    let statuses: Vec<u16> = sandbox.calls().iter().map(|call| call.status).collect();
    assert_eq!(statuses, [400, 500, 503, 200]);
}

#[test]
fn no_usable_answer() {
    let faults = [
        Fault::html(),
        Fault::empty_body(),
        Fault::TornBody,
        Fault::HangUp,
        Fault::Silence,
        Fault::Drip(Duration::from_millis(100)),
        Fault::Redirect("http://127.0.0.1:1/".into()),
        Fault::Latency(Duration::from_secs(60)),
        Fault::missing("SecretAccessKey"),
    ];
    std::thread::scope(|scope| {
        for fault in faults {
            scope.spawn(|| fails(fault));
        }
    });
}

fn fails(fault: Fault) {
    let sandbox = start();
    sandbox.inject(Rule::new(fault.clone()));
    let result = run(async { ann(&sandbox).get_session_token().send().await });
    match &result {
        Err(SdkError::TimeoutError(_)) => {
            assert!(matches!(fault, Fault::Silence | Fault::Drip(_) | Fault::Latency(_)), "{fault:?}");
        }
        Err(_) => {}
        // the SDK takes a missing element for an empty one
        Ok(answer) => assert_eq!(answer.credentials().unwrap().secret_access_key(), "", "{fault:?}"),
    }
    // whoever still waits is let go
    let before = Instant::now();
    drop(sandbox);
    assert!(before.elapsed() < Duration::from_secs(1), "{fault:?}");
}

#[test]
fn hostile_values_arrive_as_they_are() {
    let sandbox = start();
    let token = "x\r\n[default]\naws_access_key_id = AKIAEVIL\u{1b}";
    run(async {
        let fetch = |fault| {
            sandbox.inject(Rule::new(fault).times(1));
            async { ann(&sandbox).get_session_token().send().await.unwrap().credentials.unwrap() }
        };
        assert_eq!(fetch(Fault::value("SessionToken", token)).await.session_token, token);
        let year = fetch(Fault::value("Expiration", "9999-12-31T23:59:59Z")).await.expiration.secs();
        assert_eq!(year, 253_402_300_799);
        fetch(Fault::HugeBody(3_000_000)).await;
    });
}
