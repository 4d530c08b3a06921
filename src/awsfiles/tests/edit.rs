//! Which lines an edit touches, and how its own look.

use super::*;

fn set(before: &str, name: &str, key: &str, value: &str) -> String {
    let after = edited(before.as_bytes(), Naming::Plain, name, |edit| _ = edit.set(key, value).unwrap());
    String::from_utf8(after.unwrap()).unwrap()
}

fn remove(before: &str, name: &str, keys: &[&str]) -> String {
    let after = edited(before.as_bytes(), Naming::Plain, name, |edit| keys.iter().for_each(|key| _ = edit.remove(key)));
    String::from_utf8(after.unwrap()).unwrap()
}

#[test]
fn a_line_keeps_its_place_and_its_style() {
    let cases = [
        ("[a]\nk=1\nl = 2", "[a]\nk=new\nl = 2"),
        ("[a]\r\n  K  =   1  \r\nl = 2\r\n", "[a]\r\n  K  =   new  \r\nl = 2\r\n"),
        ("[a]\nk: 1\n", "[a]\nk: new\n"),
        ("[a]\nk =\n", "[a]\nk = new\n"),
        ("[a]\nk=\n", "[a]\nk=new\n"),
        ("[a]\nk =\n  x = 1\n\n  y = 2\nl = 2\n", "[a]\nk = new\nl = 2\n"),
        ("\u{feff}[a]\rk = 1\r[b]\r", "\u{feff}[a]\rk = new\r[b]\r"),
        ("[a] # c\n# k = 0\nk = 1\n", "[a] # c\n# k = 0\nk = new\n"),
    ];
    for (before, after) in cases {
        assert_eq!(set(before, "a", "k", "new"), after, "{before:?}");
        assert_eq!(set(after, "a", "k", "new"), after);
    }
}

#[test]
fn a_new_line_looks_like_its_neighbours() {
    let cases = [
        ("[a]\n[b]\n", "[a]\nnew = v\n[b]\n"),
        ("[a]\nk=1\nl=2", "[a]\nk=1\nl=2\nnew=v"),
        ("[a]\nk = 1\n\n# about b\n[b]\n", "[a]\nk = 1\nnew = v\n\n# about b\n[b]\n"),
        ("[a]\n\tk = 1\r\n\n[b]\n", "[a]\n\tk = 1\r\n\tnew = v\r\n\n[b]\n"),
        ("[a]\ns3 =\n    x = 1\n  # c\n[b]\n", "[a]\ns3 =\n    x = 1\nnew = v\n  # c\n[b]\n"),
        ("[a]\nregion    = 1\noutput    = 2\n", "[a]\nregion    = 1\noutput    = 2\nnew       = v\n"),
        ("[a]\nk = \n", "[a]\nk = \nnew = v\n"),
        ("[a]\nk: 1\n", "[a]\nk: 1\nnew= v\n"),
        ("[b]\nx = 1\n[a]\r\nk = 1", "[b]\nx = 1\n[a]\r\nk = 1\r\nnew = v"),
    ];
    for (before, after) in cases {
        assert_eq!(set(before, "a", "new", "v"), after, "{before:?}");
        assert_eq!(remove(after, "a", &["new"]), if before.starts_with("[a]\n[b]") { "[b]\n" } else { before });
    }
}

#[test]
fn a_new_section_is_set_off_and_goes_without_a_trace() {
    let cases = [
        ("", "[a]\nk = v\n"),
        ("\u{feff}", "\u{feff}[a]\nk = v\n"),
        ("\n", "\n[a]\nk = v\n\n"),
        ("[b]\nx = 1", "[b]\nx = 1\n\n[a]\nk = v"),
        ("[b]\r\nx = 1\r\n", "[b]\r\nx = 1\r\n\r\n[a]\r\nk = v\r\n"),
        ("[b]\nx = 1\n\n", "[b]\nx = 1\n\n[a]\nk = v\n\n"),
        ("[b]\nx = 1\n\n\n", "[b]\nx = 1\n\n\n[a]\nk = v\n\n"),
        ("[b]\nx = 1\n   ", "[b]\nx = 1\n   \n\n[a]\nk = v"),
        ("# only a comment\n", "# only a comment\n\n[a]\nk = v\n"),
        ("[b]\rx=1\r", "[b]\rx=1\r\r[a]\rk = v\r"),
    ];
    for (before, after) in cases {
        assert_eq!(set(before, "a", "k", "v"), after, "{before:?}");
        assert_eq!(remove(after, "a", &["k"]), before, "{before:?}");
    }
}

#[test]
fn a_section_stays_while_something_of_a_person_is_in_it() {
    assert_eq!(remove("[a]\nk = 1\nown = 2\n", "a", &["k"]), "[a]\nown = 2\n");
    assert_eq!(remove("[a]\n# why\nk = 1\n", "a", &["k"]), "[a]\n# why\n");
    assert_eq!(remove("[a]\nk = 1\n\n# about b\n[b]\n", "a", &["k"]), "# about b\n[b]\n");
    assert_eq!(remove("[x]\n[a]\nk = 1\n[b]\n", "a", &["k", "l"]), "[x]\n[b]\n");
    assert_eq!(remove("[a]\nk = 1", "a", &["k"]), "");
    assert_eq!(remove("\u{feff}[a]\r\nk = 1", "a", &["k"]), "\u{feff}");
    assert_eq!(remove("[x]\ny = 1\n[a]\nk = 1", "a", &["k"]), "[x]\ny = 1\n");
    assert_eq!(remove("[a]\n", "a", &["k"]), "[a]\n");
    assert_eq!(remove("[x]\n", "a", &["k"]), "[x]\n");
}

#[test]
fn nested_values_are_written_and_replaced_whole() {
    let nested = |lines: &[&str]| crate::awsfiles::Value {
        text: String::new(),
        nested: lines.iter().map(ToString::to_string).collect(),
    };
    let write = |before: &str, lines: &[&str]| {
        let value = nested(lines);
        let after = edited(before.as_bytes(), Naming::Plain, "a", |edit| _ = edit.set("s3", value).unwrap());
        String::from_utf8(after.unwrap()).unwrap()
    };
    assert_eq!(write("", &["x = 1", "y = 2"]), "[a]\ns3 =\n    x = 1\n    y = 2\n");
    let before = "[a]\ns3=\r\n\tx = 1\r\nk = 2\r\n";
    assert_eq!(write(before, &["x = 1"]), before);
    assert_eq!(write(before, &["x = 1", "y = 2"]), "[a]\ns3=\r\n\tx = 1\r\n\ty = 2\r\nk = 2\r\n");
    assert_eq!(write("[a]\ns3 = old", &["x = 1"]), "[a]\ns3 =\n    x = 1");
}

#[test]
fn ambiguous_sections_are_refused_only_where_they_are_ours() {
    let cases = [
        ("[a]\nk = 1\n[b]\n[a]\nl = 2\n", "line 4"),
        ("[a]\nk = 1\nl = 2\nK = 3\n", "line 4"),
        ("[a]\nk = 1\nstray\n", "line 3"),
        ("[a]\nl = 1\nk\u{a0}= 1\n", "line 3"),
        ("[a]\nx\u{3000}= 1\n", "line 2"),
        ("[a] # not [b]\nk = 1\n", "line 1"),
        ("[b]\nx = 1\n[c\n", "line 3"),
    ];
    for (before, line) in cases {
        let refused = edited(before.as_bytes(), Naming::Plain, "a", |edit| _ = edit.set("k", "v").unwrap());
        assert!(refused.unwrap_err().starts_with(line), "{before:?}");
    }
    let foreign = "[b]\nx = 1\nX = 2\nstray\n[b]\n[c] # [d]\n\n[a]\nk = 1\n";
    assert_eq!(set(foreign, "a", "k", "v"), foreign.replace("k = 1", "k = v"));
}

#[test]
fn an_indented_header_is_never_swallowed() {
    // `  [b]` is a header only because nothing above it can be continued
    let before = b"[a]\n  [b]\nx = 1\n";
    let refused = edited(before, Naming::Plain, "a", |edit| _ = edit.set("k", "v").unwrap());
    assert!(refused.unwrap_err().contains("not be read back"));
    let before = b"[x]\ny = 1\n[a]\nk = 1\n[c]\n  [b]\n";
    assert!(edited(before, Naming::Plain, "c", |edit| _ = edit.remove("k")).is_ok());
}

#[test]
fn foreign_junk_stays() {
    let before = b"\xef\xbb\xbf[b]\nx = \xff\xfe\0\n; \x80\n\n[a]\nk = 1\n";
    let after = edited(before, Naming::Plain, "a", |edit| _ = edit.set("k", "v").unwrap()).unwrap();
    assert_eq!(after, [&before[..before.len() - 2], b"v\n"].concat());
}

#[test]
fn backslashes_and_quotes_are_read_back_by_both_readers() {
    for value in ["C:\\tools\\", "\"/a b/awstok\" credential-process x", "'", "a\\nb", "=:[x]", "¶"] {
        assert_eq!(set("[a]\nz = 1\n", "a", "k", value), format!("[a]\nz = 1\nk = {value}\n"));
    }
}

#[test]
fn sections_can_be_swapped_in_one_change() {
    let swap = |before: &[u8]| {
        let mut edits =
            BTreeMap::from([("a".to_owned(), SectionEdit::default()), ("z".into(), SectionEdit::default())]);
        _ = edits.get_mut("a").unwrap().remove("k");
        _ = edits.get_mut("z").unwrap().set("k", "v").unwrap();
        String::from_utf8(edited_all(before, Naming::Plain, &edits).unwrap()).unwrap()
    };
    assert_eq!(swap(b"[a]\nk = 1\n"), "[z]\nk = v\n");
    assert_eq!(swap(b"[b]\n\n[a]\nk = 1"), "[b]\n\n[z]\nk = v");
    assert_eq!(swap(b"[a]\nk = 1\n\n[b]\n\n"), "[b]\n\n[z]\nk = v\n\n");
}

#[test]
fn whatever_else_changes_is_noticed_before_the_write() {
    let before = b"[b]\nx = 1\n[a]\nk = 1\n[c]\ny = 1\n";
    let mut edit = SectionEdit::default();
    _ = edit.set("k", "new").unwrap();
    let edits = BTreeMap::from([("a".to_owned(), edit)]);
    let check = |splices: &[(std::ops::Range<usize>, &str)]| {
        let document = Document::parse(before).unwrap();
        let splices = splices.iter().map(|(place, new)| (place.clone(), new.as_bytes().to_vec())).collect();
        verify::check(&document, &Patch { splices }, Naming::Plain, &edits)
    };
    let (key, value) = (14, 18);
    assert!(before[key..].starts_with(b"k = 1\n"));
    assert!(check(&[(value..value + 1, "new")]).is_ok());
    let cases: [&[(std::ops::Range<usize>, &str)]; 9] = [
        &[(8..9, "2"), (value..value + 1, "new")],
        &[(value..value + 1, "old")],
        &[(value..value + 1, "new\n  more")],
        &[(value..value + 1, "new\nz = 1")],
        &[(value..value + 1, "new\n[c]")],
        &[(value..before.len(), "new\n")],
        // places that overlap, or lie outside
        &[(key..key + 5, "k = new"), (value..value + 1, "1")],
        &[(value..value + 1, "new"), (8..9, "1")],
        &[(value..value + 1, "new"), (before.len() + 1..before.len() + 2, "")],
    ];
    for splices in cases {
        assert!(check(splices).is_err(), "{splices:?}");
    }
}
