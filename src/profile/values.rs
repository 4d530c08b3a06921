//! Owns the reading of single values: a profile's own, or the settings' default where it applies, parsed and checked.
//! It refuses a wrong value in one way: file, line, key, what is wrong, what to write instead.

use std::time::Duration;

use crate::clock::parse_duration;
use crate::error::{Result, invalid};
use crate::partition::is_region_name;

use super::entries::{Entry, Placed};
use super::keys::{Key, stays_out_of_config};
use super::limits::{LONGEST_SESSION, MOST_POLICY_ARNS, MOST_TAGS, Parameter, SHORTEST};
use super::{ConfigEntry, Settings};

/// Gives the region that an entry names.
pub(super) fn region_of(entry: &Entry) -> Result<String> {
    if is_region_name(&entry.value) {
        return Ok(entry.value.clone());
    }
    Err(entry
        .place
        .refuse(format!("is `{}`, which is no region", entry.value))
        .hint(format!("write the region's code, such as `{} = eu-central-1`", entry.place.key()))
        .into())
}

/// The words for yes and no.
pub(super) const YES_OR_NO: [(&str, bool); 6] =
    [("yes", true), ("no", false), ("true", true), ("false", false), ("on", true), ("off", false)];

/// The keys that count for one profile.
pub(super) struct Values<'a> {
    own: Vec<Entry>,
    defaults: Vec<&'a Entry>,
}

impl<'a> Values<'a> {
    /// Joins a profile's own keys with those defaults that suit it.
    pub(super) fn new(own: Vec<Entry>, settings: &'a Settings) -> Self {
        let sources = Sources::of(&own, &settings.defaults);
        let defaults = settings.defaults.iter().filter(|entry| entry.key.is_none_or(|key| sources.suits(key)));
        let defaults = defaults.collect();
        Self { own, defaults }
    }

    /// Gives the profile's own keys, in the order of its file.
    pub(super) fn own(&self) -> &[Entry] {
        &self.own
    }

    /// Finds what counts for `key`; an empty value of the profile's own hides the default and says "none".
    pub(super) fn get(&self, key: Key) -> Option<&Entry> {
        let own = self.own.iter().find(|entry| entry.key == Some(key));
        own.or_else(|| self.defaults.iter().copied().find(|entry| entry.key == Some(key)))
            .filter(|entry| !entry.is_empty())
    }

    /// Gives a value as it stands there.
    pub(super) fn text(&self, key: Key) -> Option<String> {
        self.get(key).map(Entry::text)
    }

    /// Gives a value together with its place.
    pub(super) fn placed(&self, key: Key) -> Option<Placed<String>> {
        self.get(key).map(|entry| Placed { value: entry.text(), place: entry.place.clone() })
    }

    /// Finds what counts for a key that awstok passes on to the config file, where SDKs read it too.
    pub(super) fn passed_on_value(&self, name: &str) -> Option<&Entry> {
        let is_it = |entry: &&Entry| entry.place.key().eq_ignore_ascii_case(name);
        let own = self.own.iter().find(is_it);
        own.or_else(|| self.defaults.iter().copied().find(|entry| is_it(entry))).filter(|entry| !entry.is_empty())
    }

    /// Makes the error about a key that is there.
    pub(super) fn refuse(&self, key: Key, problem: &str, hint: &str) -> anyhow::Error {
        let failure = match self.get(key) {
            Some(entry) => entry.place.refuse(problem),
            None => invalid(format!("`{}` {problem}", key.name())),
        };
        failure.hint(hint).into()
    }

    /// Gives a value that has to be within STS's limits.
    pub(super) fn limited(&self, key: Key, parameter: Parameter) -> Result<Option<String>> {
        self.get(key).map(|entry| limited(entry, parameter, &entry.value)).transpose()
    }

    /// Gives the choice that a word stands for, in any case.
    pub(super) fn choice<T: Copy>(&self, key: Key, choices: &[(&str, T)]) -> Result<Option<T>> {
        self.get(key).map(|entry| choice(entry, choices)).transpose()
    }

    /// Gives a yes or no; no when nothing is said.
    pub(super) fn yes(&self, key: Key) -> Result<bool> {
        Ok(self.choice(key, &YES_OR_NO)?.unwrap_or(false))
    }

    /// Gives a region, which must not be able to redirect a signed request.
    pub(super) fn region(&self, key: Key) -> Result<Option<String>> {
        self.get(key).map(region_of).transpose()
    }

    /// Gives the lifetime asked for, within what any call to STS takes.
    pub(super) fn duration(&self) -> Result<Option<Placed<Duration>>> {
        let Some(entry) = self.get(Key::Duration) else { return Ok(None) };
        let problem = match parse_duration(&entry.value) {
            None => format!("is `{}`, which is no duration", entry.value),
            Some(value) if value < SHORTEST => format!("is `{}`, and AWS gives no less than 15m", entry.value),
            Some(value) if value > LONGEST_SESSION => format!("is `{}`, and AWS gives no more than 36h", entry.value),
            Some(value) => return Ok(Some(Placed { value, place: entry.place.clone() })),
        };
        let key = entry.place.key();
        Err(entry
            .place
            .refuse(problem)
            .hint(format!("write for example `{key} = 12h`, `{key} = 45m` or `{key} = 3600`"))
            .into())
    }

    /// Gives `session_tags`: `k=v,k=v`.
    pub(super) fn tags(&self) -> Result<Vec<(String, String)>> {
        let Some(entry) = self.get(Key::SessionTags) else { return Ok(Vec::new()) };
        let hint = "write `session_tags = key=value,other=value`";
        let mut tags: Vec<(String, String)> = Vec::new();
        for part in items(entry, MOST_TAGS)? {
            let Some((name, value)) = part.split_once('=') else {
                return Err(entry.place.refuse(format!("holds `{part}`, which is no `key=value`")).hint(hint).into());
            };
            let name = limited(entry, Parameter::TagKey, name.trim())?;
            let value = limited(entry, Parameter::TagValue, value.trim())?;
            // STS compares the keys of tags without regard to case
            if tags.iter().any(|(other, _)| other.to_lowercase() == name.to_lowercase()) {
                return Err(entry.place.refuse(format!("names the tag `{name}` twice")).hint("keep one").into());
            }
            tags.push((name, value));
        }
        Ok(tags)
    }

    /// Gives `transitive_session_tags`, each of which must be among `tags`.
    pub(super) fn transitive_tags(&self, tags: &[(String, String)]) -> Result<Vec<String>> {
        let Some(entry) = self.get(Key::TransitiveSessionTags) else { return Ok(Vec::new()) };
        let names = items(entry, MOST_TAGS)?;
        if let Some(stranger) = names.iter().find(|name| !tags.iter().any(|(known, _)| known == *name)) {
            return Err(entry
                .place
                .refuse(format!("names `{stranger}`, which is no key of `session_tags`"))
                .hint("only tags that the profile sets can be passed on in a chain")
                .into());
        }
        Ok(names)
    }

    /// Gives `session_policy_arns`.
    pub(super) fn policy_arns(&self) -> Result<Vec<String>> {
        let Some(entry) = self.get(Key::SessionPolicyArns) else { return Ok(Vec::new()) };
        let arns = items(entry, MOST_POLICY_ARNS)?;
        for arn in &arns {
            if !(arn.starts_with("arn:") && arn.contains(":policy/")) {
                return Err(entry
                    .place
                    .refuse(format!("holds `{arn}`, which is no policy's ARN"))
                    .hint("write ARNs such as `arn:aws:iam::aws:policy/ReadOnlyAccess`, with commas between them")
                    .into());
            }
            limited(entry, Parameter::Arn, arn)?;
        }
        Ok(arns)
    }

    /// Gives what goes on to the config file: the profile's own keys, then the defaults that it doesn't set.
    pub(super) fn passed_on(&self, delivers: bool) -> Vec<ConfigEntry> {
        let unset =
            |entry: &&Entry| !self.own.iter().any(|own| own.place.key().eq_ignore_ascii_case(entry.place.key()));
        self.own
            .iter()
            .chain(self.defaults.iter().copied().filter(unset))
            .filter(|entry| entry.key.is_none() && !stays_out_of_config(entry.place.key(), delivers))
            .map(|entry| ConfigEntry {
                key: entry.place.key().to_owned(),
                value: entry.value.clone(),
                nested: entry.nested.clone(),
            })
            .collect()
    }
}

/// Gives the choice that a value's word stands for, in any case.
pub(super) fn choice<T: Copy>(entry: &Entry, choices: &[(&str, T)]) -> Result<T> {
    if let Some((_, choice)) = choices.iter().find(|(word, _)| entry.value.eq_ignore_ascii_case(word)) {
        return Ok(*choice);
    }
    let words: Vec<String> = choices.iter().map(|(word, _)| format!("`{word}`")).collect();
    Err(entry
        .place
        .refuse(format!("is `{}`, which is not one of its values", entry.value))
        .hint(format!("write {}", or(&words)))
        .into())
}

/// Checks one text, the value of `entry` or a part of it, against STS's limits.
fn limited(entry: &Entry, parameter: Parameter, text: &str) -> Result<String> {
    let Err(problem) = parameter.check(text) else { return Ok(text.to_owned()) };
    let problem = if text == entry.value { problem } else { format!("holds `{text}`, which {problem}") };
    let hint = format!("write for example `{} = {}`", entry.place.key(), parameter.example());
    Err(entry.place.refuse(problem).hint(hint).into())
}

/// Splits a list at its commas.
fn items(entry: &Entry, most: usize) -> Result<Vec<String>> {
    let items: Vec<String> =
        entry.value.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect();
    if items.len() > most {
        return Err(entry
            .place
            .refuse(format!("has {} parts, and AWS takes {most}", items.len()))
            .hint("leave some out")
            .into());
    }
    Ok(items)
}

fn or(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [only] => only.clone(),
        [most @ .., last] => format!("{} or {last}", most.join(", ")),
    }
}

/// The sources of credentials that a profile names itself: they decide which defaults suit it, so that for example a default
/// role doesn't turn a user into a role, nor a default device stand between a role and its master's session.
struct Sources {
    keys: bool,
    role: bool,
    sso: bool,
    process: bool,
    machine: bool,
    web_identity: bool,
    master: bool,
    /// `[defaults]` say enough about a role, or about an Identity Center role, to make a profile one.
    whole_default_role: bool,
    whole_default_sso: bool,
}

impl Sources {
    fn of(own: &[Entry], defaults: &[Entry]) -> Self {
        let find = |entries: &[Entry], wanted: Key| entries.iter().any(|e| e.key == Some(wanted) && !e.is_empty());
        let has = |key| find(own, key);
        let by_default = |key| find(defaults, key);
        let default_arn = defaults.iter().any(|e| e.key == Some(Key::Role) && e.value.starts_with("arn:"));
        Self {
            keys: has(Key::AccessKeyId) || has(Key::SecretAccessKey),
            role: has(Key::Role),
            sso: [Key::SsoSession, Key::SsoStartUrl, Key::SsoRegion, Key::SsoAccountId, Key::SsoRoleName]
                .map(has)
                .contains(&true),
            process: has(Key::CredentialProcess),
            machine: has(Key::CredentialSource),
            web_identity: has(Key::WebIdentityTokenFile),
            master: has(Key::MasterProfile),
            whole_default_role: default_arn || has(Key::AccountId) || by_default(Key::AccountId),
            whole_default_sso: by_default(Key::SsoAccountId) && by_default(Key::SsoRoleName),
        }
    }

    fn suits(&self, default: Key) -> bool {
        let none = !(self.keys || self.role || self.sso || self.process || self.machine || self.web_identity);
        match default {
            Key::AccessKeyId | Key::SecretAccessKey | Key::SessionToken | Key::MfaId => self.keys || none,
            Key::Role => self.role || self.web_identity || (none && self.whole_default_role),
            Key::SsoSession | Key::SsoStartUrl | Key::SsoRegion | Key::SsoAccountId | Key::SsoRoleName => {
                self.sso || (none && self.whole_default_sso)
            }
            Key::CredentialProcess => none,
            Key::CredentialSource => none || (self.role && !self.master && !self.web_identity),
            Key::WebIdentityTokenFile => self.role && !self.master && !self.machine,
            Key::MasterProfile => !self.machine,
            _ => true,
        }
    }
}
