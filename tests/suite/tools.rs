//! Owns the search for programs that tests borrow. One that is missing is skipped loudly, and in `.ci/run` fails the test.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;

/// Finds a program that `.ci/run` installs; `None` skips the test, which says so on the terminal.
///
/// # Panics
/// With `CI=true`, where a skip is a failure.
pub fn tool(name: &str) -> Option<PathBuf> {
    let found = find(name);
    if found.is_none() {
        skip(name, std::env::var("CI").is_ok_and(|ci| ci == "true"));
    }
    found
}

/// Finds a program that few systems package; where it is missing, the test is skipped, in `.ci/run` too.
pub fn tool_if_any(name: &str) -> Option<PathBuf> {
    let found = find(name);
    if found.is_none() {
        skip(name, false);
    }
    found
}

/// Finds the Python interpreter that has `module`, under the rules of `tool`.
///
/// # Panics
/// With `CI=true`, where a skip is a failure.
pub fn python_with(module: &str) -> Option<PathBuf> {
    let python = tool("python3")?;
    let imported = Command::new(&python).args(["-c", &format!("import {module}")]).output().unwrap();
    if imported.status.success() {
        return Some(python);
    }
    skip(&format!("python3 -m {module}"), std::env::var("CI").is_ok_and(|ci| ci == "true"));
    None
}

fn find(name: &str) -> Option<PathBuf> {
    let names = [name.to_owned(), format!("{name}{}", std::env::consts::EXE_SUFFIX)];
    std::env::split_paths(&std::env::var_os("PATH")?)
        .flat_map(|folder| names.iter().map(move |name| folder.join(name)).collect::<Vec<_>>())
        .find(|path| path.is_file())
}

fn skip(what: &str, fatal: bool) {
    assert!(!fatal, "`{what}` is not installed, and with CI=true nothing may be skipped");
    // past the test harness, which keeps what a passing test prints to itself
    let _ = writeln!(std::io::stderr(), "SKIPPED: a test needs `{what}`, which is not installed here");
}
