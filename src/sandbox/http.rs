//! Owns HTTP/1.1 on one connection: reads a request within limits, writes an answer whole or damaged on purpose.
//! It refuses chunked requests and anything larger than an AWS client sends.

use std::fmt::Write as _;
use std::io::{self, Read, Write};
use std::time::Duration;

const MAX_HEAD: usize = 64 * 1024;
const MAX_BODY: usize = 1024 * 1024;
const MAX_HEADERS: usize = 100;

/// A request as it came in.
pub(super) struct Request {
    pub(super) method: String,
    /// The path as sent, still percent-encoded.
    pub(super) path: String,
    /// The query string as sent, without its `?`.
    pub(super) query: String,
    /// Names in lower case, in the order in which they came.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    /// Whether the client keeps the connection.
    pub(super) keep_alive: bool,
}

impl Request {
    /// Gives the first value of a header.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(have, _)| have == name).map(|(_, value)| value.as_str())
    }
}

/// What came in on a connection.
pub(super) enum Received {
    Request(Request),
    /// Something that isn't an acceptable request, with the status that says so.
    Unacceptable(u16),
    /// The client is gone.
    Closed,
}

/// Reads one request. `pending` holds bytes that came in after the one before.
pub(super) fn read_request(stream: &mut impl Read, pending: &mut Vec<u8>) -> io::Result<Received> {
    let (head_length, body_length, mut request) = loop {
        match parse_head(pending) {
            Head::Whole(length, body, request) => break (length, body, request),
            Head::Unacceptable(status) => return Ok(Received::Unacceptable(status)),
            Head::Partial if pending.len() > MAX_HEAD => return Ok(Received::Unacceptable(431)),
            Head::Partial => {}
        }
        if !read_more(stream, pending)? {
            return Ok(Received::Closed);
        }
    };
    while pending.len() < head_length + body_length {
        if !read_more(stream, pending)? {
            return Ok(Received::Closed);
        }
    }
    request.body = pending.drain(..head_length + body_length).skip(head_length).collect();
    Ok(Received::Request(request))
}

fn read_more(stream: &mut impl Read, pending: &mut Vec<u8>) -> io::Result<bool> {
    let mut piece = [0; 8 * 1024];
    let length = stream.read(&mut piece)?;
    pending.extend(piece.iter().take(length));
    Ok(length > 0)
}

enum Head {
    Whole(usize, usize, Request),
    Partial,
    Unacceptable(u16),
}

fn parse_head(bytes: &[u8]) -> Head {
    let mut slots = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut parsed = httparse::Request::new(&mut slots);
    let length = match parsed.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Head::Partial,
        Err(httparse::Error::TooManyHeaders) => return Head::Unacceptable(431),
        Err(_) => return Head::Unacceptable(400),
    };
    let headers: Vec<(String, String)> = parsed
        .headers
        .iter()
        .map(|header| (header.name.to_ascii_lowercase(), String::from_utf8_lossy(header.value).into_owned()))
        .collect();
    let (path, query) = parsed.path.unwrap_or("/").split_once('?').unwrap_or((parsed.path.unwrap_or("/"), ""));
    let mut request = Request {
        method: parsed.method.unwrap_or_default().to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers,
        body: Vec::new(),
        keep_alive: parsed.version == Some(1),
    };
    if request.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close")) {
        request.keep_alive = false;
    }
    if request.header("transfer-encoding").is_some() {
        return Head::Unacceptable(411);
    }
    match request.header("content-length").map(str::parse::<usize>) {
        None => Head::Whole(length, 0, request),
        Some(Ok(body)) if body <= MAX_BODY => Head::Whole(length, body, request),
        Some(Ok(_)) => Head::Unacceptable(413),
        Some(Err(_)) => Head::Unacceptable(400),
    }
}

/// An answer.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
    pub(super) delivery: Delivery,
}

/// How an answer reaches the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Delivery {
    Whole,
    /// Half the body, then the end of the connection.
    Torn,
    /// The body byte by byte, with a pause before each.
    Drip(Duration),
    /// The body, and then blanks up to so many bytes.
    Padded(u64),
    /// Nothing, until the client goes away.
    Never,
    /// The end of the connection.
    HangUp,
}

impl Reply {
    /// Makes an answer that is delivered whole.
    pub(super) fn new(status: u16, content_type: &'static str, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("Content-Type", content_type.to_owned())];
        Self { status, headers, body: body.into(), delivery: Delivery::Whole }
    }
}

/// Writes an answer; tells whether the connection can carry another request. `wait` pauses, and is false once
/// everything is to stop.
pub(super) fn write_reply(
    stream: &mut (impl Read + Write),
    reply: &Reply,
    with_body: bool,
    keep_alive: bool,
    wait: impl Fn(Duration) -> bool,
) -> io::Result<bool> {
    let length = match reply.delivery {
        Delivery::Padded(total) => total.max(reply.body.len() as u64),
        Delivery::HangUp => return Ok(false),
        Delivery::Never => {
            while stream.read(&mut [0; 1024])? > 0 {}
            return Ok(false);
        }
        _ => reply.body.len() as u64,
    };
    let mut answer = head(reply, length, keep_alive).into_bytes();
    if !with_body {
        stream.write_all(&answer)?;
        stream.flush()?;
        return Ok(keep_alive);
    }
    match reply.delivery {
        Delivery::Torn => answer.extend(reply.body.iter().take(reply.body.len() / 2)),
        Delivery::Drip(_) => {}
        _ => answer.extend(&reply.body),
    }
    stream.write_all(&answer)?;
    stream.flush()?;
    match reply.delivery {
        Delivery::Drip(pause) => {
            for byte in &reply.body {
                if !wait(pause) {
                    return Ok(false);
                }
                stream.write_all(&[*byte])?;
                stream.flush()?;
            }
        }
        Delivery::Padded(_) => {
            io::copy(&mut io::repeat(b' ').take(length - reply.body.len() as u64), stream)?;
            stream.flush()?;
        }
        _ => {}
    }
    Ok(keep_alive && reply.delivery != Delivery::Torn)
}

fn head(reply: &Reply, length: u64, keep_alive: bool) -> String {
    let mut head = format!("HTTP/1.1 {} {}\r\n", reply.status, reason(reply.status));
    for (name, value) in &reply.headers {
        let _ = write!(head, "{name}: {value}\r\n");
    }
    let connection = if keep_alive { "keep-alive" } else { "close" };
    let _ = write!(head, "Content-Length: {length}\r\nConnection: {connection}\r\n\r\n");
    head
}

/// Gives the words that stand beside a status.
pub(super) fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        302 => "Found",
        307 => "Temporary Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        411 => "Length Required",
        413 => "Content Too Large",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        _ => "Unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hands out a few bytes at a time.
    struct Trickle<'a>(&'a [u8], usize);

    impl Read for Trickle<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let length = self.1.min(buffer.len());
            self.0.read(&mut buffer[..length])
        }
    }

    #[test]
    fn requests_are_read_one_by_one_however_they_arrive() {
        let bytes = b"POST /a?b=c HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.0\r\n\r\n";
        for step in [1, 7, 1000] {
            let (mut stream, mut pending) = (Trickle(bytes, step), Vec::new());
            let Received::Request(first) = read_request(&mut stream, &mut pending).unwrap() else { panic!() };
            assert_eq!((first.path.as_str(), first.query.as_str(), first.body.as_slice()), ("/a", "b=c", &b"abc"[..]));
            assert!(first.keep_alive && first.header("host") == Some("x"));
            let Received::Request(second) = read_request(&mut stream, &mut pending).unwrap() else { panic!() };
            assert!(second.method == "GET" && second.body.is_empty() && !second.keep_alive);
            assert!(matches!(read_request(&mut stream, &mut pending).unwrap(), Received::Closed));
        }
    }

    #[test]
    fn a_torn_answer_promises_more_than_it_holds() {
        let mut reply = Reply::new(200, "text/xml", "abcdef");
        reply.delivery = Delivery::Torn;
        let mut stream = io::Cursor::new(Vec::new());
        assert!(!write_reply(&mut stream, &reply, true, true, |_| true).unwrap());
        let text = String::from_utf8(stream.into_inner()).unwrap();
        assert!(text.contains("Content-Length: 6\r\n") && text.ends_with("\r\n\r\nabc"), "{text}");
    }
}
