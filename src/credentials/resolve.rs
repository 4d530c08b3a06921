//! Owns the walk of a plan: from its last step backwards to a session that is fresh enough, then forwards call by call.
//! It refuses to call while another process makes the same call: each identity has one flight, each device one code at a time.

use std::time::Duration;

use anyhow::Context as _;
use aws_credential_types::Credentials;
use jiff::{SignedDuration, Timestamp};

use super::fresh::{Life, Purpose, is_fresh, life_left};
use super::shelf::Shelf;
use super::sources::Needs;
use super::{Cache, Identity, Sources, identities, long_term};
use crate::clock::{Clock, ClockOff, time_left};
use crate::error::{Kind, Result, hint_of, kind_of};
use crate::flight::Flight;
use crate::mfa::{AskCode, Devices, Outcome};
use crate::paths::Paths;
use crate::profile::Store;
use crate::profile::plan::{Base, Plan, Stage, Step, UserSecret};
use crate::secret::Secret;
use crate::session::{Session, Span};
use crate::sso::AskSignIn;
use crate::sts::{Caller, Mfa, Refusal, StsApi, StsSettings, refusal_of, surely_not_sent};
use crate::vault::{self, AskPassphrase, SessionKey};

/// What is wanted of a session.
#[derive(Debug, Clone, Copy, Default)]
pub struct Want {
    /// The life it must have left to be reused.
    pub life: Life,
    /// Get a new session of the plan's last stage; masters' sessions are reused.
    pub force: bool,
}

impl Want {
    /// Wants a session with at least `min` left, or as much as makes renewing worth while.
    pub fn of_life(min: Option<Duration>) -> Self {
        Self { life: min.map_or(Life::Usual, Life::AtLeast), force: false }
    }

    /// Wants a session that a program will use now.
    pub fn to_use() -> Self {
        Self { life: Life::ToUse, force: false }
    }
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// The session; the credentials at hand where the plan has no stages.
    pub session: Session,
    /// Whether it was there already, or another process got it meanwhile.
    pub reused: bool,
    /// Why an older session was handed out, where a new one could not be had, or why the new one is kept nowhere.
    pub warning: Option<String>,
}

/// What happens on the way.
#[derive(Debug, Clone, Copy)]
pub enum Event<'a> {
    /// A master's session is reused.
    Reused(Stage<'a>),
    /// A call goes out.
    Calling(Stage<'a>),
    /// A call brought a session.
    Fetched(Stage<'a>),
}

/// Whoever wants to know what happens on the way.
pub trait Progress: Sync {
    /// Is told of each event, from whatever thread.
    fn event(&self, plan: &Plan, event: Event<'_>);
}

/// Whoever is asked on the way: for codes, for the passphrases of secrets, and to sign in.
pub trait Ask: AskCode + AskPassphrase + AskSignIn {}

impl<T: AskCode + AskPassphrase + AskSignIn> Ask for T {}

/// Someone who doesn't want to know.
#[derive(Debug, Clone, Copy)]
pub struct Silent;

impl Progress for Silent {
    fn event(&self, _: &Plan, _: Event<'_>) {}
}

/// Looks up a plan's session in the file cache: no lock, no call; expired or stale ones don't count.
pub fn cached(
    cache: &Cache,
    plan: &Plan,
    settings: &StsSettings,
    sources: &Sources,
    life: Life,
    now: Timestamp,
) -> Option<Session> {
    let Some(stage) = plan.stages().pop() else { return sources.at_hand(&plan.base).ok() };
    if plan.cache_of(stage.profile()) != Some(Store::File) {
        return None;
    }
    let session = cache.read(identities(plan, settings, sources).last()?)?;
    is_fresh(session.span(), stage, Purpose::HandOut(life), now).then_some(session)
}

/// Everything that walking plans takes, for one run: what others fetched since it was made counts as new.
pub struct Executor<'a> {
    sts: &'a dyn StsApi,
    settings: &'a StsSettings,
    sources: &'a Sources,
    ask: &'a dyn Ask,
    progress: &'a dyn Progress,
    paths: &'a Paths,
    cache: Cache,
    devices: Devices,
    clock: Clock,
    began: Timestamp,
}

impl<'a> Executor<'a> {
    /// Gathers it; nothing is read or started yet.
    pub fn new(
        sts: &'a dyn StsApi,
        settings: &'a StsSettings,
        sources: &'a Sources,
        ask: &'a dyn Ask,
        progress: &'a dyn Progress,
        paths: &'a Paths,
        clock: Clock,
    ) -> Self {
        let (cache, devices) = (Cache::new(paths), Devices::new(paths, clock));
        Self { sts, settings, sources, ask, progress, paths, cache, devices, clock, began: clock.now() }
    }

    /// Gets a plan's session, from the cache where that is fresh enough, else by the calls that are missing.
    ///
    /// # Errors
    /// Of the call that fails, unless the session from before still lives; of asking for a code; of locks and files.
    pub fn resolve(&self, plan: &Plan, want: &Want) -> Result<Resolved> {
        let stages = plan.stages();
        let names = identities(plan, self.settings, self.sources);
        let walk = Walk { executor: self, plan, stages: &stages, names: &names };
        let Some(last) = stages.len().checked_sub(1) else {
            return Ok(Resolved { session: self.at_hand(&plan.base, None)?, reused: true, warning: None });
        };
        walk.stage(last, Purpose::HandOut(want.life), want.force, None)
    }

    /// Reads a plan's session from wherever it is kept, where it is good for `want`; makes no call.
    ///
    /// # Errors
    /// Where the place doesn't answer, or its passphrase can't be had.
    pub fn kept(&self, plan: &Plan, want: &Want) -> Result<Option<Session>> {
        let (stages, names) = (plan.stages(), identities(plan, self.settings, self.sources));
        let (Some(stage), Some(name)) = (stages.last().copied(), names.last()) else { return Ok(None) };
        let shelf = Shelf { cache: &self.cache, in_run: self.sources.in_run() };
        let fresh = |span: Span| is_fresh(span, stage, Purpose::HandOut(want.life), self.clock.now());
        shelf.read(plan.cache_of(stage.profile()), name, &self.session_key(), None, fresh)
    }

    /// Gives first credentials that needn't be fetched; a secret that is kept elsewhere than in the profile file is read now.
    fn at_hand(&self, base: &Base, flight: Option<&Flight<'_>>) -> Result<Session> {
        let Base::LongTerm { profile, access_key_id, secret_access_key: UserSecret::KeptIn(store), account_id } = base
        else {
            return self.sources.at_hand(base);
        };
        // a person may be asked for the passphrase
        let _asking = flight.map(Flight::asking);
        let place = vault::place(*store, self.paths, self.ask, self.sources.passphrases());
        let place = place.with_context(|| format!("the secret access key of `{profile}` is not in its file"))?;
        let is_rotating = self.paths.rotating(profile).exists();
        let secret = long_term::read(profile, access_key_id, *store, &*place, is_rotating)?;
        Ok(long_term::session(access_key_id, &secret, account_id.as_deref()))
    }
}

impl Executor<'_> {
    /// Names the key of sessions that are kept under a passphrase.
    fn session_key(&self) -> SessionKey<'_> {
        SessionKey::new(self.paths, self.ask, self.sources.passphrases())
    }
}

/// One plan on its way.
struct Walk<'a> {
    executor: &'a Executor<'a>,
    plan: &'a Plan,
    stages: &'a [Stage<'a>],
    names: &'a [Identity],
}

impl Walk<'_> {
    /// Gets the session of stage `at`.
    fn stage(&self, at: usize, purpose: Purpose, force: bool, outer: Option<&Flight<'_>>) -> Result<Resolved> {
        let Executor { cache, clock, began, progress, sources, paths, .. } = self.executor;
        let (stage, name) = (self.stages[at], &self.names[at]);
        let reused = |session| {
            if purpose == Purpose::Sign {
                progress.event(self.plan, Event::Reused(stage));
            }
            Resolved { session, reused: true, warning: None }
        };
        let fresh = |span: Span| is_fresh(span, stage, purpose, clock.now());
        let store = self.plan.cache_of(stage.profile());
        let shelf = Shelf { cache, in_run: sources.in_run() };
        let key = self.executor.session_key();
        if let Some(session) = shelf.read(store, name, &key, outer, |span| !force && fresh(span))? {
            cache.clean(name);
            return Ok(reused(session));
        }
        // whoever started this process may be on that flight
        sources.check_round(&self.plan.base)?;
        let flight = Flight::enter(&cache.lock_file(name), outer)?;
        let lives = |span: Span| life_left(span, clock.now()).is_some();
        // what another process got since we began is as new as it can be, even if shorter than what was asked for
        let is_good = |span: Span| lives(span) && (span.issued_at >= *began || (!force && fresh(span)));
        if let Some(session) = shelf.read(store, name, &key, Some(&flight), is_good)? {
            return Ok(reused(session));
        }
        // what can fail without a code fails before one is spent
        shelf.prepare(store, &key, &flight)?;
        let others = match stage {
            Stage::Base(base) if !force => sources.left_by_the_aws_cli(base, paths, clock.now()),
            _ => None,
        };
        if let Some(session) = others.filter(|session| fresh(session.span())) {
            shelf.store(store, name, stage.profile(), &session, &key, flight.lock())?;
            return Ok(reused(session));
        }
        let fetched = self.call(at, &flight).and_then(|session| {
            let warning = match shelf.store(store, name, stage.profile(), &session, &key, flight.lock()) {
                // it may have cost a code, and the disk may be full for longer than it is needed
                Err(error) if store == Some(Store::File) => {
                    sources.in_run().put(name, &session);
                    Some(format!("the session serves this run only: {error:#}"))
                }
                stored => stored.map(|()| None)?,
            };
            cache.prune(clock.now(), store == Some(Store::Keyring));
            Ok(Resolved { session, reused: false, warning })
        });
        let error = match fetched {
            Ok(resolved) => return Ok(resolved),
            Err(error) if force || !may_serve_old(&error, stage, purpose) => return Err(error),
            Err(error) => error,
        };
        // what can't be opened can't serve
        match shelf.read(store, name, &key, Some(&flight), lives) {
            Ok(Some(old)) => {
                let warning = Some(old_session(&old, &error, clock.now()));
                Ok(Resolved { session: old, reused: true, warning })
            }
            Ok(None) | Err(_) => Err(error),
        }
    }

    /// Makes the call of stage `at`; a master's session that AWS no longer takes is replaced once.
    fn call(&self, at: usize, flight: &Flight<'_>) -> Result<Session> {
        let Executor { sts, sources, progress, clock, paths, ask, .. } = self.executor;
        let step = match self.stages[at] {
            Stage::Step(step) => step,
            stage @ Stage::Base(base) => {
                progress.event(self.plan, Event::Calling(stage));
                let needs = Needs { sts: *sts, paths, ask: *ask, clock: *clock };
                let session = sources.fetch(base, needs, flight);
                let session = session.with_context(|| format!("no credentials for profile `{}`", base.profile()))?;
                progress.event(self.plan, Event::Fetched(stage));
                return Ok(session);
            }
        };
        let Some(before) = at.checked_sub(1) else {
            let first = self.executor.at_hand(&self.plan.base, Some(flight))?;
            return self.fetch(step, &first.credentials, flight);
        };
        let master = self.stage(before, Purpose::Sign, false, Some(flight))?;
        match self.fetch(step, &master.session.credentials, flight) {
            Err(error) if master.reused && is_dead(&error) => {
                let master = self.stage(before, Purpose::Sign, true, Some(flight))?;
                self.fetch(step, &master.session.credentials, flight)
            }
            result => result,
        }
    }

    /// Makes the call of a step, with a code where it takes one.
    fn fetch(&self, step: &Step, credentials: &Credentials, flight: &Flight<'_>) -> Result<Session> {
        let Executor { sts, devices, ask, progress, .. } = self.executor;
        let caller = Caller { credentials, region: step.region() };
        let call = |code: Option<&Secret<String>>| {
            progress.event(self.plan, Event::Calling(Stage::Step(step)));
            let session = match step {
                Step::GetSessionToken { mfa, duration, .. } => {
                    let mfa = mfa.as_ref().zip(code).map(|(device, code)| Mfa { device, code });
                    sts.get_session_token(caller, mfa, *duration)
                }
                Step::AssumeRole { request, .. } => sts.assume_role(caller, request, code),
            };
            let session = session.with_context(|| format!("no session for profile `{}`", step.profile()))?;
            progress.event(self.plan, Event::Fetched(Stage::Step(step)));
            Ok(session)
        };
        let Some(device) = step.mfa() else { return call(None) };
        let role = match step {
            Step::AssumeRole { request, .. } => Some(request.role_arn.as_str()),
            Step::GetSessionToken { .. } => None,
        };
        sts.connect(step.region(), role);
        devices.spend(device, step.profile(), Some(flight), *ask, |code| match call(Some(code)) {
            Ok(session) => Outcome::Accepted(session),
            Err(error) if refusal_of(&error) == Some(Refusal::WrongCode) => Outcome::WrongCode(error),
            Err(error) if surely_not_sent(&error) => Outcome::NotSent(error),
            Err(error) => Outcome::Failed(error),
        })
    }
}

/// Tells whether AWS doesn't know the signing session (any more), whatever its expiration says.
fn is_dead(error: &anyhow::Error) -> bool {
    matches!(refusal_of(error), Some(Refusal::Expired | Refusal::UnknownKey))
}

/// Tells whether an older session, still alive, may stand in for the one that could not be had.
fn may_serve_old(error: &anyhow::Error, stage: Stage<'_>, purpose: Purpose) -> bool {
    match kind_of(error) {
        _ if purpose == Purpose::Sign => false,
        _ if error.chain().any(<dyn std::error::Error>::is::<ClockOff>) => false,
        Kind::Unreachable => true,
        // a machine that has no credentials for the moment gave these
        Kind::Refused if matches!(stage, Stage::Base(_)) => true,
        Kind::Refused => !matches!(refusal_of(error), None | Some(Refusal::WrongCode | Refusal::ClockOff)),
        // nobody asked for more than it has
        Kind::InputNeeded => matches!(purpose, Purpose::HandOut(Life::Usual | Life::ToUse | Life::Beyond(_))),
        _ => false,
    }
}

fn old_session(old: &Session, error: &anyhow::Error, now: Timestamp) -> String {
    let left = old.expiration().map_or_else(|| SignedDuration::ZERO.to_string(), |end| time_left(end, now));
    let hint = hint_of(error).map(|hint| format!(" ({hint})")).unwrap_or_default();
    format!("no new session could be had, the present one serves for {left} more: {error:#}{hint}")
}

#[cfg(test)]
mod tests;
