//! Owns waiting: until an instant of the wall clock, until a signal comes, or until another thread calls.
//! It refuses to poll: whoever waits sleeps, over leaps of the clock and a suspended machine too.

#[cfg(not(unix))]
mod elsewhere;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
pub use elsewhere::{Alarm, Nudge};
#[cfg(unix)]
pub use unix::{Alarm, Nudge};

/// Why a wait ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Woken {
    /// The instant has come.
    Due,
    /// A signal came.
    Signal(Caught),
    /// Another thread called.
    Nudged,
}

/// A signal that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caught {
    /// Its number.
    pub number: i32,
    /// Whether the terminal sent it, to everyone in the foreground, rather than a process to this one.
    pub from_terminal: bool,
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use jiff::{SignedDuration, Timestamp};

    use super::*;

    #[test]
    fn an_instant_is_waited_for_and_one_that_is_past_is_not() {
        let mut alarm = Alarm::new(&[]).unwrap();
        assert_eq!(alarm.wait(Some(Timestamp::UNIX_EPOCH)).unwrap(), Woken::Due);
        let soon = Timestamp::now() + SignedDuration::from_millis(30);
        assert_eq!(alarm.wait(Some(soon)).unwrap(), Woken::Due);
        assert!(Timestamp::now() >= soon);
    }

    #[test]
    fn a_nudge_wakes_a_wait_without_end_once() {
        let mut alarm = Alarm::new(&[]).unwrap();
        let nudge = alarm.nudge();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                std::thread::sleep(Duration::from_millis(20));
                nudge.now();
                nudge.now();
            });
            assert_eq!(alarm.wait(None).unwrap(), Woken::Nudged);
        });
        let _ = alarm.wait(Some(Timestamp::UNIX_EPOCH)).unwrap();
        let begun = Instant::now();
        assert_eq!(alarm.wait(Some(Timestamp::now() + SignedDuration::from_millis(30))).unwrap(), Woken::Due);
        assert!(begun.elapsed() >= Duration::from_millis(25));
    }

    #[cfg(unix)]
    #[test]
    fn a_signal_of_a_process_wakes_it_and_says_that_it_is_no_terminals() {
        let mut alarm = Alarm::new(&[signal_hook::consts::SIGUSR2]).unwrap();
        signal_hook::low_level::raise(signal_hook::consts::SIGUSR2).unwrap();
        let caught = Caught { number: signal_hook::consts::SIGUSR2, from_terminal: false };
        assert_eq!(alarm.wait(None).unwrap(), Woken::Signal(caught));
        assert_eq!(alarm.wait(Some(Timestamp::UNIX_EPOCH)).unwrap(), Woken::Due);
    }
}
