//! Owns the local stand-in for AWS: STS, IAM as far as users look after themselves, EC2's instance metadata and ECS's credentials, on loopback,
//! with signatures, MFA and trust checked.
//! It imports only leaves and refuses to listen anywhere but on loopback; `awstok sandbox` and the tests use it.

mod arn;
mod calls;
mod container;
mod faults;
mod federation;
mod http;
mod iam;
mod identity;
mod identity_center;
mod instance;
mod metadata;
mod query;
mod random;
mod refusal;
mod rotation;
mod service;
mod sigv4;
mod sts;
mod totp;
mod trust;
mod web_identity;
mod world;
mod xml;

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::Context as _;
use jiff::SignedDuration;

pub use self::calls::Call;
pub use self::container::Task;
pub use self::faults::{Fault, Rule};
pub use self::identity::{IdentityProvider, TrustedIdentity};
pub use self::identity_center::{Approval, IdentityCenter, Renewal, SignedIn};
pub use self::instance::{Access, Instance};
pub use self::totp::{Device, Display};
pub use self::world::{Role, User, World};

use self::http::{Received, Reply, read_request, write_reply};
use self::service::{Service, locked};
use crate::clock::Clock;
use crate::error::Result;
use crate::secret::Secret;

/// How a sandbox starts.
#[derive(Debug, Clone)]
pub struct Options {
    /// The port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// The time by which signatures, codes and sessions are judged.
    pub clock: Clock,
}

impl Default for Options {
    fn default() -> Self {
        Self { port: 0, clock: Clock::System }
    }
}

/// A running stand-in; it stops when dropped.
pub struct Sandbox {
    handler: Handler,
    address: SocketAddr,
    connections: Arc<Mutex<HashMap<u64, TcpStream>>>,
    listening: Option<JoinHandle<()>>,
}

impl Sandbox {
    /// Starts a stand-in that knows `world`.
    ///
    /// # Errors
    /// When the port is taken.
    pub fn start(world: World, options: Options) -> Result<Self> {
        let wanted = SocketAddr::from((Ipv4Addr::LOCALHOST, options.port));
        let listener = TcpListener::bind(wanted).with_context(|| format!("listening on `{wanted}`"))?;
        let address = listener.local_addr().context("listening")?;
        let handler = Handler(Arc::new(Service::new(world, options.clock)));
        let connections = Arc::default();
        let (shared, streams) = (handler.clone(), Arc::clone(&connections));
        let listening = thread::Builder::new()
            .name("sandbox".into())
            .spawn(move || listen(&listener, &shared, &streams))
            .context("starting the sandbox")?;
        Ok(Self { handler, address, connections, listening: Some(listening) })
    }

    /// Gives the address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Gives the value for `AWS_ENDPOINT_URL` and `AWS_EC2_METADATA_SERVICE_ENDPOINT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Gives the value for `AWS_CONTAINER_CREDENTIALS_FULL_URI`; `None` where no task is hosted.
    pub fn container_uri(&self) -> Option<String> {
        let path = self.handler.0.world().task.as_ref().map(|post| post.holder.path())?;
        Some(format!("{}{path}", self.url()))
    }

    /// Gives the value for `AWS_CONTAINER_AUTHORIZATION_TOKEN`; `None` where no task is hosted.
    pub fn container_token(&self) -> Option<Secret<String>> {
        self.handler.0.world().task.as_ref().map(|post| post.holder.token())
    }

    /// Signs a token as the identity provider `issuer` does, good for `lifetime` from now; one that has ended already
    /// where that is negative. `None` for a provider that no account knows.
    pub fn identity_token(
        &self,
        issuer: &str,
        subject: &str,
        audience: &str,
        lifetime: SignedDuration,
    ) -> Option<Secret<String>> {
        let now = self.handler.0.now();
        self.handler.0.world().identity_token(issuer, subject, audience, now, lifetime)
    }

    /// Signs in to an instance of IAM Identity Center without a browser; `None` for a start URL that nobody has.
    pub fn sign_in(&self, start_url: &str) -> Option<SignedIn> {
        let now = self.handler.0.now();
        self.handler.0.world().sign_in(start_url, now)
    }

    /// Gives what serves connections, for streams other than the sandbox's own, such as TLS.
    pub fn handler(&self) -> Handler {
        self.handler.clone()
    }

    /// Changes who exists.
    pub fn change<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        change(&mut self.handler.0.world())
    }

    /// Gives what the display of a device shows now, as far as it is good for anything; `None` for an unknown one.
    pub fn display(&self, serial: &str) -> Option<Display> {
        let now = self.handler.0.now();
        self.handler.0.world().device(serial).map(|device| device.display(now))
    }

    /// Tells whether a code would be accepted now.
    pub fn accepts(&self, serial: &str, code: &str) -> bool {
        let now = self.handler.0.now();
        self.handler.0.world().device(serial).is_some_and(|device| device.would_accept(code, now))
    }

    /// Gives a code that is accepted now, of this window or one beside it: three in half a minute, where a display
    /// has one. `None` once they are used, and for an unknown device.
    pub fn unused_code(&self, serial: &str) -> Option<String> {
        let now = self.handler.0.now();
        self.handler.0.world().device(serial)?.unused_code(now)
    }

    /// Adds a fault.
    pub fn inject(&self, rule: Rule) {
        self.handler.0.rules().push(rule);
    }

    /// Ends all faults.
    pub fn clear_faults(&self) {
        self.handler.0.rules().clear();
    }

    /// Sets how far the stand-in's clock is ahead of its `Clock`: signatures, codes, expirations and the `Date`
    /// header follow it.
    pub fn set_clock_offset(&self, offset: SignedDuration) {
        self.handler.0.set_offset(offset);
    }

    /// Gives the calls so far, in the order in which they were answered.
    pub fn calls(&self) -> Vec<Call> {
        self.handler.0.calls().clone()
    }

    /// Gives the calls of one action.
    pub fn calls_of(&self, action: &str) -> Vec<Call> {
        self.handler.0.calls().iter().filter(|call| call.action == action).cloned().collect()
    }

    /// Forgets the calls so far.
    pub fn clear_calls(&self) {
        self.handler.0.calls().clear();
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.handler.0.stop();
        // wakes `accept`
        let _ = TcpStream::connect(self.address);
        if let Some(listening) = self.listening.take() {
            let _ = listening.join();
        }
        for stream in locked(&self.connections).values() {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

/// What serves a connection.
#[derive(Clone)]
pub struct Handler(Arc<Service>);

impl Handler {
    /// Serves the requests of one connection until either side ends it.
    ///
    /// # Errors
    /// When the stream can't be read or written.
    pub fn serve(&self, stream: &mut (impl Read + Write)) -> io::Result<()> {
        let mut pending = Vec::new();
        while !self.0.is_stopped() {
            let (reply, with_body, keep_alive) = match read_request(stream, &mut pending)? {
                Received::Closed => return Ok(()),
                Received::Unacceptable(status) => (Reply::new(status, "text/plain", ""), true, false),
                Received::Request(request) => (self.0.answer(&request), request.method != "HEAD", request.keep_alive),
            };
            if !write_reply(stream, &reply, with_body, keep_alive, |time| self.0.wait(time))? {
                return Ok(());
            }
        }
        Ok(())
    }
}

fn listen(listener: &TcpListener, handler: &Handler, connections: &Arc<Mutex<HashMap<u64, TcpStream>>>) {
    for number in 0.. {
        let accepted = listener.accept();
        if handler.0.is_stopped() {
            return;
        }
        let Ok((mut stream, _)) = accepted else {
            // out of descriptors, most likely: give the connections time to end
            handler.0.wait(Duration::from_millis(10));
            continue;
        };
        let _ = stream.set_nodelay(true);
        if let Ok(stream) = stream.try_clone() {
            locked(connections).insert(number, stream);
        }
        let (handler, open) = (handler.clone(), Arc::clone(connections));
        let serve = move || {
            // a client that goes away is no matter of ours
            let _ = handler.serve(&mut stream);
            let _ = stream.shutdown(Shutdown::Both);
            locked(&open).remove(&number);
        };
        if thread::Builder::new().name("sandbox connection".into()).spawn(serve).is_err() {
            locked(connections).remove(&number);
        }
    }
}
