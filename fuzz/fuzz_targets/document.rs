//! Lexing never panics, and every byte comes back. Run with `cargo +nightly fuzz run document`.
#![no_main]

use awstok::awsfiles::{Document, Naming};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(document) = Document::parse(bytes) else { return };
    assert_eq!(document.print(), bytes);
    for section in document.sections() {
        let _ = Naming::Profile.name_of(&section);
        assert!(document.line_at(0) <= section.line());
        for entry in section.entries() {
            assert!(entry.value().len() >= entry.value_without_comment().len());
            assert!(entry.line() > section.line());
            assert!(entry.nested().all(|(line, text)| line > entry.line() && !text.is_empty()));
        }
    }
});
