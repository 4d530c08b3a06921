//! Owns the beginning of a plan: the base that a chain's last profile gives, and the calls behind a base that is no user's keys.
//! It refuses to fetch anything, and what a source can't give: a lifetime of one's own choice.

use crate::error::{Result, invalid, usage};

use super::chain::Chain;
use super::limits::{LONGEST_CHAINED_ROLE, LONGEST_ROLE};
use super::plan::{AssumeRoleWithWebIdentity, Base, Step, UserSecret};
use super::planning::{Planner, device, no_role};
use super::words;
use super::{CredentialSource, Kind, Profile, Store};
use crate::clock::short_duration;

impl Planner<'_> {
    /// Gives the first credentials.
    pub(super) fn base(&mut self, chain: &Chain) -> Result<Base> {
        let source = &chain.source;
        let profile = source.name.clone();
        // a role's own file names the role's account
        let account_id = source.account_id.clone().filter(|_| source.role.is_none());
        Ok(match (chain.source_kind, source.credential_source) {
            (Kind::User, _) => self.long_term(source)?,
            (Kind::Process, _) => {
                let Some(command) = &source.credential_process else { return Err(no_credentials(source)) };
                let words = words::split(&command.value).map_err(|problem| {
                    command
                        .place
                        .refuse(problem)
                        .hint("write the program's absolute path and its arguments; no shell reads them")
                })?;
                Base::Process { profile, account_id, words }
            }
            (Kind::WebIdentity, _) => self.web_identity(source, chain.roles.is_empty())?,
            (Kind::Source, Some(CredentialSource::Environment)) => Base::Environment { profile, account_id },
            (Kind::Source, Some(CredentialSource::EcsContainer)) => Base::Container { profile, account_id },
            (Kind::Source, Some(CredentialSource::Ec2InstanceMetadata)) => {
                Base::InstanceMetadata { profile, account_id, service: source.metadata_service.clone() }
            }
            (Kind::Sso, _) => {
                let sign_in = self.loader.sign_in(source)?;
                let role = source.sso.as_ref().and_then(|sso| sso.role.clone());
                let (Some(sign_in), Some((account_id, role_name))) = (sign_in, role) else {
                    return Err(signs_in_only(source));
                };
                self.say(format!(
                    "`{profile}` is a role of IAM Identity Center, for whoever signed in to `{}`",
                    sign_in.name()
                ));
                Base::Sso { profile, sign_in, account_id, role_name }
            }
            (Kind::Source | Kind::Role | Kind::Config, _) => return Err(no_credentials(source)),
        })
    }

    /// Gives the long-term credentials of a profile's own file.
    fn long_term(&mut self, source: &Profile) -> Result<Base> {
        let Some(keys) = &source.long_term else { return Err(no_credentials(source)) };
        let kept = match source.secret_store {
            Store::File => None,
            Store::Keyring => Some("in the keyring"),
            Store::Passphrase => Some("under a passphrase"),
        };
        let secret_access_key = match (&keys.secret_access_key, kept) {
            (Some(secret), _) => UserSecret::InFile(secret.clone()),
            (None, None) => return Err(no_credentials(source)),
            (None, Some(place)) => {
                self.say(format!(
                    "the secret access key of `{}` is kept {place}, and read only for a call that needs it",
                    source.name
                ));
                UserSecret::KeptIn(source.secret_store)
            }
        };
        Ok(Base::LongTerm {
            profile: source.name.clone(),
            access_key_id: keys.access_key_id.clone(),
            secret_access_key,
            // a role's own file names the role's account, not the user's
            account_id: source
                .account_id
                .clone()
                .filter(|_| source.kind == Kind::User)
                .or_else(|| devices_account(source)),
        })
    }

    fn web_identity(&mut self, profile: &Profile, asked_for: bool) -> Result<Base> {
        let (Some(role), Some(token_file)) = (&profile.role, &profile.web_identity_token_file) else {
            return Err(no_role(profile));
        };
        for (name, is_set) in [
            ("external_id", role.external_id.is_some()),
            ("source_identity", role.source_identity.is_some()),
            ("session_tags", !role.tags.is_empty()),
            ("mfa_id", profile.mfa.id.is_some()),
        ] {
            if is_set {
                self.say(format!("`{name}` of `{}` isn't sent: AssumeRoleWithWebIdentity takes none", profile.name));
            }
        }
        Ok(Base::WebIdentity {
            profile: profile.name.clone(),
            request: Box::new(AssumeRoleWithWebIdentity {
                role_arn: role.arn.clone(),
                session_name: role.session_name.clone(),
                token_file: self.loader.place(token_file),
                duration: self.role_duration(profile, asked_for, LONGEST_ROLE)?,
                policy: self.policy(role)?,
                policy_arns: role.policy_arns.clone(),
            }),
            region: profile.region.clone(),
        })
    }

    /// Plans the roles behind a base that is no user's keys; without any, the base itself is handed out.
    pub(super) fn steps_of_source(&mut self, chain: &Chain, base: &Base) -> Result<Vec<Step>> {
        let name = &chain.source.name;
        if chain.roles.is_empty() {
            if self.request.duration.is_some() && !matches!(base, Base::WebIdentity { .. }) {
                let what = match base {
                    Base::Sso { .. } => format!("the session of `{name}` lasts"),
                    base => format!("{} of `{name}` last", base.what()),
                };
                return Err(usage(format!("how long {what} is not for awstok to say"))
                    .hint("leave `--duration` out")
                    .into());
            }
            if matches!(base, Base::Sso { .. }) {
                return Ok(Vec::new());
            }
            self.say(match base {
                Base::Environment { .. } => format!("`{name}` hands on the credentials in the environment"),
                Base::Process { .. } => {
                    format!("`{name}` asks another program; what it gives is kept until its expiration")
                }
                Base::WebIdentity { .. } => {
                    format!("`{name}` names a web identity token, which takes the place of a signature")
                }
                _ => format!("`{name}` is given a role's session by the machine it runs on"),
            });
            return Ok(Vec::new());
        }
        let mut steps = Vec::new();
        for (nth, role) in chain.roles.iter().enumerate() {
            let chained = nth > 0 || base.is_role_session();
            let longest = if chained { LONGEST_CHAINED_ROLE } else { LONGEST_ROLE };
            let duration = self.role_duration(role, nth + 1 == chain.roles.len(), longest)?;
            let code = if chained { None } else { device(role)? };
            if code.is_none() && role.mfa.id.is_some() {
                self.say(format!(
                    "`mfa_id` of `{}` isn't used: a code counts only beside an IAM user's credentials",
                    role.name
                ));
            }
            let with = match nth.checked_sub(1).and_then(|before| chain.roles.get(before)) {
                Some(master) => format!("the session of the role `{}`", master.name),
                None => match base {
                    Base::Process { .. } => format!("what the `credential_process` of `{name}` gives"),
                    Base::WebIdentity { .. } | Base::Sso { .. } => format!("the session of the role `{name}`"),
                    base => base.what().to_owned(),
                },
            };
            let limit = match chained {
                true => ", and so for one hour at most (role chaining)".to_owned(),
                false if duration > LONGEST_CHAINED_ROLE => format!(
                    "; {} can be had if these are long-term credentials, since temporary ones assume a role for one hour at most",
                    short_duration(duration)
                ),
                false => String::new(),
            };
            self.say(format!("`{}` is assumed with {with}{limit}", role.name));
            steps.push(self.assume_role(role, duration, code)?);
        }
        Ok(steps)
    }
}

/// Gives the account in the ARN of a user's MFA device, which is the user's own.
fn devices_account(user: &Profile) -> Option<String> {
    let account = user.mfa.id.as_deref()?.strip_prefix("arn:")?.split(':').nth(3)?;
    (account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit())).then(|| account.to_owned())
}

/// Makes the failure of a profile that is of use for signing in alone.
fn signs_in_only(source: &Profile) -> anyhow::Error {
    invalid(format!("the profile `{}` names no account and role of IAM Identity Center", source.name))
        .hint(format!("write `sso_account_id` and `sso_role_name` into `{}`", source.file.display()))
        .into()
}

fn no_credentials(source: &Profile) -> anyhow::Error {
    invalid(format!("the profile `{}` has no credentials", source.name))
        .hint(format!("write long-term keys or another source into `{}`", source.file.display()))
        .into()
}
