//! Owns the names of populated profiles: a template over account and role, made fit for a file and a section.
//! It refuses a placeholder that it doesn't know.

use std::fmt;
use std::str::FromStr;

use crate::profile::name;

/// A name with placeholders.
#[derive(Debug, Clone)]
pub struct Template(Vec<Part>);

/// The template where none is given.
pub const DEFAULT: &str = "{account_name}-{role}";

#[derive(Debug, Clone)]
enum Part {
    Text(String),
    AccountName,
    AccountId,
    Role,
    Session,
}

/// What a name is made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words<'a> {
    pub(super) account_name: &'a str,
    pub(super) account_id: &'a str,
    pub(super) role: &'a str,
    pub(super) session: &'a str,
}

impl FromStr for Template {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = "a template has `{account_name}`, `{account_id}`, `{role}` and `{session}`";
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once('{') {
            let (word, after) = behind.split_once('}').ok_or_else(|| format!("a `{{` is never closed; {known}"))?;
            parts.push(Part::Text(before.to_owned()));
            parts.push(match word {
                "account_name" => Part::AccountName,
                "account_id" => Part::AccountId,
                "role" => Part::Role,
                "session" => Part::Session,
                _ => return Err(format!("`{{{word}}}` means nothing; {known}")),
            });
            rest = after;
        }
        parts.push(Part::Text(rest.to_owned()));
        Ok(Self(parts))
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|part| match part {
            Part::Text(text) => f.write_str(text),
            Part::AccountName => f.write_str("{account_name}"),
            Part::AccountId => f.write_str("{account_id}"),
            Part::Role => f.write_str("{role}"),
            Part::Session => f.write_str("{session}"),
        })
    }
}

impl Template {
    /// Makes a name; what a file and a section can't hold becomes `-`. It may still be none that a profile can have.
    pub(super) fn name(&self, words: Words<'_>) -> String {
        let word = |part: &Part| -> String {
            match part {
                Part::Text(text) => text.clone(),
                Part::AccountName => words.account_name.to_owned(),
                Part::AccountId => words.account_id.to_owned(),
                Part::Role => words.role.to_owned(),
                Part::Session => words.session.to_owned(),
            }
        };
        let name: String = self.0.iter().map(word).collect();
        let fits = |c: char| name::check(&format!("x{c}x")).is_ok();
        let fit: String = name.chars().map(|c| if fits(c) { c } else { '-' }).collect();
        // these can't stand first, whatever they stand for
        fit.trim_start_matches(['-', '.']).to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(template: &str, account_name: &str, role: &str) -> String {
        let words = Words { account_name, account_id: "012345678901", role, session: "corp" };
        template.parse::<Template>().unwrap().name(words)
    }

    #[test]
    fn names_are_made_of_words_and_fit_for_files() {
        assert_eq!(name(DEFAULT, "books", "Admin"), "books-Admin");
        assert_eq!(name("{session}.{account_id}.{role}", "x", "r@x"), "corp.012345678901.r@x");
        assert_eq!(name(DEFAULT, "a b/c\\d]e\ne\u{1b}f'\"#;", "R"), "a-b-c-d-e-e-f-----R");
        assert_eq!(name(DEFAULT, "../../etc", "R"), "etc-R");
        assert_eq!(name(DEFAULT, "büro", "R"), "büro-R");
        assert_eq!(name("{account_name}", "\u{202e}", "R"), "");
    }

    #[test]
    fn unknown_placeholders_are_refused() {
        assert!("{acount}".parse::<Template>().unwrap_err().contains("`{acount}` means nothing"));
        assert!("{role".parse::<Template>().unwrap_err().contains("never closed"));
        assert_eq!("a-{role}}".parse::<Template>().unwrap().to_string(), "a-{role}}");
    }
}
