//! Owns where the SDKs for JavaScript, Java, Go and Rust go other ways than Python's: each one's order, as a rule over facts.
//! It refuses to guess: where nobody knows what an SDK makes of a damaged file, it says nothing of it.

use super::aws_file::{AwsFile, Flaw};
use super::chain::{Chain, Named, Source};
use super::facts::Facts;
use super::view::{KEYS, SSO_PORTAL, SSO_ROLE, View};

/// An SDK that isn't Python's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sdk {
    /// AWS SDK for JavaScript v3 (`@aws-sdk/credential-provider-node`).
    JavaScript,
    /// AWS SDK for Java 2 (`DefaultCredentialsProvider`).
    Java,
    /// AWS SDK for Go v2 (`config/resolve_credentials.go`).
    Go,
    /// AWS SDK for Rust (`aws_config::default_provider`).
    Rust,
}

/// What an SDK does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It takes this source.
    From(Source),
    /// It finds nothing, or stops at something half set.
    Nothing,
    /// Nobody knows.
    Unknown,
}

/// What one source comes to: nothing is set there, it is taken, or the SDK stops there.
type Step = Option<Taken>;

impl Sdk {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::JavaScript, Self::Java, Self::Go, Self::Rust];

    /// The language, as people write it.
    pub fn language(self) -> &'static str {
        match self {
            Self::JavaScript => "JavaScript",
            Self::Java => "Java",
            Self::Go => "Go",
            Self::Rust => "Rust",
        }
    }
}

/// Tells what an SDK takes.
pub fn taken(sdk: Sdk, facts: &Facts, chain: &Chain, named: Named) -> Taken {
    let env = &facts.env;
    let is_set = |variable: &str| env.text(variable).is_some_and(|value| sdk != Sdk::Rust || !value.trim().is_empty());
    // the old variable is Python's and Go's
    let is_passed_over = named == Named::OldVariable && sdk != Sdk::Go;
    let is_named = named != Named::Nobody && !is_passed_over;
    let view = View::of(sdk, facts, if is_passed_over { "default" } else { &chain.profile });
    let environment = || {
        let both = is_set("AWS_ACCESS_KEY_ID") && is_set("AWS_SECRET_ACCESS_KEY");
        // JavaScript passes the environment over as soon as `AWS_PROFILE` names a profile
        from(both && !(sdk == Sdk::JavaScript && is_named), Source::Environment)
    };
    let token = || match is_set("AWS_WEB_IDENTITY_TOKEN_FILE") {
        true if is_set("AWS_ROLE_ARN") => Some(Taken::From(Source::WebIdentity)),
        true if sdk == Sdk::Go => Some(Taken::Nothing),
        _ => None,
    };
    let profile = || of_profile(view, sdk, chain);
    let machine = || {
        let of = |source| from(chain.link(source).is_some_and(|link| link.present), source);
        of(Source::Container).or_else(|| of(Source::InstanceMetadata))
    };
    let found = match sdk {
        Sdk::JavaScript | Sdk::Rust => environment().or_else(profile).or_else(token).or_else(machine),
        // a profile that can't be used doesn't stop it
        Sdk::Java => {
            let usable = || profile().filter(|taken| *taken != Taken::Nothing);
            environment().or_else(token).or_else(usable).or_else(machine)
        }
        Sdk::Go => environment().or_else(token).or_else(|| match (is_named && !view.exists(), profile()) {
            (true, None) => Some(Taken::Nothing),
            // a role without a source is assumed with what the machine gives
            (_, None) if view.has("role_arn") => from(machine().is_some(), Source::AssumeRole),
            (_, found) => found.or_else(machine),
        }),
    };
    found.unwrap_or(Taken::Nothing)
}

fn from(is_set: bool, source: Source) -> Step {
    is_set.then_some(Taken::From(source))
}

/// Tells what an SDK takes of a profile.
fn of_profile(view: View<'_>, sdk: Sdk, chain: &Chain) -> Step {
    if let Some(stop) =
        [&view.facts.config, &view.facts.credentials].into_iter().find_map(|file| of_damaged(view, file))
    {
        return Some(stop);
    }
    if sdk == Sdk::Go {
        return of_profile_in_go(view, chain);
    }
    let sources = SOURCES.iter().filter(|key| view.has(key)).count();
    let role = match view.role() {
        Some(_) if sdk == Sdk::JavaScript && sources != 1 || sdk == Sdk::Java && sources == 0 => None,
        Some(_) if is_broken(chain) => Some(Taken::Nothing),
        // its own source is a loop to it
        Some(_) if sdk == Sdk::Java && view.value(SOURCES[0]) == Some(view.name) => Some(Taken::Nothing),
        role => from(role.is_some(), Source::AssumeRole),
    };
    let token = view.has("web_identity_token_file");
    let web = match view.has("role_arn") {
        true => from(token, Source::WebIdentity),
        false => (token && sdk == Sdk::Rust).then_some(Taken::Nothing),
    };
    let is_said_twice = view.has("sso_session") && SSO_PORTAL.iter().any(|key| view.has(key));
    let sso = match view.sso() {
        Some(Err(_)) => Some(Taken::Nothing),
        Some(_) if sdk == Sdk::Rust && is_said_twice => Some(Taken::Nothing),
        Some(_) => Some(Taken::From(Source::Sso)),
        // a sign-in without a role gives no credentials, and they stop there
        None => is_sign_in(view).then_some(Taken::Nothing),
    };
    let process = from(view.has("credential_process"), Source::ConfigFile);
    let login = from(view.has("login_session"), Source::ConfigFile);
    match sdk {
        Sdk::JavaScript => role.or_else(|| keys(view)).or(web).or(process).or(sso).or(login),
        Sdk::Java => web.or(sso).or(role).or(process).or_else(|| keys(view)).or(login),
        Sdk::Rust | Sdk::Go => role.or(web).or(sso).or(login).or(process).or_else(|| match keys(view) {
            None if view.has(KEYS[0]) => Some(Taken::Nothing),
            keys => keys,
        }),
    }
}

/// The same in Go, which refuses more (`config/shared_config.go`).
fn of_profile_in_go(view: View<'_>, chain: &Chain) -> Step {
    let (facts, has) = (view.facts, |key: &str| view.has(key));
    // the last file that has the profile must have both keys, or none
    let last = [&facts.credentials, &facts.config].into_iter().find(|file| view.parts(file).next().is_some());
    let is_half = last.is_some_and(|file| {
        let [id, secret] = KEYS.map(|key| view.get_in(file, key).is_some());
        id != secret
    });
    let [source, machine] = SOURCES.map(has);
    let (process, token, role) = (has("credential_process"), has("web_identity_token_file"), has("role_arn"));
    let is_alone = [source, machine, process, token].into_iter().filter(|is_set| *is_set).count() <= 1;
    let is_unknown_session =
        view.value("sso_session").is_some_and(|session| facts.config.sso_session(session).is_none());
    if is_half || !is_alone || is_unknown_session || (source || machine || token) && !role {
        return Some(Taken::Nothing);
    }
    if source || machine && keys(view).is_none() {
        return Some(if is_broken(chain) { Taken::Nothing } else { Taken::From(Source::AssumeRole) });
    }
    // a session without a role gives tokens only
    let sso = is_sign_in(view).then(|| match view.sso() {
        Some(Ok(())) => Taken::From(Source::Sso),
        _ => Taken::Nothing,
    });
    let web = from(token, Source::WebIdentity);
    let others = || sso.or(from(has("login_session") || process, Source::ConfigFile));
    let base = keys(view).or(web).or_else(others)?;
    // whatever it is, it assumes the role, where there is one
    Some(match base {
        Taken::From(found) if role && found != Source::WebIdentity => Taken::From(Source::AssumeRole),
        base => base,
    })
}

/// The keys that say with whose credentials a role is assumed.
const SOURCES: [&str; 2] = ["source_profile", "credential_source"];

fn is_broken(chain: &Chain) -> bool {
    chain.link(Source::AssumeRole).is_some_and(|link| link.trouble.is_some())
}

/// Tells whether others than Python take the profile for one of Identity Center.
fn is_sign_in(view: View<'_>) -> bool {
    ["sso_session"].iter().chain(&SSO_PORTAL).chain(&SSO_ROLE).any(|key| view.has(key))
}

/// Gives the file that both keys are in.
fn keys(view: View<'_>) -> Step {
    let [id, secret] = KEYS.map(|key| view.get(key));
    let in_credentials = id.is_some_and(|id| std::ptr::eq(id.file, &view.facts.credentials));
    let source = if in_credentials { Source::CredentialsFile } else { Source::ConfigFile };
    from(id.is_some() && secret.is_some(), source)
}

/// Tells what an SDK does where a file is damaged; none where it reads it all the same.
fn of_damaged(view: View<'_>, file: &AwsFile) -> Step {
    let is_any = |flaws: &[Flaw]| file.flaws.iter().any(|flawed| flaws.contains(&flawed.flaw));
    let sdk = view.sdk?;
    if file.is_unknown() && is_any(&[Flaw::Refused]) {
        return Some(if sdk == Sdk::Rust { Taken::Nothing } else { Taken::Unknown });
    }
    let (stopping, unknown): (&[Flaw], &[Flaw]) = match sdk {
        Sdk::Rust => (&[Flaw::Refused, Flaw::ByteOrderMark, Flaw::Indented], &[Flaw::LoneReturn]),
        Sdk::JavaScript => (&[], &[Flaw::LoneReturn]),
        Sdk::Java => (&[Flaw::ByteOrderMark, Flaw::Indented], &[Flaw::Refused]),
        // a key that is swallowed is a key to it
        Sdk::Go => (&[], &[Flaw::LoneReturn, Flaw::Swallowed]),
    };
    if is_any(stopping) {
        return Some(Taken::Nothing);
    }
    is_any(unknown).then_some(Taken::Unknown)
}
