//! The calls to STS against the stand-in: what goes out, how failures are told apart, how long they take.

mod faults;
mod tls;

use std::time::{Duration, Instant};

use aws_credential_types::Credentials;
use awstok::clock::Clock;
use awstok::error::{Kind, Result, kind_of, render};
use awstok::profile::plan::{AssumeRole, Device};
use awstok::secret::Secret;
use awstok::session::Session;
use awstok::sts::{Caller, Mfa, Refusal, Sts, StsApi, StsSettings, refusal_of};
use awstok::wire::Network;

use crate::sandbox::{ACCOUNT, DEVICE, EXTERNAL, KEY, LONG, ROLE, SECRET, code, start};

pub fn to(url: &str) -> Sts {
    let settings = StsSettings { endpoint: Some(url.to_owned()), ..StsSettings::default() };
    Sts::new(settings, Network::default(), Clock::System)
}

pub fn ann() -> Credentials {
    Credentials::new(KEY, SECRET, None, None, "test")
}

pub fn caller(credentials: &Credentials) -> Caller<'_> {
    Caller { credentials, region: Some("eu-west-1") }
}

/// GetSessionToken of an hour, by ann.
pub fn session(sts: &Sts, code: Option<&str>) -> Result<Session> {
    let device = Device { serial: DEVICE.into(), ..Device::default() };
    let code = code.map(Secret::from);
    let mfa = code.as_ref().map(|code| Mfa { device: &device, code });
    sts.get_session_token(caller(&ann()), mfa, Duration::from_secs(3_600))
}

pub fn role(arn: &str) -> AssumeRole {
    AssumeRole {
        role_arn: arn.into(),
        session_name: "ann".into(),
        duration: Duration::from_secs(900),
        mfa: None,
        external_id: None,
        source_identity: None,
        tags: vec![],
        transitive_tag_keys: vec![],
        policy: None,
        policy_arns: vec![],
    }
}

/// Gives the words of an error after checking its kind.
pub fn words<T: std::fmt::Debug>(result: Result<T>, kind: Kind) -> String {
    let error = result.unwrap_err();
    let words = render(&error);
    assert_eq!(kind_of(&error), kind, "{words}");
    for secret in [SECRET, "TokenCode", "x-amz-security-token:FwoG"] {
        assert!(!words.contains(secret), "{words}");
    }
    words
}

#[test]
fn a_code_gives_a_session_and_the_session_a_role() {
    let sandbox = start();
    let sts = to(&sandbox.url());
    sts.connect(None, None);
    let user = session(&sts, Some(&code(&sandbox))).unwrap();
    let request = AssumeRole {
        tags: vec![("team".into(), "a b".into())],
        transitive_tag_keys: vec!["team".into()],
        ..role(ROLE)
    };
    let role = sts.assume_role(caller(&user.credentials), &request, None).unwrap();
    assert_eq!(role.arn.as_deref(), Some("arn:aws:sts::210987654321:assumed-role/admin/ann"));
    assert_eq!(role.account_id(), Some("210987654321"));
    let who = sts.get_caller_identity(caller(&role.credentials)).unwrap();
    assert_eq!((who.account.as_str(), who.arn.as_str()), ("210987654321", role.arn.as_deref().unwrap()));
    let sent = sandbox.calls_of("AssumeRole");
    assert_eq!(sent[0].parameter("Tags.member.1.Value"), Some("a b"));
    assert_eq!(sent[0].parameter("TransitiveTagKeys.member.1"), Some("team"));
    assert_eq!(sent[0].parameter("DurationSeconds"), Some("900"));
}

#[test]
fn a_role_may_take_the_code_itself() {
    let sandbox = start();
    let sts = to(&sandbox.url());
    let request = AssumeRole {
        mfa: Some(Device { serial: DEVICE.into(), ..Device::default() }),
        duration: Duration::from_secs(43_200),
        ..role(LONG)
    };
    let code = Secret::new(code(&sandbox));
    let session = sts.assume_role(caller(&ann()), &request, Some(&code)).unwrap();
    let left = session.expiration().unwrap().duration_since(jiff::Timestamp::now()).as_secs();
    assert!((43_190..=43_200).contains(&left));
}

#[test]
fn refusals_keep_awss_words_and_say_what_to_do() {
    let sandbox = start();
    let sts = to(&sandbox.url());
    let code = code(&sandbox);
    session(&sts, Some(&code)).unwrap();
    let reused = session(&sts, Some(&code));
    assert_eq!(reused.as_ref().err().and_then(refusal_of), Some(Refusal::WrongCode));
    let text = words(reused, Kind::Refused);
    assert!(text.contains("AccessDenied: MultiFactorAuthentication failed") && text.contains("request id"), "{text}");
    assert!(text.contains("hint: wait for the device's next code") && !text.contains(&code), "{text}");

    let unknown = Credentials::new("AKIAUNKNOWNUNKNOWN00", SECRET, None, None, "test");
    let wrong = Credentials::new(KEY, "wrong", None, None, "test");
    let ten_hours = AssumeRole { duration: Duration::from_secs(36_000), ..role(EXTERNAL) };
    let external = AssumeRole { external_id: Some("partner-1".into()), ..ten_hours.clone() };
    let cases = [
        (sts.get_session_token(caller(&unknown), None, Duration::from_secs(900)), Refusal::UnknownKey),
        (sts.get_session_token(caller(&wrong), None, Duration::from_secs(900)), Refusal::BadSignature),
        (sts.assume_role(caller(&ann()), &role(ROLE), None), Refusal::Denied),
        (sts.assume_role(caller(&ann()), &role(EXTERNAL), None), Refusal::Denied),
        (sts.assume_role(caller(&ann()), &external, None), Refusal::TooLong),
    ];
    for (result, expected) in cases {
        assert_eq!(result.as_ref().err().and_then(refusal_of), Some(expected), "{result:?}");
        assert!(words(result, Kind::Refused).contains("hint: "));
    }
    assert_eq!(sandbox.calls().iter().filter(|call| call.status != 200).count(), 6);
}

#[test]
fn calls_of_many_threads_run_side_by_side() {
    let sandbox = start();
    sandbox.inject(awstok::sandbox::Rule::new(awstok::sandbox::Fault::Latency(Duration::from_millis(200))));
    let sts = to(&sandbox.url());
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| assert_eq!(sts.get_caller_identity(caller(&ann())).unwrap().account, ACCOUNT));
        }
    });
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
}

#[test]
fn nothing_leaves_for_a_place_that_could_be_anyones() {
    let sandbox = start();
    let port = sandbox.url();
    let port = port.rsplit(':').next().unwrap();
    for url in
        [format!("http://127.0.0.1.nip.io:{port}"), format!("http://localhost@127.0.0.1:{port}"), "https://a/#".into()]
    {
        let text = words(session(&to(&url), None), Kind::Invalid);
        assert!(text.contains("is refused"), "{text}");
    }
    for region in ["x.evil.com/#", "a@b", "../"] {
        let credentials = ann();
        let caller = Caller { credentials: &credentials, region: Some(region) };
        words(to(&sandbox.url()).get_caller_identity(caller), Kind::Invalid);
    }
    assert!(sandbox.calls().is_empty());
}

#[test]
fn settings_that_do_not_go_together_are_said() {
    let sandbox = start();
    let settings = StsSettings { endpoint: Some(sandbox.url()), use_fips: true, ..StsSettings::default() };
    let text = words(session(&Sts::new(settings, Network::default(), Clock::System), None), Kind::Invalid);
    assert!(text.contains("FIPS"), "{text}");
    assert!(sandbox.calls().is_empty());
}
