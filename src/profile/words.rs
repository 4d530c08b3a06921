//! Owns the splitting of a command line into words, as SDKs split `credential_process`: quotes and backslashes as in a shell.
//! It refuses everything else that a shell does: no variables, no `~`, no pipes.

/// Splits a command line.
///
/// # Errors
/// The end of the sentence "the command …": a quote that isn't closed, nothing at all.
pub fn split(line: &str) -> Result<Vec<String>, &'static str> {
    split_as(line, cfg!(windows))
}

/// Paths on Windows are full of backslashes: there, one only escapes a quote.
fn split_as(line: &str, windows: bool) -> Result<Vec<String>, &'static str> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    let mut rest = line.chars().peekable();
    while let Some(c) = rest.next() {
        let next = rest.peek().copied();
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some('"'), '\\') if next.is_some_and(|next| next == '"' || (next == '\\' && !windows)) => {
                word.get_or_insert_default().extend(rest.next());
            }
            (None, '\\') if !windows => match rest.next() {
                Some(escaped) => word.get_or_insert_default().push(escaped),
                None => return Err("ends with a lone backslash"),
            },
            (None, '\\') if next == Some('"') => word.get_or_insert_default().extend(rest.next()),
            (None, '"') => open(&mut quote, &mut word, c),
            (None, '\'') if !windows => open(&mut quote, &mut word, c),
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    if quote.is_some() {
        return Err("has a quote that isn't closed");
    }
    words.extend(word);
    match words.first() {
        Some(program) if !program.is_empty() => Ok(words),
        _ => Err("names no program"),
    }
}

fn open(quote: &mut Option<char>, word: &mut Option<String>, c: char) {
    *quote = Some(c);
    word.get_or_insert_default(); // `''` is a word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_split_as_pythons_shlex_does() {
        for (line, words) in [
            ("a b  c", vec!["a", "b", "c"]),
            ("\"/a b/tool\" --x='1 2' ''", vec!["/a b/tool", "--x=1 2", ""]),
            (r#"a\ b "c\"d\\e\f" 'g\h'"#, vec!["a b", r#"c"d\e\f"#, r"g\h"]),
            ("a$HOME `id` ~ | > #x", vec!["a$HOME", "`id`", "~", "|", ">", "#x"]),
            ("a\tb\nc", vec!["a", "b", "c"]),
        ] {
            assert_eq!(split_as(line, false).unwrap(), words, "{line}");
        }
        for line in ["", "  ", "''", "a 'b", "a \"b", "a \\"] {
            assert!(split_as(line, false).is_err(), "{line:?}");
        }
    }

    #[test]
    fn backslashes_of_windows_paths_stay() {
        let words = split_as(r#""C:\Program Files\x.exe" C:\tools\ "a\"b" it's"#, true).unwrap();
        assert_eq!(words, [r"C:\Program Files\x.exe", r"C:\tools\", r#"a"b"#, "it's"]);
    }
}
