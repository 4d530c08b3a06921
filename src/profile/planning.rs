//! Owns the choice of the calls that give a profile its credentials, and the reasons for it.
//! It refuses what STS would refuse (one hour behind temporary credentials, twelve behind a user) before any call.

use std::time::Duration;

use crate::clock::short_duration;
use crate::error::{Failure, Result, invalid, usage};
use crate::partition::Partition;

use super::chain::{Chain, chain};
use super::limits::{
    LONGEST_CHAINED_ROLE, LONGEST_ROLE, LONGEST_SESSION, SHORTEST, USUAL_ROLE, USUAL_SESSION, clean_session_name,
    compact_policy,
};
use super::plan::{AssumeRole, Base, Device, DeviceKind, Plan, Step};
use super::{Guard, Kind, Loader, Profile, Role, Store};

/// What the command line, or the person behind it, adds to a plan.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// `--duration`: the lifetime of what is handed out.
    pub duration: Option<Duration>,
    /// The `RoleSessionName` of roles that name none, such as the login name; any text, it is cleaned.
    pub session_name: String,
    /// `--read-only`: a role is limited to reading, as with `guard = read-only`.
    pub read_only: bool,
    /// `--write`: a profile with `guard = read-only` isn't limited.
    pub write: bool,
    /// The long-term credentials of the IAM user behind the profile, and nothing more.
    pub long_term: bool,
}

/// Plans how the credentials of the profile `name` come about.
///
/// # Errors
/// When the profile or a master can't be used (`Kind::Invalid`), or `--duration` asks for what can't be (`Kind::Usage`).
pub fn plan(name: &str, request: &Request, loader: &mut dyn Loader) -> Result<Plan> {
    let chain = chain(name, &mut |name| loader.load(name))?;
    let others = chain.roles.iter().chain([&chain.source]).filter(|profile| profile.cache != Some(Store::File));
    let caches = others.map(|profile| (profile.name.clone(), profile.cache)).collect();
    let mut planner = Planner { request, loader, reasons: Vec::new() };
    let mut base = planner.base(&chain)?;
    let mut steps = planner.steps(&chain, &base)?;
    let profile = chain.profile();
    planner.limit(profile, &mut base, &mut steps)?;
    Ok(Plan {
        profile: profile.name.clone(),
        base,
        steps,
        region: profile.region.clone(),
        guard: profile.guard,
        caches,
        reasons: planner.reasons,
    })
}

/// What is at hand while the calls are chosen.
pub(super) struct Planner<'a> {
    pub(super) request: &'a Request,
    pub(super) loader: &'a mut dyn Loader,
    reasons: Vec<String>,
}

impl Planner<'_> {
    /// Limits what a profile with `guard = read-only`, or a request for reading only, hands out.
    fn limit(&mut self, profile: &Profile, base: &mut Base, steps: &mut [Step]) -> Result<()> {
        let is_guarded = profile.guard == Some(Guard::ReadOnly);
        if !(is_guarded || self.request.read_only) || self.request.write || self.request.long_term {
            return Ok(());
        }
        let (role_arn, policy, policy_arns) = match (steps.last_mut(), base) {
            (Some(Step::AssumeRole { request, .. }), _) => {
                (&request.role_arn, &request.policy, &mut request.policy_arns)
            }
            (None, Base::WebIdentity { request, .. }) => (&request.role_arn, &request.policy, &mut request.policy_arns),
            (_, base) => return Err(unlimitable(profile, base, is_guarded)),
        };
        // what any one of several session policies allows is allowed (IAM User Guide, session policies)
        if policy.is_some() || !policy_arns.is_empty() {
            return Err(limited_otherwise(profile, is_guarded));
        }
        let partition = Partition::of_arn(role_arn).unwrap_or(Partition::Aws);
        policy_arns.push(format!("arn:{}:iam::aws:policy/ReadOnlyAccess", partition.id()));
        let why = if is_guarded { "guard = read-only" } else { "--read-only" };
        self.say(format!("`{why}`: the session is limited to `ReadOnlyAccess`"));
        Ok(())
    }

    fn steps(&mut self, chain: &Chain, base: &Base) -> Result<Vec<Step>> {
        if self.request.long_term {
            return Ok(Vec::new());
        }
        if !matches!(base, Base::LongTerm { .. }) {
            return self.steps_of_source(chain, base);
        }
        let user = &chain.source;
        let Some((first, behind)) = chain.roles.split_first() else {
            return Ok(self.user_session(user)?.into_iter().collect());
        };
        let mut steps = self.first_role(user, first, behind.is_empty())?;
        for (nth, role) in behind.iter().enumerate() {
            let duration = self.role_duration(role, nth + 1 == behind.len(), LONGEST_CHAINED_ROLE)?;
            steps.push(self.assume_role(role, duration, None)?);
        }
        if let Some((asked_for, masters)) = behind.split_last() {
            let master = masters.last().unwrap_or(first);
            self.say(format!(
                "`{}` is assumed with the session of the role `{}`, and so for one hour at most",
                asked_for.name, master.name
            ));
        }
        Ok(steps)
    }

    /// Plans the session of an IAM user who is asked for as such.
    fn user_session(&mut self, user: &Profile) -> Result<Option<Step>> {
        if user.session_none {
            if self.request.duration.is_some() {
                return Err(usage(format!("`{}` has `session = none`: long-term credentials have no end", user.name))
                    .hint("leave `--duration` out")
                    .into());
            }
            self.say("`session = none`: the long-term credentials are handed out as they are".into());
            return Ok(None);
        }
        let duration = match self.request.duration {
            Some(asked) if asked < SHORTEST || asked > LONGEST_SESSION => {
                return Err(impossible(asked, "a user's session lasts 15m to 36h"));
            }
            Some(asked) => asked,
            None => usual_session(user),
        };
        self.say(match &user.mfa.id {
            Some(device) => format!("the session of `{}` is opened with a code of `{device}`", user.name),
            None => format!("`{}` names no MFA device, so its session is opened without a code", user.name),
        });
        Ok(Some(session(user, device(user)?, duration)))
    }

    /// Plans the first role behind a user: with the user's session where that is enough, else straight from the long-term keys.
    fn first_role(&mut self, user: &Profile, role: &Profile, asked_for: bool) -> Result<Vec<Step>> {
        let duration = self.role_duration(role, asked_for, LONGEST_ROLE)?;
        let (own, users) = (device(role)?, device(user)?);
        // the same device may be named twice, and the user's profile knows it
        let own = own.filter(|own| users.as_ref().is_none_or(|users| users.serial != own.serial));
        let apart = own.is_some() && users.is_some();
        let code = own.or(users);
        let straight = if code.is_none() {
            Some("no MFA device is named, and a session without a code adds nothing".to_owned())
        } else if user.session_none {
            Some(format!("`{}` has `session = none`", user.name))
        } else if duration > LONGEST_CHAINED_ROLE {
            let asked = short_duration(duration);
            Some(format!("{asked} are asked for, and temporary credentials assume a role for one hour at most"))
        } else if apart {
            Some(format!("`{}` names a device of its own", role.name))
        } else {
            None
        };
        let Some(reason) = straight else {
            self.say(format!(
                "`{}` is assumed with the session of `{}`: one code serves all its roles",
                role.name, user.name
            ));
            return Ok(vec![session(user, code, usual_session(user)), self.assume_role(role, duration, None)?]);
        };
        let with = if code.is_some() { ", with a code of its own" } else { "" };
        self.say(format!(
            "`{}` is assumed straight from the long-term credentials of `{}`{with}: {reason}",
            role.name, user.name
        ));
        Ok(vec![self.assume_role(role, duration, code)?])
    }

    /// Decides how long a role is asked for. Only the profile that was asked for hears `--duration`: the session of a
    /// role on the way is shared with that role's own plan.
    pub(super) fn role_duration(&mut self, role: &Profile, asked_for: bool, longest: Duration) -> Result<Duration> {
        let rule = if longest == LONGEST_CHAINED_ROLE {
            "a role behind a role lasts 15m to 1h, whatever it allows (role chaining)"
        } else {
            "a role lasts 15m to 12h"
        };
        if let Some(asked) = self.request.duration.filter(|_| asked_for) {
            return if asked < SHORTEST || asked > longest { Err(impossible(asked, rule)) } else { Ok(asked) };
        }
        let Some(set) = &role.duration else { return Ok(USUAL_ROLE) };
        if set.value <= longest {
            return Ok(set.value);
        }
        if !set.place.is_default() {
            let problem = format!("is `{}`, and {rule}", short_duration(set.value));
            return Err(set.place.refuse(problem).hint("write `1h` or less, or leave it out").into());
        }
        let (set, longest_said) = (short_duration(set.value), short_duration(longest));
        self.say(format!("`{}` is asked for {longest_said} instead of the default {set}: {rule}", role.name));
        Ok(longest)
    }

    pub(super) fn assume_role(&mut self, profile: &Profile, duration: Duration, mfa: Option<Device>) -> Result<Step> {
        let Some(role) = &profile.role else { return Err(no_role(profile)) };
        Ok(Step::AssumeRole {
            profile: profile.name.clone(),
            request: Box::new(AssumeRole {
                role_arn: role.arn.clone(),
                session_name: role
                    .session_name
                    .clone()
                    .unwrap_or_else(|| clean_session_name(&self.request.session_name)),
                duration,
                mfa,
                external_id: role.external_id.clone(),
                source_identity: role.source_identity.clone(),
                tags: role.tags.clone(),
                transitive_tag_keys: role.transitive_tag_keys.clone(),
                policy: self.policy(role)?,
                policy_arns: role.policy_arns.clone(),
            }),
            region: profile.region.clone(),
        })
    }

    pub(super) fn policy(&mut self, role: &Role) -> Result<Option<String>> {
        let Some(policy) = &role.policy else { return Ok(None) };
        let hint = "write a policy in JSON, or the path of a file with one";
        let text = if policy.value.starts_with('{') {
            policy.value.clone()
        } else {
            self.loader
                .read_policy(&policy.value)
                .map_err(|error| policy.place.refuse("names a file that can't be used").because(error).hint(hint))?
        };
        Ok(Some(compact_policy(&text).map_err(|problem| policy.place.refuse(problem).hint(hint))?))
    }

    pub(super) fn say(&mut self, reason: String) {
        self.reasons.push(reason);
    }
}

/// Makes the failure of a profile that was taken for a role's.
pub(super) fn no_role(profile: &Profile) -> anyhow::Error {
    invalid(format!("the profile `{}` names no role", profile.name))
        .hint(format!("write `role_arn` into `{}`", profile.file.display()))
        .into()
}

fn unlimitable(profile: &Profile, base: &Base, is_guarded: bool) -> anyhow::Error {
    let whose = match base {
        Base::LongTerm { .. } => "the credentials of an IAM user",
        Base::Sso { .. } => "a session of IAM Identity Center",
        base => base.what(),
    };
    let (why, hint) = match is_guarded {
        true => ("has `guard = read-only`", "guard a role profile, or use `guard = confirm` here"),
        false => ("assumes no role", "leave `--read-only` out, or name a role profile"),
    };
    invalid(format!("the profile `{}` {why}, and {whose} can't be limited", profile.name)).hint(hint).into()
}

fn limited_otherwise(profile: &Profile, is_guarded: bool) -> anyhow::Error {
    let why = if is_guarded { "`guard = read-only`" } else { "`--read-only`" };
    invalid(format!(
        "the profile `{}` has a session policy of its own, and what that allows {why} can't take away",
        profile.name
    ))
    .hint("let the session policy itself allow reading only, or take it out")
    .into()
}

/// How long the session of a user lasts, whoever it serves: the same for all, so that they share it. A role's file that holds
/// the user's keys too speaks of the role.
fn usual_session(user: &Profile) -> Duration {
    let says = user.duration.as_ref().filter(|set| user.kind == Kind::User || set.place.is_default());
    says.map_or(USUAL_SESSION, |set| set.value)
}

fn session(user: &Profile, mfa: Option<Device>, duration: Duration) -> Step {
    Step::GetSessionToken { profile: user.name.clone(), mfa, duration, region: user.region.clone() }
}

/// Gives the device of a profile, which must be one that shows codes.
pub(super) fn device(profile: &Profile) -> Result<Option<Device>> {
    let mfa = &profile.mfa;
    let Some(serial) = mfa.id.clone() else { return Ok(None) };
    if DeviceKind::of(&serial) == DeviceKind::Fido {
        let problem = format!("is `{serial}`, a passkey or security key, and STS takes codes only");
        let failure = match &mfa.id_place {
            Some(place) => place.refuse(problem),
            None => invalid(format!("`mfa_id` of `{}` {problem}", profile.name)),
        };
        return Err(failure
            .hint(format!(
                "name a virtual or hardware device, or make one with `awstok mfa enroll --force {}`",
                profile.name
            ))
            .into());
    }
    Ok(Some(Device { serial, code_from: mfa.code_from.clone(), profile: profile.name.clone() }))
}

pub(super) fn impossible(asked: Duration, rule: &str) -> anyhow::Error {
    let failure: Failure = usage(format!("`--duration {}` can't be: {rule}", short_duration(asked)));
    failure.hint("ask for a duration within that").into()
}
