//! Owns one session that is kept fresh: a thread that sleeps until it is due, renews it, and hands it on.
//! It refuses to end over a failure: the present session serves to its end, and the next try comes.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};

use crate::alarm::{Alarm, Nudge};
use crate::app::App;
use crate::broker::Broker;
use crate::credentials::{Life, Resolved, Want, renewal};
use crate::error::{Kind, Result, hint_of, kind_of};
use crate::profile::plan::Plan;
use crate::session::Session;
use crate::ui::codes::Person;
use crate::ui::shown;

/// The shortest pause between two tries.
const SHORTEST_PAUSE: SignedDuration = SignedDuration::from_secs(1);

/// When a session is renewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// In good time for any program: 15 min before its end, a quarter of its lifetime at most; after a failure in 5 s,
    /// then in twice the time each, up to 5 min.
    Usual,
    /// So long before its end (half its lifetime at most), then every tenth of that until a session comes that ends later.
    Before {
        /// The time before the end.
        margin: Duration,
        /// Whether a later session is news only once GetCallerIdentity accepts it.
        checked: bool,
    },
}

/// What is kept, how, and for whom.
pub struct Care {
    /// Where sessions come from.
    pub broker: Arc<Broker<'static>>,
    /// How they come about.
    pub plan: Plan,
    /// When they are renewed.
    pub pace: Pace,
    /// Whether anyone may be asked for a code.
    pub person: Person,
    /// Who is woken by news.
    pub nudge: Nudge,
}

/// A session in care; the thread ends with the process, or when this is dropped and it next has news.
#[derive(Debug)]
pub struct Keeper {
    news: Receiver<Resolved>,
}

impl Keeper {
    /// Begins to keep `session` fresh; each later one is news.
    ///
    /// # Errors
    /// Where no thread can be started.
    pub fn start(app: &'static App, care: Care, session: Session) -> Result<Self> {
        let (send, news) = channel();
        let alarm = Alarm::new(&[])?;
        let watch = Watch { app, care, session, failures: 0, late: 0, refused: false, said: None };
        std::thread::Builder::new()
            .name("keeper".into())
            .spawn(move || watch.keep(alarm, &send))
            .context("could not start a thread")?;
        Ok(Self { news })
    }

    /// Gives the newest session that came since the last look.
    pub fn newest(&self) -> Option<Resolved> {
        self.news.try_iter().last()
    }
}

/// The thread's side.
struct Watch {
    app: &'static App,
    care: Care,
    session: Session,
    /// Tries in a row that brought nothing later.
    failures: u32,
    /// Of these, the ones since the present session ended.
    late: u32,
    /// Whether AWS refused the session that came last: it isn't to be had from the cache again.
    refused: bool,
    /// What was said of the last failure: the same is not said again.
    said: Option<String>,
}

impl Watch {
    fn keep(mut self, mut alarm: Alarm, news: &Sender<Resolved>) {
        let clock = self.app.clock;
        let mut next = self.due();
        while let Some(at) = next {
            if alarm.wait(Some(at)).is_err() {
                return;
            }
            if clock.now() < at {
                continue; // the clock was set
            }
            if let Some(resolved) = self.renew() {
                if news.send(resolved).is_err() {
                    return;
                }
                self.care.nudge.now();
                next = self.due();
            } else {
                next = clock.now().saturating_add(self.pause(clock.now())).ok();
            }
        }
    }

    /// Tries to get a later session.
    fn renew(&mut self) -> Option<Resolved> {
        match self.care.broker.renew(&self.care.plan, &self.want(), self.care.person) {
            Ok(resolved) if is_later(&resolved.session, &self.session) => {
                if let Some(warning) = &resolved.warning {
                    self.complain(warning.clone());
                }
                match self.check(&resolved.session) {
                    Ok(()) => {
                        self.take(resolved.session.clone());
                        return Some(resolved);
                    }
                    Err(error) => {
                        self.refused = kind_of(&error) == Kind::Refused;
                        self.complain(format!("the new credentials don't work yet: {error:#}"));
                    }
                }
            }
            Ok(Resolved { warning: None, .. }) => {}
            Ok(Resolved { warning: Some(warning), .. }) => self.complain(warning),
            Err(error) => {
                let hint = hint_of(&error).map(|hint| format!(" ({hint})")).unwrap_or_default();
                self.complain(format!("no new session could be had: {error:#}{hint}"));
            }
        }
        self.failures = self.failures.saturating_add(1);
        let ended = self.session.expiration().is_some_and(|end| end <= self.app.clock.now());
        self.late = if ended { self.late.saturating_add(1) } else { 0 };
        None
    }

    fn want(&self) -> Want {
        // early by the spread as it is, the present one may still pass for fresh
        let life = self.session.expiration().map_or(Life::ToUse, Life::Beyond);
        Want { life, force: self.refused }
    }

    fn check(&self, session: &Session) -> Result<()> {
        match self.care.pace {
            Pace::Before { checked: true, .. } => self.care.broker.identify(&self.care.plan, session).map(drop),
            Pace::Before { .. } | Pace::Usual => Ok(()),
        }
    }

    fn take(&mut self, session: Session) {
        if self.said.take().is_some() {
            self.app.ui.say(&format!("{}: credentials are fresh again", shown(&self.care.plan.profile)));
        }
        (self.session, self.failures, self.late, self.refused) = (session, 0, 0, false);
    }

    fn complain(&mut self, words: String) {
        let gist = gist(&words);
        if self.said.as_ref() != Some(&gist) {
            self.app.ui.warn(&format!("{}: {}", shown(&self.care.plan.profile), shown(&words)));
            self.said = Some(gist);
        }
    }

    fn due(&self) -> Option<Timestamp> {
        match self.care.pace {
            Pace::Usual => renewal::due(&self.session, renewal::spread()),
            Pace::Before { margin, .. } => {
                let end = self.session.expiration()?;
                let margin = renewal::margin(&self.session, margin);
                Some(end.saturating_sub(SignedDuration::try_from(margin).ok()?).unwrap_or(Timestamp::MIN))
            }
        }
    }

    /// Gives the time until the next try: never so long that the present session ends meanwhile, unless it has ended.
    fn pause(&self, now: Timestamp) -> SignedDuration {
        let pause = match self.care.pace {
            Pace::Usual => renewal::pause(self.failures),
            Pace::Before { margin, .. } => renewal::look(renewal::margin(&self.session, margin), self.late),
        };
        let pause = SignedDuration::try_from(pause).unwrap_or(SignedDuration::MAX);
        match self.session.expiration().map(|end| end.duration_since(now)) {
            Some(left) if left > SignedDuration::ZERO => pause.min((left / 3).max(SHORTEST_PAUSE)),
            _ => pause,
        }
    }
}

/// Gives what stays the same of a failure that comes again: not how long the present session still serves, and no request id.
pub fn gist(words: &str) -> String {
    let why = words.split_once(": ").map_or(words, |(_, why)| why);
    match why.split_once(" (request id ").and_then(|(before, rest)| Some((before, rest.split_once(')')?.1))) {
        Some((before, after)) => format!("{before}{after}"),
        None => why.to_owned(),
    }
}

/// Tells whether a session ends later than the present one, or has no end.
fn is_later(new: &Session, old: &Session) -> bool {
    match (new.expiration(), old.expiration()) {
        (Some(new), Some(old)) => new > old,
        (new, _) => new.is_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_that_comes_again_is_known() {
        let words = |left, id| {
            format!(
                "no new session could be had, the present one serves for {left} more: refused (request id {id}) (ask)"
            )
        };
        assert_eq!(gist(&words("9m", "a-1")), gist(&words("8m", "b-2")));
        assert_eq!(gist("it failed: refused (request id torn"), "refused (request id torn");
    }
}
