//! The Rust SDK gets what AWS would give it, and is refused in AWS's words.

use aws_sdk_sts::types::Tag;
use awstok::sandbox::{Fault, Role, Rule};

use super::*;

#[test]
fn a_user_a_session_a_role_and_a_role_behind_it() {
    let sandbox = start();
    run(async {
        let user = ann(&sandbox);
        let me = user.get_caller_identity().send().await.unwrap();
        assert_eq!(me.arn(), Some("arn:aws:iam::012345678901:user/ann"));
        assert_eq!(me.account(), Some(ACCOUNT));

        let asked = user.get_session_token().serial_number(DEVICE).token_code(code(&sandbox)).duration_seconds(7_200);
        let session = asked.send().await.unwrap().credentials.unwrap();
        assert!(session.access_key_id.starts_with("ASIA") && session.session_token.len() > 350);
        let left = session.expiration.secs() - jiff::Timestamp::now().as_second();
        assert!((7_190..=7_200).contains(&left), "{left}");
        let me = with(&sandbox, &session).get_caller_identity().send().await.unwrap();
        assert_eq!(me.arn(), Some("arn:aws:iam::012345678901:user/ann"));

        // the session's MFA is enough for the role
        let assumed =
            with(&sandbox, &session).assume_role().role_arn(ROLE).role_session_name("ann@desk").send().await.unwrap();
        let of_role = assumed.assumed_role_user.unwrap();
        assert_eq!(of_role.arn, "arn:aws:sts::210987654321:assumed-role/admin/ann@desk");
        assert!(of_role.assumed_role_id.starts_with("AROA") && of_role.assumed_role_id.ends_with(":ann@desk"));
        let role = with(&sandbox, &assumed.credentials.unwrap());
        assert_eq!(role.get_caller_identity().send().await.unwrap().arn, Some(of_role.arn));

        let chain = |seconds| role.assume_role().role_arn(BEHIND).role_session_name("ann").duration_seconds(seconds);
        assert!(
            refusal(chain(3_601).send().await).2.contains("1 hour session limit for roles assumed by role chaining")
        );
        chain(3_600).send().await.unwrap();
    });
    assert_eq!(sandbox.calls_of("AssumeRole").len(), 3);
    assert_eq!(sandbox.calls_of("GetSessionToken")[0].parameter("SerialNumber"), Some(DEVICE));
}

#[test]
fn codes_are_good_once_and_only_for_their_owner() {
    let sandbox = start();
    run(async {
        let used = code(&sandbox);
        let ask = |client: &Client, serial: &str, code: &str| {
            client.get_session_token().serial_number(serial).token_code(code).send()
        };
        let user = ann(&sandbox);
        ask(&user, DEVICE, &used).await.unwrap();
        let (status, name, message) = refusal(ask(&user, DEVICE, &used).await);
        assert_eq!((status, name.as_str()), (403, "AccessDenied"));
        assert_eq!(message, "MultiFactorAuthentication failed with invalid MFA one time pass code. ");
        let bob = client(&sandbox, "AKIABOB", "bobs+secret", None);
        assert!(refusal(ask(&bob, DEVICE, &code(&sandbox)).await).2.contains("unable to validate MFA code"));
        let alone = user.get_session_token().serial_number(DEVICE).send().await;
        assert!(refusal(alone).2.contains("must provide both"));
    });
}

#[test]
fn credentials_are_judged() {
    let sandbox = start();
    run(async {
        let identity = |client: Client| async move { refusal(client.get_caller_identity().send().await) };
        let (status, name, _) = identity(client(&sandbox, "AKIAUNKNOWN", SECRET, None)).await;
        assert_eq!((status, name.as_str()), (403, "InvalidClientTokenId"));
        assert_eq!(identity(client(&sandbox, KEY, "wrong", None)).await.1, "SignatureDoesNotMatch");
        assert_eq!(identity(client(&sandbox, KEY, SECRET, Some("token"))).await.1, "InvalidClientTokenId");

        let session =
            ann(&sandbox).get_session_token().duration_seconds(900).send().await.unwrap().credentials.unwrap();
        let refused = refusal(with(&sandbox, &session).get_session_token().send().await);
        assert_eq!(
            refused,
            (403, "AccessDenied".into(), "Cannot call GetSessionToken with session credentials".into())
        );
        let no_mfa = with(&sandbox, &session).assume_role().role_arn(ROLE).role_session_name("ann").send().await;
        assert_eq!(
            refusal(no_mfa).2,
            "User: arn:aws:iam::012345678901:user/ann is not authorized to perform: sts:AssumeRole on resource: \
             arn:aws:iam::210987654321:role/team/admin"
        );
        sandbox.set_clock_offset(jiff::SignedDuration::from_secs(-330));
        assert_eq!(identity(ann(&sandbox)).await.1, "SignatureDoesNotMatch");
        sandbox.set_clock_offset(jiff::SignedDuration::from_secs(270));
        ann(&sandbox).get_caller_identity().send().await.unwrap();
    });
}

#[test]
fn sessions_end() {
    let sandbox = start();
    sandbox.inject(Rule::new(Fault::Lifetime(Duration::from_secs(1))).times(1));
    run(async {
        let session = ann(&sandbox).get_session_token().send().await.unwrap().credentials.unwrap();
        sandbox.set_clock_offset(jiff::SignedDuration::from_secs(2));
        let (status, name, _) = refusal(with(&sandbox, &session).get_caller_identity().send().await);
        assert_eq!((status, name.as_str()), (403, "ExpiredToken"));
    });
}

#[test]
fn roles_hold_their_conditions() {
    let sandbox = start();
    run(async {
        let user = ann(&sandbox);
        let assume = |arn: &str| user.assume_role().role_arn(arn).role_session_name("ann");
        assert_eq!(refusal(assume(EXTERNAL).send().await).1, "AccessDenied");
        assume(EXTERNAL).external_id("partner-1").send().await.unwrap();
        let too_long = assume(EXTERNAL).external_id("partner-1").duration_seconds(3_601).send().await;
        assert_eq!(
            refusal(too_long),
            (
                400,
                "ValidationError".into(),
                "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.".into()
            )
        );
        // twelve hours need the code in the call itself
        assert_eq!(refusal(assume(LONG).duration_seconds(43_200).send().await).1, "AccessDenied");
        let direct = assume(LONG).duration_seconds(43_200).serial_number(DEVICE).token_code(code(&sandbox));
        direct.send().await.unwrap();
        let tag = |key: &str| Tag::builder().key(key).value("v 1").build().unwrap();
        let full = assume(EXTERNAL).external_id("partner-1").source_identity("ann");
        let full = full.tags(tag("team")).tags(tag("cost-centre")).transitive_tag_keys("team");
        let answer = full.policy(r#"{"Version":"2012-10-17","Statement":[]}"#).send().await.unwrap();
        assert!(answer.session_token_utilization.is_some_and(|percent| percent > 0));
        assert_eq!(answer.source_identity(), Some("ann"));
        let twice = assume(EXTERNAL).external_id("partner-1").tags(tag("a")).tags(tag("A"));
        assert_eq!(refusal(twice.send().await).1, "InvalidParameterValue");
        assert_eq!(refusal(assume(EXTERNAL).policy("{").send().await).1, "MalformedPolicyDocument");
    });
    // who comes later is known at once
    let (later, of_china) = ("arn:aws-cn:iam::210987654321:role/later", User::new(ACCOUNT, "", "AKIACN", "secret"));
    let of_china = User { arn: format!("arn:aws-cn:iam::{ACCOUNT}:user/li"), ..of_china };
    sandbox
        .change(|world| world.add_user(of_china).and_then(|()| world.add_role(Role::new(later).trusts("*"))))
        .unwrap();
    run(async {
        let user = client(&sandbox, "AKIACN", "secret", None);
        let answer = user.assume_role().role_arn(later).role_session_name("li").send().await.unwrap();
        assert_eq!(answer.assumed_role_user.unwrap().arn, "arn:aws-cn:sts::210987654321:assumed-role/later/li");
    });
}

#[test]
fn parameters_are_limited() {
    let sandbox = start();
    let calls: [(&str, i32, &str, &str); 6] = [
        (ROLE, 899, "ann", "greater than or equal to 900"),
        (ROLE, 43_201, "ann", "less than or equal to 43200"),
        (ROLE, 900, "a", "length greater than or equal to 2"),
        (ROLE, 900, "a b", "regular expression pattern: [\\w+=,.@-]*"),
        ("arn:aws:iam::1", 900, "ann", "length greater than or equal to 20"),
        ("arn:aws:iam::210987654321:user/ann", 900, "ann", "arn:aws:iam::210987654321:user/ann is invalid"),
    ];
    run(async {
        for (arn, duration, name, expected) in calls {
            let call = ann(&sandbox).assume_role().role_arn(arn).role_session_name(name).duration_seconds(duration);
            let (status, kind, message) = refusal(call.send().await);
            assert_eq!((status, kind.as_str()), (400, "ValidationError"));
            assert!(message.contains(expected), "{message}");
        }
        let call = ann(&sandbox).get_session_token().serial_number("short").token_code("12345a").send().await;
        assert!(refusal(call).2.starts_with("2 validation errors detected"));
    });
}

/// What tests of expiry live by: twenty seconds of everything, whatever was asked for.
#[test]
fn any_session_can_be_short() {
    let sandbox = start();
    sandbox.inject(Rule::new(Fault::Lifetime(Duration::from_secs(20))));
    let check = |credentials: Option<aws_sdk_sts::types::Credentials>| {
        let credentials = credentials.unwrap();
        let left = credentials.expiration.secs() - jiff::Timestamp::now().as_second();
        assert!((15..=20).contains(&left), "{left}");
        credentials
    };
    run(async {
        let user = ann(&sandbox);
        let asked = user.get_session_token().serial_number(DEVICE).token_code(code(&sandbox)).send().await;
        let session = check(asked.unwrap().credentials);
        let asked = with(&sandbox, &session).assume_role().role_arn(ROLE).role_session_name("ann").send().await;
        let role = check(asked.unwrap().credentials);
        with(&sandbox, &role).get_caller_identity().send().await.unwrap();
    });
}
