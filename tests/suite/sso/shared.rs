//! One sign-in for all: botocore and the AWS CLI use what awstok wrote, and awstok what they wrote.

use super::*;
use crate::sandbox::identity_center::lead_the_aws_cli;
use crate::tools::{aws_cli, python};

/// Adds profiles under other names that the AWS CLI and SDKs resolve by themselves.
fn add_theirs(home: &Home) {
    let theirs = format!(
        "{}\n[profile theirs]\nsso_session = corp\nsso_account_id = {ACCOUNT}\nsso_role_name = Admin\nregion = eu-central-1\n",
        home.read(".aws/config")
    );
    home.write(".aws/config", theirs);
}

#[test]
fn botocore_uses_and_renews_what_awstok_wrote_and_awstok_goes_on_with_it() {
    let Some(python) = python("boto3") else { return };
    let (sandbox, mut home) = house(center().approval(Approval::AtOnce));
    home.set("AWS_EC2_METADATA_DISABLED", "true");
    add_theirs(&home);
    assert_eq!(sign_in(&home, &["sso", "login", "--no-browser"]).0.code, 0);
    let script = "import boto3; print(boto3.Session(profile_name='theirs').client('sts').get_caller_identity()['Arn'])";
    let who = || Run::of(home.other(&python).args(["-c", script]).output().unwrap());
    let said = who();
    assert!(said.code == 0 && said.out.contains("assumed-role/AWSReservedSSO_Admin_"), "{said:?}");
    assert_eq!(sandbox.calls_of("CreateToken").len(), 1, "the sign-in's own");
    // ten minutes before its end botocore renews it, with awstok's registration
    let file = token_file("corp");
    let mut token = file_json(&home, &file);
    token["expiresAt"] = json!(awstok::clock::rfc3339(Timestamp::now() + SignedDuration::from_mins(10)));
    home.write(&file, token.to_string());
    let said = who();
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(sandbox.calls_of("CreateToken").len(), 2);
    let theirs = file_json(&home, &file);
    assert_ne!(theirs["accessToken"], token["accessToken"]);
    // and awstok goes on with what botocore wrote
    home.ok(&["token", "dev"]);
    assert_eq!(sandbox.calls_of("CreateToken").len(), 2);
    let mut token = theirs;
    token["expiresAt"] = json!(awstok::clock::rfc3339(Timestamp::now() - SignedDuration::from_mins(1)));
    home.write(&file, token.to_string());
    home.ok(&["token", "web"]);
    assert_eq!(sandbox.calls_of("CreateToken").len(), 3);
    assert_eq!(who().code, 0);
    assert_eq!(sandbox.calls_of("CreateToken").len(), 3);
}

#[test]
fn the_aws_cli_and_awstok_serve_each_other() {
    let Some(aws) = aws_cli(2) else { return };
    let (sandbox, home) = house(center().approval(Approval::AtOnce));
    add_theirs(&home);
    lead_the_aws_cli(&home, &sandbox.url());
    let aws = |arguments: &[&str]| Run::of(home.other(&aws).args(arguments).output().unwrap());
    let identity = ["sts", "get-caller-identity", "--profile", "theirs", "--query", "Arn", "--output", "text"];
    // theirs for us
    let login = aws(&["sso", "login", "--no-browser", "--sso-session", "corp"]);
    assert_eq!(login.code, 0, "{login:?}");
    sandbox.clear_calls();
    home.ok(&["token", "dev"]);
    assert_eq!(called(&sandbox), ["GetRoleCredentials"]);
    let run = home.run(&["sso", "login", "--no-browser"]);
    assert!(run.code == 0 && run.err.starts_with("still signed in"), "{run:#?}");
    // their registration for us, too: no other client for the same sign-in by device code
    let run = home.run(&["sso", "login", "--no-browser", "--use-device-code", "--force"]);
    assert_eq!(run.code, 0, "{run:#?}");
    assert_eq!(sandbox.calls_of("RegisterClient").len(), 0);
    // ours for them
    let who = aws(&identity);
    assert!(who.code == 0 && who.out.contains("assumed-role/AWSReservedSSO_Admin_"), "{who:?}");
    sandbox.clear_calls();
    assert_eq!(sign_in(&home, &["sso", "login", "--no-browser", "--force"]).0.code, 0);
    let _ = std::fs::remove_dir_all(home.path(".aws/cli"));
    let who = aws(&identity);
    assert!(who.code == 0 && who.out.contains("assumed-role/AWSReservedSSO_Admin_"), "{who:?}");
    // signed out by either, both are
    assert_eq!(aws(&["sso", "logout"]).code, 0);
    let said = home.fails(5, &["token", "web"]);
    assert!(said.contains("is needed first"), "{said}");
}
