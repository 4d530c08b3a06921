//! The binary: hands over to the library and ends with its exit code.

#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod pow;

use std::process::ExitCode;

fn main() -> ExitCode {
    awstok::run()
}
