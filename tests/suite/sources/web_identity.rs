//! `web_identity_token_file` against the stand-in's identity provider.

use awstok::sandbox::{Fault, Rule, Sandbox};
use jiff::SignedDuration;

use super::{add_roles, asked, home, json, who};
use crate::home::Home;
use crate::sandbox::web_identity::{AUDIENCE, DEPLOY, ISSUER, SUBJECT, with_provider};

fn on() -> (Home, Sandbox) {
    let sandbox = with_provider();
    let home = home(&sandbox);
    home.profile("web", &format!("role_arn = {DEPLOY}\nweb_identity_token_file = ~/token\n"));
    write_token(&home, &sandbox, 5);
    (home, sandbox)
}

fn write_token(home: &Home, sandbox: &Sandbox, minutes: i64) -> String {
    let token = sandbox.identity_token(ISSUER, SUBJECT, AUDIENCE, SignedDuration::from_mins(minutes)).unwrap();
    home.write("token", format!("{}\n", token.expose()));
    token.expose().clone()
}

#[test]
fn a_token_takes_the_place_of_a_signature() {
    let (home, sandbox) = on();
    add_roles(&home, &sandbox, DEPLOY, "master_profile = web");
    let explained = home.ok(&["explain", "further"]);
    assert!(
        explained.contains(&format!("1. AssumeRoleWithWebIdentity {DEPLOY} of profile `web`  [to be called]")),
        "{explained}"
    );
    assert!(explained.contains("with the session of the role `web`, and so for one hour at most"), "{explained}");
    assert!(who(&home, "web").starts_with("arn:aws:sts::210987654321:assumed-role/deploy/awstok-session-1"));
    assert_eq!(who(&home, "further"), "arn:aws:sts::333344445555:assumed-role/further/ann");
    let first = &sandbox.calls_of("AssumeRoleWithWebIdentity")[0];
    assert_eq!((first.access_key_id.as_deref(), first.parameter("DurationSeconds")), (None, Some("3600")));
    let calls = asked(&sandbox);
    assert_eq!(calls.iter().filter(|call| *call == "AssumeRoleWithWebIdentity").count(), 1, "{calls:?}");
    home.ok(&["token", "web"]);
    assert!(home.read(".aws/credentials").contains("[web]"));
    let config = home.read(".aws/config");
    assert!(!config.contains("role_arn") && !config.contains("web_identity_token_file"), "{config}");
    assert!(asked(&sandbox).is_empty());
    home.ok(&["token", "web", "--duration", "2h", "--force"]);
    assert_eq!(sandbox.calls_of("AssumeRoleWithWebIdentity")[0].parameter("DurationSeconds"), Some("7200"));
    assert!(home.fails(4, &["token", "web", "--duration", "12h"]).contains("DurationSeconds"));
    home.fails(2, &["token", "web", "--duration", "13h"]);
}

#[test]
fn a_name_of_ones_own_is_sent() {
    let (home, _sandbox) = on();
    home.profile(
        "web",
        &format!("role_arn = {DEPLOY}\nweb_identity_token_file = ~/token\nrole_session_name = run-7\n"),
    );
    assert_eq!(who(&home, "web"), "arn:aws:sts::210987654321:assumed-role/deploy/run-7");
    assert_eq!(json(&home.ok(&["status", "web", "--json"]))[0]["account_id"], "210987654321");
}

#[test]
fn the_token_is_read_anew_and_never_shown() {
    let (home, sandbox) = on();
    let old = write_token(&home, &sandbox, -1);
    let said = home.fails(4, &["token", "web"]);
    assert!(said.contains("ExpiredTokenException") && said.contains("whoever writes it has to renew it"), "{said}");
    assert!(!said.contains(&old), "{said}");
    write_token(&home, &sandbox, 5);
    home.ok(&["token", "web"]);
    sandbox.inject(Rule::new(Fault::Failure(500)));
    let run = home.run(&["token", "web", "--min", "2h"]);
    assert!(run.code == 0 && run.err.contains("the present one serves"), "{run:#?}");
    sandbox.clear_faults();
    for text in ["", "two words", "a\nb-canary"] {
        home.write("token", text);
        let said = home.fails(3, &["token", "web", "--force"]);
        assert!(said.contains("the web identity token in `") && !said.contains("canary"), "{said}");
    }
    std::fs::remove_file(home.path("token")).unwrap();
    assert!(home.fails(3, &["token", "web", "--force"]).contains("can't be read"));
}
