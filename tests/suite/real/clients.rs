//! boto3 and both AWS CLIs read the files that awstok wrote, and are who they should be.

use std::path::Path;

use serde_json::{Value, json};

use super::{ANN, ASSUMED, ASSUMED_BEHIND, ODD, Stage};
use crate::home::Run;
use crate::sandbox::ROLE;
use crate::tools::{aws_cli, python};

/// Every profile, and who its user is to AWS.
const WHO: [(&str, &str); 7] = [
    ("mainuser", ANN),
    ("prod", ASSUMED),
    ("audit", ASSUMED_BEHIND),
    ("refreshing", ASSUMED),
    ("default", ASSUMED),
    (ODD, ASSUMED),
    ("bob", "arn:aws:iam::012345678901:user/bob"),
];

const SCRIPT: &str = r#"
import boto3, json, sys
found = {}
for name in json.loads(sys.argv[1]):
    session = boto3.Session(profile_name=name)
    credentials = session.get_credentials()
    found[name] = [session.client("sts").get_caller_identity()["Arn"], credentials.method, session.region_name]
prod = boto3.Session(profile_name="prod")
print(json.dumps({
    "who": found,
    "without a name": boto3.client("sts").get_caller_identity()["Arn"],
    "profiles": sorted(prod.available_profiles),
    "s3": prod._session.get_scoped_config()["s3"],
    "s3 as used": prod.client("s3").meta.config.s3["addressing_style"],
}))
"#;

fn boto3(stage: &Stage, python: &Path) -> Value {
    let names: Vec<&str> = WHO.iter().map(|(name, _)| *name).collect();
    let run = Run::of(stage.home.other(python).args(["-c", SCRIPT, &json!(names).to_string()]).output().unwrap());
    assert_eq!(run.code, 0, "{run:#?}");
    serde_json::from_str(&run.out).unwrap()
}

fn sorted_names() -> Vec<&'static str> {
    let mut names: Vec<&str> = WHO.iter().map(|(name, _)| *name).collect();
    names.sort_unstable();
    names
}

#[test]
fn boto3_is_who_the_profile_says() {
    let Some(python) = python("boto3") else { return };
    let stage = Stage::fetched();
    let found = boto3(&stage, &python);
    for (name, arn) in WHO {
        let method = if name == "refreshing" { "custom-process" } else { "shared-credentials-file" };
        let region = match name {
            "mainuser" => "eu-central-1",
            "bob" => "us-east-1",
            _ => "eu-west-1",
        };
        assert_eq!(found["who"][name], json!([arn, method, region]), "{name}");
    }
    assert_eq!(found["without a name"], ASSUMED);
    assert_eq!(found["profiles"], json!(sorted_names()));
    assert_eq!(found["s3"], json!({"max_concurrent_requests": "20", "addressing_style": "virtual"}));
    assert_eq!(found["s3 as used"], "virtual");
    let calls = stage.sandbox.calls().iter().filter(|call| call.action != "GetCallerIdentity").count();
    assert_eq!(calls, 3, "a session for the user, one for each role: the rest is shared, `credential_process` too");
}

/// What `aws` says to who a profile is; a version that doesn't know `AWS_ENDPOINT_URL` gets it as a flag.
fn identity(stage: &Stage, aws: &Path, profile: &str) -> String {
    let mut command = stage.home.other(aws);
    command.args(["sts", "get-caller-identity", "--query", "Arn", "--output", "text"]);
    command.args(["--profile", profile, "--endpoint-url", &stage.sandbox.url()]);
    let run = Run::of(command.output().unwrap());
    assert_eq!(run.code, 0, "{profile}: {run:#?}");
    run.out.trim_end().to_owned()
}

fn listed(stage: &Stage, aws: &Path) -> Vec<String> {
    let run = Run::of(stage.home.other(aws).args(["configure", "list-profiles"]).output().unwrap());
    assert_eq!(run.code, 0, "{run:#?}");
    let mut names: Vec<String> = run.out.lines().map(str::to_owned).collect();
    names.sort_unstable();
    names
}

#[test]
fn aws_cli_2_is_who_the_profile_says() {
    let Some(aws) = aws_cli(2) else { return };
    let stage = Stage::fetched();
    for (name, arn) in WHO {
        assert_eq!(identity(&stage, &aws, name), arn, "{name}");
    }
    assert_eq!(listed(&stage, &aws), sorted_names());
}

#[test]
fn aws_cli_1_is_who_the_profile_says() {
    let Some(aws) = aws_cli(1) else { return };
    let stage = Stage::fetched();
    for (name, arn) in WHO.iter().filter(|(name, _)| ["prod", "refreshing", ODD].contains(name)) {
        assert_eq!(identity(&stage, &aws, name), *arn, "{name}");
    }
}

#[test]
fn nothing_is_resolved_before_what_awstok_delivers() {
    let stage = Stage::fetched();
    let config = stage.home.read(".aws/config");
    for key in ["role_arn", "source_profile", "credential_source", "web_identity_token_file", "sso_", "aws_secret"] {
        assert!(!config.contains(key), "{key}: {config}");
    }
    let credentials = stage.home.read(".aws/credentials");
    assert!(!credentials.contains("[refreshing]"), "static keys would shadow `credential_process`: {credentials}");
}

#[test]
fn a_role_arn_that_a_person_left_is_kept_and_warned_about() {
    let stage = Stage::fetched();
    let by_hand =
        stage.home.read(".aws/config").replace("[profile prod]\n", &format!("[profile prod]\nrole_arn = {ROLE}\n"));
    stage.home.write(".aws/config", &by_hand);
    let run = stage.home.run(&["token", "prod"]);
    assert_eq!(run.code, 0, "{run:#?}");
    assert!(run.err.contains("`role_arn` of profile `prod` is resolved by SDKs before"), "{run:#?}");
    assert_eq!(stage.home.read(".aws/config"), by_hand);
}
