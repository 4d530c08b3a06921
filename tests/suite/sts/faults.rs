//! The error matrix: every failure ends in time, in clear words, tried again only where that helps.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use awstok::error::Kind;
use awstok::sandbox::{Fault, Rule, Sandbox};
use awstok::sts::{Refusal, refusal_of, surely_not_sent};
use jiff::SignedDuration;

use super::{session, to, words};
use crate::sandbox::{code, start};

/// Makes a call without a code under a fault; gives the words and how many requests came in.
fn under(fault: Fault) -> (String, usize) {
    let sandbox = start();
    sandbox.inject(Rule::new(fault));
    let begun = Instant::now();
    let text = words(session(&to(&sandbox.url()), None), Kind::Unreachable);
    assert!(begun.elapsed() < Duration::from_secs(31));
    (text, sandbox.calls().len())
}

fn calls_with_code(sandbox: &Sandbox) -> usize {
    sandbox.calls().iter().filter(|call| call.parameter("TokenCode").is_some()).count()
}

#[test]
fn what_may_pass_is_tried_three_times() {
    for (fault, said) in [
        (Fault::Throttling, "Throttling"),
        (Fault::Failure(500), "status 500"),
        (Fault::Failure(503), "status 503"),
        (Fault::html(), "status 502"),
        (Fault::HangUp, "closed"),
        (Fault::TornBody, "closed"),
    ] {
        let (text, calls) = under(fault.clone());
        assert_eq!(calls, 3, "{fault:?}: {text}");
        assert!(text.contains(said), "{fault:?}: {text}");
    }
}

#[test]
fn what_another_try_cannot_mend_is_told_at_once() {
    for (fault, said) in [
        (Fault::empty_body(), "isn't one of AWS's"),
        (Fault::Redirect("http://127.0.0.1:1/".into()), "never followed"),
        (Fault::HugeBody(100 * 1024 * 1024), "longer than"),
        (Fault::missing("SecretAccessKey"), "incomplete"),
        (Fault::missing("Credentials"), "no credentials"),
    ] {
        let begun = Instant::now();
        let (text, calls) = under(fault.clone());
        assert_eq!(calls, 1, "{fault:?}: {text}");
        assert!(text.contains(said), "{fault:?}: {text}");
        assert!(begun.elapsed() < Duration::from_secs(5), "{fault:?}");
    }
}

#[test]
fn a_passing_fault_is_got_over() {
    let sandbox = start();
    sandbox.inject(Rule::new(Fault::Throttling).times(2));
    session(&to(&sandbox.url()), None).unwrap();
    assert_eq!(sandbox.calls().len(), 3);
}

#[test]
fn a_code_is_sent_once_whatever_goes_wrong() {
    for fault in [Fault::Throttling, Fault::Failure(500), Fault::HangUp, Fault::TornBody, Fault::html()] {
        let sandbox = start();
        sandbox.inject(Rule::new(fault.clone()));
        let result = session(&to(&sandbox.url()), Some(&code(&sandbox)));
        assert!(!surely_not_sent(result.as_ref().unwrap_err()), "{fault:?}");
        words(result, Kind::Unreachable);
        assert_eq!(calls_with_code(&sandbox), 1, "{fault:?}");
    }
}

#[test]
fn a_code_that_never_left_is_known_as_such() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let result = session(&to(&format!("http://{nobody}")), Some("123456"));
    assert!(surely_not_sent(result.as_ref().unwrap_err()));
    let text = words(result, Kind::Unreachable);
    assert!(text.contains("can't be reached") && text.contains("refused") && !text.contains("123456"), "{text}");
}

#[test]
fn a_host_without_an_address_is_named() {
    let text = words(session(&to("https://sts.nowhere.invalid"), None), Kind::Unreachable);
    assert!(text.contains("sts.nowhere.invalid") && text.contains("looked up"), "{text}");
}

#[test]
fn silence_and_slow_answers_end_in_time() {
    std::thread::scope(|scope| {
        for (fault, code_goes_along) in
            [(Fault::Silence, false), (Fault::Silence, true), (Fault::Drip(Duration::from_millis(500)), false)]
        {
            scope.spawn(move || {
                let sandbox = start();
                sandbox.inject(Rule::new(fault));
                let code = code_goes_along.then(|| code(&sandbox));
                let begun = Instant::now();
                let text = words(session(&to(&sandbox.url()), code.as_deref()), Kind::Unreachable);
                assert!(begun.elapsed() < Duration::from_secs(31), "{:?}", begun.elapsed());
                assert!(text.contains("in time"), "{text}");
                assert!(sandbox.calls().len() <= if code_goes_along { 1 } else { 3 });
            });
        }
    });
}

#[test]
fn hostile_answers_are_refused() {
    for (element, value) in [
        ("SessionToken", "a\nb"),
        ("SessionToken", "a\rb"),
        ("SessionToken", "[default]"),
        ("SecretAccessKey", "a b"),
        ("SecretAccessKey", ""),
        ("AccessKeyId", "asia\nx"),
        ("Expiration", "2001-01-01T00:00:00Z"),
        ("Expiration", "9999-12-31T23:59:59Z"),
        ("Expiration", "soon"),
    ] {
        let (text, calls) = under(Fault::value(element, value));
        assert_eq!(calls, 1, "{element}: {text}");
    }
    let (text, _) = under(Fault::value("Expiration", "2001-01-01T00:00:00Z"));
    assert!(text.contains("AWS answered with credentials that expire in the past"), "{text}");
}

#[test]
fn a_wrong_clock_is_noticed_and_its_offset_stated() {
    for minutes in [4, -4] {
        let sandbox = start();
        sandbox.set_clock_offset(SignedDuration::from_mins(minutes));
        session(&to(&sandbox.url()), None).unwrap();
    }
    for (minutes, said) in
        [(7, "7m"), (-7, "7m"), (60, "1h"), (-60, "1h"), (60 * 24 * 3_652, "behind"), (-60 * 24 * 3_652, "ahead of")]
    {
        let sandbox = start();
        sandbox.set_clock_offset(SignedDuration::from_mins(minutes));
        let result = session(&to(&sandbox.url()), None);
        assert_eq!(result.as_ref().err().and_then(refusal_of), Some(Refusal::ClockOff), "{result:?}");
        let text = words(result, Kind::Refused);
        assert!(
            text.contains(said) || text.contains(&said.replace("7m", "6m59s").replace("1h", "59m59s")),
            "{minutes}: {text}"
        );
        assert!(text.contains(if minutes > 0 { "behind AWS's" } else { "ahead of AWS's" }), "{text}");
        assert_eq!(sandbox.calls().len(), 1);
    }
}
