//! Owns the sessions that a machine has by itself: handed out again and again until shortly before their end.
//! It refuses to know the protocols in which EC2 and ECS hand them out.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::world::{Credentials, Grant, Principal, World};

/// What runs under a role, and the session that it has at present.
pub(super) struct Post<T> {
    pub(super) holder: T,
    pub(super) handed: Option<Handed>,
}

/// A session as it is handed out.
#[derive(Clone)]
pub(super) struct Handed {
    pub(super) credentials: Credentials,
    pub(super) since: Timestamp,
    renewal: Timestamp,
}

/// What is to be handed out.
pub(super) struct Order<'a> {
    /// Who hands it out, as a role's trust policy names it: `ec2.amazonaws.com`.
    pub(super) service: &'a str,
    pub(super) role_arn: &'a str,
    pub(super) session_name: &'a str,
    pub(super) rhythm: Rhythm,
}

/// How long sessions live, and when the next one is there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rhythm {
    pub(super) lifetime: Duration,
    /// The time left of one session from which on the next one is handed out.
    pub(super) renew_before: Duration,
}

impl Rhythm {
    /// As EC2 does it: six hours, and new credentials five minutes before the end.
    pub(super) const OF_EC2: Self =
        Self { lifetime: Duration::from_secs(6 * 3_600), renew_before: Duration::from_secs(5 * 60) };

    /// Sets the lifetime; of a short one the last quarter is for renewal.
    pub(super) fn with_lifetime(self, lifetime: Duration) -> Self {
        Self { lifetime, renew_before: self.renew_before.min(lifetime / 4) }
    }
}

/// Gives the session of an order: the one that `before` handed out while it is far from its end, else a new one.
/// `None` where the role isn't there or doesn't trust the service.
pub(super) fn hand_out(
    before: Option<Handed>,
    order: &Order,
    world: &mut World,
    now: Timestamp,
    limit: Option<Duration>,
) -> Option<Handed> {
    let role = world.role(order.role_arn)?;
    if !role.trusts.iter().any(|principal| principal == order.service) {
        return None;
    }
    let principal = Principal::of_role(order.role_arn, order.session_name)?;
    let rhythm = match limit {
        Some(limit) if limit < order.rhythm.lifetime => order.rhythm.with_lifetime(limit),
        _ => order.rhythm,
    };
    let latest = end(now, rhythm.lifetime);
    let is_good = |handed: &Handed| {
        handed.credentials.principal.arn == principal.arn
            && now < handed.renewal
            && handed.credentials.session.as_ref().is_some_and(|session| session.expiration <= latest)
    };
    if let Some(handed) = before.filter(is_good) {
        return Some(handed);
    }
    let grant = Grant { principal, mfa: false, life: rhythm.lifetime, token_size: 0 };
    let credentials = world.issue(grant, now);
    let expiration = credentials.session.as_ref().map_or(now, |session| session.expiration);
    let early = SignedDuration::try_from(rhythm.renew_before).unwrap_or(SignedDuration::MAX);
    Some(Handed { credentials, since: now, renewal: expiration.saturating_sub(early).unwrap_or(now) })
}

fn end(now: Timestamp, lifetime: Duration) -> Timestamp {
    let lifetime = SignedDuration::try_from(lifetime).unwrap_or(SignedDuration::MAX);
    now.saturating_add(lifetime).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::Role;

    const ROLE: &str = "arn:aws:iam::123456789012:role/web";
    const ORDER: Order =
        Order { service: "ec2.amazonaws.com", role_arn: ROLE, session_name: "i-1", rhythm: Rhythm::OF_EC2 };

    #[test]
    fn the_same_session_until_shortly_before_its_end() {
        let mut world = World::new();
        world.add_role(Role::new(ROLE).trusts("ec2.amazonaws.com")).unwrap();
        let mut handed = None;
        let mut key_at = |second: i64, limit: Option<u64>| {
            let now = Timestamp::from_second(1_800_000_000 + second).unwrap();
            handed = hand_out(handed.take(), &ORDER, &mut world, now, limit.map(Duration::from_secs));
            handed.as_ref().unwrap().credentials.access_key_id.clone()
        };
        let first = key_at(0, None);
        assert_eq!(key_at(6 * 3_600 - 301, None), first);
        let second = key_at(6 * 3_600 - 300, None);
        assert_ne!(second, first);
        // a limit holds at once, and leaves a quarter for the renewal
        let short = key_at(6 * 3_600, Some(20));
        assert_ne!(short, second);
        assert_eq!(key_at(6 * 3_600 + 14, Some(20)), short);
        assert_ne!(key_at(6 * 3_600 + 15, Some(20)), short);
    }

    #[test]
    fn a_role_has_to_trust_the_service() {
        let mut world = World::new();
        let now = Timestamp::UNIX_EPOCH;
        assert!(hand_out(None, &ORDER, &mut world, now, None).is_none());
        world.add_role(Role::new(ROLE).trusts("ecs-tasks.amazonaws.com").trusts("*")).unwrap();
        assert!(hand_out(None, &ORDER, &mut world, now, None).is_none());
    }
}
