//! The alarm where there are no Unix signals: a channel, and the wall clock looked at once a minute.
//! It catches no signal: there, the system ends the processes of a console together.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use jiff::Timestamp;

use super::Woken;
use crate::error::Result;

/// The channel's clock may stand still while the machine sleeps.
const LONGEST: Duration = Duration::from_secs(60);

/// A wait that can be had again and again.
#[derive(Debug)]
pub struct Alarm {
    calls: Receiver<()>,
    caller: SyncSender<()>,
}

/// Wakes an alarm from any thread.
#[derive(Debug, Clone)]
pub struct Nudge(SyncSender<()>);

impl Nudge {
    /// Ends the present wait, or the next one.
    pub fn now(&self) {
        // a full channel wakes as well as a fuller one
        let _ = self.0.try_send(());
    }
}

impl Alarm {
    /// Makes an alarm; no signal is caught.
    ///
    /// # Errors
    /// None here.
    pub fn new(_: &[i32]) -> Result<Self> {
        let (caller, calls) = sync_channel(1);
        Ok(Self { calls, caller })
    }

    /// Gives what wakes this alarm from another thread.
    pub fn nudge(&self) -> Nudge {
        Nudge(self.caller.clone())
    }

    /// Waits until the wall clock says `until` (none: no instant), or a nudge comes.
    ///
    /// # Errors
    /// None here.
    pub fn wait(&mut self, until: Option<Timestamp>) -> Result<Woken> {
        loop {
            let left = match until.map(|until| until.duration_since(Timestamp::now())) {
                Some(left) => match Duration::try_from(left).ok().filter(|left| !left.is_zero()) {
                    Some(left) => left,
                    None => return Ok(Woken::Due),
                },
                None => LONGEST,
            };
            match self.calls.recv_timeout(left.min(LONGEST)) {
                Ok(()) => return Ok(Woken::Nudged),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
            }
        }
    }
}
