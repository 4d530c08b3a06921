//! One profile file: what each key means, and how each wrong one is refused.

use proptest::prelude::*;

use super::*;

const KEYS: &str = "aws_access_key_id = AKIA1\naws_secret_access_key = canary";
const ROLE: &str = "role_arn = arn:aws:iam::123456789012:role/admin\nmaster_profile = ann";

/// Reads a file that is wrong: gives message and hint.
fn refused(keys: &str) -> String {
    let error = read(keys).map(|profile| profile.kind).unwrap_err();
    assert_eq!(kind_of(&error), crate::error::Kind::Invalid);
    assert!(hint_of(&error).is_some(), "no hint: {error}");
    let text = crate::error::render(&error);
    assert!(!text.contains("canary"), "{text}");
    text
}

#[test]
fn the_kind_follows_from_the_keys() {
    let sso = "sso_start_url = https://x.awsapps.com/start\nsso_region = eu-west-1\nsso_account_id = 123456789012\nsso_role_name = r";
    let both = format!("{KEYS}\n{ROLE}");
    for (keys, kind) in [
        ("", Kind::Config),
        ("region = eu-west-1\ns3 =\n  a = b", Kind::Config),
        (KEYS, Kind::User),
        (ROLE, Kind::Role),
        (&both, Kind::Role),
        (sso, Kind::Sso),
        ("sso_session = corp\nsso_account_id = 123456789012\nsso_role_name = r", Kind::Sso),
        ("sso_session = corp", Kind::Sso),
        ("credential_process = /bin/x y", Kind::Process),
        ("credential_source = environment", Kind::Source),
        ("role_arn = arn:aws:iam::123456789012:role/r\nweb_identity_token_file = /t", Kind::WebIdentity),
        ("role_arn = arn:aws:iam::123456789012:role/r\ncredential_source = EcsContainer", Kind::Role),
        ("aws_access_key_id = AKIA1\nsecret_store = keyring", Kind::User),
        ("source_profile = prod", Kind::Config),
    ] {
        assert_eq!(read(keys).unwrap().kind, kind, "{keys}");
    }
}

#[test]
fn every_wrong_file_is_refused_with_line_key_and_remedy() {
    let role = |more: &str| format!("{ROLE}\n{more}");
    let user = |more: &str| format!("{KEYS}\n{more}");
    for (keys, message, hint) in [
        ("aws_access_key_id = AKIA1".into(), "`prod:2`: `aws_access_key_id` has no `aws_secret_access_key`", "both"),
        (
            "aws_secret_access_key = canary".into(),
            "`prod:2`: `aws_secret_access_key` has no `aws_access_key_id`",
            "both",
        ),
        (user("aws_session_token = canary"), "`prod:4`: `aws_session_token` belongs to temporary", "long-term"),
        ("aws_access_key_id = AKIA1\naws_secret_access_key = cana ry".into(), "has a blank inside", "one piece"),
        ("role_name = x\nmaster_profile = a".into(), "`prod:2`: `role_name` has no `account_id`", "twelve digits"),
        (
            "role_name = x\naccount_id = 12345\nmaster_profile = a".into(),
            "`account_id` is `12345`, not twelve",
            "01234",
        ),
        ("region = eu-west-1\naccount_id = 1234-5678-9012".into(), "`prod:3`: `account_id` is `1234-5678", "number"),
        ("role_arn = admin\nmaster_profile = a".into(), "`admin`, which is no IAM role's ARN", "role_name = NAME"),
        ("role_arn = arn:foo\nmaster_profile = a".into(), "`arn:foo`, which is no IAM role's ARN", "role/NAME"),
        ("role_arn = arn:aws:iam::123456789012:user/x\nmaster_profile = a".into(), "is no IAM role's ARN", "role/NAME"),
        (
            "role_arn = arn:evil:iam::123456789012:role/x\nmaster_profile = a".into(),
            "is no IAM role's ARN",
            "role/NAME",
        ),
        (
            "role_arn = arn:aws:sts::123456789012:assumed-role/x/y\nmaster_profile = a".into(),
            "no IAM role's",
            "role/NAME",
        ),
        ("role_name = a b\naccount_id = 123456789012\nmaster_profile = a".into(), "is no IAM role's ARN", "role/NAME"),
        (
            "role_arn = arn:aws:iam::123456789012:role/x".into(),
            "`prod:2`: `role_arn` has no `master_profile`",
            "settings",
        ),
        (
            role("credential_source = Environment"),
            "`prod:4`: `credential_source` stands beside `master_profile`",
            "one",
        ),
        ("source_profile = a\ncredential_source = Environment".into(), "`source_profile`, and only one", "keep one"),
        ("credential_source = Ec2".into(), "`Ec2`, which is not one of its values", "`Ec2InstanceMetadata`"),
        ("web_identity_token_file = /t".into(), "`web_identity_token_file` has no `role_arn`", "role to assume"),
        ("sso_account_id = 123456789012\nsso_session = x".into(), "has no `sso_role_name`", "sso_role_name"),
        ("sso_role_name = r\nsso_session = x".into(), "has no `sso_account_id`", "sso_account_id"),
        (
            "sso_start_url = https://x.y/start\nsso_region = eu-west-1".into(),
            "`sso_account_id` and `sso_role",
            "Identity",
        ),
        (
            "sso_account_id = 123456789012\nsso_role_name = r".into(),
            "has no `sso_session` or `sso_start_url`",
            "Identity",
        ),
        (
            "sso_start_url = https://x.y\nsso_account_id = 1\nsso_role_name = r".into(),
            "has no `sso_region`",
            "sso_region",
        ),
        ("sso_session = x\nsso_start_url = https://a@evil.com/".into(), "which is no https address", "awsapps"),
        ("sso_session = x\nsso_start_url = http://x.awsapps.com/".into(), "which is no https address", "awsapps"),
        ("sso_session = x\nsso_region = x.evil.com/#".into(), "`x.evil.com/#`, which is no region", "eu-central-1"),
        ("region = EU".into(), "`prod:2`: `region` is `EU`, which is no region", "region = eu-central-1"),
        (role("duration = long"), "`prod:4`: `duration` is `long`, which is no duration", "12h"),
        (role("duration_seconds = 899"), "`duration_seconds` is `899`, and AWS gives no less than 15m", "12h"),
        (role("duration = 13h"), "`duration` is more than AWS gives a role", "12h"),
        (user("duration = 37h"), "no more than 36h", "12h"),
        (user("duration = -1"), "which is no duration", "3600"),
        (user("mfa_serial = short"), "`mfa_serial` has 5 characters, and AWS takes 9 to 256", "for example"),
        (user("mfa_id = arn:aws:iam::1:mfa/a b"), "`mfa_id` contains a blank", "for example"),
        (user("mfa_type = sms"), "`sms`, which is not one of its values", "`yubikey` or `command`"),
        (user("mfa_command = pass 'otp"), "has a quote that isn't closed", "PROGRAM ARGUMENTS"),
        (user("mfa_type = command"), "no `mfa_command` stands beside it", "mfa_command ="),
        (user("session = maybe"), "`maybe`, which is not", "write `none`"),
        (user("guard = always"), "`always`, which is not", "`type-name`"),
        (user("auto_refresh = 2"), "`2`, which is not", "`yes`"),
        (user("secret_store = cloud"), "`cloud`, which is not", "`keyring`"),
        (user("mfa_store = none"), "`none`, which is not", "`passphrase`"),
        (user("cache = ram"), "`ram`, which is not", "`none`"),
        (role("role_session_name = a b"), "`role_session_name` contains a blank", "for example"),
        (role("external_id = x"), "`external_id` has 1 characters", "for example"),
        (role("source_identity = a/b"), "`source_identity` contains `/`", "for example"),
        (role("session_tags = novalue"), "holds `novalue`, which is no `key=value`", "other=value"),
        (role("session_tags = a=1,A=2"), "names the tag `A` twice", "keep one"),
        (role("session_tags = a*=1"), "holds `a*`, which contains `*`", "for example"),
        (role("session_tags = a=1\ntransitive_session_tags = b"), "names `b`, which is no key", "in a chain"),
        (role("session_policy_arns = ReadOnly"), "`ReadOnly`, which is no policy's ARN", "ReadOnlyAccess"),
        (role("session_policy = {\"a\""), "`session_policy` is no JSON", "JSON"),
    ] {
        let said = refused(&keys);
        assert!(said.contains(message) && said.split_once("hint: ").unwrap().1.contains(hint), "{keys}\n{said}");
    }
}

#[test]
fn names_that_parsers_trip_over_are_refused() {
    for name in ["DEFAULT", "__proto__"] {
        let text = format!("[{name}]\n");
        let error = file::read(name, Path::new(name), text.as_bytes(), &Settings::default()).unwrap_err();
        assert!(error.to_string().contains(&format!("`{name}:1`: ")) && hint_of(&error).is_some(), "{error}");
    }
    let error = file::read("prod", Path::new("prod"), b"[DEFAULT]\n", &Settings::default()).unwrap_err();
    assert!(error.to_string().contains("`prod:1`: Python's parser spreads"), "{error}");
}

#[test]
fn a_role_is_built_in_its_partition() {
    for (keys, arn) in [
        ("role_name = admin", "arn:aws:iam::012345678901:role/admin"),
        ("role_name = team/admin\nregion = cn-north-1", "arn:aws-cn:iam::012345678901:role/team/admin"),
        (
            "role_name = /team/admin\nregion = eu-west-1\npartition = aws-us-gov",
            "arn:aws-us-gov:iam::012345678901:role/team/admin",
        ),
        ("role_name = x\nregion = eusc-de-east-1", "arn:aws-eusc:iam::012345678901:role/x"),
        ("role_arn = arn:aws-cn:iam::123:role/x\nregion = eu-west-1", "arn:aws-cn:iam::123:role/x"),
    ] {
        let profile = read(&format!("{keys}\naccount_id = 012345678901\nmaster_profile = ann")).unwrap();
        assert_eq!(profile.role.unwrap().arn, arn);
    }
    assert!(read("role_name = x\naccount_id = 012345678901\npartition = mars\nmaster_profile = a").is_err());
}

#[test]
fn what_nothing_depends_on_is_a_warning() {
    let user = read(&format!("{KEYS}\naccount_id = 12345678901")).unwrap();
    assert_eq!(user.account_id, None);
    assert!(user.warnings[0].contains("`prod:4`: `account_id` is `12345678901`, not twelve digits"));
    let role = read(&format!("{ROLE}\naws_account_id = 210987654321\naws_secret_acces_key = canary")).unwrap();
    assert_eq!(role.account_id.as_deref(), Some("123456789012"));
    assert!(role.warnings[0].contains("`aws_secret_acces_key` is not passed on"));
    assert!(role.warnings[1].contains("the role's counts") && !role.warnings.concat().contains("canary"));
}

#[test]
fn the_config_file_gets_the_rest_and_no_secret() {
    let profile = read(&format!(
        "{KEYS}\nS3 = \n   a = b # c\n   d = e\nregion = eu-west-1\ncli_pager =\nx = 1 ; c\nauto_refresh = yes\nsso_registration_scopes = s\nmfa_secret = canary\noutput = json\nlogin_session = y"
    ))
    .unwrap();
    let shown: Vec<String> = profile
        .config_entries(Some("\"/bin/awstok\" credential-process prod"))
        .iter()
        .map(|entry| format!("{}={}|{}", entry.key, entry.value, entry.nested.join("|")))
        .collect();
    assert_eq!(
        shown,
        [
            "region=eu-west-1|",
            "output=json|",
            "S3=|a = b|d = e",
            "cli_pager=|",
            "x=1|",
            "credential_process=\"/bin/awstok\" credential-process prod|"
        ]
    );
    assert_eq!(profile.config_entries(None).len(), 5);
    assert!(!format!("{profile:?}").contains("canary"));
}

#[test]
fn mfa_commands_and_stores_are_read() {
    let profile =
        read(&format!("{KEYS}\nmfa_process = pass otp x\nsecret_store = FILE\ncache = none\nguard = read-only"))
            .unwrap();
    assert_eq!(profile.mfa.code_from, CodeFrom::Command(["pass", "otp", "x"].map(str::to_owned).into()));
    assert_eq!((profile.secret_store, profile.cache, profile.guard), (Store::File, None, Some(Guard::ReadOnly)));
}

proptest! {
    #[test]
    fn any_bytes_are_a_profile_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = file::read("prod", Path::new("prod"), &bytes, &Settings::default());
    }

    #[test]
    fn any_values_are_a_profile_or_an_error_that_shows_no_secret(
        lines in proptest::collection::vec((0..39usize, "[^\n\r]{0,40}"), 0..8)
    ) {
        let all: Vec<keys::Key> = keys::Key::all().collect();
        let mut text = String::from("[prod]\naws_secret_access_key = c4n4ry\n");
        for (nth, value) in lines {
            text += &format!("{} = {value}\n", all[nth].name());
        }
        match file::read("prod", Path::new("prod"), text.as_bytes(), &Settings::default()) {
            Ok(profile) => {
                let shown = format!("{profile:?}");
                prop_assert!(!shown.contains("c4n4ry"));
                for entry in profile.config_entries(Some("x")) {
                    prop_assert!(!entry.value.contains(['\n', '\r', '\0']));
                }
            }
            Err(error) => {
                prop_assert_eq!(kind_of(&error), crate::error::Kind::Invalid);
                prop_assert!(!crate::error::render(&error).contains("c4n4ry"));
            }
        }
    }

    #[test]
    fn hostile_names_touch_no_file(name in "\\PC*|[\\x00-\\x1f./-]{0,8}|\\.\\./[a-z]*") {
        if name::check(&name).is_ok() {
            let path = Path::new("/profiles").join(&name);
            prop_assert_eq!(path.parent(), Some(Path::new("/profiles")));
            prop_assert_eq!(crate::error::visible(&name), name);
        }
    }
}
