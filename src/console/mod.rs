//! Owns links into the AWS console, and where a visit there begins.
//! It refuses to open a browser, and to let a value break out of its place in a URL.

mod destination;
mod page;
mod switch_role;

pub use destination::{Federation, Service, checked, federation, home, in_some_console};
pub use page::page;
pub use switch_role::{Color, SwitchRole, json};
