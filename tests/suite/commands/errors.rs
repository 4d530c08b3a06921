//! What AWS or the way to it does wrong: exit code, words, and that nothing was printed or changed.

use std::net::TcpListener;

use awstok::sandbox::{Fault, Rule};
use jiff::SignedDuration;

use super::{DEVICE, Stage};
use crate::home::Run;

const MFA_WRONG: &str = "AccessDenied: MultiFactorAuthentication failed with invalid MFA one time pass code.";

/// Holds the shape of a message: what failed, why, a blank line, what to do; lower case, no final full stop.
#[track_caller]
pub fn has_shape(said: &str) {
    let (message, hint) = said.split_once("\n\n").unwrap_or((said.trim_end(), ""));
    let mut lines = message.lines().skip_while(|line| line.starts_with("warning: "));
    let first = lines.next().unwrap();
    let words = first.strip_prefix("error: ").unwrap_or_else(|| panic!("{said}"));
    assert!(!words.starts_with(char::is_uppercase) || words.starts_with("AWS") || words.contains(" at `"), "{said}");
    for line in lines {
        assert!(line.starts_with("  caused by: "), "{said}");
    }
    assert!(!message.lines().any(|line| line.ends_with('.') && !line.ends_with("code.")), "{said}");
    if !hint.is_empty() {
        assert!(hint.starts_with("hint: ") && hint.ends_with('\n') && hint.lines().count() == 1, "{said}");
    }
    assert!(!said.contains('\u{1b}'), "{said:?}");
}

impl Stage {
    /// Runs a command that must fail so, and must change and print nothing.
    #[track_caller]
    fn refused(&self, code: i32, args: &[&str], words: &[&str]) -> String {
        let before = self.files();
        let run = self.home.run(args);
        assert_eq!((run.code, run.out.as_str()), (code, ""), "{args:?}: {run:#?}");
        has_shape(&run.err);
        for words in words {
            assert!(run.err.contains(words), "`{words}` in {}", run.err);
        }
        assert_eq!(self.files(), before, "{args:?}");
        run.err
    }
}

/// A home with the files of an earlier run.
fn furnished() -> Stage {
    let stage = Stage::new();
    stage.home.write(".aws/credentials", "# mine\n[prod]\naws_access_key_id = old\n");
    stage.home.ok(&["sync"]);
    stage
}

#[test]
fn a_wrong_or_reused_code_is_refused() {
    let stage = furnished();
    let wrong = (0..).map(|n| format!("{n:06}")).find(|code| !stage.sandbox.accepts(DEVICE, code)).unwrap();
    let said = stage.refused(
        4,
        &["token", "prod", "--mfa-code", &wrong],
        &[MFA_WRONG, "(request id ", "\n\nhint: wait for the device's next code"],
    );
    assert!(said.starts_with("error: ") && !said.contains(&wrong), "{said}");
    // used by somebody else: only AWS knows
    let code = stage.code();
    let other = Stage::new();
    let endpoint = stage.sandbox.url();
    let run = other.home.command(["token", "mainuser", "--mfa-code", &code]).env("AWS_ENDPOINT_URL", endpoint).output();
    assert!(run.unwrap().status.success());
    let said = stage.refused(4, &["token", "prod", "--mfa-code", &code], &[MFA_WRONG, "request id", "each works once"]);
    assert!(!said.contains(&code), "{said}");
}

#[test]
fn keys_that_aws_doesnt_take_are_refused() {
    let stage = furnished();
    stage.home.profile("gone", "aws_access_key_id = AKIAGONEGONEGONEGONE\naws_secret_access_key = wrong\n");
    let words = [
        "error: ",
        "InvalidClientTokenId: The security token included in the request is invalid",
        "request id",
        "hint: the access key was deleted",
    ];
    stage.refused(4, &["token", "gone"], &words);
    stage.home.profile("typo", "aws_access_key_id = AKIAROBOTROBOTROBOT1\naws_secret_access_key = wrong\n");
    let words = ["SignatureDoesNotMatch", "request id", "hint: check `aws_secret_access_key` in "];
    stage.refused(4, &["token", "typo"], &words);
    stage.home.profile("denied", "role_arn = arn:aws:iam::210987654321:role/Nobodys\nmaster_profile = plain\n");
    let words = [
        "AccessDenied: User: arn:aws:iam::123456789012:user/robot is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::210987654321:role/Nobodys",
        "request id",
        "hint: check the role's trust policy",
    ];
    stage.refused(4, &["token", "denied"], &words);
    stage.refused(4, &["env", "denied", "--json"], &words);
    stage.refused(4, &["whoami", "denied"], &words);
    stage.refused(4, &["credential-process", "denied"], &words);
}

#[test]
fn an_expired_session_is_refused_in_its_own_words() {
    let stage = furnished();
    stage.home.ok(&["env", "plain", "--json"]);
    let body = "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type><Code>ExpiredToken</Code>\
        <Message>The security token included in the request is expired</Message></Error><RequestId>1-2-3</RequestId></ErrorResponse>";
    let answer = Fault::Answer { status: 403, content_type: "text/xml", body: body.into() };
    stage.sandbox.inject(Rule::new(answer));
    let words = [
        "ExpiredToken: The security token included in the request is expired",
        "hint: get a new session with `awstok token --force`",
    ];
    stage.refused(4, &["whoami", "plain"], &words);
}

#[test]
fn what_isnt_an_answer_is_unreachable() {
    let faults = [
        (Fault::Throttling, "Throttling"),
        (Fault::Failure(500), "status 500: InternalFailure"),
        (Fault::Failure(503), "status 503: ServiceUnavailable"),
        (Fault::html(), "the answer (status 502) isn't one of AWS's"),
        (Fault::empty_body(), ""),
        (Fault::TornBody, ""),
        (Fault::HangUp, "the connection was closed before the answer was whole"),
        (Fault::Redirect("http://127.0.0.1:1/elsewhere".into()), "leads to another place, which is never followed"),
    ];
    // most of it is waiting between tries
    std::thread::scope(|scope| {
        for (fault, words) in faults {
            scope.spawn(move || {
                let stage = furnished();
                let is_redirect = matches!(fault, Fault::Redirect(_));
                stage.sandbox.inject(Rule::new(fault));
                stage.refused(6, &["token", "plain"], &["error: ", "GetSessionToken at `http://127.0.0.1:", words]);
                let calls = stage.calls().len();
                assert!((1..=3).contains(&calls) && (calls == 1 || !is_redirect), "{words}: {calls} tries");
            });
        }
    });
}

#[test]
fn a_code_is_sent_once_whatever_happens_to_the_answer() {
    for fault in [Fault::TornBody, Fault::HangUp, Fault::Failure(503), Fault::Throttling] {
        let stage = furnished();
        stage.sandbox.inject(Rule::new(fault));
        let code = stage.code();
        stage.refused(6, &["token", "prod", "--mfa-code", &code], &["error: "]);
        assert_eq!(stage.calls().len(), 1, "a code works once: no second try");
        stage.sandbox.clear_faults();
        stage.refused(4, &["token", "prod", "--mfa-code", &code], &["was used already"]);
        assert_eq!(stage.calls(), [""; 0]);
    }
}

#[test]
fn a_connection_that_is_refused_spends_no_code() {
    let stage = furnished();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let before = stage.files();
    let code = stage.code();
    let mut command = stage.home.command(["token", "prod", "--mfa-code", &code]);
    let run = Run::of(command.env("AWS_ENDPOINT_URL", format!("http://{free}")).output().unwrap());
    assert_eq!((run.code, run.out.as_str()), (6, ""), "{run:#?}");
    assert!(run.err.contains(&format!("`http://{free}` can't be reached for GetSessionToken")), "{}", run.err);
    assert!(run.err.contains("  caused by: the connection was refused"), "{}", run.err);
    has_shape(&run.err);
    assert_eq!(stage.files(), before);
    stage.home.ok(&["token", "prod", "--mfa-code", &code]);
}

#[test]
fn silence_ends_within_the_promised_time() {
    let stage = furnished();
    stage.sandbox.inject(Rule::new(Fault::Silence));
    stage.refused(6, &["token", "plain"], &["no answer came in time"]);
}

#[test]
fn hostile_answers_are_refused_before_any_write() {
    let values = [
        Fault::value("SessionToken", "a\nb"),
        Fault::value("SessionToken", "a\r[evil]"),
        Fault::value("SessionToken", "[evil]\naws_access_key_id = AKIAEVIL"),
        Fault::value("SecretAccessKey", "x\u{2028}y"),
        Fault::value("AccessKeyId", "../../etc"),
        Fault::value("AccessKeyId", ""),
        Fault::value("Expiration", "2001-01-01T00:00:00Z"),
        Fault::value("Expiration", "9999-12-31T23:59:59Z"),
        Fault::value("Expiration", "soon"),
        Fault::missing("SessionToken"),
        Fault::missing("SecretAccessKey"),
        Fault::missing("AccessKeyId"),
        Fault::missing("Expiration"),
        Fault::missing("Credentials"),
        Fault::HugeBody(100_000_000),
    ];
    std::thread::scope(|scope| {
        for fault in values {
            scope.spawn(move || {
                let stage = furnished();
                let shown = format!("{fault:?}");
                stage.sandbox.inject(Rule::new(fault));
                let said = stage.refused(6, &["token", "plain"], &["error: "]);
                assert!(!said.contains("AKIAEVIL"), "{said}");
                let cached = std::fs::read_dir(stage.home.path(".aws/awstok/cache"));
                assert_eq!(cached.map_or(0, Iterator::count), 0, "{shown}");
            });
        }
    });
}

#[test]
fn a_clock_that_is_off_is_stated() {
    for (minutes, direction) in [(60, "behind"), (-60, "ahead of"), (60 * 24 * 366, "behind")] {
        let stage = furnished();
        stage.sandbox.set_clock_offset(SignedDuration::from_mins(minutes));
        let words = "\nhint: this machine's clock is ";
        stage.refused(4, &["token", "plain"], &["SignatureDoesNotMatch: ", "request id", words, direction]);
    }
    for minutes in [-4, 4] {
        let stage = furnished();
        stage.sandbox.set_clock_offset(SignedDuration::from_mins(minutes));
        stage.home.ok(&["token", "plain"]);
    }
}

#[test]
fn a_session_that_lives_stands_in_while_aws_is_away() {
    let stage = furnished();
    stage.home.ok(&["token", "plain"]);
    let old = stage.section("plain");
    stage.end_session("plain", 600);
    stage.sandbox.inject(Rule::new(Fault::Failure(503)));
    let run = stage.home.run(&["env", "plain", "--json"]);
    assert_eq!(run.code, 0, "{run:#?}");
    assert!(
        run.err.starts_with("warning: no new session could be had, the present one serves for 9m 5"),
        "{}",
        run.err
    );
    assert!(old.contains(super::json(&run.out)["AWS_SESSION_TOKEN"].as_str().unwrap()));
    // who asks for a new one by name gets no old one
    stage.refused(6, &["token", "plain", "--force"], &["status 503"]);
}

#[test]
fn files_that_cant_be_read_stop_everything_before_a_call() {
    let stage = furnished();
    stage.home.write(".aws/awstok/settings", "[defaults]\nregion = a\nregion = b\n");
    stage.refused(3, &["token", "plain"], &["settings:3`: `region` is repeated", "hint: keep one of the two lines"]);
    stage.home.write(".aws/awstok/settings", "");
    stage.home.write(".aws/config", "[unclosed\n");
    let before = stage.files();
    let said = stage.home.fails(3, &["token", "ci"]);
    assert!(said.contains(".aws/config:1`"), "{said}");
    assert_eq!(stage.files(), before);
    assert_eq!(stage.calls(), [""; 0]);
}
