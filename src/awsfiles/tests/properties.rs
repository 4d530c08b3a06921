//! What holds for every text: it prints back, an edit touches only its own, a round trip leaves nothing.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::super::document::Kind;
use super::*;

/// Texts that look like AWS files, with everything that people and tools put into them.
fn ini_like() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        4 => "[a-z]{1,6} ?[=:] ?[a-zA-Z0-9/+#;\\\\\"]{0,8}",
        1 => "\t? ?(#|;)[ -~]{0,6}",
        2 => "(  |\t)[a-z]{1,3} = [a-z]{0,3}",
        1 => "[ \t]{0,2}",
        1 => "stray",
        1 => "k = \u{e9}\u{85}\u{2028}",
    ];
    let header = "\\[ ?(profile )?[b-f]{1,2}( [#;]c)?\\]( ?[#;] [a-z]{0,3})?";
    let section = (header, prop::collection::vec(line, 0..6));
    let ending = prop_oneof![4 => Just("\n"), 2 => Just("\r\n"), 1 => Just("\r")];
    let parts = (any::<bool>(), prop::collection::vec("(# top|)", 0..2), prop::collection::vec(section, 0..5));
    (parts, prop::collection::vec(ending, 40), any::<bool>()).prop_map(|((bom, top, sections), endings, ended)| {
        let mut lines = top;
        for (header, body) in sections {
            lines.push(header);
            lines.extend(body);
        }
        let mut text = if bom { b"\xef\xbb\xbf".to_vec() } else { Vec::new() };
        let last = lines.len();
        for (nth, (line, ending)) in lines.into_iter().zip(endings).enumerate() {
            text.extend_from_slice(line.as_bytes());
            if ended || nth + 1 < last {
                text.extend_from_slice(ending.as_bytes());
            }
        }
        text
    })
}

type Map = BTreeMap<String, Vec<(String, String, Vec<String>)>>;

fn read(bytes: &[u8]) -> Map {
    let document = Document::parse(bytes).unwrap();
    let mut map = Map::new();
    for section in document.sections() {
        map.entry(section.name().into_owned()).or_default().extend(section.entries().map(|entry| {
            let nested = entry.nested().map(|(_, line)| line.into_owned()).collect();
            (entry.key().to_ascii_lowercase(), entry.value().into_owned(), nested)
        }));
    }
    map
}

/// Gives the lines outside the section `name`, without the blank ones, which set sections off.
fn foreign(bytes: &[u8], name: &str) -> Vec<Vec<u8>> {
    let document = Document::parse(bytes).unwrap();
    let own: Vec<usize> = document
        .sections()
        .filter(|section| section.name() == name)
        .flat_map(|section| section.line_indexes())
        .filter(|line| document.lines()[*line].kind != Kind::Comment)
        .collect();
    let others = (0..document.lines().len()).filter(|line| !own.contains(line));
    others.map(|line| document.text(line).to_vec()).filter(|line| !line.is_empty()).collect()
}

fn small() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1_000) }
}

proptest! {
    #![proptest_config(small())]

    #[test]
    fn any_bytes_print_back(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(document) = Document::parse(&bytes) {
            prop_assert_eq!(document.print(), bytes);
        }
    }

    #[test]
    fn ini_like_texts_print_back(bytes in ini_like()) {
        if let Ok(document) = Document::parse(&bytes) {
            prop_assert_eq!(document.print(), bytes);
        }
    }

    #[test]
    fn truncated_texts_never_panic(bytes in ini_like(), at in 0_usize..200) {
        let cut = &bytes[..at.min(bytes.len())];
        let _ = edited(cut, Naming::Plain, "b", |edit| _ = edit.set("k", "v").unwrap().remove("a"));
    }

    #[test]
    fn an_edit_is_the_only_difference(bytes in ini_like(), name in "[a-d]", key in "[a-c]", value in "[a-z=\\\\]{0,5}", add in any::<bool>()) {
        let Ok(after) = edited(&bytes, Naming::Plain, &name, |edit| {
            _ = if add { edit.set(&key, value.as_str()).unwrap() } else { edit.remove(&key) };
        }) else {
            return Ok(());
        };
        prop_assert_eq!(foreign(&bytes, &name), foreign(&after, &name));
        let mut wanted = read(&bytes);
        let mut found = read(&after);
        let (old, new) = (wanted.remove(&name).unwrap_or_default(), found.remove(&name).unwrap_or_default());
        prop_assert_eq!(wanted, found);
        let others = |keys: &[(String, String, Vec<String>)]| -> Vec<_> {
            keys.iter().filter(|entry| entry.0 != key).cloned().collect()
        };
        prop_assert_eq!(others(&old), others(&new));
        let own: Vec<_> = new.into_iter().filter(|entry| entry.0 == key).map(|entry| (entry.1, entry.2)).collect();
        prop_assert_eq!(own, if add { vec![(value, Vec::new())] } else { Vec::new() });
    }

    #[test]
    fn added_updated_and_removed_leaves_the_same_bytes(
        bytes in ini_like(),
        steps in prop::collection::vec(("x[0-3]", "[k-m]", prop::option::of("[a-z]{1,4}")), 1..12),
    ) {
        let mut text = bytes.clone();
        if edited(&bytes, Naming::Plain, "x0", |edit| _ = edit.set("k", "v").unwrap()).is_err() {
            return Ok(());
        }
        for (name, key, value) in &steps {
            text = edited(&text, Naming::Plain, name, |edit| {
                _ = match value {
                    Some(value) => edit.set(key, value.as_str()).unwrap(),
                    None => edit.remove(key),
                };
            }).unwrap();
        }
        for name in ["x2", "x0", "x3", "x1"] {
            text = edited(&text, Naming::Plain, name, |edit| _ = edit.remove("k").remove("l").remove("m")).unwrap();
        }
        prop_assert_eq!(text, bytes);
    }

    #[test]
    fn sections_added_and_removed_together_leave_the_same_bytes(bytes in ini_like(), names in prop::collection::btree_set("[d-z]", 1..6)) {
        let all = |value: Option<&str>| -> BTreeMap<String, SectionEdit> {
            let mut edit = SectionEdit::default();
            _ = match value {
                Some(value) => edit.set("own", value).unwrap(),
                None => edit.remove("own"),
            };
            names.iter().map(|name| (name.clone(), edit.clone())).collect()
        };
        let (Ok(document), set, removed) = (Document::parse(&bytes), all(Some("v")), all(None)) else { return Ok(()) };
        if document.sections().any(|section| names.contains(section.name().as_ref())) {
            return Ok(());
        }
        let added = edited_all(&bytes, Naming::Plain, &set).unwrap();
        prop_assert_ne!(&added, &bytes);
        prop_assert_eq!(edited_all(&added, Naming::Plain, &removed).unwrap(), bytes);
    }
}
