//! Failures that hold a secret, or AWS's words that repeat one; files that hold secrets are nobody else's.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use awstok::sandbox::{Fault, Rule};

use super::{SECRET, Stage};
use crate::canaries::Canaries;
use crate::home::Run;

fn all_secrets() -> Canaries {
    let mut canaries = Canaries::default();
    for secret in [SECRET, super::BOBS_SECRET, super::ROBOTS_SECRET] {
        canaries.add(secret);
    }
    canaries
}

#[test]
fn no_failure_says_a_secret() {
    let faults = [
        None,
        Some(Fault::Throttling),
        Some(Fault::Failure(503)),
        Some(Fault::html()),
        Some(Fault::TornBody),
        Some(Fault::HangUp),
        Some(Fault::Redirect("https://127.0.0.1:1/".into())),
        Some(Fault::value("SessionToken", "canary-token\n[x]")),
        Some(Fault::value("SecretAccessKey", "canary-secret\u{1b}[2J")),
        Some(Fault::value("Expiration", "canary-session")),
        // AWS's words repeat what was sent
        Some(Fault::Answer {
            status: 403,
            content_type: "text/xml",
            body: format!(
                "<ErrorResponse><Error><Code>Denied</Code><Message>no {SECRET} CODE</Message></Error><RequestId>1</RequestId></ErrorResponse>"
            ),
        }),
    ];
    // most of it is waiting between tries
    std::thread::scope(|scope| {
        for fault in faults {
            scope.spawn(|| fails_without_a_word(fault));
        }
    });
}

fn fails_without_a_word(fault: Option<Fault>) {
    let stage = Stage::new();
    let mut canaries = all_secrets();
    canaries.add("canary-token");
    canaries.add("canary-secret");
    let code = stage.code();
    let shown = format!("{fault:?}");
    match fault {
        Some(Fault::Answer { status, content_type, body }) if body.contains("CODE") => {
            let body = body.replace("CODE", &code);
            let fault = Fault::Answer { status, content_type, body };
            stage.sandbox.inject(Rule::new(fault).access_key_id("AKIAIOSFODNN7EXAMPLE"));
        }
        Some(fault) => stage.sandbox.inject(Rule::new(fault)),
        None => stage.home.write(".aws/config", "[unclosed\n"),
    }
    canaries.add(&code);
    let commands = [
        &["token", "prod", "-vv"][..],
        &["token", "--all", "-vv", "--json"],
        &["env", "prod", "--json", "-vv"],
        &["whoami", "ci", "-vv"],
    ];
    for args in commands {
        let run = stage.home.run(&[args, &["--mfa-code", &code]].concat());
        canaries.add_sessions(&stage);
        // without a config file that can be written the credentials were asked for all the same
        let out = if args[0] == "env" && run.code == 0 { "" } else { &run.out };
        canaries.are_not_in(&format!("{out}{}", run.err), &format!("{shown}: {}", args.join(" ")));
    }
    secrets_lie_where_they_belong(&stage, &canaries);
}

/// Walks the whole home: modes of everything of awstok's, and secrets only where they are kept.
fn secrets_lie_where_they_belong(stage: &Stage, canaries: &Canaries) {
    let home = stage.home.path("");
    let mut folders = vec![home.clone()];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let inside = path.strip_prefix(&home).unwrap().to_str().unwrap().to_owned();
            let metadata = path.symlink_metadata().unwrap();
            let mode = metadata.permissions().mode() & 0o777;
            canaries.are_not_in(&inside, "a file's name");
            if metadata.is_dir() {
                assert!(mode == 0o700 || !inside.starts_with(".aws/awstok"), "{inside}: {mode:o}");
                folders.push(path);
                continue;
            }
            files += 1;
            assert_eq!(mode, 0o600, "{inside}");
            let kept = [".aws/credentials", ".aws/aws-profiles/", ".aws/awstok/cache/", ".aws/awstok/journal/"];
            if !kept.iter().any(|place| inside.starts_with(place)) {
                canaries.are_not_in(&String::from_utf8_lossy(&fs::read(&path).unwrap()), &inside);
            }
            assert!(!inside.ends_with('~') && !inside.contains("tmp"), "{inside} was left behind");
        }
    }
    assert!(files > 3);
}

#[test]
fn the_mfa_code_is_kept_nowhere() {
    let stage = Stage::new();
    let code = stage.code();
    stage.home.ok(&["token", "prod", "--mfa-code", &code]);
    let mut canaries = Canaries::default();
    canaries.add(&code);
    let own = fs::read_dir(stage.home.path(".aws/awstok/mfa")).unwrap();
    let text: String = own.map(|file| fs::read_to_string(file.unwrap().path()).unwrap()).collect();
    assert!(text.contains("hash"), "{text}");
    canaries.are_not_in(&text, "the record of used codes");
}

#[test]
fn folders_and_files_are_tightened_whatever_the_umask() {
    let stage = Stage::new();
    let folder = stage.home.path(".aws/awstok");
    fs::create_dir_all(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
    let script = format!("umask 000; '{}' token ci", crate::home::AWSTOK);
    let run = Run::of(stage.home.other("sh").args(["-c", &script]).output().unwrap());
    assert_eq!(run.code, 0, "{run:#?}");
    assert!(run.err.contains("could be entered by others; it is 0700 now"), "{}", run.err);
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    secrets_lie_where_they_belong(&stage, &Canaries::default());
}
