//! Owns what is judged of profile files, and of roles that SDKs are to assume by themselves.

use jiff::{SignedDuration, Timestamp};

use super::Case;
use crate::doctor::chain::{Chain, Source};
use crate::doctor::facts::{Facts, ProfileFile, Unusable};
use crate::doctor::finding::Finding;
use crate::profile::Store;
use crate::profile::plan::DeviceKind;

/// A key that is older had better be changed (AWS Foundational Security Best Practices, IAM.3).
const OLD: SignedDuration = SignedDuration::from_hours(90 * 24);

/// The names of the key that names a device.
const DEVICE: [&str; 2] = ["mfa_id", "mfa_serial"];

pub(super) fn judge(case: Case<'_>, found: &mut Vec<Finding>) {
    let facts = case.facts;
    for file in &facts.profiles {
        // a device without codes makes its profile, and whoever it is the master of, unusable; it is a finding of its own
        let is_devices = |unusable: &&Unusable| {
            let (path, line) = unusable.place_or(&file.path);
            let at_fault = facts.profiles.iter().find(|other| other.path == path);
            at_fault.is_some_and(|other| has_no_codes(other) && other.line_of(&DEVICE) == line)
        };
        if let Some(unusable) = file.unusable.as_ref().filter(|unusable| !is_devices(unusable)) {
            let finding = Finding::error("profile-invalid", unusable.what.clone()).of(&file.name);
            let fix = unusable.hint.clone().unwrap_or_else(|| format!("`awstok profile edit {}`", file.name));
            let (path, line) = unusable.place_or(&file.path);
            found.push(finding.at(path, line).fix(fix));
        }
        device(file, found);
        long_term(facts, file, found);
    }
    let names = facts.config.profiles().chain(facts.credentials.profiles());
    for (name, part) in names.filter(|(name, _)| facts.profile_file(name).is_none()) {
        let Some(serial) = part.get("mfa_serial").filter(|serial| takes_no_codes(&serial.value)) else { continue };
        let file = if facts.config.profile(name).is_some() { &facts.config } else { &facts.credentials };
        found.push(no_codes("mfa_serial", &serial.value, name).at(&file.path, Some(serial.line)));
    }
    found.extend(role(case));
    undelivered(case, found);
}

/// Tells whether a device is a security key or passkey: STS takes codes of six digits only.
fn takes_no_codes(serial: &str) -> bool {
    DeviceKind::of(serial) == DeviceKind::Fido
}

fn has_no_codes(file: &ProfileFile) -> bool {
    file.profile.as_ref().and_then(|profile| profile.mfa.id.as_deref()).is_some_and(takes_no_codes)
}

fn no_codes(key: &str, serial: &str, name: &str) -> Finding {
    let message =
        format!("`{key}` of `{name}` is `{serial}`, a security key or passkey: STS takes codes of six digits only");
    let fix = format!("name a virtual or hardware device with codes; `awstok mfa enroll {name}` makes one");
    Finding::error("u2f-mfa-id", message).of(name).fix(fix)
}

fn device(file: &ProfileFile, found: &mut Vec<Finding>) {
    let id = file.profile.as_ref().and_then(|profile| profile.mfa.id.as_deref());
    if let Some(serial) = id.filter(|id| takes_no_codes(id)) {
        found.push(no_codes("mfa_id", serial, &file.name).at(&file.path, file.line_of(&DEVICE)));
    }
}

fn long_term(facts: &Facts, file: &ProfileFile, found: &mut Vec<Finding>) {
    let name = &file.name;
    let Some(profile) = &file.profile else { return };
    let Some(keys) = &profile.long_term else { return };
    let line = file.line_of(&["aws_access_key_id"]);
    let at = |finding: Finding| finding.of(name).at(&file.path, line);
    let id = &keys.access_key_id;
    if id.starts_with("ASIA") {
        let message = format!("the key `{id}` of `{name}` is temporary and has no session token: AWS refuses it");
        found
            .push(at(Finding::error("missing-session-token", message)).fix("write the user's long-term key (`AKIA…`)"));
        return;
    }
    if keys.secret_access_key.is_some() && profile.secret_store == Store::File {
        let message = format!("the secret of `{name}` is in clear in its profile file, and a keyring could hold it");
        let fix = format!("`awstok secret move {name} --to keyring`, or `--to passphrase`");
        found.push(at(Finding::info("key-in-clear", message)).fix(fix));
    }
    if let Some(days) = file.changed().and_then(|changed| days_beyond(changed, facts.now)) {
        let message = format!("the key `{id}` of `{name}` is at least {days} days old: its file hasn't changed since");
        found.push(at(Finding::warning("old-long-term-key", message)).fix(format!("`awstok rotate {name}`")));
    }
}

/// Gives the days since then, where they are too many for a key.
fn days_beyond(changed: Timestamp, now: Timestamp) -> Option<i64> {
    let age = now.duration_since(changed);
    (age > OLD).then(|| age.as_hours() / 24)
}

/// Says why the role that an SDK would assume for the profile can't be assumed.
fn role(Case { facts, chain, .. }: Case<'_>) -> Option<Finding> {
    let Chain { profile, .. } = chain;
    let links = [Source::AssumeRole, Source::WebIdentity].map(|source| chain.link(source));
    let trouble = links.into_iter().flatten().find_map(|link| link.trouble.as_ref())?;
    let line = facts.config.get(profile, "role_arn").map(|key| key.line);
    let message = format!("SDKs can't assume the role of `{profile}`: {trouble}");
    let fix = "name one source: `source_profile` of a profile with credentials, or `credential_source`";
    Some(Finding::error("role-incomplete", message).of(profile).at(&facts.config.path, line).fix(fix))
}

/// Says that SDKs don't know a profile of awstok's yet.
fn undelivered(Case { facts, chain, .. }: Case<'_>, found: &mut Vec<Finding>) {
    let name = &chain.profile;
    let is_own = facts.delivered(name).is_some();
    let is_said = found.iter().any(|finding| finding.id == "profile-missing" && finding.profile.as_ref() == Some(name));
    if is_own && !is_said && !facts.is_in_aws_files(name) {
        let message = format!("awstok has delivered nothing of `{name}` yet: SDKs don't know it");
        found.push(Finding::info("not-delivered", message).of(name).fix(format!("`awstok token {name}`")));
    }
}
