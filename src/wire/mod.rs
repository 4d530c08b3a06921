//! Owns the network: one HTTP client and one background thread for all outside parties, both started by the first call, and the
//! form of a call to AWS's services.
//! It refuses to know any party, and whatever could lead a request elsewhere: redirects, odd endpoints, endless answers.

mod api;
mod connector;
mod exchange;
mod settings;
mod words;
mod worker;

use std::future::Future;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::error::Result;

pub use api::{
    ApiSettings, Call, CallWatch, GoesOnce, LIMIT, Refusal, Refused, Remedy, client_config, code_of, refusal_of,
    surely_not_sent, times, was_throttled,
};
pub use connector::{NotSent, TooLong, Wire};
pub use exchange::{Answer, Request, Trouble, exchange};
pub use settings::{Endpoint, NetworkSettings};
pub use words::{causes, network_words, one_line, root_cause, tls_words};

/// How a party is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Without TLS, straight.
    Plain,
    /// With TLS, straight.
    Secure,
    /// With TLS, through the proxy where one is named.
    SecureByProxy,
}

/// The network as all parties share it; a copy is the same network.
#[derive(Debug, Clone, Default)]
pub struct Network(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    settings: NetworkSettings,
    wires: [OnceLock<Wire>; 3],
    worker: OnceLock<worker::Worker>,
}

impl Network {
    /// Keeps the settings; nothing starts yet.
    pub fn new(settings: NetworkSettings) -> Self {
        Self(Arc::new(Shared { settings, ..Shared::default() }))
    }

    /// Gives the HTTP client of a way; only for TLS are certificates read.
    ///
    /// # Errors
    /// When certificates or proxy can't be used.
    pub fn wire(&self, way: Way) -> Result<Wire> {
        let [plain, secure, by_proxy] = &self.0.wires;
        let place = match way {
            Way::Plain => plain,
            Way::Secure => secure,
            Way::SecureByProxy => by_proxy,
        };
        match place.get() {
            Some(wire) => Ok(wire.clone()),
            None => {
                let wire = Wire::new(&self.0.settings, way)?;
                Ok(place.get_or_init(|| wire).clone())
            }
        }
    }

    /// Hands in work that nobody waits for.
    ///
    /// # Errors
    /// When the background thread can't be started.
    pub fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) -> Result<()> {
        self.worker()?.spawn(work);
        Ok(())
    }

    /// Hands in work and waits for its result, at most `limit`.
    ///
    /// # Errors
    /// `Kind::Unreachable` when the time is over; when the background thread can't be started.
    pub fn run<T: Send + 'static>(&self, limit: Duration, work: impl Future<Output = T> + Send + 'static) -> Result<T> {
        self.worker()?.run(limit, work)
    }

    fn worker(&self) -> Result<&worker::Worker> {
        let worker = &self.0.worker;
        if worker.get().is_none() {
            // where two threads come at once, the second one's worker ends unused
            let _ = worker.set(worker::Worker::start()?);
        }
        worker.get().ok_or_else(|| anyhow::anyhow!("the background thread can't be started"))
    }
}
