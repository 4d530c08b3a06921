//! Owns the life of a profile's own device: its seed kept and forgotten, a new one enrolled, one resynchronised or taken away.
//! It refuses to lose a seed, and to leave a device in the account that nobody knows of.

mod begun;
mod enroll;
mod owner;
mod seeds;

pub use enroll::{Enrolled, Wish, enroll};
pub use owner::{Owner, Signing, user_behind};
pub use seeds::{Seeds, choose_store};
