//! The metadata service in all its bad states, and what people are told of it; the credentials of before still serve.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use awstok::sandbox::{Access, Fault, Rule};
use jiff::SignedDuration;

use super::instance::on;
use crate::sandbox::metadata::instance;

const ROLE: &str = "/latest/meta-data/iam/security-credentials/web";

#[test]
fn every_bad_state_is_told_in_time() {
    let json = |body: &str| Fault::Answer { status: 200, content_type: "application/json", body: body.into() };
    let text = |body: &str| Fault::Answer { status: 200, content_type: "text/plain", body: body.into() };
    let status = |status| Fault::Answer { status, content_type: "text/html", body: String::new() };
    let cases: Vec<(Fault, &str, i32, &str)> = vec![
        (Fault::Failure(500), "/latest", 6, "status 500"),
        (Fault::Failure(503), ROLE, 6, "status 503"),
        (status(400), "/latest/api/token", 6, "status 400"),
        (text("a b"), "/latest/api/token", 6, "what should be a token is none"),
        (text(""), "/latest/api/token", 6, "what should be a token is none"),
        (Fault::Redirect("http://127.0.0.1:9/".into()), ROLE, 6, "leads to another place, which is never followed"),
        (Fault::HangUp, "/latest", 6, "the connection was"),
        (Fault::Silence, ROLE, 6, "no answer came in time"),
        (Fault::Drip(Duration::from_millis(100)), ROLE, 6, "no answer came in time"),
        (Fault::HugeBody(100 << 20), ROLE, 6, "the answer is longer than 256 KiB"),
        (Fault::TornBody, ROLE, 6, "the connection was"),
        (json("<html>"), ROLE, 6, "it is no JSON (line 1, column 1)"),
        (json(""), ROLE, 6, "it is empty"),
        (json("[]"), ROLE, 6, "can't be used"),
        (json("{\"Code\":\"Success\"}"), ROLE, 6, "`Expiration` is missing"),
        (Fault::missing("Token"), ROLE, 6, "`Token` is missing"),
        (Fault::missing("SecretAccessKey"), ROLE, 6, "`SecretAccessKey` is missing"),
        (Fault::value("Token", "x\n[default]\ny"), ROLE, 6, "characters that AWS never uses"),
        (Fault::value("SecretAccessKey", "a b"), ROLE, 6, "characters that AWS never uses"),
        (Fault::value("Expiration", "2020-01-01T00:00:00Z"), ROLE, 6, "expired already"),
        (Fault::value("Expiration", "9999-01-01T00:00:00Z"), ROLE, 6, "longer than AWS ever grants"),
        (Fault::value("Expiration", "tomorrow"), ROLE, 6, "no instant"),
        (
            json("{\"Code\":\"AssumeRoleUnauthorizedAccess\",\"Message\":\"EC2 cannot assume the role\\u001b[2J\"}"),
            ROLE,
            4,
            "AssumeRoleUnauthorizedAccess: EC2 cannot assume the role\\u{1b}[2J",
        ),
        (text("../../x"), "/latest/meta-data/iam/security-credentials/", 6, "what should be the role's name is none"),
        (text(""), "/latest/meta-data/iam/security-credentials/", 4, "the instance has no role"),
        (status(403), "/latest/meta-data", 4, "access is forbidden"),
    ];
    let (home, sandbox) = on(instance());
    for (fault, path, code, words) in cases {
        sandbox.clear_faults();
        sandbox.inject(Rule::new(fault.clone()).path(path));
        let began = Instant::now();
        let said = home.fails(code, &["token", "ec2"]);
        assert!(began.elapsed() < Duration::from_secs(8), "{fault:?}: {:?}", began.elapsed());
        assert!(said.starts_with("error: no credentials for profile `ec2`\n"), "{fault:?}: {said}");
        assert!(said.contains(words), "{fault:?}: {said}");
        assert!(!home.exists(".aws/credentials") && !home.exists(".aws/awstok/cache"), "{fault:?}");
    }
}

#[test]
fn a_service_that_is_not_there_is_told_too() {
    let (mut home, sandbox) = on(instance());
    sandbox.change(|world| world.instance().unwrap().role = None);
    let said = home.fails(4, &["token", "ec2"]);
    assert!(said.contains("the instance has no role") && said.contains("hint: attach an instance profile"), "{said}");
    sandbox.change(|world| world.instance().unwrap().access = Access::Disabled);
    assert!(home.fails(4, &["token", "ec2"]).contains("forbidden (status 403)"));

    // silence: where already the token doesn't come, the first version is tried once
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    home.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", format!("http://{}", silent.local_addr().unwrap()));
    let began = Instant::now();
    let said = home.fails(6, &["token", "ec2"]);
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert!(said.contains("no answer came in time") && said.contains("EC2 instance"), "{said}");
    drop(silent);
    assert!(home.fails(6, &["token", "ec2"]).contains("connection was refused"));

    for url in ["not a uri", "http://a@b/", "http://127.0.0.1:1/?x", "file:///etc/passwd"] {
        home.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", url);
        let said = home.fails(3, &["token", "ec2"]);
        assert!(said.contains("which is no plain URL"), "{said}");
    }
    home.set("AWS_EC2_METADATA_DISABLED", "true");
    let said = home.fails(3, &["token", "ec2"]);
    assert!(said.contains("switched off by `AWS_EC2_METADATA_DISABLED`"), "{said}");
}

#[test]
fn the_profiles_own_endpoint_counts_where_the_environment_names_none() {
    let (mut home, sandbox) = on(instance());
    home.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", "");
    let keys = "credential_source = Ec2InstanceMetadata\nec2_metadata_service_endpoint = ";
    home.profile("ec2", &format!("{keys}{}/\n", sandbox.url()));
    home.ok(&["token", "ec2"]);
    assert!(home.read(".aws/config").contains("ec2_metadata_service_endpoint = "), "SDKs read it too");
}

#[test]
fn a_silent_token_in_a_container_names_the_hop_limit() {
    let (home, sandbox) = on(instance());
    sandbox.inject(Rule::new(Fault::Silence).path("/latest/api/token"));
    let said = home.fails(4, &["token", "ec2"]);
    assert!(said.contains("none arrived within a second") && said.contains("hop limit to 2"), "{said}");
    sandbox.change(|world| world.instance().unwrap().access = Access::V1AndV2);
    home.ok(&["token", "ec2"]);
}

#[test]
fn while_it_is_down_what_is_still_valid_serves() {
    let (home, sandbox) = on(instance());
    let first = home.ok(&["env", "ec2", "--json"]);
    sandbox.inject(Rule::new(Fault::Failure(500)));
    let run = home.run(&["token", "ec2", "--min", "7h"]);
    assert_eq!(run.code, 0, "{run:#?}");
    assert!(run.err.contains("warning: no new session could be had, the present one serves for"), "{}", run.err);
    assert_eq!(home.ok(&["env", "ec2", "--json"]), first);
    home.fails(6, &["token", "ec2", "--force"]);
    // a role that EC2 can't assume for the moment is no reason either
    sandbox.clear_faults();
    sandbox.change(|world| world.instance().unwrap().role = None);
    assert_eq!(home.run(&["token", "ec2", "--min", "7h"]).code, 0);
}

#[test]
fn a_wrong_clock_is_stated() {
    let (home, sandbox) = on(instance());
    sandbox.set_clock_offset(SignedDuration::from_mins(4));
    home.ok(&["token", "ec2"]);
    sandbox.set_clock_offset(SignedDuration::from_mins(12));
    let said = home.fails(4, &["token", "ec2", "--force"]);
    assert!(said.contains("this machine's clock is 1") && said.contains("behind the service's"), "{said}");
    let said = home.fails(4, &["token", "ec2", "--min", "7h"]);
    assert!(said.contains("hint: set this machine's clock right (NTP)"), "{said}");
}
