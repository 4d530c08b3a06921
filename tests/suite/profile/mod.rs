//! `profile`: profile files made, changed, renamed, removed and taken over, from outside; each change undone to the byte.

mod changes;
#[cfg(unix)]
mod dialogues;
#[cfg(unix)]
mod editors;
mod import;
mod refusals;
mod rename;
#[cfg(unix)]
mod stores;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::Stdio;

use crate::home::{Home, Run};

pub const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
pub const ADMIN: &str = "arn:aws:iam::210987654321:role/Admin";

/// A home with `ann`, her role `prod` and a role behind that.
pub fn home() -> Home {
    let home = Home::new();
    home.profile("ann", &format!("# hers\naws_access_key_id = AKIAANN   # the second\naws_secret_access_key={SECRET}\n\nmfa_serial: arn:aws:iam::123456789012:mfa/ann\nregion = eu-west-1\t; home\n"));
    home.profile("prod", &format!("role_arn = {ADMIN}\nsource_profile = ann # who\n"));
    home.profile("audit", "role_arn = arn:aws:iam::333344445555:role/audit\nmaster_profile = prod\n");
    home
}

/// Runs awstok with something on standard input.
pub fn with_stdin(home: &Home, args: &[&str], text: &str) -> Run {
    let mut child =
        home.command(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // one that ends without reading it is fine
    let _ = child.stdin.take().unwrap().write_all(text.as_bytes());
    Run::of(child.wait_with_output().unwrap())
}

/// All files of a person: profiles, AWS files, settings.
pub fn files(home: &Home) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for folder in [".aws", ".aws/aws-profiles"] {
        for entry in std::fs::read_dir(home.path(folder)).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_file() {
                found.insert(
                    path.strip_prefix(home.path("")).unwrap().display().to_string(),
                    std::fs::read(&path).unwrap(),
                );
            }
        }
    }
    if let Ok(bytes) = std::fs::read(home.path(".aws/awstok/settings")) {
        found.insert("settings".into(), bytes);
    }
    found
}

/// Runs a command that changes something, and takes it back.
#[track_caller]
pub fn undone(home: &Home, args: &[&str]) {
    let before = files(home);
    home.ok(args);
    assert_ne!(files(home), before, "{args:?} changes something");
    home.ok(&["undo"]);
    assert_eq!(files(home), before, "{args:?} is undone to the byte");
}
