//! Owns links into the AWS console.
//! It refuses to open a browser, and to let a value break out of its place in a URL.

mod switch_role;

pub use switch_role::{Color, SwitchRole, encode, json};
