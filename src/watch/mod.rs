//! Owns several profiles that are kept fresh in the AWS files: when each is renewed, what was heard of it, when the files change.
//! It refuses to do anything itself that takes time: renewals and changes of the files run in threads of their own, so that
//! a signal ends it at once.

mod asker;
mod display;
mod profile;
mod scribe;
mod wave;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::alarm::{Alarm, Nudge, Woken};
use crate::app::App;
use crate::broker::Broker;
use crate::credentials::renewal;
use crate::error::{Result, hint_of};
use crate::guard::Permission;
use crate::profile::plan::Device;
use crate::session::Session;
use crate::ui::shown;

use self::asker::Asker;
use self::display::Display;
use self::profile::{Next, Profile};
use self::wave::{Renewed, Wave};

/// How long a renewal that has come waits for others of the same moment, so that they share one change of the files.
const GATHER: SignedDuration = SignedDuration::from_secs(1);
/// How often a live display is drawn while nothing happens.
const MINUTE: SignedDuration = SignedDuration::from_secs(60);
/// How long the end waits for a change of the files that is being made.
const LAST_WRITE: SignedDuration = SignedDuration::from_secs(2);
/// How many renewals run side by side; more wait for these.
const SIDE_BY_SIDE: usize = 64;

/// What is watched, and how.
#[derive(Debug)]
pub struct Orders {
    /// The profiles at first.
    pub names: Vec<String>,
    /// Whether profiles that appear later join, and those that vanish leave.
    pub all: bool,
    /// The device that a code of the command line is for.
    pub first_device: Option<Device>,
    /// The answers to guards.
    pub permission: Permission,
    /// Whether each event is printed as a line of JSON.
    pub json: bool,
}

/// What the threads tell.
enum News {
    /// What came of a profile's renewal.
    Profile(String, Box<Result<Renewed>>),
    /// With `--all`: the profiles that there are now.
    Names(Vec<String>),
    /// The files were changed, or not: the entry of the journal that the run has now.
    Written(Result<Option<u64>>),
}

/// The way of news to the thread that waits.
#[derive(Clone)]
struct Teller {
    news: Sender<News>,
    nudge: Nudge,
}

impl Teller {
    fn tell(&self, news: News) {
        // whoever listened has ended, and the process with it
        let _ = self.news.send(news);
        self.nudge.now();
    }
}

/// A session that goes into the files next.
#[derive(Clone)]
struct Ready {
    session: Session,
    reused: bool,
    account_id: Option<String>,
}

/// The profiles, and what is going on.
struct Watch {
    app: &'static App,
    orders: Arc<Orders>,
    broker: Arc<Broker<'static>>,
    asker: Arc<Asker>,
    teller: Teller,
    news: Receiver<News>,
    profiles: BTreeMap<String, Profile>,
    /// What came and isn't in the files yet.
    ready: BTreeMap<String, Ready>,
    /// When `ready` goes into the files at the latest.
    deliver_at: Option<Timestamp>,
    /// What is going into the files just now.
    writing: Option<BTreeMap<String, Ready>>,
    /// Changes of the files in a row that failed.
    failed_writes: u32,
    /// The journal's entry of this run.
    entry: Option<u64>,
    display: Display,
    /// The failure of the last profile that had to be given up.
    given_up: Option<anyhow::Error>,
}

/// Keeps the profiles fresh until a signal comes, or none is left.
///
/// # Errors
/// Where signals can't be caught; where every profile had to be given up, the last one's failure.
pub fn run(app: &'static App, broker: Broker<'static>, orders: Orders, signals: &[i32]) -> Result<()> {
    let mut alarm = Alarm::new(signals)?;
    let (send, news) = channel();
    let now = app.clock.now();
    let mut watch = Watch {
        asker: Arc::new(Asker::new(app, orders.first_device.as_ref())?),
        profiles: orders.names.iter().map(|name| (name.clone(), Profile::new(now))).collect(),
        display: Display::new(app, orders.json),
        orders: Arc::new(orders),
        broker: Arc::new(broker),
        teller: Teller { news: send, nudge: alarm.nudge() },
        app,
        news,
        ready: BTreeMap::new(),
        deliver_at: None,
        writing: None,
        failed_writes: 0,
        entry: None,
        given_up: None,
    };
    while let Some(until) = watch.go_on()? {
        if let Woken::Signal(_) = alarm.wait(until)? {
            return watch.end(&mut alarm);
        }
    }
    match watch.given_up.take() {
        Some(error) => Err(error),
        None => {
            app.ui.say("nothing is left to watch");
            Ok(())
        }
    }
}

impl Watch {
    /// Takes up the news and starts what is due; gives the instant to wait for, or none where nothing is left to watch.
    #[allow(clippy::option_option)] // the inner one is the alarm's: no instant, only news
    fn go_on(&mut self) -> Result<Option<Option<Timestamp>>> {
        while let Ok(news) = self.news.try_recv() {
            self.hear(news);
        }
        let now = self.app.clock.now();
        self.start_renewals(now)?;
        self.start_delivery(now)?;
        let busy = self.writing.is_some() || !self.ready.is_empty();
        if !busy && self.profiles.values().all(|profile| profile.next == Next::Never) {
            self.display.draw(&self.profiles, now);
            return Ok(None);
        }
        self.display.draw(&self.profiles, now);
        let instants = self.profiles.values().filter_map(|profile| match profile.next {
            Next::At(at) => Some(at),
            Next::Coming | Next::Never => None,
        });
        // with too many under way, the end of one of them is the next event
        let instants = instants.filter(|at| *at > now);
        let deliver_at = self.deliver_at.filter(|_| self.writing.is_none());
        let tick = self.display.is_live().then(|| now.saturating_add(MINUTE).ok()).flatten();
        Ok(Some(instants.chain(deliver_at).chain(tick).min()))
    }

    /// Starts the renewals that are due, and those whose time has begun along with them.
    fn start_renewals(&mut self, now: Timestamp) -> Result<()> {
        if !self.profiles.values().any(|profile| profile.is_due(now)) {
            return Ok(());
        }
        let under_way = self.profiles.values().filter(|profile| profile.next == Next::Coming).count();
        let room = SIDE_BY_SIDE.saturating_sub(under_way);
        let due = self.profiles.iter_mut().filter(|(_, profile)| profile.may_join(now)).take(room);
        let due: Vec<_> = due.map(|(name, profile)| profile.start(name)).collect();
        if due.is_empty() {
            return Ok(());
        }
        let wave = Wave {
            app: self.app,
            broker: Arc::clone(&self.broker),
            asker: Arc::clone(&self.asker),
            orders: Arc::clone(&self.orders),
            teller: self.teller.clone(),
        };
        wave.start(due)
    }

    /// Writes what has come into the files, once no other renewal of the same moment is awaited.
    fn start_delivery(&mut self, now: Timestamp) -> Result<()> {
        if self.ready.is_empty() || self.writing.is_some() {
            return Ok(());
        }
        let alone = !self.profiles.values().any(|profile| profile.next == Next::Coming) && self.failed_writes == 0;
        let at = *self.deliver_at.get_or_insert_with(|| now.saturating_add(GATHER).unwrap_or(now));
        // an instant further away than any pause is from before the clock was set back
        let far = at.duration_since(now) > SignedDuration::from_mins(6);
        if alone || far || at <= now {
            self.deliver_at = None;
            let batch = std::mem::take(&mut self.ready);
            self.writing = Some(batch.clone());
            scribe::start(self.app, &self.asker, self.entry, batch, self.teller.clone())?;
        }
        Ok(())
    }

    fn hear(&mut self, news: News) {
        let now = self.app.clock.now();
        match news {
            News::Profile(name, result) => self.hear_of(name, *result, now),
            News::Names(names) => self.hear_names(&names, now),
            News::Written(Ok(entry)) => {
                self.entry = entry.or(self.entry);
                self.failed_writes = 0;
                for (name, ready) in self.writing.take().into_iter().flatten() {
                    if let Some(profile) = self.profiles.get_mut(&name) {
                        let again = profile.delivered(&ready);
                        self.display.fresh(&name, &ready, again, now);
                    }
                }
            }
            News::Written(Err(error)) => {
                self.failed_writes = self.failed_writes.saturating_add(1);
                if self.failed_writes == 1 {
                    self.app.ui.warn(&format!("the files could not be changed: {}", in_words(&error)));
                }
                for (name, ready) in self.writing.take().into_iter().flatten() {
                    self.ready.entry(name).or_insert(ready);
                }
                self.deliver_at = Some(after(now, renewal::pause(self.failed_writes)));
            }
        }
    }

    fn hear_of(&mut self, name: String, result: Result<Renewed>, now: Timestamp) {
        let Some(profile) = self.profiles.get_mut(&name) else { return };
        match result {
            Ok(Renewed::Endless) => {
                profile.next = Next::Never;
                self.app.ui.say(&says_endless(&name));
            }
            Ok(Renewed::Refused(error)) => {
                profile.next = Next::Never;
                self.display.failed(&name, &in_words(&error), now);
                self.app.ui.warn(&format!("{}: not watched: {}", shown(&name), shown(&in_words(&error))));
                self.given_up = Some(error);
            }
            Ok(Renewed::Got { plan, resolved }) => {
                let crate::credentials::Resolved { session, reused, warning } = resolved;
                let account_id = plan.account_id().or_else(|| session.account_id()).map(str::to_owned);
                profile.admitted = plan.guard;
                let known = profile.holds(&session);
                profile.take(&session, warning.is_some(), now);
                if !known {
                    self.ready.insert(name.clone(), Ready { session, reused, account_id });
                }
                if let Some(warning) = warning {
                    self.complain(&name, &warning, now);
                }
            }
            Err(error) => {
                profile.fail(now);
                self.complain(&name, &format!("no new session could be had: {}", in_words(&error)), now);
            }
        }
    }

    /// Warns of a failure, once as long as it stays the same.
    fn complain(&mut self, name: &str, words: &str, now: Timestamp) {
        if self.profiles.get_mut(name).is_some_and(|profile| profile.is_news(words)) {
            self.display.failed(name, words, now);
            self.app.ui.warn(&format!("{}: {}", shown(name), shown(words)));
        }
    }

    /// Takes in the profiles that are new, and leaves those whose file is gone.
    fn hear_names(&mut self, names: &[String], now: Timestamp) {
        for name in names {
            self.profiles.entry(name.clone()).or_insert_with(|| Profile::new(now));
        }
        let gone = |name: &String| !names.contains(name);
        let left: Vec<String> = self.profiles.keys().filter(|name| gone(name)).cloned().collect();
        for name in left {
            self.profiles.remove(&name);
            self.ready.remove(&name);
            self.app.ui.say(&format!("{}: its profile is gone; it is not watched any more", shown(&name)));
        }
    }

    /// Ends; a change of the files that is being made comes to its end before.
    fn end(mut self, alarm: &mut Alarm) -> Result<()> {
        let end = self.app.clock.now().saturating_add(LAST_WRITE)?;
        while self.writing.is_some() && self.app.clock.now() < end {
            alarm.wait(Some(end))?;
            while let Ok(news) = self.news.try_recv() {
                if matches!(news, News::Written(_)) {
                    self.hear(news);
                }
            }
        }
        Ok(())
    }
}

/// Says that a profile is skipped.
pub fn says_endless(name: &str) -> String {
    format!("{}: its credentials have no end; nothing is to be renewed", shown(name))
}

/// Gives an instant so long after `now`.
fn after(now: Timestamp, pause: Duration) -> Timestamp {
    SignedDuration::try_from(pause).ok().and_then(|pause| now.checked_add(pause).ok()).unwrap_or(Timestamp::MAX)
}

/// Puts a failure and its remedy into one line.
fn in_words(error: &anyhow::Error) -> String {
    let hint = hint_of(error).map(|hint| format!(" ({hint})")).unwrap_or_default();
    format!("{error:#}{hint}")
}
