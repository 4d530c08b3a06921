//! Owns the meaning of profile files: what a profile is, who its masters are, and the plan that gives its credentials.
//! It refuses network, clock, prompts, the environment and writing; the only outside that it knows is files to read.

mod beginning;
mod chain;
mod entries;
mod file;
mod folder;
pub mod keys;
pub mod limits;
pub mod name;
pub mod plan;
mod planning;
mod settings;
mod sign_in;
mod source;
#[cfg(test)]
mod tests;
mod values;
pub mod words;

use std::path::PathBuf;
use std::time::Duration;

pub use chain::{Chain, chain};
pub use entries::{Entry, Place, Placed, of_profile as entries};
pub use file::read;
pub use folder::{Folder, Loader, bytes, config_bytes, load, load_all, names};
pub use plan::MetadataService;
pub use planning::{Request, plan};
pub use settings::Settings;
pub use sign_in::{SignIn, SsoSession, of_profile as sign_in, sessions as sso_sessions};

use crate::partition::Partition;
use crate::secret::Secret;

/// A profile: its file and the defaults of the settings, read and checked.
#[derive(Debug, Clone)]
pub struct Profile {
    /// The name of the file and of its section.
    pub name: String,
    /// The profile file.
    pub file: PathBuf,
    /// Where its credentials come from.
    pub kind: Kind,
    /// Long-term credentials in the file, whatever the kind: a role may be its own master.
    pub long_term: Option<LongTerm>,
    /// The role to assume, of a role or web identity profile.
    pub role: Option<Role>,
    /// The profile whose credentials assume the role; none for other profiles than roles.
    pub master: Option<Placed<String>>,
    /// The account of the role, or else the one that the file names; twelve digits.
    pub account_id: Option<String>,
    /// IAM Identity Center.
    pub sso: Option<Sso>,
    /// Where a machine's own credentials come from.
    pub credential_source: Option<CredentialSource>,
    /// Another program as the source.
    pub credential_process: Option<Placed<String>>,
    /// The file with the token of a web identity.
    pub web_identity_token_file: Option<String>,
    /// What it says of the instance metadata service.
    pub metadata_service: MetadataService,
    /// `mfa_id` and how its codes are got.
    pub mfa: Mfa,
    /// The region.
    pub region: Option<String>,
    /// The output format of the AWS CLI.
    pub output: Option<String>,
    /// The lifetime asked for.
    pub duration: Option<Placed<Duration>>,
    /// `session = none`: the long-term credentials are used as they are.
    pub session_none: bool,
    /// Deliver through `credential_process` in the config file.
    pub auto_refresh: bool,
    /// What is asked before credentials are handed out.
    pub guard: Option<Guard>,
    /// Where the secret access key is kept.
    pub secret_store: Store,
    /// Where the TOTP seed is kept; none said leaves the choice to the command that stores one.
    pub mfa_store: Option<Store>,
    /// Where sessions are cached; `None` for `cache = none`.
    pub cache: Option<Store>,
    /// For lists, prompts and links.
    pub color: Option<String>,
    /// For lists and prompts.
    pub description: Option<String>,
    /// What goes on to the config file, in the order of the file.
    pub passed_on: Vec<ConfigEntry>,
    /// What is odd but usable, each naming file, line and key.
    pub warnings: Vec<String>,
    /// Others than the owner can read or change the file.
    pub wide: bool,
}

/// Where the credentials of a profile come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Long-term credentials of an IAM user.
    User,
    /// A role, assumed with the credentials of another profile or of the machine.
    Role,
    /// IAM Identity Center.
    Sso,
    /// Another program (`credential_process`).
    Process,
    /// The machine (`credential_source`), without a role.
    Source,
    /// A role, assumed with a web identity token.
    WebIdentity,
    /// Nowhere: the profile only feeds the config file.
    Config,
}

/// Long-term credentials of an IAM user.
#[derive(Debug, Clone)]
pub struct LongTerm {
    /// `AKIA…`.
    pub access_key_id: String,
    /// The secret access key; none where `secret_store` keeps it elsewhere.
    pub secret_access_key: Option<Secret<String>>,
}

/// A role and the parameters of its AssumeRole, within STS's limits.
#[derive(Debug, Clone)]
pub struct Role {
    /// The role's ARN.
    pub arn: String,
    /// `role_session_name`.
    pub session_name: Option<String>,
    /// `external_id`.
    pub external_id: Option<String>,
    /// `source_identity`.
    pub source_identity: Option<String>,
    /// `session_tags`, in the order of the file.
    pub tags: Vec<(String, String)>,
    /// `transitive_session_tags`.
    pub transitive_tag_keys: Vec<String>,
    /// `session_policy`: JSON or the path of a file, as it stands there.
    pub policy: Option<Placed<String>>,
    /// `session_policy_arns`.
    pub policy_arns: Vec<String>,
}

impl Role {
    /// Gives the account in the ARN.
    pub fn account_id(&self) -> &str {
        self.arn.split(':').nth(4).unwrap_or_default()
    }

    /// Gives the name behind `role/` in the ARN, its path included.
    pub fn name(&self) -> &str {
        self.arn.split_once(":role/").map_or("", |(_, name)| name)
    }

    /// Gives the partition in the ARN.
    pub fn partition(&self) -> Partition {
        Partition::of_arn(&self.arn).unwrap_or(Partition::Aws)
    }
}

/// An IAM Identity Center profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sso {
    /// `sso_session`, a section of the config file.
    pub session: Option<Placed<String>>,
    /// `sso_start_url`.
    pub start_url: Option<Placed<String>>,
    /// `sso_region`.
    pub region: Option<Placed<String>>,
    /// `sso_account_id` and `sso_role_name`; none for a profile that only signs in.
    pub role: Option<(String, String)>,
}

/// `mfa_id` and what belongs to it.
#[derive(Debug, Clone, Default)]
pub struct Mfa {
    /// The ARN or serial number of the device.
    pub id: Option<String>,
    /// Where that stands.
    pub id_place: Option<Place>,
    /// How a code is got.
    pub code_from: CodeFrom,
    /// What `ykman` calls the device.
    pub account: Option<String>,
    /// The TOTP seed in the file.
    pub seed: Option<Secret<String>>,
}

/// How the code of a device is got.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum CodeFrom {
    /// A person types it.
    #[default]
    Prompt,
    /// A stored TOTP seed.
    Virtual,
    /// `ykman oath accounts code`.
    Yubikey,
    /// A command prints it: the program and its arguments, split as a shell would; at least one word.
    Command(Vec<String>),
}

/// The values of `credential_source`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialSource {
    /// The environment variables.
    Environment,
    /// The metadata service of an EC2 instance.
    Ec2InstanceMetadata,
    /// The credentials endpoint of a container.
    EcsContainer,
}

/// What is asked before credentials are handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// Yes or no.
    Confirm,
    /// The profile's name, typed.
    TypeName,
    /// Nothing, but they are limited to `ReadOnlyAccess` unless `--write` is given.
    ReadOnly,
}

/// Where something secret is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Store {
    /// In a file of mode 0600.
    File,
    /// In the system's keyring.
    Keyring,
    /// In an age file under a passphrase.
    Passphrase,
}

impl Store {
    /// The words of profile files and flags for them.
    pub const WORDS: [(&'static str, Self); 3] =
        [("file", Self::File), ("keyring", Self::Keyring), ("passphrase", Self::Passphrase)];

    /// Gives its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Keyring => "keyring",
            Self::Passphrase => "passphrase",
        }
    }

    /// Finds the one that a word means.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::WORDS.into_iter().find_map(|(known, store)| (known == word).then_some(store))
    }
}

/// A key for the generated section of the config file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigEntry {
    /// The key, as it is spelled in the profile file.
    pub key: String,
    /// The value behind the `=`; empty above nested lines.
    pub value: String,
    /// The nested lines, without their indent.
    pub nested: Vec<String>,
}

impl Profile {
    /// Tells where a seed is that isn't in the file: only for a device of its own, whatever the settings say for others.
    pub fn seed_elsewhere(&self) -> Option<Store> {
        let has_device = self.mfa.id.is_some() || self.mfa.code_from == CodeFrom::Virtual;
        self.mfa_store.filter(|store| *store != Store::File && has_device && self.mfa.seed.is_none())
    }

    /// Tells whether credentials can be had of this profile at all.
    pub fn delivers_credentials(&self) -> bool {
        match self.kind {
            Kind::Config => false,
            Kind::Sso => self.sso.as_ref().is_some_and(|sso| sso.role.is_some()),
            _ => true,
        }
    }

    /// Gives what goes into the generated section of the config file: region, output, the passed-on keys, and with
    /// `auto_refresh` the `credential_process` line that the caller composes, who knows where the program is.
    pub fn config_entries(&self, credential_process: Option<&str>) -> Vec<ConfigEntry> {
        let line = |key: &str, value: &str| ConfigEntry { key: key.into(), value: value.into(), nested: Vec::new() };
        let region = self.region.iter().map(|region| line("region", region));
        let output = self.output.iter().map(|output| line("output", output));
        let process = credential_process
            .filter(|_| self.auto_refresh && self.delivers_credentials())
            .map(|command| line("credential_process", command));
        region.chain(output).chain(self.passed_on.iter().cloned()).chain(process).collect()
    }
}
