//! A home that is broken in more than twenty ways: all of it is found, what is safe is mended, and once a person did the rest as it
//! is said, boto3 resolves what was meant.

use serde_json::Value;

use super::{boto3, ids, report};
use crate::home::Home;
use crate::tools::python;

const KEYS: &str = "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = canary\n";
const SESSION: &str = "aws_access_key_id = ASIAMEANT\naws_secret_access_key = canary\naws_session_token = canary\n";

fn broken() -> Home {
    let mut home = Home::new();
    home.profile("user", KEYS);
    home.profile("prod", "role_arn = arn:aws:iam::210987654321:role/A\nmaster_profile = user\nregion = eu-central-1\n");
    home.profile("auto", "role_arn = arn:aws:iam::210987654321:role/A\nmaster_profile = user\nauto_refresh = yes\n");
    home.profile("mistyped", "role_arn = arn:aws:iam::210987654321:role/A\nmaster_profile = usre\n");
    home.profile("wrong", "account_id = 12\nrole_name = A\n");
    home.profile("key", &format!("{KEYS}mfa_id = arn:aws:iam::123456789012:u2f/user/ann/key\n"));
    home.profile("machine", "credential_source = Ec2InstanceMetadata\n");
    home.profile(
        "coder",
        &format!("{KEYS}mfa_id = arn:aws:iam::123456789012:mfa/ann\nmfa_command = no-such-program\n"),
    );
    home.write(".aws/awstok/settings", "[defaults]\ndefault_profile = gone\n");
    home.write(
        ".aws/credentials",
        format!(
            "\u{feff}[prod]\n{SESSION}aws_security_token = canary\n\n[auto]\n{SESSION}expiration = 2020-01-01T00:00:00Z\n\n\
             [old]\n{KEYS}\n[token]\naws_access_key_id = ASIALOST\naws_secret_access_key = canary\n\n\
             [half]\naws_access_key_id = AKIAHALF\n\n[twice]\nregion = x\nregion = y\n\n[double]\n[double]\n\n\
             [inner]\nregion = x\n\taws_access_key_id = AKIAINNER\n"
        ),
    );
    home.write(
        ".aws/config",
        "[stage]\nregion = eu-central-1\n\n[profile auto]\ncredential_process = cat x\n\n\
         [profile prod]\nrole_arn = arn:aws:iam::210987654321:role/A\nsource_profile = prod\n\n\
         [profile lost]\ncredential_process = /no/such/program\n\n\
         [profile portal]\nsso_account_id = 123456789012\nsso_start_url = https://x\n",
    );
    home.write(".boto", "[Credentials]\naws_access_key_id = AKIABOTO\naws_secret_access_key = canary\n");
    home.write(".aws/sso/cache/torn.json", "{\"accessToken\": \"canary");
    home.set("AWS_EC2_METADATA_DISABLED", "true");
    home.set("AWS_PROFILE", "prod");
    home.set("AWSTOK_PROFILE", "prdo");
    home.set("AWS_ACCESS_KEY_ID", "ASIAENV");
    home.set("AWS_SECRET_ACCESS_KEY", "canary");
    home.set("AWS_SECURITY_TOKEN", "");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(home.path(".aws/credentials"), std::fs::Permissions::from_mode(0o644)).unwrap();
    }
    home
}

/// What is wrong with it; all but the modes, which Windows hasn't.
const WRONG: [&str; 23] = [
    "boto2-config",
    "byte-order-mark",
    "config-missing-profile-prefix",
    "credentials-shadow-process",
    "duplicate-key",
    "duplicate-section",
    "env-shadows-profile",
    "expired-credentials",
    "half-credentials",
    "imds-unreachable",
    "long-term-keys-in-credentials",
    "missing-session-token",
    "profile-invalid",
    "profile-missing",
    "program-missing",
    "role-arn-shadows",
    "sso-incomplete",
    "stale-security-token",
    "static-temporary-credentials",
    "swallowed-key",
    "torn-cache",
    "u2f-mfa-id",
    "wide-permissions",
];

fn removed(text: &str, line: &str) -> String {
    assert!(text.contains(line), "{line}: {text}");
    text.replacen(line, "", 1)
}

#[test]
fn a_home_broken_in_more_than_twenty_ways_is_found_out_mended_and_works() {
    let mut home = broken();
    let found = report(&home, 1, &["--offline"]);
    let wrong: Vec<&str> = WRONG.into_iter().filter(|id| cfg!(unix) || *id != "wide-permissions").collect();
    assert_eq!(ids(&found), wrong, "{found:#}");
    assert!(!found.to_string().contains("canary"));
    assert_eq!(found["winner"], "environment");

    let mended = report(&home, 1, &["--offline", "--fix"]);
    let of = |fixed: bool| -> Value {
        let those = mended["findings"].as_array().unwrap().iter().filter(|it| it["fixed"] == fixed).cloned();
        serde_json::json!({ "findings": those.collect::<Vec<_>>() })
    };
    let (fixed, left) = (of(true), of(false));
    let safe = [
        "byte-order-mark",
        "config-missing-profile-prefix",
        "credentials-shadow-process",
        "stale-security-token",
        "wide-permissions",
    ];
    assert_eq!(ids(&fixed), safe.into_iter().filter(|id| cfg!(unix) || *id != "wide-permissions").collect::<Vec<_>>());
    assert!(!ids(&left).iter().any(|id| safe.contains(id)), "{left:#}");

    // a person does the rest, as each finding says
    home.set("AWS_ACCESS_KEY_ID", "");
    home.set("AWS_SECRET_ACCESS_KEY", "");
    home.set("AWSTOK_PROFILE", "prod");
    home.write(".aws/awstok/settings", "");
    home.profile("mistyped", "role_arn = arn:aws:iam::210987654321:role/A\nmaster_profile = user\n");
    for name in ["wrong", "key", "machine", "coder"] {
        std::fs::remove_file(home.path(format!(".aws/aws-profiles/{name}"))).unwrap();
    }
    let mut credentials = home.read(".aws/credentials");
    for line in [
        &format!("[old]\n{KEYS}")[..],
        "[token]\naws_access_key_id = ASIALOST\naws_secret_access_key = canary\n",
        "[half]\naws_access_key_id = AKIAHALF\n",
        "region = y\n",
        "[double]\n",
        "\taws_access_key_id = AKIAINNER\n",
    ] {
        credentials = removed(&credentials, line);
    }
    home.write(".aws/credentials", credentials);
    let mut config = home.read(".aws/config");
    for line in [
        "role_arn = arn:aws:iam::210987654321:role/A\nsource_profile = prod\n",
        "credential_process = /no/such/program\n",
        "sso_account_id = 123456789012\nsso_start_url = https://x\n",
    ] {
        config = removed(&config, line);
    }
    home.write(".aws/config", config);
    for path in [".boto", ".aws/sso/cache/torn.json"] {
        std::fs::remove_file(home.path(path)).unwrap();
    }
    let well = report(&home, 0, &["--offline"]);
    assert_eq!(ids(&well), [""; 0], "{well:#}");
    assert_eq!(well["winner"], "credentials-file");

    let Some(python) = python("boto3") else { return };
    assert_eq!(boto3(&home, &python), "shared-credentials-file ASIAMEANT");
    home.set("AWS_PROFILE", "auto");
    home.write("x", r#"{"Version": 1, "AccessKeyId": "ASIAPROC", "SecretAccessKey": "canary"}"#);
    assert_eq!(boto3(&home, &python), "custom-process ASIAPROC");
    home.set("AWS_PROFILE", "stage");
    assert_eq!(boto3(&home, &python), "None");
}
