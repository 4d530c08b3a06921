//! What the endpoint refuses, over raw sockets, and that a refusal holds no secret.

use super::{Answer, Served};
use crate::commands::{Stage, json};

/// Checks that an answer holds no secret and lets no web page read it.
#[track_caller]
fn tells_nothing(served: &Served, answer: &Answer, secrets: &[String]) {
    for secret in secrets {
        assert!(!answer.head.contains(&secret.to_lowercase()) && !answer.body.contains(secret.as_str()), "{answer:?}");
    }
    assert!(!answer.head.contains("access-control"), "{answer:?}");
    assert!(!answer.body.contains(&served.address));
    if !answer.body.is_empty() {
        let error = json(&answer.body);
        let members: Vec<&str> = error.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(members, ["code", "message"]);
        assert!(answer.head.contains("\r\ncontent-type: application/json\r\n"), "{answer:?}");
    }
}

#[test]
fn only_who_has_the_token_and_means_this_endpoint_gets_the_credentials() {
    let stage = Stage::new();
    let served = Served::start(&stage, &[]);
    let token = served.token().to_owned();
    let good = served.credentials();
    assert_eq!(good.status, 200);
    assert!(good.head.contains("content-type: application/json\r\ncache-control: no-store\r\n"), "{good:?}");
    let found = json(&good.body);
    let variables = stage.variables("prod");
    for (member, name) in [
        ("AccessKeyId", "AWS_ACCESS_KEY_ID"),
        ("SecretAccessKey", "AWS_SECRET_ACCESS_KEY"),
        ("Token", "AWS_SESSION_TOKEN"),
        ("Expiration", "AWS_CREDENTIAL_EXPIRATION"),
        ("AccountId", "AWS_ACCOUNT_ID"),
    ] {
        assert_eq!(found[member], variables[name], "{member}");
    }
    assert_eq!(found["RoleArn"], "arn:aws:iam::210987654321:role/Admin");
    assert_eq!(found.as_object().unwrap().len(), 6);
    let text = |name: &str| found[name].as_str().unwrap().to_owned();
    let secrets = [text("SecretAccessKey"), text("Token"), text("AccessKeyId"), token.clone()];

    let port = served.address.rsplit(':').next().unwrap().to_owned();
    let host = |name: &str| name.replace("PORT", &port);
    assert_eq!(
        served.ask("GET /credentials", &[("Authorization", &token), ("Host", &host("LOCALHOST:PORT"))]).status,
        200
    );

    let tokens = [
        "",
        "x",
        &token[..63],
        &format!("Bearer {token}"),
        &format!("{token}0"),
        &"0".repeat(64),
        &token.to_uppercase(),
    ];
    for wrong in tokens {
        let answer = served.ask("GET /credentials", &[("Authorization", wrong)]);
        assert_eq!(answer.status, 401, "{wrong}");
        tells_nothing(&served, &answer, &secrets);
    }
    let right = ("Authorization", token.as_str());
    let twice = served.ask("GET /credentials", &[right, right]);
    assert_eq!(twice.status, 401);
    assert_eq!(served.ask("GET /credentials", &[]).status, 401);

    for wrong in [
        "evil.example",
        "evil.example:PORT",
        "169.254.170.2",
        "localhost.evil.example:PORT",
        "127.0.0.1.nip.io:PORT",
        "127.0.0.1",
        "127.0.0.1:1",
        "[::1]:PORT",
        "localhost",
        "",
    ] {
        let answer = served.ask("GET /credentials", &[right, ("Host", &host(wrong))]);
        assert_eq!(answer.status, 403, "{wrong}");
        tells_nothing(&served, &answer, &secrets);
    }
    let own = host("127.0.0.1:PORT");
    assert_eq!(served.ask("GET /credentials", &[right, ("Host", &own), ("host", &own)]).status, 403);

    for (name, value) in
        [("Origin", "http://evil.example"), ("Origin", "null"), ("Origin", ""), ("X-Forwarded-For", "1.2.3.4")]
    {
        let answer = served.ask("GET /credentials", &[right, (name, value)]);
        assert_eq!(answer.status, 403, "{name}");
        tells_nothing(&served, &answer, &secrets);
    }
    for method in ["POST", "PUT", "DELETE", "HEAD", "TRACE", "CONNECT", "OPTIONS", "PATCH", "get", "PROPFIND"] {
        let answer = served.ask(&format!("{method} /credentials"), &[right]);
        assert!([400, 405].contains(&answer.status), "{method}: {answer:?}");
        tells_nothing(&served, &answer, &secrets);
    }
    for path in [
        "/",
        "//",
        "/../",
        "/%2e%2e/",
        "/credentials/",
        "/credentials/../x",
        "/credentials?x",
        "/Credentials",
        "*",
        "/role-arn/arn:aws:iam::1:role/x",
        "/latest/meta-data/iam/security-credentials/",
    ] {
        let answer = served.ask(&format!("GET {path}"), &[right]);
        assert!([400, 404].contains(&answer.status), "{path}: {answer:?}");
        tells_nothing(&served, &answer, &secrets);
    }
    assert_eq!(served.ask(&format!("GET http://{}/credentials", served.address), &[right]).status, 400);
    assert_eq!(served.credentials(), good);
}

#[test]
fn malformed_requests_are_refused_and_leave_a_working_endpoint() {
    let stage = Stage::new();
    let served = Served::start(&stage, &[]);
    let good = served.credentials();
    let start =
        format!("GET /credentials HTTP/1.1\r\nHost: {}\r\nAuthorization: {}\r\n", served.address, served.token());
    let with = |more: &str| format!("{start}{more}\r\n").into_bytes();
    assert_eq!(served.send(&with("")).unwrap().status, 200);
    let cases = [
        ("a head of 1 MiB", with(&format!("X: {}\r\n", "a".repeat(1 << 20))), 431),
        ("a long path", format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(70_000)).into_bytes(), 431),
        ("200 headers", with(&"X: 1\r\n".repeat(200)), 431),
        ("both lengths", with("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n"), 400),
        ("chunks", with("Transfer-Encoding: chunked\r\n"), 400),
        ("odd chunks", with("Transfer-Encoding: xchunked\r\n"), 400),
        ("a body", with("Content-Length: 4\r\n"), 400),
        ("two lengths", with("Content-Length: 0\r\nContent-Length: 4\r\n"), 400),
        ("line feeds only", start.replace("\r\n", "\n").into_bytes().into_iter().chain(*b"\n").collect(), 400),
        ("one bare line feed", with("X: y\n"), 400),
        ("a NUL", with("X: a\0b\r\n"), 400),
        ("a folded line", with("X: a\r\n b\r\n"), 400),
        ("a blank before the colon", with("X : a\r\n"), 400),
        ("no request", b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03".to_vec(), 400),
        (
            "no host",
            format!("GET /credentials HTTP/1.0\r\nAuthorization: {}\r\n\r\n", served.token()).into_bytes(),
            403,
        ),
    ];
    for (name, bytes, status) in cases {
        let answer = served.send(&bytes).unwrap_or_else(|| panic!("{name}"));
        assert_eq!(answer.status, status, "{name}");
        assert!(!answer.body.contains("Secret") && !answer.body.contains(served.token()), "{name}");
        assert_eq!(served.credentials(), good, "{name}");
    }
}

#[test]
fn instance_metadata_wants_a_token_of_its_own() {
    let stage = Stage::new();
    let served = Served::start(&stage, &["--imds"]);
    assert_eq!(served.variables["AWS_EC2_METADATA_SERVICE_ENDPOINT"], format!("http://{}", served.address));
    const TTL: &str = "X-aws-ec2-metadata-token-ttl-seconds";
    const TOKEN: &str = "X-aws-ec2-metadata-token";
    let put = |headers: &[(&str, &str)]| served.ask("PUT /latest/api/token", headers);
    for wrong in ["0", "21601", "-1", "x", "", "1.5", "99999999999999999999"] {
        assert_eq!(put(&[(TTL, wrong)]).status, 400, "{wrong}");
    }
    assert_eq!(put(&[]).status, 400);
    assert_eq!(put(&[(TTL, "60"), ("X-Forwarded-For", "1.2.3.4")]).status, 403);
    assert_eq!(put(&[(TTL, "60"), ("Origin", "http://evil.example")]).status, 403);
    assert_eq!(put(&[(TTL, "60"), ("Host", "evil.example")]).status, 403);
    assert_eq!(served.ask("POST /latest/api/token", &[(TTL, "60")]).status, 405);
    assert_eq!(served.ask("GET /latest/api/token", &[(TTL, "60")]).status, 405);

    let given = put(&[(TTL, "60")]);
    assert_eq!(given.status, 200);
    assert!(given.head.contains("\r\nx-aws-ec2-metadata-token-ttl-seconds: 60\r\n"), "{given:?}");
    let list = "GET /latest/meta-data/iam/security-credentials/";
    let role = served.ask(list, &[(TOKEN, &given.body)]);
    assert_eq!((role.status, role.body.as_str()), (200, "Admin"));
    let document = served.ask(&format!("{list}Admin"), &[(TOKEN, &given.body)]);
    let found = json(&document.body);
    let variables = stage.variables("prod");
    assert_eq!(found["Code"], "Success");
    assert_eq!(found["Token"], variables["AWS_SESSION_TOKEN"]);
    assert_eq!(found["Expiration"], variables["AWS_CREDENTIAL_EXPIRATION"]);
    let region = served.ask("GET /latest/meta-data/placement/region", &[(TOKEN, &given.body)]);
    assert_eq!((region.status, region.body.as_str()), (200, "eu-central-1"));
    assert_eq!(served.ask("GET /latest/meta-data/instance-id", &[(TOKEN, &given.body)]).status, 404);

    let secret = found["SecretAccessKey"].as_str().unwrap();
    for headers in [
        &[][..],
        &[(TOKEN, "")],
        &[(TOKEN, "x")],
        &[(TOKEN, &given.body[1..])],
        &[(TOKEN, &given.body), (TOKEN, &given.body)],
    ] {
        let answer = served.ask(&format!("{list}Admin"), headers);
        assert_eq!(answer.status, 401, "{headers:?}");
        assert!(!answer.body.contains(secret));
    }
    assert_eq!(served.ask(&format!("PUT {}", "/latest/meta-data/"), &[(TOKEN, &given.body)]).status, 405);

    let short = put(&[(TTL, "1")]).body;
    assert_eq!(served.ask(list, &[(TOKEN, &short)]).status, 200);
    std::thread::sleep(std::time::Duration::from_millis(1_050));
    assert_eq!(served.ask(list, &[(TOKEN, &short)]).status, 401);
}

#[test]
fn instance_metadata_of_version_1_is_answered_where_that_is_allowed() {
    let stage = Stage::new();
    let served = Served::start(&stage, &["--imds", "--allow-v1"]);
    let list = "GET /latest/meta-data/iam/security-credentials/";
    assert_eq!(served.ask(list, &[]).body, "Admin");
    // a wrong token is no missing one
    assert_eq!(served.ask(list, &[("X-aws-ec2-metadata-token", "x")]).status, 401);
    assert_eq!(served.ask(list, &[("X-Forwarded-For", "1.2.3.4")]).status, 403);
}
