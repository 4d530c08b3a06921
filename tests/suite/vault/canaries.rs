//! A search for secrets in every form, in the whole home and in every process, after and during each command.

use std::fs;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};

use super::PASSPHRASE;
use super::keyrings::Desktop;
use super::moves::{SEED, clear_stage, files};
use crate::commands::secrets::forms;
use crate::commands::{SECRET, Stage};

/// Everything that must not show.
fn canaries() -> Vec<String> {
    [SECRET, SEED, PASSPHRASE].iter().flat_map(|secret| forms(secret)).collect()
}

/// The first canary in a text.
pub fn found(text: &[u8], canaries: &[String]) -> Option<String> {
    canaries.iter().find(|canary| memchr::memmem::find(text, canary.as_bytes()).is_some()).cloned()
}

/// Looks into every process that runs in that home, until told to stop.
fn watch_processes(home: &str, canaries: &[String], until: &AtomicBool) -> Vec<String> {
    let mut seen = Vec::new();
    while !until.load(Ordering::SeqCst) {
        for process in fs::read_dir("/proc").unwrap().flatten() {
            let environment = fs::read(process.path().join("environ")).unwrap_or_default();
            if memchr::memmem::find(&environment, home.as_bytes()).is_none() {
                continue;
            }
            for file in ["cmdline", "environ"] {
                let path = process.path().join(file);
                if let Some(canary) = fs::read(&path).ok().and_then(|text| found(&text, canaries)) {
                    seen.push(format!("{} shows `{canary}`", path.display()));
                }
            }
        }
    }
    seen
}

/// Runs a command under watch; gives what it printed, and what holds a canary.
fn watched(stage: &Stage, args: &[&str], passphrases: usize) -> Vec<String> {
    let (canaries, done) = (canaries(), AtomicBool::new(false));
    let home = stage.home.path("");
    let home = home.to_str().unwrap().trim_end_matches('/');
    let mut seen = std::thread::scope(|scope| {
        let watching = scope.spawn(|| watch_processes(home, &canaries, &done));
        let mut seen = Vec::new();
        if passphrases == 0 {
            let output = stage.home.command(args).stdin(Stdio::null()).output().unwrap();
            assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
            for text in [output.stdout, output.stderr] {
                seen.extend(found(&text, &canaries).map(|canary| format!("{args:?} prints `{canary}`")));
            }
        } else {
            let mut terminal = stage.home.on_terminal(args);
            for _ in 0..passphrases {
                terminal.expect(": ");
                terminal.send(&format!("{PASSPHRASE}\n"));
            }
            let (code, text) = terminal.transcript();
            assert_eq!(code, 0, "{args:?}: {text}");
            seen.extend(found(text.as_bytes(), &canaries).map(|canary| format!("{args:?} prints `{canary}`")));
        }
        done.store(true, Ordering::SeqCst);
        seen.extend(watching.join().unwrap());
        seen
    });
    for file in files(&stage.home.path("")) {
        let held = fs::read(&file).ok().and_then(|text| found(&text, &canaries));
        seen.extend(held.map(|canary| format!("after {args:?} {} holds `{canary}`", file.display())));
    }
    seen
}

#[test]
fn no_secret_shows_in_any_file_or_process() {
    let mut stage = clear_stage();
    stage.home.set("AWSTOK_PASSPHRASE", "");
    let Some(_desktop) = Desktop::start(&mut stage.home) else { return };
    stage.home.ok(&["secret", "move", "mainuser", "--to", "keyring"]);
    let code = stage.code();
    let token = ["token", "prod", "-vv", "--mfa-code", &code];
    let commands: [(&[&str], usize); 8] = [
        (&token, 0),
        (&["explain", "mainuser", "--json"], 0),
        (&["token", "mainuser", "--dry-run", "--force"], 0),
        (&["secret", "move", "mainuser", "--to", "passphrase", "--json"], 2),
        (&["token", "plain", "--force"], 0),
        (&["sync"], 0),
        (&["secret", "move", "mainuser", "--to", "keyring"], 1),
        (&["status"], 0),
    ];
    for (args, passphrases) in commands {
        assert_eq!(watched(&stage, args, passphrases), [""; 0], "{args:?}");
    }
    // what is in the clear is found
    stage.home.write("notes", format!("my key: {SECRET}"));
    assert_eq!(watched(&stage, &["status"], 0).len(), 1);
}
