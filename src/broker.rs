//! Owns the way from a profile's name to its session, as every command takes it: settings, plan, cache, call, questions.
//! It refuses to hand out anything by itself; the commands do.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use crate::app::App;
use crate::credentials::{Ask, CodeMaker, Event, Issuer, Progress, Purpose, Resolved, Want, is_fresh};
use crate::error::{Result, usage};
use crate::iam::{Iam, IamSettings};
use crate::imds::Facts;
use crate::login::{Attended, Declined, Known};
use crate::outline::Outline;
use crate::profile::plan::{Base, Device, Plan};
use crate::profile::{self, Profile, Settings};
use crate::secret::Secret;
use crate::session::{Session, Summary};
use crate::sign_in::SignIn;
use crate::sso::{Sso, Wanted};
use crate::sts::{Caller, CallerIdentity, Sts};
use crate::tokens::TokenFiles;
use crate::ui::codes::{Codes, Person};
use crate::ui::progress::{Display, Line};
use crate::ui::shown;
use crate::vault::Memory;
use crate::wire::ApiSettings;

pub use crate::credentials::Wish;

/// The settings and the clients of one run, and the person behind it.
#[derive(Debug)]
pub struct Broker<'a> {
    app: &'a App,
    issuer: Issuer,
    /// The profiles whose oddities were said.
    said: Arc<Mutex<BTreeSet<String>>>,
    declined: Declined,
}

impl<'a> Broker<'a> {
    /// Reads the settings; no client starts before a call is needed.
    ///
    /// # Errors
    /// When the settings file is invalid.
    pub fn new(app: &'a App) -> Result<Self> {
        Ok(Self {
            app,
            issuer: Issuer::new(&app.env, &app.paths, app.clock)?,
            said: Arc::default(),
            declined: Declined::default(),
        })
    }

    /// Reads the settings once more, later in the same run: what was said of a profile isn't said again, and a passphrase
    /// isn't asked for again.
    ///
    /// # Errors
    /// As `new`.
    pub fn again(&self) -> Result<Self> {
        let Self { app, issuer, said, declined } = Self::new(self.app)?;
        drop(said);
        Ok(Self { app, issuer: issuer.knowing(&self.issuer), said: Arc::clone(&self.said), declined })
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        self.issuer.settings()
    }

    /// The handle to STS.
    pub fn sts(&self) -> &Sts {
        self.issuer.sts()
    }

    /// The handle to IAM Identity Center.
    pub fn sso(&self) -> &Sso {
        self.issuer.sources().sso()
    }

    /// Gives the token of a sign-in: the one that is there while it is good, renewed in silence, else by signing in where there is a
    /// terminal.
    ///
    /// # Errors
    /// When a person has to sign in and can't or doesn't; when AWS can't be reached.
    pub fn access_token(&self, known: &Known) -> Result<Secret<String>> {
        let display = Display::new(&self.app.ui);
        let codes = Codes::new(&self.app.ui, &display)?;
        let asked = Attended::new(self.app, self.sso(), &codes, &self.declined);
        let wanted = Wanted { sign_in: &known.sign_in, profile: known.profile.as_deref() };
        self.sso().access_token(&TokenFiles::new(&self.app.paths), wanted, None, &asked)
    }

    /// Makes a call to the portal with the token of a sign-in; one that the portal takes no more is replaced once.
    ///
    /// # Errors
    /// As `access_token`, and as the call.
    pub fn with_access_token<T>(&self, known: &Known, call: impl Fn(&Secret<String>) -> Result<T>) -> Result<T> {
        let display = Display::new(&self.app.ui);
        let codes = Codes::new(&self.app.ui, &display)?;
        let asked = Attended::new(self.app, self.sso(), &codes, &self.declined);
        let wanted = Wanted { sign_in: &known.sign_in, profile: known.profile.as_deref() };
        self.sso().with_token(&TokenFiles::new(&self.app.paths), wanted, None, &asked, call)
    }

    /// A handle to IAM.
    pub fn iam(&self) -> Iam {
        let settings = IamSettings::from_environment(&self.app.env, "IAM");
        Iam::new(settings, self.issuer.network().clone(), self.app.clock)
    }

    /// A handle to AWS's sign-in.
    pub fn sign_in(&self) -> SignIn {
        SignIn::new(ApiSettings::from_environment(&self.app.env, "SIGNIN"), self.issuer.network().clone())
    }

    /// What is known of the passphrases of secrets.
    pub fn passphrases(&self) -> &Memory {
        self.issuer.sources().passphrases()
    }

    /// Makes codes by what profiles say.
    pub fn code_maker(&self) -> CodeMaker<'_> {
        self.issuer.code_maker(self.app)
    }

    /// Chooses the profile: the one given, the environment's, the settings', else the person's choice.
    ///
    /// # Errors
    /// As `App::choose_profile`.
    pub fn choose(&self, given: Option<&str>) -> Result<String> {
        self.app.choose_profile(given, self.settings())
    }

    /// Loads a profile.
    ///
    /// # Errors
    /// When it is missing or invalid.
    pub fn load(&self, name: &str) -> Result<Profile> {
        profile::load(&self.app.paths.profiles, name, self.settings())
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
        self.issuer.plan(name, wish, &|profile| self.mention_once(profile))
    }

    /// Says what is odd about a profile that a plan comes to, once.
    fn mention_once(&self, profile: &Profile) {
        if profile.wide || !profile.warnings.is_empty() {
            let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
            if said.insert(profile.name.clone()) {
                self.app.mention(profile);
            }
        }
    }

    /// Gives the session at the end of `plan`: from the cache while it is good for `want`, else by calls and questions.
    ///
    /// # Errors
    /// When AWS refuses or can't be reached, or a person is needed and not there.
    pub fn resolve(&self, plan: &Plan, want: &Want, codes: &Codes<'_>, line: &Line) -> Result<Resolved> {
        let asked = Attended::new(self.app, self.sso(), codes, &self.declined);
        let resolved = self.walk(plan, want, &asked, line)?;
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
        self.renew_asking(plan, want, &Codes::for_renewal(&self.app.ui, &Display::hidden(), person))
    }

    /// The same, with codes from `ask`.
    ///
    /// # Errors
    /// As `resolve`.
    pub fn renew_asking(&self, plan: &Plan, want: &Want, ask: &dyn Ask) -> Result<Resolved> {
        if let Some(session) = self.cached(plan, want).filter(|_| !want.force) {
            return Ok(Resolved { session, reused: true, warning: None });
        }
        self.walk(plan, want, ask, &Display::hidden().line(&plan.profile))
    }

    fn walk(&self, plan: &Plan, want: &Want, ask: &dyn Ask, line: &Line) -> Result<Resolved> {
        self.issuer.resolve(plan, want, ask, &Told { app: self.app, line })
    }

    /// Asks AWS whose a plan's session is: whether it works, that is.
    ///
    /// # Errors
    /// As `Sts::get_caller_identity`.
    pub fn identify(&self, plan: &Plan, session: &Session) -> Result<CallerIdentity> {
        let region = plan.region.as_deref().or(session.region.as_deref());
        self.sts().get_caller_identity(Caller { credentials: &session.credentials, region })
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
        self.issuer.cached(plan, want)
    }

    /// Gives a plan's session that is good for `want` from wherever it is kept, a keyring or a passphrase that was given included;
    /// nobody is asked, and no call made.
    ///
    /// # Errors
    /// Where the place doesn't answer, or its passphrase wasn't given.
    pub fn at_hand(&self, plan: &Plan, want: &Want) -> Result<Option<Session>> {
        let display = Display::hidden();
        self.issuer.at_hand(plan, want, &Codes::for_renewal(&self.app.ui, &display, Person::Busy))
    }

    /// Gives the device whose code a walk of `plan` would ask for first, as the cache is now.
    pub fn device_needed<'p>(&self, plan: &'p Plan, want: &Want) -> Option<&'p Device> {
        let (stages, now) = (plan.stages(), self.app.clock.now());
        let mut needed = None;
        for (nth, stage) in stages.iter().copied().enumerate().rev() {
            let is_last = nth + 1 == stages.len();
            let purpose = if is_last { Purpose::HandOut(want.life) } else { Purpose::Sign };
            let kept = || self.issuer.kept(plan, nth);
            if !(is_last && want.force) && kept().is_some_and(|kept| is_fresh(kept.span, stage, purpose, now)) {
                break;
            }
            needed = stage.mfa().or(needed);
        }
        needed
    }

    /// Tells what the cache holds of the plan's last stage, expired or not; where there is no stage, what is at hand.
    pub fn last_session(&self, plan: &Plan) -> Option<Summary> {
        match plan.stages().len().checked_sub(1) {
            Some(last) => self.issuer.kept(plan, last),
            None => self.issuer.sources().at_hand(&plan.base).ok().map(|session| session.summary()),
        }
    }

    /// Asks the instance metadata service for facts of the instance that a plan's credentials begin with.
    ///
    /// # Errors
    /// Exit 2 where they begin elsewhere; of the service.
    pub fn instance_facts(&self, plan: &Plan) -> Result<Facts> {
        match &plan.base {
            Base::InstanceMetadata { service, .. } => self.issuer.sources().imds().facts(service),
            base => Err(usage(format!(
                "`{}` begins with {}, and only an EC2 instance has metadata",
                shown(&plan.profile),
                base.what()
            ))
            .hint("leave `--metadata` out, or name a profile with `credential_source = Ec2InstanceMetadata`")
            .into()),
        }
    }

    /// Draws up a plan, with what the cache holds of each stage that `want` would reuse.
    pub fn outline(&self, plan: &Plan, want: &Want) -> Outline {
        let end = |nth| self.issuer.kept(plan, nth).and_then(|kept| kept.span.expiration);
        let mut ends: Vec<_> = (0..plan.stages().len()).map(end).collect();
        if want.force {
            ends.pop();
        }
        Outline::of(plan, &ends, self.app.clock.now())
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
