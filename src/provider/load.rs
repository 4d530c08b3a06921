//! Owns one load of a profile's credentials for a program: environment, plan, session, and what may go wrong.
//! It refuses guarded profiles that nobody agreed to, and to hand out what is over.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::Credentials;

use crate::clock::Clock;
use crate::credentials::{Issuer, Silent, Want, Wish};
use crate::environment::Environment;
use crate::error::{Failure, Kind, Result, hint_of, kind_of};
use crate::ledger::{self, HandedOut};
use crate::mfa::{AskCode, Code, CodeRequest, Origin};
use crate::paths::Paths;
use crate::profile::Guard;
use crate::profile::plan::Plan;
use crate::secret::Secret;
use crate::sso::AskSignIn;
use crate::vault::{AskPassphrase, PASSPHRASE_VARIABLE, Reason, Sealed};

pub(super) type Ask = Box<dyn Fn(&CodeRequest<'_>) -> Result<String> + Send + Sync>;
pub(super) type Warn = Box<dyn Fn(&str) + Send + Sync>;

/// What a load takes.
pub(super) struct Load {
    pub(super) profile: String,
    /// None: this process's, as it is when the load begins.
    pub(super) env: Option<Environment>,
    /// None: the environment's.
    pub(super) paths: Option<Paths>,
    pub(super) clock: Clock,
    pub(super) ask: Option<Ask>,
    pub(super) warn: Option<Warn>,
    pub(super) agreed: bool,
}

impl Load {
    /// Gets credentials; blocks.
    pub(super) fn load(&self) -> Result<Credentials> {
        let of_this_process;
        let env = match &self.env {
            Some(env) => env,
            None => {
                of_this_process = Environment::of_this_process();
                &of_this_process
            }
        };
        let paths = self.paths.clone().map_or_else(|| Paths::from_environment(env), Ok)?;
        let issuer = Issuer::new(env, &paths, self.clock)?;
        let plan = issuer.plan(&self.profile, Wish::default(), &|_| {})?;
        self.admit(&plan)?;
        let want = Want::to_use();
        let (session, reused) = match issuer.cached(&plan, &want) {
            Some(session) => (session, true),
            None => {
                let resolved = issuer.resolve(&plan, &want, self, &Silent)?;
                if let Some((warning, warn)) = resolved.warning.as_deref().zip(self.warn.as_ref()) {
                    warn(warning);
                }
                (resolved.session, resolved.reused)
            }
        };
        if session.expiration().is_some_and(|end| end <= self.clock.now()) {
            let words = format!("the session of profile `{}` ended while it was being got", self.profile);
            return Err(Failure::new(Kind::Unreachable, words).into());
        }
        let program = std::env::current_exe().ok();
        let name = program.as_deref().and_then(Path::file_name).map(|name| name.to_string_lossy());
        let handed = HandedOut {
            profile: &plan.profile,
            command: "provider",
            to: name.as_deref(),
            account_id: plan.account_id(),
            session: &session,
            reused,
        };
        // a log that can't be written is no reason to fail
        let _ = ledger::add(&paths, &handed, self.clock.now());
        Ok(session.credentials)
    }

    fn admit(&self, plan: &Plan) -> Result<()> {
        match plan.guard {
            Some(Guard::Confirm | Guard::TypeName) if !self.agreed => {
                let words =
                    format!("profile `{}` is guarded, and nobody agreed to hand out its credentials", plan.profile);
                Err(Failure::new(Kind::InputNeeded, words)
                    .hint(
                        "let the program say that its user agreed (`Builder::agreed`), or take `guard` out of its file",
                    )
                    .into())
            }
            Some(Guard::Confirm | Guard::TypeName | Guard::ReadOnly) | None => Ok(()),
        }
    }
}

impl AskCode for Load {
    fn ask(&self, request: &CodeRequest<'_>) -> Result<Code> {
        match &self.ask {
            Some(ask) => Ok(Code { digits: Secret::new(ask(request)?), origin: Origin::Typed }),
            None => {
                let (profile, serial) = (request.profile, &request.device.serial);
                let words = format!("profile `{profile}` needs a code of the device `{serial}`");
                Err(Failure::new(Kind::InputNeeded, words)
                    .because(anyhow::anyhow!("this program asks nobody for codes"))
                    .hint(format!("run `awstok token {}` on a terminal", self.profile))
                    .into())
            }
        }
    }

    fn waiting(&self, _: &CodeRequest<'_>, _: Duration) {}
}

impl AskSignIn for Load {
    fn warn(&self, words: &str) {
        if let Some(warn) = &self.warn {
            warn(words);
        }
    }
}

impl AskPassphrase for Load {
    fn ask(&self, sealed: Sealed<'_>, reason: Reason) -> Result<Secret<String>> {
        let of_this_process = Environment::of_this_process;
        let given = match &self.env {
            Some(env) => env.text(PASSPHRASE_VARIABLE).map(Secret::from),
            None => of_this_process().text(PASSPHRASE_VARIABLE).map(Secret::from),
        };
        given.filter(|_| reason != Reason::Wrong).ok_or_else(|| {
            let words = format!("{sealed} are under a passphrase that this program doesn't have");
            Failure::new(Kind::InputNeeded, words)
                .hint(format!("set `{PASSPHRASE_VARIABLE}`, or keep them in the keyring"))
                .into()
        })
    }
}

/// What went wrong, for all who waited for the same load.
#[derive(Clone)]
pub(super) struct Trouble(Arc<anyhow::Error>);

impl Trouble {
    pub(super) fn of(words: &'static str) -> Self {
        Self(Arc::new(anyhow::anyhow!(words)))
    }

    pub(super) fn kind(&self) -> Kind {
        kind_of(&self.0)
    }
}

impl From<anyhow::Error> for Trouble {
    fn from(error: anyhow::Error) -> Self {
        Self(Arc::new(error))
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", self.0)?;
        hint_of(&self.0).map_or(Ok(()), |hint| write!(f, " ({hint})"))
    }
}

impl fmt::Debug for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Trouble {}
