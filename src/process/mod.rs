//! Owns the programs that awstok runs with a profile's credentials: what they find in their environment, and what of awstok
//! they can't look into. It refuses to choose credentials, and to hand on what awstok was told for itself.

mod dumps;
mod environment;

pub use dumps::refuse_dumps;
pub use environment::child_environment;
