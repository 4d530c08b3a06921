//! Plans whose first credentials come from elsewhere than a profile file.

use std::path::PathBuf;

use super::plan::{Base, Step};
use super::*;

fn role(name: &str, more: &str) -> String {
    format!("role_arn = arn:aws:iam::123456789012:role/{name}\n{more}")
}

/// One profile of each source, and two roles behind each.
fn files() -> Files {
    let mut texts = vec![
        ("env".to_owned(), "credential_source = Environment".to_owned()),
        ("ec2".into(), "credential_source = Ec2InstanceMetadata\nec2_metadata_service_endpoint_mode = IPv6".into()),
        ("ecs".into(), "credential_source = EcsContainer".into()),
        ("process".into(), "credential_process = '/bin/a b' --x \"1 2\"\naccount_id = 111122223333".into()),
        ("web".into(), role("web", "web_identity_token_file = token")),
        ("sso".into(), "sso_session = corp\nsso_account_id = 123456789012\nsso_role_name = Admin".into()),
    ];
    for name in ["env", "ec2", "ecs", "process", "web", "sso"] {
        texts.push((format!("{name}-role"), role("r", &format!("master_profile = {name}"))));
        texts.push((format!("{name}-behind"), role("b", &format!("master_profile = {name}-role\nduration = 30m"))));
    }
    texts.push(("own".into(), role("r", "credential_source = Ec2InstanceMetadata")));
    let texts: Vec<_> = texts.iter().map(|(name, keys)| (name.as_str(), keys.as_str())).collect();
    Files::new(&texts)
}

const ALL: [(&str, &str); 6] = [
    ("env", "the environment's credentials of env"),
    ("ec2", "the instance's credentials of ec2"),
    ("ecs", "the container's credentials of ecs"),
    ("process", "credential_process of process"),
    ("web", "AssumeRoleWithWebIdentity of web"),
    ("sso", "GetRoleCredentials of sso"),
];

#[test]
fn each_source_stands_alone_and_before_roles() {
    let mut files = files();
    for (name, base) in ALL {
        assert_eq!(files.steps(name), base);
        assert_eq!(files.steps(&format!("{name}-role")), format!("{base} → role/r 1h"));
        assert_eq!(files.steps(&format!("{name}-behind")), format!("{base} → role/r 1h → role/b 30m"));
        let stages = files.plan(&format!("{name}-behind")).unwrap().stages().len();
        assert_eq!(stages, if name == "env" { 2 } else { 3 }, "{name}");
    }
    assert_eq!(files.steps("own"), "the instance's credentials of own → role/r 1h");
    assert_eq!(files.plan("process").unwrap().account_id(), Some("111122223333"));
    assert_eq!(files.plan("own").unwrap().base.account_id(), None, "the role's account isn't the instance's");
}

#[test]
fn a_base_carries_what_its_profile_says() {
    let mut files = files();
    let Base::Process { words, .. } = files.plan("process").unwrap().base else { panic!("another base") };
    assert_eq!(words, ["/bin/a b", "--x", "1 2"]);
    let Base::InstanceMetadata { service, .. } = files.plan("ec2").unwrap().base else { panic!("another base") };
    assert!(service.ipv6 && service.endpoint.is_none() && !service.v1_disabled);
    let Base::WebIdentity { request, .. } = files.plan("web").unwrap().base else { panic!("another base") };
    assert_eq!(request.token_file, PathBuf::from("/profiles/token"));
    assert_eq!((request.session_name.as_deref(), request.duration.as_secs()), (None, 3_600));
}

#[test]
fn behind_a_roles_session_a_role_lasts_an_hour_at_most() {
    let mut files = files();
    for (name, _) in ALL {
        let role = format!("{name}-role");
        let chained = ["ec2", "ecs", "web", "sso"].contains(&name);
        assert_eq!(files.plan_for(&role, Some(14_400)).is_err(), chained, "{role}");
        let reasons = files.plan(&role).unwrap().reasons.join("\n");
        assert_eq!(reasons.contains("one hour at most (role chaining)"), chained, "{reasons}");
        assert!(files.plan_for(&format!("{name}-behind"), Some(3_601)).is_err());
        let alone = files.plan_for(name, Some(14_400));
        assert_eq!(alone.is_ok(), name == "web", "{name}");
        assert!(alone.err().is_none_or(|error| kind_of(&error) == crate::error::Kind::Usage));
    }
    let reasons = files.plan_for("process-role", Some(14_400)).unwrap().reasons.join("\n");
    assert!(reasons.contains("if these are long-term credentials"), "{reasons}");
}

#[test]
fn a_code_goes_only_where_a_user_may_stand_behind_it() {
    let with_device = |master: &str| role("r", &format!("{master}\nmfa_id = GAHT12345678"));
    let mut files = Files::new(&[
        ("p", "credential_process = x"),
        ("a", &with_device("master_profile = p")),
        ("b", &with_device("credential_source = EcsContainer")),
    ]);
    assert_eq!(files.steps("a"), "credential_process of p → role/r 1h code(GAHT12345678)");
    assert_eq!(files.steps("b"), "the container's credentials of b → role/r 1h");
    assert!(files.plan("b").unwrap().reasons.iter().any(|reason| reason.contains("`mfa_id` of `b` isn't used")));
}

#[test]
fn what_cant_be_meant_is_refused() {
    let mut files = Files::new(&[
        ("quote", "credential_process = /bin/x \"y"),
        ("mode", "credential_source = Ec2InstanceMetadata\nec2_metadata_service_endpoint_mode = IPv7"),
        ("web", &role("web", "web_identity_token_file = t\nduration = 13h")),
        ("guarded", "credential_source = EcsContainer\nguard = read-only"),
    ]);
    for (name, said) in [
        ("quote", "`quote:2`: `credential_process` has a quote that isn't closed"),
        ("mode", "`mode:3`: `ec2_metadata_service_endpoint_mode` is `IPv7`"),
        ("web", "more than AWS gives a role"),
        ("guarded", "the container's credentials can't be limited"),
    ] {
        assert!(files.failure(name).contains(said), "{}", files.failure(name));
    }
}

#[test]
fn a_web_identity_can_be_limited_and_says_what_it_leaves_out() {
    let keys = "web_identity_token_file = /t\nguard = read-only\nexternal_id = ext\nsession_tags = a=b\nduration = 12h\nrole_session_name = me";
    let mut files = Files::new(&[("web", &role("web", keys))]);
    let plan = files.plan("web").unwrap();
    let Base::WebIdentity { request, .. } = &plan.base else { panic!("another base") };
    assert_eq!(request.policy_arns, ["arn:aws:iam::aws:policy/ReadOnlyAccess"]);
    assert_eq!((request.session_name.as_deref(), request.duration.as_secs()), (Some("me"), 43_200));
    assert_eq!(request.token_file, PathBuf::from("/t"));
    let reasons = plan.reasons.join("\n");
    assert!(reasons.contains("`external_id` of `web` isn't sent") && reasons.contains("`session_tags`"), "{reasons}");
    assert!(plan.steps.iter().all(|step| !matches!(step, Step::GetSessionToken { .. })));
}
