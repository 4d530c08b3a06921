//! Owns where the SDKs for JavaScript, Java, Go and Rust go other ways than Python's: each one's order, as a rule over facts.
//! It refuses to guess: where nobody knows what an SDK makes of a damaged file, it says nothing of it.

use super::aws_file::{AwsFile, Flaw};
use super::chain::{Chain, Named, Source};
use super::facts::Facts;
use super::view::{KEYS, View};

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
    let from = |is_set: bool, source| is_set.then_some(Taken::From(source));
    // the old variable is Python's and Go's
    let is_passed_over = named == Named::OldVariable && sdk != Sdk::Go;
    let is_named = named != Named::Nobody && !is_passed_over;
    let view = View::joined(facts, if is_passed_over { "default" } else { &chain.profile });
    let environment = || {
        let both = is_set("AWS_ACCESS_KEY_ID") && is_set("AWS_SECRET_ACCESS_KEY");
        // JavaScript passes the environment over as soon as `AWS_PROFILE` names a profile
        from(both && !(sdk == Sdk::JavaScript && is_named), Source::Environment)
    };
    let token = || from(is_set("AWS_ROLE_ARN") && is_set("AWS_WEB_IDENTITY_TOKEN_FILE"), Source::WebIdentity);
    let profile = || of_profile(sdk, view, chain);
    let machine = || {
        let of = |source| from(chain.link(source).is_some_and(|link| link.present), source);
        of(Source::Container).or_else(|| of(Source::InstanceMetadata))
    };
    let found = match sdk {
        Sdk::JavaScript | Sdk::Rust => environment().or_else(profile).or_else(token).or_else(machine),
        Sdk::Java | Sdk::Go => environment().or_else(token).or_else(profile).or_else(machine),
    };
    found.unwrap_or(Taken::Nothing)
}

/// Tells what an SDK takes of a profile.
fn of_profile(sdk: Sdk, view: View<'_>, chain: &Chain) -> Step {
    let facts = view.facts;
    for file in [&facts.config, &facts.credentials] {
        if let Some(stop) = of_damaged(sdk, file) {
            return Some(stop);
        }
    }
    // such a name in a header is none to both
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_@+.%:/".contains(c);
    if matches!(sdk, Sdk::JavaScript | Sdk::Rust) && !view.name.chars().all(is_plain) {
        return None;
    }
    let from = |is_set: bool, source| is_set.then_some(Taken::From(source));
    let sources = ["source_profile", "credential_source"].iter().filter(|key| view.has(key)).count();
    let is_broken = chain.link(Source::AssumeRole).is_some_and(|link| link.trouble.is_some());
    let role = match view.role() {
        Some(_) if sdk == Sdk::JavaScript && sources != 1 => None,
        Some(_) if is_broken => Some(Taken::Nothing),
        role => from(role.is_some(), Source::AssumeRole),
    };
    let token = view.has("web_identity_token_file");
    let web = match view.has("role_arn") {
        true => from(token, Source::WebIdentity),
        false => (token && sdk == Sdk::Rust).then_some(Taken::Nothing),
    };
    let signed_in = ["sso_session", "sso_start_url", "sso_account_id", "sso_role_name"];
    let sso = match view.sso() {
        Some(Err(_)) if sdk != Sdk::Go => Some(Taken::Nothing),
        Some(_) => Some(Taken::From(Source::Sso)),
        // a sign-in without a role gives no credentials, and the others stop there
        None => (sdk != Sdk::Go && signed_in.iter().any(|key| view.has(key))).then_some(Taken::Nothing),
    };
    let process = from(view.has("credential_process"), Source::ConfigFile);
    let keys = || {
        let [id, secret] = KEYS.map(|key| view.get(key));
        let in_credentials = id.is_some_and(|id| std::ptr::eq(id.file, &facts.credentials));
        let source = if in_credentials { Source::CredentialsFile } else { Source::ConfigFile };
        match (id.is_some(), secret.is_some()) {
            (true, true) => Some(Taken::From(source)),
            (true, false) if sdk == Sdk::Rust => Some(Taken::Nothing),
            _ => None,
        }
    };
    let login = from(view.has("login_session"), Source::ConfigFile);
    match sdk {
        Sdk::JavaScript => role.or_else(keys).or(web).or(process).or(sso).or(login),
        Sdk::Java => web.or(sso).or(role).or(process).or_else(keys).or(login),
        Sdk::Go => {
            let with_profile = role.filter(|_| view.has("source_profile"));
            with_profile.or_else(keys).or(role).or(web).or(sso).or(login).or(process)
        }
        Sdk::Rust => role.or(web).or(sso).or(login).or(process).or_else(keys),
    }
}

/// Tells what an SDK does where a file is damaged; none where it reads it all the same.
fn of_damaged(sdk: Sdk, file: &AwsFile) -> Step {
    let is_any = |flaws: &[Flaw]| file.flaws.iter().any(|flawed| flaws.contains(&flawed.flaw));
    if file.is_unknown() && is_any(&[Flaw::Refused]) {
        return Some(if sdk == Sdk::Rust { Taken::Nothing } else { Taken::Unknown });
    }
    match sdk {
        Sdk::Rust => is_any(&[Flaw::Refused, Flaw::ByteOrderMark, Flaw::Indented]).then_some(Taken::Nothing),
        Sdk::JavaScript => is_any(&[Flaw::LoneReturn]).then_some(Taken::Unknown),
        Sdk::Java | Sdk::Go => {
            (file.is_refused() || is_any(&[Flaw::Indented, Flaw::LoneReturn])).then_some(Taken::Unknown)
        }
    }
}
