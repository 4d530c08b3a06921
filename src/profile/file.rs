//! Owns the reading of one profile file as a whole: bytes and settings become a `Profile`, or an error that names
//! file, line, key and remedy. It refuses to look at any other profile.

use std::path::Path;

use crate::error::Result;
use crate::secret::Secret;

use super::entries;
use super::keys::{Key, stays_out_of_config};
use super::limits::{LONGEST_ROLE, Parameter, compact_policy};
use super::values::Values;
use super::{CodeFrom, Guard, Kind, Mfa, Profile, Role, Settings, Store, source, words};

/// Reads the profile `name` from the bytes of its file.
///
/// # Errors
/// When anything in it can't be used: names file, line, key and remedy.
pub fn read(name: &str, file: &Path, bytes: &[u8], settings: &Settings) -> Result<Profile> {
    let entries = entries::of_profile(file, name, bytes)?;
    let mut warnings = Vec::new();
    let values = Values::new(entries, settings);
    let kind = source::kind(&values);
    let delivers = kind != Kind::Config;
    for entry in values.own() {
        if entry.key == Some(Key::DefaultProfile) {
            warnings.push(entry.place.say("belongs into `[defaults]` of the settings"));
        } else if entry.key.is_none() && stays_out_of_config(entry.place.key(), delivers) {
            warnings.push(entry.place.say("is not passed on to the config file"));
        }
    }
    let secret_store = store(&values, Key::SecretStore)?;
    let long_term = source::long_term(&values, secret_store.unwrap_or(Store::File))?;
    let account_id = source::account_id(&values, kind, &mut warnings)?;
    let role = source::role(&values, account_id.as_deref(), &mut warnings)?;
    let sso = source::sso(&values, &mut warnings)?;
    let master = source::master(&values, name, kind)?;
    if let Some(role) = &role {
        check_policy(role)?;
    }
    let duration = values.duration()?;
    if let Some(asked) = duration.as_ref().filter(|asked| role.is_some() && asked.value > LONGEST_ROLE)
        && !asked.place.is_default()
    {
        return Err(asked.place.refuse("is more than AWS gives a role").hint("write `12h` or less").into());
    }
    Ok(Profile {
        name: name.to_owned(),
        file: file.to_owned(),
        kind,
        account_id: role
            .as_ref()
            .map(|role| role.account_id().to_owned())
            .or(account_id)
            .or_else(|| sso.as_ref()?.role.as_ref().map(|(account, _)| account.clone())),
        long_term,
        role,
        master,
        sso,
        credential_source: source::credential_source(&values)?,
        credential_process: values.placed(Key::CredentialProcess),
        web_identity_token_file: values.text(Key::WebIdentityTokenFile),
        metadata_service: source::metadata_service(&values)?,
        mfa: mfa(&values)?,
        region: values.region(Key::Region)?,
        output: values.text(Key::Output),
        duration,
        session_none: values.choice(Key::Session, &[("none", ())])?.is_some(),
        auto_refresh: values.yes(Key::AutoRefresh)?,
        guard: values.choice(
            Key::Guard,
            &[("confirm", Guard::Confirm), ("type-name", Guard::TypeName), ("read-only", Guard::ReadOnly)],
        )?,
        secret_store: secret_store.unwrap_or(Store::File),
        mfa_store: store(&values, Key::MfaStore)?,
        cache: values
            .choice(
                Key::Cache,
                &[
                    ("file", Some(Store::File)),
                    ("keyring", Some(Store::Keyring)),
                    ("passphrase", Some(Store::Passphrase)),
                    ("none", None),
                ],
            )?
            .unwrap_or(Some(Store::File)),
        color: values.text(Key::Color),
        description: values.text(Key::Description),
        passed_on: values.passed_on(delivers),
        warnings,
        wide: false,
    })
}

/// Checks an inline session policy; one in a file is read, and checked, when the role is planned.
fn check_policy(role: &Role) -> Result<()> {
    let Some(policy) = role.policy.as_ref().filter(|policy| policy.value.starts_with('{')) else { return Ok(()) };
    compact_policy(&policy.value).map_err(|problem| {
        policy.place.refuse(problem).hint("write a policy in JSON, or the path of a file with one")
    })?;
    Ok(())
}

fn mfa(values: &Values<'_>) -> Result<Mfa> {
    let command = values.text(Key::MfaCommand);
    // a command by itself says enough, as `mfa_process` of other tools does
    let unsaid = if command.is_some() { "command" } else { "prompt" };
    let words = ["prompt", "virtual", "yubikey", "command"].map(|word| (word, word));
    let code_from = match (values.choice(Key::MfaType, &words)?.unwrap_or(unsaid), command) {
        ("virtual", _) => CodeFrom::Virtual,
        ("yubikey", _) => CodeFrom::Yubikey,
        ("command", Some(command)) => CodeFrom::Command(words::split(&command).map_err(|problem| {
            let problem = format!("{problem}, and no shell runs it");
            values.refuse(Key::MfaCommand, &problem, "write `mfa_command = PROGRAM ARGUMENTS`, which prints the code")
        })?),
        ("command", None) => {
            return Err(values.refuse(
                Key::MfaType,
                "is `command`, and no `mfa_command` stands beside it",
                "write `mfa_command = PROGRAM ARGUMENTS`, which prints the code",
            ));
        }
        _ => CodeFrom::Prompt,
    };
    Ok(Mfa {
        id: values.limited(Key::MfaId, Parameter::SerialNumber)?,
        id_place: values.placed(Key::MfaId).map(|id| id.place),
        code_from,
        account: values.text(Key::MfaAccount),
        seed: values.text(Key::MfaSecret).map(Secret::new),
    })
}

fn store(values: &Values<'_>, key: Key) -> Result<Option<Store>> {
    values.choice(key, &Store::WORDS)
}
