//! The protocols asked over real sockets, with a clock that stands still.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use aws_credential_types::Credentials;
use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::session::Session;

const NOW: i64 = 1_800_000_000;

fn now() -> Timestamp {
    Timestamp::from_second(NOW).unwrap()
}

/// What is held: credentials with so many seconds left.
fn held(left: i64, region: Option<&str>) -> Held {
    let end = now() + SignedDuration::from_secs(left);
    let credentials =
        Credentials::new("ASIAEXAMPLE", "canary-key", Some("canary-token".into()), Some(end.into()), "test");
    let session = Session {
        credentials,
        issued_at: now(),
        arn: Some("arn:aws:sts::123456789012:assumed-role/admin/ann".into()),
        region: None,
    };
    Held::new(
        &session,
        Belonging { account_id: None, role_arn: Some("arn:aws:iam::123456789012:role/team/admin"), region },
    )
}

fn server(protocol: Protocol, left: i64) -> Server {
    let door = Door::open("127.0.0.1:0".parse().unwrap()).unwrap();
    Server::start(door, protocol, Clock::Fixed(now()), held(left, Some("eu-west-1"))).unwrap()
}

/// Sends a head, with the right Host unless there is one, and gives status and body.
fn ask(server: &Server, request: &str, headers: &[(&str, &str)]) -> (u16, String) {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    let mut head = format!("{request} HTTP/1.1\r\nConnection: close\r\n");
    if !headers.iter().any(|(name, _)| *name == "Host") {
        head.push_str(&format!("Host: {}\r\n", server.address()));
    }
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    stream.write_all(format!("{head}\r\n").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    (status, answer.split_once("\r\n\r\n").unwrap().1.to_owned())
}

fn authorized(server: &Server, request: &str) -> (u16, String) {
    ask(server, request, &[("Authorization", server.token().unwrap().expose())])
}

#[test]
fn the_container_document_has_what_is_known() {
    let server = server(Protocol::Container, 60);
    let expected = r#"{"AccessKeyId":"ASIAEXAMPLE","SecretAccessKey":"canary-key","Token":"canary-token","Expiration":"2027-01-15T08:01:00Z","AccountId":"123456789012","RoleArn":"arn:aws:iam::123456789012:role/team/admin"}"#;
    assert_eq!(authorized(&server, "GET /credentials"), (200, expected.to_owned()));
    assert_eq!(server.token().unwrap().expose().len(), 64);
}

#[test]
fn what_has_expired_is_never_served_and_what_comes_after_is() {
    let server = server(Protocol::Container, 0);
    let (status, body) = authorized(&server, "GET /credentials");
    assert_eq!(status, 503);
    assert!(body.starts_with(r#"{"code":"CredentialsExpired","message":""#) && !body.contains("canary"), "{body}");
    server.update(held(1, None));
    assert_eq!(authorized(&server, "GET /credentials").0, 200);
}

#[test]
fn metadata_gives_what_is_known_and_nothing_else() {
    let server = server(Protocol::Metadata { with_v1: true }, 60);
    let credentials = r#"{"Code":"Success","LastUpdated":"2027-01-15T08:00:00Z","Type":"AWS-HMAC","AccessKeyId":"ASIAEXAMPLE","SecretAccessKey":"canary-key","Token":"canary-token","Expiration":"2027-01-15T08:01:00Z"}"#;
    let info = r#"{"Code":"Success","LastUpdated":"2027-01-15T08:00:00Z","InstanceProfileArn":"arn:aws:iam::123456789012:instance-profile/team/admin"}"#;
    let found = [
        ("/latest", "dynamic/\nmeta-data/"),
        ("/latest/meta-data/", "iam/\nplacement/"),
        ("/latest/meta-data/iam", "info\nsecurity-credentials/"),
        ("/latest/meta-data/iam/info", info),
        ("/latest/meta-data/iam/security-credentials", "admin"),
        ("/latest/meta-data/iam/security-credentials/", "admin"),
        ("/latest/meta-data/iam/security-credentials/admin", credentials),
        ("/latest/meta-data/placement/region", "eu-west-1"),
        ("/latest/dynamic/instance-identity/document", r#"{"accountId":"123456789012","region":"eu-west-1"}"#),
    ];
    for (path, body) in found {
        assert_eq!(ask(&server, &format!("GET {path}"), &[]), (200, body.to_owned()), "{path}");
    }
    for path in [
        "/",
        "/latest/user-data",
        "/latest/meta-data/instance-id",
        "/latest/meta-data/placement/availability-zone",
        "/latest/meta-data/iam/security-credentials/other",
        "/latest/meta-data/iam/security-credentials-extended/",
    ] {
        assert_eq!(ask(&server, &format!("GET {path}"), &[]).0, 404, "{path}");
    }
    server.update(held(60, None));
    assert_eq!(ask(&server, "GET /latest/meta-data/placement/region", &[]).0, 404);
    assert_eq!(ask(&server, "GET /latest/meta-data", &[]), (200, "iam/".to_owned()));
}

#[test]
fn only_loopback_is_listened_on() {
    for address in ["0.0.0.0:0", "[::]:0", "192.168.0.1:80", "[::ffff:127.0.0.1]:0"] {
        let error = Door::open(address.parse().unwrap()).unwrap_err();
        assert_eq!(crate::error::kind_of(&error), Kind::Usage, "{address}");
    }
}
