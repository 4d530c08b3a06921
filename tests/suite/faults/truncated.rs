//! Either file cut off at every byte: the run works, or refuses with file and line and writes nothing.

use std::fs;

use super::{NONE, OLD, OLD_CONFIG, OLD_CREDENTIALS, Stage, all_below, left_overs};

/// The lines that aren't awstok's: all but its keys in its section.
fn foreign(text: &[u8], header: &str, own: &[&str]) -> Vec<String> {
    let mut inside = false;
    let mut lines = Vec::new();
    for line in String::from_utf8_lossy(text).lines() {
        if line.starts_with('[') {
            inside = line.trim_end() == header;
        }
        let key = line.split('=').next().unwrap_or_default().trim();
        let is_own = inside && (line.starts_with('[') || own.contains(&key) || line.starts_with("# generated"));
        if !is_own && !line.trim().is_empty() {
            lines.push(line.trim_end().to_owned());
        }
    }
    lines
}

const OWN: [&str; 6] = [
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "aws_session_token_expiration",
    "expiration",
    "region",
];

#[test]
fn a_credentials_file_cut_anywhere_works_or_is_refused_by_line() {
    let (worked, refused) = cut("credentials", OLD_CREDENTIALS, "[role]");
    assert!(worked > 50 && refused > 10, "{worked} worked, {refused} were refused");
}

#[test]
fn a_config_file_cut_anywhere_works_or_is_refused_by_line() {
    let (worked, refused) = cut("config", OLD_CONFIG, "[profile role]");
    assert!(worked > 50 && refused > 10, "{worked} worked, {refused} were refused");
}

fn cut(name: &str, whole: &str, header: &str) -> (usize, usize) {
    let stage = Stage::outdated();
    let (mut worked, mut refused) = (0, 0);
    let file = stage.home.path(format!(".aws/{name}"));
    for end in 0..=whole.len() {
        stage.outdate();
        let text = &whole.as_bytes()[..end];
        fs::write(&file, text).unwrap();
        let run = stage.home.run(&["token", "role"]);
        let now = fs::read(&file).unwrap();
        let shown = String::from_utf8_lossy(&now);
        if run.code == 0 {
            worked += 1;
            let (before, after) = (foreign(text, header, &OWN), foreign(&now, header, &OWN));
            // the config file gets the sections of the other profiles too
            assert_eq!(
                before,
                after.iter().filter(|line| before.contains(line)).cloned().collect::<Vec<_>>(),
                "{end}: {shown}"
            );
            assert!(shown.contains(&format!("{header}\n")), "{end}: {shown}");
        } else {
            refused += 1;
            assert_eq!(run.code, 3, "{end}: {run:#?}");
            let line = text.iter().filter(|byte| **byte == b'\n').count() + 1;
            let place = format!("{}:{line}", file.display());
            assert!(run.err.contains(&place), "`{place}` is not named: {}", run.err);
            assert!(run.out.is_empty() && now == text, "{end}: {shown}");
            let other = if name == "config" { ("credentials", OLD[0]) } else { ("config", OLD[1]) };
            assert_eq!(stage.home.read(&format!(".aws/{}", other.0)), other.1, "{end}");
        }
        assert_eq!(left_overs(&stage.home), NONE, "{end}");
    }
    (worked, refused)
}

/// What isn't synced may be as long as it was after a power cut, and hold zeros.
#[test]
fn zeros_in_what_can_be_had_again_are_nothing() {
    let stage = Stage::new();
    stage.home.ok(&["token", "role"]);
    stage.home.ok(&["env", "role", "--shell", "bash"]);
    stage.sandbox.clear_calls();
    let cached = all_below(&stage.home.path(".aws/awstok/cache"));
    for file in cached.iter().chain([&stage.home.path(".aws/awstok/last")]) {
        let length = fs::metadata(file).unwrap().len();
        fs::write(file, vec![0; length as usize]).unwrap();
    }
    let last = stage.home.run(&["env", "--last", "--shell", "bash"]);
    assert_eq!((last.code, last.out.as_str()), (2, ""), "{last:#?}");
    assert!(last.err.contains("no profile was handed out yet"), "{}", last.err);
    stage.home.ok(&["credential-process", "role"]);
    assert_eq!((cached.len(), stage.sandbox.calls().len()), (1, 1));
    stage.home.ok(&["credential-process", "role"]);
    assert_eq!(stage.sandbox.calls().len(), 1);
}
