//! Owns sessions on their way to whoever wants them: one executor walks a plan, through one cache and one flight an identity.
//! It refuses to print or to ask by itself.

mod cache;
mod codes;
mod elsewhere;
mod fresh;
mod identity;
mod issuer;
mod long_term;
mod prune;
pub mod renewal;
mod resolve;
mod shelf;
mod sources;
#[cfg(test)]
mod tests;

pub use cache::Cache;
pub use codes::CodeMaker;
pub use fresh::{Life, Purpose, is_fresh, life_left};
pub use identity::{Identity, identities};
pub use issuer::{Issuer, Wish};
pub use resolve::{Ask, Event, Executor, Progress, Resolved, Silent, Want, cached};
pub use sources::Sources;
