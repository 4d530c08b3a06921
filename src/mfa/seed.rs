//! Owns the seed of a virtual device: reading what people and QR codes call one, and its codes (RFC 6238).
//! It refuses to show itself, and to repeat in a message what was taken for a seed.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use totp_rs::{Algorithm, Builder, Totp};
use zeroize::Zeroizing;

use crate::encoding::percent;
use crate::secret::Secret;

const USUAL_DIGITS: u8 = 6;
const USUAL_PERIOD: u64 = 30;
/// No authenticator shows a code for longer.
const LONGEST_PERIOD: u64 = 300;
/// A seed of 1024 bits: AWS's have 320.
const LONGEST: usize = 128;

/// A seed with everything that its codes depend on.
#[derive(Clone)]
pub struct Seed {
    base32: Secret<String>,
    algorithm: Algorithm,
    digits: u8,
    totp: Totp,
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(****)")
    }
}

/// The parts of a seed before they are judged.
struct Parts<'a> {
    seed: Option<std::borrow::Cow<'a, str>>,
    algorithm: Algorithm,
    digits: u8,
    period: u64,
}

impl Seed {
    /// Reads a seed: base32 in any case, with blanks or dashes, with or without padding, or an `otpauth://totp/` URI.
    ///
    /// # Errors
    /// What is wrong, as the end of the sentence "this is no seed: …"; it repeats nothing of the text.
    pub fn read(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        let parts = match text.get(..10) {
            Some(scheme) if scheme.eq_ignore_ascii_case("otpauth://") => Parts::of_uri(&text[10..])?,
            _ => Parts { seed: Some(text.into()), ..Parts::USUAL },
        };
        let written = parts.seed.ok_or("the URI has no `secret`")?;
        // with room for all of it at once, so that no part stays behind where it grew
        let mut letters = Zeroizing::new(String::with_capacity(written.len()));
        letters.extend(written.chars().filter(|c| !c.is_whitespace() && *c != '-'));
        let base32 = Secret::new(letters.trim_end_matches('=').to_ascii_uppercase());
        if base32.expose().is_empty() {
            return Err("it is empty");
        }
        // 1, 3 or 6 letters over hold no whole byte
        let letters = base32.expose().bytes().all(|b| b.is_ascii_uppercase() || (b'2'..=b'7').contains(&b));
        if !letters || matches!(base32.expose().len() % 8, 1 | 3 | 6) {
            return Err("it isn't base32, which has letters and the digits 2 to 7");
        }
        let secret = totp_rs::Secret::try_from_base32(base32.expose()).map_err(|_| "it isn't base32")?;
        if secret.as_bytes().is_empty() || secret.as_bytes().len() > LONGEST {
            return Err("it is too long or too short");
        }
        let totp = Builder::new()
            .with_secret(secret)
            .with_algorithm(parts.algorithm)
            .with_digits(parts.digits)
            .with_step_duration(parts.period)
            .build_noncompliant();
        Ok(Self { base32, algorithm: parts.algorithm, digits: parts.digits, totp })
    }

    /// Gives the code of an instant.
    pub fn code_at(&self, now: Timestamp) -> Secret<String> {
        Secret::new(self.totp.generate(seconds(now)).to_string())
    }

    /// Gives how long the code of an instant is still shown.
    pub fn left(&self, now: Timestamp) -> Duration {
        Duration::from_secs(self.totp.next_step(seconds(now)).saturating_sub(seconds(now)))
    }

    /// Gives how long each code is shown.
    pub fn period(&self) -> Duration {
        Duration::from_secs(self.totp.step())
    }

    /// Tells whether AWS takes its codes: it knows six digits that change every 30 s only.
    pub fn is_for_aws(&self) -> bool {
        self.digits == USUAL_DIGITS && self.totp.step() == USUAL_PERIOD
    }

    /// Gives the form in which it is kept: base32 alone where everything else is as usual, else a URI.
    pub fn stored(&self) -> Secret<String> {
        let algorithm = match self.algorithm {
            Algorithm::SHA256 => "SHA256",
            Algorithm::SHA512 => "SHA512",
            _ => "SHA1",
        };
        if algorithm == "SHA1" && self.is_for_aws() {
            return self.base32.clone();
        }
        let (secret, digits, period) = (self.base32.expose(), self.digits, self.totp.step());
        Secret::new(format!(
            "otpauth://totp/awstok?secret={secret}&algorithm={algorithm}&digits={digits}&period={period}"
        ))
    }

    /// Gives the URI that an authenticator on a phone reads from a QR code.
    pub fn uri(&self, issuer: &str, account: &str) -> Secret<String> {
        let (issuer, account) = (percent(issuer), percent(account));
        Secret::new(format!("otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}", self.base32.expose()))
    }
}

impl<'a> Parts<'a> {
    const USUAL: Self = Self { seed: None, algorithm: Algorithm::SHA1, digits: USUAL_DIGITS, period: USUAL_PERIOD };

    fn of_uri(rest: &'a str) -> Result<Self, &'static str> {
        let Some(kind) = rest.get(..5).filter(|kind| kind.eq_ignore_ascii_case("totp/")) else {
            return Err("the URI must begin with `otpauth://totp/`: AWS takes codes that go by time only");
        };
        let (_, query) = rest[kind.len()..].split_once('?').ok_or("the URI has no `secret`")?;
        let mut parts = Self::USUAL;
        for pair in query.split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            match name.to_ascii_lowercase().as_str() {
                "secret" if parts.seed.is_some() => return Err("the URI has two secrets"),
                "secret" => parts.seed = Some(value.replace("%20", " ").replace('+', " ").replace("%3D", "=").into()),
                "algorithm" => parts.algorithm = algorithm(value)?,
                "digits" => {
                    let digits = value.parse().ok().filter(|digits| (6..=8).contains(digits));
                    parts.digits = digits.ok_or("its `digits` must be 6, 7 or 8")?;
                }
                "period" => {
                    let period = value.parse().ok().filter(|period| (1..=LONGEST_PERIOD).contains(period));
                    parts.period = period.ok_or("its `period` must be 1 to 300 seconds")?;
                }
                _ => {}
            }
        }
        Ok(parts)
    }
}

fn algorithm(name: &str) -> Result<Algorithm, &'static str> {
    match name.to_ascii_uppercase().replace('-', "").as_str() {
        "SHA1" => Ok(Algorithm::SHA1),
        "SHA256" => Ok(Algorithm::SHA256),
        "SHA512" => Ok(Algorithm::SHA512),
        _ => Err("its `algorithm` must be SHA1, SHA256 or SHA512"),
    }
}

fn seconds(now: Timestamp) -> u64 {
    u64::try_from(now.as_second()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// RFC 6238, appendix B.
    #[test]
    fn codes_are_those_of_the_rfc() {
        let base32 = |length: usize| {
            let digits: Vec<u8> = b"1234567890".iter().copied().cycle().take(length).collect();
            totp_rs::Secret::from(digits.as_slice()).to_base32()
        };
        let cases = [
            (59, ["94287082", "46119246", "90693936"]),
            (1_111_111_109, ["07081804", "68084774", "25091201"]),
            (1_111_111_111, ["14050471", "67062674", "99943326"]),
            (1_234_567_890, ["89005924", "91819424", "93441116"]),
            (2_000_000_000, ["69279037", "90698825", "38618901"]),
            (20_000_000_000, ["65353130", "77737706", "47863826"]),
        ];
        for (second, codes) in cases {
            for ((algorithm, length), code) in [("SHA1", 20), ("sha256", 32), ("Sha512", 64)].into_iter().zip(codes) {
                let uri = format!("otpauth://totp/x?secret={}&algorithm={algorithm}&digits=8", base32(length));
                assert_eq!(Seed::read(&uri).unwrap().code_at(at(second)).expose(), code, "{second} {algorithm}");
            }
        }
    }

    #[test]
    fn seeds_are_read_as_people_write_them() {
        let same = [
            "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
            " gezd gnbv-gy3t qojq GEZDGNBVGY3TQOJQ==\n",
            "otpauth://totp/AWS:ann@1234?secret=gezdgnbvgy3tqojqgezdgnbvgy3tqojq&issuer=AWS",
            "OTPAUTH://TOTP/x?issuer=a&Secret=GEZDGNBVGY3TQOJQ%20GEZDGNBVGY3TQOJQ%3D&digits=6&period=30&algorithm=SHA1",
        ];
        for text in same {
            let seed = Seed::read(text).unwrap();
            assert_eq!(seed.code_at(at(59)).expose(), "287082", "{text}");
            assert_eq!(seed.stored().expose(), same[0], "{text}");
            assert_eq!(seed.left(at(59)), Duration::from_secs(1));
        }
        let odd = Seed::read("otpauth://totp/x?secret=MFRGGZDF&period=60&digits=7&algorithm=SHA256").unwrap();
        let again = Seed::read(odd.stored().expose()).unwrap();
        assert_eq!(odd.code_at(at(59)).expose(), again.code_at(at(59)).expose());
        assert!(!odd.is_for_aws() && odd.code_at(at(59)).expose().len() == 7);
        assert_eq!(format!("{odd:?}"), "Seed(****)");
        let uri = again.uri("Amazon Web Services", "ann@prod");
        assert_eq!(
            uri.expose(),
            "otpauth://totp/Amazon%20Web%20Services:ann%40prod?secret=MFRGGZDF&issuer=Amazon%20Web%20Services"
        );
    }

    #[test]
    fn what_is_no_seed_is_refused_and_not_repeated() {
        for bad in [
            "",
            " ==",
            "not a seed!",
            "GEZDGNB1",
            "ABC",
            "otpauth://hotp/x?secret=MFRGGZDF&counter=1",
            "otpauth://totp/x",
            "otpauth://totp/x?issuer=y",
            "otpauth://totp/x?secret=MFRGGZDF&digits=9",
            "otpauth://totp/x?secret=MFRGGZDF&period=0",
            "otpauth://totp/x?secret=MFRGGZDF&algorithm=MD5",
            "otpauth://totp/x?secret=MFRGGZDF&secret=MFRGGZDF",
            "é",
            &"A".repeat(256),
        ] {
            let why = Seed::read(bad).unwrap_err();
            assert!(!why.contains("MFRGGZDF") && !why.contains("GEZDG"), "{why}");
        }
    }
}
