//! Owns the programs that awstok runs with a profile's credentials: what they find in their environment, how they start and
//! end, their group and terminal, who ends them when awstok can't, what systemd is told of them, and what of awstok they can't
//! look into. It refuses to choose credentials, and to hand on what awstok was told for itself.

#[cfg(unix)]
mod child;
mod dumps;
#[cfg(not(unix))]
mod elsewhere;
mod environment;
pub mod foreground;
pub mod group;
#[cfg(unix)]
mod guardian;
pub mod notify;
mod program;
mod signals;
#[cfg(unix)]
mod tree;
pub mod unit;

#[cfg(unix)]
pub use child::{Running, alarm};
pub use dumps::refuse_dumps;
#[cfg(not(unix))]
pub use elsewhere::{Guardian, Running, alarm};
pub use environment::child_environment;
#[cfg(unix)]
pub use guardian::Guardian;
pub use program::{End, Program, exit_code, not_started, own_path, shell};
pub use signals::is_ignored;
