//! Owns what is judged of the credentials in the AWS files: halves, leftovers, ends, and what hides what.

use std::collections::BTreeSet;

use super::Case;
use crate::doctor::aws_file::AwsFile;
use crate::doctor::chain::Source;
use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Mend};
use crate::doctor::view::{KEYS, TOKENS, View};

pub(super) fn judge(case: Case<'_>, found: &mut Vec<Finding>) {
    let facts = case.facts;
    for file in [&facts.credentials, &facts.config] {
        let mut seen = BTreeSet::new();
        for (name, _) in file.profiles() {
            if seen.insert(name) {
                keys(case, file, View::new(facts, name), found);
            }
        }
    }
    let in_credentials = facts.credentials.profiles().map(|(name, _)| name);
    let in_config = facts.config.profiles().map(|(name, _)| name);
    for name in in_credentials.chain(in_config).collect::<BTreeSet<_>>() {
        shadows(View::new(facts, name), found);
    }
}

/// Judges the static keys of a profile in one file.
fn keys(case: Case<'_>, file: &AwsFile, view: View<'_>, found: &mut Vec<Finding>) {
    let facts = case.facts;
    let name = view.name;
    let own = facts.delivered(name);
    let is_credentials = std::ptr::eq(file, &facts.credentials);
    let [id, secret] = KEYS.map(|key| file.get(name, key));
    let [old_token, token] = TOKENS.map(|key| file.get(name, key));
    let at = |finding: Finding, line: usize| finding.of(name).at(&file.path, Some(line));
    if let (Some(old), Some(_)) = (old_token, token) {
        let message = format!(
            "`aws_security_token` of `{name}` stands beside `aws_session_token`: Python reads the old name first, other SDKs don't read it"
        );
        let mend = own.filter(|_| is_credentials).map(|_| Mend::RemoveSecurityToken(name.to_owned()));
        found.push(at(Finding::error("stale-security-token", message), old.line).fix("take the line out").mend(mend));
    }
    let Some(id) = id else {
        if let Some(secret) = secret {
            let message = format!("`{}` of `{name}` has no `{}` beside it, and is ignored", KEYS[1], KEYS[0]);
            found.push(
                at(Finding::warning("half-credentials", message), secret.line).fix("write both, or none of them"),
            );
        }
        return;
    };
    if secret.is_none() {
        let message = format!("`{}` of `{name}` has no `{}` beside it: Python stops there", KEYS[0], KEYS[1]);
        found.push(at(Finding::error("half-credentials", message), id.line).fix("write both, or none of them"));
    }
    let renew = match own {
        Some(_) => format!("`awstok token {name}`"),
        None => "get new ones where these came from, or make it a profile of awstok: `awstok profile add`".into(),
    };
    if id.value.starts_with("ASIA") && old_token.is_none() && token.is_none() {
        let message = format!(
            "the temporary key `{}` of `{name}` has no `aws_session_token` beside it: AWS refuses it",
            id.value
        );
        found.push(at(Finding::error("missing-session-token", message), id.line).fix(renew.clone()));
    }
    if view.is_temporary_in(file) {
        match view.end_in(file) {
            Some(end) if end <= facts.now => {
                let message = format!("the credentials of `{name}` expired at {end}");
                found.push(at(Finding::warning("expired-credentials", message), id.line).fix(renew));
            }
            _ => found.extend(dying(case, name, own.is_some(), is_credentials).map(|finding| at(finding, id.line))),
        }
    } else if is_credentials && id.value.starts_with("AKIA") {
        found.extend(long_term(facts, name, &id.value).map(|finding| at(finding, id.line)));
    }
}

/// Judges temporary credentials that live: those that awstok delivers only where an SDK is about to take them.
fn dying(case: Case<'_>, name: &str, is_own: bool, is_credentials: bool) -> Option<Finding> {
    const ID: &str = "static-temporary-credentials";
    let source = if is_credentials { Source::CredentialsFile } else { Source::ConfigFile };
    if !is_own {
        let message = format!("the credentials of `{name}` are temporary, and nothing renews them");
        return Some(Finding::warning(ID, message).fix("make it a profile of awstok: `awstok profile add`"));
    }
    let is_taken = case.chain.profile == name && case.chain.winner == Some(source);
    is_taken.then(|| {
        let message = format!("the credentials of `{name}` are temporary: no SDK renews them by itself");
        Finding::info(ID, message).fix(format!(
            "`awstok watch {name}` keeps them fresh; `auto_refresh = yes` in its profile file lets SDKs ask"
        ))
    })
}

fn long_term(facts: &Facts, name: &str, id: &str) -> Option<Finding> {
    let own = facts.profile_file(name).and_then(|file| file.profile.as_ref());
    let is_same = own.and_then(|own| own.long_term.as_ref()).is_some_and(|keys| keys.access_key_id == id);
    // such a profile's session is its long-term keys
    if own.is_some_and(|own| own.session_none) && is_same {
        return None;
    }
    let fix = match own {
        None => format!("`awstok profile import {name} --clean` takes it over"),
        Some(_) if is_same => "take both keys out of the section: the profile file of that name holds them".into(),
        Some(_) => "take both keys out of the section, after keeping them where they are needed".into(),
    };
    let message =
        format!("the long-term key `{id}` of `{name}` is in the credentials file, where every program finds it");
    Some(Finding::warning("long-term-keys-in-credentials", message).fix(fix))
}

/// Judges what hides what in a profile of both files.
fn shadows(view: View<'_>, found: &mut Vec<Finding>) {
    let (facts, name) = (view.facts, view.name);
    let own = facts.delivered(name);
    if let (Some(id), Some(process)) = (facts.credentials.get(name, KEYS[0]), view.get("credential_process")) {
        let is_known = own.and_then(|own| own.long_term.as_ref()).is_some_and(|keys| keys.access_key_id == id.value);
        let is_ours = own.is_some() && (is_known || view.is_temporary_in(&facts.credentials));
        let message = format!(
            "the keys of `{name}` in the credentials file hide its `credential_process` (`{}:{}`) from Python, JavaScript and Go: they never ask it",
            process.file.path.display(),
            process.key.line
        );
        let finding = Finding::error("credentials-shadow-process", message).of(name);
        found.push(
            finding
                .at(&facts.credentials.path, Some(id.line))
                .fix("take the keys out of the section")
                .mend(is_ours.then(|| Mend::RemoveOwnKeys(name.to_owned()))),
        );
    }
    if own.is_none() {
        return;
    }
    let hides = |id, key: &str, why: &str| {
        let set = view.get(key)?;
        let message = format!("`{key}` of `{name}` hides the credentials that awstok delivers: {why}");
        let fix =
            format!("take `{key}` and what belongs to it out of the section; the profile file of that name says it");
        Some(Finding::error(id, message).of(name).at(&set.file.path, Some(set.key.line)).fix(fix))
    };
    found.extend(hides("role-arn-shadows", "role_arn", "SDKs assume the role themselves first"));
    if view.sso() == Some(Ok(())) {
        let hidden = hides("sso-shadows", "sso_role_name", "Python, Java and Rust sign in to Identity Center first");
        found.extend(hidden.map(|finding| Finding { severity: crate::doctor::finding::Severity::Warning, ..finding }));
    }
}
