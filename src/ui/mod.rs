//! Owns how things look to people: tables and diffs as text.
//! It refuses to decide whether there is colour, which is set once, before anything is shown.

pub mod diff;
pub mod table;
