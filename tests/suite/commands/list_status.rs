//! `awstok list`, `status`, `prompt` and the bare `awstok`: what a person looks around with.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json as object};

use super::{ADMIN, AUDIT, Stage, json, seconds_until, words};
use crate::home::Run;

impl Stage {
    /// Lets the cached session of a profile end so many seconds from now.
    pub fn end_session(&self, profile: &str, seconds: i64) {
        let mut aged = 0;
        for file in std::fs::read_dir(self.home.path(".aws/awstok/cache")).unwrap() {
            let path = file.unwrap().path();
            let mut entry = json(&std::fs::read_to_string(&path).unwrap());
            if entry["profile"] == profile {
                let end = Timestamp::from_second(Timestamp::now().as_second() + seconds).unwrap();
                entry["expiration"] = end.to_string().into();
                entry["issued_at"] = (end - SignedDuration::from_hours(1)).to_string().into();
                std::fs::write(&path, entry.to_string()).unwrap();
                aged += 1;
            }
        }
        assert_eq!(aged, 1, "sessions of {profile}");
    }
}

#[test]
fn list_shows_own_profiles_and_those_of_the_aws_files() {
    let stage = Stage::new();
    stage.home.profile("wrong", "account_id = 12\nrole_name = x\nmaster_profile = mainuser\n");
    stage.home.profile("audit", &format!("role_arn = {AUDIT}\nsource_profile = prod\ndescription = read the books\n"));
    stage.home.write(".aws/credentials", "[old]\naws_access_key_id = AKIAOLD\n[prod]\nx = y\n");
    stage.home.write(
        ".aws/config",
        "[default]\nregion = eu-west-1\n[profile theirs]\nrole_arn = arn:x\n[sso-session s]\n[stray]\n",
    );
    for backup in [".hidden", "prod~", "prod.bak", "prod.swp"] {
        stage.home.write(&format!(".aws/aws-profiles/{backup}"), "junk");
    }
    let run = stage.home.run(&["list"]);
    assert_eq!(run.code, 0, "{run:#?}");
    assert_eq!(
        run.out,
        "\
PROFILE   KIND       ACCOUNT       REGION        MASTER    DESCRIPTION
audit     role       333344445555                prod      read the books
bob       user
ci        user                     us-east-1
default   aws-files                eu-west-1
mainuser  user                     eu-central-1
old       aws-files
plain     user       123456789012
prod      role       210987654321  eu-central-1  mainuser
stage     role       210987654321                bob
theirs    aws-files
wrong     invalid
"
    );
    assert!(
        run.err.starts_with("warning: `") && run.err.contains("aws-profiles/wrong:2`: `account_id`"),
        "{}",
        run.err
    );

    let rows = json(&stage.home.ok(&["list", "--json"]));
    let file = |name: &str| stage.home.path(format!(".aws/aws-profiles/{name}")).display().to_string();
    assert_eq!(
        rows[0],
        object!({
            "profile": "audit", "kind": "role", "account_id": "333344445555", "role_arn": AUDIT, "master_profile": "prod",
            "region": null, "description": "read the books", "file": file("audit"), "error": null,
        })
    );
    assert_eq!(rows[7]["role_arn"], ADMIN);
    assert_eq!(rows[10]["kind"], "invalid");
    assert!(rows[10]["error"].as_str().unwrap().contains("twelve digits"), "{}", rows[10]);
    assert_eq!(stage.home.ok(&["list", "--names"]), "audit\nbob\nci\nmainuser\nplain\nprod\nstage\nwrong\n");
    assert_eq!(stage.calls(), [""; 0]);
}

#[test]
fn status_tells_what_is_valid_and_for_how_long() {
    let stage = Stage::new();
    stage.home.profile("config", "region = eu-west-1\n");
    stage.home.profile("wrong", "aws_secret_access_key = canary\n");
    stage.ok(&["token", "prod", "plain"]);
    stage.end_session("plain", -60);
    stage.end_session("prod", 600);
    stage.calls();
    let run = stage.home.run(&["status"]);
    assert_eq!(run.code, 0, "{run:#?}");
    let rows = words(&run.out);
    let told: Vec<_> = rows.iter().map(|row| row[..2].join(" ")).collect();
    assert_eq!(
        told,
        [
            "PROFILE STATUS",
            "audit none",
            "bob none",
            "ci long-term",
            "config config",
            "mainuser valid",
            "plain expired",
            "prod valid",
            "stage none",
            "wrong invalid"
        ]
    );
    assert!(
        run.err.contains("aws-profiles/wrong:2`: `aws_secret_access_key`") && !run.err.contains("canary"),
        "{}",
        run.err
    );

    let rows = json(&stage.home.ok(&["status", "prod", "plain", "ci", "audit", "config", "--json"]));
    let (prod, plain) = (&rows[0], &rows[1]);
    assert!((500..=600).contains(&seconds_until(&prod["expiration"])), "{prod}");
    assert!((500..=600).contains(&prod["seconds_left"].as_i64().unwrap()), "{prod}");
    assert_eq!(
        (&prod["account_id"], &prod["arn"]),
        (&object!("210987654321"), &object!("arn:aws:sts::210987654321:assumed-role/Admin/ann"))
    );
    assert_eq!(
        (&plain["status"], &plain["seconds_left"], &plain["account_id"]),
        (&object!("expired"), &object!(0), &object!("123456789012"))
    );
    let bare = |profile: &str, status: &str, account: Value| {
        object!({
            "profile": profile, "status": status, "expiration": null, "seconds_left": null, "account_id": account, "arn": null, "error": null,
        })
    };
    assert_eq!(rows[2], bare("ci", "long-term", Value::Null));
    assert_eq!(rows[3], bare("audit", "none", "333344445555".into()));
    assert_eq!(rows[4], bare("config", "config", Value::Null));
    assert_eq!(stage.calls(), [""; 0]);
}

#[test]
fn status_min_is_for_scripts() {
    let stage = Stage::new();
    stage.ok(&["token", "prod"]);
    stage.end_session("prod", 600);
    let code = |args: &[&str]| stage.home.run(&[&["status"][..], args].concat()).code;
    assert_eq!(code(&["prod", "--min", "9m"]), 0);
    assert_eq!(code(&["prod", "--min", "11m"]), 4);
    assert_eq!(code(&["prod", "--min", "11m", "--json"]), 4);
    assert_eq!(code(&["audit", "--min", "1s"]), 4);
    assert_eq!(code(&["ci", "--min", "36h"]), 0, "long-term credentials have no end");
    assert_eq!(code(&["audit"]), 0);
    assert_eq!(code(&["--min", "1s"]), 4);
    assert_eq!(code(&["nowhere", "--min", "1s"]), 3);
    assert_eq!(code(&["prod", "--min", "x"]), 2);
}

#[test]
fn an_expired_session_is_never_handed_out() {
    let stage = Stage::new();
    stage.ok(&["token", "prod"]);
    let old = stage.variables("prod");
    stage.end_session("prod", -1);
    stage.calls();
    assert_ne!(stage.variables("prod")["AWS_SESSION_TOKEN"], old["AWS_SESSION_TOKEN"]);
    assert_eq!(stage.calls(), ["AssumeRole"]);
    // ten minutes of an hour are less than what an SDK wants, and a quarter of the lifetime at most is asked for
    stage.end_session("prod", 600);
    stage.home.ok(&["env", "prod", "--json"]);
    assert_eq!(stage.calls(), ["AssumeRole"]);
    stage.end_session("prod", 910);
    stage.home.ok(&["env", "prod", "--json"]);
    assert_eq!(stage.calls(), [""; 0]);
}

#[test]
fn the_bare_command_shows_status_or_how_to_begin() {
    let stage = Stage::new();
    assert_eq!(stage.home.ok(&[]), stage.home.ok(&["status"]));
    let bare = Stage::empty();
    let out = bare.home.ok(&[]);
    assert_eq!(out.lines().count(), 3, "{out}");
    for word in ["awstok profile add", "awstok profile import", "awstok sandbox"] {
        assert!(out.contains(word), "{out}");
    }
    for command in ["list", "status"] {
        let run = bare.home.run(&[command]);
        assert_eq!((run.code, run.out.as_str(), run.err.as_str()), (0, "", "there are no profiles yet\n"));
        assert_eq!(bare.home.ok(&[command, "--json"]), "[]\n");
    }
    assert!(!bare.home.exists(".aws"), "looking around makes no folder");
}

#[test]
fn the_prompt_line_reads_the_environment_alone() {
    let stage = Stage::empty();
    let line = |profile: &str, end: Option<i64>, flags: &[&str]| {
        let mut command = stage.home.command([&["prompt"][..], flags].concat());
        command.env("AWSTOK_PROFILE", profile);
        if let Some(seconds) = end {
            let end = Timestamp::from_second(Timestamp::now().as_second() + seconds).unwrap();
            command.env("AWS_CREDENTIAL_EXPIRATION", end.to_string());
        }
        let run = Run::of(command.output().unwrap());
        assert_eq!((run.code, run.err.as_str()), (0, ""));
        run.out
    };
    assert_eq!(stage.home.ok(&["prompt"]), "");
    assert_eq!(line("ci", None, &[]), "ci\n");
    assert!(["prod 1h 59m\n", "prod 2h 0m\n"].contains(&line("prod", Some(7_200), &[]).as_str()));
    assert_eq!(line("prod", Some(-5), &[]), "prod expired\n");
    assert_eq!(line("prod", Some(-5), &["--color", "always"]), "prod \u{1b}[31mexpired\u{1b}[0m\n");
    assert_eq!(line("a\u{1b}[2J\u{202e}", None, &[]), "a\\u{1b}[2J\\u{202e}\n");
}

#[test]
fn colour_follows_flag_variable_and_terminal() {
    let stage = Stage::new();
    let coloured = |flags: &[&str], env: &[(&str, &str)]| {
        let run = stage.home.command([&["status"][..], flags].concat()).envs(env.iter().copied()).output().unwrap();
        String::from_utf8_lossy(&run.stdout).contains('\u{1b}')
    };
    stage.home.ok(&["token", "plain"]);
    assert!(!coloured(&[], &[]) && !coloured(&["--color", "auto"], &[]) && !coloured(&["--color", "never"], &[]));
    assert!(coloured(&["--color", "always"], &[]) && coloured(&["--color=always"], &[("NO_COLOR", "1")]));
    stage.home.fails(2, &["status", "--color", "sometimes"]);
}
