//! Owns what the cabinet does about secrets that are kept elsewhere than in the profile file.
//! It refuses stores that awstok doesn't have: nothing lands in a clearer one than was named.

use crate::error::{Result, invalid};
use crate::profile::{Profile, Store};

/// Makes sure that the secrets of a profile can be where it says.
pub(super) fn admitted(profile: Profile) -> Result<Profile> {
    let elsewhere = |store: Option<Store>| store.filter(|store| *store != Store::File);
    let keyed = [("secret_store", Some(profile.secret_store)), ("mfa_store", profile.mfa_store)];
    match keyed.into_iter().find(|(_, store)| elsewhere(*store).is_some()) {
        None => Ok(profile),
        Some((key, _)) => Err(invalid(format!(
            "`{key}` of profile `{}` names another store than `file`, and awstok has no other yet",
            profile.name
        ))
        .hint(format!("leave it out, or write `{key} = file`"))
        .into()),
    }
}
