//! Owns the face that programs in Rust see: a credentials provider of the AWS SDK, on the plan, cache and flight of the commands.
//! It refuses to print and to block an async runtime: each load runs in a thread of its own.
//!
//! ```no_run
//! use awstok::provider::Provider;
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let config = aws_config::from_env().credentials_provider(Provider::new("prod")).load().await;
//! let sts = aws_sdk_sts::Client::new(&config);
//! // works for as long as the program runs: the SDK asks for new credentials before the old ones end
//! let me = sts.get_caller_identity().send().await?;
//! # Ok(())
//! # }
//! ```
//!
//! The SDK's identity cache asks 10 s before the end, and gives a load a few seconds. To have more time for both, where
//! AWS is slow or a person types a code, hand it another one:
//!
//! ```no_run
//! # use std::time::Duration;
//! # use awstok::provider::Provider;
//! use aws_config::identity::IdentityCache;
//!
//! # async fn example() {
//! let cache = IdentityCache::lazy().buffer_time(Duration::from_secs(300)).load_timeout(Duration::from_secs(60)).build();
//! let provider = Provider::builder("prod").ask_codes(|request| {
//!     // however this program asks its user
//!     # let _ = request;
//!     Ok("123456".to_owned())
//! });
//! let config = aws_config::from_env().identity_cache(cache).credentials_provider(provider.build()).load().await;
//! # }
//! ```

mod load;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, Result as Provided, future};
use tokio::sync::oneshot;

use self::load::{Load, Trouble};
use crate::clock::Clock;
use crate::environment::Environment;
use crate::error::{Kind, Result};
use crate::mfa::CodeRequest;
use crate::paths::Paths;

/// A profile's credentials for clients of the AWS SDK for Rust.
///
/// A load takes a session from awstok's cache while that has 15 minutes left (a quarter of its lifetime, where that is
/// less), and else gets a new one; all programs and commands of one user share the cache, and one call serves all that
/// need the same session. Where none can be had, the present session serves to its end; one that is over is never given.
/// Profiles and settings are read anew by each load. It takes at most half a minute, and 5 minutes where another program
/// is asking a person for the code that it needs.
#[derive(Clone)]
pub struct Provider {
    shared: Arc<Shared>,
}

/// Makes a provider.
pub struct Builder {
    load: Load,
}

/// What the clones of a provider share.
struct Shared {
    load: Load,
    state: Mutex<State>,
}

/// The load that is under way, and what the last one gave.
#[derive(Default)]
struct State {
    waiting: Vec<oneshot::Sender<Outcome>>,
    last: Option<Credentials>,
}

type Outcome = Result<Credentials, Trouble>;

impl Provider {
    /// Provides the credentials of `profile`, with this process's environment and places, and nobody to ask for codes.
    pub fn new(profile: impl Into<String>) -> Self {
        Self::builder(profile).build()
    }

    /// Provides the credentials of `profile` in other ways.
    pub fn builder(profile: impl Into<String>) -> Builder {
        let load = Load {
            profile: profile.into(),
            env: None,
            paths: None,
            clock: Clock::System,
            ask: None,
            warn: None,
            agreed: false,
        };
        Builder { load }
    }

    async fn provide(&self) -> Provided {
        let outcome = self.join().await.unwrap_or_else(|_| Err(Trouble::of("the load ended without an answer")));
        outcome.map_err(|trouble| match trouble.kind() {
            Kind::Invalid | Kind::Usage => CredentialsError::invalid_configuration(trouble),
            _ => CredentialsError::provider_error(trouble),
        })
    }

    /// Joins the load that is under way, or begins one.
    fn join(&self) -> oneshot::Receiver<Outcome> {
        let (send, outcome) = oneshot::channel();
        let mut state = self.shared.state();
        state.waiting.push(send);
        if state.waiting.len() == 1 {
            // it hands the outcome to all who wait, whatever happens to it
            let landing = Landing { shared: Arc::clone(&self.shared), outcome: None };
            drop(state);
            // where no thread can be started, the landing is dropped with it, and says so
            let _ = std::thread::Builder::new().name("awstok".into()).spawn(move || landing.load());
        }
        outcome
    }
}

impl Builder {
    /// Takes another environment than this process's: regions, endpoints, proxies, certificates, and the places of files.
    #[must_use]
    pub fn environment(mut self, env: Environment) -> Self {
        self.load.env = Some(env);
        self
    }

    /// Takes other places than the environment's.
    #[must_use]
    pub fn paths(mut self, paths: Paths) -> Self {
        self.load.paths = Some(paths);
        self
    }

    /// Asks `ask` for MFA codes, in a thread where it may wait; white space among the digits is fine. A wrong code is asked
    /// for again, twice. Without this, a profile that needs a code is an error until `awstok token` was run.
    #[must_use]
    pub fn ask_codes(mut self, ask: impl Fn(&CodeRequest<'_>) -> Result<String> + Send + Sync + 'static) -> Self {
        self.load.ask = Some(Box::new(ask));
        self
    }

    /// Tells `warn` why the present session had to serve on.
    #[must_use]
    pub fn on_warning(mut self, warn: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.load.warn = Some(Box::new(warn));
        self
    }

    /// Says that the program's user agreed to what a profile with `guard = confirm` or `type-name` asks. Without this, such
    /// a profile is an error; `read-only` needs no word, its session is limited.
    #[must_use]
    pub fn agreed(mut self) -> Self {
        self.load.agreed = true;
        self
    }

    /// Makes the provider; nothing is read yet.
    pub fn build(self) -> Provider {
        Provider { shared: Arc::new(Shared { load: self.load, state: Mutex::default() }) }
    }
}

impl ProvideCredentials for Provider {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.provide())
    }

    /// Serves on with what was given last, while that lives: the SDK gave up waiting, the load goes on.
    fn fallback_on_interrupt(&self) -> Option<Credentials> {
        let now = std::time::SystemTime::from(self.shared.load.clock.now());
        let last = self.shared.state().last.clone();
        last.filter(|credentials| credentials.expiry().is_none_or(|end| end > now))
    }
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provider").field("profile", &self.shared.load.profile).finish_non_exhaustive()
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").field("profile", &self.load.profile).finish_non_exhaustive()
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A load on its way; its end reaches everybody who waits.
struct Landing {
    shared: Arc<Shared>,
    outcome: Option<Outcome>,
}

impl Landing {
    fn load(mut self) {
        self.outcome = Some(self.shared.load.load().map_err(Trouble::from));
    }
}

impl Drop for Landing {
    fn drop(&mut self) {
        let outcome = self.outcome.take().unwrap_or_else(|| Err(Trouble::of("the load could not be run to its end")));
        let mut state = self.shared.state();
        if let Ok(credentials) = &outcome {
            state.last = Some(credentials.clone());
        }
        for waiting in std::mem::take(&mut state.waiting) {
            // who doesn't wait any more needs no answer
            let _ = waiting.send(outcome.clone());
        }
    }
}
