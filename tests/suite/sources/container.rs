//! `credential_source = EcsContainer` against the stand-in's endpoint: tokens, hosts, refusals.

use std::time::{Duration, Instant};

use awstok::sandbox::{Fault, Rule, Sandbox, Task};

use super::{add_roles, asked, home, json, who};
use crate::home::Home;
use crate::sandbox::container::{TASK, on_ecs};

fn on() -> (Home, Sandbox) {
    let sandbox = on_ecs(Task::new(TASK));
    let mut home = home(&sandbox);
    home.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", sandbox.container_uri().unwrap());
    home.set("AWS_CONTAINER_AUTHORIZATION_TOKEN", sandbox.container_token().unwrap().expose());
    home.profile("ecs", "credential_source = EcsContainer\n");
    (home, sandbox)
}

#[test]
fn the_tasks_role_is_handed_out_and_stands_behind_roles() {
    let (home, sandbox) = on();
    add_roles(&home, &sandbox, TASK, "master_profile = ecs");
    assert!(who(&home, "ecs").starts_with("arn:aws:sts::210987654321:assumed-role/task/"));
    assert_eq!(who(&home, "further"), "arn:aws:sts::333344445555:assumed-role/further/ann");
    home.ok(&["token", "--all"]);
    let calls = asked(&sandbox);
    assert_eq!(calls.iter().filter(|call| call.contains("/v2/credentials/")).count(), 1, "{calls:?}");
    let status = json(&home.ok(&["status", "ecs", "--json"]))[0].clone();
    assert_eq!((status["status"].as_str(), status["account_id"].as_str()), (Some("valid"), Some("210987654321")));
    assert!(home.ok(&["explain", "role"]).contains("one hour at most (role chaining)"));
    assert!(home.read(".aws/credentials").contains("[ecs]\naws_access_key_id = ASIA"));
}

#[test]
fn the_token_is_read_anew_and_must_be_one_line() {
    let (mut home, sandbox) = on();
    let file = home.path("token");
    home.set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", file.to_str().unwrap());
    home.set("AWS_CONTAINER_AUTHORIZATION_TOKEN", "wrong: the file comes first");
    home.write("token", format!("{}\n", sandbox.container_token().unwrap().expose()));
    home.ok(&["token", "ecs"]);
    sandbox.change(|world| world.set_container_token("second-canary"));
    let said = home.fails(4, &["token", "ecs", "--force"]);
    assert!(said.contains("refused the request") && said.contains("AccessDenied: "), "{said}");
    home.write("token", "second-canary");
    home.ok(&["token", "ecs", "--force"]);
    for text in ["a\nb-canary", "a\rb-canary", "", "é-canary", "a\0b-canary"] {
        home.write("token", text);
        let said = home.fails(3, &["token", "ecs", "--force"]);
        assert!(said.contains("holds no token that a header can carry") && !said.contains("canary"), "{said}");
    }
    std::fs::remove_file(&file).unwrap();
    let said = home.fails(3, &["token", "ecs", "--force"]);
    assert!(said.contains("can't be read"), "{said}");
}

#[test]
fn hosts_that_could_be_anyones_get_no_request() {
    let (mut home, sandbox) = on();
    let port = sandbox.address().port();
    for url in [
        format!("http://127.0.0.1.nip.io:{port}/x"),
        format!("http://localhost@127.0.0.1:{port}/x"),
        "http://169.254.0.1/foo".into(),
        "http://somewhere.com/foo".into(),
        "/credentials".into(),
    ] {
        home.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", &*url);
        let said = home.fails(3, &["token", "ecs"]);
        assert!(said.contains("which is refused"), "{said}");
    }
    home.set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "@127.0.0.1/x");
    assert!(home.fails(3, &["token", "ecs"]).contains("which is no path"));
    home.set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "");
    home.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "");
    assert!(home.fails(3, &["token", "ecs"]).contains("no container names its credentials endpoint here"));
    assert!(asked(&sandbox).is_empty());
}

#[test]
fn every_bad_answer_is_told_in_time() {
    let (home, sandbox) = on();
    let json = |status, body: &str| Fault::Answer { status, content_type: "application/json", body: body.into() };
    for (fault, code, words) in [
        (Fault::Failure(500), 6, "InternalFailure"),
        (
            json(401, "{\"code\":\"Unauthorized\",\"message\":\"no \\u001b[2J\"}"),
            4,
            "Unauthorized: no \\u{1b}[2J (status 401)",
        ),
        (json(404, ""), 4, "the answer has status 404"),
        (json(200, "<html>"), 6, "it is no JSON"),
        (json(200, "{\"code\":\"x\"}"), 6, "`Expiration` is missing"),
        (Fault::Redirect("http://127.0.0.1:9/".into()), 6, "never followed"),
        (Fault::HangUp, 6, "the connection was"),
        (Fault::Silence, 6, "no answer came in time"),
        (Fault::HugeBody(100 << 20), 6, "longer than 256 KiB"),
        (Fault::missing("Token"), 6, "`Token` is missing"),
        (Fault::value("Token", "x\r\n[default]"), 6, "characters that AWS never uses"),
        (Fault::value("Expiration", "2020-01-01T00:00:00Z"), 6, "expired already"),
        (Fault::value("Expiration", "9999-01-01T00:00:00Z"), 6, "longer than AWS ever grants"),
    ] {
        sandbox.clear_faults();
        sandbox.inject(Rule::new(fault.clone()).action("ContainerCredentials"));
        let began = Instant::now();
        let said = home.fails(code, &["token", "ecs"]);
        assert!(began.elapsed() < Duration::from_secs(12), "{fault:?}: {:?}", began.elapsed());
        assert!(said.contains(words), "{fault:?}: {said}");
        assert!(!home.exists(".aws/credentials"), "{fault:?}");
    }
    sandbox.clear_faults();
    sandbox.inject(Rule::new(Fault::Failure(503)).action("ContainerCredentials").times(2));
    home.ok(&["token", "ecs"]);
    sandbox.inject(Rule::new(Fault::Failure(503)));
    let run = home.run(&["token", "ecs", "--min", "12h"]);
    assert!(run.code == 0 && run.err.contains("the present one serves"), "{run:#?}");
}

#[test]
fn another_token_is_another_session() {
    let (mut home, sandbox) = on();
    home.ok(&["token", "ecs"]);
    sandbox.change(|world| world.set_container_token("other"));
    home.set("AWS_CONTAINER_AUTHORIZATION_TOKEN", "other");
    asked(&sandbox);
    home.ok(&["token", "ecs"]);
    assert_eq!(asked(&sandbox).len(), 1, "one server's session isn't another's");
}
