//! MFA that takes care of itself: codes that nobody types, and the commands that look after devices.

#[cfg(target_os = "linux")]
mod desktops;
mod devices;
#[cfg(target_os = "linux")]
mod kills;
#[cfg(target_os = "linux")]
mod nothing_in_clear;
#[cfg(unix)]
mod renewals;
mod sources;

use std::time::{Duration, Instant};

use crate::commands::Stage;

/// The seed of ann's device in the stage's world.
pub const SEED: &str = "AWSTOK23AWSTOK23AWSTOK23AWSTOK23";

/// Sets the profile `mainuser` up with more keys.
pub fn mainuser(stage: &Stage, keys: &str) {
    let secret = crate::commands::SECRET;
    let device = crate::commands::DEVICE;
    let user = format!("aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = {secret}\n");
    stage.home.profile("mainuser", &format!("{user}mfa_id = {device}\nregion = eu-central-1\n{keys}"));
}

/// Writes a program into the home's `bin`, which stands first on `PATH`.
#[cfg(unix)]
pub fn program(stage: &mut Stage, name: &str, script: &str) -> String {
    use std::os::unix::fs::PermissionsExt as _;
    stage.home.write(&format!("bin/{name}"), format!("#!/bin/sh\n{script}\n"));
    let path = stage.home.path(format!("bin/{name}"));
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    let bin = stage.home.path("bin");
    stage.home.set("PATH", format!("{}:{}", bin.display(), std::env::var("PATH").unwrap()));
    path.to_str().unwrap().to_owned()
}

/// Waits until a window has some seconds left, so that no test begins at the end of one.
pub fn within_a_window() {
    let begun = Instant::now();
    let second = || std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() % 30;
    while second() > 24 {
        assert!(begun.elapsed() < Duration::from_secs(30));
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// The codes that went out with calls.
pub fn codes(stage: &Stage) -> Vec<String> {
    let of = |call: awstok::sandbox::Call| call.parameter("TokenCode").map(str::to_owned);
    stage.sandbox.calls().into_iter().filter_map(of).collect()
}
