//! Owns the programs that awstok runs with a profile's credentials: what they find in their environment, how they start and
//! end, their group and terminal, who ends them when awstok can't, what systemd is told of them, and what of awstok they can't
//! look into. It refuses to choose credentials, and to hand on what awstok was told for itself.

mod dumps;
mod environment;
pub mod foreground;
pub mod group;
pub mod guardian;
pub mod manager;
mod program;
mod signals;
#[cfg(target_os = "linux")]
mod table;
pub mod unit;

pub use dumps::refuse_dumps;
pub use environment::child_environment;
pub use program::{Program, exit_code, not_started, shell};
pub use signals::is_ignored;
