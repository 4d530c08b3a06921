//! Owns the throw-away home of `awstok sandbox`, filled from `profiles.example`, and the world in which these profiles are true.
//! It refuses to run anything.

use std::path::Path;
use std::time::Duration;

use crate::error::Result;
use crate::locked_file::{self, Fingerprint, Mode};
use crate::paths::Paths;
use crate::profile::{self, Profile, Settings};
use crate::sandbox::{Role, User, World};

/// The profiles of the throw-away home: the files of `profiles.example`.
pub const EXAMPLES: [(&str, &str); 4] = [
    ("mainuser", include_str!("../../../profiles.example/mainuser")),
    ("prod", include_str!("../../../profiles.example/prod")),
    ("prod-audit", include_str!("../../../profiles.example/prod-audit")),
    ("ci", include_str!("../../../profiles.example/ci")),
];

/// The seed of the MFA devices in the throw-away home; they exist nowhere else, so it is no secret.
const SEED: &str = "AWSTOKSANDBOXSEEDAWSTOKSANDBOX23";

/// How long roles of the stand-in may be assumed for.
const LONGEST: Duration = Duration::from_secs(12 * 3_600);

/// What the shells find in the throw-away home: a prompt that says where one is (and zsh asks no questions of a new user).
const SHELL_FILES: [(&str, &str); 2] =
    [(".bashrc", "PS1='sandbox \\w \\$ '\n"), (".zshrc", "PROMPT='sandbox %~ %# '\n")];

/// Writes the example profiles into the throw-away home and reads them back.
pub(super) fn furnish(home: &Path) -> Result<Vec<Profile>> {
    let places = paths_in(home)?;
    locked_file::private_folder(&places.profiles)?;
    let lock = locked_file::lock(&places.locks().join("profiles"), Duration::from_secs(1))?;
    let files = EXAMPLES.iter().map(|(name, text)| (places.profile(name), text));
    for (path, text) in files.chain(SHELL_FILES.iter().map(|(name, text)| (home.join(name), text))) {
        let _ = locked_file::replace(&path, text.as_bytes(), Mode::Secret, &Fingerprint::ABSENT, &lock)?;
    }
    let settings = Settings::load(&places.settings())?;
    EXAMPLES.iter().map(|(name, _)| profile::load(&places.profiles, name, &settings)).collect()
}

/// Gives the places in the home.
pub(super) fn paths_in(home: &Path) -> Result<Paths> {
    Paths::from_environment(&[("HOME", home)].into_iter().collect())
}

/// Makes the users, devices and roles that the profiles speak of.
pub(super) fn world(profiles: &[Profile]) -> Result<World> {
    let mut world = World::new();
    let named = |name: &str| profiles.iter().find(|profile| profile.name == name);
    for profile in profiles {
        if let Some(keys) = &profile.long_term
            && let Some(secret) = &keys.secret_access_key
        {
            let mut user = User::new(account(profile), &user_name(profile), &keys.access_key_id, secret.expose());
            if let Some(serial) = &profile.mfa.id {
                user = user.device(serial, SEED);
            }
            world.add_user(user)?;
        }
        if let Some(role) = &profile.role
            && let Some(master) = profile.master.as_ref().and_then(|master| named(&master.value))
        {
            let trusted = match &master.role {
                Some(role) => role.arn.clone(),
                None => format!("arn:aws:iam::{}:user/{}", account(master), user_name(master)),
            };
            let mut made = Role::new(&role.arn).trusts(&trusted).max_duration(LONGEST);
            if master.mfa.id.is_some() {
                made = made.requires_mfa();
            }
            if let Some(id) = &role.external_id {
                made = made.external_id(id);
            }
            world.add_role(made)?;
        }
    }
    Ok(world)
}

fn account(profile: &Profile) -> &str {
    let of_device = || profile.mfa.id.as_deref().and_then(|arn| arn.split(':').nth(4));
    profile.account_id.as_deref().or_else(of_device).unwrap_or("123456789012")
}

/// The user's name: the device's, as IAM suggests it, else the profile's.
fn user_name(profile: &Profile) -> String {
    let of_device = profile.mfa.id.as_deref().and_then(|arn| arn.split_once(":mfa/")).map(|(_, name)| name);
    of_device.unwrap_or(&profile.name).to_owned()
}
