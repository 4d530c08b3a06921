//! Owns a place on this machine where a browser lands once: one path, one success, a plain page that can be closed, or the way on.
//! It refuses other methods than GET, other hosts' names, other users of the machine, and requests that are longer than any browser's.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use zeroize::Zeroizing;

use crate::error::Result;
use crate::peer::is_another_user;
use crate::secret::Secret;

/// The longest head of a request.
const LONGEST_HEAD: usize = 32 << 10;
/// The time in which a whole request must come.
const PATIENCE: Duration = Duration::from_secs(10);
/// The most connections at a time.
const MOST: usize = 32;

/// The place; it is gone when dropped. What a browser brings is a `T`.
#[derive(Debug)]
pub struct Landing<T> {
    address: SocketAddr,
    path: String,
    arrivals: Receiver<Arrived<T>>,
    over: Arc<AtomicBool>,
}

/// A browser that came, and waits for its page.
#[derive(Debug)]
pub struct Arrived<T> {
    /// What it brings.
    pub arrival: T,
    /// The browser.
    pub browser: Waiting,
}

/// A connection that is still to be answered.
#[derive(Debug)]
pub struct Waiting(TcpStream);

/// A page.
#[derive(Debug)]
pub struct Page {
    status: &'static str,
    title: &'static str,
    text: String,
    /// Where the browser goes on to.
    location: Option<Secret<String>>,
}

/// Reads what the query of a request brings; the page says why it was nothing.
type Judge<T> = dyn Fn(&Query<'_>) -> Result<T, Page> + Send + Sync;

/// What each connection is judged by.
struct Gate<T> {
    hosts: [String; 2],
    path: String,
    judge: Box<Judge<T>>,
    taken: AtomicBool,
    open: AtomicUsize,
}

/// The query of a request, which may hold secrets.
pub struct Query<'a>(&'a str);

impl<T: Send + 'static> Landing<T> {
    /// Begins to listen on a free port of 127.0.0.1, for the first request in which `judge` finds what is waited for.
    ///
    /// # Errors
    /// Where the system gives no port or no thread.
    pub fn start(path: &str, judge: impl Fn(&Query<'_>) -> Result<T, Page> + Send + Sync + 'static) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
        let listener = listener.context("could not listen on 127.0.0.1 for the browser's return")?;
        let address = listener.local_addr().context("could not listen on 127.0.0.1 for the browser's return")?;
        let (send, arrivals) = channel();
        let over = Arc::new(AtomicBool::new(false));
        let gate = Arc::new(Gate {
            hosts: [address.to_string(), format!("localhost:{}", address.port())],
            path: path.to_owned(),
            judge: Box::new(judge),
            taken: AtomicBool::new(false),
            open: AtomicUsize::new(0),
        });
        let is_over = Arc::clone(&over);
        std::thread::Builder::new()
            .name("landing".into())
            .spawn(move || listen(&listener, &gate, &send, &is_over))
            .context("could not start a thread")?;
        Ok(Self { address, path: path.to_owned(), arrivals, over })
    }

    /// Gives the address that the browser is to come to.
    pub fn url(&self) -> String {
        format!("http://{}{}", self.address, self.path)
    }

    /// Waits for the browser.
    pub fn wait(&self, time: Duration) -> Option<Arrived<T>> {
        self.arrivals.recv_timeout(time).ok()
    }
}

impl<T> Drop for Landing<T> {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        // wakes the listener, which then ends
        let _ = TcpStream::connect_timeout(&self.address, Duration::from_secs(1));
    }
}

impl Waiting {
    /// Shows the page that says what came of it.
    pub fn answer(self, page: Page) {
        page.send(&self.0);
    }
}

impl Page {
    /// Says what came of it.
    pub fn new(title: &'static str, text: &str) -> Self {
        Self { status: "200 OK", title, text: text.to_owned(), location: None }
    }

    /// Sends the browser on to a URL in printable ASCII.
    pub fn onward(url: &Secret<String>) -> Self {
        Self { status: "303 See Other", location: Some(url.clone()), ..Self::new("On the way", "The browser goes on.") }
    }

    /// Says that a request was ignored.
    pub fn ignored(text: &str) -> Self {
        Self::refusal("400 Bad Request", text)
    }

    fn refusal(status: &'static str, text: &str) -> Self {
        Self { status, ..Self::new("This is not the page that was asked for", text) }
    }

    fn send(&self, mut stream: &TcpStream) {
        let Self { status, title, text, location } = self;
        let body = format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>{title}</title></head>\n<body>\n\
             <h1>{title}</h1>\n<p>{}</p>\n<p>This page can be closed.</p>\n</body>\n</html>\n",
            escaped(text)
        );
        let allow = if status.starts_with("405") { "Allow: GET\r\n" } else { "" };
        let location = location.as_ref().map(|url| Zeroizing::new(format!("Location: {}\r\n", url.expose())));
        let location = location.as_ref().map_or("", |line| line.as_str());
        let answer = Zeroizing::new(format!(
            "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nCache-Control: no-store\r\n\
             Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\nReferrer-Policy: no-referrer\r\n\
             X-Content-Type-Options: nosniff\r\n{allow}{location}Connection: close\r\n\r\n{body}",
            body.len()
        ));
        // a browser that is gone needs no page
        let _ = stream.set_write_timeout(Some(PATIENCE));
        let _ = stream.write_all(answer.as_bytes()).and_then(|()| stream.flush());
        let _ = stream.shutdown(Shutdown::Write);
    }
}

fn listen<T: Send + 'static>(
    listener: &TcpListener,
    gate: &Arc<Gate<T>>,
    send: &Sender<Arrived<T>>,
    over: &AtomicBool,
) {
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

fn attend<T>(stream: TcpStream, gate: &Gate<T>, send: &Sender<Arrived<T>>) {
    // the address stands in the list of processes while the browser starts, where others read it, too
    let is_stranger = match (stream.peer_addr(), stream.local_addr()) {
        (Ok(peer), Ok(own)) => is_another_user(peer, own),
        _ => true,
    };
    if is_stranger {
        return Page::refusal("403 Forbidden", "This is for another user of this machine.").send(&stream);
    }
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

impl<T> Gate<T> {
    /// Judges a request; the first that brings what is waited for counts.
    fn judge(&self, head: &[u8]) -> Result<T, Page> {
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut request = httparse::Request::new(&mut headers);
        if !request.parse(head).is_ok_and(|status| status.is_complete()) {
            return Err(Page::ignored("This is no request."));
        }
        let mut hosts = request.headers.iter().filter(|header| header.name.eq_ignore_ascii_case("host"));
        let is_ours = |host: &httparse::Header<'_>| self.hosts.iter().any(|own| own.as_bytes() == host.value);
        if !hosts.next().is_some_and(is_ours) || hosts.next().is_some() {
            return Err(Page::ignored("The request is for another host."));
        }
        if request.method != Some("GET") {
            return Err(Page::refusal("405 Method Not Allowed", "Only GET is answered here."));
        }
        let target = request.path.unwrap_or_default();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        if path != self.path {
            return Err(Page::refusal("404 Not Found", "There is nothing here."));
        }
        let arrival = (self.judge)(&Query(query))?;
        match self.taken.swap(true, Ordering::SeqCst) {
            false => Ok(arrival),
            true => Err(Page::ignored("This is over.")),
        }
    }
}

impl Query<'_> {
    /// Gives the first value of that name, decoded; empty for none.
    pub fn get(&self, name: &str) -> String {
        let mut pairs = self.0.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(key, _)| *key == name).and_then(|(_, value)| decoded(value)).unwrap_or_default()
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

    /// Brings the code of a request whose state is `right`.
    fn right_state(query: &Query<'_>) -> Result<String, Page> {
        match (query.get("state").as_str(), query.get("code")) {
            ("right", code) if !code.is_empty() => Ok(code),
            _ => Err(Page::ignored("wrong")),
        }
    }

    #[test]
    fn one_request_with_the_right_state_counts() {
        let landing = Landing::start("/oauth/callback", right_state).unwrap();
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
            assert_eq!(arrived.arrival, "a/b");
            arrived.browser.answer(Page::new("Signed in", "You are signed in to <corp>."));
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
        let landing = Landing::start("/oauth/callback", right_state).unwrap();
        let address = landing.address;
        let _idle: Vec<_> = (0..8).map(|_| TcpStream::connect(landing.address).unwrap()).collect();
        std::thread::scope(|scope| {
            let page = scope.spawn(|| get(address, "/oauth/callback?code=a+b&state=right"));
            let arrived = landing.wait(Duration::from_secs(30)).unwrap();
            assert_eq!(arrived.arrival, "a b");
            arrived.browser.answer(Page::onward(&Secret::from("https://x/?y=z")));
            let page = page.join().unwrap();
            assert!(page.starts_with("HTTP/1.1 303") && page.contains("\r\nLocation: https://x/?y=z\r\n"), "{page}");
        });
    }
}
