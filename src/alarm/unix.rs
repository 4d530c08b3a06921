//! The alarm on Unix: one `poll` over the pipe of signals, the pipe of calls and a timer.
//! It refuses to miss what comes between two waits: pipes keep it.

use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::sync::Arc;

use anyhow::Context as _;
use jiff::Timestamp;
use rustix::event::{PollFd, PollFlags, poll};
use signal_hook::iterator::backend::SignalDelivery;
use signal_hook::iterator::exfiltrator::WithOrigin;

use super::{Caught, Woken};
use crate::error::Result;

/// A wait that can be had again and again; the signals are caught from its making on.
pub struct Alarm {
    signals: SignalDelivery<UnixStream, WithOrigin>,
    calls: UnixStream,
    caller: Arc<UnixStream>,
    timer: timer::Timer,
}

impl std::fmt::Debug for Alarm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Alarm").finish_non_exhaustive()
    }
}

/// Wakes an alarm from any thread.
#[derive(Debug, Clone)]
pub struct Nudge(Arc<UnixStream>);

impl Nudge {
    /// Ends the present wait, or the next one.
    pub fn now(&self) {
        // a full pipe wakes as well as a fuller one
        let _ = (&*self.0).write(&[1]);
    }
}

impl Alarm {
    /// Catches these signals from now on.
    ///
    /// # Errors
    /// Where the system has no descriptor left, or a signal can't be caught.
    pub fn new(signals: &[i32]) -> Result<Self> {
        let (read, write) = UnixStream::pair().context("could not make a pipe for signals")?;
        let signals = SignalDelivery::with_pipe(read, write, WithOrigin::default(), signals)
            .context("could not catch signals")?;
        let (calls, caller) = UnixStream::pair().context("could not make a pipe")?;
        calls.set_nonblocking(true).and_then(|()| caller.set_nonblocking(true)).context("could not make a pipe")?;
        Ok(Self { signals, calls, caller: Arc::new(caller), timer: timer::Timer::new()? })
    }

    /// Gives what wakes this alarm from another thread.
    pub fn nudge(&self) -> Nudge {
        Nudge(Arc::clone(&self.caller))
    }

    /// Waits until the wall clock says `until` (none: no instant), a signal or a nudge comes, or the clock is set.
    ///
    /// A clock that is set counts as `Due`: whoever waits for an instant looks at the clock again anyway.
    ///
    /// # Errors
    /// Where the system can't wait.
    pub fn wait(&mut self, until: Option<Timestamp>) -> Result<Woken> {
        self.timer.set(until)?;
        loop {
            // the terminal's signals have no sender; macOS names process 0
            if let Some(origin) = self.signals.pending().next() {
                let from_terminal = origin.process.is_none_or(|process| process.pid == 0);
                return Ok(Woken::Signal(Caught { number: origin.signal, from_terminal }));
            }
            if self.was_called() {
                return Ok(Woken::Nudged);
            }
            if until.is_some_and(|until| until <= Timestamp::now()) {
                return Ok(Woken::Due);
            }
            let limit = self.timer.limit(until);
            let mut watched =
                vec![PollFd::new(self.signals.get_read(), PollFlags::IN), PollFd::new(&self.calls, PollFlags::IN)];
            watched.extend(self.timer.descriptor().map(|timer| PollFd::from_borrowed_fd(timer, PollFlags::IN)));
            match poll(&mut watched, limit.as_ref()) {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error).context("could not wait"),
            }
            let rang = watched.get(2).is_some_and(|timer| !timer.revents().is_empty());
            if rang {
                return Ok(Woken::Due);
            }
        }
    }

    fn was_called(&self) -> bool {
        let mut called = false;
        let mut bytes = [0; 64];
        loop {
            match (&self.calls).read(&mut bytes) {
                Ok(0) => return called,
                Ok(_) => called = true,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return called,
            }
        }
    }
}

/// A timer of the wall clock: it runs on while the machine sleeps, and rings when the clock is set.
#[cfg(target_os = "linux")]
mod timer {
    use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};

    use anyhow::Context as _;
    use jiff::Timestamp;
    use rustix::event::Timespec;
    use rustix::time::{Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, timerfd_create, timerfd_settime};

    use crate::error::Result;

    pub(super) struct Timer(OwnedFd);

    impl Timer {
        pub(super) fn new() -> Result<Self> {
            let flags = TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK;
            timerfd_create(TimerfdClockId::Realtime, flags).map(Self).context("could not make a timer")
        }

        pub(super) fn set(&self, until: Option<Timestamp>) -> Result<()> {
            let zero = Timespec { tv_sec: 0, tv_nsec: 0 };
            // zero would take the timer back; an instant before 1970 is past anyway
            let at = until.map_or(zero, |until| Timespec {
                tv_sec: until.as_second().max(0),
                tv_nsec: until.subsec_nanosecond().max(1).into(),
            });
            let time = Itimerspec { it_interval: zero, it_value: at };
            match timerfd_settime(&self.0, TimerfdTimerFlags::ABSTIME | TimerfdTimerFlags::CANCEL_ON_SET, &time) {
                // the clock was set since the last wait, and the timer is all the same (timerfd_create(2), Notes)
                Ok(_) | Err(rustix::io::Errno::CANCELED) => Ok(()),
                Err(error) => Err(error).context("could not set a timer"),
            }
        }

        pub(super) fn descriptor(&self) -> Option<BorrowedFd<'_>> {
            Some(self.0.as_fd())
        }

        pub(super) fn limit(&self, _: Option<Timestamp>) -> Option<Timespec> {
            None
        }
    }
}

/// Elsewhere `poll` itself limits the wait. Its clock may stand still while the machine sleeps, so that the wall clock is
/// looked at once a minute while an instant is waited for.
#[cfg(not(target_os = "linux"))]
mod timer {
    use std::os::fd::BorrowedFd;
    use std::time::Duration;

    use jiff::Timestamp;
    use rustix::event::Timespec;

    use crate::error::Result;

    const LONGEST: Duration = Duration::from_secs(60);

    pub(super) struct Timer;

    impl Timer {
        pub(super) fn new() -> Result<Self> {
            Ok(Self)
        }

        pub(super) fn set(&self, _: Option<Timestamp>) -> Result<()> {
            Ok(())
        }

        pub(super) fn descriptor(&self) -> Option<BorrowedFd<'_>> {
            None
        }

        pub(super) fn limit(&self, until: Option<Timestamp>) -> Option<Timespec> {
            let left = Duration::try_from(until?.duration_since(Timestamp::now())).unwrap_or_default();
            left.min(LONGEST).try_into().ok()
        }
    }
}
