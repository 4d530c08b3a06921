//! Owns the table of keys that mean something to awstok (the README's), with their synonyms, and the rule
//! which keys may reach the config file. It refuses values.

/// One key of a profile file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Key {
    /// `aws_access_key_id`
    AccessKeyId,
    /// `aws_secret_access_key`
    SecretAccessKey,
    /// `aws_session_token`; it and its old name `aws_security_token` mark temporary credentials.
    SessionToken,
    /// `mfa_id`
    MfaId,
    /// `mfa_type`
    MfaType,
    /// `mfa_command`
    MfaCommand,
    /// `mfa_account`: what `ykman` calls the device.
    MfaAccount,
    /// `mfa_secret`: a TOTP seed.
    MfaSecret,
    /// `role_name`, a name, or an ARN as `role_arn`
    Role,
    /// `partition`
    Partition,
    /// `master_profile`
    MasterProfile,
    /// `account_id`
    AccountId,
    /// `region`
    Region,
    /// `output`
    Output,
    /// `duration`
    Duration,
    /// `external_id`
    ExternalId,
    /// `role_session_name`
    RoleSessionName,
    /// `source_identity`
    SourceIdentity,
    /// `session_tags`
    SessionTags,
    /// `transitive_session_tags`
    TransitiveSessionTags,
    /// `session_policy`
    SessionPolicy,
    /// `session_policy_arns`
    SessionPolicyArns,
    /// `sso_session`
    SsoSession,
    /// `sso_start_url`
    SsoStartUrl,
    /// `sso_region`
    SsoRegion,
    /// `sso_account_id`
    SsoAccountId,
    /// `sso_role_name`
    SsoRoleName,
    /// `credential_source`
    CredentialSource,
    /// `credential_process`
    CredentialProcess,
    /// `web_identity_token_file`
    WebIdentityTokenFile,
    /// `auto_refresh`
    AutoRefresh,
    /// `session`
    Session,
    /// `guard`
    Guard,
    /// `secret_store`
    SecretStore,
    /// `mfa_store`
    MfaStore,
    /// `cache`
    Cache,
    /// `color`
    Color,
    /// `description`
    Description,
    /// `default_profile`, of the settings alone
    DefaultProfile,
}

/// The names of each key, the first one first.
const NAMES: &[(Key, &[&str])] = &[
    (Key::AccessKeyId, &["aws_access_key_id"]),
    (Key::SecretAccessKey, &["aws_secret_access_key"]),
    (Key::SessionToken, &["aws_session_token", "aws_security_token"]),
    (Key::MfaId, &["mfa_id", "mfa_serial"]),
    (Key::MfaType, &["mfa_type"]),
    (Key::MfaCommand, &["mfa_command", "mfa_process"]),
    (Key::MfaAccount, &["mfa_account"]),
    (Key::MfaSecret, &["mfa_secret"]),
    (Key::Role, &["role_name", "role_arn"]),
    (Key::Partition, &["partition"]),
    (Key::MasterProfile, &["master_profile", "source_profile"]),
    (Key::AccountId, &["account_id", "aws_account_id"]),
    (Key::Region, &["region"]),
    (Key::Output, &["output"]),
    (Key::Duration, &["duration", "duration_seconds"]),
    (Key::ExternalId, &["external_id"]),
    (Key::RoleSessionName, &["role_session_name"]),
    (Key::SourceIdentity, &["source_identity"]),
    (Key::SessionTags, &["session_tags"]),
    (Key::TransitiveSessionTags, &["transitive_session_tags"]),
    (Key::SessionPolicy, &["session_policy"]),
    (Key::SessionPolicyArns, &["session_policy_arns"]),
    (Key::SsoSession, &["sso_session"]),
    (Key::SsoStartUrl, &["sso_start_url"]),
    (Key::SsoRegion, &["sso_region"]),
    (Key::SsoAccountId, &["sso_account_id"]),
    (Key::SsoRoleName, &["sso_role_name"]),
    (Key::CredentialSource, &["credential_source"]),
    (Key::CredentialProcess, &["credential_process"]),
    (Key::WebIdentityTokenFile, &["web_identity_token_file"]),
    (Key::AutoRefresh, &["auto_refresh"]),
    (Key::Session, &["session"]),
    (Key::Guard, &["guard"]),
    (Key::SecretStore, &["secret_store"]),
    (Key::MfaStore, &["mfa_store"]),
    (Key::Cache, &["cache"]),
    (Key::Color, &["color"]),
    (Key::Description, &["description"]),
    (Key::DefaultProfile, &["default_profile"]),
];

impl Key {
    /// Finds the key that `name` stands for, in any case; `None` for a key that means nothing to awstok.
    pub fn of_name(name: &str) -> Option<Self> {
        NAMES.iter().find(|(_, names)| names.iter().any(|known| name.eq_ignore_ascii_case(known))).map(|&(key, _)| key)
    }

    /// Gives the names of the key: the first one, then its synonyms.
    pub fn names(self) -> &'static [&'static str] {
        NAMES.iter().find(|(key, _)| *key == self).map_or(&[], |&(_, names)| names)
    }

    /// Gives the first name.
    pub fn name(self) -> &'static str {
        self.names().first().copied().unwrap_or_default()
    }

    /// Tells whether the value is a secret, which no message may show.
    pub fn is_secret(self) -> bool {
        matches!(self, Self::SecretAccessKey | Self::SessionToken | Self::MfaSecret)
    }

    /// Tells whether the value may go on over nested lines.
    pub fn takes_nested_lines(self) -> bool {
        self == Self::SessionPolicy
    }

    /// Gives all keys in the order of the table.
    pub fn all() -> impl Iterator<Item = Self> {
        NAMES.iter().map(|&(key, _)| key)
    }
}

/// Tells whether a key must stay out of the generated section of the config file: awstok's own keys, whatever sounds like
/// a secret, and where awstok `delivers` the profile's credentials also what an SDK would resolve before them.
pub fn stays_out_of_config(name: &str, delivers: bool) -> bool {
    let name = name.to_ascii_lowercase();
    let own = Key::of_name(&name).is_some_and(|key| !matches!(key, Key::Region | Key::Output));
    let leftover = matches!(name.as_str(), "aws_session_token_expiration" | "expiration");
    let secret = name.contains("secret") || name.contains("password");
    own || leftover || secret || (delivers && (name.starts_with("sso_") || name == "login_session"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn synonyms_mean_the_same_in_any_case() {
        for (synonym, name) in [
            ("mfa_serial", "mfa_id"),
            ("source_profile", "master_profile"),
            ("Role_Arn", "role_name"),
            ("aws_account_id", "account_id"),
            ("DURATION_SECONDS", "duration"),
            ("mfa_process", "mfa_command"),
        ] {
            assert_eq!(Key::of_name(synonym).map(Key::name), Some(name), "{synonym}");
        }
        assert_eq!(Key::of_name("s3"), None);
    }

    #[test]
    fn names_are_unique_and_complete() {
        let names: Vec<&str> = Key::all().flat_map(Key::names).copied().collect();
        for name in &names {
            assert_eq!(names.iter().filter(|other| *other == name).count(), 1, "{name}");
        }
        assert!(Key::all().all(|key| !key.name().is_empty()));
    }

    #[test]
    fn secrets_and_sources_stay_out_of_the_config_file() {
        for name in [
            "aws_secret_access_key",
            "aws_session_token",
            "role_arn",
            "role_name",
            "source_profile",
            "credential_source",
            "credential_process",
            "web_identity_token_file",
            "sso_registration_scopes",
            "SSO_Session",
            "mfa_secret",
            "mfa_account",
            "secret_store",
            "mfa_store",
            "cache",
            "guard",
            "session",
            "aws_secret_acces_key",
            "default_profile",
            "login_session",
        ] {
            assert!(stays_out_of_config(name, true), "{name}");
        }
        assert!(!stays_out_of_config("login_session", false) && stays_out_of_config("sso_session", false));
        for name in ["region", "output", "s3", "cli_pager", "services", "endpoint_url", "use_fips_endpoint"] {
            assert!(!stays_out_of_config(name, true), "{name}");
        }
    }
}
