//! Reads the sources and holds the house rules: imports point down the floors of `src/lib.rs`, files stay readable in one sitting.

use std::collections::BTreeMap;
use std::path::Path;

/// A source file: its path below `src`, with `/`, and its text.
type Source = (String, String);

/// Names of drawers: what has no better name has no module.
const DRAWERS: [&str; 8] = ["util", "utils", "common", "helper", "helpers", "manager", "misc", "types"];

/// The limit for what can be read in one sitting.
const LONGEST: usize = 400;

#[test]
fn the_sources_keep_the_house_rules() {
    let mut sources = Vec::new();
    read_sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), "", &mut sources);
    let found = violations(&sources);
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

fn read_sources(folder: &Path, prefix: &str, sources: &mut Vec<Source>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{prefix}{}", entry.file_name().into_string().unwrap());
        if entry.file_type().unwrap().is_dir() {
            read_sources(&entry.path(), &format!("{name}/"), sources);
        } else if name.ends_with(".rs") {
            sources.push((name, std::fs::read_to_string(entry.path()).unwrap()));
        }
    }
}

fn violations(sources: &[Source]) -> Vec<String> {
    let root = sources.iter().find(|(path, _)| path == "lib.rs").map_or("", |(_, text)| text);
    let floors = floors(root);
    let mut found: Vec<String> = declared(root)
        .filter(|room| *room != "sandbox" && !floors.contains_key(*room))
        .map(|room| format!("lib.rs: `{room}` stands on no floor of the table"))
        .collect();
    for (path, text) in sources {
        found.extend(style(path, text).into_iter().map(|fault| format!("{path}: {fault}")));
        let room = path.split(['/', '.']).next().unwrap_or(path);
        if room != "sandbox" && !floors.contains_key(room) {
            continue; // the root, or a room that is already complained about
        }
        found.extend(
            imports(text)
                .into_iter()
                .filter(|import| !allowed(room, import, &floors))
                .map(|import| format!("{path}: `{room}` imports `crate::{import}`, which is not below it")),
        );
    }
    found
}

/// Reads the table of floors in the documentation of the root: `| floor | rooms |`, each room in backticks.
fn floors(root: &str) -> BTreeMap<&str, u8> {
    let rows = root.lines().filter_map(|line| {
        let (floor, rooms) = line.strip_prefix("//! |")?.split_once('|')?;
        Some((floor.trim().parse::<u8>().ok()?, rooms))
    });
    rows.flat_map(|(floor, rooms)| rooms.split('`').skip(1).step_by(2).map(move |room| (room, floor))).collect()
}

/// Finds the modules that the root declares, whatever their visibility.
fn declared(root: &str) -> impl Iterator<Item = &str> {
    root.lines().filter(|line| !line.starts_with("//")).filter_map(|line| {
        let name = line.strip_suffix(';')?.split_once("mod ")?.1;
        name.chars().all(|c| c.is_alphanumeric() || c == '_').then_some(name)
    })
}

/// Tells whether `room` may import `other`: what is below it, and what the picture of the house says besides.
fn allowed(room: &str, other: &str, floors: &BTreeMap<&str, u8>) -> bool {
    let floor = floors.get(room).copied();
    let below = floors.get(other).copied();
    match (room, other) {
        _ if room == other => true,
        ("sandbox", _) => below == Some(0),
        (_, "sandbox") => floor.is_some_and(|floor| floor >= 5),
        ("profile", "awsfiles") => true,
        _ => match (floor, below) {
            (Some(floor), Some(below)) => below < floor || (below == floor && [0, 5].contains(&floor)),
            _ => false,
        },
    }
}

/// Finds the first names behind `crate::`, in single paths and in groups; comments don't count.
fn imports(text: &str) -> Vec<String> {
    let code: String = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let mut names = Vec::new();
    for (at, path) in code.match_indices("crate::") {
        let before = code[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = &code[at + path.len()..];
        match rest.strip_prefix('{') {
            Some(group) => names.extend(first_names(group)),
            None => names.push(identifier(rest)),
        }
    }
    names
}

/// Gives the first name of each member of a group, whose opening brace is already read.
fn first_names(group: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut depth = 0;
    let mut member = String::new();
    for c in group.chars() {
        match c {
            '}' if depth == 0 => break,
            ',' if depth == 0 => names.push(identifier(std::mem::take(&mut member).trim())),
            _ => {
                depth += i32::from(c == '{') - i32::from(c == '}');
                member.push(c);
            }
        }
    }
    names.push(identifier(member.trim()));
    names.retain(|name| !name.is_empty());
    names
}

fn identifier(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

fn style(path: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    if !text.starts_with("//!") {
        faults.push("does not open with `//!`: what it owns and what it refuses".to_owned());
    }
    let lines = text.lines().count();
    if lines > LONGEST {
        faults.push(format!("has {lines} lines, more than {LONGEST}"));
    }
    if let Some(drawer) = path.trim_end_matches(".rs").split('/').find(|part| DRAWERS.contains(part)) {
        faults.push(format!("`{drawer}` is a drawer, not a name"));
    }
    for (number, line) in text.lines().enumerate() {
        if let Some(word) = ["TODO", "FIXME", "allow(dead_code"].into_iter().find(|word| line.contains(word)) {
            faults.push(format!("line {}: `{word}` is not left behind", number + 1));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "//! House.\n//! | floor | rooms |\n//! |---|---|\n//! | 5 | `commands`, `ui` |\n//! | 3 | `credentials` |\n\
                        //! | 2 | `sts`, `mfa` |\n//! | 1 | `profile`, `awsfiles` |\n//! | 0 | `clock`, `error` |\n";

    fn judged(path: &str, code: &str) -> Vec<String> {
        violations(&[("lib.rs".into(), ROOT.into()), (path.into(), format!("//! Owns x.\n{code}\n"))])
    }

    #[test]
    fn imports_that_point_down_pass() {
        for (path, code) in [
            (
                "credentials/cache.rs",
                "use crate::{clock, sts::{self, client}, error::Result};\nuse crate::credentials::resolve;",
            ),
            ("profile/mod.rs", "use crate::awsfiles::Document;"),
            ("clock.rs", "use crate::error::Result;"),
            ("commands/token.rs", "use crate::ui::table;\nuse crate::sandbox::Sandbox;"),
            ("sandbox/mod.rs", "use crate::clock::Clock;"),
            ("clock.rs", "/// See [`crate::commands`].\n// use crate::commands;"),
        ] {
            assert_eq!(judged(path, code), Vec::<String>::new(), "{path}");
        }
    }

    #[test]
    fn imports_that_point_up_or_aside_are_caught() {
        for (path, code) in [
            ("profile/chain.rs", "use crate::credentials::Cache;"),
            ("profile/chain.rs", "use crate::{error::Result, sts};"),
            ("profile/chain.rs", "use crate::{\n    error::{Failure, Result},\n    sts::Client,\n};"),
            ("profile/chain.rs", "fn f() { crate::ui::say(); }"),
            ("awsfiles/edit.rs", "use crate::profile::Profile;"),
            ("sts/mod.rs", "use crate::mfa::Device;"),
            ("credentials/mod.rs", "use crate::sandbox::Sandbox;"),
            ("sandbox/mod.rs", "use crate::profile::Profile;"),
            ("clock.rs", "use crate::run;"),
        ] {
            assert_eq!(judged(path, code).len(), 1, "{path}: {code}");
        }
    }

    #[test]
    fn a_room_without_a_floor_is_caught() {
        let root = format!("{ROOT}pub mod clock;\npub(crate) mod attic;\npub mod sandbox;\n");
        assert_eq!(violations(&[("lib.rs".into(), root)]), ["lib.rs: `attic` stands on no floor of the table"]);
    }

    #[test]
    fn style_is_judged() {
        assert_eq!(style("clock.rs", "use x;\n").len(), 1);
        assert_eq!(style("clock.rs", &"//!\n".repeat(LONGEST + 1)).len(), 1);
        assert_eq!(style("profile/util.rs", "//! x\n").len(), 1);
        assert_eq!(style("clock.rs", "//! x\n#[allow(dead_code)]\n// TODO: y\n").len(), 2);
        assert_eq!(style("clock.rs", "//! x\n"), Vec::<String>::new());
    }
}
