//! Owns the programs that awstok runs with a profile's credentials: what they find in their environment, how they start and
//! end, and what of awstok they can't look into. It refuses to choose credentials, and to hand on what awstok was told for itself.

#[cfg(unix)]
mod child;
mod dumps;
#[cfg(not(unix))]
mod elsewhere;
mod environment;
#[cfg(unix)]
mod guardian;
mod program;
mod signals;
#[cfg(unix)]
mod tree;

#[cfg(unix)]
pub use child::{Running, alarm};
pub use dumps::refuse_dumps;
#[cfg(not(unix))]
pub use elsewhere::{Guardian, Running, alarm};
pub use environment::child_environment;
#[cfg(unix)]
pub use guardian::Guardian;
pub use program::{End, Program, exit_code, not_started, shell};
pub use signals::is_ignored;
