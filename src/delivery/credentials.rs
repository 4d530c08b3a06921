//! Owns awstok's own keys in the credentials file. It refuses to touch any other.

use crate::awsfiles::Drafts;
use crate::clock::rfc3339;
use crate::error::Result;
use crate::profile::Profile;
use crate::session::Session;

/// The keys that are awstok's own; `expiration` is what prompts read, the longer name what the ancestor of awstok wrote.
const OWN: [&str; 6] = [
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "aws_session_token_expiration",
    "expiration",
    "region",
];

/// The old name of `aws_session_token`: Python SDKs read it first, so a stale one would win.
const LEGACY_TOKEN: &str = "aws_security_token";

/// Shown in place of what isn't known before the call.
const NEW: &str = "<new>";

/// Writes a session into the profile's section.
///
/// # Errors
/// On a section that can't be edited, or a value that can't stand in a file.
pub fn write(drafts: &mut Drafts, profile: &Profile, session: &Session) -> Result<()> {
    let credentials = &session.credentials;
    let expiration = session.expiration().map(rfc3339);
    set(
        drafts,
        &profile.name,
        [
            Some(credentials.access_key_id()),
            Some(credentials.secret_access_key()),
            credentials.session_token(),
            expiration.as_deref(),
            expiration.as_deref(),
            profile.region.as_deref().or(session.region.as_deref()),
        ],
    )
}

/// Writes what a session will change, its values still unknown.
///
/// # Errors
/// As `write`.
pub fn mark(drafts: &mut Drafts, profile: &Profile) -> Result<()> {
    let new = Some(NEW);
    set(drafts, &profile.name, [new, new, new, new, new, profile.region.as_deref()])
}

/// Takes awstok's own keys out of a section; the section goes when nothing else is left in it.
///
/// # Errors
/// As `write`.
pub fn remove(drafts: &mut Drafts, profile: &str) -> Result<()> {
    set(drafts, profile, [None; 6])
}

/// Takes awstok's own keys out of the section `from` and writes them into the section `to`, in place of those there.
///
/// # Errors
/// As `write`.
pub fn hand_over(drafts: &mut Drafts, from: &str, to: &str) -> Result<()> {
    let document = drafts.credentials()?.document()?;
    let section = document.section(from);
    let value = |key: &str| Some(section?.entry(key)?.value().into_owned());
    let values = OWN.map(value);
    set(drafts, to, values.each_ref().map(Option::as_deref))?;
    remove(drafts, from)
}

fn set(drafts: &mut Drafts, profile: &str, values: [Option<&str>; 6]) -> Result<()> {
    let section = drafts.credentials()?.section(profile)?;
    for (key, value) in OWN.iter().zip(values) {
        match value {
            Some(value) => section.set(key, value)?,
            // where neither profile nor session has one, what stands there is a person's
            None if *key == "region" && values[0].is_some() => continue,
            None => section.remove(key),
        };
    }
    section.remove(LEGACY_TOKEN);
    Ok(())
}
