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

/// The names of each key, the first one first, and its meaning in a few words.
const NAMES: &[(Key, &[&str], &str)] = &[
    (Key::AccessKeyId, &["aws_access_key_id"], "long-term access key of an IAM user"),
    (Key::SecretAccessKey, &["aws_secret_access_key"], "its secret"),
    (Key::SessionToken, &["aws_session_token", "aws_security_token"], "marks temporary credentials"),
    (Key::MfaId, &["mfa_id", "mfa_serial"], "ARN or serial number of the MFA device"),
    (Key::MfaType, &["mfa_type"], "where its codes come from: prompt, virtual, yubikey or command"),
    (Key::MfaCommand, &["mfa_command", "mfa_process"], "the command that prints a code"),
    (Key::MfaAccount, &["mfa_account"], "its account on the YubiKey, as `ykman oath accounts list` has it"),
    (Key::MfaSecret, &["mfa_secret"], "TOTP seed"),
    (Key::Role, &["role_name", "role_arn"], "role to assume: a name beside `account_id`, or an ARN"),
    (Key::Partition, &["partition"], "partition of the role, such as aws-cn"),
    (Key::MasterProfile, &["master_profile", "source_profile"], "profile whose credentials assume the role"),
    (Key::AccountId, &["account_id", "aws_account_id"], "account, twelve digits"),
    (Key::Region, &["region"], "region"),
    (Key::Output, &["output"], "output format of the AWS CLI"),
    (Key::Duration, &["duration", "duration_seconds"], "lifetime of a session, such as 12h or 45m"),
    (Key::ExternalId, &["external_id"], "external id, as in AssumeRole"),
    (Key::RoleSessionName, &["role_session_name"], "name of the role's session"),
    (Key::SourceIdentity, &["source_identity"], "source identity, as in AssumeRole"),
    (Key::SessionTags, &["session_tags"], "session tags: k=v,k=v"),
    (Key::TransitiveSessionTags, &["transitive_session_tags"], "those of them that a chain passes on"),
    (Key::SessionPolicy, &["session_policy"], "session policy: JSON, or a file"),
    (Key::SessionPolicyArns, &["session_policy_arns"], "managed policies that limit the session"),
    (Key::SsoSession, &["sso_session"], "`[sso-session]` of the config file"),
    (Key::SsoStartUrl, &["sso_start_url"], "address of the access portal"),
    (Key::SsoRegion, &["sso_region"], "region of IAM Identity Center"),
    (Key::SsoAccountId, &["sso_account_id"], "account to sign in to"),
    (Key::SsoRoleName, &["sso_role_name"], "role to sign in as"),
    (
        Key::CredentialSource,
        &["credential_source"],
        "the machine's own credentials: Environment, Ec2InstanceMetadata or EcsContainer",
    ),
    (Key::CredentialProcess, &["credential_process"], "program that prints credentials"),
    (Key::WebIdentityTokenFile, &["web_identity_token_file"], "file with the token of a web identity"),
    (Key::AutoRefresh, &["auto_refresh"], "yes: SDKs call awstok themselves"),
    (Key::Session, &["session"], "none: hand out the long-term credentials"),
    (Key::Guard, &["guard"], "ask or limit before handing out: confirm, type-name or read-only"),
    (Key::SecretStore, &["secret_store"], "where the secret access key is kept: file, keyring or passphrase"),
    (Key::MfaStore, &["mfa_store"], "where the TOTP seed is kept: file, keyring or passphrase"),
    (Key::Cache, &["cache"], "where sessions are kept: file, keyring, passphrase or none"),
    (Key::Color, &["color"], "colour in lists and links"),
    (Key::Description, &["description"], "words for lists and prompts"),
    (Key::DefaultProfile, &["default_profile"], "profile that commands take when none is named"),
];

impl Key {
    /// Finds the key that `name` stands for, in any case; `None` for a key that means nothing to awstok.
    pub fn of_name(name: &str) -> Option<Self> {
        NAMES
            .iter()
            .find(|(_, names, _)| names.iter().any(|known| name.eq_ignore_ascii_case(known)))
            .map(|&(key, ..)| key)
    }

    /// Gives the names of the key: the first one, then its synonyms.
    pub fn names(self) -> &'static [&'static str] {
        NAMES.iter().find(|(key, ..)| *key == self).map_or(&[], |&(_, names, _)| names)
    }

    /// Gives the first name.
    pub fn name(self) -> &'static str {
        self.names().first().copied().unwrap_or_default()
    }

    /// Says in a few words what the key means.
    pub fn meaning(self) -> &'static str {
        NAMES.iter().find(|(key, ..)| *key == self).map_or("", |&(_, _, meaning)| meaning)
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
        NAMES.iter().map(|&(key, ..)| key)
    }
}

/// Tells whether the value of a key is a secret, or sounds like one where the key means nothing to awstok.
pub fn is_secret(name: &str) -> bool {
    let sounds_so = || {
        let name = name.to_ascii_lowercase();
        name.contains("secret") || name.contains("password") || name.ends_with("token")
    };
    Key::of_name(name).map_or_else(sounds_so, Key::is_secret)
}

/// Tells whether a key must stay out of the generated section of the config file: awstok's own keys, whatever sounds like
/// a secret, and where awstok `delivers` the profile's credentials also what an SDK would resolve before them.
pub fn stays_out_of_config(name: &str, delivers: bool) -> bool {
    let name = name.to_ascii_lowercase();
    let own = Key::of_name(&name).is_some_and(|key| !matches!(key, Key::Region | Key::Output));
    let leftover = matches!(name.as_str(), "aws_session_token_expiration" | "expiration");
    own || leftover || is_secret(&name) || (delivers && (name.starts_with("sso_") || name == "login_session"))
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
        assert!(["github_token", "GITHUB_TOKEN"].iter().all(|name| stays_out_of_config(name, false)));
        assert!(!stays_out_of_config("login_session", false) && stays_out_of_config("sso_session", false));
        for name in ["region", "output", "s3", "cli_pager", "services", "endpoint_url", "use_fips_endpoint"] {
            assert!(!stays_out_of_config(name, true), "{name}");
        }
    }
}
