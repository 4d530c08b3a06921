//! Owns links into the AWS console.
//! It refuses to open a browser, and to let a value break out of its place in a URL.

mod page;
mod switch_role;

pub use page::page;
pub use switch_role::{Color, SwitchRole, encode, extension, json};
