//! Owns an IAM user's long-term credentials as they sign a call, and the reading of a secret that is kept elsewhere than in the
//! profile file. It refuses to look for it anywhere else than where the profile says.

use aws_credential_types::Credentials;
use jiff::Timestamp;

use crate::error::{Result, invalid};
use crate::profile::Store;
use crate::secret::Secret;
use crate::session::Session;
use crate::vault::{Place, read_key};

/// Puts the credentials together.
pub(super) fn session(access_key_id: &str, secret: &Secret<String>, account_id: Option<&str>) -> Session {
    let mut built =
        Credentials::builder().access_key_id(access_key_id).secret_access_key(secret.expose()).provider_name("awstok");
    if let Some(account) = account_id {
        built = built.account_id(account);
    }
    Session { credentials: built.build(), issued_at: Timestamp::UNIX_EPOCH, arn: None, region: None }
}

/// Reads the secret access key of a profile from the place where it is kept; while it is rotated, a new key's secret may lie aside.
///
/// # Errors
/// Of the place; where it holds none, or something that can't be one.
pub(super) fn read(
    profile: &str,
    access_key_id: &str,
    store: Store,
    place: &dyn Place,
    is_rotating: bool,
) -> Result<Secret<String>> {
    let where_it_is = match store {
        Store::Keyring => "the keyring",
        _ => "the file under a passphrase",
    };
    let wrong = |what: &str| {
        invalid(format!("{where_it_is} holds {what} of profile `{profile}`"))
            .hint(format!("write `aws_secret_access_key` into the profile file, then `awstok secret move {profile}`"))
    };
    let secret = read_key(place, profile, access_key_id, is_rotating)?;
    let secret = secret.ok_or_else(|| wrong("no `aws_secret_access_key`"))?;
    // what people store with other programs ends in a line break
    let secret = Secret::from(secret.expose().trim());
    if secret.expose().is_empty() || !secret.expose().bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(wrong("something else than an `aws_secret_access_key`").into());
    }
    Ok(secret)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::{Item, aside_of};

    /// A place where `ann` has an old secret, and the one of a new key lies aside.
    struct Two;

    impl Place for Two {
        fn read(&self, profile: &str, _: Item) -> Result<Option<Secret<String>>> {
            Ok(match profile {
                "ann" => Some("old".into()),
                name if *name == aside_of("ann", "AKIANEW") => Some("new".into()),
                _ => None,
            })
        }

        fn write(&self, _: &str, _: Item, _: &Secret<String>) -> Result<()> {
            Ok(())
        }

        fn remove(&self, _: &str, _: Item) -> Result<()> {
            Ok(())
        }
    }

    #[test]
    fn while_a_key_is_replaced_each_has_its_own_secret() {
        let secret =
            |id: &str, is_rotating| read("ann", id, Store::Keyring, &Two, is_rotating).unwrap().expose().clone();
        assert_eq!(secret("AKIANEW", true), "new");
        assert_eq!(secret("AKIAOLD", true), "old");
        assert_eq!(secret("AKIANEW", false), "old");
    }
}
