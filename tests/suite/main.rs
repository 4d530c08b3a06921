//! The tests from outside: the built binary in an emptied environment with a throw-away home.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::print_stderr,
    missing_docs
)]
// terminals and shells are tested on Unix only
#![cfg_attr(windows, allow(dead_code))]

#[cfg(unix)]
mod awsuse;
#[cfg(target_os = "linux")]
mod canaries;
mod certificates;
mod commands;
mod console;
mod credentials;
mod doctor;
#[cfg(target_os = "linux")]
mod exec;
#[cfg(target_os = "linux")]
mod faults;
mod guards;
mod home;
mod iam;
mod layers;
mod lean;
mod log;
mod manual;
mod mfa;
mod population;
mod profile;
mod provider;
mod readme;
mod real;
mod rotate;
mod sandbox;
#[cfg(unix)]
mod server;
#[cfg(unix)]
mod shells;
mod sources;
mod sso;
mod sts;
#[cfg(unix)]
mod supervise;
mod ten_lifetimes;
mod tools;
#[cfg(unix)]
mod vault;
mod watch;
