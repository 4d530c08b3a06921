//! Owns the meaning of profile files: what a profile is, who its masters are, and the plan that gives its credentials.
//! It refuses network, clock, prompts and writing.

pub mod plan;
