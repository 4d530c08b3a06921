//! Owns the commands, one file each: `Args`, whose doc comment is the manual, and `run`.
//! They are short scripts over named operations; what two of them need lives below them.

pub mod clear;
pub mod completions;
pub mod console;
pub mod credential_process;
pub mod doctor;
pub mod env;
pub mod exec;
pub mod explain;
pub mod init;
pub mod list;
pub mod log;
pub mod mfa;
pub mod profile;
pub mod prompt;
pub mod rotate;
pub mod sandbox;
pub mod secret;
pub mod serve;
pub mod sso;
pub mod status;
pub mod supervise;
pub mod switchrole_url;
pub mod sync;
pub mod systemd_unit;
pub mod token;
pub mod undo;
pub mod watch;
pub mod whoami;
