//! Owns what is known of one watched profile, and when it is tried next. Pure.
//! It refuses to wait for ever where the clock was set back.

use jiff::{SignedDuration, Timestamp};

use super::wave::Due;
use super::{Ready, after};
use crate::credentials::renewal;
use crate::keeper::gist;
use crate::profile::Guard;
use crate::session::Session;

/// When a profile is tried next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// At this instant.
    At(Timestamp),
    /// It is being tried.
    Coming,
    /// Its credentials have no end, or it was given up.
    Never,
}

/// One profile.
#[derive(Debug)]
pub(super) struct Profile {
    /// When it is tried next.
    pub(super) next: Next,
    /// The guard that a person agreed to.
    pub(super) admitted: Option<Guard>,
    /// The account that its credentials belong to.
    pub(super) account_id: Option<String>,
    /// The session that came last.
    session: Option<Session>,
    /// When `next` was decided.
    decided: Timestamp,
    /// Tries in a row that brought nothing new.
    failures: u32,
    /// What was said of the last failure.
    said: Option<String>,
}

impl Profile {
    pub(super) fn new(now: Timestamp) -> Self {
        Self {
            next: Next::At(now),
            admitted: None,
            account_id: None,
            session: None,
            decided: now,
            failures: 0,
            said: None,
        }
    }

    /// Gives the end of its credentials.
    pub(super) fn end(&self) -> Option<Timestamp> {
        self.session.as_ref()?.expiration()
    }

    /// Tells whether its last try failed.
    pub(super) fn is_failing(&self) -> bool {
        self.said.is_some()
    }

    /// Tells whether it is to be tried now.
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        // where the clock was set back, a pause would last for as long as it was wrong
        matches!(self.next, Next::At(at) if at <= now || now < self.decided)
    }

    /// Tells whether it is due, or may be renewed with those that are.
    pub(super) fn may_join(&self, now: Timestamp) -> bool {
        let earliest = || self.session.as_ref().and_then(|session| renewal::due(session, 1.0));
        let begun = || self.failures == 0 && earliest().is_some_and(|at| at <= now);
        self.is_due(now) || (matches!(self.next, Next::At(_)) && begun())
    }

    /// Marks it as being tried.
    pub(super) fn start(&mut self, name: &str) -> Due {
        self.next = Next::Coming;
        Due { name: name.to_owned(), end: self.end(), admitted: self.admitted }
    }

    /// Tells whether this is the session that came last.
    pub(super) fn holds(&self, session: &Session) -> bool {
        let key = |session: &Session| session.credentials.access_key_id().to_owned();
        self.session.as_ref().is_some_and(|own| key(own) == key(session) && own.expiration() == session.expiration())
    }

    /// Takes up a session; an old one that only serves on, or the same once more, is tried again like a failure.
    pub(super) fn take(&mut self, session: &Session, serves_on: bool, now: Timestamp) {
        if serves_on || self.holds(session) {
            self.session = Some(session.clone());
            return self.fail(now);
        }
        self.failures = 0;
        self.session = Some(session.clone());
        let due = renewal::due(session, renewal::spread());
        // whatever a source gives, it isn't asked without a pause
        let soonest = after(now, renewal::pause(1));
        let at = due.map_or(soonest, |due| if due <= now { soonest } else { due });
        (self.next, self.decided) = (Next::At(at), now);
    }

    /// Notes a try that brought nothing new.
    pub(super) fn fail(&mut self, now: Timestamp) {
        self.failures = self.failures.saturating_add(1);
        (self.next, self.decided) = (Next::At(after(now, renewal::pause(self.failures))), now);
    }

    /// Notes that its session is in the files; tells whether it had failed before.
    pub(super) fn delivered(&mut self, ready: &Ready) -> bool {
        self.account_id.clone_from(&ready.account_id);
        self.failures == 0 && self.said.take().is_some()
    }

    /// Tells whether a failure differs from the one before it.
    pub(super) fn is_news(&mut self, words: &str) -> bool {
        let gist = gist(words);
        let news = self.said.as_ref() != Some(&gist);
        self.said = Some(gist);
        news
    }

    /// Gives the time until the next try.
    pub(super) fn pause(&self, now: Timestamp) -> Option<SignedDuration> {
        match self.next {
            Next::At(at) => Some(at.duration_since(now)),
            Next::Coming | Next::Never => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_credential_types::Credentials;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn session(key: &str, issued: i64, life: i64) -> Session {
        let credentials = Credentials::builder()
            .access_key_id(key)
            .secret_access_key("secret")
            .session_token("token")
            .expiry(at(issued + life).into())
            .provider_name("test")
            .build();
        Session { credentials, issued_at: at(issued), arn: None, region: None }
    }

    #[test]
    fn a_profile_is_due_at_once_and_then_before_its_end() {
        let mut profile = Profile::new(at(0));
        assert!(profile.is_due(at(0)));
        assert_eq!(profile.start("a").end, None);
        assert!(!profile.is_due(at(9)) && !profile.may_join(at(9)));
        profile.take(&session("A", 0, 3_600), false, at(0));
        assert!(!profile.may_join(at(2_609)) && profile.may_join(at(2_610)));
        assert!(profile.is_due(at(2_700)));
    }

    #[test]
    fn failures_are_tried_again_later_each_time() {
        let mut profile = Profile::new(at(0));
        profile.take(&session("A", 0, 3_600), false, at(0));
        let pauses: Vec<i64> = (0..8)
            .map(|_| {
                profile.fail(at(2_700));
                profile.pause(at(2_700)).unwrap().as_secs()
            })
            .collect();
        assert_eq!(pauses, [5, 10, 20, 40, 80, 160, 300, 300]);
        assert!(!profile.may_join(at(2_701)), "a failing profile waits for its own time");
        profile.take(&session("B", 2_710, 3_600), false, at(2_710));
        profile.fail(at(2_710));
        assert_eq!(profile.pause(at(2_710)).unwrap().as_secs(), 5);
    }

    #[test]
    fn the_same_session_once_more_is_no_news_and_no_loop() {
        let mut profile = Profile::new(at(0));
        let same = session("A", 0, 20);
        profile.take(&same, false, at(0));
        profile.take(&same, false, at(15));
        assert_eq!(profile.pause(at(15)).unwrap().as_secs(), 5);
        profile.take(&same, false, at(20));
        assert_eq!(profile.pause(at(20)).unwrap().as_secs(), 10, "later each time");
        profile.take(&session("B", 0, 16), false, at(16));
        assert_eq!(
            profile.pause(at(16)).unwrap().as_secs(),
            5,
            "one that ends at once is no reason to ask without pause"
        );
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_make_it_wait() {
        let mut profile = Profile::new(at(0));
        profile.fail(at(100_000));
        assert!(!profile.is_due(at(100_001)) && profile.is_due(at(0)));
    }

    #[test]
    fn a_failure_is_said_once() {
        let mut profile = Profile::new(at(0));
        assert!(profile.is_news("no new session, the present one serves for 9m more: down"));
        assert!(!profile.is_news("no new session, the present one serves for 8m more: down"));
        assert!(profile.is_news("no new session, the present one serves for 8m more: refused"));
    }
}
