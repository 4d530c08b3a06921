//! `awstok switchrole-url`: links from the profile files alone.

use serde_json::json as object;

use super::{Stage, json};

const PROD: &str = "https://signin.aws.amazon.com/switchrole?account=210987654321&roleName=Admin&displayName=prod";

#[test]
fn one_profile_is_one_url() {
    let stage = Stage::new();
    assert_eq!(stage.home.ok(&["switchrole-url", "prod"]), format!("{PROD}\n"));
    assert_eq!(stage.home.ok(&["switchrole-url", "-p", "prod", "--color", "red"]), format!("{PROD}&color=f2b0a9\n"));
    assert_eq!(stage.home.ok(&["switchrole-url", "prod", "--color", "00ff7f"]), format!("{PROD}&color=00ff7f\n"));
    assert_eq!(
        stage.home.ok(&["switchrole-url", "prod", "--display-name", "Prod & co/ü"]),
        format!("{}\n", PROD.replace("displayName=prod", "displayName=Prod%20%26%20co%2F%C3%BC"))
    );
    assert!(stage.home.ok(&["switchrole-url", "audit"]).contains("&roleName=team%2Faudit&"));
    assert_eq!(stage.calls(), [""; 0]);
}

#[test]
fn each_partition_has_its_host() {
    let stage = Stage::new();
    for (partition, host) in [("aws-cn", "signin.amazonaws.cn"), ("aws-us-gov", "signin.amazonaws-us-gov.com")] {
        stage.home.profile(
            "there",
            &format!("role_arn = arn:{partition}:iam::210987654321:role/A\nmaster_profile = mainuser\n"),
        );
        let url = stage.home.ok(&["switchrole-url", "there"]);
        assert!(url.starts_with(&format!("https://{host}/switchrole?account=210987654321&")), "{url}");
    }
    stage
        .home
        .profile("there", "role_name = A\naccount_id = 001234567890\nregion = cn-north-1\nmaster_profile = mainuser\n");
    assert!(
        stage
            .home
            .ok(&["switchrole-url", "there"])
            .starts_with("https://signin.amazonaws.cn/switchrole?account=001234567890&")
    );
}

#[test]
fn all_roles_are_a_line_each_or_json() {
    let stage = Stage::new();
    let out = stage.home.ok(&["switchrole-url"]);
    let names: Vec<_> =
        out.lines().map(|line| line.split_once("\thttps://signin.aws.amazon.com/switchrole?").unwrap().0).collect();
    assert_eq!(names, ["audit", "prod", "stage"]);
    let links = json(&stage.home.ok(&["switchrole-url", "--json"]));
    assert_eq!(links.as_array().unwrap().len(), 3);
    let one = json(&stage.home.ok(&["switchrole-url", "prod", "--format", "json"]));
    assert_eq!(one[0], links[1]);
    assert_eq!((&one[0]["profile"], &one[0]["url"]), (&object!("prod"), &object!(PROD)));
}

#[test]
fn what_cant_be_a_link_is_refused() {
    let stage = Stage::new();
    let said = stage.home.fails(3, &["switchrole-url", "mainuser"]);
    assert!(said.contains("profile `mainuser` names no role") && said.contains("\n\nhint: "), "{said}");
    for args in [
        &["prod", "--color", "mauve"][..],
        &["prod", "--color", "#12345"],
        &["prod", "--format", "xml"],
        &["--display-name", "x"],
    ] {
        stage.home.fails(2, &[&["switchrole-url"][..], args].concat());
    }
}
