//! Owns the way from a profile over its masters to the one whose credentials begin it all.
//! It refuses loops and masters without credentials; it loads no profile that isn't on the way.

use crate::error::{Result, invalid};

use super::{Kind, Placed, Profile};

/// A profile with all its masters.
#[derive(Debug, Clone)]
pub struct Chain {
    /// The roles in the order in which they are assumed; the profile that was asked for comes last. None for a user.
    pub roles: Vec<Profile>,
    /// The profile whose credentials begin the chain.
    pub source: Profile,
    /// As what it does so: a role with long-term keys begins a chain as a user, one with `credential_source` as the machine.
    pub source_kind: Kind,
}

impl Chain {
    /// The profile that was asked for.
    pub fn profile(&self) -> &Profile {
        self.roles.last().unwrap_or(&self.source)
    }
}

/// Follows the masters of `name`, each loaded when it is come to.
///
/// # Errors
/// When a profile is missing or invalid, when the masters form a loop, and when the last one has no credentials.
pub fn chain(name: &str, load: &mut dyn FnMut(&str) -> Result<Profile>) -> Result<Chain> {
    let mut current = load(name)?;
    let mut roles: Vec<Profile> = Vec::new(); // the profile that was asked for first
    let (source, source_kind) = loop {
        if current.kind == Kind::Role && current.credential_source.is_some() {
            roles.push(current.clone());
            break (current, Kind::Source);
        }
        let Some(master) = current.master.clone() else {
            let kind = current.kind;
            if kind == Kind::Config {
                return Err(no_credentials(&current, roles.last()));
            }
            break (current, kind);
        };
        if master.value == current.name {
            if current.long_term.is_none() {
                return Err(master
                    .place
                    .refuse("names the profile itself, which has no long-term credentials")
                    .hint("name the profile of the IAM user, or write its `aws_access_key_id` and `aws_secret_access_key` here")
                    .into());
            }
            roles.push(current.clone());
            break (current, Kind::User);
        }
        roles.push(current);
        if let Some(start) = roles.iter().position(|role| role.name == master.value) {
            return Err(looped(roles.get(start..).unwrap_or_default(), &master));
        }
        current = load(&master.value).map_err(|error| {
            master.place.refuse(format!("names the profile `{}`, which can't be used", master.value)).because(error)
        })?;
        // long-term credentials of a master end the chain, whatever role stands beside them
        if current.long_term.is_some() {
            break (current, Kind::User);
        }
    };
    roles.reverse();
    Ok(Chain { roles, source, source_kind })
}

fn looped(roles: &[Profile], master: &Placed<String>) -> anyhow::Error {
    let mut names: Vec<&str> = roles.iter().map(|role| role.name.as_str()).collect();
    names.push(&master.value);
    master
        .place
        .refuse(format!("closes a loop: {}", names.join(" → ")))
        .hint("let one of them name the profile of an IAM user")
        .into()
}

fn no_credentials(profile: &Profile, behind: Option<&Profile>) -> anyhow::Error {
    let name = &profile.name;
    match behind.and_then(|role| role.master.as_ref()) {
        Some(master) => master
            .place
            .refuse(format!("names the profile `{name}`, which has no credentials to assume a role with"))
            .hint("name the profile of an IAM user, or of another role"),
        None => {
            invalid(format!("the profile `{name}` has no credentials: it only feeds the config file")).hint(format!(
                "for credentials, write long-term keys or a role with a `master_profile` into `{}`",
                profile.file.display()
            ))
        }
    }
    .into()
}
