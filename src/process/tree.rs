//! Owns the look at other processes: who descends from whom, and since when.
//! It refuses to mistake one process for another: an id counts only together with the time of its start.

use std::collections::BTreeSet;

/// A process, as long as it isn't merely waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Process {
    pub(super) id: i32,
    pub(super) parent: i32,
    pub(super) group: i32,
    /// When it was started, in ticks since the machine's own start; 0 where the system doesn't say.
    pub(super) started: u64,
}

/// Gives those of `all` that are in `known`, descend from one of them, or `belong` otherwise.
pub(super) fn family(
    all: &[Process],
    known: &BTreeSet<(i32, u64)>,
    belongs: impl Fn(&Process) -> bool,
) -> Vec<Process> {
    let mut inside: BTreeSet<i32> = BTreeSet::new();
    let mut rest: Vec<&Process> = all.iter().collect();
    loop {
        let before = inside.len();
        rest.retain(|process| {
            let is_inside = known.contains(&(process.id, process.started)) || inside.contains(&process.parent);
            if is_inside {
                inside.insert(process.id);
            }
            !is_inside
        });
        if inside.len() == before {
            break;
        }
    }
    let others: BTreeSet<i32> = rest.into_iter().filter(|process| belongs(process)).map(|process| process.id).collect();
    all.iter().copied().filter(|process| inside.contains(&process.id) || others.contains(&process.id)).collect()
}

#[cfg(target_os = "linux")]
pub(super) use proc::{all, has_variable};

#[cfg(target_os = "linux")]
mod proc {
    use super::Process;

    /// Gives all processes that run or sleep.
    pub(in super::super) fn all() -> Vec<Process> {
        let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        ids.filter_map(|id: i32| read(id, &std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?)).collect()
    }

    /// Tells whether a process was started with this variable (`NAME=value`).
    pub(in super::super) fn has_variable(id: i32, variable: &str) -> bool {
        std::fs::read(format!("/proc/{id}/environ"))
            .is_ok_and(|environment| environment.split(|byte| *byte == 0).any(|one| one == variable.as_bytes()))
    }

    /// Reads proc_pid_stat(5): the name in parentheses may hold anything, the fields behind it are plain.
    pub(super) fn read(id: i32, stat: &str) -> Option<Process> {
        let (_, behind) = stat.rsplit_once(')')?;
        let mut fields = behind.split_ascii_whitespace();
        let state = fields.next()?;
        let parent = fields.next()?.parse().ok()?;
        let group = fields.next()?.parse().ok()?;
        let started = fields.nth(16)?.parse().ok()?;
        (!matches!(state, "Z" | "X")).then_some(Process { id, parent, group, started })
    }
}

#[cfg(all(unix, not(target_os = "linux")))]
pub(super) use ps::{all, has_variable};

#[cfg(all(unix, not(target_os = "linux")))]
mod ps {
    use super::Process;

    /// Gives all processes that run or sleep, as `ps` lists them.
    pub(in super::super) fn all() -> Vec<Process> {
        let listed =
            std::process::Command::new("/bin/ps").args(["-A", "-o", "pid=,ppid=,pgid=,state="]).env_clear().output();
        let text = listed.map(|said| String::from_utf8_lossy(&said.stdout).into_owned()).unwrap_or_default();
        text.lines().filter_map(read).collect()
    }

    /// Other processes' environments aren't looked at here.
    pub(in super::super) fn has_variable(_: i32, _: &str) -> bool {
        false
    }

    fn read(line: &str) -> Option<Process> {
        let mut fields = line.split_ascii_whitespace();
        let mut number = || fields.next()?.parse().ok();
        let (id, parent, group) = (number()?, number()?, number()?);
        (!fields.next()?.starts_with('Z')).then_some(Process { id, parent, group, started: 0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_is_found_whatever_the_order() {
        let process = |id, parent, started| Process { id, parent, group: 1, started };
        let all = [process(9, 5, 4), process(5, 3, 3), process(3, 1, 2), process(4, 1, 9), process(7, 1, 1)];
        let ids = |known: &[(i32, u64)], marked: i32| {
            let family = family(&all, &known.iter().copied().collect(), |process| process.id == marked);
            family.iter().map(|process| process.id).collect::<Vec<_>>()
        };
        assert_eq!(ids(&[(3, 2)], 0), [9, 5, 3]);
        assert_eq!(ids(&[(3, 1)], 0), [0; 0], "another process with that id");
        assert_eq!(ids(&[(5, 3)], 4), [9, 5, 4]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn odd_names_dont_shift_the_fields() {
        let stat = "7 (a) S 1 (b)) S 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 4711 22";
        assert_eq!(proc::read(7, stat), Some(Process { id: 7, parent: 3, group: 4, started: 4711 }));
        assert_eq!(proc::read(7, &stat.replace(") S 3", ") Z 3")), None);
        assert_eq!(proc::read(7, "7 (a) S 1"), None);
        assert!(all().iter().any(|process| i64::from(process.id) == i64::from(std::process::id())));
    }
}
