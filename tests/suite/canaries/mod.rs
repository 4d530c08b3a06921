//! Secrets appear where they were asked for and nowhere else: every command, talkative, done and failing; what it prints, the
//! arguments of every process meanwhile, every file below the home. `table.rs` has a line for each command.

mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::commands::{Stage, json};

/// A secret in the forms in which it could slip out.
fn forms(secret: &str) -> Vec<String> {
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
#[derive(Clone, Default)]
pub struct Canaries(BTreeMap<String, Vec<String>>);

impl Canaries {
    pub fn add(&mut self, secret: &str) {
        self.0.entry(secret.to_owned()).or_insert_with(|| forms(secret));
    }

    /// Takes in what lies in the cache.
    pub fn add_sessions(&mut self, stage: &Stage) {
        for file in fs::read_dir(stage.home.path(".aws/awstok/cache")).into_iter().flatten() {
            let entry = json(&fs::read_to_string(file.unwrap().path()).unwrap());
            // of a sealed one nothing is in clear
            for key in ["secret_access_key", "session_token"] {
                entry[key].as_str().into_iter().for_each(|secret| self.add(secret));
            }
        }
    }

    #[track_caller]
    pub fn are_not_in(&self, text: &str, what: &str) {
        let found = self.found(text.as_bytes());
        assert!(found.is_none(), "{what} shows `{}`: {text}", found.unwrap_or_default());
    }

    /// The first of all their forms in a text.
    pub fn found(&self, text: &[u8]) -> Option<String> {
        self.0.values().flatten().find(|form| memchr::memmem::find(text, form.as_bytes()).is_some()).cloned()
    }

    /// Looks into the arguments of every process that runs in that home, until told to stop.
    pub fn watch_processes(&self, home: &Path, until: &AtomicBool) -> Vec<String> {
        let home = home.to_str().unwrap().trim_end_matches('/').as_bytes();
        let mut seen = BTreeMap::new();
        // a process that becomes another program has other arguments then
        let mut others = BTreeSet::new();
        while !until.load(Ordering::SeqCst) {
            for process in fs::read_dir("/proc").unwrap().flatten() {
                // the home folder's name in the environment tells this test's processes from others
                let of = |file: &str| fs::read(process.path().join(file)).unwrap_or_default();
                let arguments = of("cmdline");
                if seen.contains_key(&arguments) || others.contains(&(process.file_name(), arguments.clone())) {
                    continue;
                }
                if memchr::memmem::find(&of("environ"), home).is_some() {
                    let found = self.found(&arguments);
                    seen.insert(arguments, found);
                } else {
                    others.insert((process.file_name(), arguments));
                }
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        seen.into_values().flatten().map(|canary| format!("a process's arguments show `{canary}`")).collect()
    }
}

#[test]
fn the_forms_of_a_secret_are_found() {
    let mut canaries = Canaries::default();
    canaries.add("a/b+c=secret");
    for (text, found) in [("x a/b+c=secret", true), ("a%2Fb%2Bc%3Dsecret", true), ("a/b+c", false)] {
        assert_eq!(canaries.found(text.as_bytes()).is_some(), found, "{text}");
    }
    for before in ["", "x", "xy", "xyz"] {
        let text = base64(format!("{before}a/b+c=secret and more").as_bytes());
        assert!(forms("a/b+c=secret").iter().any(|form| text.contains(form)), "{text}");
    }
    assert_eq!(base64(b"secret!"), "c2VjcmV0IQ");
}
