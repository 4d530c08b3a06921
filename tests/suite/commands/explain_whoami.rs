//! `awstok explain` and `whoami`: how credentials come about, and whose they are.

use serde_json::{Value, json as object};

use super::{ADMIN, AUDIT, DEVICE, Stage, json};

#[test]
fn explain_shows_each_call_and_why() {
    let stage = Stage::new();
    assert_eq!(
        stage.home.ok(&["explain", "audit"]),
        format!(
            "audit\n  1. long-term credentials AKIAIOSFODNN7EXAMPLE of profile `mainuser`\n  \
             2. GetSessionToken of profile `mainuser` for 12h, with a code of `{DEVICE}`  [to be called]\n  \
             3. AssumeRole {ADMIN} of profile `prod` as `ann` for 1h  [to be called]\n  \
             4. AssumeRole {AUDIT} of profile `audit` as `ann` for 1h  [to be called]\n  \
             why: `prod` is assumed with the session of `mainuser`: one code serves all its roles\n  \
             why: `audit` is assumed with the session of the role `prod`, and so for one hour at most\n"
        )
    );
    stage.home.profile(
        "prod",
        &format!("role_arn = {ADMIN}\nmaster_profile = mainuser\nduration = 4h\nrole_session_name = me\n"),
    );
    assert_eq!(
        stage.home.ok(&["explain", "prod"]),
        format!(
            "prod\n  1. long-term credentials AKIAIOSFODNN7EXAMPLE of profile `mainuser`\n  \
             2. AssumeRole {ADMIN} of profile `prod` as `me` for 4h, with a code of `{DEVICE}`  [to be called]\n  \
             why: `prod` is assumed straight from the long-term credentials of `mainuser`, with a code of its own: \
             4h are asked for, and temporary credentials assume a role for one hour at most\n"
        )
    );
    assert_eq!(
        stage.home.ok(&["explain", "ci"]),
        "ci\n  1. long-term credentials AKIAROBOTROBOTROBOT1 of profile `ci`\n  handed out with region us-east-1\n  \
         why: `session = none`: the long-term credentials are handed out as they are\n"
    );
    assert_eq!(stage.calls(), [""; 0]);
    assert!(!stage.home.exists(".aws/awstok"), "nothing is written");
}

#[test]
fn explain_knows_what_is_cached() {
    let stage = Stage::new();
    stage.ok(&["token", "mainuser"]);
    let text = stage.home.ok(&["explain", "prod"]);
    assert!(text.contains("[cached, 11h 59m left]") && text.contains("[to be called]"), "{text}");
    let outline = json(&stage.home.ok(&["explain", "prod", "--json"]));
    let expiration = stage.variables("mainuser")["AWS_CREDENTIAL_EXPIRATION"].clone();
    assert_eq!(
        outline,
        object!({
            "profile": "prod",
            "source": {"kind": "long-term credentials", "profile": "mainuser", "access_key_id": "AKIAIOSFODNN7EXAMPLE"},
            "steps": [
                {
                    "call": "GetSessionToken", "profile": "mainuser", "role_arn": null, "session_name": null, "mfa_id": DEVICE,
                    "duration_seconds": 43_200, "region": "eu-central-1", "cached": true, "expiration": expiration,
                },
                {
                    "call": "AssumeRole", "profile": "prod", "role_arn": ADMIN, "session_name": "ann", "mfa_id": null,
                    "duration_seconds": 3_600, "region": "eu-central-1", "cached": false, "expiration": null,
                },
            ],
            "region": "eu-central-1",
            "reasons": ["`prod` is assumed with the session of `mainuser`: one code serves all its roles"],
        })
    );
}

#[test]
fn whoami_asks_aws() {
    let stage = Stage::new();
    let out = stage.ok(&["whoami", "prod"]);
    let lines: Vec<_> = out.lines().collect();
    assert_eq!(lines[..2], ["account  210987654321", "arn      arn:aws:sts::210987654321:assumed-role/Admin/ann"]);
    assert!(lines[2].starts_with("user id  AROA") && lines[2].ends_with(":ann") && lines.len() == 3, "{out}");
    assert_eq!(stage.calls(), ["GetSessionToken", "AssumeRole", "GetCallerIdentity"]);
    let report = json(&stage.home.ok(&["whoami", "ci", "--json"]));
    assert_eq!((&report["profile"], &report["account_id"]), (&object!("ci"), &object!("123456789012")));
    assert_eq!(report["arn"], "arn:aws:iam::123456789012:user/robot");
    assert_eq!(report.as_object().unwrap().keys().collect::<Vec<_>>().len(), 4);
    assert_ne!(report["user_id"], Value::Null);
    assert_eq!(stage.calls(), ["GetCallerIdentity"]);
}
