//! Loads a profile from a folder and prints what would be called to get its credentials: no network, no prompt, no clock.
//!
//! ```sh
//! cargo run --example plan -- profiles.example prod-audit
//! ```
#![allow(clippy::print_stdout)]

use std::path::Path;

use anyhow::Context as _;
use awstok::clock::short_duration;
use awstok::profile::{Folder, Request, Settings, plan};

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (folder, name) = arguments.next().zip(arguments.next()).context("usage: plan FOLDER PROFILE")?;
    let settings = Settings::default();
    let (dir, config) = (Path::new(&folder), Path::new("config"));
    let mut folder = Folder { dir, settings: &settings, config, home: None };
    let request = Request { session_name: "example".into(), ..Request::default() };
    let plan = plan(&name, &request, &mut folder)?;
    for step in &plan.steps {
        let what = step.role_arn().unwrap_or("a session of the user");
        let code = step.mfa().map(|device| format!(", with a code of {}", device.serial)).unwrap_or_default();
        println!("{}: {what} for {}{code}", step.api(), short_duration(step.duration()));
    }
    for reason in &plan.reasons {
        println!("why: {reason}");
    }
    Ok(())
}
