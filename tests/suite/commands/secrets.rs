//! Secrets appear where they were asked for and nowhere else: not in words, process lists, names, or files that others read.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use awstok::sandbox::{Fault, Rule};

use super::{SECRET, Stage, json};
use crate::home::Run;

/// A secret in the forms in which it could slip out.
pub fn forms(secret: &str) -> Vec<String> {
    let bytes = secret.as_bytes();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let url = |keep: fn(u8) -> bool| -> String {
        bytes.iter().map(|b| if keep(*b) { char::from(*b).to_string() } else { format!("%{b:02X}") }).collect()
    };
    let unreserved = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    let mut all = vec![
        secret.to_owned(),
        hex.to_uppercase(),
        hex,
        url(unreserved),
        url(unreserved).to_lowercase(),
        secret.replace('/', "\\/"),
        serde_json::to_string(secret).unwrap().trim_matches('"').to_owned(),
        format!("{secret:?}").trim_matches('"').to_owned(),
    ];
    // in base64 its letters depend on where it begins; the ends depend on what stands beside it
    for shift in 0..3 {
        let text = base64(&[&vec![b'x'; shift][..], bytes].concat());
        all.push(text.get(4..text.len().saturating_sub(4)).unwrap_or_default().to_owned());
    }
    all.retain(|form| form.len() >= 6);
    all.sort();
    all.dedup();
    all
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().chain([&0, &0]).take(3).fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte));
        text.extend((0..=chunk.len()).map(|nth| char::from(LETTERS[(group >> (18 - 6 * nth) & 63) as usize])));
    }
    text
}

/// What must not show, collected on the way.
#[derive(Default)]
struct Canaries(BTreeSet<String>);

impl Canaries {
    fn add(&mut self, secret: &str) {
        self.0.insert(secret.to_owned());
    }

    /// Takes in what lies in the cache.
    fn add_sessions(&mut self, stage: &Stage) {
        for file in fs::read_dir(stage.home.path(".aws/awstok/cache")).into_iter().flatten() {
            let entry = json(&fs::read_to_string(file.unwrap().path()).unwrap());
            for key in ["secret_access_key", "session_token"] {
                self.add(entry[key].as_str().unwrap());
            }
        }
    }

    #[track_caller]
    fn are_not_in(&self, text: &str, what: &str) {
        for secret in &self.0 {
            for form in forms(secret) {
                assert!(!text.contains(&form), "{what} shows `{form}`: {text}");
            }
        }
    }
}

fn all_secrets() -> Canaries {
    let mut canaries = Canaries::default();
    for secret in [SECRET, super::BOBS_SECRET, super::ROBOTS_SECRET] {
        canaries.add(secret);
    }
    canaries
}

/// Commands whose stdout is no place for secrets.
const TALK: [&[&str]; 16] = [
    &["token", "prod"],
    &["token", "prod", "--json", "--force"],
    &["token", "--all"],
    &["token", "prod", "audit", "--dry-run", "--force"],
    &["token", "prod", "--dry-run", "--force", "--json"],
    &["list"],
    &["list", "--json"],
    &["status"],
    &["status", "--json"],
    &["explain", "audit"],
    &["explain", "prod", "--json"],
    &["whoami", "prod"],
    &["switchrole-url", "--json"],
    &["sync", "--dry-run"],
    &["undo", "--list", "--json"],
    &["prompt"],
];

/// Commands whose stdout was asked for.
const HANDOUTS: [&[&str]; 3] =
    [&["env", "prod", "--shell", "bash"], &["env", "audit", "--json"], &["credential-process", "prod"]];

#[test]
fn no_command_says_a_secret() {
    let stage = Stage::new();
    let mut canaries = all_secrets();
    let code = stage.code();
    canaries.add(&code);
    let run = stage.home.run(&["token", "prod", "-vv", "--mfa-code", &code]);
    assert_eq!(run.code, 0, "{run:#?}");
    canaries.add_sessions(&stage);
    canaries.are_not_in(&run.err, "the first run");
    for args in TALK {
        let run = stage.home.run(&[args, &["-vv"]].concat());
        canaries.add_sessions(&stage);
        canaries.are_not_in(&format!("{}{}", run.out, run.err), &args.join(" "));
    }
    for args in HANDOUTS {
        let run = stage.home.run(&[args, &["-vv"]].concat());
        canaries.add_sessions(&stage);
        assert_eq!(run.code, 0, "{run:#?}");
        canaries.are_not_in(&run.err, &args.join(" "));
    }
    for args in
        [&["clear", "prod", "-vv"][..], &["undo", "-vv"], &["undo", "-vv"], &["undo", "--force", "-vv", "--json"]]
    {
        let run = stage.home.run(args);
        canaries.are_not_in(&format!("{}{}", run.out, run.err), &args.join(" "));
    }
    secrets_lie_where_they_belong(&stage, &canaries);
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
fn no_process_carries_a_secret_in_its_arguments() {
    if !cfg!(target_os = "linux") {
        return;
    }
    let stage = Stage::new();
    stage.sandbox.inject(Rule::new(Fault::Latency(Duration::from_millis(200))));
    let (seen, stop) = (Mutex::new(BTreeSet::new()), AtomicBool::new(false));
    let code = stage.code();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::SeqCst) {
                for process in fs::read_dir("/proc").unwrap().flatten() {
                    // the home folder's name in the environment tells this test's processes from others
                    let of = |file: &str| fs::read(process.path().join(file)).unwrap_or_default();
                    let home = stage.home.path("");
                    let ours =
                        String::from_utf8_lossy(&of("environ")).contains(home.to_str().unwrap().trim_end_matches('/'));
                    if ours {
                        seen.lock().unwrap().insert(String::from_utf8_lossy(&of("cmdline")).into_owned());
                    }
                }
                std::thread::sleep(Duration::from_millis(2));
            }
        });
        let mut command = stage.home.command(["token", "audit", "-vv"]);
        let run = Run::of(command.env("AWSTOK_MFA_CODE", &code).output().unwrap());
        stop.store(true, Ordering::SeqCst);
        assert_eq!(run.code, 0, "{run:#?}");
    });
    let mut canaries = all_secrets();
    canaries.add(&code);
    canaries.add_sessions(&stage);
    let seen = seen.into_inner().unwrap();
    assert!(!seen.is_empty());
    for arguments in seen {
        canaries.are_not_in(&arguments, "a process");
    }
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

#[test]
fn the_forms_of_a_secret_are_found() {
    let mut canaries = Canaries::default();
    canaries.add("a/b+c=secret");
    for (text, found) in [("x a/b+c=secret", true), ("a%2Fb%2Bc%3Dsecret", true), ("a/b+c", false)] {
        assert_eq!(
            canaries.0.iter().flat_map(|secret| forms(secret)).any(|form| text.contains(&form)),
            found,
            "{text}"
        );
    }
    for before in ["", "x", "xy", "xyz"] {
        let text = base64(format!("{before}a/b+c=secret and more").as_bytes());
        assert!(forms("a/b+c=secret").iter().any(|form| text.contains(form)), "{text}");
    }
    assert_eq!(base64(b"secret!"), "c2VjcmV0IQ");
}
