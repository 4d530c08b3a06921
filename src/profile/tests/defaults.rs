//! `[defaults]` of the settings: what suits which profile, and whose file a message names.

use super::*;

const KEYS: &str = "aws_access_key_id = AKIA1\naws_secret_access_key = s1";

fn load(profile: &str, defaults: &str) -> Result<Profile> {
    Files::new(&[("prod", profile)]).with_defaults(defaults).load("prod")
}

#[test]
fn a_default_counts_where_the_profile_is_silent() {
    let profile = load("output = json", "output = text\nregion = eu-west-1\ncli_pager =\nguard = confirm").unwrap();
    assert_eq!((profile.output.as_deref(), profile.region.as_deref()), (Some("json"), Some("eu-west-1")));
    assert_eq!(profile.guard, Some(Guard::Confirm));
    assert_eq!(profile.passed_on[0].key, "cli_pager");
    // an empty value says "none"
    assert_eq!(load("region =", "region = eu-west-1").unwrap().region, None);
    // a synonym is the same key
    assert_eq!(load("duration_seconds = 1200", "duration = 1h").unwrap().duration.unwrap().value.as_secs(), 1_200);
}

#[test]
fn a_default_master_serves_roles_alone() {
    let role = "role_arn = arn:aws:iam::123456789012:role/r";
    let master = |keys: &str| load(keys, "master_profile = ann").unwrap().master.map(|master| master.value);
    assert_eq!(master(role).as_deref(), Some("ann"));
    assert_eq!(master(&format!("{role}\nmaster_profile = bob")).as_deref(), Some("bob"));
    assert_eq!(master(&format!("{role}\ncredential_source = EcsContainer")), None);
    assert_eq!(master(KEYS), None);
    assert_eq!(master("region = eu-west-1"), None);
}

#[test]
fn default_sources_do_not_turn_a_profile_into_another_kind() {
    let role = "role_arn = arn:aws:iam::123456789012:role/r\nmaster_profile = ann";
    let sso = "sso_start_url = https://x.awsapps.com/start\nsso_region = eu-west-1";
    for (keys, defaults, kind) in [
        (KEYS, "role_name = admin\naccount_id = 123456789012", Kind::User),
        (KEYS, "sso_account_id = 123456789012\nsso_role_name = r", Kind::User),
        (KEYS, "credential_process = x", Kind::User),
        (role, KEYS, Kind::Role),
        (role, "credential_source = Environment", Kind::Role),
        (role, "web_identity_token_file = /t", Kind::Role),
        ("region = eu-west-1", sso, Kind::Config),
        ("region = eu-west-1", "role_name = admin\nmaster_profile = ann", Kind::Config),
        ("account_id = 123456789012", "role_name = admin\nmaster_profile = ann", Kind::Role),
        ("sso_account_id = 123456789012\nsso_role_name = r", sso, Kind::Sso),
        ("region = eu-west-1", KEYS, Kind::User),
        ("region = eu-west-1", "credential_source = EcsContainer", Kind::Source),
    ] {
        let profile = load(keys, defaults).unwrap();
        assert_eq!(profile.kind, kind, "{keys} / {defaults}");
    }
}

#[test]
fn a_default_device_belongs_to_users() {
    let mut files = Files::new(&[
        ("ann", &format!("{KEYS}\nmfa_id = arn:aws:iam::1:mfa/ann")),
        ("bob", KEYS),
        ("a", "role_arn = arn:aws:iam::123456789012:role/r\nmaster_profile = ann"),
        ("b", "role_arn = arn:aws:iam::123456789012:role/r\nmaster_profile = bob"),
    ])
    .with_defaults("mfa_id = arn:aws:iam::1:mfa/usual");
    assert_eq!(files.steps("a"), "ann → session ann 12h code(arn:aws:iam::1:mfa/ann) → role/r 1h");
    assert_eq!(files.steps("b"), "bob → session bob 12h code(arn:aws:iam::1:mfa/usual) → role/r 1h");
}

#[test]
fn a_wrong_default_names_the_settings() {
    for (profile, defaults, message) in [
        ("", "region = EU", "`settings:2`: `region` is `EU`"),
        ("", "duration = 1m", "`settings:2`: `duration` is `1m`"),
        (
            "role_arn = arn:aws:iam::123456789012:role/r",
            "master_profile = a\ncredential_source = Environment",
            "`settings:3`: `credential_source` stands beside `master_profile`",
        ),
    ] {
        let error = load(profile, defaults).unwrap_err();
        assert!(error.to_string().contains(message), "{error}");
    }
    let mut files =
        Files::new(&[("a", "role_arn = arn:aws:iam::123456789012:role/r")]).with_defaults("master_profile = x");
    assert!(files.failure("a").contains("`settings:2`: `master_profile` names the profile `x`"));
}
