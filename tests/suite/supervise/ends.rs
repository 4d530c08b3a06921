//! Ends: statuses, signals, the grace, what is left of a group, a killed awstok, crash loops.

use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use super::{Stage, kill, lives};
use crate::home::until;

const LIFE: Duration = Duration::from_secs(6);

fn status(stage: &Stage, script: &str) -> i32 {
    stage.home.run(&["supervise", "worker", "--", "sh", "-c", script]).code
}

#[test]
fn the_commands_status_is_awstoks() {
    let stage = Stage::new(Duration::from_secs(900));
    for code in [0, 1, 2, 77, 126, 127, 255] {
        assert_eq!(status(&stage, &format!("exit {code}")), code);
    }
    for signal in [1, 2, 3, 6, 9, 10, 14, 15] {
        assert_eq!(status(&stage, &format!("kill -{signal} $$")), 128 + signal);
    }
    let missing = stage.home.run(&["supervise", "worker", "--", "no-such-program"]);
    assert_eq!(missing.code, 127, "{missing:?}");
    stage.home.write("plain", "text");
    let plain = stage.home.run(&["supervise", "worker", "--", "./plain"]);
    assert_eq!(plain.code, 126, "{plain:?}");
    assert!(plain.err.starts_with("error: ") && plain.err.contains("hint: "), "{plain:?}");
}

/// Whoever was to watch over a start that failed is gone too.
#[test]
fn a_command_that_cannot_be_started_again_leaves_nobody_behind() {
    let stage = Stage::new(Duration::from_secs(900));
    stage.home.write("work", "#!/bin/sh\nrm \"$0\"\n");
    let work = stage.home.path("work");
    std::fs::set_permissions(&work, std::fs::Permissions::from_mode(0o700)).unwrap();
    let supervised = stage.start(&["worker", "--restart", "always", "--", work.to_str().unwrap()]);
    supervised.says("ended with status 127; it is started again in 4s");
    let parent = supervised.pid().to_string();
    let ps = std::process::Command::new("ps").args(["-o", "pid=,stat=,args=", "--ppid", &parent]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&ps.stdout), "");
    supervised.send("TERM");
    assert_eq!(supervised.end().0, 127);
}

#[test]
fn the_command_finds_the_credentials_and_no_other_source() {
    let mut stage = Stage::new(Duration::from_secs(900));
    for name in [
        "AWS_PROFILE",
        "AWS_SECURITY_TOKEN",
        "AWS_SECRET_KEY",
        "AWS_CREDENTIAL_FILE",
        "AWS_BEARER_TOKEN_BEDROCK",
        "AWS_ROLE_ARN",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWSTOK_MFA_CODE",
        "AWSTOK_PASSPHRASE",
    ] {
        stage.home.set(name, "111111");
    }
    for name in ["WATCHDOG_PID", "WATCHDOG_USEC", "NOTIFY_SOCKET"] {
        stage.home.set(name, "1");
    }
    stage.home.set("KEPT", "a b");
    assert_eq!(status(&stage, "env | sort > log"), 0);
    let log = stage.log();
    let names: Vec<&str> = log.iter().map(|line| line.split_once('=').unwrap().0).collect();
    let expected = [
        "AWSTOK_NO_INPUT",
        "AWSTOK_PROFILE",
        "AWSTOK_RUN",
        "AWS_ACCESS_KEY_ID",
        "AWS_ACCOUNT_ID",
        "AWS_CREDENTIAL_EXPIRATION",
        "AWS_DEFAULT_REGION",
        "AWS_EC2_METADATA_DISABLED",
        "AWS_ENDPOINT_URL",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_EXPIRATION",
        "AWS_SESSION_TOKEN",
        "HOME",
        "KEPT",
        "PATH",
        "PWD",
        "TZ",
        "USER",
    ];
    let mut names: Vec<&str> = names.into_iter().filter(|name| !["_", "OLDPWD", "SHLVL"].contains(name)).collect();
    names.sort_unstable();
    assert_eq!(names, expected);
}

/// Leaves a note of each signal and goes on, except for TERM, at which it ends with 9 a moment later.
const LISTENER: &str = r#"
for signal in HUP INT QUIT USR1 USR2; do trap "echo $signal >> log" $signal; done
trap 'echo TERM >> log; sleep 0.3; exit 9' TERM
echo ready >> log
while :; do sleep 0.05; done"#;

#[test]
fn each_signal_reaches_the_command_once_and_after_term_awstok_ends_with_its_status() {
    let stage = Stage::new(Duration::from_secs(900));
    let supervised = stage.start(&["worker", "--", "sh", "-c", LISTENER]);
    stage.log_of(1);
    for (nth, signal) in ["HUP", "USR1", "USR2", "QUIT"].into_iter().enumerate() {
        supervised.send(signal);
        assert_eq!(stage.log_of(nth + 2)[nth + 1], signal);
    }
    supervised.send("TERM");
    stage.log_of(6);
    supervised.send("TERM");
    let (code, said) = supervised.end();
    let ours = said.iter().filter(|line| line.contains("worker")).count();
    assert_eq!((code, ours), (9, 1), "{said:?}");
    assert_eq!(stage.log(), ["ready", "HUP", "USR1", "USR2", "QUIT", "TERM"]);
}

#[test]
fn a_command_that_does_not_end_is_killed_after_the_grace_with_all_that_it_started() {
    let stage = Stage::new(Duration::from_secs(900));
    let script = r#"trap '' TERM INT; (trap '' TERM; echo $(exec sh -c 'echo $PPID') >> log; while :; do sleep 0.1; done) & echo $$ >> log; while :; do sleep 0.1; done"#;
    let supervised = stage.start(&["worker", "--grace", "1s", "--", "sh", "-c", script]);
    let log = stage.log_of(2);
    let begun = Instant::now();
    supervised.send("INT");
    let (code, said) = supervised.end();
    assert_eq!(code, 137, "{said:?}");
    assert!(begun.elapsed() >= Duration::from_secs(1));
    assert_eq!(said[1..], ["warning: worker: `sh` didn't end in time and was killed"]);
    assert!(log.iter().all(|pid| !lives(pid)));
}

#[test]
fn at_a_restart_everyone_of_the_old_group_gets_the_grace_and_nobody_survives_it() {
    let stage = Stage::new(LIFE);
    // the leader ends at once; one child tidies up within the grace, another never ends
    let script = r#"echo start >> log
(trap 'sleep 0.5; echo tidy >> log; exit' TERM; while :; do sleep 0.05; done) &
(trap '' TERM; exec sleep 1000) & echo $! > stubborn.$AWS_CREDENTIAL_EXPIRATION
wait"#;
    let supervised = stage.start(&["worker", "--restart-before", "4s", "--grace", "2s", "--", "sh", "-c", script]);
    let log = stage.log_of(3);
    assert_eq!(log, ["start", "tidy", "start"]);
    let mut stubborn: Vec<_> = std::fs::read_dir(stage.home.path(""))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().contains("stubborn"))
        .collect();
    stubborn.sort();
    let old = std::fs::read_to_string(&stubborn[0]).unwrap();
    assert!(!lives(old.trim()));
    drop(supervised);
}

#[test]
fn what_a_command_leaves_behind_is_ended_too() {
    let stage = Stage::new(Duration::from_secs(900));
    let begun = Instant::now();
    assert_eq!(
        status(&stage, "(trap '' TERM; exec sleep 1000) & echo $! > log; sleep 1000 & echo $! >> log; exit 4"),
        4
    );
    assert!(stage.log().iter().all(|pid| !lives(pid)));
    assert!(begun.elapsed() < Duration::from_secs(30));
}

#[test]
fn when_awstok_is_killed_the_whole_group_is_gone_within_seconds() {
    let stage = Stage::new(Duration::from_secs(900));
    let script = "(trap '' TERM; exec sleep 1000) & echo $! >> log; sleep 1000 & echo $! >> log; echo $$ >> log; wait";
    let supervised = stage.start(&["worker", "--", "sh", "-c", script]);
    let pids = stage.log_of(3);
    let begun = Instant::now();
    supervised.send("KILL");
    until("the end of all", || pids.iter().all(|pid| !lives(pid)).then_some(()));
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[test]
fn a_command_that_crashes_is_started_again_less_and_less_often() {
    let stage = Stage::new(Duration::from_secs(900));
    let supervised = stage.start(&["worker", "--restart", "always", "--", "sh", "-c", "echo $$ >> log; exit 3"]);
    stage.log_of(3);
    supervised.says("again in 4s");
    let begun = Instant::now();
    supervised.send("TERM");
    let (code, said) = supervised.end();
    assert_eq!(code, 3);
    assert!(begun.elapsed() < Duration::from_secs(3));
    let pauses: Vec<&str> =
        said.iter().filter_map(|line| line.split_once("it is started again in ")).map(|(_, pause)| pause).collect();
    assert_eq!(pauses, ["1s", "2s", "4s"]);
    assert!(said[1].starts_with("worker: `sh` ended with status 3; "), "{said:?}");
    assert_eq!(stage.log().len(), 3);
}

#[test]
fn a_stopped_command_ends_too() {
    let stage = Stage::new(Duration::from_secs(900));
    let supervised = stage.start(&["worker", "--", "sh", "-c", "echo $$ >> log; exec sleep 1000"]);
    let pid = stage.log_of(1).remove(0);
    kill("STOP", pid.parse().unwrap());
    supervised.send("TERM");
    assert_eq!(supervised.end().0, 143);
}

#[test]
fn a_signal_that_was_ignored_from_the_start_stays_so() {
    let stage = Stage::new(Duration::from_secs(900));
    let awstok = crate::home::AWSTOK;
    let mut nohup = stage.home.other("nohup");
    nohup.args([awstok, "supervise", "worker", "--", "sh", "-c", "kill -HUP $$; exit 6"]);
    let supervised = super::Supervised::start(&mut nohup);
    assert_eq!(supervised.end().0, 6);
}

#[test]
fn a_command_is_a_must_and_nobody_is_asked_without_a_terminal() {
    let stage = Stage::new(Duration::from_secs(900));
    assert!(stage.home.fails(2, &["supervise", "worker"]).contains("COMMAND"));
    stage.home.profile("guarded", &format!("role_arn = {}\nmaster_profile = robot\nguard = confirm\n", super::ROLE));
    stage.home.fails(5, &["supervise", "guarded", "--", "true"]);
    assert_eq!(stage.home.run(&["supervise", "guarded", "-y", "--", "true"]).code, 0);
}
