//! Secrets on their way between a real keyring and a passphrase that is typed: in no file, process or word, during and after.

use std::fs;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};

use super::PASSPHRASE;
use super::keyrings::Desktop;
use super::moves::{SEED, clear_stage, files};
use crate::canaries::Canaries;
use crate::commands::{SECRET, Stage};

/// Everything that must not show.
fn canaries() -> Canaries {
    let mut canaries = Canaries::default();
    for secret in [SECRET, SEED, PASSPHRASE] {
        canaries.add(secret);
    }
    canaries
}

/// Runs a command under watch; gives what it printed, and what holds a canary.
fn watched(stage: &Stage, args: &[&str], passphrases: usize) -> Vec<String> {
    let (canaries, done) = (canaries(), AtomicBool::new(false));
    let mut seen = std::thread::scope(|scope| {
        let watching = scope.spawn(|| canaries.watch_processes(&stage.home.path(""), &done));
        let mut seen = Vec::new();
        if passphrases == 0 {
            let output = stage.home.command(args).stdin(Stdio::null()).output().unwrap();
            assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
            for text in [output.stdout, output.stderr] {
                seen.extend(canaries.found(&text).map(|canary| format!("{args:?} prints `{canary}`")));
            }
        } else {
            let mut terminal = stage.home.on_terminal(args);
            for _ in 0..passphrases {
                terminal.expect(": ");
                terminal.send(&format!("{PASSPHRASE}\n"));
            }
            let (code, text) = terminal.transcript();
            assert_eq!(code, 0, "{args:?}: {text}");
            seen.extend(canaries.found(text.as_bytes()).map(|canary| format!("{args:?} prints `{canary}`")));
        }
        done.store(true, Ordering::SeqCst);
        seen.extend(watching.join().unwrap());
        seen
    });
    for file in files(&stage.home.path("")) {
        let held = fs::read(&file).ok().and_then(|text| canaries.found(&text));
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
