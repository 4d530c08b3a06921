//! Owns the diff that a dry run shows: what would change in a credentials or config file.
//! It refuses to show a secret, on either side, and control characters.

use std::ops::Range;

use colored::Colorize as _;
use similar::{Algorithm, DiffOp, capture_diff_slices, group_diff_ops};

use crate::error::visible;

const MASK: &str = "********";

/// Lines shown around a change.
const CONTEXT: usize = 3;

/// Renders the change of the file `name` as a coloured unified diff; nothing where nothing changes.
///
/// A changed secret shows as a changed line with the same mask on both sides.
pub fn unified(name: &str, before: &[u8], after: &[u8]) -> String {
    let (old, new) = (split_lines(before), split_lines(after));
    let groups = group_diff_ops(capture_diff_slices(Algorithm::Myers, &old, &new), CONTEXT);
    if groups.is_empty() {
        return String::new();
    }
    let sides = Sides { old: shown(&old), new: shown(&new) };
    let name = visible(name);
    let mut text = format!("{}\n{}\n", format!("--- {name}").bold(), format!("+++ {name}").bold());
    for group in &groups {
        sides.render(group, &mut text);
    }
    text
}

/// Both files as lines that may be shown.
struct Sides {
    old: Vec<String>,
    new: Vec<String>,
}

impl Sides {
    fn render(&self, group: &[DiffOp], text: &mut String) {
        let (Some(first), Some(last)) = (group.first(), group.last()) else { return };
        let header = format!(
            "@@ -{} +{} @@",
            span(first.old_range().start..last.old_range().end),
            span(first.new_range().start..last.new_range().end)
        );
        text.push_str(&format!("{}\n", header.cyan()));
        for op in group {
            let (old, new) = (lines(&self.old, op.old_range()), lines(&self.new, op.new_range()));
            if let DiffOp::Equal { .. } = op {
                old.for_each(|line| text.push_str(&format!(" {line}\n")));
            } else {
                old.for_each(|line| text.push_str(&format!("{}\n", format!("-{line}").red())));
                new.for_each(|line| text.push_str(&format!("{}\n", format!("+{line}").green())));
            }
        }
    }
}

fn lines(side: &[String], range: Range<usize>) -> impl Iterator<Item = &String> {
    side.iter().skip(range.start).take(range.len())
}

/// Writes a range of lines as unified diffs do: the first line's number and the count.
fn span(lines: Range<usize>) -> String {
    match lines.len() {
        0 => format!("{},0", lines.start),
        1 => format!("{}", lines.start + 1),
        count => format!("{},{count}", lines.start + 1),
    }
}

/// Splits behind each line break: LF, CRLF or a lone CR, at which Python breaks lines too.
fn split_lines(bytes: &[u8]) -> Vec<&[u8]> {
    let mut lines = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let end = match rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            Some(at) if rest[at..].starts_with(b"\r\n") => at + 2,
            Some(at) => at + 1,
            None => rest.len(),
        };
        let (line, behind) = rest.split_at(end);
        lines.push(line);
        rest = behind;
    }
    lines
}

/// Makes lines fit to be shown: secrets masked, also those on indented lines below their key; no line breaks, no controls.
fn shown(lines: &[&[u8]]) -> Vec<String> {
    let mut below_secret = false;
    let mut masked = Vec::with_capacity(lines.len());
    for line in lines {
        let text = String::from_utf8_lossy(line);
        let text = text.trim_end_matches(['\r', '\n']);
        let content = text.trim_start();
        let safe = if content.is_empty() {
            String::new()
        } else if below_secret && content.len() < text.len() {
            format!("{}{MASK}", &text[..text.len() - content.len()])
        } else {
            let value = secret_value(text);
            below_secret = value.is_some();
            value.map_or_else(|| text.to_owned(), |value| mask(text, value))
        };
        masked.push(visible(&safe));
    }
    masked
}

fn mask(text: &str, value: usize) -> String {
    let (key, value) = text.split_at(value);
    let blanks = value.len() - value.trim_start().len();
    if value.trim().is_empty() { text.to_owned() } else { format!("{key}{}{MASK}", &value[..blanks]) }
}

/// Finds where the value of a secret key begins; a key commented out or behind junk counts too.
fn secret_value(line: &str) -> Option<usize> {
    let delimiters = line.match_indices(['=', ':']);
    delimiters
        .map(|(at, sign)| (at, at + sign.len()))
        .find(|(at, _)| names_secret(&line[..*at]))
        .map(|(_, value)| value)
}

/// Tells whether a key is a secret's: `aws_secret_access_key`, `aws_session_token`, `aws_security_token`, `mfa_secret`
/// and their like, not `aws_session_token_expiration`.
fn names_secret(key: &str) -> bool {
    let key = key.trim().to_ascii_lowercase();
    key.contains("secret") || key.contains("password") || key.ends_with("token")
}

#[cfg(test)]
mod tests {
    use console::strip_ansi_codes;

    use super::*;

    fn plain(before: &str, after: &str) -> String {
        strip_ansi_codes(&unified("~/.aws/credentials", before.as_bytes(), after.as_bytes())).into_owned()
    }

    #[test]
    fn a_changed_secret_shows_as_changed_and_masked() {
        let file = |id: &str, secret: &str| {
            format!(
                "# mine\n\n[prod]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\nregion = eu-west-1\n"
            )
        };
        assert_eq!(
            plain(&file("ASIAOLD", "canary1"), &file("ASIANEW", "canary2")),
            "--- ~/.aws/credentials\n+++ ~/.aws/credentials\n@@ -1,6 +1,6 @@\n # mine\n \n [prod]\n\
             -aws_access_key_id = ASIAOLD\n-aws_secret_access_key = ********\n\
             +aws_access_key_id = ASIANEW\n+aws_secret_access_key = ********\n region = eu-west-1\n"
        );
    }

    #[test]
    fn nothing_changed_shows_nothing() {
        assert_eq!(plain("a = 1\n", "a = 1\n"), "");
    }

    #[test]
    fn a_new_file_is_all_added() {
        assert_eq!(
            plain("", "[prod]\naws_session_token_expiration = 2026\n"),
            "--- ~/.aws/credentials\n+++ ~/.aws/credentials\n@@ -0,0 +1,2 @@\n+[prod]\n+aws_session_token_expiration = 2026\n"
        );
    }

    #[test]
    fn no_disguise_gets_a_secret_shown() {
        let disguises = [
            "aws_secret_access_key=canary",
            "AWS_SECRET_ACCESS_KEY : canary",
            "  aws_session_token = canary",
            "# aws_secret_access_key = canary",
            ";aws_security_token=canary",
            "mfa_secret = a canary = b",
            "aws_session_token =\n  canary\n\n\tcanary",
            "[x]\raws_secret_access_key = canary",
            "junk: aws_secret_access_key = canary",
            "\u{feff}aws_secret_access_key = canary",
        ];
        for disguise in disguises {
            for (before, after) in [("", disguise), (disguise, "")] {
                let text = plain(before, after);
                assert!(text.contains(MASK) && !text.contains("canary"), "{disguise:?}: {text}");
            }
        }
    }

    #[test]
    fn controls_and_bytes_that_are_no_text_are_made_visible() {
        let text = strip_ansi_codes(&unified("x", b"", b"region = \x1b[2J\xff\r\n")).into_owned();
        assert!(text.ends_with("+region = \\u{1b}[2J\u{fffd}\n"), "{text:?}");
    }

    #[test]
    fn far_changes_are_hunks_of_their_own() {
        let lines =
            |mark: &str| (0..20).map(|n| if n % 18 == 1 { format!("{mark}\n") } else { format!("{n}\n") }).collect();
        let (before, after): (String, String) = (lines("a"), lines("b"));
        assert_eq!(plain(&before, &after).matches("@@ -").count(), 2);
    }
}
