//! Owns the programs that awstok runs with a profile's credentials: what they find in their environment, and how they start and end.
//! It refuses to choose credentials, and to hand on what awstok was told for itself.

mod environment;
mod program;
mod signals;

pub use environment::child_environment;
pub use program::{Program, exit_code, not_started, shell};
pub use signals::is_ignored;
