//! Roles for tokens of identity providers: AWS's words with the Rust SDK, and boto3 as a program in a pod.

use awstok::sandbox::{Fault, IdentityProvider, Rule};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::*;
use crate::home::{Home, Run};
use crate::tools::python;

pub const ISSUER: &str = "https://ci.example.com/org";
pub const AUDIENCE: &str = "sts.amazonaws.com";
pub const SUBJECT: &str = "repo:org/app:ref:main";
pub const DEPLOY: &str = "arn:aws:iam::210987654321:role/ci/deploy";

/// A provider that the roles' account knows, and a role of two hours for the tokens of one repository.
pub fn with_provider() -> Sandbox {
    let sandbox = start();
    sandbox.change(|world| {
        world
            .add_identity_provider(IdentityProvider::new("210987654321", ISSUER).audience(AUDIENCE).audience("b"))
            .unwrap();
        let role = Role::new(DEPLOY).trusts_identity(ISSUER, AUDIENCE, "repo:org/app:*");
        world.add_role(role.max_duration(Duration::from_secs(7_200))).unwrap();
    });
    sandbox
}

fn token(sandbox: &Sandbox, subject: &str, audience: &str, minutes: i64) -> String {
    let token = sandbox.identity_token(ISSUER, subject, audience, SignedDuration::from_mins(minutes)).unwrap();
    token.expose().clone()
}

#[test]
fn a_token_opens_the_role_that_trusts_it() {
    let sandbox = with_provider();
    run(async {
        // a client without any credentials
        let config = aws_sdk_sts::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-central-1"))
            .endpoint_url(sandbox.url())
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .build();
        let asked = Client::from_conf(config)
            .assume_role_with_web_identity()
            .role_arn(DEPLOY)
            .role_session_name("run-1")
            .web_identity_token(token(&sandbox, SUBJECT, AUDIENCE, 5));
        let found = asked.send().await.unwrap();
        assert_eq!(found.subject_from_web_identity_token(), Some(SUBJECT));
        assert_eq!(found.audience(), Some(AUDIENCE));
        assert_eq!(found.provider(), Some("arn:aws:iam::210987654321:oidc-provider/ci.example.com/org"));
        let assumed = "arn:aws:sts::210987654321:assumed-role/deploy/run-1";
        assert_eq!(found.assumed_role_user().unwrap().arn(), assumed);
        let credentials = found.credentials().unwrap();
        let left = credentials.expiration().secs() - jiff::Timestamp::now().as_second();
        assert!((3_590..=3_600).contains(&left), "{left}");
        let me = with(&sandbox, credentials).get_caller_identity().send().await.unwrap();
        assert_eq!(me.arn(), Some(assumed));
    });
    let calls = sandbox.calls_of("AssumeRoleWithWebIdentity");
    assert_eq!((calls.len(), calls[0].access_key_id.as_deref(), calls[0].status), (1, None, 200));
}

#[test]
fn what_does_not_fit_is_refused_in_aws_words() {
    let sandbox = with_provider();
    let client = ann(&sandbox);
    let refused = |role: &str, token: String, seconds: i32| {
        let asked = client.assume_role_with_web_identity().role_arn(role).role_session_name("run-1");
        refusal(run(asked.web_identity_token(token).duration_seconds(seconds).send()))
    };
    let good = || token(&sandbox, SUBJECT, AUDIENCE, 5);
    let (status, name, message) = refused(DEPLOY, token(&sandbox, SUBJECT, AUDIENCE, -1), 900);
    assert_eq!((status, name.as_str()), (400, "ExpiredTokenException"));
    assert!(message.starts_with("Token expired: current date/time 1"), "{message}");
    assert!(message.contains(" must be before the expiration date/time 1"), "{message}");
    let denied = (403, "AccessDenied".to_owned(), "Not authorized to perform sts:AssumeRoleWithWebIdentity".to_owned());
    assert_eq!(refused(DEPLOY, token(&sandbox, "repo:org/other:x", AUDIENCE, 5), 900), denied);
    assert_eq!(refused(DEPLOY, token(&sandbox, SUBJECT, "b", 5), 900), denied);
    assert_eq!(refused("arn:aws:iam::210987654321:role/nobody", good(), 900), denied);
    assert_eq!(refused(LONG, good(), 900), denied, "a role that trusts users only");
    for (role, token, said) in [
        (DEPLOY, "none".to_owned(), "The ID Token provided is not a valid JWT. (You may see this error"),
        (DEPLOY, token(&sandbox, SUBJECT, "other", 5), "Incorrect token audience"),
        (
            "arn:aws:iam::111122223333:role/x",
            good(),
            "No OpenIDConnect provider found in your account for https://ci.example.com/org",
        ),
    ] {
        let (status, name, message) = refused(role, token, 900);
        assert_eq!((status, name.as_str()), (400, "InvalidIdentityToken"), "{message}");
        assert!(message.starts_with(said), "{message}");
    }
    for (seconds, said) in [
        (899, "Member must have value greater than or equal to 900"),
        (43_201, "Member must have value less than or equal to 43200"),
        (7_201, "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."),
    ] {
        let (status, name, message) = refused(DEPLOY, good(), seconds);
        assert!(status == 400 && name == "ValidationError" && message.ends_with(said), "{seconds}: {message}");
    }
    let (_, _, message) = refused(DEPLOY, "x".repeat(20_001), 900);
    assert!(
        message.ends_with(
            "at 'webIdentityToken' failed to satisfy constraint: Member must have length less than or equal to 20000"
        ),
        "{message}"
    );
    assert_eq!(refused("arn:aws:iam::210987654321:user/ann", good(), 900).1, "ValidationError");
    sandbox.inject(Rule::new(Fault::Throttling).action("AssumeRoleWithWebIdentity").times(1));
    assert_eq!(refused(DEPLOY, good(), 900).1, "Throttling");
}

const SCRIPT: &str = r#"
import json, boto3
session = boto3.Session()
print(json.dumps([session.get_credentials().method, session.client("sts").get_caller_identity()["Arn"]]))
"#;

#[test]
fn boto3_is_the_role_of_its_token() {
    let Some(python) = python("boto3") else { return };
    let sandbox = with_provider();
    sandbox.inject(Rule::new(Fault::Lifetime(Duration::from_secs(20))));
    let mut home = Home::new();
    home.write("token", token(&sandbox, SUBJECT, AUDIENCE, 5));
    home.set("AWS_ENDPOINT_URL", sandbox.url());
    home.set("AWS_REGION", "eu-central-1");
    home.set("AWS_DEFAULT_REGION", "eu-central-1");
    home.set("AWS_EC2_METADATA_DISABLED", "true");
    home.set("AWS_ROLE_ARN", DEPLOY);
    home.set("AWS_ROLE_SESSION_NAME", "run-1");
    home.set("AWS_WEB_IDENTITY_TOKEN_FILE", home.path("token").to_str().unwrap());
    let run = Run::of(home.other(&python).args(["-c", SCRIPT]).output().unwrap());
    assert_eq!(run.code, 0, "{run:#?}");
    let arn = "arn:aws:sts::210987654321:assumed-role/deploy/run-1";
    assert_eq!(serde_json::from_str::<Value>(&run.out).unwrap(), json!(["assume-role-with-web-identity", arn]));
}
