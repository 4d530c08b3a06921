//! Owns the verdict on each profile of the AWS files: the profile file that it becomes, or why it is left alone.
//! It refuses what the reader of profile files refuses, in that reader's words.

use zeroize::Zeroizing;

use super::found::{Files, Found};
use super::pairs::{Paired, joined};
use super::{Row, Status};
use crate::app::App;
use crate::awsfiles::{Drafts, SectionEdit};
use crate::cabinet::{Cabinet, Line, lines};
use crate::error::{Result, hint_of};
use crate::profile::keys::Key;
use crate::profile::{Kind, Profile, name};
use crate::secret::Secret;

/// What belongs to a session rather than to its source.
const OF_SESSION: [&str; 5] = [
    "aws_session_token",
    "aws_security_token",
    "aws_session_token_expiration",
    "expiration",
    "x_security_token_expires",
];

/// What `--clean` takes out of a section, besides long-term keys.
const CLEANED: [&str; 6] =
    ["role_arn", "source_profile", "credential_source", "mfa_serial", "aws_mfa_device", "assume_role"];

/// A sign-in by `aws login`, which the AWS CLI keeps and renews.
const LOGIN: &str = "login_session";

const KEYS: [&str; 2] = ["aws_access_key_id", "aws_secret_access_key"];

/// What becomes of a profile.
pub(super) enum Verdict {
    /// It becomes a profile file.
    Adopt(Box<Adopted>),
    /// awstok has one of that name.
    Exists,
    /// It is left alone, and why.
    Leave(String),
}

/// A profile file to be written.
pub(super) struct Adopted {
    pub(super) profile: Profile,
    pub(super) text: Zeroizing<Vec<u8>>,
    /// The secret access key, where it is to be kept elsewhere.
    pub(super) secret: Option<Secret<String>>,
    warnings: Vec<String>,
    /// The sections that it came from.
    sections: Vec<String>,
    /// Whether the first section's keys were taken over too: a session's aren't.
    takes_keys: bool,
}

/// A profile, its file's text, and its secret where that is to be kept elsewhere.
type Written = (Profile, Zeroizing<Vec<u8>>, Option<Secret<String>>);

/// Judges all profiles; each comes with the names by which it can be called, its own first.
pub(super) fn judge(
    cabinet: &Cabinet<'_>,
    files: &Files,
    store: Option<&str>,
    force: bool,
) -> Result<Vec<(Vec<String>, Verdict)>> {
    let all = joined(files.profiles()?);
    let verdict = |paired: Paired| {
        let known = std::iter::once(paired.found.name.clone()).chain(paired.long_term.clone()).collect();
        (known, one(cabinet, &paired, store, force))
    };
    Ok(all.into_iter().map(verdict).collect())
}

fn one(cabinet: &Cabinet<'_>, paired: &Paired, store: Option<&str>, force: bool) -> Verdict {
    let found = &paired.found;
    if let Err(failure) = name::check(&found.name) {
        return Verdict::Leave(failure.to_string());
    }
    if cabinet.admit_name(&found.name, force).is_err() {
        return Verdict::Exists;
    }
    if let Some(trouble) = &found.trouble {
        return Verdict::Leave(trouble.clone());
    }
    let by_login = login_wins(found);
    let takes_keys = !by_login && !found.has_temporary_keys() && !process_wins(found);
    let is_left = |key: &str| {
        OF_SESSION.contains(&key)
            || (!takes_keys && KEYS.contains(&key))
            || (by_login && [LOGIN, "credential_process"].contains(&key))
    };
    let mut lines: Vec<Line> = found
        .keys
        .iter()
        .filter(|key| !is_left(&key.key))
        .map(|key| Line { key: own_name(&key.key).to_owned(), value: key.value.clone(), nested: key.nested.clone() })
        .collect();
    if let Some(store) = store.filter(|_| takes_keys && found.has(KEYS[0])) {
        lines.push(Line::new("secret_store", store));
    }
    if by_login {
        lines.push(Line::new("credential_process", &export(&found.name)));
        // static credentials in the credentials file would hide the sign-in from the AWS CLI itself
        lines.push(Line::new("auto_refresh", "yes"));
    }
    match read(cabinet, &found.name, &lines) {
        Ok((profile, ..)) if profile.kind == Kind::Config || profile.kind == Kind::Source => {
            Verdict::Leave(if found.has(LOGIN) && found.has_temporary_keys() {
                format!("the temporary credentials in its section hide its `{LOGIN}`; take them out first")
            } else if found.has_temporary_keys() {
                "it has temporary credentials, and no source of new ones".into()
            } else {
                "it has no source of credentials".into()
            })
        }
        Ok((profile, text, secret)) => {
            let mut warnings = profile.warnings.clone();
            // an `[sso-session]` that isn't there, or says something else
            warnings.extend(cabinet.sign_in(&profile).err().map(|error| format!("{error:#}")));
            let mut sections = vec![found.name.clone()];
            sections.extend(paired.long_term.clone());
            Verdict::Adopt(Box::new(Adopted { profile, text, secret, warnings, sections, takes_keys }))
        }
        Err(error) => {
            let hint = hint_of(&error).map(|hint| format!(" ({hint})")).unwrap_or_default();
            Verdict::Leave(format!("{error:#}{hint}"))
        }
    }
}

fn read(cabinet: &Cabinet<'_>, name: &str, lines: &[Line]) -> Result<Written> {
    let profile = cabinet.preview(name, lines)?;
    let (lines, secret) = lines::split(lines, profile.secret_store);
    Ok((profile, lines::text(name, &lines)?, secret))
}

/// botocore asks `credential_process` before it looks at keys in the config file, and after those in the credentials file.
fn process_wins(found: &Found) -> bool {
    found.has("credential_process") && found.get(KEYS[0]).is_some_and(|id| !id.in_credentials)
}

/// botocore asks the sign-in of `aws login` before a program and keys in the config file, and after whatever else there is.
fn login_wins(found: &Found) -> bool {
    let before = ["role_arn", "web_identity_token_file", "sso_session", "sso_start_url"];
    let keys = found.get(KEYS[0]).is_some_and(|id| id.in_credentials);
    found.has(LOGIN) && !keys && !before.iter().any(|key| found.has(key))
}

/// The AWS CLI's own way to hand on what it signed in for.
fn export(name: &str) -> String {
    format!("aws configure export-credentials --profile {name} --format process")
}

/// Gives awstok's name of a key; an ARN stays a `role_arn`.
fn own_name(key: &str) -> &str {
    match Key::of_name(key) {
        Some(Key::Role) | None => key,
        Some(key) => key.name(),
    }
}

impl Verdict {
    pub(super) fn row(&self, app: &App, profile: String) -> Row {
        let file = Some(app.paths.profile(&profile));
        let row = Row { profile, kind: None, status: Status::Skipped, reason: None, file, warnings: Vec::new() };
        match self {
            Self::Adopt(one) => {
                Row { kind: Some(one.profile.kind), status: Status::Imported, warnings: one.warnings.clone(), ..row }
            }
            Self::Exists => {
                let reason = Some("awstok has a profile of that name already".into());
                Row { status: Status::Exists, reason, ..row }
            }
            Self::Leave(reason) => Row { reason: Some(reason.clone()), file: None, ..row },
        }
    }
}

impl Adopted {
    /// Takes what the profile file holds now out of both AWS files.
    pub(super) fn clean(&self, drafts: &mut Drafts) -> Result<()> {
        for (nth, section) in self.sections.iter().enumerate() {
            // of a pair, the first section holds the session
            let keys: &[&str] = if nth + 1 == self.sections.len() && self.takes_keys { &KEYS } else { &[] };
            let clean = |edit: &mut SectionEdit| {
                for key in keys.iter().chain(&CLEANED) {
                    edit.remove(key);
                }
            };
            clean(drafts.credentials()?.section(section)?);
            clean(drafts.config()?.section(section)?);
        }
        Ok(())
    }
}
