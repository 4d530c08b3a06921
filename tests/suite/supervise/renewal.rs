//! Restarts: only with later credentials that AWS accepts; what is written, said and kept meanwhile.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use awstok::sandbox::{Fault, Instance, Role, Rule};
use jiff::Timestamp;

use super::{Stage, lives};
use crate::home::until;

const LIFE: Duration = Duration::from_secs(6);

/// Says its start, its credentials' end and its process, and works on.
const WORKER: &str =
    r#"echo "$AWS_CREDENTIAL_EXPIRATION $$ $AWS_ACCESS_KEY_ID $AWSTOK_PROFILE" >> log; exec sleep 100"#;

fn fields(line: &str) -> Vec<&str> {
    line.split(' ').collect()
}

#[test]
fn the_command_is_restarted_with_later_credentials_each_time_and_the_old_one_is_gone() {
    let stage = Stage::new(LIFE);
    stage.home.write("run/.keep", "");
    let file = "run/expiration";
    let args = ["worker", "--restart-before", "3s", "--expiry-file", file, "--", "sh", "-c", WORKER];
    let supervised = stage.start(&args);
    let mut read = BTreeSet::new();
    let log = until("three starts", || {
        // a reader in a loop never finds it torn
        if stage.home.exists(file) {
            read.insert(stage.home.read(file));
        }
        Some(stage.log()).filter(|log| log.len() >= 3)
    });
    let ends: Vec<Timestamp> = log.iter().map(|line| fields(line)[0].parse().unwrap()).collect();
    assert!(ends.is_sorted_by(|a, b| a < b), "{log:?}");
    let keys: BTreeSet<&str> = log.iter().map(|line| fields(line)[2]).collect();
    assert_eq!(keys.len(), 3);
    assert!(log.iter().all(|line| line.ends_with(" worker")));
    assert!(!lives(fields(&log[0])[1]) && !lives(fields(&log[1])[1]) && lives(fields(&log[2])[1]));
    assert!(read.iter().all(|text| text.trim_end().parse::<Timestamp>().is_ok() && text.ends_with("Z\n")), "{read:?}");
    assert_eq!(stage.home.read(file).trim_end(), fields(&log[2])[0]);
    assert_eq!(stage.home.path(file).metadata().unwrap().permissions().mode() & 0o777, 0o600);
    supervised.send("TERM");
    let (code, said) = supervised.end();
    assert_eq!(code, 143, "{said:?}");
    assert!(!lives(fields(&log[2])[1]));
    let events = ["worker: `sh` runs; credentials until ", "worker: there are later credentials, until "];
    assert!(said[0].starts_with(events[0]) && said[1].starts_with(events[1]), "{said:?}");
    assert!(said[2].starts_with("worker: `sh` runs again; credentials until "), "{said:?}");
    assert!(!said.iter().any(|line| line.contains(super::SECRET)));
}

#[test]
fn credentials_that_end_no_later_are_no_reason_to_restart() {
    let stage = Stage::new(LIFE);
    let supervised = stage.start(&["worker", "--restart-before", "5s", "--", "sh", "-c", WORKER]);
    let end = fields(&stage.log_of(1)[0])[0].to_owned();
    stage.sandbox.inject(Rule::new(Fault::Replace { element: "Expiration", value: Some(end) }).action("AssumeRole"));
    until("some looks", || (stage.sandbox.calls_of("AssumeRole").len() >= 4).then_some(()));
    assert_eq!(stage.log().len(), 1);
    stage.sandbox.clear_faults();
    assert_eq!(stage.log_of(2).len(), 2);
    drop(supervised);
}

#[test]
fn an_instance_that_hands_out_the_same_credentials_until_shortly_before_their_end_is_waited_for() {
    let mut stage = Stage::new(LIFE);
    stage.home.set("AWS_EC2_METADATA_DISABLED", "");
    stage.home.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", stage.sandbox.url());
    let (life, before) = (Duration::from_secs(10), Duration::from_secs(3));
    stage.sandbox.change(|world| {
        world.add_role(Role::new(super::ROLE).trusts("ec2.amazonaws.com")).unwrap();
        let instance = Instance::new("123456789012", "eu-central-1").role(super::ROLE);
        world.set_instance(instance.lifetime(life).renew_before(before));
    });
    stage.home.profile("machine", "credential_source = Ec2InstanceMetadata\n");
    let supervised = stage.start(&["machine", "--restart-before", "8s", "--", "sh", "-c", WORKER]);
    let first = stage.log_of(1).remove(0);
    let end: Timestamp = fields(&first)[0].parse().unwrap();
    let log = stage.log_of(2);
    // not when the clock said so, but once later ones were there
    assert!(end.duration_since(Timestamp::now()).as_secs() <= 3, "{log:?}");
    assert!(fields(&log[1])[0].parse::<Timestamp>().unwrap() > end && !lives(fields(&first)[1]), "{log:?}");
    drop(supervised);
}

#[test]
fn credentials_that_aws_does_not_accept_are_no_reason_to_restart() {
    let stage = Stage::new(LIFE);
    let supervised = stage.start(&["worker", "--restart-before", "4s", "--", "sh", "-c", WORKER]);
    stage.log_of(1);
    let body = "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidClientTokenId</Code><Message>not yet</Message></Error>\
                <RequestId>1</RequestId></ErrorResponse>";
    let refusal = Fault::Answer { status: 403, content_type: "text/xml", body: body.into() };
    stage.sandbox.inject(Rule::new(refusal).action("GetCallerIdentity"));
    let said = supervised.says("the new credentials don't work yet");
    assert!(said.starts_with("warning: worker: ") && said.contains("InvalidClientTokenId"), "{said}");
    until("more tries", || (stage.sandbox.calls_of("AssumeRole").len() >= 3).then_some(()));
    assert_eq!(stage.log().len(), 1);
    stage.sandbox.clear_faults();
    stage.log_of(2);
    supervised.says("credentials are fresh again");
}

#[test]
fn credentials_that_are_not_checked_are_taken_as_they_come() {
    let stage = Stage::new(LIFE);
    stage.sandbox.inject(Rule::new(Fault::Failure(500)).action("GetCallerIdentity"));
    let supervised = stage.start(&["worker", "--no-verify", "--restart-before", "4s", "--", "sh", "-c", WORKER]);
    stage.log_of(2);
    assert!(stage.sandbox.calls_of("GetCallerIdentity").is_empty());
    drop(supervised);
}

#[test]
fn no_command_starts_with_credentials_that_aws_refuses() {
    let stage = Stage::new(Duration::from_secs(900));
    stage.sandbox.inject(Rule::new(Fault::Failure(503)).action("GetCallerIdentity"));
    let said = stage.home.fails(6, &["supervise", "worker", "--", "sh", "-c", WORKER]);
    assert!(said.starts_with("error: "), "{said}");
    assert_eq!(stage.log(), Vec::<String>::new());
    // a session that AWS forgot is replaced before the start
    stage.sandbox.clear_faults();
    let key = stage.home.ok(&["env", "worker", "--json"]);
    let key =
        serde_json::from_str::<serde_json::Value>(&key).unwrap()["AWS_ACCESS_KEY_ID"].as_str().unwrap().to_owned();
    stage.sandbox.change(|world| world.remove_access_key(&key));
    stage.home.ok(&["supervise", "worker", "--", "sh", "-c", "echo $AWS_ACCESS_KEY_ID > log"]);
    assert_ne!(stage.log(), [key]);
}

#[test]
fn with_sts_down_the_command_works_on_past_the_end_and_is_restarted_when_it_is_back() {
    let stage = Stage::new(Duration::from_secs(4));
    let supervised = stage.start(&["worker", "--restart-before", "2s", "--", "sh", "-c", WORKER]);
    stage.log_of(1);
    stage.sandbox.inject(Rule::new(Fault::HangUp));
    supervised.says("no new session could be had");
    supervised.says("the credentials have expired; the command is restarted as soon as there are new ones");
    let log = stage.log();
    assert!(log.len() == 1 && lives(fields(&log[0])[1]));
    stage.sandbox.clear_faults();
    stage.log_of(2);
    supervised.send("TERM");
    let (code, said) = supervised.end();
    assert_eq!(code, 143);
    let warnings = said.iter().filter(|line| line.contains("no new session")).count();
    assert!((1..=2).contains(&warnings), "the same is said once: {said:?}");
}

#[test]
fn a_margin_as_long_as_the_lifetime_is_cut_and_said_and_makes_no_loop() {
    let stage = Stage::new(LIFE);
    let supervised = stage.start(&["worker", "--", "sh", "-c", WORKER]);
    let said = supervised.says("is cut");
    let cut = "warning: worker: `--restart-before 6m` is cut to ";
    assert!(said.starts_with(cut) && said.ends_with(": the credentials don't live longer than that"), "{said}");
    let starts = stage.log_of(3);
    let ends: Vec<Timestamp> = starts.iter().map(|line| fields(line)[0].parse().unwrap()).collect();
    assert!(ends.windows(2).all(|pair| pair[1].duration_since(pair[0]).as_secs() >= 2), "{ends:?}");
    drop(supervised);
}

#[test]
fn a_clock_that_leaps_past_the_end_brings_new_credentials_at_once() {
    let stage = Stage::new(Duration::from_secs(3_000));
    // as after a night's sleep: what was fetched is older than it can be
    let supervised = stage.start(&["worker", "--restart-before", "2990s", "--", "sh", "-c", WORKER]);
    let first = stage.log_of(1);
    stage.sandbox.set_clock_offset(jiff::SignedDuration::from_secs(240));
    let log = stage.log_of(2);
    assert_ne!(first[0], log[1]);
    drop(supervised);
}

#[test]
fn credentials_without_an_end_are_said_to_be_so_and_leave_no_expiry_file() {
    let stage = Stage::new(LIFE);
    stage.home.write("run/expiration", "2020-01-01T00:00:00Z\n");
    let args = ["supervise", "ci", "--expiry-file", "run/expiration", "--", "sh", "-c", "env > log"];
    let run = stage.home.run(&args);
    assert_eq!(
        (run.code, run.err.as_str()),
        (0, "ci: `sh` runs; its credentials have no end, so nothing will be renewed\n")
    );
    assert!(!stage.home.exists("run/expiration"));
    let env = stage.home.read("log");
    assert!(env.contains("AWS_ACCESS_KEY_ID=AKIAROBOTROBOTROBOT1\n") && !env.contains("AWS_SESSION_TOKEN"));
}

#[test]
fn an_expiry_file_where_everyone_can_write_is_refused() {
    let stage = Stage::new(LIFE);
    stage.home.write("open/x", "");
    std::fs::set_permissions(stage.home.path("open"), std::fs::Permissions::from_mode(0o1777)).unwrap();
    std::os::unix::fs::symlink("open/x", stage.home.path("link")).unwrap();
    for file in ["open/expiration", "link"] {
        let said = stage.home.fails(2, &["supervise", "worker", "--expiry-file", file, "--", "true"]);
        assert!(said.contains("where everyone can write\n\nhint: "), "{said}");
    }
    assert_eq!(stage.home.read("open/x"), "");
}
