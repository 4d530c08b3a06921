//! Owns where the SDKs for JavaScript, Java, Go and Rust go other ways than Python's: each one's order, as a rule over facts.
//! It refuses to repeat what all agree on.

use super::chain::{Chain, Source};
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

/// Tells which source an SDK takes.
pub fn winner(sdk: Sdk, facts: &Facts, chain: &Chain, is_named: bool) -> Option<Source> {
    let view = View::new(facts, &chain.profile);
    let env = &facts.env;
    let is_set = |variable: &str| env.text(variable).is_some_and(|value| sdk != Sdk::Rust || !value.trim().is_empty());
    let environment = || {
        let both = is_set("AWS_ACCESS_KEY_ID") && is_set("AWS_SECRET_ACCESS_KEY");
        // JavaScript passes the environment over as soon as `AWS_PROFILE` names a profile
        (both && !(sdk == Sdk::JavaScript && is_named)).then_some(Source::Environment)
    };
    let token = || (is_set("AWS_ROLE_ARN") && is_set("AWS_WEB_IDENTITY_TOKEN_FILE")).then_some(Source::WebIdentity);
    let profile = || of_profile(sdk, view);
    let machine = || {
        let of = |source| chain.link(source).filter(|link| link.present).map(|link| link.source);
        of(Source::Container).or_else(|| of(Source::InstanceMetadata))
    };
    match sdk {
        Sdk::JavaScript | Sdk::Rust => environment().or_else(profile).or_else(token).or_else(machine),
        Sdk::Java | Sdk::Go => environment().or_else(token).or_else(profile).or_else(machine),
    }
}

/// Tells which source of a profile an SDK takes.
fn of_profile(sdk: Sdk, view: View<'_>) -> Option<Source> {
    let role = view.role().map(|_| Source::AssumeRole);
    let web = (view.has("role_arn") && view.has("web_identity_token_file")).then_some(Source::WebIdentity);
    let signed_in = ["sso_session", "sso_start_url", "sso_account_id", "sso_role_name"];
    let is_sso = || view.sso().is_some() || (sdk != Sdk::Go && signed_in.iter().any(|key| view.has(key)));
    let sso = is_sso().then_some(Source::Sso);
    let process = view.has("credential_process").then_some(Source::ConfigFile);
    let keys = || {
        let id = view.get(KEYS[0]).filter(|_| view.has(KEYS[1]))?;
        let in_credentials = std::ptr::eq(id.file, &view.facts.credentials);
        Some(if in_credentials { Source::CredentialsFile } else { Source::ConfigFile })
    };
    let login = view.has("login_session").then_some(Source::ConfigFile);
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
