//! Owns the way from a profile's name to its session, for programs and people alike: settings, plan, cache, call.
//! It refuses to ask, to print and to answer guards: whoever hands the session on does.

use std::path::PathBuf;
use std::time::Duration;

use super::codes::Asked;
use super::shelf::Shelf;
use super::{Ask, Cache, CodeMaker, Executor, Identity, Progress, Resolved, Silent, Sources, Want, cached, identities};
use crate::clock::Clock;
use crate::environment::Environment;
use crate::error::Result;
use crate::paths::Paths;
use crate::profile::plan::Plan;
use crate::profile::{self, Folder, Loader, Profile, Request, Settings, SignIn};
use crate::session::{Session, Summary};
use crate::sts::{Sts, StsSettings};
use crate::vault::AskPassphrase;
use crate::wire::{Network, NetworkSettings};

/// What a plan is to be like, beside what the profile says.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wish {
    /// `--duration`.
    pub duration: Option<Duration>,
    /// `--read-only`.
    pub read_only: bool,
    /// `--write`.
    pub write: bool,
    /// The long-term credentials of the IAM user behind the profile, and nothing more.
    pub long_term: bool,
}

/// The settings and the clients of one run.
#[derive(Debug)]
pub struct Issuer {
    paths: Paths,
    clock: Clock,
    settings: Settings,
    sts: Sts,
    sources: Sources,
    network: Network,
    /// The session name of roles that name none.
    login: String,
    home: Option<PathBuf>,
}

impl Issuer {
    /// Reads the settings; no client starts before a call is needed.
    ///
    /// # Errors
    /// When the settings file is invalid.
    pub fn new(env: &Environment, paths: &Paths, clock: Clock) -> Result<Self> {
        let login = ["USER", "LOGNAME", "USERNAME"].iter().find_map(|variable| env.text(variable)).unwrap_or_default();
        let network = Network::new(NetworkSettings::from_environment(env));
        Ok(Self {
            sources: Sources::new(env, network.clone(), &host_name(env), clock),
            settings: Settings::load(&paths.settings())?,
            sts: Sts::new(StsSettings::from_environment(env, "STS"), network.clone(), clock),
            network,
            login: login.to_owned(),
            home: env.path("HOME"),
            paths: paths.clone(),
            clock,
        })
    }

    /// Takes over what another issuer of the same run knows: passphrases, and sessions that are kept nowhere else.
    #[must_use]
    pub fn knowing(mut self, other: &Self) -> Self {
        self.sources.know(&other.sources);
        self
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The handle to STS.
    pub fn sts(&self) -> &Sts {
        &self.sts
    }

    /// The way to all services, for whoever calls others.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Where first credentials come from.
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// Names the sessions that a plan's stages give.
    pub fn identities(&self, plan: &Plan) -> Vec<Identity> {
        identities(plan, self.sts.settings(), &self.sources)
    }

    /// Tells what is kept of the session of a stage, expired or not; no keyring and nobody is asked for it.
    pub fn kept(&self, plan: &Plan, nth: usize) -> Option<Summary> {
        let (cache, stages) = (Cache::new(&self.paths), plan.stages());
        let shelf = Shelf { cache: &cache, in_run: self.sources.in_run() };
        let store = plan.cache_of(stages.get(nth)?.profile());
        shelf.summary(store, self.identities(plan).get(nth)?)
    }

    /// Plans how the credentials of `name` come about; `seen` is told of each profile that the plan comes to.
    ///
    /// # Errors
    /// When the profile or a master can't be used, or the duration can't be had.
    pub fn plan(&self, name: &str, wish: Wish, seen: &dyn Fn(&Profile)) -> Result<Plan> {
        let Paths { profiles, config, .. } = &self.paths;
        let folder = Folder { dir: profiles, settings: &self.settings, config, home: self.home.as_deref() };
        let Wish { duration, read_only, write, long_term } = wish;
        let request = Request { duration, session_name: self.login.clone(), read_only, write, long_term };
        profile::plan(name, &request, &mut Watched { folder, seen })
    }

    /// Gives the session at the end of `plan`: from the cache while it is good for `want`, else by calls and questions.
    ///
    /// # Errors
    /// When AWS refuses or can't be reached, or a person is needed and not there.
    pub fn resolve(&self, plan: &Plan, want: &Want, ask: &dyn Ask, told: &dyn Progress) -> Result<Resolved> {
        let ask = Asked { maker: self.code_maker(ask), ask };
        self.executor(&ask, told).resolve(plan, want)
    }

    /// Gives the session at the end of `plan` from wherever it is kept, where it is good for `want`, without a call.
    ///
    /// # Errors
    /// Where the place doesn't answer, or its passphrase can't be had.
    pub fn at_hand(&self, plan: &Plan, want: &Want, ask: &dyn Ask) -> Result<Option<Session>> {
        self.executor(ask, &Silent).kept(plan, want)
    }

    fn executor<'a>(&'a self, ask: &'a dyn Ask, told: &'a dyn Progress) -> Executor<'a> {
        Executor::new(&self.sts, self.sts.settings(), &self.sources, ask, told, &self.paths, self.clock)
    }

    /// Makes codes by what profiles say; `ask` is asked for passphrases.
    pub fn code_maker<'a>(&'a self, ask: &'a dyn AskPassphrase) -> CodeMaker<'a> {
        let Self { paths, settings, sources, clock, .. } = self;
        CodeMaker { paths, settings, sources, ask, clock: *clock }
    }

    /// Looks up a plan's session that is good for `want`, without a lock or a call.
    pub fn cached(&self, plan: &Plan, want: &Want) -> Option<Session> {
        cached(&Cache::new(&self.paths), plan, self.sts.settings(), &self.sources, want.life, self.clock.now())
    }
}

/// The profiles folder under the eyes of someone who wants to know what is read.
struct Watched<'a> {
    folder: Folder<'a>,
    seen: &'a dyn Fn(&Profile),
}

impl Loader for Watched<'_> {
    fn load(&mut self, name: &str) -> Result<Profile> {
        let profile = self.folder.load(name)?;
        (self.seen)(&profile);
        Ok(profile)
    }

    fn read_policy(&mut self, path: &str) -> Result<String> {
        self.folder.read_policy(path)
    }

    fn place(&self, path: &str) -> PathBuf {
        self.folder.place(path)
    }

    fn sign_in(&mut self, profile: &Profile) -> Result<Option<SignIn>> {
        self.folder.sign_in(profile)
    }
}

/// Gives this machine's name.
#[cfg(unix)]
fn host_name(_: &Environment) -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// Gives this machine's name.
#[cfg(not(unix))]
fn host_name(env: &Environment) -> String {
    env.text("COMPUTERNAME").unwrap_or_default().to_owned()
}
