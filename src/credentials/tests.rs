//! What the tests of this floor share: a plan of two steps, a house to keep its sessions in.

use std::time::Duration;

use aws_credential_types::Credentials;
use jiff::{SignedDuration, Timestamp};

use super::{Identity, Sources, identities};
use crate::paths::Paths;
use crate::profile::plan::{AssumeRole, Base, Device, Plan, Step};
use crate::session::Session;
use crate::sts::StsSettings;

/// A user with a device, and a role behind.
pub(super) fn chain() -> Plan {
    Plan {
        profile: "prod".into(),
        base: Base::LongTerm {
            profile: "ann".into(),
            access_key_id: "AKIAIOSFODNN7EXAMPLE".into(),
            secret_access_key: "long-term-canary".into(),
            account_id: None,
        },
        steps: vec![
            Step::GetSessionToken {
                profile: "ann".into(),
                mfa: Some(Device { serial: "arn:aws:iam::123456789012:mfa/ann".into(), ..Device::default() }),
                duration: Duration::from_secs(43_200),
                region: None,
            },
            Step::AssumeRole {
                profile: "prod".into(),
                request: Box::new(AssumeRole {
                    role_arn: "arn:aws:iam::123456789012:role/admin".into(),
                    session_name: "ann".into(),
                    duration: Duration::from_secs(3_600),
                    mfa: None,
                    external_id: None,
                    source_identity: None,
                    tags: vec![],
                    transitive_tag_keys: vec![],
                    policy: None,
                    policy_arns: vec![],
                }),
                region: None,
            },
        ],
        region: None,
        guard: None,
        caches: vec![],
        reasons: vec![],
    }
}

/// The role's request.
pub(super) fn role(plan: &mut Plan) -> &mut AssumeRole {
    match &mut plan.steps[1] {
        Step::AssumeRole { request, .. } => request,
        Step::GetSessionToken { .. } => panic!("no role"),
    }
}

/// A session that lives `life` seconds.
pub(super) fn session(token: &str, issued_at: Timestamp, life: i64) -> Session {
    let end = issued_at + SignedDuration::from_secs(life);
    let credentials = Credentials::new("ASIAIOSFODNN7EXAMPLE", "secret", Some(token.into()), Some(end.into()), "test");
    Session {
        credentials,
        issued_at,
        arn: Some("arn:aws:sts::123456789012:assumed-role/admin/ann".into()),
        region: None,
    }
}

/// A throw-away home.
pub(super) struct House {
    _home: tempfile::TempDir,
    pub(super) paths: Paths,
}

impl House {
    pub(super) fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let paths = Paths::from_environment(&[("HOME", home.path())].into_iter().collect()).unwrap();
        Self { _home: home, paths }
    }

    pub(super) fn now(&self) -> Timestamp {
        Timestamp::from_second(1_800_000_000).unwrap()
    }

    pub(super) fn identities(&self) -> Vec<Identity> {
        identities(&chain(), &StsSettings::default(), &Sources::default())
    }
}
