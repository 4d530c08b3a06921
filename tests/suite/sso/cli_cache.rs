//! The credentials of roles that the AWS CLI keeps: used while they are good, and gone with the sign-in.

use super::*;
use crate::sandbox::identity_center::lead_the_aws_cli;
use crate::tools::aws_cli;

#[test]
fn what_the_aws_cli_got_is_used_and_goes_with_the_sign_in() {
    let Some(aws) = aws_cli(2) else { return };
    let (sandbox, home) = house(center());
    put_token(&home, &sandbox, "corp", START_URL, 3_600, |_| {});
    lead_the_aws_cli(&home, &sandbox.url());
    let of = |name: &str, role: &str| {
        format!(
            "[profile {name}]\nsso_session = corp\nsso_account_id = {ACCOUNT}\nsso_role_name = {role}\nregion = eu-central-1\n"
        )
    };
    home.write(".aws/config", home.read(".aws/config") + &of("cli", "Admin") + &of("cli2", "ReadOnly"));
    let who = |profile: &str| {
        let run =
            Run::of(home.other(&aws).args(["sts", "get-caller-identity", "--profile", profile]).output().unwrap());
        assert_eq!(run.code, 0, "{run:?}");
    };
    who("cli");
    let kept = std::fs::read_dir(home.path(".aws/cli/cache")).unwrap().next().unwrap().unwrap().path();
    let kept: Value = serde_json::from_slice(&std::fs::read(kept).unwrap()).unwrap();
    let key = |home: &Home, args: &[&str]| {
        let out = home.ok(&[&["env", "dev", "--format", "json"], args].concat());
        serde_json::from_str::<Value>(&out).unwrap()["AWS_ACCESS_KEY_ID"].clone()
    };
    sandbox.clear_calls();
    assert_eq!(key(&home, &[]), kept["Credentials"]["AccessKeyId"]);
    assert!(called(&sandbox).is_empty());
    // a new session is a new one
    home.ok(&["token", "dev", "--force"]);
    assert_ne!(key(&home, &[]), kept["Credentials"]["AccessKeyId"]);
    assert_eq!(called(&sandbox), ["GetRoleCredentials"]);
    who("cli2");
    home.ok(&["sso", "logout", "--session", "corp"]);
    let said = home.fails(5, &["env", "dev", "--format", "json"]);
    assert!(said.contains("awstok sso login"), "{said}");
    // of roles that no profile has, awstok knows nothing
    assert_eq!(std::fs::read_dir(home.path(".aws/cli/cache")).unwrap().count(), 1);
}
