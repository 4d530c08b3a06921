//! Failures: each profile's stays its own, is said once, and is tried again after longer and longer pauses.

use std::time::{Duration, Instant};

use awstok::sandbox::{Fault, Role, Rule};

use super::{Stage, eventually, role_arn};

#[test]
fn one_failing_profile_leaves_the_others_alone_and_is_tried_again_later() {
    let stage = Stage::new(4);
    stage.role("bad", "");
    stage.sandbox.change(|world| world.add_role(Role::new(&role_arn("bad")))).unwrap();
    let begun = Instant::now();
    let mut watch = stage.watch(&["a", "bad", "c"]);
    let warning = watch.expect("warning: bad: ");
    assert!(warning.contains("AccessDenied") && warning.contains("no new session could be had"), "{warning}");
    watch.expect("c: fresh");
    assert_eq!(stage.sections().into_keys().collect::<Vec<_>>(), ["a", "c"]);
    eventually("the second try", || stage.calls_for("bad") == 2);
    let second = begun.elapsed();
    assert!(second >= Duration::from_secs(5), "after {second:?}");
    // 10 s more until the third one; the others go on meanwhile
    let calls = stage.calls_for("a");
    eventually("two renewals of another", || stage.calls_for("a") >= calls + 2);
    assert_eq!(stage.calls_for("bad"), 2);
    let said = watch.end();
    assert_eq!(said.iter().filter(|line| line.contains("bad")).count(), 1, "{said:#?}");
}

#[test]
fn while_aws_is_down_the_old_credentials_serve_and_recovery_is_said_once() {
    let stage = Stage::new(12);
    let mut watch = stage.watch(&["a"]);
    watch.expect("a: fresh until ");
    let before = stage.home.read(".aws/credentials");
    stage.sandbox.inject(Rule::new(Fault::Failure(503)));
    let warning = watch.expect("warning: a: ");
    assert!(warning.contains("the present one serves for "), "{warning}");
    assert_eq!(stage.home.read(".aws/credentials"), before);
    // one more try, then everything is well again
    let calls = stage.sandbox.calls().len();
    eventually("the next try", || stage.sandbox.calls().len() > calls);
    stage.lifetime(12);
    watch.expect("a: fresh again until ");
    assert_ne!(stage.home.read(".aws/credentials"), before);
    watch.expect("a: fresh until ");
    let said = watch.end();
    for (start, count) in [("warning: ", 1), ("a: fresh again", 1)] {
        assert_eq!(said.iter().filter(|line| line.starts_with(start)).count(), count, "{said:#?}");
    }
}

#[test]
fn without_a_terminal_a_code_is_asked_of_nobody_and_the_hint_helps() {
    let stage = Stage::new(3_600);
    stage.eve();
    let mut watch = stage.watch(&["a", "eve"]);
    let warning = watch.expect("warning: eve: ");
    assert!(
        warning.contains(DEVICE_WORDS) && warning.contains("(run `awstok token eve` in another terminal"),
        "{warning}"
    );
    let code = stage.sandbox.unused_code(super::DEVICE).unwrap();
    stage.home.ok(&["token", "eve", "--mfa-code", &code]);
    watch.expect("eve: fresh again until ");
    assert_eq!(stage.sandbox.calls_of("GetSessionToken").len(), 1);
}

const DEVICE_WORDS: &str = "needs a code of the device `arn:aws:iam::123456789012:mfa/ann`";

#[test]
fn a_code_of_the_command_line_serves_the_first_session() {
    let stage = Stage::new(3_600);
    stage.eve();
    let code = stage.sandbox.unused_code(super::DEVICE).unwrap();
    let mut watch = stage.watch(&["eve", "--mfa-code", &code]);
    watch.expect("eve: fresh until ");
}

#[test]
fn files_that_cant_be_changed_are_tried_again() {
    let stage = Stage::new(3_600);
    stage.home.write(".aws/credentials", "[broken\n");
    let mut watch = stage.watch(&["a"]);
    let warning = watch.expect("warning: the files could not be changed: ");
    assert!(warning.contains("credentials:1`"), "{warning}");
    stage.home.write(".aws/credentials", "[mine]\n");
    watch.expect("a: fresh until ");
    assert!(stage.home.read(".aws/credentials").starts_with("[mine]\n\n[a]\n"));
    assert_eq!(stage.calls_for("a"), 1);
}

#[test]
fn once_makes_one_pass_and_names_each_that_failed() {
    let stage = Stage::new(3_600);
    for bad in ["bad", "worse"] {
        stage.role(bad, "");
        stage.sandbox.change(|world| world.add_role(Role::new(&role_arn(bad)))).unwrap();
    }
    let (code, said) = stage.watch(&["--once", "a", "bad", "c", "worse"]).code();
    assert_eq!(code, 1, "{said:#?}");
    for name in ["bad", "worse"] {
        assert!(said.iter().any(|line| line.starts_with(&format!("warning: {name}: "))), "{said:#?}");
    }
    assert_eq!(stage.sections().into_keys().collect::<Vec<_>>(), ["a", "c"]);
    let (code, said) = stage.watch(&["--once", "bad"]).code();
    assert_eq!((code, said[0].as_str()), (1, "error: could not renew `bad`"), "{said:#?}");
    let (code, said) = stage.watch(&["--once", "a", "c", "ann"]).code();
    assert_eq!(code, 0, "{said:#?}");
    assert_eq!(said[0], "ann: its credentials have no end; nothing is to be renewed");
    assert_eq!(stage.calls_for("a"), 1, "a fresh session is reused");
    let run = stage.home.run(&["watch", "--once", "--all", "--json"]);
    let reports: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    let statuses: Vec<_> =
        reports.as_array().unwrap().iter().map(|report| report["status"].as_str().unwrap()).collect();
    assert_eq!((run.code, statuses), (1, vec!["reused", "fetched", "failed", "reused", "failed"]));
}

#[test]
fn profiles_that_cant_be_used_at_all_are_no_watch() {
    let stage = Stage::new(3_600);
    let error = stage.home.fails(3, &["watch", "nosuch"]);
    assert!(error.contains("nosuch"), "{error}");
    stage.home.profile("broken", "role_arn = x\n");
    stage.home.fails(3, &["watch", "nosuch", "broken"]);
    let (code, said) = stage.watch(&["ann"]).code();
    let endless = "ann: its credentials have no end; nothing is to be renewed";
    assert_eq!((code, said), (0, vec![endless.to_owned(), "nothing is left to watch".to_owned()]));
    // one that can't be used yet doesn't keep the others, and is taken up once it can
    let mut watch = stage.watch(&["a", "later"]);
    watch.expect("warning: later: ");
    stage.role("later", "");
    watch.expect("later: fresh again until ");
}

#[test]
fn guards_hold_and_a_guarded_profile_is_not_asked_for_again() {
    let stage = Stage::new(3_600);
    stage.role("guarded", "guard = confirm\n");
    let error = stage.home.fails(5, &["watch", "guarded"]);
    assert!(error.contains("pass `--yes`"), "{error}");
    let mut watch = stage.watch(&["a", "guarded"]);
    watch.expect("warning: guarded: not watched: ");
    watch.expect("a: fresh");
    drop(watch);
    assert_eq!(stage.calls_for("guarded"), 0);
    stage.watch(&["guarded", "--yes"]).expect("guarded: fresh");
}

#[test]
fn events_are_json_for_scripts() {
    let stage = Stage::new(3_600);
    stage.role("bad", "");
    stage.sandbox.change(|world| world.add_role(Role::new(&role_arn("bad")))).unwrap();
    let mut command = stage.home.command(["watch", "a", "bad", "--json", "-q"]);
    let mut child = command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::null()).spawn().unwrap();
    let lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
    let mut events: Vec<serde_json::Value> =
        lines.take(2).map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect();
    child.kill().unwrap();
    child.wait().unwrap();
    events.sort_by_key(|event| event["profile"].as_str().unwrap().to_owned());
    assert_eq!((&events[0]["status"], &events[1]["status"]), (&"fetched".into(), &"failed".into()), "{events:#?}");
    assert_eq!(events[0]["account_id"], "210987654321");
    assert!(events[0]["expiration"].is_string() && events[1]["error"].as_str().unwrap().contains("AccessDenied"));
}
