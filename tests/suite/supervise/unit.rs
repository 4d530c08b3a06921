//! `systemd-unit`: the text, and what systemd itself says of it.

use std::process::Command;
use std::time::Duration;

use super::Stage;
use crate::home::{AWSTOK, Run};
use crate::tools::tool;

fn stage() -> Stage {
    let stage = Stage::new(Duration::from_secs(900));
    stage.home.write(".aws/awstok/.keep", "");
    stage
}

#[test]
fn the_unit_says_how_it_is_installed_and_runs_the_command_as_it_was_given() {
    let stage = stage();
    let command = ["/bin/echo", "a b", "100%", "$HOME", "\\d", "\"q\"", "", ";"];
    let flags = ["systemd-unit", "worker", "--restart", "always", "--grace", "10s", "--"];
    let text = stage.home.ok(&[&flags, &command as &[&str]].concat());
    let home = stage.home.path("").canonicalize().unwrap();
    let home = home.display().to_string();
    let line =
        |start: &str| text.lines().find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("{start}: {text}"));
    assert_eq!(
        line("ExecStart="),
        format!(
            "ExecStart={AWSTOK} supervise --profile=worker --restart-before=6m --grace=10s --restart=always \
             --expiry-file=%t/awstok-worker/expiration -- /bin/echo \"a b\" \"100%%\" $$HOME \"\\\\d\" \"\\\"q\\\"\" \"\" \";\""
        )
    );
    assert_eq!(line("User="), "User=ann");
    assert_eq!(line("WorkingDirectory="), format!("WorkingDirectory={}", home.trim_end_matches('/')));
    assert_eq!(line("TimeoutStopSec="), "TimeoutStopSec=25");
    assert!(line("ReadWritePaths=").ends_with("/.aws/awstok"));
    assert!(
        text.starts_with("# Keeps a command alive") && text.contains("/etc/systemd/system/awstok-worker.service\n")
    );
    assert!(!text.contains(super::SECRET));
}

#[test]
fn what_a_service_cannot_do_is_warned_of_in_the_unit_and_aloud() {
    let stage = stage();
    stage.home.profile(
        "ann",
        &format!("aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = {}\nmfa_id = arn:aws:iam::123456789012:mfa/ann\n", super::SECRET),
    );
    let Run { code, out, err } = stage.home.run(&["systemd-unit", "ann", "--", "true"]);
    assert_eq!(code, 0);
    let warning =
        "profile `ann` needs a code of the device `arn:aws:iam::123456789012:mfa/ann`, and a service can ask nobody";
    assert!(
        err.starts_with(&format!("warning: {warning}")) && out.contains(&format!("# WARNING: {warning}")),
        "{err}{out}"
    );
    for user in ["no-such-user-here", "a b", "-x", "x\ny"] {
        stage.home.fails(2, &["systemd-unit", "worker", &format!("--user={user}"), "--", "true"]);
    }
    stage.home.fails(3, &["systemd-unit", "nobodys", "--", "true"]);
}

#[test]
fn systemd_finds_nothing_wrong_with_it_and_little_that_is_exposed() {
    let Some(analyze) = tool("systemd-analyze") else { return };
    let mut stage = stage();
    for (user, command) in [("daemon", "a b"), ("root", "x")] {
        stage.home.set("USER", user);
        let text = stage.home.ok(&["systemd-unit", "worker", "--", "sh", "-c", command, "50%", "$x", "ä\u{1}\n"]);
        stage.home.write("awstok-worker.service", &text);
        let unit = stage.home.path("awstok-worker.service");
        let run = |args: &[&str]| Run::of(Command::new(&analyze).args(args).arg(&unit).output().unwrap());
        let verified = run(&["verify", "--man=no", "--generators=no"]);
        let ours: Vec<&str> = verified.err.lines().filter(|line| line.contains("awstok")).collect();
        assert_eq!((verified.code, ours), (0, vec![]), "{verified:#?}\n{text}");
        let exposed = run(&["security", "--offline=yes", "--no-pager", "--threshold=30"]);
        assert_eq!(exposed.code, 0, "{}", exposed.out);
    }
}
