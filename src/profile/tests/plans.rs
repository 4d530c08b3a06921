//! Plans: which calls, with which code, for how long.

use super::*;
use crate::profile::plan::{Base, UserSecret};

const ANN: &str =
    "aws_access_key_id = AKIA1\naws_secret_access_key = s1\nmfa_id = arn:aws:iam::1:mfa/ann\nregion = eu-west-1";
const BOB: &str = "aws_access_key_id = AKIA2\naws_secret_access_key = s2";
const CODE: &str = "code(arn:aws:iam::1:mfa/ann)";

fn role(name: &str, more: &str) -> String {
    format!("role_arn = arn:aws:iam::123456789012:role/{name}\n{more}")
}

/// Ann with a device, bob without one, and `prod` with the given keys.
fn files(prod: &str) -> Files {
    let none = format!("{ANN}\nsession = none");
    let long = format!("{ANN}\nduration = 36h");
    Files::new(&[
        ("ann", ANN),
        ("bob", BOB),
        ("none", &none),
        ("long", &long),
        ("prod", prod),
        ("audit", &role("audit", "master_profile = prod")),
    ])
}

#[test]
fn a_user_gets_a_session_unless_it_wants_none() {
    let mut files = files("");
    assert_eq!(files.steps("ann"), format!("ann → session ann 12h {CODE}"));
    assert_eq!(files.steps("bob"), "bob → session bob 12h");
    assert_eq!(files.steps("long"), format!("long → session long 36h {CODE}"));
    assert_eq!(files.steps("none"), "none");
    assert_eq!(shown(&files.plan_for("ann", Some(900)).unwrap()), format!("ann → session ann 15m {CODE}"));
}

#[test]
fn a_role_takes_the_session_of_its_master_where_that_is_enough() {
    for (keys, steps) in [
        ("master_profile = ann", format!("ann → session ann 12h {CODE} → role/r 1h")),
        ("master_profile = ann\nduration = 1h", format!("ann → session ann 12h {CODE} → role/r 1h")),
        ("master_profile = long\nduration = 20m", format!("long → session long 36h {CODE} → role/r 20m")),
        ("master_profile = ann\nduration = 4h", format!("ann → role/r 4h {CODE}")),
        ("master_profile = bob", "bob → role/r 1h".into()),
        ("master_profile = bob\nduration = 12h", "bob → role/r 12h".into()),
        ("master_profile = none", format!("none → role/r 1h {CODE}")),
        (
            "master_profile = bob\nmfa_serial = GAHT12345678",
            "bob → session bob 12h code(GAHT12345678) → role/r 1h".into(),
        ),
        ("master_profile = ann\nmfa_id = GAHT12345678", "ann → role/r 1h code(GAHT12345678)".into()),
        ("master_profile = ann\nmfa_id = arn:aws:iam::1:mfa/ann", format!("ann → session ann 12h {CODE} → role/r 1h")),
    ] {
        assert_eq!(files(&role("r", keys)).steps("prod"), steps, "{keys}");
    }
}

#[test]
fn a_session_is_shared_by_roles_in_different_regions() {
    let mut files = files(&role("r", "master_profile = ann\nregion = us-east-1"));
    let (user, prod) = (files.plan("ann").unwrap(), files.plan("prod").unwrap());
    assert_eq!(format!("{:?}", user.steps[0]), format!("{:?}", prod.steps[0]));
    assert_eq!((prod.steps[0].region(), prod.steps[1].region()), (Some("eu-west-1"), Some("us-east-1")));
    assert_eq!(prod.region.as_deref(), Some("us-east-1"));
}

#[test]
fn a_role_behind_a_role_shares_its_masters_steps() {
    for keys in ["master_profile = ann", "master_profile = ann\nduration = 4h", "master_profile = bob"] {
        let mut files = files(&role("r", keys));
        let (prod, audit) = (files.plan("prod").unwrap(), files.plan_for("audit", Some(1_800)).unwrap());
        assert_eq!(format!("{:?}", prod.steps), format!("{:?}", &audit.steps[..audit.steps.len() - 1]), "{keys}");
        assert!(shown(&audit).ends_with(" → role/audit 30m"), "{}", shown(&audit));
        assert!(audit.reasons.iter().any(|reason| reason.contains("one hour at most")));
    }
}

#[test]
fn impossible_durations_are_refused_before_any_call() {
    let mut files = files(&role("r", "master_profile = ann"));
    for (name, seconds) in
        [("ann", 899), ("ann", 129_601), ("prod", 899), ("prod", 43_201), ("audit", 3_601), ("audit", 0), ("none", 900)]
    {
        let error = files.plan_for(name, Some(seconds)).unwrap_err();
        assert_eq!(kind_of(&error), crate::error::Kind::Usage, "{name} {seconds}");
        assert!(hint_of(&error).is_some());
    }
    let mut chained = Files::new(&[
        ("ann", ANN),
        ("prod", &role("r", "master_profile = ann")),
        ("audit", &role("audit", "master_profile = prod\nduration = 2h")),
    ]);
    let said = chained.failure("audit");
    assert!(said.contains("`audit:4`: `duration` is `2h`") && said.contains("role chaining"), "{said}");
}

#[test]
fn a_default_duration_is_cut_to_what_is_possible() {
    let mut files = files(&role("r", "master_profile = bob")).with_defaults("duration = 20h");
    assert_eq!(files.steps("bob"), "bob → session bob 20h");
    assert_eq!(files.steps("prod"), "bob → role/r 12h");
    assert_eq!(files.steps("audit"), "bob → role/r 12h → role/audit 1h");
    let reasons = files.plan("audit").unwrap().reasons.join("\n");
    assert!(reasons.contains("`audit` is asked for 1h instead of the default 20h"), "{reasons}");
}

#[test]
fn the_request_carries_what_the_profile_says() {
    let keys = "master_profile = ann\nexternal_id = ext/1\nsource_identity = ann\nsession_tags = a=1, b = 2=3\ntransitive_session_tags = b\nsession_policy_arns = arn:aws:iam::aws:policy/ReadOnlyAccess\nsession_policy = {\n  \"Version\": \"2012-10-17\"\n  }";
    let mut files = files(&role("r", keys));
    let plan = files.plan("prod").unwrap();
    let Some(Step::AssumeRole { request, .. }) = plan.steps.last() else { panic!("no role") };
    assert_eq!(request.session_name, "ann");
    assert_eq!(request.external_id.as_deref(), Some("ext/1"));
    assert_eq!(request.source_identity.as_deref(), Some("ann"));
    assert_eq!(request.tags, [("a".to_owned(), "1".to_owned()), ("b".to_owned(), "2=3".to_owned())]);
    assert_eq!(request.transitive_tag_keys, ["b"]);
    assert_eq!(request.policy.as_deref(), Some("{\"Version\":\"2012-10-17\"}"));
    assert_eq!(request.policy_arns, ["arn:aws:iam::aws:policy/ReadOnlyAccess"]);
}

#[test]
fn a_policy_file_is_read_and_checked() {
    let mut files = files(&role("r", "master_profile = ann\nsession_policy = ~/p.json"));
    assert!(files.plan("prod").is_ok());
    files.policy = "[]";
    assert!(files.failure("prod").contains("`session_policy` is no policy"));
}

#[test]
fn a_role_can_be_its_own_master() {
    let mut files = Files::new(&[("own", &format!("{ANN}\nduration = 20m\n{}", role("r", "source_profile = own")))]);
    assert_eq!(files.steps("own"), format!("own → session own 12h {CODE} → role/r 20m"));
    let mut empty = Files::new(&[("own", &role("r", "source_profile = own"))]);
    assert!(empty.failure("own").contains("names the profile itself, which has no long-term credentials"));
}

#[test]
fn long_term_keys_of_a_master_end_the_chain() {
    let mut files = Files::new(&[
        ("a", &format!("aws_access_key_id = bug\naws_secret_access_key = bug\n{}", role("a", "source_profile = b"))),
        ("b", &format!("{BOB}\n{}", role("b", "source_profile = c"))),
    ]);
    assert_eq!(files.steps("a"), "b → role/a 1h");
}

#[test]
fn wrong_masters_are_refused() {
    let mut files = Files::new(&[
        ("a", &role("a", "source_profile = b")),
        ("b", &role("b", "source_profile = c")),
        ("c", &format!("{BOB}\n{}", role("c", "master_profile = b"))),
        ("x", &role("x", "master_profile = missing")),
        ("y", &role("y", "master_profile = config")),
        ("config", "region = eu-west-1"),
        ("l", &role("l", "master_profile = m")),
        ("m", &role("m", "master_profile = l")),
    ]);
    assert!(files.steps("a").starts_with("c → "), "keys end the chain before the loop");
    assert!(files.failure("l").contains("`m:3`: `master_profile` closes a loop: l → m → l"));
    assert!(files.failure("x").contains("`x:3`: `master_profile` names the profile `missing`"));
    assert!(files.failure("y").contains("`config`, which has no credentials to assume a role with"));
    assert!(files.failure("config").contains("it only feeds the config file"));
}

#[test]
fn sign_ins_are_found_in_the_config_file_or_refused() {
    let mut files = Files::new(&[
        ("s", "sso_session = corp\nsso_account_id = 123456789012\nsso_role_name = Admin"),
        (
            "u",
            "sso_start_url = https://u.awsapps.com/start\nsso_region = us-east-1\nsso_account_id = 123456789012\nsso_role_name = r",
        ),
        ("r", &role("r", "master_profile = s\nduration = 2h")),
        ("missing", "sso_session = other\nsso_account_id = 123456789012\nsso_role_name = r"),
        ("half", "sso_session = half\nsso_account_id = 123456789012\nsso_role_name = r"),
        ("only", "sso_session = corp"),
    ]);
    let of = |plan: Plan| match plan.base {
        Base::Sso { sign_in, account_id, role_name, .. } => {
            format!("{} {} {account_id}/{role_name}", sign_in.name(), sign_in.region)
        }
        other => panic!("{other:?}"),
    };
    let plan = files.plan("s").unwrap();
    assert_eq!((plan.account_id(), plan.stages().len()), (Some("123456789012"), 1));
    assert_eq!(of(plan), "corp eu-west-1 123456789012/Admin");
    assert_eq!(of(files.plan("u").unwrap()), "https://u.awsapps.com/start us-east-1 123456789012/r");
    assert!(files.failure("r").contains("`r:4`: `duration` is `2h`"), "a role behind it is chained");
    assert!(files.failure("missing").contains("`missing:2`: `sso_session` names `[sso-session other]`"));
    assert!(files.failure("half").contains("`config:4`: `[sso-session half]` has no `sso_start_url`"));
    assert!(files.failure("only").contains("names no account and role"));
    assert!(!files.load("only").unwrap().delivers_credentials() && files.load("s").unwrap().delivers_credentials());
    let error = files.plan_for("s", Some(3_600)).unwrap_err();
    assert!(error.to_string().contains("how long the session of `s` lasts"), "{error}");
}

#[test]
fn a_secret_that_is_kept_elsewhere_is_named_by_its_place() {
    let mut files = Files::new(&[
        ("k", "aws_access_key_id = AKIA1\nsecret_store = keyring"),
        ("p", "aws_access_key_id = AKIA1\nsecret_store = passphrase\nsession = none"),
        ("f", "aws_access_key_id = AKIA1\nsecret_store = keyring\naws_secret_access_key = s"),
    ]);
    for (name, place, reason) in
        [("k", Some(Store::Keyring), "keyring"), ("p", Some(Store::Passphrase), "under"), ("f", None, "")]
    {
        let plan = files.plan(name).unwrap();
        let Base::LongTerm { secret_access_key, .. } = &plan.base else { panic!("another base") };
        match (secret_access_key, place) {
            (UserSecret::KeptIn(store), Some(place)) => assert_eq!(*store, place),
            (UserSecret::InFile(_), None) => {}
            other => panic!("{other:?}"),
        }
        assert!(plan.reasons.iter().any(|said| said.contains(reason)), "{:?}", plan.reasons);
        assert_eq!(plan.is_long_term(), name == "p");
    }
}

#[test]
fn a_read_only_role_is_limited_unless_it_may_write() {
    let arns = |plan: Plan| match plan.steps.last() {
        Some(Step::AssumeRole { request, .. }) => request.policy_arns.clone(),
        _ => Vec::new(),
    };
    let mut files = files("role_arn = arn:aws-cn:iam::123456789012:role/r\nmaster_profile = ann\nguard = read-only");
    assert_eq!(arns(files.plan("prod").unwrap()), ["arn:aws-cn:iam::aws:policy/ReadOnlyAccess"]);
    let request = Request { session_name: "ann".into(), write: true, ..Request::default() };
    assert!(arns(plan("prod", &request, &mut files).unwrap()).is_empty());
    assert!(arns(files.plan("audit").unwrap()).is_empty(), "a guard is for the profile that is handed out");
    for own in ["session_policy = {}", "session_policy_arns = arn:aws:iam::aws:policy/AdministratorAccess"] {
        let keys =
            format!("role_arn = arn:aws:iam::123456789012:role/r\nmaster_profile = ann\nguard = read-only\n{own}");
        let mut both = Files::new(&[("ann", ANN), ("prod", &keys)]);
        assert!(format!("{:#}", both.plan("prod").unwrap_err()).contains("session policy of its own"), "{own}");
    }
    let mut user = Files::new(&[("ann", &format!("{ANN}\nguard = read-only"))]);
    assert!(user.failure("ann").contains("can't be limited"));
}

#[test]
fn a_plan_says_where_each_session_is_kept() {
    let mut files = files(&role("r", "master_profile = ann\ncache = none"));
    let plan = files.plan("prod").unwrap();
    assert_eq!((plan.cache_of("prod"), plan.cache_of("ann")), (None, Some(Store::File)));
    assert_eq!(files.plan("audit").unwrap().cache_of("prod"), None, "on the way to another role, too");
    let mut user =
        Files::new(&[("ann", &format!("{ANN}\ncache = keyring")), ("p", &format!("{BOB}\ncache = passphrase"))]);
    assert_eq!(user.plan("ann").unwrap().cache_of("ann"), Some(Store::Keyring));
    assert_eq!(user.plan("p").unwrap().cache_of("p"), Some(Store::Passphrase));
}

#[test]
fn a_device_without_codes_is_refused_where_one_would_be_spent() {
    let key = "arn:aws:iam::123456789012:u2f/user/ann/key-ABCDEFGH";
    let ann = format!("aws_access_key_id = AKIA1\naws_secret_access_key = s1\nmfa_id = {key}");
    let mut files = Files::new(&[("ann", &ann), ("prod", &role("r", "master_profile = ann"))]);
    let words = format!(
        "error: `ann:4`: `mfa_id` is `{key}`, a passkey or security key, and STS takes codes only\n\n\
         hint: name a virtual or hardware device, or make one with `awstok mfa enroll --force ann`\n"
    );
    for name in ["ann", "prod"] {
        assert_eq!(files.failure(name), words);
    }
    let bare = Request { long_term: true, ..Request::default() };
    assert!(plan("prod", &bare, &mut files).unwrap().steps.is_empty());
}
