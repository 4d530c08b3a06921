//! Each finding, from the outside: what is wrong, the id, the severity, the line.

use super::{finding, ids, report};
use crate::home::Home;
use crate::tools::python;

const KEYS: &str = "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = canary\n";
const SESSION: &str =
    "aws_access_key_id = ASIAIOSFODNN7EXAMPLE\naws_secret_access_key = canary\naws_session_token = canary\n";

fn home() -> Home {
    let mut home = Home::new();
    home.set("AWS_EC2_METADATA_DISABLED", "true");
    home
}

/// Checks the findings of a home, errors and warnings, and that nothing secret is said.
#[track_caller]
fn finds(home: &Home, args: &[&str], expected: &[(&str, &str, u64)]) {
    let is_error = expected.iter().any(|(_, severity, _)| *severity == "error");
    let report = report(home, i32::from(is_error), &[&["--offline"], args].concat());
    let found: Vec<(&str, &str, u64)> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|it| it["severity"] != "info")
        .map(|it| (it["id"].as_str().unwrap(), it["severity"].as_str().unwrap(), it["line"].as_u64().unwrap_or(0)))
        .collect();
    assert_eq!(found, expected, "{report:#}");
    assert!(!report.to_string().contains("canary"), "{report:#}");
    for it in report["findings"].as_array().unwrap() {
        assert!(it["fix"].is_string() && it["message"].as_str().is_some_and(|text| !text.ends_with('.')), "{it:#}");
    }
}

#[test]
fn a_home_with_nothing_wrong_has_no_finding() {
    let home = home();
    finds(&home, &[], &[]);
    home.profile("prod", "role_arn = arn:aws:iam::210987654321:role/A\nmaster_profile = user\n");
    home.profile("user", KEYS);
    home.write(".aws/credentials", format!("[prod]\n{SESSION}expiration = 2999-01-01T00:00:00Z\n"));
    home.write(".aws/config", "[profile prod]\nregion = eu-central-1\n");
    finds(&home, &["prod"], &[]);
}

#[test]
fn the_environment_is_judged() {
    let mut home = home();
    home.write(".aws/credentials", format!("[prod]\n{SESSION}expiration = 2999-01-01T00:00:00Z\n"));
    home.profile("prod", "role_arn = arn:aws:iam::210987654321:role/A\nmaster_profile = prod\n");
    home.profile("prod", &format!("{KEYS}region = eu-central-1\n"));
    home.set("AWS_ACCESS_KEY_ID", "ASIAENV");
    home.set("AWS_SECRET_ACCESS_KEY", "canary");
    finds(&home, &["prod"], &[("env-shadows-profile", "error", 0), ("missing-session-token", "error", 0)]);
    home.set("AWSTOK_PROFILE", "prod");
    finds(&home, &["prod"], &[("missing-session-token", "error", 0)]);
    home.set("AWS_SECURITY_TOKEN", "canary");
    finds(&home, &["prod"], &[("stale-security-token", "error", 0)]);
    home.set("AWS_SECURITY_TOKEN", "");
    home.set("AWS_SESSION_TOKEN", "canary");
    home.set("AWS_CREDENTIAL_EXPIRATION", "2020-01-01T00:00:00Z");
    finds(&home, &["prod"], &[("expired-credentials", "warning", 0)]);
    home.set("AWS_SECRET_ACCESS_KEY", "");
    finds(&home, &["prod"], &[("half-credentials", "error", 0)]);
}

#[test]
fn whoever_sets_the_keys_of_a_profile_hides_none() {
    let mut home = home();
    home.write(".aws/config", "[profile prod]\nregion = eu-central-1\n");
    home.set("AWS_PROFILE", "prod");
    home.set("AWS_ACCESS_KEY_ID", "ASIAENV");
    home.set("AWS_SECRET_ACCESS_KEY", "canary");
    home.set("AWS_SESSION_TOKEN", "canary");
    finds(&home, &[], &[("env-shadows-profile", "error", 0)]);
    for (variable, name) in [("AWS_VAULT", "prod"), ("AWSUME_PROFILE", "prod"), ("GRANTED_SSO", "true")] {
        home.set(variable, name);
        finds(&home, &[], &[]);
        home.set(variable, "");
    }
    home.set("AWS_VAULT", "other");
    finds(&home, &[], &[("env-shadows-profile", "error", 0)]);
}

#[test]
fn names_that_are_not_there_are_found() {
    let mut home = home();
    home.profile("prod", KEYS);
    home.set("AWS_PROFILE", "prdo");
    home.set("AWSTOK_PROFILE", "prdo");
    home.write(".aws/awstok/settings", "[defaults]\nregion = eu-central-1\ndefault_profile = gone\n");
    let expected = ("profile-missing", "error", 0);
    finds(&home, &[], &[expected, expected, ("profile-missing", "error", 3)]);
    let report = report(&home, 1, &["--offline"]);
    assert!(report["findings"].as_array().unwrap().iter().any(|it| it["fix"] == "did you mean `prod`?"), "{report:#}");
    home.set("AWS_PROFILE", "prod");
    home.set("AWSTOK_PROFILE", "prod");
    home.write(".aws/awstok/settings", "");
    finds(&home, &[], &[expected]);
    assert_eq!(
        home.fails(3, &["doctor", "prdo", "--offline"]),
        "error: there is no profile `prdo`, neither of awstok's nor in the AWS files\n\nhint: did you mean `prod`?\n"
    );
}

#[test]
fn sections_of_the_aws_files_are_judged() {
    let home = home();
    let found = |credentials: &str, config: &str, expected: &[(&str, &str, u64)]| {
        home.write(".aws/credentials", credentials);
        home.write(".aws/config", config);
        finds(&home, &[], expected);
    };
    home.profile("prod", "role_arn = arn:aws:iam::210987654321:role/A\nmaster_profile = user\n");
    home.profile("user", KEYS);
    found(
        "[a]\naws_access_key_id = ASIAX\naws_secret_access_key = canary\n",
        "",
        &[("missing-session-token", "error", 2), ("static-temporary-credentials", "warning", 2)],
    );
    found(&format!("[prod]\n{SESSION}aws_security_token = canary\n"), "", &[("stale-security-token", "error", 5)]);
    found(
        &format!("[prod]\n{SESSION}expiration = 2020-01-01T00:00:00Z\n"),
        "",
        &[("expired-credentials", "warning", 2)],
    );
    found(&format!("[a]\n{KEYS}"), "", &[("long-term-keys-in-credentials", "warning", 2)]);
    found(
        &format!("[prod]\n{SESSION}"),
        "[profile prod]\ncredential_process = cat x\n",
        &[("credentials-shadow-process", "error", 2)],
    );
    found(
        "",
        "[profile prod]\nregion = x\nrole_arn = arn:aws:iam::210987654321:role/A\nsource_profile = user\n",
        &[("role-arn-shadows", "error", 3)],
    );
    found("", "[prod]\nregion = eu-central-1\n", &[("config-missing-profile-prefix", "error", 1)]);
    found("", "[toolkit]\n[plugins]\nx = y\n[sso-session a]\nsso_region = x\n[services b]\n", &[]);
    found("", "[profile \"a\"]\nregion = x\n", &[("quoted-profile", "warning", 1)]);
    found("[a&b]\n", "[profile \"a b\"]\n", &[("odd-profile-name", "warning", 1); 2]);
    found("", "[sso-session \"a\"]\nsso_region = x\n", &[]);
    found("", "[default]\nrole_arn = arn:aws:iam::210987654321:role/A\n", &[("role-incomplete", "error", 2)]);
    found("", "[profile a]\nmfa_serial = arn:aws:iam::123456789012:u2f/user/ann/key\n", &[("u2f-mfa-id", "error", 2)]);
    found("", "[profile a]\ncredential_process = /no/such canary\n", &[("program-missing", "error", 2)]);
    found("", "[profile a]\ncredential_process = \"no\n", &[("program-missing", "error", 2)]);
    found("", "[profile a]\ncredential_source = Ec2InstanceMetadata\n", &[("imds-unreachable", "error", 2)]);
    found(
        "[a]\naws_access_key_id = AKIA\n",
        "",
        &[("half-credentials", "error", 2), ("long-term-keys-in-credentials", "warning", 2)],
    );
}

#[test]
fn what_readers_stumble_over_is_found() {
    let home = home();
    let found = |credentials: &[u8], expected: &[(&str, &str, u64)]| {
        home.write(".aws/credentials", credentials);
        finds(&home, &[], expected);
    };
    found(b"[a]\nregion = x\n[a]\n", &[("duplicate-section", "error", 3)]);
    found(b"[a]\nregion = x\nREGION = y\n", &[("duplicate-key", "error", 3), ("key-in-capitals", "warning", 3)]);
    found(b"region = x\n", &[("unreadable-file", "error", 1)]);
    found(b"[a]\nregion = \xff\xfe\n", &[("unreadable-file", "error", 2)]);
    found(b"\x00\x01\x02\x7fELF", &[("unreadable-file", "error", 1)]);
    found(b"\xef\xbb\xbf[a]\n", &[("byte-order-mark", "error", 1)]);
    found(b"[a]\rregion = x\r[b]\n", &[("lone-carriage-return", "warning", 1)]);
    found(b"[a]\nregion = x\n\taws_access_key_id = y\n", &[("swallowed-key", "error", 3)]);
    found(b"[a]\n\tregion = x\n", &[("indented-key", "warning", 2)]);
    found(b"[DEFAULT]\nx = y\n", &[("spread-section", "warning", 1)]);
}

#[test]
fn profile_files_are_judged() {
    let mut home = home();
    home.set("PATH", "/nonexistent");
    let found = |text: &str, expected: &[(&str, &str, u64)]| {
        home.write(".aws/aws-profiles/a", text);
        finds(&home, &[], expected);
    };
    found("[b]\n", &[("profile-invalid", "error", 1)]);
    found(
        "[a]\nrole_arn = arn:aws:iam::210987654321:role/A\nmaster_profile = gone\n",
        &[("profile-invalid", "error", 3)],
    );
    found("[a]\naccount_id = 12\nrole_name = x\nmaster_profile = b\n", &[("profile-invalid", "error", 2)]);
    found(&format!("[a]\n{KEYS}mfa_id = arn:aws:iam::123456789012:u2f/user/ann/key\n"), &[("u2f-mfa-id", "error", 4)]);
    let device = "mfa_id = arn:aws:iam::123456789012:mfa/ann\n";
    found(&format!("[a]\n{KEYS}{device}mfa_command = no-such canary\n"), &[("program-missing", "error", 5)]);
    found(&format!("[a]\n{KEYS}{device}mfa_type = yubikey\n"), &[("program-missing", "error", 5)]);
    found("[a]\ncredential_source = Ec2InstanceMetadata\n", &[("imds-unreachable", "error", 2)]);
    found(&KEYS.replace("AKIA", "ASIA").replacen("", "[a]\n", 1), &[("missing-session-token", "error", 2)]);
    found("[a]\nrole_arn = arn:aws:iam::210987654321:role/A\nmaster_profile = b\n", &[("profile-invalid", "error", 3)]);
}

#[test]
fn one_broken_master_is_said_once() {
    let home = home();
    home.profile("user", "aws_access_key_id = AKIA\n");
    for name in ["one", "two"] {
        home.profile(name, "role_arn = arn:aws:iam::210987654321:role/A\nmaster_profile = user\n");
    }
    finds(&home, &[], &[("profile-invalid", "error", 2)]);
    // a loop is every member's
    home.profile("one", "role_arn = arn:aws:iam::210987654321:role/A\nmaster_profile = two\n");
    home.profile("two", "role_arn = arn:aws:iam::210987654321:role/A\nmaster_profile = one\n");
    home.profile("user", KEYS);
    finds(&home, &[], &[("profile-invalid", "error", 3), ("profile-invalid", "error", 3)]);
}

#[test]
fn identity_center_and_its_caches_are_judged() {
    let home = home();
    let whole = "[default]\nsso_account_id = 123456789012\nsso_role_name = Admin\nsso_session = s\n[sso-session s]\nsso_start_url = https://x\nsso_region = eu-central-1\n";
    let found = |config: &str, expected: &[(&str, &str, u64)]| {
        home.write(".aws/config", config);
        finds(&home, &[], expected);
    };
    found(whole, &[("sso-signed-out", "warning", 4)]);
    found("[profile a]\nsso_session = s\nsso_account_id = 1\n", &[("sso-incomplete", "error", 2)]);
    found("[profile a]\nsso_start_url = https://x\n", &[("sso-incomplete", "warning", 2)]);
    found(
        &whole.replace("sso_role_name = Admin\n", "sso_role_name = Admin\nsso_region = x\n"),
        &[("sso-incomplete", "error", 5)],
    );
    let token =
        |expires: &str| format!(r#"{{"startUrl":"https://x/","accessToken":"canary","expiresAt":"{expires}"}}"#);
    // SHA-1 of the session's name, where SDKs look, whatever the address of another token
    let file = ".aws/sso/cache/a0f1490a20d0211c997b44bc357e1972deab8ae3.json";
    home.write(".aws/sso/cache/a.json", token("2999-01-01T00:00:00Z"));
    found(whole, &[("sso-signed-out", "warning", 4)]);
    home.write(file, token("2999-01-01T00:00:00Z"));
    found(whole, &[]);
    home.write(file, token("2020-01-01T00:00:00UTC"));
    found(whole, &[("sso-signed-out", "warning", 4)]);
    home.write(".aws/sso/cache/a.json", &token("2999-01-01T00:00:00Z")[..30]);
    home.write(".aws/cli/cache/b.json", "");
    found("", &[("torn-cache", "warning", 0), ("torn-cache", "warning", 0)]);
}

#[cfg(unix)]
#[test]
fn modes_are_judged_and_left() {
    use std::os::unix::fs::PermissionsExt as _;

    let home = home();
    home.profile("user", KEYS);
    home.write(".aws/credentials", "");
    home.write(".aws/awstok/settings", "");
    let paths = [".aws/aws-profiles", ".aws/aws-profiles/user", ".aws/awstok", ".aws/credentials"];
    for path in paths {
        let mode = if home.path(path).is_dir() { 0o755 } else { 0o644 };
        std::fs::set_permissions(home.path(path), std::fs::Permissions::from_mode(mode)).unwrap();
    }
    finds(&home, &[], &[("wide-permissions", "warning", 0); 4]);
    let report = report(&home, 0, &["--offline", "--fix"]);
    assert_eq!(ids(&report), ["wide-permissions"]);
    assert!(
        report["findings"].as_array().unwrap().iter().all(|it| it["id"] != "wide-permissions" || it["fixed"] == true)
    );
    for path in paths {
        assert_eq!(home.path(path).metadata().unwrap().permissions().mode() & 0o077, 0, "{path}");
    }
    finds(&home, &[], &[]);
}

#[test]
fn old_keys_are_those_in_files_that_are_older() {
    let home = home();
    home.profile("user", KEYS);
    let file = std::fs::File::open(home.path(".aws/aws-profiles/user")).unwrap();
    let days = |days: u64| std::time::SystemTime::now() - std::time::Duration::from_secs(days * 86_400);
    file.set_modified(days(80)).unwrap();
    finds(&home, &[], &[]);
    file.set_modified(days(100)).unwrap();
    finds(&home, &[], &[("old-long-term-key", "warning", 2)]);
}

#[test]
fn everything_may_be_something_else() {
    let mut home = home();
    for path in [".aws/credentials/x", ".aws/config/x", ".aws/awstok/settings/x", ".aws/sso/cache/a.json/x"] {
        home.write(path, "");
    }
    home.write(".aws/aws-profiles", "junk\u{0}");
    let report = report(&home, 1, &["--offline"]);
    assert_eq!(ids(&report), ["torn-cache", "unreadable-file"]);
    assert_eq!(report["findings"].as_array().unwrap().iter().filter(|it| it["id"] == "unreadable-file").count(), 4);
    assert_eq!(report["winner"], serde_json::Value::Null);
    home.set("HOME", "/nonexistent/home");
    let gone = super::report(&home, 0, &["--offline"]);
    assert_eq!(gone["findings"], serde_json::json!([]));
}

#[cfg(unix)]
#[test]
fn what_could_block_or_fill_the_memory_is_not_opened() {
    let mut home = home();
    for path in [".aws/config", ".aws/credentials", ".aws/awstok/settings", ".aws/aws-profiles/a", ".boto", "old"] {
        home.write(path, "");
        std::fs::remove_file(home.path(path)).unwrap();
        assert!(std::process::Command::new("mkfifo").arg("-m600").arg(home.path(path)).status().unwrap().success());
    }
    home.set("AWS_CREDENTIAL_FILE", home.path("old").to_str().unwrap());
    let pipe = ("unreadable-file", "error", 0);
    let old = ("unreadable-file", "warning", 0);
    finds(&home, &[], &[pipe, pipe, pipe, old]);
    for path in [".aws/config", "old"] {
        std::fs::remove_file(home.path(path)).unwrap();
        // a hole, which takes no room
        std::fs::File::create(home.path(path)).unwrap().set_len(1 << 40).unwrap();
    }
    finds(&home, &[], &[pipe, pipe, pipe, old]);
}

#[cfg(unix)]
#[test]
fn without_a_home_folder_it_says_so_and_what_it_can() {
    let mut home = home();
    home.write("credentials", format!("[default]\n{SESSION}aws_security_token = canary\n"));
    home.profile("default", KEYS);
    for (variable, place) in [
        ("AWS_SHARED_CREDENTIALS_FILE", "credentials"),
        ("AWS_CONFIG_FILE", "config"),
        ("AWSTOK_PROFILES_DIR", ".aws/aws-profiles"),
    ] {
        home.set(variable, home.path(place).to_str().unwrap());
    }
    home.set("HOME", "");
    let before = home.read("credentials");
    let run = home.run(&["doctor", "--offline", "--json", "--fix"]);
    assert_eq!((run.code, run.err.as_str()), (1, "warning: nothing is mended without a home folder\n"), "{run:#?}");
    let report: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(report["winner"], "credentials-file");
    assert_eq!(finding(&report, "home-missing")["severity"], "error");
    finding(&report, "stale-security-token");
    assert_eq!(home.read("credentials"), before);
    // every other command still needs one
    home.fails(3, &["list"]);
}

#[test]
fn a_person_reads_the_chain_and_what_to_do() {
    let mut home = home();
    home.write(".aws/config", "[prod]\nregion = \u{1b}[2J\n[default]\ncredential_process = cat x\n");
    let run = home.run(&["doctor", "--offline"]);
    let expected = "\
`default` gets its credentials from config-file
   SOURCE             REFRESHES  WHAT IS SET
   environment
   assume-role
   web-identity
   sso
   credentials-file
→  config-file        by itself  `credential_process` cat
   boto2
   container
   instance-metadata             disabled

error ~/.aws/config:1 [config-missing-profile-prefix]
  `[prod]` in the config file is no profile: SDKs read `[profile prod]` only
  fix: write `[profile prod]`; `awstok doctor --fix` does

1 error, 0 warnings, `awstok doctor --fix` mends 1
";
    assert_eq!((run.code, run.out.as_str(), run.err.as_str()), (1, expected, ""));
    home.set("AWS_PROFILE", "\u{1b}]52;c;x\u{7}\u{202e}");
    let run = home.run(&["doctor", "--offline", "--color", "never"]);
    assert!(run.code == 1 && !run.out.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{run:#?}");
}

#[test]
fn the_finding_of_a_section_without_its_word_says_everything() {
    let home = home();
    home.write(".aws/config", "[prod]\nregion = x\n");
    let report = report(&home, 1, &["--offline"]);
    assert_eq!(
        *finding(&report, "config-missing-profile-prefix"),
        serde_json::json!({
            "id": "config-missing-profile-prefix", "severity": "error", "profile": "prod",
            "file": home.path(".aws/config"), "line": 1,
            "message": "`[prod]` in the config file is no profile: SDKs read `[profile prod]` only",
            "fix": "write `[profile prod]`; `awstok doctor --fix` does", "fixable": true, "fixed": false,
        })
    );
    let keys: Vec<&String> = report.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["profile", "winner", "chain", "findings"]);
}

#[test]
fn what_it_says_of_boto2_is_so() {
    let Some(python) = python("boto3") else { return };
    let home = home();
    home.write(".boto", "[Credentials]\naws_access_key_id = AKIABOTO\naws_secret_access_key = canary\n");
    finds(&home, &[], &[("boto2-config", "warning", 2)]);
    assert_eq!(super::boto3(&home, &python), "boto-config AKIABOTO");
}
