//! Owns the container protocol: one path, one method, one token that was made up at the start.
//! It refuses everything else with an error that holds no secret (AWS SDKs and Tools Reference Guide, "Container credential provider").

use hyper::body::Incoming;
use hyper::header::AUTHORIZATION;
use hyper::{Method, Request, StatusCode};
use jiff::Timestamp;
use subtle::ConstantTimeEq as _;

use super::answer::{Answer, expired, json, not_allowed, not_found, refusal};
use super::held::Held;
use crate::encoding::hex;
use crate::error::Result;
use crate::secret::Secret;

/// Where the credentials are.
pub(super) const PATH: &str = "/credentials";

/// The protocol with its token.
pub(super) struct Container {
    token: Secret<String>,
}

impl Container {
    /// Makes up a token of 256 bits.
    pub(super) fn new() -> Result<Self> {
        Ok(Self { token: Secret::new(hex(Secret::<[u8; 32]>::random()?.expose())) })
    }

    pub(super) fn token(&self) -> &Secret<String> {
        &self.token
    }

    pub(super) fn answer(&self, request: &Request<Incoming>, held: &Held, now: Timestamp) -> Answer {
        if request.method() != Method::GET {
            return not_allowed("GET");
        }
        if request.uri() != PATH {
            return not_found();
        }
        if !self.is_authorized(request) {
            let message = "the Authorization header isn't the token of AWS_CONTAINER_AUTHORIZATION_TOKEN";
            return refusal(StatusCode::UNAUTHORIZED, "Unauthorized", message);
        }
        match held.container(now) {
            Some(body) => json(StatusCode::OK, body),
            None => expired(),
        }
    }

    /// Compares without telling by its time how much was right; only the length, which is no secret, ends it early.
    fn is_authorized(&self, request: &Request<Incoming>) -> bool {
        let mut values = request.headers().get_all(AUTHORIZATION).iter();
        let (first, second) = (values.next(), values.next());
        let right = first.is_some_and(|value| value.as_bytes().ct_eq(self.token.expose().as_bytes()).into());
        right && second.is_none()
    }
}
