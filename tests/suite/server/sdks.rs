//! SDKs that others wrote, at the endpoint: they refresh by themselves, past several ends.

use std::process::Command;

use super::{Served, short_lives};
use crate::commands::Stage;
use crate::tools::python;

/// Asks who it is, again and again until several credentials were used, at most for so many seconds, with one client, or `anew`
/// with another each time; a failed call ends it with an error.
const SCRIPT: &str = r#"
import json, os, sys, time
import boto3
def made():
    session = boto3.Session()
    return session, session.client("sts", endpoint_url=os.environ["URL"], region_name="eu-central-1")
session, sts = made()
end = time.time() + float(sys.argv[1])
keys, arns, calls = set(), set(), 0
while (calls < 20 or len(keys) < 4) and time.time() < end:
    arns.add(sts.get_caller_identity()["Arn"].rsplit("/", 1)[0])
    keys.add(session.get_credentials().get_frozen_credentials().access_key)
    calls += 1
    time.sleep(0.1)
    if sys.argv[2] == "anew":
        session, sts = made()
json.dump({"method": session.get_credentials().method, "arns": sorted(arns), "keys": len(keys), "many": calls >= 20}, sys.stdout)
"#;

fn boto3_past_several_ends(args: &[&str], method: &str, clients: &str) {
    let Some(python) = python("boto3") else { return };
    let stage = Stage::new();
    short_lives(&stage, "AssumeRole", 4);
    let served = Served::start(&stage, args);
    let mut command = Command::new(python);
    command
        .args(["-c", SCRIPT, "60", clients])
        .env_clear()
        .env("HOME", stage.home.path(""))
        .env("URL", stage.sandbox.url());
    for (name, value) in served.variables.as_object().unwrap() {
        command.env(name, value.as_str().unwrap());
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let keys = found["keys"].take().as_u64().unwrap();
    let arns = ["arn:aws:sts::210987654321:assumed-role/Admin"];
    assert_eq!(found, serde_json::json!({ "method": method, "arns": arns, "keys": null, "many": true }));
    // renewed ahead: one call a lifetime, and not one more, whatever the SDK asks
    let fetched = stage.sandbox.calls_of("AssumeRole").len();
    assert!((4..=9).contains(&keys) && fetched as u64 <= keys + 1, "{keys} keys, {fetched} calls");
    assert_eq!(stage.sandbox.calls_of("GetSessionToken").len(), 1);
}

#[test]
fn boto3_works_through_the_container_endpoint_past_several_ends() {
    boto3_past_several_ends(&[], "container-role", "one");
}

#[test]
fn boto3_works_through_the_container_endpoint_with_a_token_file() {
    boto3_past_several_ends(&["--token-file", "token"], "container-role", "one");
}

#[test]
fn boto3_works_through_instance_metadata_past_several_ends() {
    // one client would not ask again before ten minutes have gone: for an outage of the service, it takes whatever ends within a
    // quarter of an hour to be good for longer
    boto3_past_several_ends(&["--imds"], "iam-role", "anew");
}

#[test]
fn botocore_gets_the_region_the_account_and_a_refusal_that_says_why() {
    let Some(python) = python("botocore") else { return };
    let stage = Stage::new();
    let served = Served::start(&stage, &[]);
    let script = r#"
import botocore.session, os
session = botocore.session.get_session()
credentials = session.get_credentials()
print(credentials.method, session.get_config_variable("region"), credentials.get_frozen_credentials().account_id)
os.environ["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "wrong"
from botocore.utils import ContainerMetadataFetcher
ContainerMetadataFetcher.SLEEP_TIME = ContainerMetadataFetcher.RETRY_ATTEMPTS = 1
try:
    botocore.session.get_session().get_credentials()
except Exception as error:
    print(str(error)[-200:])
"#;
    let mut command = Command::new(python);
    command.args(["-c", script]).env_clear().env("HOME", stage.home.path(""));
    for (name, value) in served.variables.as_object().unwrap() {
        command.env(name, value.as_str().unwrap());
    }
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(text.starts_with("container-role eu-central-1 210987654321\n"), "{text}");
    assert!(text.contains("isn't the token of AWS_CONTAINER_AUTHORIZATION_TOKEN"), "{text}");
}
