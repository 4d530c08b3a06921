//! Owns the delivery of credentials as text: the variables of `env` and of the local endpoint as data, and their renderings for
//! shells and file formats. It refuses to print, and to render a value that the target can't carry byte for byte: no value is ever run.

mod endpoint;
mod formats;
mod quote;
mod shell;
mod variables;

pub use endpoint::Access;
pub use formats::{dotenv, json, process, yaml};
pub use shell::{Shell, parent_program, parent_program_at_once};
pub use variables::{Variable, Variables};
