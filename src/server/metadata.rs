//! Owns instance metadata, version 2 (EC2 User Guide, "Use IMDS"): tokens with a life of their own, the role's credentials, and
//! what else is known of a machine that isn't one. It refuses to make up the rest: that is 404.

use anyhow::Context as _;
use hmac::{Hmac, KeyInit as _, Mac as _};
use hyper::body::Bytes;
use hyper::header::{HeaderMap, HeaderValue};
use hyper::{Method, Request, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use super::answer::{Answer, expired, json, not_allowed, not_found, refusal, text};
use super::held::Held;
use crate::clock::rfc3339;
use crate::encoding::hex;
use crate::error::Result;
use crate::secret::Secret;

const TTL: &str = "x-aws-ec2-metadata-token-ttl-seconds";
const TOKEN: &str = "x-aws-ec2-metadata-token";
/// Six hours.
const LONGEST_LIFE: i64 = 21_600;
/// The digits of an end of life before its signature.
const END: usize = 16;

const TOKEN_PATH: &str = "/latest/api/token";
const CREDENTIALS: &str = "/latest/meta-data/iam/security-credentials";

/// The protocol with the key that its tokens are signed with: no list of them is kept.
pub(super) struct Metadata {
    signer: Hmac<Sha256>,
    with_v1: bool,
}

impl Metadata {
    pub(super) fn new(with_v1: bool) -> Result<Self> {
        let signer = Hmac::new_from_slice(Secret::<[u8; 32]>::random()?.expose()).context("could not make a key")?;
        Ok(Self { signer, with_v1 })
    }

    pub(super) fn answer<B>(&self, request: &Request<B>, held: &Held, now: Timestamp) -> Answer {
        let path = request.uri().path();
        if path == TOKEN_PATH {
            return match *request.method() {
                Method::PUT => self.hand_out_token(request.headers(), now),
                _ => not_allowed("PUT"),
            };
        }
        if request.method() != Method::GET {
            return not_allowed("GET");
        }
        if !self.is_authorized(request.headers(), now) {
            let message = "a token is needed that PUT /latest/api/token gave, and that has not expired";
            return refusal(StatusCode::UNAUTHORIZED, "Unauthorized", message);
        }
        document(path, held, now)
    }

    fn hand_out_token(&self, headers: &HeaderMap, now: Timestamp) -> Answer {
        let asked = headers.get(TTL).and_then(|value| value.to_str().ok()?.parse::<i64>().ok());
        let Some(life) = asked.filter(|life| (1..=LONGEST_LIFE).contains(life)) else {
            let message = "X-aws-ec2-metadata-token-ttl-seconds must be 1 to 21600";
            return refusal(StatusCode::BAD_REQUEST, "BadRequest", message);
        };
        let end = now.saturating_add(SignedDuration::from_secs(life)).unwrap_or(now);
        let end = format!("{:0END$x}", end.as_millisecond());
        let mut answer = text(format!("{end}{}", self.sign(&end)));
        // SDKs read the life from the answer
        answer.headers_mut().insert(TTL, HeaderValue::from(life));
        answer
    }

    /// Judges the token; without any, version 1 decides. A wrong one is refused all the same.
    fn is_authorized(&self, headers: &HeaderMap, now: Timestamp) -> bool {
        let mut values = headers.get_all(TOKEN).iter();
        match (values.next(), values.next()) {
            (None, _) => self.with_v1,
            (Some(token), None) => token.to_str().is_ok_and(|token| self.is_good(token, now)),
            (Some(_), Some(_)) => false,
        }
    }

    fn is_good(&self, token: &str, now: Timestamp) -> bool {
        let Some((end, signature)) = token.split_at_checked(END) else { return false };
        let genuine: bool = self.sign(end).as_bytes().ct_eq(signature.as_bytes()).into();
        let left = i64::from_str_radix(end, 16).map(|end| end.saturating_sub(now.as_millisecond()));
        genuine && left.is_ok_and(|left| (1..=LONGEST_LIFE * 1_000).contains(&left))
    }

    fn sign(&self, end: &str) -> String {
        hex(&self.signer.clone().chain_update(end).finalize().into_bytes())
    }
}

/// Gives what stands at a path; a folder with and without its last slash.
fn document(path: &str, held: &Held, now: Timestamp) -> Answer {
    if let Some(name) = path.strip_prefix(CREDENTIALS) {
        return match name {
            "" | "/" => text(held.role_name().to_owned()),
            name if name.strip_prefix('/') == Some(held.role_name()) => match held.metadata(now) {
                Some(body) => json(StatusCode::OK, body),
                None => expired(),
            },
            _ => not_found(),
        };
    }
    match path {
        "/latest/dynamic/instance-identity/document" => {
            object(&[("accountId", held.account_id()), ("region", held.region())])
        }
        "/latest/meta-data/iam/info" => {
            let profile = held.role_arn().map(|arn| arn.replacen(":role/", ":instance-profile/", 1));
            let updated = profile.is_some().then(|| rfc3339(held.issued_at()));
            let code = profile.is_some().then_some("Success");
            object(&[("Code", code), ("LastUpdated", updated.as_deref()), ("InstanceProfileArn", profile.as_deref())])
        }
        "/latest/meta-data/placement/region" => match held.region() {
            Some(region) => text(region.to_owned()),
            None => not_found(),
        },
        _ => folder(path, held),
    }
}

/// Lists a folder of what is known.
fn folder(path: &str, held: &Held) -> Answer {
    let placement = held.region().is_some();
    let (iam, dynamic) = (held.role_arn().is_some(), placement || held.account_id().is_some());
    let lines: &[(&str, bool)] = match path.strip_suffix('/').unwrap_or(path) {
        "/latest" => &[("dynamic/", dynamic), ("meta-data/", true)],
        "/latest/dynamic" => &[("instance-identity/", dynamic)],
        "/latest/dynamic/instance-identity" => &[("document", dynamic)],
        "/latest/meta-data" => &[("iam/", true), ("placement/", placement)],
        "/latest/meta-data/iam" => &[("info", iam), ("security-credentials/", true)],
        "/latest/meta-data/placement" => &[("region", placement)],
        _ => &[],
    };
    let known: Vec<&str> = lines.iter().filter(|(_, known)| *known).map(|(line, _)| *line).collect();
    if known.is_empty() { not_found() } else { text(known.join("\n")) }
}

/// Answers with the members that are known, as an object.
fn object(members: &[(&str, Option<&str>)]) -> Answer {
    let known = members.iter().filter_map(|(name, value)| Some(((*name).to_owned(), Value::from((*value)?))));
    let known: Map<String, Value> = known.collect();
    if known.is_empty() {
        return not_found();
    }
    json(StatusCode::OK, Bytes::from(Value::Object(known).to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        Timestamp::from_second(1_800_000_000).unwrap()
    }

    #[test]
    fn metadata_tokens_are_signed_and_expire() {
        let metadata = Metadata::new(false).unwrap();
        let token = |life: i64| {
            let headers =
                [(hyper::header::HeaderName::from_static("x-aws-ec2-metadata-token-ttl-seconds"), life.into())];
            metadata.hand_out_token(&headers.into_iter().collect(), now())
        };
        for (life, status) in [(0, 400), (-1, 400), (21_601, 400), (1, 200), (21_600, 200)] {
            assert_eq!(token(life).status(), status, "{life}");
        }
        let end = format!("{:016x}", now().as_millisecond() + 2_000);
        let good = format!("{end}{}", metadata.sign(&end));
        let later = |seconds| now() + SignedDuration::from_secs(seconds);
        assert!(metadata.is_good(&good, now()) && metadata.is_good(&good, later(1)));
        assert!(!metadata.is_good(&good, later(2)));
        // a clock that was set back doesn't make tokens good for longer than the longest
        assert!(!metadata.is_good(&good, later(-21_600)));
        let other = Metadata::new(false).unwrap();
        let forged = format!("{:016x}{}", now().as_millisecond() + 9_000, &good[16..]);
        for bad in ["", "x", &good[..79], &forged, "ffffffffffffffff", &"é".repeat(40)] {
            assert!(!metadata.is_good(bad, now()), "{bad}");
        }
        assert!(!other.is_good(&good, now()));
    }
}
