//! Owns what holds for every request, whatever the protocol: it comes from a program of this machine that means this endpoint.
//! It refuses web pages (`Origin`, and `Host` against DNS rebinding), proxies, and requests that carry more than a head.

use std::net::SocketAddr;

use hyper::body::{Body, Incoming};
use hyper::header::{HOST, ORIGIN, TRANSFER_ENCODING};
use hyper::{Request, StatusCode};

use super::answer::{Answer, refusal};

/// The names that this endpoint goes by.
pub(super) struct Gate {
    hosts: Vec<String>,
}

impl Gate {
    pub(super) fn new(address: SocketAddr) -> Self {
        let mut hosts = vec![address.to_string(), format!("localhost:{}", address.port())];
        if address.port() == 80 {
            let named: Vec<String> =
                hosts.iter().filter_map(|host| host.strip_suffix(":80").map(str::to_owned)).collect();
            hosts.extend(named);
        }
        Self { hosts }
    }

    /// Gives the refusal of a request that isn't to be looked at any further.
    pub(super) fn refuse(&self, request: &Request<Incoming>) -> Option<Answer> {
        let headers = request.headers();
        let malformed = |message| Some(refusal(StatusCode::BAD_REQUEST, "BadRequest", message));
        let forbidden = |message| Some(refusal(StatusCode::FORBIDDEN, "Forbidden", message));
        if headers.contains_key(TRANSFER_ENCODING) || !request.body().is_end_stream() {
            return malformed("requests have no body here");
        }
        if request.uri().authority().is_some() {
            return malformed("this is no proxy");
        }
        let mut hosts = headers.get_all(HOST).iter();
        let (first, second) = (hosts.next(), hosts.next());
        let meant =
            first.is_some_and(|host| self.hosts.iter().any(|own| host.as_bytes().eq_ignore_ascii_case(own.as_bytes())));
        if !meant || second.is_some() {
            return forbidden("the Host header names something else");
        }
        if headers.contains_key(ORIGIN) {
            return forbidden("web pages get no credentials");
        }
        if headers.contains_key("x-forwarded-for") {
            return forbidden("forwarded requests are refused");
        }
        None
    }
}
