//! Owns the local endpoint: a thread that hands one profile's credentials to the SDKs of this machine, as a container's endpoint
//! or as instance metadata. It answers from memory alone, refuses to listen anywhere but on loopback, and never serves what has expired.

mod answer;
mod connections;
mod container;
mod gate;
mod held;
mod metadata;
#[cfg(test)]
mod tests;
mod wire;

use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread::JoinHandle;

use anyhow::Context as _;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response, StatusCode};
use tokio::sync::oneshot;

pub use held::{Belonging, Held};

use crate::clock::Clock;
use crate::error::{Failure, Kind, Result, usage};
use crate::peer::is_another_user;
use crate::secret::Secret;

use self::container::Container;
use self::gate::Gate;
use self::metadata::Metadata;

/// How the credentials are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// The container credentials of ECS and EKS (AWS SDKs and Tools Reference Guide, "Container credential provider").
    Container,
    /// Instance metadata (EC2 User Guide, "Use IMDS"), version 2.
    Metadata {
        /// Whether version 1, which knows no tokens, is answered too.
        with_v1: bool,
    },
}

/// A port that is taken and not answered yet.
#[derive(Debug)]
pub struct Door {
    listener: TcpListener,
    address: SocketAddr,
}

impl Door {
    /// Takes a port; 0 is a free one.
    ///
    /// # Errors
    /// Exit 2 for an address that isn't loopback; where the port is taken.
    pub fn open(wanted: SocketAddr) -> Result<Self> {
        if !wanted.ip().is_loopback() {
            return Err(usage(format!("`{wanted}` is no loopback address: others could ask for the credentials"))
                .hint("listen on `127.0.0.1` or `[::1]`")
                .into());
        }
        let listener = TcpListener::bind(wanted).map_err(|error| {
            Failure::new(Kind::Other, format!("could not listen on `{wanted}`"))
                .because(error)
                .hint("choose another port, or none: then a free one is taken")
        })?;
        let address = listener.local_addr().context("could not listen")?;
        Ok(Self { listener, address })
    }
}

/// What all connections share.
struct Shared {
    address: SocketAddr,
    protocol: Speech,
    gate: Gate,
    clock: Clock,
    held: RwLock<Arc<Held>>,
}

/// A protocol with what it needs to be spoken.
enum Speech {
    Container(Container),
    Metadata(Metadata),
}

impl Shared {
    fn held(&self) -> Arc<Held> {
        // a poisoned lock means that a swap panicked, which is one assignment
        Arc::clone(&self.held.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Tells whether a connection is to be refused: the container's token says who may ask, instance metadata has none.
    fn is_stranger(&self, peer: SocketAddr) -> bool {
        matches!(self.protocol, Speech::Metadata(_)) && is_another_user(peer, self.address)
    }

    fn answer(&self, request: &Request<Incoming>, from_stranger: bool) -> Response<Full<Bytes>> {
        if let Some(refusal) = self.gate.refuse(request) {
            return refusal;
        }
        if from_stranger {
            let message = "only programs of the user who serves these credentials are answered";
            return answer::refusal(StatusCode::FORBIDDEN, "Forbidden", message);
        }
        let (held, now) = (self.held(), self.clock.now());
        match &self.protocol {
            Speech::Container(container) => container.answer(request, &held, now),
            Speech::Metadata(metadata) => metadata.answer(request, &held, now),
        }
    }
}

/// A running endpoint; it stops when dropped.
pub struct Server {
    shared: Arc<Shared>,
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Server {
    /// Begins to answer at `door`, in a thread of its own.
    ///
    /// # Errors
    /// Where the system gives no thread, no descriptor or no random bytes.
    pub fn start(door: Door, protocol: Protocol, clock: Clock, held: Held) -> Result<Self> {
        let Door { listener, address } = door;
        let protocol = match protocol {
            Protocol::Container => Speech::Container(Container::new()?),
            Protocol::Metadata { with_v1 } => {
                // an answer that is forwarded dies on the way; where the system doesn't take it, loopback is the limit
                let _ = listener.set_ttl(1);
                Speech::Metadata(Metadata::new(with_v1)?)
            }
        };
        let held = RwLock::new(Arc::new(held));
        let shared = Arc::new(Shared { address, protocol, gate: Gate::new(address), clock, held });
        listener.set_nonblocking(true).context("could not listen")?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build();
        let runtime = runtime.context("could not start the endpoint")?;
        let (stop, stopped) = oneshot::channel();
        let listener = {
            let _inside = runtime.enter();
            tokio::net::TcpListener::from_std(listener).context("could not listen")?
        };
        let listening = connections::listen(listener, Arc::clone(&shared));
        let thread = std::thread::Builder::new().name("endpoint".into()).spawn(move || {
            runtime.spawn(listening);
            // a sender that is gone says stop as well
            let _ = runtime.block_on(stopped);
        });
        let thread = thread.context("could not start a thread")?;
        Ok(Self { shared, address, stop: Some(stop), thread: Some(thread) })
    }

    /// Hands out these credentials from now on; the old ones are wiped once nobody reads them any more.
    pub fn update(&self, held: Held) {
        *self.shared.held.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(held);
    }

    /// Gives the address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Gives what clients are told to ask: the credentials themselves, or the metadata service.
    pub fn url(&self) -> String {
        let path = match self.shared.protocol {
            Speech::Container(_) => container::PATH,
            Speech::Metadata(_) => "",
        };
        format!("http://{}{path}", self.address)
    }

    /// Gives the token that clients of the container protocol must send; instance metadata makes its own.
    pub fn token(&self) -> Option<&Secret<String>> {
        match &self.shared.protocol {
            Speech::Container(container) => Some(container.token()),
            Speech::Metadata(_) => None,
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            // a thread that panicked has stopped as well
            let _ = thread.join();
        }
    }
}
