//! Owns the place on this machine where the browser lands after a sign-in: one path, one success, a plain page that can be closed.
//! It refuses foreign states, other methods than GET, other hosts' names, and requests that are longer than any browser's.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use subtle::ConstantTimeEq as _;

use crate::error::Result;
use crate::secret::Secret;

/// The longest head of a request.
const LONGEST_HEAD: usize = 32 << 10;
/// The time in which a whole request must come.
const PATIENCE: Duration = Duration::from_secs(10);
/// The most connections at a time.
const MOST: usize = 32;

/// The place; it is gone when dropped.
#[derive(Debug)]
pub(super) struct Landing {
    address: SocketAddr,
    path: &'static str,
    arrivals: Receiver<Arrived>,
    over: Arc<AtomicBool>,
}

/// What the browser brings.
#[derive(Debug)]
pub(super) enum Arrival {
    /// The authorization code.
    Code(Secret<String>),
    /// The refusal (RFC 6749, section 4.1.2.1).
    Refused {
        /// OAuth's word for it.
        error: String,
        /// What is said besides.
        description: String,
    },
}

/// A browser that came, and waits for its page.
#[derive(Debug)]
pub(super) struct Arrived {
    pub(super) arrival: Arrival,
    pub(super) browser: Waiting,
}

/// A connection that is still to be answered.
#[derive(Debug)]
pub(super) struct Waiting(TcpStream);

/// A page.
#[derive(Debug)]
pub(super) struct Page {
    status: &'static str,
    title: &'static str,
    text: String,
}

/// What each connection is judged by.
#[derive(Debug)]
struct Gate {
    hosts: [String; 2],
    path: &'static str,
    state: Secret<String>,
    taken: AtomicBool,
    open: AtomicUsize,
}

impl Landing {
    /// Begins to listen on a free port of 127.0.0.1, for a request with this `state`.
    pub(super) fn start(path: &'static str, state: &Secret<String>) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
        let listener = listener.context("could not listen on 127.0.0.1 for the browser's return")?;
        let address = listener.local_addr().context("could not listen on 127.0.0.1 for the browser's return")?;
        let (send, arrivals) = channel();
        let over = Arc::new(AtomicBool::new(false));
        let gate = Arc::new(Gate {
            hosts: [address.to_string(), format!("localhost:{}", address.port())],
            path,
            state: state.clone(),
            taken: AtomicBool::new(false),
            open: AtomicUsize::new(0),
        });
        let is_over = Arc::clone(&over);
        std::thread::Builder::new()
            .name("landing".into())
            .spawn(move || listen(&listener, &gate, &send, &is_over))
            .context("could not start a thread")?;
        Ok(Self { address, path, arrivals, over })
    }

    /// Gives the address that the browser is to come back to.
    pub(super) fn url(&self) -> String {
        format!("http://{}{}", self.address, self.path)
    }

    /// Waits for the browser.
    pub(super) fn wait(&self, time: Duration) -> Option<Arrived> {
        self.arrivals.recv_timeout(time).ok()
    }
}

impl Drop for Landing {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        // wakes the listener, which then ends
        let _ = TcpStream::connect_timeout(&self.address, Duration::from_secs(1));
    }
}

impl Waiting {
    /// Shows the page that says what came of it.
    pub(super) fn answer(self, page: Page) {
        page.send(&self.0);
    }
}

impl Page {
    /// Says that it is done.
    pub(super) fn done(name: &str) -> Self {
        Self { status: "200 OK", title: "Signed in", text: format!("You are signed in to {name}.") }
    }

    /// Says that it failed.
    pub(super) fn failed(text: &str) -> Self {
        Self { status: "200 OK", title: "Not signed in", text: text.to_owned() }
    }

    fn refusal(status: &'static str, text: &str) -> Self {
        Self { status, title: "This is not the page that was asked for", text: text.to_owned() }
    }

    fn send(&self, mut stream: &TcpStream) {
        let Self { status, title, text } = self;
        let body = format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>{title}</title></head>\n<body>\n\
             <h1>{title}</h1>\n<p>{}</p>\n<p>This page can be closed.</p>\n</body>\n</html>\n",
            escaped(text)
        );
        let allow = if status.starts_with("405") { "Allow: GET\r\n" } else { "" };
        let answer = format!(
            "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nCache-Control: no-store\r\n\
             Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\nReferrer-Policy: no-referrer\r\n\
             X-Content-Type-Options: nosniff\r\n{allow}Connection: close\r\n\r\n{body}",
            body.len()
        );
        // a browser that is gone needs no page
        let _ = stream.set_write_timeout(Some(PATIENCE));
        let _ = stream.write_all(answer.as_bytes()).and_then(|()| stream.flush());
        let _ = stream.shutdown(Shutdown::Write);
    }
}

fn listen(listener: &TcpListener, gate: &Arc<Gate>, send: &Sender<Arrived>, over: &AtomicBool) {
    for stream in listener.incoming() {
        if over.load(Ordering::SeqCst) {
            return;
        }
        let Ok(stream) = stream else {
            std::thread::sleep(Duration::from_millis(50));
            continue;
        };
        if gate.open.fetch_add(1, Ordering::SeqCst) >= MOST {
            gate.open.fetch_sub(1, Ordering::SeqCst);
            continue;
        }
        let (at_gate, send) = (Arc::clone(gate), send.clone());
        let attend = move || {
            attend(stream, &at_gate, &send);
            at_gate.open.fetch_sub(1, Ordering::SeqCst);
        };
        if std::thread::Builder::new().name("landing".into()).spawn(attend).is_err() {
            gate.open.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

fn attend(stream: TcpStream, gate: &Gate, send: &Sender<Arrived>) {
    match head(&stream).and_then(|head| gate.judge(&head)) {
        // nobody waits any more where it can't be sent
        Ok(arrival) => drop(send.send(Arrived { arrival, browser: Waiting(stream) })),
        Err(page) => page.send(&stream),
    }
}

/// Reads the head of a request.
fn head(mut stream: &TcpStream) -> Result<Vec<u8>, Page> {
    let end = Instant::now() + PATIENCE;
    let mut head = Vec::new();
    let mut piece = [0; 2048];
    while !head.windows(4).any(|window| window == b"\r\n\r\n") {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() || stream.set_read_timeout(Some(left)).is_err() {
            return Err(Page::refusal("408 Request Timeout", "The request took too long."));
        }
        match stream.read(&mut piece) {
            Ok(read) if read > 0 && head.len() + read <= LONGEST_HEAD => {
                head.extend_from_slice(piece.get(..read).unwrap_or_default());
            }
            Ok(read) if read > 0 => return Err(Page::refusal("431 Request Header Fields Too Large", "Too long.")),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            _ => return Err(Page::refusal("400 Bad Request", "The request is cut off.")),
        }
    }
    Ok(head)
}

impl Gate {
    /// Judges a request; the first that brings the right state counts.
    fn judge(&self, head: &[u8]) -> Result<Arrival, Page> {
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut request = httparse::Request::new(&mut headers);
        let bad = |text| Page::refusal("400 Bad Request", text);
        if !request.parse(head).is_ok_and(|status| status.is_complete()) {
            return Err(bad("This is no request."));
        }
        let mut hosts = request.headers.iter().filter(|header| header.name.eq_ignore_ascii_case("host"));
        let is_ours = |host: &httparse::Header<'_>| self.hosts.iter().any(|own| own.as_bytes() == host.value);
        if !hosts.next().is_some_and(is_ours) || hosts.next().is_some() {
            return Err(bad("The request is for another host."));
        }
        if request.method != Some("GET") {
            return Err(Page::refusal("405 Method Not Allowed", "Only GET is answered here."));
        }
        let target = request.path.unwrap_or_default();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        if path != self.path {
            return Err(Page::refusal("404 Not Found", "There is nothing here."));
        }
        let get = |name: &str| {
            let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.filter(|(key, _)| *key == name).map(|(_, value)| decoded(value)).next().flatten().unwrap_or_default()
        };
        if !bool::from(get("state").as_bytes().ct_eq(self.state.expose().as_bytes())) {
            return Err(bad("This belongs to another sign-in, and was ignored."));
        }
        let arrival = match (get("code"), get("error")) {
            (_, error) if !error.is_empty() => Arrival::Refused { error, description: get("error_description") },
            (code, _) if !code.is_empty() => Arrival::Code(Secret::new(code)),
            _ => return Err(bad("The sign-in brought no code.")),
        };
        match self.taken.swap(true, Ordering::SeqCst) {
            false => Ok(arrival),
            true => Err(bad("This sign-in is over.")),
        }
    }
}

/// Decodes a value of a query; none for what isn't UTF-8.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(address: SocketAddr, request: &str) -> String {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
        answer
    }

    fn get(address: SocketAddr, target: &str) -> String {
        ask(address, &format!("GET {target} HTTP/1.1\r\nHost: {address}\r\n\r\n"))
    }

    #[test]
    fn one_request_with_the_right_state_counts() {
        let landing = Landing::start("/oauth/callback", &Secret::from("right")).unwrap();
        assert!(landing.url().starts_with("http://127.0.0.1:") && landing.url().ends_with("/oauth/callback"));
        let address = landing.address;
        for (request, status) in [
            ("GET /oauth/callback?code=c&state=wrong HTTP/1.1\r\nHost: HERE\r\n\r\n", "400"),
            ("GET /oauth/callback?code=c HTTP/1.1\r\nHost: HERE\r\n\r\n", "400"),
            ("GET /oauth/callback?state=right HTTP/1.1\r\nHost: HERE\r\n\r\n", "400"),
            ("GET /oauth/callback?code=c&state=right HTTP/1.1\r\nHost: evil.com\r\n\r\n", "400"),
            ("GET /oauth/callback?code=c&state=right HTTP/1.1\r\nHost: HERE\r\nHost: HERE\r\n\r\n", "400"),
            ("GET /oauth/callback?code=c&state=right HTTP/1.1\r\n\r\n", "400"),
            ("POST /oauth/callback?code=c&state=right HTTP/1.1\r\nHost: HERE\r\n\r\n", "405"),
            ("GET /favicon.ico HTTP/1.1\r\nHost: HERE\r\n\r\n", "404"),
            ("nonsense\r\n\r\n", "400"),
            (&format!("GET /{} HTTP/1.1\r\n", "x".repeat(40_000)), "431"),
        ] {
            let answer = ask(address, &request.replace("HERE", &address.to_string()));
            assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{request}: {answer}");
        }
        assert!(landing.wait(Duration::ZERO).is_none());
        std::thread::scope(|scope| {
            let page = scope.spawn(|| get(address, "/oauth/callback?code=a%2Fb&state=right"));
            let arrived = landing.wait(Duration::from_secs(30)).unwrap();
            let Arrival::Code(code) = &arrived.arrival else { panic!("refused") };
            assert_eq!(code.expose(), "a/b");
            arrived.browser.answer(Page::done("<corp>"));
            let page = page.join().unwrap();
            assert!(page.starts_with("HTTP/1.1 200") && page.contains("signed in to &lt;corp&gt;"), "{page}");
            assert!(page.contains("can be closed") && !page.contains("<script") && page.contains("no-store"), "{page}");
        });
        assert!(get(address, "/oauth/callback?code=c&state=right").contains("is over"));
        drop(landing);
        let end = Instant::now() + Duration::from_secs(30);
        while TcpStream::connect(address).is_ok() && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(5));
        }
        assert!(TcpStream::connect(address).is_err(), "nobody listens any more");
    }

    #[test]
    fn slow_ones_keep_nobody_out() {
        let landing = Landing::start("/oauth/callback", &Secret::from("s")).unwrap();
        let address = landing.address;
        let _idle: Vec<_> = (0..8).map(|_| TcpStream::connect(landing.address).unwrap()).collect();
        std::thread::scope(|scope| {
            scope.spawn(|| get(address, "/oauth/callback?error=access_denied&error_description=a+b&state=s"));
            let arrived = landing.wait(Duration::from_secs(30)).unwrap();
            let Arrival::Refused { error, description } = &arrived.arrival else { panic!("a code") };
            assert_eq!((error.as_str(), description.as_str()), ("access_denied", "a b"));
            arrived.browser.answer(Page::failed("no"));
        });
    }
}
