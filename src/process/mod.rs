//! Owns the programs that awstok runs with a profile's credentials: what they find in their environment.
//! It refuses to choose credentials, and to hand on what awstok was told for itself.

mod environment;

pub use environment::child_environment;
