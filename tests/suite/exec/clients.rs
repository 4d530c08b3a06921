//! boto3 and the AWS CLI under `exec` and `exec --server`: past ends of credentials, and past what would win over an endpoint.

use std::time::Duration;

use awstok::sandbox::{Fault, Rule};
use serde_json::Value;

use super::{WAYS, fetched, run, words};
use crate::commands::{ADMIN, json};
use crate::tools::{aws_cli, python};

/// What the stand-in calls the session of `prod`.
const ASSUMED: &str = "arn:aws:sts::210987654321:assumed-role/Admin/ann";

const WHO: &str = r#"
import boto3, json
session = boto3.Session()
arn = session.client("sts").get_caller_identity()["Arn"]
print(json.dumps([arn, session.get_credentials().method, session.region_name]))
"#;

/// Calls twice a second until credentials of several lifetimes were used; any failure ends it.
const LONG: &str = r#"
import boto3, json, sys, time
sts = boto3.Session().client("sts", config=boto3.session.Config(retries={"total_max_attempts": 1}))
credentials, keys, calls, end = sts._request_signer._credentials, [], 0, time.monotonic() + 40
while len(keys) < int(sys.argv[1]) and time.monotonic() < end:
    sts.get_caller_identity()
    calls += 1
    key = credentials.get_frozen_credentials().access_key
    if key not in keys:
        keys.append(key)
    time.sleep(0.2)
print(json.dumps([len(keys), calls]))
"#;

#[test]
fn boto3_is_who_the_profile_says() {
    let Some(python) = python("boto3") else { return };
    let stage = fetched();
    for (way, method) in WAYS.into_iter().zip(["env", "container-role"]) {
        let found = run(&stage, way, &[python.to_str().unwrap(), "-c", WHO]);
        assert_eq!(found.code, 0, "{way:?}: {found:#?}");
        assert_eq!(json(&found.out), serde_json::json!([ASSUMED, method, "eu-central-1"]), "{way:?}");
    }
}

#[test]
fn the_aws_cli_is_who_the_profile_says() {
    let Some(aws) = aws_cli(2) else { return };
    let stage = fetched();
    let url = stage.sandbox.url();
    let who = ["sts", "get-caller-identity", "--query", "Arn", "--output", "text", "--endpoint-url", &url];
    for way in WAYS {
        let found = run(&stage, way, &[&[aws.to_str().unwrap()], &who[..]].concat());
        assert_eq!((found.code, found.out), (0, format!("{ASSUMED}\n")), "{way:?}: {}", found.err);
    }
}

#[test]
fn beside_an_endpoint_boto3_works_past_every_end() {
    let Some(python) = python("boto3") else { return };
    let stage = fetched();
    stage.home.ok(&["clear", "prod"]);
    stage.sandbox.inject(Rule::new(Fault::Lifetime(Duration::from_secs(8))).action("AssumeRole"));
    let mut command = stage.home.command(words("prod", &["--server"], &[python.to_str().unwrap(), "-c", LONG, "3"]));
    let found = crate::home::Run::of(command.output().unwrap());
    assert_eq!(found.code, 0, "{found:#?}");
    let said: Value = json(&found.out);
    assert!(said[0] == 3 && said[1].as_u64().unwrap() > 10, "{said}");
    assert_eq!(found.err, "");
}

#[test]
fn the_aws_cli_works_past_an_end_too() {
    let Some(aws) = aws_cli(2) else { return };
    let stage = fetched();
    stage.home.ok(&["clear", "prod"]);
    stage.sandbox.inject(Rule::new(Fault::Lifetime(Duration::from_secs(5))).action("AssumeRole"));
    let call = format!(
        "{} sts get-caller-identity --query Arn --output text --endpoint-url {}",
        aws.display(),
        stage.sandbox.url()
    );
    let found = run(&stage, &["--server"], &["sh", "-c", &format!("{call} && sleep 5 && {call}")]);
    assert_eq!((found.code, found.out), (0, format!("{ASSUMED}\n{ASSUMED}\n")), "{}", found.err);
    assert!(stage.sandbox.calls_of("AssumeRole").len() > 1);
}

#[test]
fn nothing_in_default_wins_over_the_endpoint() {
    let Some(python) = python("boto3") else { return };
    let keys = "aws_access_key_id = AKIAOTHEROTHEROTHER1\naws_secret_access_key = other\n";
    let role = format!("role_arn = {ADMIN}\n");
    let cases = [
        (format!("[default]\n{keys}"), String::new()),
        (format!("[default]\n{keys}aws_session_token = old\n[x]\n{keys}"), "[default]\nregion = us-east-1\n".into()),
        (String::new(), format!("[default]\n{keys}")),
        (String::new(), "[default]\ncredential_process = /bin/false\noutput = json\n".into()),
        (format!("[x]\n{keys}"), format!("[profile default]\n{role}source_profile = x\n[profile x]\nregion = x\n")),
        (format!("[default]\n{role}source_profile = x\n[x]\n{keys}"), String::new()),
        (String::new(), format!("[default]\n{role}web_identity_token_file = /no/such\n")),
        (
            String::new(),
            "[default]\nsso_session = s\nsso_account_id = 123456789012\nsso_role_name = r\n[sso-session s]\nsso_region = us-east-1\n\
             sso_start_url = https://x.awsapps.com/start\n"
                .into(),
        ),
    ];
    let stage = fetched();
    for (credentials, config) in cases {
        stage.home.write(".aws/credentials", &credentials);
        stage.home.write(".aws/config", &config);
        let found = run(&stage, &["--server"], &[python.to_str().unwrap(), "-c", WHO]);
        assert_eq!(found.code, 0, "{credentials} {config}: {found:#?}");
        assert_eq!(json(&found.out), serde_json::json!([ASSUMED, "container-role", "eu-central-1"]));
        assert!(found.err.starts_with("`[default]` in `~/.aws/c"), "{}", found.err);
        assert_eq!((stage.home.read(".aws/credentials"), stage.home.read(".aws/config")), (credentials, config));
    }
}
