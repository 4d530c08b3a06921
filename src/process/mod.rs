//! Owns the programs that awstok runs with a profile's credentials: what they find in their environment, their group, their
//! terminal, who ends them when awstok can't, and what systemd is told of them.
//! It refuses to choose credentials, and to hand on what awstok was told for itself.

mod environment;
pub mod foreground;
pub mod group;
pub mod guardian;
pub mod manager;
#[cfg(target_os = "linux")]
mod table;
pub mod unit;

pub use environment::child_environment;
