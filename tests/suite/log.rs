//! `log`: what was handed out, by every command that does, in whatever state the file is.

use std::process::Stdio;

use serde_json::{Value, json};

use crate::commands::{SECRET, Stage, json};

const LOG: &str = ".aws/awstok/log";

impl Stage {
    #[track_caller]
    fn log(&self, args: &[&str]) -> Vec<Value> {
        json(&self.home.ok(&[&["log", "--json"], args].concat())).as_array().unwrap().clone()
    }
}

/// The entries as words: profile, command, program, status.
fn gist(entries: &[Value]) -> Vec<String> {
    let word = |entry: &Value, key: &str| entry[key].as_str().unwrap_or("-").to_owned();
    entries.iter().map(|entry| ["profile", "command", "to", "status"].map(|key| word(entry, key)).join(" ")).collect()
}

#[test]
fn every_command_that_hands_out_is_written_down_with_who_got_it() {
    let stage = Stage::new();
    assert_eq!(stage.home.ok(&["log", "--json"]), "[]\n");
    stage.ok(&["token", "prod"]);
    stage.home.ok(&["env", "prod", "--shell", "bash"]);
    stage.home.ok(&["credential-process", "prod"]);
    stage.home.ok(&["exec", "prod", "--", if cfg!(windows) { "cmd" } else { "/bin/true" }, "/c", "exit 0"]);
    stage.home.ok(&["env", "ci", "--shell", "bash"]);
    stage.home.ok(&["watch", "prod", "--once"]);
    // what hands out nothing stands not there
    stage.home.ok(&["status"]);
    stage.home.fails(3, &["env", "nobody", "--json"]);
    stage.home.fails(5, &["env", "bob", "--json"]);
    let entries = stage.log(&[]);
    let parent = if cfg!(target_os = "linux") { entries[1]["to"].as_str().unwrap() } else { "-" };
    let program = if cfg!(windows) { "cmd" } else { "true" };
    assert_eq!(
        gist(&entries),
        [
            "prod token credentials file fetched".to_owned(),
            format!("prod env {parent} reused"),
            format!("prod credential-process {parent} reused"),
            format!("prod exec {program} reused"),
            format!("ci env {parent} reused"),
            "prod watch credentials file reused".to_owned(),
        ]
    );
    let variables = stage.variables("prod");
    let key_id = variables["AWS_ACCESS_KEY_ID"].as_str().unwrap();
    assert_eq!(
        entries[1],
        json!({
            "time": entries[1]["time"], "profile": "prod", "command": "env", "to": entries[1]["to"],
            "account_id": "210987654321", "arn": "arn:aws:sts::210987654321:assumed-role/Admin/ann", "expiration": variables["AWS_CREDENTIAL_EXPIRATION"],
            "status": "reused", "key_id_end": &key_id[key_id.len() - 4..],
        })
    );
    // long-term credentials have no end
    assert_eq!((&entries[4]["expiration"], &entries[4]["arn"]), (&Value::Null, &Value::Null));
    let text = stage.home.read(LOG);
    let session = [key_id, variables["AWS_SECRET_ACCESS_KEY"].as_str().unwrap(), SECRET, "AKIAROBOT"];
    for secret in session.iter().chain(&[variables["AWS_SESSION_TOKEN"].as_str().unwrap()]) {
        assert!(!text.contains(secret), "{text}");
    }
    let table = stage.home.ok(&["log"]);
    assert!(table.starts_with("TIME") && table.lines().count() == 8, "{table}");
}

#[test]
fn the_log_is_narrowed_by_profile_time_and_number() {
    let stage = Stage::new();
    for _ in 0..3 {
        stage.home.ok(&["env", "ci", "--json"]);
    }
    stage.ok(&["env", "mainuser", "--json"]);
    let old = stage.home.read(LOG).lines().next().unwrap().replace("\"time\":\"20", "\"time\":\"19");
    let late = old
        .replace(&old[..29], &format!("{{\"time\":\"{}", jiff::Timestamp::now() - jiff::SignedDuration::from_hours(3)));
    stage.home.write(LOG, format!("{old}\n{late}\n{}", stage.home.read(LOG)));
    assert_eq!(stage.log(&[]).len(), 5, "a century ago is longer than a year");
    assert_eq!(stage.log(&["ci"]).len(), 4);
    assert_eq!(stage.log(&["-p", "mainuser"]).len(), 1);
    assert_eq!(stage.log(&["--since", "1h"]).len(), 4);
    assert_eq!(stage.log(&["--since", "4h", "ci"]).len(), 4);
    assert_eq!(gist(&stage.log(&["--limit", "2"])).len(), 2);
    assert!(gist(&stage.log(&["--limit", "1"]))[0].starts_with("mainuser env "));
    assert_eq!(stage.log(&["nobody"]), [Value::Null; 0]);
    let run = stage.home.run(&["log", "nobody"]);
    assert_eq!((run.code, run.out.as_str(), run.err.as_str()), (0, "", "nothing was handed out\n"));
    stage.home.fails(2, &["log", "--since", "yesterday"]);
    stage.home.fails(2, &["log", "--limit", "-1"]);
}

#[test]
fn sixty_four_at_once_are_sixty_four_whole_lines_while_the_file_is_set_aside() {
    let stage = Stage::new();
    stage.home.ok(&["env", "ci", "--json"]);
    // the limit is reached while they write
    let line = stage.home.read(LOG);
    stage.home.write(LOG, line.repeat((4 << 20) / line.len()));
    let before = stage.log(&[]).len();
    let children: Vec<_> =
        (0..64).map(|_| stage.home.command(["env", "ci", "--json"]).stdout(Stdio::null()).spawn().unwrap()).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert!(stage.home.exists(".aws/awstok/log.older"));
    assert_eq!(stage.log(&[]).len(), before + 64);
    let said = stage.home.run(&["-v", "log", "--limit", "1"]).err;
    assert_eq!(said, "");
}

#[cfg(unix)]
#[test]
fn what_is_no_log_is_an_error_and_no_entry_is_passed_over() {
    let stage = Stage::new();
    stage.home.write(LOG, "junk\n{\"time\":\n");
    let run = stage.home.run(&["-v", "log"]);
    assert!(run.code == 0 && run.err.starts_with("2 lines are passed over in `"), "{run:?}");
    std::fs::remove_file(stage.home.path(LOG)).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(stage.home.path(LOG)).status().unwrap().success());
    let said = stage.home.fails(1, &["log"]);
    assert!(said.contains("it is no plain file"), "{said}");
}

#[cfg(unix)]
#[test]
fn the_log_is_private_and_no_log_is_no_reason_to_fail() {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;
    let stage = Stage::new();
    stage.home.ok(&["env", "ci", "--json"]);
    let file = stage.home.path(LOG);
    let mode = || fs::metadata(&file).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(), 0o600);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let run = stage.home.run(&["env", "ci", "--json"]);
    assert!(run.code == 0 && run.err.contains("could be read by others; it is 0600 now"), "{run:?}");
    assert_eq!(mode(), 0o600);
    // a folder, a pipe that nobody reads, a full device, a file-size limit, and nowhere at all
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    let quiet = |args: &[&str]| {
        let run = stage.home.run(args);
        assert!(run.code == 0 && run.err.is_empty() && run.out.contains("AKIAROBOT"), "{run:?}");
    };
    quiet(&["env", "ci", "--json"]);
    quiet(&["credential-process", "ci"]);
    fs::remove_dir(&file).unwrap();
    assert!(stage.home.other("mkfifo").arg(&file).status().unwrap().success());
    quiet(&["env", "ci", "--json"]);
    fs::remove_file(&file).unwrap();
    if cfg!(target_os = "linux") {
        std::os::unix::fs::symlink("/dev/full", &file).unwrap();
        quiet(&["env", "ci", "--json"]);
        fs::remove_file(&file).unwrap();
        let limited = format!("ulimit -f 0; exec '{}' credential-process ci", crate::home::AWSTOK);
        let mut limited_run = stage.home.other("sh");
        // a pipe has no size
        let output = limited_run.args(["-c", &limited]).output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    }
    let nowhere = stage.home.command(["credential-process", "ci"]).env("AWSTOK_HOME", "/proc/awstok").output().unwrap();
    assert!(nowhere.status.success() && nowhere.stderr.is_empty(), "{nowhere:?}");
}
