//! Owns the chain of nine sources as botocore walks it: what is set in each, which one wins, and where the walk stops.
//! It refuses to look at anything but facts.

use jiff::Timestamp;
use serde::Serialize;

use super::facts::Facts;
use super::network::Metadata;
use super::view::{KEYS, TOKENS, View};
use crate::clock::{instant, time_left};
use crate::environment::Environment;
use crate::profile::words;

/// Where an SDK may find credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// The environment variables.
    Environment,
    /// A role, assumed with other credentials.
    AssumeRole,
    /// A role, assumed with a web identity token.
    WebIdentity,
    /// IAM Identity Center.
    Sso,
    /// Keys in the credentials file.
    CredentialsFile,
    /// `credential_process` or keys in the config file.
    ConfigFile,
    /// Files of boto 2 and of the first EC2 tools.
    Boto2,
    /// A container's endpoint.
    Container,
    /// An instance's metadata service.
    InstanceMetadata,
}

impl Source {
    /// The word for people and scripts.
    pub fn word(self) -> &'static str {
        match self {
            Self::Environment => "environment",
            Self::AssumeRole => "assume-role",
            Self::WebIdentity => "web-identity",
            Self::Sso => "sso",
            Self::CredentialsFile => "credentials-file",
            Self::ConfigFile => "config-file",
            Self::Boto2 => "boto2",
            Self::Container => "container",
            Self::InstanceMetadata => "instance-metadata",
        }
    }
}

/// Who chose the profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    /// PROFILE or `AWS_PROFILE`.
    Person,
    /// `AWS_DEFAULT_PROFILE`.
    OldVariable,
    /// Nobody: it is `default`.
    Nobody,
}

/// One source of the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Link {
    /// Which.
    pub source: Source,
    /// Whether something is set there.
    pub present: bool,
    /// Whether its credentials are taken.
    pub wins: bool,
    /// Whether SDKs get new credentials from it by themselves.
    pub refreshes: bool,
    /// What is set there.
    pub detail: Option<String>,
    /// Why Python stops there instead of going on.
    #[serde(skip)]
    pub trouble: Option<String>,
}

/// The chain for one profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// The profile.
    pub profile: String,
    /// The source whose credentials are taken.
    pub winner: Option<Source>,
    /// All nine.
    pub links: Vec<Link>,
    /// Why there is no winner, or why Python has none.
    pub stop: Option<String>,
}

impl Chain {
    /// Walks the chain for a profile.
    pub fn walk(facts: &Facts, profile: &str, named: Named) -> Self {
        let view = View::new(facts, profile);
        let mut links = vec![
            environment(facts),
            assume_role(view),
            web_identity(view),
            sso(view),
            credentials_file(view),
            config_file(view),
            boto2(facts),
            container(&facts.env),
            instance_metadata(facts),
        ];
        let refusal = refusal(facts, profile, named != Named::Nobody);
        let mut stop = refusal.clone();
        let mut winner = None;
        if let Some(first) = links.iter_mut().find(|link| link.present) {
            match &first.trouble {
                Some(trouble) => stop = stop.or_else(|| Some(trouble.clone())),
                None if refusal.is_none() || first.source == Source::Environment => {
                    (first.wins, winner) = (true, Some(first.source));
                }
                None => {}
            }
        }
        Self { profile: profile.to_owned(), winner, links, stop }
    }

    /// Gives a source's link.
    pub fn link(&self, source: Source) -> Option<&Link> {
        self.links.iter().find(|link| link.source == source)
    }
}

/// Says why Python goes nowhere at all, whatever is set (botocore's `ConfigParseError` and `ProfileNotFound`).
fn refusal(facts: &Facts, profile: &str, is_named: bool) -> Option<String> {
    if let Some(file) = [&facts.config, &facts.credentials].into_iter().find(|file| file.is_refused()) {
        return Some(format!("Python refuses `{}` as a whole", file.path.display()));
    }
    (is_named && !facts.is_in_aws_files(profile)).then(|| format!("neither AWS file has a profile `{profile}`"))
}

fn link(source: Source, refreshes: bool, detail: Option<String>) -> Link {
    Link { source, present: detail.is_some(), wins: false, refreshes, detail, trouble: None }
}

fn stuck(source: Source, refreshes: bool, detail: String, trouble: impl Into<String>) -> Link {
    Link { trouble: Some(trouble.into()), ..link(source, refreshes, Some(detail)) }
}

/// Says when credentials end.
fn until(end: Option<Timestamp>, now: Timestamp) -> String {
    match end {
        Some(end) if end <= now => ", expired".into(),
        Some(end) => format!(", {} left", time_left(end, now)),
        None => String::new(),
    }
}

/// Gives when the credentials in the environment end, where it says.
pub fn end_of_environment(env: &Environment) -> Option<Timestamp> {
    ["AWS_CREDENTIAL_EXPIRATION", "AWS_SESSION_EXPIRATION"].iter().find_map(|variable| instant(env.text(variable)?))
}

fn environment(facts: &Facts) -> Link {
    let env = &facts.env;
    let Some(id) = env.get("AWS_ACCESS_KEY_ID") else { return link(Source::Environment, false, None) };
    let id = id.to_string_lossy();
    if env.get("AWS_SECRET_ACCESS_KEY").is_none() {
        let trouble = "`AWS_ACCESS_KEY_ID` is set and `AWS_SECRET_ACCESS_KEY` isn't";
        return stuck(Source::Environment, false, id.into_owned(), trouble);
    }
    let detail = format!("{id}{}", until(end_of_environment(env), facts.now));
    link(Source::Environment, false, Some(detail))
}

fn assume_role(view: View<'_>) -> Link {
    let Some(role) = view.role() else { return link(Source::AssumeRole, true, None) };
    let source = [("source_profile", "profile "), ("credential_source", "")]
        .iter()
        .find_map(|(key, what)| Some(format!(" with {what}`{}`", view.value(key)?)))
        .unwrap_or_default();
    let device = view.value("mfa_serial").map(|device| format!(", with a code of `{device}`"));
    let detail = format!("{}{source}{}", role.key.value, device.as_deref().unwrap_or_default());
    match role_trouble(view, &mut vec![view.name]) {
        Ok(()) => link(Source::AssumeRole, device.is_none(), Some(detail)),
        Err(trouble) => stuck(Source::AssumeRole, device.is_none(), detail, trouble),
    }
}

/// Says why the credentials that are to assume a role can't be had (botocore's `AssumeRoleProvider`).
fn role_trouble<'f>(view: View<'f>, visited: &mut Vec<&'f str>) -> Result<(), String> {
    let name = view.name;
    match (view.value("source_profile"), view.value("credential_source")) {
        (Some(_), Some(_)) => Err(format!("profile `{name}` has both `source_profile` and `credential_source`")),
        (None, None) => Err(format!("`role_arn` of profile `{name}` has no `source_profile` beside it")),
        (None, Some(machine)) => machine_trouble(view.facts, machine),
        (Some(source), None) => {
            let source = View::new(view.facts, source);
            if !source.exists() {
                return Err(format!("`source_profile` of profile `{name}` names `{}`, which isn't there", source.name));
            }
            let is_static = KEYS.iter().any(|key| source.has(key));
            if visited.contains(&source.name) && (source.name != name || !is_static) {
                return Err(format!("the source profiles form a loop: {} → {}", visited.join(" → "), source.name));
            }
            visited.push(source.name);
            if !is_static && source.role().is_some() {
                return role_trouble(source, visited);
            }
            let own = [web_identity_of(source), sso(source), credentials_file(source), config_file(source)];
            match own.into_iter().find(|link| link.present) {
                None => Err(format!("the source profile `{}` has no credentials", source.name)),
                Some(link) => link.trouble.map_or(Ok(()), Err),
            }
        }
    }
}

fn machine_trouble(facts: &Facts, machine: &str) -> Result<(), String> {
    let link = match machine {
        "Environment" => environment(facts),
        "EcsContainer" => container(&facts.env),
        "Ec2InstanceMetadata" if facts.network.metadata == Metadata::NotAsked => return Ok(()),
        "Ec2InstanceMetadata" => instance_metadata(facts),
        other => return Err(format!("`credential_source` is `{other}`, which is none")),
    };
    match link.present {
        true => link.trouble.map_or(Ok(()), Err),
        false => Err(format!("`credential_source` is `{machine}`, and there are no credentials")),
    }
}

fn web_identity(view: View<'_>) -> Link {
    let env = &view.facts.env;
    let of_env = |variable: &str| env.text(variable).map(str::to_owned);
    let of_file = |key: &str| view.value(key).map(str::to_owned);
    let token = of_env("AWS_WEB_IDENTITY_TOKEN_FILE").or_else(|| of_file("web_identity_token_file"));
    with_token(token, of_env("AWS_ROLE_ARN").or_else(|| of_file("role_arn")))
}

fn web_identity_of(view: View<'_>) -> Link {
    let of_file = |key: &str| view.value(key).map(str::to_owned);
    with_token(of_file("web_identity_token_file"), of_file("role_arn"))
}

fn with_token(token: Option<String>, role: Option<String>) -> Link {
    match (token, role) {
        (None, _) => link(Source::WebIdentity, true, None),
        (Some(token), Some(role)) => link(Source::WebIdentity, true, Some(format!("{role} with `{token}`"))),
        (Some(token), None) => {
            stuck(Source::WebIdentity, true, format!("`{token}`"), "a web identity token file is named, and no role")
        }
    }
}

fn sso(view: View<'_>) -> Link {
    let Some(sso) = view.sso() else { return link(Source::Sso, true, None) };
    let part = |key: &str| view.value(key).unwrap_or("?");
    let portal = view.portal().map(|portal| format!(" at {portal}")).unwrap_or_default();
    let detail = format!("{} in {}{portal}", part("sso_role_name"), part("sso_account_id"));
    match sso {
        Ok(()) => link(Source::Sso, true, Some(detail)),
        Err(trouble) => stuck(Source::Sso, true, detail, format!("Identity Center is half-configured: {trouble}")),
    }
}

fn credentials_file(view: View<'_>) -> Link {
    static_keys(view, &view.facts.credentials, Source::CredentialsFile)
}

fn static_keys(view: View<'_>, file: &super::aws_file::AwsFile, source: Source) -> Link {
    let Some(id) = file.get(view.name, KEYS[0]) else { return link(source, false, None) };
    if file.get(view.name, KEYS[1]).is_none() {
        let trouble = format!("`{}:{}`: `{}` without `{}`", file.path.display(), id.line, KEYS[0], KEYS[1]);
        return stuck(source, false, id.value.clone(), trouble);
    }
    let token = TOKENS.iter().any(|key| file.get(view.name, key).is_some());
    let kind = if token { " with a session token" } else { "" };
    let detail = format!("{}{kind}{}", id.value, until(view.end_in(file), view.facts.now));
    link(source, false, Some(detail))
}

fn config_file(view: View<'_>) -> Link {
    if let Some(session) = view.value("login_session") {
        return link(Source::ConfigFile, true, Some(format!("`login_session` {session}")));
    }
    match view.value("credential_process") {
        // arguments may hold what isn't for everyone
        Some(line) => match words::split(line) {
            Ok(words) => {
                let program = words.first().map(String::as_str).unwrap_or_default();
                link(Source::ConfigFile, true, Some(format!("`credential_process` {program}")))
            }
            Err(why) => {
                stuck(Source::ConfigFile, true, "`credential_process`".into(), format!("`credential_process` {why}"))
            }
        },
        None => static_keys(view, &view.facts.config, Source::ConfigFile),
    }
}

fn boto2(facts: &Facts) -> Link {
    for file in &facts.old_files {
        let detail = file.path.display().to_string();
        if let Some(trouble) = &file.trouble {
            return stuck(Source::Boto2, false, detail.clone(), format!("`{detail}`: {trouble}"));
        }
        if file.line.is_some() {
            return link(Source::Boto2, false, Some(detail));
        }
    }
    link(Source::Boto2, false, None)
}

fn container(env: &Environment) -> Link {
    let uri = ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"];
    // a path or query of somebody's own endpoint may hold what isn't for everyone
    let place = |text: &str| text.split(['?', '#']).next().unwrap_or_default().to_owned();
    link(Source::Container, true, uri.iter().find_map(|variable| env.text(variable).map(place)))
}

fn instance_metadata(facts: &Facts) -> Link {
    let detail = match &facts.network.metadata {
        Metadata::Role(role) => Some(format!("role `{role}`")),
        _ => None,
    };
    let found = link(Source::InstanceMetadata, true, detail);
    let why = match &facts.network.metadata {
        Metadata::NotAsked => "not asked",
        Metadata::Disabled => "disabled",
        Metadata::None(_) => "no answer, or no role",
        Metadata::Role(_) => return found,
    };
    Link { detail: Some(why.into()), ..found }
}
