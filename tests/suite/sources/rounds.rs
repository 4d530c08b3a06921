//! Profiles whose `credential_process` ends in themselves: refused at once, however long the way round.

use std::time::{Duration, Instant};

use crate::home::{AWSTOK, Home};
use crate::tools::aws_cli;

/// Fails at once, and says which profiles asked one another.
#[track_caller]
fn refused(home: &Home, args: &[&str]) -> String {
    let began = Instant::now();
    let said = home.fails(3, args);
    assert!(began.elapsed() < Duration::from_secs(25), "{:?}: {said}", began.elapsed());
    assert!(said.contains("asks for its own credentials"), "{said}");
    said
}

#[test]
fn a_profile_that_asks_for_itself_is_refused() {
    let home = Home::new();
    home.profile("own", &format!("credential_process = \"{AWSTOK}\" credential-process own\n"));
    let said = refused(&home, &["token", "own"]);
    assert!(
        said.starts_with(
            "error: no credentials for profile `own`\n  caused by: the `credential_process` of profile `own` asks"
        ),
        "{said}"
    );
    assert!(said.contains("own → own") && said.contains("hint: let it name a program"), "{said}");
    refused(&home, &["credential-process", "own"]);
    refused(&home, &["env", "own", "--shell", "bash"]);
    let rows = home.ok(&["status", "own"]);
    assert!(rows.contains("none"), "looking at it runs nothing: {rows}");
}

#[test]
fn the_way_round_may_lead_through_others() {
    let home = Home::new();
    let ask = |name: &str| format!("credential_process = \"{AWSTOK}\" env {name} --format process\n");
    home.profile("a", &ask("b"));
    home.profile("b", &ask("c"));
    home.profile("c", &ask("a"));
    let said = refused(&home, &["token", "a"]);
    assert!(said.contains("a → b → c → a"), "{said}");
    // a role behind it holds the role's lock while the way leads back to the role
    home.profile("p", &format!("credential_process = \"{AWSTOK}\" credential-process role\n"));
    home.profile("role", "role_arn = arn:aws:iam::123456789012:role/r\nmaster_profile = p\n");
    refused(&home, &["token", "role"]);
    // a way that ends elsewhere is fine
    home.profile("user", "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\nsession = none\n");
    home.profile("c", &ask("user"));
    assert!(home.ok(&["credential-process", "a"]).contains("AKIAIOSFODNN7EXAMPLE"));
}

#[test]
fn the_way_round_may_lead_through_the_aws_cli() {
    let Some(aws) = aws_cli(1).or_else(|| aws_cli(2)) else { return };
    let home = Home::new();
    home.profile("own", &format!("credential_process = \"{}\" sts get-caller-identity --profile own\n", aws.display()));
    home.write(
        ".aws/config",
        format!("[profile own]\nregion = eu-west-1\ncredential_process = \"{AWSTOK}\" credential-process own\n"),
    );
    refused(&home, &["credential-process", "own"]);
}
