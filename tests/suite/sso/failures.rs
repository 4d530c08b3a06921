//! Torn files, wrong clocks, an Identity Center that isn't there.

use awstok::sandbox::{Fault, Rule};

use super::*;

#[test]
fn torn_files_are_named_and_signing_in_mends_them() {
    let (sandbox, home) = house(center().approval(Approval::AtOnce));
    let file = token_file("corp");
    for (text, words) in [
        (r#"{"accessToken":"a","expiresAt":"2099-01-01T00:00:00Z"}"}"#, "it is no JSON"),
        ("{\"accessTok", "it is no JSON"),
        ("[1]", "wrong type"),
        (r#"{"accessToken":"b","expiresAt":"notatimestamp"}"#, "`expiresAt` is no instant"),
        (r#"{"expiresAt":"2099-01-01T00:00:00Z"}"#, "`accessToken` is missing"),
        (r#"{"accessToken":"b"}"#, "`expiresAt` is missing"),
        ("", "is needed first"),
    ] {
        home.write(&file, text);
        let said = home.fails(5, &["token", "dev"]);
        assert!(said.contains(words) && said.contains("awstok sso login"), "{text}: {said}");
        assert!(text.is_empty() || said.contains(file.rsplit('/').next().unwrap()), "{said}");
        assert_eq!(home.read(&file), text);
        let rows: Value = serde_json::from_str(&home.ok(&["sso", "status", "--json"])).unwrap();
        assert_eq!((&rows[0]["expires_at"], &rows[0]["refreshable"]), (&Value::Null, &json!(false)));
    }
    assert_eq!(called(&sandbox), [""; 0]);
    home.write(&file, "{");
    assert_eq!(sign_in(&home, &["sso", "login", "--no-browser"]).0.code, 0);
    home.ok(&["token", "dev"]);
}

#[test]
fn a_clock_two_hours_off_is_stated_and_costs_no_sign_in() {
    for hours in [2, -2] {
        let (sandbox, home) = house(center());
        let file = put_token(&home, &sandbox, "corp", START_URL, -60, |_| {});
        let before = file_json(&home, &file);
        // AWS's clock is the right one
        sandbox.set_clock_offset(SignedDuration::from_hours(hours));
        let said = home.fails(4, &["token", "dev"]);
        let words = if hours > 0 { " behind AWS's" } else { " ahead of AWS's" };
        assert!(said.contains(words) && said.contains("NTP"), "{said}");
        assert!(!home.exists(".aws/credentials"));
        // what was renewed is kept, as long as AWS says
        let after = file_json(&home, &file);
        assert_ne!(before["refreshToken"], after["refreshToken"]);
        let end: Timestamp = after["expiresAt"].as_str().unwrap().parse().unwrap();
        let life = end.duration_since(Timestamp::now()).as_secs() - hours * 3_600;
        assert!((3_000..=3_700).contains(&life), "{life}");
        let said = home.fails(4, &["sso", "login", "--no-browser", "--force", "--use-device-code"]);
        assert!(said.contains(words), "{said}");
        // set right, everything goes on with the same sign-in
        sandbox.set_clock_offset(SignedDuration::ZERO);
        home.ok(&["token", "dev"]);
    }
}

#[test]
fn a_clock_that_is_off_ends_a_sign_in_by_redirect_too() {
    let (sandbox, home) = house(center().approval(Approval::AtOnce));
    assert_eq!(sign_in(&home, &["sso", "login", "--no-browser"]).0.code, 0);
    let before = home.read(&token_file("corp"));
    sandbox.set_clock_offset(SignedDuration::from_hours(2));
    // the client is registered, so that the browser comes first
    let (run, landed) = sign_in(&home, &["sso", "login", "--no-browser", "--force"]);
    assert!(run.code == 4 && run.err.contains(" behind AWS's") && run.err.contains("NTP"), "{run:#?}");
    assert!(landed.contains("Not signed in") && landed.contains("the terminal says why"), "{landed}");
    assert_eq!(home.read(&token_file("corp")), before);
}

#[test]
fn a_token_from_where_the_sign_in_was_before_is_no_sign_in() {
    let (sandbox, home) = house(center().approval(Approval::AtOnce));
    let file = put_token(&home, &sandbox, "corp", START_URL, 3_600, |token| token["startUrl"] = json!(OTHER_URL));
    sandbox.clear_calls();
    let said = home.fails(5, &["token", "dev"]);
    assert!(said.contains("the sign-in to `corp` is needed first"), "{said}");
    let rows: Value = serde_json::from_str(&home.ok(&["sso", "status", "--json"])).unwrap();
    assert_eq!((&rows[0]["expires_at"], &rows[0]["refreshable"]), (&Value::Null, &json!(false)));
    assert_eq!(called(&sandbox), [""; 0], "the token goes to no other portal");
    let (run, _) = sign_in(&home, &["sso", "login", "--no-browser"]);
    assert!(run.code == 0 && run.err.contains("\nsigned in to `corp`"), "{run:#?}");
    assert_eq!(file_json(&home, &file)["startUrl"], START_URL);
}

#[test]
fn who_cant_be_reached_is_named() {
    let (sandbox, mut home) = house(center());
    put_token(&home, &sandbox, "corp", START_URL, 3_600, |_| {});
    home.set("AWS_ENDPOINT_URL_SSO", "http://127.0.0.1:9");
    let said = home.fails(6, &["token", "dev"]);
    assert!(said.contains("`http://127.0.0.1:9` can't be reached for GetRoleCredentials"), "{said}");
    home.set("AWS_ENDPOINT_URL_SSO", "http://sso.example.com");
    let said = home.fails(3, &["token", "dev"]);
    assert!(said.contains("the endpoint `http://sso.example.com` is refused"), "{said}");
    home.set("AWS_ENDPOINT_URL_SSO", sandbox.url());
    home.set("AWS_ENDPOINT_URL_SSO_OIDC", "http://127.0.0.1:9");
    let said = home.fails(6, &["sso", "login", "--no-browser", "--force"]);
    assert!(said.contains("`http://127.0.0.1:9` can't be reached for RegisterClient"), "{said}");
    sandbox.inject(Rule::new(Fault::Failure(503)).action("GetRoleCredentials"));
    let said = home.fails(6, &["token", "dev"]);
    assert!(said.contains("status 503"), "{said}");
    assert_eq!(sandbox.calls_of("GetRoleCredentials").len(), 3, "tried three times");
    // where no endpoint is named, it is the host that the region leads to
    home.set("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true");
    home.set("HTTPS_PROXY", "http://127.0.0.1:9");
    let said = home.fails(6, &["token", "dev"]);
    assert!(said.contains("`portal.sso.eu-central-1.amazonaws.com` can't be reached for GetRoleCredentials"), "{said}");
    let said = home.fails(6, &["sso", "login", "--no-browser", "--force"]);
    assert!(said.contains("`oidc.eu-central-1.amazonaws.com` can't be reached for RegisterClient"), "{said}");
}

#[test]
fn no_token_shows_anywhere() {
    let (sandbox, home) = house(center());
    let file = put_token(&home, &sandbox, "corp", START_URL, -60, |_| {});
    let secrets = || {
        let token = file_json(&home, &file);
        ["accessToken", "refreshToken", "clientSecret"].map(|key| token[key].as_str().unwrap().to_owned())
    };
    let mut all: Vec<String> = secrets().into();
    let mut shown = String::new();
    let mut run = |args: &[&str]| {
        let run = home.run(args);
        shown.push_str(&run.out);
        shown.push_str(&run.err);
    };
    for fault in [Fault::Refused(400, "InvalidGrantException"), Fault::HangUp, Fault::TornBody] {
        sandbox.inject(Rule::new(fault).action("CreateToken"));
        run(&["-vv", "token", "dev"]);
        sandbox.clear_faults();
    }
    run(&["-vv", "token", "dev"]);
    run(&["sso", "status"]);
    run(&["sso", "status", "--json"]);
    sandbox.inject(Rule::new(Fault::Refused(401, "UnauthorizedException")).action("GetRoleCredentials"));
    run(&["-vv", "token", "dev", "--force"]);
    all.extend(secrets());
    run(&["-vv", "sso", "logout"]);
    for secret in all {
        assert!(!shown.contains(&secret), "{secret}: {shown}");
    }
}
