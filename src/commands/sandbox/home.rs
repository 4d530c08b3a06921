//! Owns the throw-away home of `awstok sandbox`, filled from `profiles.example`, and the world in which these profiles are true.
//! It refuses to run anything.

use std::path::Path;
use std::time::Duration;

use jiff::SignedDuration;

use crate::error::Result;
use crate::locked_file::{self, Fingerprint, Mode};
use crate::paths::Paths;
use crate::profile::{self, CredentialSource, Profile, Settings};
use crate::sandbox::{IdentityCenter, IdentityProvider, Instance, Role, Sandbox, User, World};

/// The profiles of the throw-away home: the files of `profiles.example`.
pub const EXAMPLES: [(&str, &str); 7] = [
    ("mainuser", include_str!("../../../profiles.example/mainuser")),
    ("prod", include_str!("../../../profiles.example/prod")),
    ("prod-audit", include_str!("../../../profiles.example/prod-audit")),
    ("ci", include_str!("../../../profiles.example/ci")),
    ("ci-oidc", include_str!("../../../profiles.example/ci-oidc")),
    ("developer", include_str!("../../../profiles.example/developer")),
    ("instance", include_str!("../../../profiles.example/instance")),
];

/// The seed of the MFA devices in the throw-away home; they exist nowhere else, so it is no secret.
const SEED: &str = "AWSTOKSANDBOXSEEDAWSTOKSANDBOX23";

/// How long roles of the stand-in may be assumed for.
const LONGEST: Duration = Duration::from_secs(12 * 3_600);

/// The identity provider of the throw-away home, whom its tokens are for, and whose they are.
const PROVIDER: [&str; 3] = ["https://ci.example.com", "sts.amazonaws.com", "repo:example/app"];

/// The access portal of the throw-away home, and the region in which it is kept.
const PORTAL: [&str; 2] = ["https://example.awsapps.com/start", "eu-central-1"];

/// The accounts that the portal shows, and the roles in each.
const ACCOUNTS: [(&str, &str, &[&str]); 4] = [
    ("111122223333", "Users", &["ReadOnly"]),
    ("444455556666", "Production", &["Developer", "ReadOnly"]),
    ("555566667777", "Staging", &["Admin", "Developer", "ReadOnly"]),
    ("777788889999", "Audit & Billing", &["ReadOnly"]),
];

/// What the shells find in the throw-away home: a prompt that says where one is (and zsh asks no questions of a new user).
const SHELL_FILES: [(&str, &str); 2] =
    [(".bashrc", "PS1='sandbox \\w \\$ '\n"), (".zshrc", "PROMPT='sandbox %~ %# '\n")];

/// Writes the example profiles into the throw-away home and reads them back.
pub(super) fn furnish(home: &Path) -> Result<Vec<Profile>> {
    let places = paths_in(home)?;
    locked_file::private_folder(&places.profiles)?;
    let lock = locked_file::lock(&places.locks().join("profiles"), Duration::from_secs(1))?;
    let files = EXAMPLES.iter().map(|(name, text)| (places.profile(name), *text));
    let config = config();
    let files = files.chain([(places.config.clone(), config.as_str())]);
    for (path, text) in files.chain(SHELL_FILES.iter().map(|(name, text)| (home.join(name), *text))) {
        let _ = locked_file::replace(&path, text.as_bytes(), Mode::Secret, &Fingerprint::ABSENT, &lock)?;
    }
    let settings = Settings::load(&places.settings())?;
    EXAMPLES.iter().map(|(name, _)| profile::load(&places.profiles, name, &settings)).collect()
}

/// The config file of the throw-away home, which says where one signs in.
pub fn config() -> String {
    let [start_url, region] = PORTAL;
    format!(
        "[sso-session example]\nsso_start_url = {start_url}\nsso_region = {region}\n\
         sso_registration_scopes = sso:account:access\n"
    )
}

/// Gives the places in the home.
pub(super) fn paths_in(home: &Path) -> Result<Paths> {
    Paths::from_environment(&[("HOME", home)].into_iter().collect())
}

/// Makes the users, devices and roles that the profiles speak of.
pub(super) fn world(profiles: &[Profile]) -> Result<World> {
    let mut world = World::new();
    let [start_url, region] = PORTAL;
    let center = IdentityCenter::new(start_url, region);
    world.add_identity_center(ACCOUNTS.iter().fold(center, |center, (id, name, roles)| {
        let email = format!("aws-{id}@example.com");
        center.account(id, name, &email, roles)
    }));
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
        if profile.credential_source == Some(CredentialSource::Ec2InstanceMetadata) {
            let role = format!("arn:aws:iam::{}:role/{}", account(profile), profile.name);
            world.add_role(Role::new(&role).trusts("ec2.amazonaws.com"))?;
            world.set_instance(Instance::new(account(profile), "eu-central-1").role(&role));
        }
        if let Some(role) = &profile.role
            && profile.web_identity_token_file.is_some()
        {
            let [issuer, audience, subject] = PROVIDER;
            world.add_identity_provider(IdentityProvider::new(account(profile), issuer).audience(audience))?;
            world.add_role(Role::new(&role.arn).trusts_identity(issuer, audience, subject).max_duration(LONGEST))?;
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

/// Writes the tokens of the identity provider to where the profiles look for them; they last as long as anybody plays.
pub(super) fn hand_tokens(home: &Path, profiles: &[Profile], sandbox: &Sandbox) -> Result<()> {
    let [issuer, audience, subject] = PROVIDER;
    for file in profiles.iter().filter_map(|profile| profile.web_identity_token_file.as_deref()) {
        let Some(token) = sandbox.identity_token(issuer, subject, audience, SignedDuration::from_hours(24)) else {
            continue;
        };
        let path = home.join(file.trim_start_matches("~/"));
        let lock = locked_file::lock(&paths_in(home)?.locks().join("profiles"), Duration::from_secs(1))?;
        let _ = locked_file::replace(&path, token.expose().as_bytes(), Mode::Secret, &Fingerprint::ABSENT, &lock)?;
    }
    Ok(())
}

fn account(profile: &Profile) -> &str {
    let of_role = || profile.role.as_ref().and_then(|role| role.arn.split(':').nth(4));
    let of_device = || profile.mfa.id.as_deref().and_then(|arn| arn.split(':').nth(4));
    profile.account_id.as_deref().or_else(of_role).or_else(of_device).unwrap_or("123456789012")
}

/// The user's name: the device's, as IAM suggests it, else the profile's.
fn user_name(profile: &Profile) -> String {
    let of_device = profile.mfa.id.as_deref().and_then(|arn| arn.split_once(":mfa/")).map(|(_, name)| name);
    of_device.unwrap_or(&profile.name).to_owned()
}
