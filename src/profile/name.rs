//! Owns the names of profiles: which ones can be a file and a section, and which ones resemble a mistyped one.
//! It refuses a hostile name before anything on the disk is touched.

use crate::error::{Failure, invalid, visible};

/// The longest name: a file of that name still has room for the endings of locks and backups.
const LONGEST: usize = 128;

/// Checks a name that came from the command line or from another profile.
///
/// # Errors
/// When it can't be a file and a section.
pub fn check(name: &str) -> Result<(), Failure> {
    match fault(name).or_else(|| check_section(name).err()) {
        None => Ok(()),
        Some(fault) => Err(invalid(format!("`{}` can't be a profile's name: {fault}", visible(name)))
            .hint("use letters, digits and `_-+.@`, with a letter or digit first")),
    }
}

/// Tells whether a file of that name in the profiles folder is meant as a profile.
///
/// Names that another program's parser stumbles over (`DEFAULT`) are: their files are wrong, and said so.
pub fn is_profile_file(name: &str) -> bool {
    fault(name).is_none()
}

/// Refuses the section names that other programs' parsers treat specially; gives the problem.
pub(super) fn check_section(name: &str) -> Result<(), &'static str> {
    match name.strip_prefix("profile ").unwrap_or(name).trim() {
        "DEFAULT" => Err("Python's parser spreads a section `[DEFAULT]` over all others"),
        "__proto__" => Err("the AWS SDK for JavaScript refuses a section `[__proto__]`"),
        _ => Ok(()),
    }
}

/// Gives up to three of `known` that resemble `name`, the nearest first.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let wanted = name.to_lowercase();
    let mut scored: Vec<(f64, &str)> = known
        .into_iter()
        .map(|known| {
            let candidate = known.to_lowercase();
            let contained = candidate.contains(&wanted) || wanted.contains(&candidate);
            let score = strsim::jaro_winkler(&wanted, &candidate);
            (if contained { score.max(0.9) } else { score }, known)
        })
        .filter(|(score, _)| *score >= 0.75)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    scored.into_iter().take(3).map(|(_, known)| known).collect()
}

fn fault(name: &str) -> Option<&'static str> {
    let outside = |c: char| !(c.is_alphanumeric() || (c.is_ascii_graphic() && !"/\\[]\"'#;".contains(c)));
    if name.is_empty() {
        Some("it is empty")
    } else if name.starts_with('.') || name.starts_with('-') {
        Some("it begins with `.` or `-`")
    } else if [".bak", ".swp", "~"].iter().any(|ending| name.ends_with(ending)) {
        Some("`~`, `.bak` and `.swp` mark the copies that editors leave")
    } else if name.len() > LONGEST {
        Some("it is longer than 128 bytes")
    } else if name.contains(outside) {
        Some("a section or a file can't be called so")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_are_refused() {
        let long = "x".repeat(129);
        for bad in [
            "",
            ".",
            "..",
            "../x",
            "/etc/passwd",
            "-x",
            "a/b",
            "a\\b",
            "a b",
            "a\tb",
            "a\nb",
            "a]",
            "[a",
            "a\0",
            "a\u{1b}[2J",
            "\u{202e}a",
            "a\u{7}",
            "a\u{9b}",
            "\u{feff}a",
            "a#b",
            "a;b",
            "a\"b",
            "a'b",
            "x~",
            "x.bak",
            "x.swp",
            ".x",
            "DEFAULT",
            "__proto__",
            "profile DEFAULT",
            "a\u{2028}b",
            &long,
        ] {
            assert!(check(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn usual_names_are_fine() {
        for good in
            ["prod", "default", "a", "stage-x", "a_b", "a.b@c+d", "a:b", "50%", "a$b", "größe", "x.bakery", "proto__"]
        {
            assert!(check(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn wrong_files_are_still_meant_as_profiles() {
        assert!(is_profile_file("DEFAULT") && is_profile_file("prod") && !is_profile_file(".git"));
    }

    #[test]
    fn the_nearest_names_come_first() {
        let known = ["prod", "prod-audit", "mainuser", "ci"];
        assert_eq!(nearest("porod", known), ["prod"]);
        assert_eq!(nearest("mainusr", known), ["mainuser"]);
        assert_eq!(nearest("audit", known), ["prod-audit"]);
        assert!(nearest("zzz", known).is_empty());
    }
}
