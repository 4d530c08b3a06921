//! What the lexer reads in odd texts.

use crate::awsfiles::Document;

/// Renders what was read: `[name]`, then `key=value` with nested lines behind `|`.
fn read(bytes: &[u8]) -> String {
    let document = Document::parse(bytes).unwrap();
    let mut shown = String::new();
    for section in document.sections() {
        shown += &format!("[{}]", section.name());
        for entry in section.entries() {
            shown += &format!(" {}={}", entry.key(), entry.value());
            for (_, nested) in entry.nested() {
                shown += &format!("|{nested}");
            }
        }
    }
    shown
}

#[test]
fn odd_texts_are_read_as_botocore_reads_them() {
    let cases: [(&[u8], &str); 14] = [
        (b"", ""),
        (b"\xef\xbb\xbf[a]\r\nk = v\r\n", "[a] k=v"),
        (b"[a]\rk=v\r[b]\r\nx=y", "[a] k=v[b] x=y"),
        (b"# c\n[a] ; c [x]\n  # k=v\nk: v=w\n", "[a] k=v=w"),
        (b"[ profile  \"my x\"\t]# c", "[profile  \"my x\"]"),
        (b"[a]\ns3 =\n  x = y\n\n  # c\n  z=1\nk=v", "[a] s3=|x = y|z=1 k=v"),
        (b"[a]\n  k = v\n  l = w\n   more\n", "[a] k=v l=w|more"),
        (b"[a]\nk = v\n  [b]\n[c]", "[a] k=v|[b][c]"),
        (b"[a]\n  [b]\nk=v", "[a][b] k=v"),
        (b"[a]\nstray\nk=v", "[a] k=v"),
        (b"[a]\n[a]\nk=1\nK=2", "[a][a] k=1 K=2"),
        (b"[a]\nk=\xff", "[a] k=\u{fffd}"),
        (b"[a]\nsep==:[foo]]bar[", "[a] sep==:[foo]]bar["),
        (b"[a]\nk = # c", "[a] k=# c"),
    ];
    for (bytes, shown) in cases {
        assert_eq!(read(bytes), shown, "{}", String::from_utf8_lossy(bytes));
    }
}

#[test]
fn unreadable_texts_name_their_line() {
    let cases = [
        ("k = v\n", 1),
        ("\n -continued", 2),
        ("[a]\n -continued", 2),
        ("[a]\nk=v\n[a]\n -continued", 4),
        ("[a]\n\n= v", 3),
        ("[a]\n[b", 2),
        ("[]", 1),
    ];
    for (text, line) in cases {
        assert_eq!(Document::parse(text.as_bytes()).map(|_| ()).unwrap_err().line, line, "{text}");
    }
}

#[test]
fn comments_behind_values_need_white_space() {
    let document = Document::parse(b"[a]\na = 1 # c ; d\nb = 1# c\nc = # c\nd =# c\n").unwrap();
    let section = document.section("a").unwrap();
    let values: Vec<_> = section.entries().map(|entry| entry.value_without_comment()).collect();
    assert_eq!(values, ["1", "1# c", "", "# c"]);
    assert_eq!(section.entry("B").unwrap().line(), 3);
}

#[test]
fn stray_lines_and_offsets_have_line_numbers() {
    let document = Document::parse(b"[a]\nk = v\nstray\n").unwrap();
    assert_eq!(document.section("a").unwrap().stray_lines().collect::<Vec<_>>(), [3]);
    assert_eq!([0, 3, 4, 10, 99].map(|offset| document.line_at(offset)), [1, 1, 2, 3, 3]);
}
