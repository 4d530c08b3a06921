//! Owns the delivery of credentials through the AWS files: sessions into the credentials file, profiles into the config file.
//! It refuses every key that isn't awstok's own; how bytes change is `awsfiles`' matter.

mod config;
mod credentials;
mod stand_ins;

use std::collections::BTreeSet;

use crate::awsfiles::Drafts;
use crate::error::Result;
use crate::profile::Profile;
use crate::session::Session;

pub use config::{Config, credential_process_line};
pub use credentials::{hand_over, remove};
pub use stand_ins::StandIns;

/// What a profile gets in the credentials file.
#[derive(Debug, Clone, Copy)]
pub enum Delivery<'a> {
    /// The credentials of a session.
    Static(&'a Session),
    /// Nothing: the session is in the cache, and `credential_process` in the config file asks for it.
    Process,
    /// Credentials that aren't known yet, in a plan that is only shown.
    Unknown,
}

/// Brings both files up to date: the sections of `deliveries` in the credentials file, all generated sections in the config file.
/// Gives what a person should know about hand-written keys in the way.
///
/// # Errors
/// Names file and line of what can't be read, and a value that the files can't hold.
pub fn deliver(
    drafts: &mut Drafts,
    deliveries: &[(&Profile, Delivery<'_>)],
    config: &Config<'_>,
) -> Result<Vec<String>> {
    for (profile, delivery) in deliveries {
        match delivery {
            Delivery::Static(session) => credentials::write(drafts, profile, session)?,
            Delivery::Process => credentials::remove(drafts, &profile.name)?,
            Delivery::Unknown => credentials::mark(drafts, profile)?,
        }
    }
    config.regenerate(drafts)
}

/// Gives the names of profiles whose files can't be used at present; what is generated for them stays as it is.
pub fn unusable(names: &[String], usable: &[Profile]) -> BTreeSet<String> {
    let known: BTreeSet<&str> = usable.iter().map(|profile| profile.name.as_str()).collect();
    names.iter().filter(|name| !known.contains(name.as_str())).cloned().collect()
}
