//! Owns when a session that is kept fresh is to be renewed, and when a renewal that failed is tried again. Pure.
//! It refuses to renew in step: many hosts and profiles spread their calls.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::fresh::to_use;
use crate::session::Session;

/// The first pause after a failure.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
/// The longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// Gives the instant at which a session is to be renewed: where it stops being fresh for a program that uses it now, or
/// earlier by up to a tenth of what is left then, by `spread` in 0 to 1. None for credentials without an end.
pub fn due(session: &Session, spread: f64) -> Option<Timestamp> {
    let margin = to_use(session);
    let early = SignedDuration::try_from_secs_f64(margin.as_secs_f64() / 10.0 * spread.clamp(0.0, 1.0));
    let end = session.expiration()?;
    Some(end.saturating_sub(margin).ok()?.saturating_sub(early.unwrap_or_default()).unwrap_or(end))
}

/// Gives the pause after so many failures in a row: 5 s, doubling to 5 min.
pub fn pause(failures: u32) -> Duration {
    let doubled = 2_u32.checked_pow(failures.saturating_sub(1)).and_then(|factor| FIRST_PAUSE.checked_mul(factor));
    doubled.unwrap_or(LONGEST_PAUSE).min(LONGEST_PAUSE)
}

/// Gives a number in 0 to 1 that differs from one process to the next, and in each from time to time.
pub fn spread() -> f64 {
    (RandomState::new().hash_one(0_u8) >> 32) as f64 / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::tests::session;

    #[test]
    fn renewal_is_due_when_programs_would_ask_for_more() {
        let issued = Timestamp::from_second(1_800_000_000).unwrap();
        let due_after =
            |life, spread| due(&session("x", issued, life), spread).unwrap().duration_since(issued).as_secs();
        assert_eq!([due_after(3_600, 0.0), due_after(12 * 3_600, 0.0), due_after(20, 0.0)], [2_700, 42_300, 15]);
        assert_eq!([due_after(3_600, 1.0), due_after(3_600, 9.0), due_after(3_600, -1.0)], [2_610, 2_610, 2_700]);
    }

    #[test]
    fn pauses_double_to_five_minutes() {
        let pauses: Vec<u64> = [0, 1, 2, 3, 6, 7, 8, 40, u32::MAX].map(|n| pause(n).as_secs()).to_vec();
        assert_eq!(pauses, [5, 5, 10, 20, 160, 300, 300, 300, 300]);
    }

    #[test]
    fn the_spread_spreads() {
        let spreads: Vec<f64> = (0..100).map(|_| spread()).collect();
        assert!(spreads.iter().all(|spread| (0.0..=1.0).contains(spread)));
        assert!(spreads.iter().any(|spread| *spread < 0.4) && spreads.iter().any(|spread| *spread > 0.6));
    }
}
