//! Owns the connections: how many there are, and how long one may stay without a whole request.
//! It refuses to let slow or idle clients keep others out: beyond the limit, whoever asked longest ago goes.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

use super::Shared;
use super::wire::Wire;

/// The most connections at a time.
const MOST: usize = 256;
/// The time in which a whole request must come, else the connection ends; idle ones are no exception.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest head of a request.
const LONGEST_HEAD: usize = 16 << 10;
/// The pause where the system gives no more descriptors.
const BREATH: Duration = Duration::from_millis(50);

/// The connections that are open, by number.
#[derive(Default)]
struct Open {
    connections: Mutex<HashMap<u64, (AbortHandle, Arc<AtomicU64>)>>,
    /// How many connections and requests came so far: the time, as far as order goes.
    ticks: AtomicU64,
}

impl Open {
    fn tick(&self) -> u64 {
        self.ticks.fetch_add(1, Ordering::Relaxed)
    }

    fn connections(&self) -> MutexGuard<'_, HashMap<u64, (AbortHandle, Arc<AtomicU64>)>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the connection that has been without a request for longest.
    fn end_one(&self) {
        let connections = self.connections();
        if let Some((task, _)) = connections.values().min_by_key(|(_, last)| last.load(Ordering::Relaxed)) {
            task.abort();
        }
    }
}

/// Takes what is open out of the list when its task ends, however it ends.
struct Listed {
    open: Arc<Open>,
    number: u64,
}

impl Drop for Listed {
    fn drop(&mut self) {
        self.open.connections().remove(&self.number);
    }
}

/// Answers every connection until the runtime ends.
pub(super) async fn listen(listener: TcpListener, shared: Arc<Shared>) {
    let open = Arc::new(Open::default());
    loop {
        let Ok((stream, peer)) = listener.accept().await else {
            open.end_one();
            tokio::time::sleep(BREATH).await;
            continue;
        };
        while open.connections().len() >= MOST {
            open.end_one();
            // the task's end is seen to by the runtime
            tokio::task::yield_now().await;
        }
        let number = open.tick();
        let last = Arc::new(AtomicU64::new(number));
        let listed = Listed { open: Arc::clone(&open), number };
        // held over the start, so that the task can't end before it is listed
        let mut connections = open.connections();
        let task = tokio::spawn(attend(stream, peer, Arc::clone(&shared), Arc::clone(&last), listed));
        connections.insert(number, (task.abort_handle(), last));
    }
}

/// Answers the requests of one connection.
async fn attend(stream: TcpStream, peer: SocketAddr, shared: Arc<Shared>, last: Arc<AtomicU64>, listed: Listed) {
    // whatever this does to latency, the answers are right
    let _ = stream.set_nodelay(true);
    let is_stranger = shared.is_stranger(peer);
    let answer = |request| {
        last.store(listed.open.tick(), Ordering::Relaxed);
        let answer = shared.answer(&request, is_stranger);
        async move { Ok::<_, Infallible>(answer) }
    };
    let mut speech = http1::Builder::new();
    // a client may close its side once it has asked
    speech.half_close(true).max_buf_size(LONGEST_HEAD).header_read_timeout(None).writev(true);
    let mut connection = pin!(speech.serve_connection(Wire::new(stream), service_fn(answer)));
    let mut seen = last.load(Ordering::Relaxed);
    // a client that goes away, or talks nonsense, is no matter of ours
    while tokio::time::timeout(PATIENCE, connection.as_mut()).await.is_err() {
        let now = last.load(Ordering::Relaxed);
        if now == seen {
            return;
        }
        seen = now;
    }
}
