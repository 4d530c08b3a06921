//! Owns the rule of freshness: how much life a session must have left to be handed out again. Pure.
//! It refuses to trust a session from the future: its clock, or ours, was wrong.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::profile::plan::{Stage, Step};
use crate::session::Span;

/// What botocore wants to be left of anything it is handed.
const ROLE: SignedDuration = SignedDuration::from_mins(15);
/// An IAM user's session of more than four hours costs a code: it is renewed well before its end.
const USER: SignedDuration = SignedDuration::from_hours(2);
const LONG: SignedDuration = SignedDuration::from_hours(4);
/// A session that only signs the next call needs no more.
const FOR_ONE_CALL: SignedDuration = SignedDuration::from_secs(60);
/// Clocks may differ by this much.
const TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// The life that a session must have left to be handed out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Life {
    /// What makes renewing worth while: 2 h of an IAM user's session of more than 4 h, else 15 min; a quarter of its lifetime at most.
    #[default]
    Usual,
    /// What a program needs that uses it now: 15 min; a quarter of its lifetime at most.
    ToUse,
    /// This much.
    AtLeast(Duration),
    /// Any, as long as it ends later than this: what replaces a session that ends then.
    Beyond(Timestamp),
}

/// What a session is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To be handed out, with this much life left.
    HandOut(Life),
    /// To sign the next step's call.
    Sign,
}

/// Tells whether a session is fresh enough for its purpose.
pub fn is_fresh(span: Span, stage: Stage<'_>, purpose: Purpose, now: Timestamp) -> bool {
    let Some(left) = life_left(span, now) else { return false };
    match purpose {
        Purpose::Sign => left >= FOR_ONE_CALL,
        Purpose::HandOut(Life::AtLeast(min)) => left >= SignedDuration::try_from(min).unwrap_or(SignedDuration::MAX),
        Purpose::HandOut(Life::ToUse) => left >= to_use(span),
        Purpose::HandOut(Life::Usual) => left >= usual(span, stage),
        Purpose::HandOut(Life::Beyond(end)) => span.expiration.is_some_and(|own| own > end),
    }
}

/// Gives the life that is really left; `None` where there is none, or where the session's times can't be true.
pub fn life_left(span: Span, now: Timestamp) -> Option<SignedDuration> {
    let left = span.expiration?.duration_since(now);
    let age = now.duration_since(span.issued_at);
    (left > SignedDuration::ZERO && age >= -TOLERANCE).then_some(left)
}

/// Gives the life that a session must have left for a program that uses it now.
pub(super) fn to_use(span: Span) -> SignedDuration {
    ROLE.min(lifetime(span) / 4)
}

fn usual(span: Span, stage: Stage<'_>) -> SignedDuration {
    let life = lifetime(span);
    let min = match stage {
        Stage::Step(Step::GetSessionToken { .. }) if life > LONG => USER,
        _ => ROLE,
    };
    min.min(life / 4)
}

/// Gives how long a session lives from its issue on; zero for one without an end.
pub(super) fn lifetime(span: Span) -> SignedDuration {
    span.expiration.map_or(SignedDuration::ZERO, |end| end.duration_since(span.issued_at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::tests::{chain, session};

    const H: i64 = 3_600;

    fn fresh(step: usize, life: i64, left: i64, purpose: Purpose) -> bool {
        let issued = Timestamp::from_second(1_800_000_000).unwrap();
        let now = issued + SignedDuration::from_secs(life - left);
        is_fresh(session("x", issued, life).span(), Stage::Step(&chain().steps[step]), purpose, now)
    }

    #[test]
    fn the_default_depends_on_kind_and_lifetime() {
        let out = Purpose::HandOut(Life::Usual);
        let cases = [
            (0, 12 * H, 2 * H, true),
            (0, 12 * H, 2 * H - 1, false),
            (0, 4 * H, 15 * 60, true),
            (0, 4 * H, 15 * 60 - 1, false),
            (1, 12 * H, 15 * 60, true),
            (1, H, 15 * 60, true),
            (1, H, 15 * 60 - 1, false),
            (1, 15 * 60, 225, true),
            (1, 15 * 60, 224, false),
            (0, 5 * H, H * 5 / 4, true),
            (0, 5 * H, H * 5 / 4 - 1, false),
        ];
        for (step, life, left, expected) in cases {
            assert_eq!(fresh(step, life, left, out), expected, "{step} {life} {left}");
        }
    }

    #[test]
    fn a_given_minimum_is_taken_as_it_is() {
        let min = |seconds| Purpose::HandOut(Life::AtLeast(Duration::from_secs(seconds)));
        assert!(fresh(0, 12 * H, 60, min(60)) && !fresh(0, 12 * H, 59, min(60)));
        assert!(!fresh(1, H, H, min(7_200)) && !fresh(1, H, H, min(u64::MAX)));
        assert!(!fresh(1, H, 0, min(0)) && fresh(1, H, 1, min(0)));
    }

    #[test]
    fn what_replaces_a_session_ends_later() {
        let end = Timestamp::from_second(1_800_000_000 + H).unwrap();
        assert!(!fresh(1, H, 1_000, Purpose::HandOut(Life::Beyond(end))));
        assert!(fresh(1, H + 1, 1, Purpose::HandOut(Life::Beyond(end))));
        assert!(!fresh(1, H + 1, 0, Purpose::HandOut(Life::Beyond(end))));
    }

    #[test]
    fn signing_needs_a_minute() {
        assert!(fresh(0, 12 * H, 60, Purpose::Sign) && !fresh(0, 12 * H, 59, Purpose::Sign));
    }

    #[test]
    fn a_session_from_the_future_is_stale() {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let plan = chain();
        let step = Stage::Step(&plan.steps[1]);
        let ahead = |minutes| session("x", now + SignedDuration::from_mins(minutes), 3_600).span();
        assert!(is_fresh(ahead(5), step, Purpose::HandOut(Life::Usual), now));
        assert!(!is_fresh(ahead(6), step, Purpose::HandOut(Life::Usual), now));
        assert!(!is_fresh(ahead(6), step, Purpose::Sign, now));
    }
}
