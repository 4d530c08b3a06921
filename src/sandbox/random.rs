//! Owns the making up of keys and tokens that look like AWS's.
//! It refuses to be a source of real secrets: these are good in the stand-in only.

use std::hash::{BuildHasher, RandomState};

use jiff::Timestamp;
use sha2::{Digest, Sha256};

const BASE32: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const BASE64URL: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const CONSONANTS: &[u8] = b"BCDFGHJKLMNPQRSTVWXZ";
const HEX: &[u8] = b"0123456789abcdef";

/// A stream of values that differ from run to run and never repeat within one.
pub(super) struct Random {
    seed: u64,
    drawn: u64,
}

impl Random {
    pub(super) fn new() -> Self {
        Self { seed: RandomState::new().hash_one("sandbox"), drawn: 0 }
    }

    /// Makes an access key id with the prefix of temporary credentials.
    pub(super) fn access_key_id(&mut self) -> String {
        format!("ASIA{}", self.text(BASE32, 16))
    }

    /// Makes a secret access key.
    pub(super) fn secret_access_key(&mut self) -> String {
        self.text(BASE64, 40)
    }

    /// Makes the seed of a virtual MFA device, in base 32.
    pub(super) fn mfa_seed(&mut self) -> String {
        self.text(BASE32, 64)
    }

    /// Makes a session token of at least `length`: as long as AWS's are, with every character that AWS's have.
    pub(super) fn session_token(&mut self, length: usize) -> String {
        let (head, tail) = ("IQoJb3JpZ2luX2Vj", "+/==");
        let middle = length.saturating_sub(head.len() + tail.len()).max(428);
        format!("{head}{}{tail}", self.text(BASE64, middle))
    }

    /// Makes a secret of 256 bits, as containers have one for their credentials.
    pub(super) fn bearer_token(&mut self) -> String {
        self.text(BASE64URL, 43)
    }

    /// Makes the token that the metadata service gives to `holder` until `end`. The service keeps no list of them: a
    /// token says itself how long it is good, under a seal.
    pub(super) fn metadata_token(&self, holder: &str, end: Timestamp) -> String {
        let end = format!("{:014x}", end.as_millisecond());
        format!("{}{end}==", letters(&format!("{}/{holder}/{end}", self.seed), BASE64URL, 40))
    }

    /// Reads a token of the metadata service: until when it is good. `None` for what was never given to `holder`.
    pub(super) fn end_of_metadata_token(&self, holder: &str, token: &str) -> Option<Timestamp> {
        let end = token.strip_suffix("==")?.get(40..)?;
        let end = Timestamp::from_millisecond(i64::from_str_radix(end, 16).ok()?).ok()?;
        (self.metadata_token(holder, end) == token).then_some(end)
    }

    /// Makes the id of a client of IAM Identity Center.
    pub(super) fn client_id(&mut self) -> String {
        self.text(BASE64URL, 32)
    }

    /// Makes an access token (`aoa`), a refresh token (`aor`) or a client's secret (`ey`), as long as AWS's are.
    pub(super) fn sign_in_token(&mut self, beginning: &str) -> String {
        format!("{beginning}AAAAAG{}", self.text(BASE64URL, 480))
    }

    /// Makes a code that only programs see.
    pub(super) fn device_code(&mut self) -> String {
        self.text(BASE64URL, 64)
    }

    /// Makes a code that a person compares, `ABCD-EFGH`: without letters that look like others or make words.
    pub(super) fn user_code(&mut self) -> String {
        format!("{}-{}", self.text(CONSONANTS, 4), self.text(CONSONANTS, 4))
    }

    /// Makes a request id.
    pub(super) fn request_id(&mut self) -> String {
        [8, 4, 4, 4, 12].map(|length| self.text(HEX, length)).join("-")
    }

    fn text(&mut self, alphabet: &[u8], length: usize) -> String {
        self.drawn += 1;
        letters(&format!("{}/{}", self.seed, self.drawn), alphabet, length)
    }
}

/// Gives the unique id that an ARN always has: `AIDA…` for a user, `AROA…` for a role.
pub(super) fn unique_id(prefix: &str, arn: &str) -> String {
    format!("{prefix}{}", letters(arn, BASE32, 17))
}

fn letters(origin: &str, alphabet: &[u8], length: usize) -> String {
    let blocks = (0u32..).flat_map(|block| Sha256::digest(format!("{origin}/{block}")).to_vec());
    let letter = |byte: u8| alphabet.get(usize::from(byte) % alphabet.len()).copied().map_or('A', char::from);
    blocks.take(length).map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_of_the_metadata_service_say_how_long_they_are_good_and_to_whom() {
        let random = Random::new();
        let end = Timestamp::from_millisecond(1_800_000_000_123).unwrap();
        let token = random.metadata_token("i-1", end);
        assert_eq!(token.len(), 56);
        assert_eq!(random.end_of_metadata_token("i-1", &token), Some(end));
        let later = token.replace(&format!("{:014x}", end.as_millisecond()), &format!("{:014x}", i64::MAX / 2));
        let garbled = token.replace("==", "=");
        for bad in ["", "x", "==", &later, &garbled, &"é".repeat(40)] {
            assert_eq!(random.end_of_metadata_token("i-1", bad), None, "{bad}");
        }
        assert_eq!(random.end_of_metadata_token("i-2", &token), None);
    }

    #[test]
    fn values_look_like_those_of_aws() {
        let mut random = Random::new();
        let (id, token) = (random.access_key_id(), random.session_token(0));
        assert!(id.starts_with("ASIA") && id.len() == 20);
        assert!(token.len() > 350);
        assert_eq!(random.session_token(4096).len(), 4096);
        assert_ne!(id, random.access_key_id());
        assert_eq!(random.request_id().len(), 36);
        assert_eq!(unique_id("AIDA", "arn:x"), unique_id("AIDA", "arn:x"));
    }
}
