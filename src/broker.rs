//! Owns the way from a profile's name to its session, as every command takes it: settings, plan, cache, call, questions.
//! It refuses to hand out anything by itself; the commands do.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::app::App;
use crate::authenticator::{Asked, Authenticator};
use crate::credentials::{
    self, Cache, Event, Executor, Progress, Purpose, Resolved, Sources, Want, identities, is_fresh,
};
use crate::environment::Environment;
use crate::error::{Result, usage};
use crate::iam::{Iam, IamSettings};
use crate::imds::Facts;
use crate::outline::Outline;
use crate::profile::plan::{Base, Device, Plan};
use crate::profile::{self, Folder, Loader, Profile, Request, Settings};
use crate::session::Session;
use crate::sts::{Caller, CallerIdentity, Sts, StsSettings};
use crate::ui::codes::{Codes, Person};
use crate::ui::progress::{Display, Line};
use crate::ui::shown;
use crate::wire::{Network, NetworkSettings};

/// What the command line says of a plan.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wish {
    /// `--duration`.
    pub duration: Option<Duration>,
    /// `--read-only`.
    pub read_only: bool,
    /// `--write`.
    pub write: bool,
}

/// The settings and the clients of one run.
#[derive(Debug)]
pub struct Broker<'a> {
    app: &'a App,
    settings: Settings,
    sts: Sts,
    iam: Iam,
    sources: Sources,
    authenticator: Authenticator<'a>,
    /// The profiles whose oddities were said.
    said: Mutex<BTreeSet<String>>,
}

impl<'a> Broker<'a> {
    /// Reads the settings; no client starts before a call is needed.
    ///
    /// # Errors
    /// When the settings file is invalid.
    pub fn new(app: &'a App) -> Result<Self> {
        let network = Network::new(NetworkSettings::from_environment(&app.env));
        let sources = Sources::new(&app.env, network.clone(), &host_name(&app.env), app.clock);
        let sts = Sts::new(StsSettings::from_environment(&app.env, "STS"), network.clone(), app.clock);
        let iam = Iam::new(IamSettings::from_environment(&app.env, "IAM"), network, app.clock);
        let authenticator = Authenticator::new(app);
        Ok(Self { app, settings: app.settings()?, sts, iam, sources, authenticator, said: Mutex::default() })
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The handle to STS.
    pub fn sts(&self) -> &Sts {
        &self.sts
    }

    /// The handle to IAM.
    pub fn iam(&self) -> &Iam {
        &self.iam
    }

    /// What makes the codes that nobody types.
    pub fn authenticator(&self) -> &Authenticator<'a> {
        &self.authenticator
    }

    /// Chooses the profile: the one given, the environment's, the settings', else the person's choice.
    ///
    /// # Errors
    /// As `App::choose_profile`.
    pub fn choose(&self, given: Option<&str>) -> Result<String> {
        self.app.choose_profile(given, &self.settings)
    }

    /// Loads a profile.
    ///
    /// # Errors
    /// When it is missing or invalid.
    pub fn load(&self, name: &str) -> Result<Profile> {
        profile::load(&self.app.paths.profiles, name, &self.settings)
    }

    /// Tells whether a profile has no credentials on purpose: it can be read, and only feeds the config file.
    pub fn feeds_config_only(&self, name: &str) -> bool {
        self.load(name).is_ok_and(|profile| !profile.delivers_credentials())
    }

    /// Plans how the credentials of `name` come about.
    ///
    /// # Errors
    /// When the profile or a master can't be used, or the duration can't be had.
    pub fn plan(&self, name: &str, wish: Wish) -> Result<Plan> {
        let env = &self.app.env;
        let login = ["USER", "LOGNAME", "USERNAME"].iter().find_map(|variable| env.text(variable)).unwrap_or_default();
        let home = env.path("HOME");
        let folder = Folder { dir: &self.app.paths.profiles, settings: &self.settings, home: home.as_deref() };
        let request = Request {
            duration: wish.duration,
            session_name: login.to_owned(),
            read_only: wish.read_only,
            write: wish.write,
        };
        profile::plan(name, &request, &mut Watched { broker: self, folder })
    }

    /// Gives the session at the end of `plan`: from the cache while it is good for `want`, else by calls and questions.
    ///
    /// # Errors
    /// When AWS refuses or can't be reached, or a person is needed and not there.
    pub fn resolve(&self, plan: &Plan, want: &Want, codes: &Codes<'_>, line: &Line) -> Result<Resolved> {
        let resolved = self.walk(plan, want, codes, line)?;
        if let Some(warning) = &resolved.warning {
            self.app.ui.warn(warning);
        }
        Ok(resolved)
    }

    /// Renews a session in the background: nothing is said of it, and `person` tells whether anyone may be asked.
    ///
    /// # Errors
    /// As `resolve`.
    pub fn renew(&self, plan: &Plan, want: &Want, person: Person) -> Result<Resolved> {
        if let Some(session) = self.cached(plan, want).filter(|_| !want.force) {
            return Ok(Resolved { session, reused: true, warning: None });
        }
        let display = Display::hidden();
        self.walk(plan, want, &Codes::for_renewal(&self.app.ui, &display, person), &display.line(&plan.profile))
    }

    fn walk(&self, plan: &Plan, want: &Want, codes: &Codes<'_>, line: &Line) -> Result<Resolved> {
        let told = Told { app: self.app, line };
        let (settings, paths) = (self.sts.settings(), &self.app.paths);
        let asked = Asked { authenticator: &self.authenticator, settings: &self.settings, codes };
        Executor::new(&self.sts, settings, &self.sources, &asked, &told, paths, self.app.clock).resolve(plan, want)
    }

    /// Asks AWS whose a plan's session is: whether it works, that is.
    ///
    /// # Errors
    /// As `Sts::get_caller_identity`.
    pub fn identify(&self, plan: &Plan, session: &Session) -> Result<CallerIdentity> {
        let region = plan.region.as_deref().or(session.region.as_deref());
        self.sts.get_caller_identity(Caller { credentials: &session.credentials, region })
    }

    /// Gives the session of one plan to a command that hands out one.
    ///
    /// # Errors
    /// As `resolve`.
    pub fn resolve_one(&self, plan: &Plan, want: &Want) -> Result<Resolved> {
        // The cached path comes first, before anything that draws or asks is made.
        if let Some(session) = self.cached(plan, want).filter(|_| !want.force) {
            return Ok(Resolved { session, reused: true, warning: None });
        }
        let display = Display::new(&self.app.ui);
        let codes = Codes::new(&self.app.ui, &display)?;
        let line = display.line(&plan.profile);
        self.resolve(plan, want, &codes, &line)
    }

    /// Looks up a plan's session that is good for `want`, without a lock or a call.
    pub fn cached(&self, plan: &Plan, want: &Want) -> Option<Session> {
        let (cache, settings, now) = (Cache::new(&self.app.paths), self.sts.settings(), self.app.clock.now());
        credentials::cached(&cache, plan, settings, &self.sources, want.life, now)
    }

    /// Gives the device whose code a walk of `plan` would ask for first, as the cache is now.
    pub fn device_needed<'p>(&self, plan: &'p Plan, want: &Want) -> Option<&'p Device> {
        let (cache, now) = (Cache::new(&self.app.paths), self.app.clock.now());
        let names = self.identities(plan);
        let mut needed = None;
        for (nth, (stage, name)) in plan.stages().into_iter().zip(&names).rev().enumerate() {
            let purpose = if nth == 0 { Purpose::HandOut(want.life) } else { Purpose::Sign };
            let renewed = nth == 0 && want.force;
            if !renewed && cache.read(name).is_some_and(|session| is_fresh(&session, stage, purpose, now)) {
                break;
            }
            needed = stage.mfa().or(needed);
        }
        needed
    }

    /// Gives what the cache holds of the plan's last stage, expired or not; where there is no stage, what is at hand.
    pub fn last_session(&self, plan: &Plan) -> Option<Session> {
        match self.identities(plan).last() {
            Some(name) => Cache::new(&self.app.paths).read(name),
            None => self.sources.at_hand(&plan.base).ok(),
        }
    }

    /// Asks the instance metadata service for facts of the instance that a plan's credentials begin with.
    ///
    /// # Errors
    /// Exit 2 where they begin elsewhere; of the service.
    pub fn instance_facts(&self, plan: &Plan) -> Result<Facts> {
        match &plan.base {
            Base::InstanceMetadata { service, .. } => self.sources.imds().facts(service),
            base => Err(usage(format!(
                "`{}` begins with {}, and only an EC2 instance has metadata",
                shown(&plan.profile),
                base.what()
            ))
            .hint("leave `--metadata` out, or name a profile with `credential_source = Ec2InstanceMetadata`")
            .into()),
        }
    }

    fn identities(&self, plan: &Plan) -> Vec<credentials::Identity> {
        identities(plan, self.sts.settings(), &self.sources)
    }

    /// Draws up a plan, with what the cache holds of each stage that `want` would reuse.
    pub fn outline(&self, plan: &Plan, want: &Want) -> Outline {
        let cache = Cache::new(&self.app.paths);
        let mut cached: Vec<_> = self.identities(plan).iter().map(|name| cache.read(name)).collect();
        if want.force {
            cached.pop();
        }
        Outline::of(plan, &cached, self.app.clock.now())
    }
}

/// The profiles folder under the eyes of the person: what is odd about a profile that a plan comes to is said, once.
struct Watched<'a> {
    broker: &'a Broker<'a>,
    folder: Folder<'a>,
}

impl Loader for Watched<'_> {
    fn load(&mut self, name: &str) -> Result<Profile> {
        let profile = self.folder.load(name)?;
        if profile.wide || !profile.warnings.is_empty() {
            let mut said = self.broker.said.lock().unwrap_or_else(PoisonError::into_inner);
            if said.insert(name.to_owned()) {
                self.broker.app.mention(&profile);
            }
        }
        Ok(profile)
    }

    fn read_policy(&mut self, path: &str) -> Result<String> {
        self.folder.read_policy(path)
    }

    fn place(&self, path: &str) -> PathBuf {
        self.folder.place(path)
    }
}

/// Turns what happens on the way into words.
struct Told<'a> {
    app: &'a App,
    line: &'a Line,
}

impl Progress for Told<'_> {
    fn event(&self, plan: &Plan, event: Event<'_>) {
        let (what, stage) = match event {
            Event::Reused(stage) => ("reuse the session of", stage),
            Event::Calling(stage) => (stage.what(), stage),
            Event::Fetched(stage) => ("got the session of", stage),
        };
        let text = format!("{what} `{}`", shown(stage.profile()));
        self.app.ui.detail(&format!("{}: {text}", shown(&plan.profile)));
        self.line.tell(text);
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
