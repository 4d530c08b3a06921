//! Owns the checking of Signature Version 4 in the `Authorization` header, by the AWS reference on signing.
//! It refuses pre-signed URLs and the other signature versions.

use hmac::{Hmac, KeyInit, Mac};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use super::http::Request;
use super::query::percent_decode;
use super::refusal::Refusal;

use crate::encoding::hex;

/// How far a client's clock may be off, either way: the narrowest that AWS's services allow (some allow 15 minutes).
const SKEW: SignedDuration = SignedDuration::from_mins(5);
const AMZ_DATE: &str = "%Y%m%dT%H%M%SZ";

/// The parts of an `Authorization` header.
pub(super) struct Authorization {
    pub(super) access_key_id: String,
    date: String,
    region: String,
    service: String,
    signed_headers: Vec<String>,
    signature: String,
}

impl Authorization {
    /// Reads the header.
    pub(super) fn parse(request: &Request) -> Result<Self, Refusal> {
        let incomplete = |message: String| Refusal::new(403, "IncompleteSignature", message);
        let header = request.header("authorization").ok_or_else(|| {
            Refusal::new(403, "MissingAuthenticationToken", "Request is missing Authentication Token")
        })?;
        let fields = header.strip_prefix("AWS4-HMAC-SHA256").ok_or_else(|| {
            incomplete(format!("Unsupported AWS 'algorithm': '{}'", header.split(' ').next().unwrap_or_default()))
        })?;
        let field = |name: &str| {
            fields
                .split(',')
                .find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='))
                .ok_or_else(|| incomplete(format!("Authorization header requires '{name}' parameter.")))
        };
        let scope: Vec<&str> = field("Credential")?.split('/').collect();
        let [access_key_id, date, region, service, "aws4_request"] = scope[..] else {
            return Err(incomplete(
                "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term".into(),
            ));
        };
        Ok(Self {
            access_key_id: access_key_id.to_owned(),
            date: date.to_owned(),
            region: region.to_owned(),
            service: service.to_owned(),
            signed_headers: field("SignedHeaders")?.split(';').map(str::to_owned).collect(),
            signature: field("Signature")?.to_owned(),
        })
    }

    /// Judges everything that needs no secret: what is signed, for which service, and when.
    pub(super) fn check_scope(&self, request: &Request, service: &str, now: Timestamp) -> Result<(), Refusal> {
        let is_signed = |name: &str| self.signed_headers.iter().any(|signed| signed == name);
        if !is_signed("host") {
            return Err(Refusal::signature("'Host' must be a 'SignedHeader' in the AWS Authorization."));
        }
        for name in ["x-amz-date", "x-amz-security-token"] {
            if request.header(name).is_some() && !is_signed(name) {
                return Err(Refusal::signature(format!("'{name}' must be a 'SignedHeader' in the AWS Authorization.")));
            }
        }
        if self.service != service {
            return Err(Refusal::signature(format!("Credential should be scoped to correct service: '{service}'. ")));
        }
        if !is_region(&self.region) {
            return Err(Refusal::signature("Credential should be scoped to a valid region. "));
        }
        let text = request.header("x-amz-date").unwrap_or_default();
        let signed_at = DateTime::strptime(AMZ_DATE, text).ok().and_then(|time| time.to_zoned(TimeZone::UTC).ok());
        let Some(signed_at) = signed_at.map(|time| time.timestamp()) else {
            return Err(Refusal::new(
                403,
                "IncompleteSignature",
                format!(
                    "Date must be in ISO-8601 'basic format'. Got '{text}'. See http://en.wikipedia.org/wiki/ISO_8601"
                ),
            ));
        };
        let (day, show) = (text.get(..8).unwrap_or_default(), |time: Timestamp| time.strftime(AMZ_DATE).to_string());
        if self.date != day {
            return Err(Refusal::signature(format!(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{}' != '{day}', from '{text}'.",
                self.date
            )));
        }
        let (earliest, latest) = (now - SKEW, now + SKEW);
        if signed_at < earliest {
            let (limit, now) = (show(earliest), show(now));
            return Err(Refusal::signature(format!(
                "Signature expired: {text} is now earlier than {limit} ({now} - 5 min.)"
            )));
        }
        if signed_at > latest {
            let (limit, now) = (show(latest), show(now));
            return Err(Refusal::signature(format!(
                "Signature not yet current: {text} is still later than {limit} ({now} + 5 min.)"
            )));
        }
        Ok(())
    }

    /// Judges the signature itself, in constant time.
    pub(super) fn check_signature(&self, request: &Request, secret: &str) -> Result<(), Refusal> {
        let mut key = hmac(format!("AWS4{secret}").as_bytes(), &self.date);
        for part in [self.region.as_str(), self.service.as_str(), "aws4_request"] {
            key = hmac(&key, part);
        }
        let signed = unhex(&self.signature)
            .is_some_and(|signature| mac(&key, &self.string_to_sign(request)).verify_slice(&signature).is_ok());
        if signed {
            return Ok(());
        }
        Err(Refusal::signature(
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret \
             Access Key and signing method. Consult the service documentation for details.",
        ))
    }

    fn string_to_sign(&self, request: &Request) -> String {
        let time = request.header("x-amz-date").unwrap_or_default();
        let scope = format!("{}/{}/{}/aws4_request", self.date, self.region, self.service);
        format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", hex(&Sha256::digest(self.canonical_request(request))))
    }

    fn canonical_request(&self, request: &Request) -> String {
        let headers: String = self
            .signed_headers
            .iter()
            .map(|name| {
                let values = request.headers.iter().filter(|(have, _)| have == name);
                let values: Vec<String> = values.map(|(_, value)| single_spaces(value)).collect();
                format!("{name}:{}\n", values.join(","))
            })
            .collect();
        [
            request.method.as_str(),
            // every service but S3 has the path encoded once more for the signature
            &encode(&request.path, true),
            &canonical_query(&request.query),
            &headers,
            &self.signed_headers.join(";"),
            &hex(&Sha256::digest(&request.body)),
        ]
        .join("\n")
    }
}

fn canonical_query(query: &str) -> String {
    let normal = |part: &str| encode(&percent_decode(part), false);
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let mut pairs: Vec<(String, String)> = pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (normal(name), normal(value)))
        .collect();
    pairs.sort();
    pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

pub(super) fn encode(text: &str, keep_slash: bool) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) || (keep_slash && byte == b'/') {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

fn single_spaces(value: &str) -> String {
    value.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Tells whether a name has the form of a region: `us-east-1`, `us-gov-west-1`, `us-isob-east-1`.
fn is_region(name: &str) -> bool {
    let parts: Vec<&str> = name.split('-').collect();
    let [words @ .., number] = &parts[..] else { return false };
    let is_word = |word: &&str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
    (2..=3).contains(&words.len()) && words.iter().all(is_word) && number.parse::<u8>().is_ok()
}

/// Gives the HMAC-SHA256 of a text.
pub(super) fn mac(key: &[u8], text: &str) -> Hmac<Sha256> {
    let mut mac = match Hmac::<Sha256>::new_from_slice(key) {
        Ok(mac) => mac,
        Err(never) => unreachable!("HMAC takes keys of any length: {never}"),
    };
    mac.update(text.as_bytes());
    mac
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    mac(key, text).finalize().into_bytes().to_vec()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

    fn request(query: &str, headers: &[(&str, &str)]) -> Request {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Request {
            method: "GET".into(),
            path: "/".into(),
            query: query.into(),
            headers,
            body: Vec::new(),
            keep_alive: true,
        }
    }

    fn get_vanilla(date: &str) -> Request {
        request(
            "",
            &[
                ("host", "example.amazonaws.com"),
                ("x-amz-date", date),
                (
                    "authorization",
                    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
                     SignedHeaders=host;x-amz-date, \
                     Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
                ),
            ],
        )
    }

    #[test]
    fn published_get_vanilla_is_accepted() {
        let request = get_vanilla("20150830T123600Z");
        let found = Authorization::parse(&request).unwrap();
        assert_eq!(found.access_key_id, "AKIDEXAMPLE");
        found.check_signature(&request, SECRET).unwrap();
        assert_eq!(found.check_signature(&request, "other").unwrap_err().code, "SignatureDoesNotMatch");
    }

    #[test]
    fn published_list_users_is_accepted() {
        let request = request(
            "Version=2010-05-08&Action=ListUsers",
            &[
                ("content-type", "application/x-www-form-urlencoded;   charset=utf-8"),
                ("host", "iam.amazonaws.com"),
                ("x-amz-date", "20150830T123600Z"),
                (
                    "authorization",
                    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request,\
                     SignedHeaders=content-type;host;x-amz-date,\
                     Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
                ),
            ],
        );
        Authorization::parse(&request).unwrap().check_signature(&request, SECRET).unwrap();
    }

    #[test]
    fn clocks_may_be_five_minutes_off() {
        let request = get_vanilla("20150830T123600Z");
        let found = Authorization::parse(&request).unwrap();
        let check = |now: &str| found.check_scope(&request, "service", now.parse().unwrap());
        check("2015-08-30T12:41:00Z").unwrap();
        check("2015-08-30T12:31:00Z").unwrap();
        assert_eq!(
            check("2015-08-30T12:41:01Z").unwrap_err().message,
            "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T124101Z - 5 min.)"
        );
        assert_eq!(
            check("2015-08-30T12:30:59Z").unwrap_err().message,
            "Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z (20150830T123059Z + 5 min.)"
        );
    }

    #[test]
    fn regions_are_recognised() {
        for good in ["us-east-1", "us-gov-west-1", "cn-north-1", "us-isob-east-1", "eusc-de-east-1", "ap-southeast-12"]
        {
            assert!(is_region(good), "{good}");
        }
        for bad in ["", "us", "x.evil.com", "us-east-1/../", "us-east", "US-EAST-1", "--1"] {
            assert!(!is_region(bad), "{bad}");
        }
    }
}
