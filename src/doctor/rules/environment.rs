//! Owns what is judged of the environment: keys that hide a profile, halves, leftovers, names that aren't there.

use super::Case;
use crate::doctor::chain::{Named, end_of_environment};
use crate::doctor::facts::Facts;
use crate::doctor::finding::Finding;
use crate::profile::name::nearest;

const UNSET: &str = "`eval \"$(awstok env --unset)\"` unsets them";

/// The variables in which awstok and others name the profile whose keys they set: aws-vault, awsume, aws-sso-util, aws-sso-cli,
/// saml2aws, aws-runas.
const SETTERS: [&str; 7] = [
    "AWSTOK_PROFILE",
    "AWS_VAULT",
    "AWSUME_PROFILE",
    "AWSU_PROFILE",
    "AWS_SSO_PROFILE",
    "SAML2AWS_PROFILE",
    "AWSRUNAS_PROFILE",
];
/// What granted sets beside `AWS_PROFILE` and the keys of that profile.
const GRANTED: &str = "GRANTED_SSO";

pub(super) fn judge(case: Case<'_>, found: &mut Vec<Finding>) {
    home(case.facts, found);
    keys(case, found);
    names(case.facts, found);
}

/// Says that nothing names a home folder.
fn home(facts: &Facts, found: &mut Vec<Finding>) {
    if facts.has_home {
        return;
    }
    let message = "`HOME` isn't set: awstok and Rust find no files then, and other SDKs look in the home folder that the account has, as is done here";
    found.push(Finding::error("home-missing", message).fix("`export HOME=…`, with the path of your home folder"));
}

fn keys(Case { facts, chain, named }: Case<'_>, found: &mut Vec<Finding>) {
    let env = &facts.env;
    let is_set = |variable: &str| env.get(variable).is_some();
    let (id, secret) = (env.text("AWS_ACCESS_KEY_ID"), is_set("AWS_SECRET_ACCESS_KEY"));
    if is_set("AWS_SECURITY_TOKEN") {
        let message = "`AWS_SECURITY_TOKEN` is set: Python reads it before `AWS_SESSION_TOKEN`, so an old one spoils new keys; other SDKs don't read it";
        found.push(Finding::error("stale-security-token", message).fix("`unset AWS_SECURITY_TOKEN`"));
    }
    match (id, secret) {
        (Some(_), true) | (None, false) => {}
        (Some(_), false) => {
            let message = "`AWS_ACCESS_KEY_ID` is set without `AWS_SECRET_ACCESS_KEY`: Python stops there, other SDKs go on to the next source";
            found.push(Finding::error("half-credentials", message).fix(UNSET));
        }
        (None, true) => {
            let message = "`AWS_SECRET_ACCESS_KEY` is set without `AWS_ACCESS_KEY_ID`, and so ignored";
            found.push(Finding::warning("half-credentials", message).fix(UNSET));
        }
    }
    let (Some(id), true) = (id, secret) else { return };
    // whoever sets the keys of a profile says so
    let says_so = |variable: &str| env.text(variable) == Some(&chain.profile);
    let is_its_own = SETTERS.into_iter().any(says_so) || says_so("AWS_PROFILE") && env.get(GRANTED).is_some();
    if named != Named::Nobody && !is_its_own {
        let message = format!(
            "the keys in the environment (`{id}`) hide the profile `{}`: Python, Java, Go and Rust take them even beside `AWS_PROFILE`, JavaScript takes the profile",
            chain.profile
        );
        found.push(Finding::error("env-shadows-profile", message).of(&chain.profile).fix(UNSET));
    }
    let token = ["AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN"].into_iter().any(is_set);
    if id.starts_with("ASIA") && !token {
        let message =
            format!("the temporary key `{id}` in the environment has no `AWS_SESSION_TOKEN` beside it: AWS refuses it");
        found.push(Finding::error("missing-session-token", message).fix(UNSET));
    }
    match end_of_environment(env) {
        Some(end) if end <= facts.now => {
            let message = format!("the credentials in the environment (`{id}`) expired at {end}");
            found.push(Finding::warning("expired-credentials", message).fix(renewal(facts)));
        }
        _ if id.starts_with("ASIA") || token => {
            let message = format!("the credentials in the environment (`{id}`) are temporary: no SDK renews them");
            found.push(Finding::info("static-temporary-credentials", message).fix(renewal(facts)));
        }
        _ => {}
    }
}

fn renewal(facts: &Facts) -> String {
    match facts.env.text("AWSTOK_PROFILE").filter(|name| facts.profile_file(name).is_some()) {
        Some(name) => {
            format!("`eval \"$(awstok env {name})\"`, or `awstok exec --server {name} -- COMMAND`, which stays fresh")
        }
        None => UNSET.into(),
    }
}

/// Looks for the profiles that variables and settings name.
fn names(facts: &Facts, found: &mut Vec<Finding>) {
    let env = &facts.env;
    let (profile, other) = (env.text("AWS_PROFILE"), env.text("AWS_DEFAULT_PROFILE"));
    if let (Some(profile), Some(other)) = (profile, other)
        && profile != other
    {
        let message = format!(
            "`AWS_PROFILE` is `{profile}` and `AWS_DEFAULT_PROFILE` is `{other}`: Python takes the latter, other SDKs the former"
        );
        found.push(Finding::warning("profiles-differ", message).of(profile).fix("`unset AWS_DEFAULT_PROFILE`"));
    }
    let is_unknown = facts.config.is_unknown() || facts.credentials.is_unknown();
    for (variable, name) in [("AWS_PROFILE", profile), ("AWS_DEFAULT_PROFILE", other)] {
        let Some(name) = name.filter(|name| !facts.is_in_aws_files(name) && !is_unknown) else { continue };
        let missing = |message: String| Finding::error("profile-missing", message).of(name);
        found.push(match facts.profile_file(name) {
            Some(_) => {
                let message = format!("`{variable}` names `{name}`, which is in no AWS file yet: SDKs find nothing");
                missing(message).fix(format!("`awstok token {name}`, or `awstok sync` for its settings alone"))
            }
            None => {
                let known = facts.credentials.profiles().chain(facts.config.profiles()).map(|(name, _)| name);
                missing(format!("`{variable}` names `{name}`, which is in neither AWS file")).fix(near(name, known))
            }
        });
    }
    let own = |name: &str| near(name, facts.profiles.iter().map(|file| file.name.as_str()));
    if let Some(name) = env.text("AWSTOK_PROFILE").filter(|name| facts.profile_file(name).is_none()) {
        let message = format!("`AWSTOK_PROFILE` names `{name}`, and there is no such profile file");
        found.push(Finding::error("profile-missing", message).of(name).fix(own(name)));
    }
    let defaults = facts.settings.0.parts.iter().find(|part| part.header == "defaults");
    for key in defaults.iter().flat_map(|part| &part.keys) {
        let is_name = matches!(key.key.as_str(), "default_profile" | "master_profile" | "source_profile");
        let name = key.value.split([' ', '\t']).next().unwrap_or_default();
        if is_name && !name.is_empty() && facts.profile_file(name).is_none() {
            let message = format!("`{}` in the settings names `{name}`, and there is no such profile file", key.key);
            let finding = Finding::error("profile-missing", message).of(name);
            found.push(finding.at(&facts.settings.0.path, Some(key.line)).fix(own(name)));
        }
    }
}

fn near<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let near: Vec<String> = nearest(name, known).iter().map(|near| format!("`{near}`")).collect();
    match near.is_empty() {
        true => "`awstok list` shows the profiles; unset the name, or make the profile".into(),
        false => format!("did you mean {}?", near.join(", ")),
    }
}
