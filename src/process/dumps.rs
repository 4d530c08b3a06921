//! Owns keeping a process that holds credentials for long closed to debuggers and core files of the same user.
//! It refuses to change what children inherit: a command that awstok runs may be debugged as before.

use crate::error::Result;

/// Makes this process give nothing of its memory away: no core file, no debugger, no `/proc/PID/mem` but root's.
///
/// `execve` undoes it, so that children aren't touched; files in `/proc/PID` belong to root from now on.
///
/// # Errors
/// Where the system refuses, which Linux doesn't.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub fn refuse_dumps() -> Result<()> {
    use anyhow::Context as _;
    use rustix::process::{DumpableBehavior, set_dumpable_behavior};
    set_dumpable_behavior(DumpableBehavior::NotDumpable).context("could not keep debuggers out of this process")
}

/// Makes this process leave no core file. Debuggers of the same user are kept out by macOS itself from signed programs.
///
/// Children inherit the limit, which they may raise again; macOS begins with it.
///
/// # Errors
/// Where the system refuses.
#[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
pub fn refuse_dumps() -> Result<()> {
    use anyhow::Context as _;
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { maximum, .. } = getrlimit(Resource::Core);
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum }).context("could not forbid core files")
}

/// Windows writes no core files, and opens a process's memory to its own user only.
///
/// # Errors
/// None here.
#[cfg(not(unix))]
pub fn refuse_dumps() -> Result<()> {
    Ok(())
}
