//! Owns the MFA devices: RFC 6238 codes, accepted in their window or one beside it, and each only once.
//! It refuses to know the time; the caller says it.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use totp_rs::{Builder, Totp};

use crate::error::{Result, invalid};
use crate::secret::Secret;

/// A virtual MFA device.
#[derive(Debug, Clone)]
pub struct Device {
    /// The ARN, such as `arn:aws:iam::123456789012:mfa/ann`, or the serial number of a hardware device.
    pub serial: String,
    /// The seed in base 32; blanks, lower case and missing padding are fine.
    pub seed: Secret<String>,
}

/// What an authenticator's display is good for at an instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Display {
    /// A code that wasn't used yet.
    Code {
        /// Six digits.
        code: String,
        /// How long the display shows it.
        left: Duration,
    },
    /// The code shown was used already.
    Used {
        /// How long until the display shows another.
        wait: Duration,
    },
}

/// A device as its owner and AWS share it.
pub(super) struct Authenticator {
    /// Whose it is; none while nobody has enabled it.
    pub(super) owner: Option<String>,
    totp: Totp,
    used: BTreeSet<u64>,
}

impl Authenticator {
    /// Registers `device`, as the user's whose ARN is `owner` where there is one.
    pub(super) fn new(owner: Option<&str>, device: &Device) -> Result<Self> {
        let seed: String = device.seed.expose().chars().filter(|c| !c.is_whitespace() && !"-=".contains(*c)).collect();
        let seed = Secret::new(seed.to_ascii_uppercase());
        let secret =
            totp_rs::Secret::try_from_base32(seed.expose()).ok().filter(|secret| !secret.as_bytes().is_empty());
        let secret =
            secret.ok_or_else(|| invalid(format!("the seed of the device `{}` isn't base 32", device.serial)))?;
        let totp = Builder::new().with_secret(secret).build_noncompliant();
        Ok(Self { owner: owner.map(str::to_owned), totp, used: BTreeSet::new() })
    }

    /// Accepts a code of the current window or one before or after, unless it was used.
    pub(super) fn accept(&mut self, code: &str, now: Timestamp) -> bool {
        self.totp.check(code, seconds(now)).is_some_and(|window| self.used.insert(window))
    }

    /// Accepts the codes of two windows in a row, of which the second is at most `reach` windows off; they are used then.
    pub(super) fn accept_two(&mut self, codes: [&str; 2], now: Timestamp, reach: u64) -> bool {
        let present = seconds(now) / self.totp.step();
        let shows = |window: u64| self.totp.generate(window * self.totp.step()).to_string();
        let fits = |second: &u64| codes == [shows(second - 1), shows(*second)] && !self.used.contains(second);
        let Some(second) = (present.saturating_sub(reach).max(1)..=present + reach).find(fits) else { return false };
        self.used.extend([second - 1, second]);
        true
    }

    /// Tells whether `accept` would take the code.
    pub(super) fn would_accept(&self, code: &str, now: Timestamp) -> bool {
        self.totp.check(code, seconds(now)).is_some_and(|window| !self.used.contains(&window))
    }

    /// Gives what the display is good for.
    pub(super) fn display(&self, now: Timestamp) -> Display {
        let now = seconds(now);
        let left = Duration::from_secs(self.totp.next_step(now).saturating_sub(now));
        if self.used.contains(&(now / self.totp.step())) {
            return Display::Used { wait: left };
        }
        Display::Code { code: self.totp.generate(now).to_string(), left }
    }

    /// Gives a code that `accept` takes at this instant, from a device whose clock may be a window off; `None` once
    /// all three are used.
    pub(super) fn unused_code(&self, now: Timestamp) -> Option<String> {
        let window = seconds(now) / self.totp.step();
        // the last one may run out before it is sent
        let nearest = [window, window + 1, window.saturating_sub(1)];
        let window = nearest.into_iter().find(|window| !self.used.contains(window))?;
        Some(self.totp.generate(window * self.totp.step()).to_string())
    }
}

fn seconds(now: Timestamp) -> u64 {
    u64::try_from(now.as_second()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    // the seed of RFC 6238, appendix B, as a person might type it
    const SEED: &str = "gezd gnbv-gy3t qojq GEZDGNBVGY3TQOJQ=";

    fn authenticator(seed: &str) -> Result<Authenticator> {
        let device = Device { serial: "arn:aws:iam::123456789012:mfa/ann".into(), seed: seed.into() };
        Authenticator::new(Some("arn:aws:iam::123456789012:user/ann"), &device)
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn codes_are_those_of_the_rfc() {
        let device = authenticator(SEED).unwrap();
        // the last six of the RFC's eight digits
        for (second, code) in [(59, "287082"), (1_111_111_109, "081804"), (2_000_000_000, "279037")] {
            let left = Duration::from_secs(u64::try_from(30 - second % 30).unwrap());
            assert_eq!(device.display(at(second)), Display::Code { code: code.into(), left });
        }
    }

    #[test]
    fn a_code_is_good_once_and_one_window_off_at_most() {
        let mut device = authenticator(SEED).unwrap();
        let code = "287082"; // of seconds 30 to 59
        assert!(!device.accept("000000", at(59)));
        assert!(!device.accept(code, at(90)));
        assert!(device.accept(code, at(89)));
        assert!(!device.accept(code, at(59)));
        assert_eq!(device.display(at(50)), Display::Used { wait: Duration::from_secs(10) });
    }

    #[test]
    fn two_codes_in_a_row_enable_a_device() {
        let mut device = authenticator(SEED).unwrap();
        let codes = [59, 89, 119].map(|second| match device.display(at(second)) {
            Display::Code { code, .. } => code,
            Display::Used { .. } => String::new(),
        });
        let [first, second, third] = codes.each_ref().map(String::as_str);
        for wrong in [[first, first], [second, first], [first, third], ["000000", second]] {
            assert!(!device.accept_two(wrong, at(95), 2), "{wrong:?}");
        }
        assert!(device.accept_two([first, second], at(95), 2));
        assert!(!device.accept(second, at(95)) && !device.accept_two([first, second], at(95), 2));
    }

    #[test]
    fn three_codes_are_good_at_any_instant() {
        let mut device = authenticator(SEED).unwrap();
        for _ in 0..3 {
            let code = device.unused_code(at(1_000_000)).unwrap();
            assert!(device.accept(&code, at(1_000_000)));
        }
        assert_eq!(device.unused_code(at(1_000_000)), None);
    }

    #[test]
    fn what_is_not_base_32_is_refused() {
        assert!(authenticator("not a seed!").is_err());
        assert!(authenticator(" ").is_err());
    }
}
