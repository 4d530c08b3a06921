//! Owns the look at the system's table of processes, as far as it can be seen: who is in a group, alive.
//! It refuses to hold anything: processes come and go while it is read.

use std::fs;

/// One process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its group's number.
    pub(super) group: i32,
    /// Whether it is dead, and only its parent hasn't asked yet (proc(5), states `Z` and `X`).
    pub(super) is_dead: bool,
}

/// Gives the processes there are now.
pub(super) fn processes() -> impl Iterator<Item = Entry> {
    let folders = fs::read_dir("/proc").into_iter().flatten().flatten();
    folders
        .filter(|folder| folder.file_name().to_str().is_some_and(|name| name.bytes().all(|byte| byte.is_ascii_digit())))
        .filter_map(|folder| entry(&fs::read_to_string(folder.path().join("stat")).ok()?))
}

/// Reads a process's line; its name stands in brackets and may hold anything.
fn entry(line: &str) -> Option<Entry> {
    let (_, fields) = line.rsplit_once(") ")?;
    let mut fields = fields.split(' ');
    let is_dead = matches!(fields.next()?, "Z" | "X");
    let _parent = fields.next()?;
    Some(Entry { group: fields.next()?.parse().ok()?, is_dead })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_looks_like_fields_is_a_name() {
        assert_eq!(entry("12 (a) Z 1 7 (b) S 1 42 42 0 -1 4194560 1"), Some(Entry { group: 42, is_dead: false }));
        assert_eq!(entry("12 (x) Z 1 42 42 0"), Some(Entry { group: 42, is_dead: true }));
        assert_eq!(entry("12 (x"), None);
    }

    #[test]
    fn this_process_is_in_its_group() {
        let own = rustix::process::getpgrp().as_raw_nonzero().get();
        assert!(processes().any(|process| process == Entry { group: own, is_dead: false }));
    }
}
