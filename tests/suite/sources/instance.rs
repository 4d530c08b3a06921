//! `credential_source = Ec2InstanceMetadata` against the stand-in's instance: every command, both versions, metadata.

use std::path::Path;

use awstok::sandbox::{Access, Fault, Instance, Rule, Sandbox};
use serde_json::json;

use super::{add_roles, asked, home, json, who};
use crate::home::{Home, Run};
use crate::sandbox::metadata::{WEB, instance, on_ec2};
use crate::tools::python;

const KEYS: &str = "credential_source = Ec2InstanceMetadata\n";
const LIST: &str = "meta-data/iam/security-credentials/";

/// The stand-in's instance, and a home on it with the profile `ec2`.
pub fn on(instance: Instance) -> (Home, Sandbox) {
    let sandbox = on_ec2(instance);
    let mut home = home(&sandbox);
    home.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", sandbox.url());
    home.profile("ec2", KEYS);
    (home, sandbox)
}

fn fetches(sandbox: &Sandbox) -> usize {
    asked(sandbox).iter().filter(|path| *path == &format!("{LIST}web")).count()
}

#[test]
fn every_command_takes_the_instances_role() {
    let (home, sandbox) = on(instance());
    assert_eq!(
        home.ok(&["explain", "ec2"]),
        "ec2\n  1. the instance's credentials of profile `ec2`  [to be called]\n  why: `ec2` is given a role's session by the machine it runs on\n"
    );
    assert!(asked(&sandbox).is_empty());
    let row = json(&home.ok(&["list", "--json"]))[0].clone();
    assert_eq!((&row["kind"], &row["profile"]), (&json!("source"), &json!("ec2")));
    assert_eq!(json(&home.ok(&["status", "--json"]))[0]["status"], "none");
    let rehearsed = home.ok(&["token", "ec2", "--dry-run"]);
    assert!(rehearsed.contains("the instance's credentials") && asked(&sandbox).is_empty(), "{rehearsed}");

    let done = json(&home.ok(&["token", "ec2", "--json"]))[0].clone();
    assert_eq!((&done["status"], &done["account_id"]), (&json!("fetched"), &json!("210987654321")));
    let mut paths = asked(&sandbox);
    paths.sort();
    let role = format!("{LIST}web");
    assert_eq!(paths, ["api/token", "dynamic/instance-identity/document", LIST, &role]);

    // account and region are the instance's
    let variables = json(&home.ok(&["env", "ec2", "--json"]));
    assert_eq!(variables["AWS_REGION"], "eu-central-1");
    assert_eq!(variables["AWS_ACCOUNT_ID"], "210987654321");
    assert_eq!(variables["AWS_CREDENTIAL_EXPIRATION"], done["expiration"]);
    let value = |name: &str| variables[name].as_str().unwrap().to_owned();
    assert_eq!(
        home.read(".aws/credentials"),
        format!(
            "[ec2]\naws_access_key_id = {}\naws_secret_access_key = {}\naws_session_token = {}\n\
             aws_session_token_expiration = {end}\nexpiration = {end}\nregion = eu-central-1\n",
            value("AWS_ACCESS_KEY_ID"),
            value("AWS_SECRET_ACCESS_KEY"),
            value("AWS_SESSION_TOKEN"),
            end = value("AWS_CREDENTIAL_EXPIRATION"),
        )
    );
    let config = home.read(".aws/config");
    assert!(config.contains("[profile ec2]") && !config.contains("credential_source ="), "{config}");
    let process = json(&home.ok(&["credential-process", "ec2"]));
    assert_eq!((&process["AccountId"], &process["Version"]), (&json!("210987654321"), &json!(1)));
    let status = json(&home.ok(&["status", "ec2", "--json"]))[0].clone();
    assert_eq!((&status["status"], &status["account_id"]), (&json!("valid"), &json!("210987654321")));
    let explained = json(&home.ok(&["explain", "ec2", "--json"]));
    assert_eq!(explained["source"]["cached"], true);
    assert!(who(&home, "ec2").starts_with("arn:aws:sts::210987654321:assumed-role/web/i-"));
    assert_eq!(asked(&sandbox), ["GetCallerIdentity"], "all but this came from the cache");
}

#[test]
fn a_region_of_its_own_stays() {
    let (home, _sandbox) = on(instance());
    home.profile("own", &format!("{KEYS}region = us-east-2\n"));
    assert_eq!(json(&home.ok(&["env", "own", "--json"]))["AWS_REGION"], "us-east-2");
    home.ok(&["token", "own"]);
    assert!(home.read(".aws/credentials").ends_with("region = us-east-2\n"));
}

#[test]
fn many_at_once_ask_once() {
    let (home, sandbox) = on(instance());
    let children: Vec<_> = (0..24)
        .map(|_| home.command(["credential-process", "ec2"]).stdout(std::process::Stdio::piped()).spawn().unwrap())
        .collect();
    let outputs: Vec<_> = children.into_iter().map(|child| Run::of(child.wait_with_output().unwrap())).collect();
    assert!(outputs.iter().all(|run| run.code == 0 && run.out == outputs[0].out), "{outputs:#?}");
    assert_eq!(fetches(&sandbox), 1);
}

#[test]
fn roles_behind_the_instance_are_chained() {
    let (home, sandbox) = on(instance());
    add_roles(&home, &sandbox, WEB, "credential_source = Ec2InstanceMetadata");
    assert_eq!(who(&home, "further"), "arn:aws:sts::333344445555:assumed-role/further/ann");
    let calls = asked(&sandbox);
    assert_eq!(calls.iter().filter(|call| *call == "AssumeRole").count(), 2, "{calls:?}");
    home.profile("by-master", &format!("role_arn = {}\nmaster_profile = ec2\n", super::BEHIND));
    assert_eq!(who(&home, "by-master"), "arn:aws:sts::333344445555:assumed-role/behind/ann");
    let calls = asked(&sandbox);
    assert!(
        !calls.iter().any(|call| call.contains("security-credentials")),
        "the instance's own are shared: {calls:?}"
    );
    let explained = home.ok(&["explain", "by-master"]);
    assert!(explained.contains("the instance's credentials of profile `ec2`  [cached, "), "{explained}");
    assert!(
        explained.contains("why: `by-master` is assumed with the instance's credentials, and so for one hour at most")
    );
    let said = home.fails(2, &["token", "by-master", "--duration", "2h"]);
    assert!(said.contains("15m to 1h"), "{said}");
    let said = home.fails(2, &["token", "ec2", "--duration", "2h"]);
    assert!(said.contains("not for awstok to say"), "{said}");
}

#[test]
fn without_tokens_the_first_version_serves_unless_it_is_forbidden() {
    for status in [403, 404, 405] {
        let (mut home, sandbox) = on(instance().access(Access::V1Only(status)));
        assert!(who(&home, "ec2").contains("/web/"), "{status}");
        home.profile("strict", &format!("{KEYS}ec2_metadata_v1_disabled = true\n"));
        // of one service all profiles share the session, however it was got
        home.ok(&["clear", "--all"]);
        let said = home.fails(4, &["token", "strict"]);
        assert!(said.contains(&format!("it gives no token (status {status}), and IMDSv1 is forbidden here")), "{said}");
        home.set("AWS_EC2_METADATA_V1_DISABLED", "true");
        home.fails(4, &["token", "ec2"]);
        asked(&sandbox);
    }
    let (home, _sandbox) = on(instance().access(Access::V1AndV2));
    assert!(who(&home, "ec2").contains("/web/"));
}

#[test]
fn a_token_that_is_refused_is_replaced() {
    let (home, sandbox) = on(instance());
    let refused = Fault::Answer { status: 401, content_type: "text/html", body: String::new() };
    sandbox.inject(Rule::new(refused.clone()).path("/latest/meta-data/iam/security-credentials/web").times(1));
    home.ok(&["token", "ec2"]);
    let paths = asked(&sandbox);
    assert_eq!(paths.iter().filter(|path| *path == "api/token").count(), 2, "{paths:?}");
    sandbox.inject(Rule::new(refused).path("/latest/meta-data/iam/"));
    let said = home.fails(4, &["token", "ec2", "--force"]);
    assert!(said.contains("takes none of its own tokens"), "{said}");
}

#[test]
fn new_credentials_come_once_the_old_ones_near_their_end() {
    let (home, sandbox) = on(instance().lifetime(std::time::Duration::from_secs(24)));
    let key = || json(&home.ok(&["env", "ec2", "--json"]))["AWS_ACCESS_KEY_ID"].clone();
    let first = key();
    assert_eq!((key(), fetches(&sandbox)), (first.clone(), 1));
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(40);
    while key() == first {
        assert!(std::time::Instant::now() < deadline, "the old ones are handed out for ever");
        std::thread::sleep(std::time::Duration::from_millis(300));
    }
}

#[test]
fn metadata_becomes_variables() {
    let (home, sandbox) = on(instance());
    let variables = json(&home.ok(&["env", "ec2", "--metadata", "--json"]));
    let paths = asked(&sandbox);
    assert_eq!(paths.iter().filter(|path| *path == "api/token").count(), 1, "one token for all: {paths:?}");
    for (name, value) in [
        ("AWS_AVAILABILITY_ZONE", "eu-central-1a"),
        ("AWS_INSTANCE_ID", "i-0a1b2c3d4e5f67890"),
        ("AWS_INSTANCE_TYPE", "t3.micro"),
        ("AWS_MAC", "0e:49:61:0f:c3:11"),
        ("AWS_REGION", "eu-central-1"),
        ("AWSTOK_PROFILE", "ec2"),
    ] {
        assert_eq!(variables[name], value, "{name}");
    }
    let (vpc, subnet) = sandbox.change(|world| {
        let instance = world.instance().unwrap();
        (instance.vpc_id.clone(), instance.subnet_id.clone())
    });
    assert_eq!((&variables["AWS_VPC_ID"], &variables["AWS_SUBNET_ID"]), (&json!(vpc), &json!(subnet)));
    for name in ["AWS_PRIVATE_IP", "AWS_PUBLIC_IP", "AWS_PRIVATE_HOSTNAME", "AWS_PUBLIC_HOSTNAME"] {
        assert!(variables[name].is_string(), "{name}");
    }

    // what the instance hasn't got is unset
    sandbox.change(|world| world.set_instance(instance().private()));
    let text = home.ok(&["env", "ec2", "--metadata", "--shell", "bash"]);
    assert!(text.contains("unset AWS_PUBLIC_IP;\nexport AWS_PRIVATE_HOSTNAME="), "{text}");
    assert!(text.contains("unset AWS_PUBLIC_HOSTNAME;\n"), "{text}");

    home.profile("user", "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n");
    let said = home.fails(2, &["env", "user", "--metadata", "--shell", "bash"]);
    assert!(
        said.contains("only an EC2 instance has metadata") && said.contains("hint: leave `--metadata` out"),
        "{said}"
    );
    sandbox.inject(Rule::new(Fault::Failure(500)).path("/latest/meta-data/mac"));
    assert!(home.fails(6, &["env", "ec2", "--metadata", "--json"]).contains("status 500"));
}

#[test]
fn auto_refresh_goes_through_credential_process_and_boto3_reads_both() {
    let Some(python) = python("boto3") else { return };
    let (mut home, _sandbox) = on(instance());
    home.profile("auto", &format!("{KEYS}auto_refresh = yes\nregion = eu-central-1\n"));
    home.ok(&["token", "ec2", "auto"]);
    assert!(!home.read(".aws/credentials").contains("[auto]"));
    let config = home.read(".aws/config");
    assert!(config.contains("credential-process auto") && Path::new(crate::home::AWSTOK).is_absolute(), "{config}");
    home.set("NO_PROXY", "127.0.0.1");
    home.set("no_proxy", "127.0.0.1");
    for (profile, method) in [("ec2", "shared-credentials-file"), ("auto", "custom-process")] {
        let script = format!(
            "import boto3; s = boto3.Session(profile_name='{profile}'); print(s.get_credentials().method, \
             s.client('sts').get_caller_identity()['Arn'])"
        );
        let run = Run::of(home.other(&python).args(["-c", &script]).output().unwrap());
        assert_eq!(run.code, 0, "{run:#?}");
        assert!(run.out.starts_with(&format!("{method} arn:aws:sts::210987654321:assumed-role/web/")), "{run:#?}");
    }
}
