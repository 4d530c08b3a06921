//! Reading a profile file never panics, and what goes on to the config file is fit for it. Run with `cargo +nightly fuzz run profile`.
#![no_main]

use std::path::Path;

use awstok::profile::{Settings, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|keys: &[u8]| {
    let bytes = [b"[prod]\n", keys].concat();
    let Ok(profile) = read("prod", Path::new("prod"), &bytes, &Settings::default()) else { return };
    assert_eq!(profile.name, "prod");
    for entry in profile.config_entries(None) {
        assert!(!entry.key.is_empty() && !entry.value.contains(['\n', '\r', '\0']));
        assert!(!entry.key.to_ascii_lowercase().contains("secret"));
        assert!(entry.nested.iter().all(|line| !line.is_empty() && !line.contains(['\n', '\r', '\0'])));
    }
});
