//! Owns single flight between processes and threads: who enters does the work, the others wait for it.
//! It refuses to wait for ever: half a minute for a machine, 5 minutes while the one inside waits for a person.

use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::error::Result;
use crate::locked_file::{Fingerprint, Lock, Mode, held_by_another, read, remove, replace_unsynced, try_lock};

/// How long a lock's holder may work: longer than all tries of a call take, and short enough that who waits in vain
/// still ends within 30 s.
const FOR_A_MACHINE: Duration = Duration::from_secs(28);
/// How long a lock's holder may wait for a person.
const FOR_A_PERSON: Duration = Duration::from_secs(300);
const FIRST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(16);

/// A flight that one is on; over when dropped.
#[derive(Debug)]
pub struct Flight<'a> {
    lock: Lock,
    mark: PathBuf,
    outer: Option<&'a Flight<'a>>,
}

impl<'a> Flight<'a> {
    /// Tells whether the one inside, if anyone is, waits for a person.
    pub fn is_asking(file: &Path) -> bool {
        file.with_extension("asking").exists()
    }

    /// Removes what marks someone inside who died, for the one who holds the lock now.
    pub fn clear(file: &Path, lock: &Lock) {
        let mark = file.with_extension("asking");
        if mark.exists() {
            let _ = remove(&mark, lock);
        }
    }

    /// Enters as the only one, waiting for whoever is on it; `outer` is the flight that this one is part of.
    ///
    /// # Errors
    /// When the one inside takes too long: names the lock file and its pid.
    pub fn enter(file: &Path, outer: Option<&'a Flight<'a>>) -> Result<Self> {
        let mark = file.with_extension("asking");
        let (start, mut working_since) = (Instant::now(), Instant::now());
        let mut pause = FIRST_PAUSE;
        // whoever waits for someone who asks a person is as good as asking to those who wait for him
        let mut passed_on = None;
        loop {
            if let Some(lock) = try_lock(file)? {
                Self::clear(file, &lock);
                return Ok(Self { lock, mark, outer });
            }
            if mark.exists() {
                working_since = Instant::now();
                if passed_on.is_none() {
                    passed_on = outer.map(Flight::asking);
                }
            }
            for (waited, limit) in [(working_since, FOR_A_MACHINE), (start, FOR_A_PERSON)] {
                if waited.elapsed() > limit {
                    return Err(held_by_another(file, limit).into());
                }
            }
            sleep(pause);
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Tells those who wait that a person is being waited for, until the result is dropped.
    pub fn asking(&self) -> Asking<'_> {
        let fresh = !self.mark.exists();
        if fresh {
            let seen = read(&self.mark).ok().flatten().map_or(Fingerprint::ABSENT, |found| found.seen);
            // without the mark the others' patience is shorter; nothing else depends on it
            let _ = replace_unsynced(&self.mark, b"", Mode::Secret, &seen, &self.lock);
        }
        Asking { flight: self, fresh, _outer: self.outer.map(|outer| Box::new(outer.asking())) }
    }

    /// Gives the lock, for writing what the flight is about.
    pub fn lock(&self) -> &Lock {
        &self.lock
    }

    fn unmark(&self) {
        let _ = remove(&self.mark, &self.lock);
    }
}

/// The mark of waiting for a person; taken away when dropped.
#[derive(Debug)]
pub struct Asking<'a> {
    flight: &'a Flight<'a>,
    fresh: bool,
    _outer: Option<Box<Asking<'a>>>,
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        if self.fresh {
            self.flight.unmark();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn threads_fly_one_after_another() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("locks/x.lock");
        let inside = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let _flight = Flight::enter(&file, None).unwrap();
                    assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                    sleep(Duration::from_millis(5));
                    inside.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
    }

    #[test]
    fn asking_marks_the_outer_flight_too_and_cleans_up() {
        let home = tempfile::tempdir().unwrap();
        let outer = Flight::enter(&home.path().join("a.lock"), None).unwrap();
        let inner = Flight::enter(&home.path().join("b.lock"), Some(&outer)).unwrap();
        let asking = inner.asking();
        assert!(home.path().join("a.asking").exists() && home.path().join("b.asking").exists());
        drop(inner.asking());
        assert!(home.path().join("b.asking").exists());
        drop(asking);
        assert!(!home.path().join("a.asking").exists() && !home.path().join("b.asking").exists());
    }
}
