//! The binary: hands over to the library and ends with its exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    awstok::run()
}
