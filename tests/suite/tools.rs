//! Owns the finding of programs that others wrote and the tests run against.
//! It refuses to skip in silence: a missing tool is said aloud, and with `CI=true` it is a failure.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::home::Home;

/// Finds a program on the `PATH`; says so where it is missing.
pub fn tool(name: &str) -> Option<PathBuf> {
    let found = on_path(name);
    if found.is_none() {
        missing(&format!("`{name}` is not installed"));
    }
    found
}

/// Finds a program that `.ci/run` need not install: where it is missing, that is said, but never a failure.
#[cfg(unix)]
pub fn rare_tool(name: &str) -> Option<PathBuf> {
    let found = on_path(name);
    if found.is_none() {
        say_skipped(&format!("`{name}` is not installed"));
    }
    found
}

/// Finds an AWS CLI of that major version, in the Python environment or on the `PATH`; says so where there is none.
pub fn aws_cli(major: u8) -> Option<PathBuf> {
    let wanted = format!("aws-cli/{major}.");
    let in_environment =
        std::env::var_os("AWSTOK_TEST_PYTHON").map(|python| PathBuf::from(python).with_file_name("aws"));
    let found = in_environment.into_iter().chain(all_on_path("aws")).find(|aws| {
        let version = Command::new(aws).arg("--version").stdin(Stdio::null()).output();
        // the first ones wrote it to stderr
        version.is_ok_and(|said| [said.stdout, said.stderr].iter().any(|text| text.starts_with(wanted.as_bytes())))
    });
    if found.is_none() {
        missing(&format!("there is no AWS CLI of version {major}"));
    }
    found
}

/// Finds a program that a Python package brought along; says so where it is missing.
pub fn beside_python(name: &str) -> Option<PathBuf> {
    let beside = std::env::var_os("AWSTOK_TEST_PYTHON").map(|python| PathBuf::from(python).with_file_name(name));
    beside.filter(|path| path.is_file()).or_else(|| tool(name))
}

/// Finds a Python (`AWSTOK_TEST_PYTHON`, default `python3`) that can import `module`; says so where there is none.
pub fn python(module: &str) -> Option<PathBuf> {
    let python = PathBuf::from(std::env::var_os("AWSTOK_TEST_PYTHON").unwrap_or_else(|| "python3".into()));
    let import = Command::new(&python)
        .args(["-c", &format!("import {module}, os, sys; print(os.path.realpath(sys.executable) if sys.prefix == sys.base_prefix else sys.executable)")])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    // The interpreter itself: what stands on the PATH may be a wrapper that chooses one by the tester's environment.
    if let Some(said) = import.ok().filter(|said| said.status.success()) {
        return Some(String::from_utf8(said.stdout).ok()?.trim().into());
    }
    missing(&format!("`{}` has no module `{module}` (set AWSTOK_TEST_PYTHON)", python.display()));
    None
}

/// Finds a Node and the folder `node_modules` of `tests/suite/real/node` (`AWSTOK_TEST_NODE_MODULES`); says so where one is
/// missing.
pub fn node() -> Option<Node> {
    let program = tool("node")?;
    let modules = std::env::var_os("AWSTOK_TEST_NODE_MODULES").map(PathBuf::from);
    let found = modules.filter(|modules| modules.join("@aws-sdk/credential-providers").is_dir());
    if found.is_none() {
        missing("AWSTOK_TEST_NODE_MODULES names no folder with `@aws-sdk/credential-providers`");
    }
    found.map(|modules| Node { program, modules })
}

/// A Node and the modules that it is to find.
pub struct Node {
    program: PathBuf,
    modules: PathBuf,
}

impl Node {
    /// Tells whether a module is there, and says so where it is missing.
    pub fn has(&self, module: &str) -> bool {
        let has = self.modules.join(module).is_dir();
        if !has {
            missing(&format!("AWSTOK_TEST_NODE_MODULES names no folder with `{module}`"));
        }
        has
    }

    /// A script, ready to run in a home.
    pub fn script(&self, home: &Home, script: &str) -> Command {
        let mut command = home.other(&self.program);
        command.args(["-e", script]).env("NODE_PATH", &self.modules);
        command
    }

    /// Adds Node and a script to what another program is to run.
    pub fn add_script<'c>(&self, command: &'c mut Command, script: &str) -> &'c mut Command {
        command.arg(&self.program).args(["-e", script]).env("NODE_PATH", &self.modules)
    }
}

fn on_path(name: &str) -> Option<PathBuf> {
    all_on_path(name).into_iter().next()
}

fn all_on_path(name: &str) -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let suffix = std::env::consts::EXE_SUFFIX;
    std::env::split_paths(&path)
        .map(|folder| folder.join(format!("{name}{suffix}")))
        .filter(|path| path.is_file())
        .collect()
}

fn missing(what: &str) {
    assert!(!std::env::var("CI").is_ok_and(|value| value == "true"), "{what}");
    say_skipped(what);
}

/// Goes past the test harness, which keeps what `eprintln!` says in a test that passes.
pub fn say_skipped(what: &str) {
    let _ = writeln!(std::io::stderr(), "SKIPPED: {what}");
}
