//! Owns the making up of keys and tokens that look like AWS's.
//! It refuses to be a source of real secrets: these are good in the stand-in only.

use std::hash::{BuildHasher, RandomState};

use sha2::{Digest, Sha256};

const BASE32: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
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

    /// Makes a session token of at least `length`: as long as AWS's are, with every character that AWS's have.
    pub(super) fn session_token(&mut self, length: usize) -> String {
        let (head, tail) = ("IQoJb3JpZ2luX2Vj", "+/==");
        let middle = length.saturating_sub(head.len() + tail.len()).max(428);
        format!("{head}{}{tail}", self.text(BASE64, middle))
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
