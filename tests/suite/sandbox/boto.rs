//! boto3 and the AWS CLI get what AWS would give them: their signers and parsers are not ours.

use std::process::Command;

use super::*;
use crate::tools::{python, tool};

const SCRIPT: &str = r#"
import json, os, sys, boto3
from botocore.config import Config
from botocore.exceptions import ClientError

def client(service, credentials, secret=None):
    return boto3.client(service, region_name="us-gov-west-1", endpoint_url=os.environ["URL"],
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=secret or credentials["SecretAccessKey"],
        aws_session_token=credentials.get("SessionToken"),
        config=Config(retries={"total_max_attempts": 1}, ignore_configured_endpoint_urls=True))

def refusal(call):
    try:
        call()
    except ClientError as error:
        return error.response["Error"]["Code"]

user = {"AccessKeyId": os.environ["KEY"], "SecretAccessKey": os.environ["SECRET"]}
sts = client("sts", user)
session = sts.get_session_token(SerialNumber=os.environ["DEVICE"], TokenCode=os.environ["CODE"])["Credentials"]
role = client("sts", session).assume_role(RoleArn=os.environ["ROLE"], RoleSessionName="ann", DurationSeconds=900,
    Tags=[{"Key": "team", "Value": "a b+c/ä"}], Policy='{"Version": "2012-10-17", "Statement": []}')
iam = client("iam", session)
json.dump({
    "user": sts.get_caller_identity()["Arn"],
    "role": client("sts", role["Credentials"]).get_caller_identity()["Arn"],
    "packed": role["PackedPolicySize"] > 0,
    "signature": refusal(client("sts", user, secret="wrong").get_caller_identity),
    "reuse": refusal(lambda: sts.get_session_token(SerialNumber=os.environ["DEVICE"], TokenCode=os.environ["CODE"])),
    "action": refusal(lambda: sts.get_access_key_info(AccessKeyId="AKIAIOSFODNN7EXAMPLE")),
    "name": iam.get_user()["User"]["UserName"],
    "devices": [device["SerialNumber"] for device in iam.list_mfa_devices()["MFADevices"]],
}, sys.stdout)
"#;

#[test]
fn boto3_agrees() {
    let Some(python) = python("boto3") else { return };
    let sandbox = start();
    let home = tempfile::tempdir().unwrap();
    let output = Command::new(python)
        .args(["-c", SCRIPT])
        .env_clear()
        .envs([("URL", sandbox.url().as_str()), ("KEY", KEY), ("SECRET", SECRET), ("DEVICE", DEVICE), ("ROLE", ROLE)])
        .envs([("CODE", code(&sandbox).as_str()), ("AWS_EC2_METADATA_DISABLED", "true")])
        .env("HOME", home.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let expected = serde_json::json!({
        "user": "arn:aws:iam::012345678901:user/ann",
        "role": "arn:aws:sts::210987654321:assumed-role/admin/ann",
        "packed": true,
        "signature": "SignatureDoesNotMatch",
        "reuse": "AccessDenied",
        "action": "InvalidAction",
        "name": "ann",
        "devices": [DEVICE],
    });
    assert_eq!(found, expected);
}

#[test]
fn the_aws_cli_agrees() {
    let Some(aws) = tool("aws") else { return };
    let sandbox = start();
    let home = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let output = Command::new(&aws)
            .args(arguments)
            .args(["--output", "text", "--region", "eu-central-1", "--endpoint-url", &sandbox.url()])
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", home.path())
            .envs([("AWS_ACCESS_KEY_ID", KEY), ("AWS_SECRET_ACCESS_KEY", SECRET), ("AWS_MAX_ATTEMPTS", "1")])
            .output()
            .unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
    };
    let identity = run(&["sts", "get-caller-identity", "--query", "Arn"]);
    assert_eq!(identity.trim(), "arn:aws:iam::012345678901:user/ann");
    let refused = run(&["sts", "assume-role", "--role-arn", ROLE, "--role-session-name", "ann"]);
    assert!(refused.contains("(AccessDenied)") && refused.contains("is not authorized to perform"), "{refused}");
}
