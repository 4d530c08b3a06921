//! Owns the renewals of one moment: profiles and settings as they are now, each renewed in a thread of its own.
//! It refuses to keep anything: connections and runtime go with the last of the threads, so that an idle watch has none.

use std::sync::Arc;

use anyhow::Context as _;
use jiff::Timestamp;

use super::asker::Asker;
use super::{News, Orders, Teller};
use crate::app::App;
use crate::broker::{Broker, Wish};
use crate::credentials::{Life, Resolved, Want};
use crate::error::Result;
use crate::profile::plan::Plan;
use crate::profile::{self, Guard};

/// A profile to be renewed.
#[derive(Debug)]
pub(super) struct Due {
    /// Its name.
    pub(super) name: String,
    /// The end of its present session.
    pub(super) end: Option<Timestamp>,
    /// The guard that a person agreed to.
    pub(super) admitted: Option<Guard>,
}

/// What came of it.
pub(super) enum Renewed {
    /// A session, or the old one with the reason why.
    Got {
        /// How it came about.
        plan: Box<Plan>,
        /// The session.
        resolved: Resolved,
    },
    /// Credentials without an end.
    Endless,
    /// Nobody agreed to hand them out.
    Refused(anyhow::Error),
}

/// What the renewals take.
pub(super) struct Wave {
    pub(super) app: &'static App,
    pub(super) broker: Arc<Broker<'static>>,
    pub(super) asker: Arc<Asker>,
    pub(super) orders: Arc<Orders>,
    pub(super) teller: Teller,
}

impl Wave {
    /// Starts them.
    ///
    /// # Errors
    /// Where no thread can be started.
    pub(super) fn start(self, due: Vec<Due>) -> Result<()> {
        thread("wave", move || self.run(due))
    }

    fn run(mut self, due: Vec<Due>) {
        match self.broker.again() {
            Ok(broker) => self.broker = Arc::new(broker),
            Err(error) => {
                // the settings can't be used: each profile says so, and is tried again
                let words = format!("{error:#}");
                for Due { name, .. } in due {
                    let same = crate::error::invalid(words.clone());
                    self.teller.tell(News::Profile(name, Box::new(Err(same.into()))));
                }
                return;
            }
        }
        if self.orders.all
            && let Ok(names) = profile::names(&self.app.paths.profiles)
        {
            let names = names.into_iter().filter(|name| !self.broker.feeds_config_only(name)).collect();
            self.teller.tell(News::Names(names));
        }
        let wave = Arc::new(self);
        for due in due {
            let (name, own) = (due.name.clone(), Arc::clone(&wave));
            let started = thread("renewal", move || {
                let result = own.renew(&due);
                own.teller.tell(News::Profile(due.name, Box::new(result)));
            });
            if let Err(error) = started {
                wave.teller.tell(News::Profile(name, Box::new(Err(error))));
            }
        }
    }

    fn renew(&self, due: &Due) -> Result<Renewed> {
        let Orders { permission, .. } = &*self.orders;
        let plan = self.broker.plan(&due.name, Wish { write: permission.write, ..Wish::default() })?;
        if plan.guard.is_some()
            && plan.guard != due.admitted
            && let Err(error) = self.asker.admit(permission, &plan)
        {
            return Ok(Renewed::Refused(error));
        }
        let want = Want { life: due.end.map_or(Life::ToUse, Life::Beyond), force: false };
        let resolved = self.broker.renew_asking(&plan, &want, &*self.asker)?;
        match resolved.session.expiration() {
            Some(_) => Ok(Renewed::Got { plan: Box::new(plan), resolved }),
            None => Ok(Renewed::Endless),
        }
    }
}

/// Starts a thread that ends by itself.
pub(super) fn thread(name: &str, work: impl FnOnce() + Send + 'static) -> Result<()> {
    std::thread::Builder::new().name(name.into()).spawn(work).map(drop).context("could not start a thread")
}
