//! Owns when a session that is kept fresh is to be renewed, and when a renewal that failed is tried again. Pure.
//! It refuses to renew in step: many hosts and profiles spread their calls.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::fresh::{lifetime, to_use};
use crate::session::Session;

/// The first pause after a failure.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
/// The longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);
/// The bounds of the time between two looks.
const SHORTEST_LOOK: Duration = Duration::from_secs(1);
const LONGEST_LOOK: Duration = Duration::from_secs(30);
/// The longest time between two looks once the end has come.
const LATE_LOOK: Duration = Duration::from_secs(60);

/// Gives the instant at which a session is to be renewed: where it stops being fresh for a program that uses it now, or
/// earlier by up to a tenth of what is left then, by `spread` in 0 to 1. None for credentials without an end.
pub fn due(session: &Session, spread: f64) -> Option<Timestamp> {
    let margin = to_use(session.span());
    let early = SignedDuration::try_from_secs_f64(margin.as_secs_f64() / 10.0 * spread.clamp(0.0, 1.0));
    let end = session.expiration()?;
    Some(end.saturating_sub(margin).ok()?.saturating_sub(early.unwrap_or_default()).unwrap_or(end))
}

/// Gives the pause after so many failures in a row: 5 s, doubling to 5 min.
pub fn pause(failures: u32) -> Duration {
    let doubled = 2_u32.checked_pow(failures.saturating_sub(1)).and_then(|factor| FIRST_PAUSE.checked_mul(factor));
    doubled.unwrap_or(LONGEST_PAUSE).min(LONGEST_PAUSE)
}

/// Gives how long before its end a session is replaced, where `wanted` is asked for: half its lifetime where that isn't
/// longer than `wanted`, so that nobody replaces sessions one after the other. Clocks and answers take up to a second.
pub fn margin(session: &Session, wanted: Duration) -> Duration {
    let lifetime = Duration::try_from(lifetime(session.span())).unwrap_or_default();
    if lifetime > wanted.saturating_add(Duration::from_secs(1)) { wanted } else { wanted.min(lifetime / 2) }
}

/// Gives the time between two looks for a later session within `margin` of the end: a tenth of it, 1 s to 30 s; past the
/// end, after so many looks there, doubling to a minute.
pub fn look(margin: Duration, late: u32) -> Duration {
    let look = (margin / 10).clamp(SHORTEST_LOOK, LONGEST_LOOK);
    2_u32
        .checked_pow(late.saturating_sub(1))
        .and_then(|factor| look.checked_mul(factor))
        .unwrap_or(LATE_LOOK)
        .min(LATE_LOOK)
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
    fn a_margin_as_long_as_the_life_is_cut_to_half_of_it() {
        let margin_of = |life, wanted| {
            margin(&session("x", Timestamp::from_second(1_800_000_000).unwrap(), life), Duration::from_secs(wanted))
                .as_millis()
        };
        assert_eq!([margin_of(3_600, 360), margin_of(362, 360), margin_of(20, 0)], [360_000, 360_000, 0]);
        assert_eq!([margin_of(361, 360), margin_of(20, 360), margin_of(0, 360)], [180_500, 10_000, 0]);
    }

    #[test]
    fn looks_come_every_tenth_of_the_margin_and_seldom_past_the_end() {
        let looks = |margin| [0, 1, 2, 3, 40].map(|late| look(Duration::from_secs(margin), late).as_secs());
        assert_eq!(
            [looks(360), looks(5), looks(7_200)],
            [[30, 30, 60, 60, 60], [1, 1, 2, 4, 60], [30, 30, 60, 60, 60]]
        );
        assert_eq!(look(Duration::from_secs(60), 0).as_secs(), 6);
    }

    #[test]
    fn the_spread_spreads() {
        let spreads: Vec<f64> = (0..100).map(|_| spread()).collect();
        assert!(spreads.iter().all(|spread| (0.0..=1.0).contains(spread)));
        assert!(spreads.iter().any(|spread| *spread < 0.4) && spreads.iter().any(|spread| *spread > 0.6));
    }
}
