//! Owns quoting: a value as one word of a shell, written so that neither the shell nor an unquoted `eval` changes a byte.
//! It refuses what `cmd` has no way to carry.

use std::fmt::Write as _;

use crate::error::{Failure, Kind, Result};

/// Quotes for `bash` and `zsh`: `'…'`, and `$'…'` with octal bytes for what word splitting or wildcards would touch.
pub(super) fn ansi_c(value: &str) -> String {
    if value.bytes().all(is_plain) { format!("'{value}'") } else { format!("$'{}'", octal(value, "\\", |_| false)) }
}

/// Quotes for `tcsh`, where an octal escape means a character, not a byte: only ASCII is escaped.
pub(super) fn tcsh(value: &str) -> String {
    if value.bytes().all(is_plain) {
        format!("'{value}'")
    } else {
        format!("$'{}'", octal(value, "\\", |byte| !byte.is_ascii()))
    }
}

/// A word of a POSIX shell.
pub(super) enum Posix {
    /// The quoted value.
    Literal(String),
    /// A substitution that gives the value and a `.` behind it, which keeps final newlines.
    Printed(String),
}

/// Quotes for any POSIX shell. `$'…'` is not in `dash`, and white space in `'…'` would not survive an unquoted `eval`:
/// what is not plain goes through `printf`.
pub(super) fn posix(value: &str) -> Posix {
    if value.bytes().all(is_plain) {
        Posix::Literal(format!("'{value}'"))
    } else {
        Posix::Printed(format!("\"$(printf %b '{}.')\"", octal(value, "\\0", |_| false)))
    }
}

/// Quotes for `fish`, whose command substitution splits at newlines only.
pub(super) fn fish(value: &str) -> String {
    let mut word = String::from("'");
    for byte in value.bytes() {
        match byte {
            b'\'' | b'\\' => {
                word.push('\\');
                word.push(char::from(byte));
            }
            b' '..=b'~' => word.push(char::from(byte)),
            _ => {
                let _ = write!(word, "'\\X{byte:02x}'");
            }
        }
    }
    word.push('\'');
    word
}

/// Quotes for PowerShell: printable ASCII as it is, everything else by its UTF-16 unit, so that no code page,
/// typographic quote or line-wise `Invoke-Expression` gets at it.
pub(super) fn powershell(value: &str) -> String {
    let mut expression = String::from("'");
    for c in value.chars() {
        match c {
            '\'' => expression.push_str("''"),
            ' '..='~' => expression.push(c),
            _ => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(expression, "' + [char]0x{unit:04x} + '");
                }
            }
        }
    }
    expression.push('\'');
    expression
}

/// Checks a value for `set "NAME=VALUE"`, which has no escapes that hold both at the prompt and in a batch file.
pub(super) fn cmd<'a>(name: &str, value: &'a str) -> Result<&'a str> {
    match value.chars().find(|c| c.is_control() || ['"', '%', '!'].contains(c)) {
        None => Ok(value),
        Some(c) => Err(Failure::new(
            Kind::Other,
            format!("`cmd` can't carry the value of `{name}`: it holds {}", c.escape_debug().collect::<String>()),
        )
        .hint("use `--shell powershell` or `--format json`")
        .into()),
    }
}

/// Quotes for `nu`.
pub(super) fn nu(value: &str) -> String {
    escaped(value, |c, text| write!(text, "\\u{{{:x}}}", u32::from(c)))
}

/// Writes a double-quoted string with the escapes that elvish, Python and YAML share; all of it is printable ASCII.
pub(super) fn double(value: &str) -> String {
    escaped(value, |c, text| match u32::from(c) {
        code @ ..0x80 => write!(text, "\\x{code:02x}"),
        code @ 0x80..0x1_0000 => write!(text, "\\u{code:04x}"),
        code => write!(text, "\\U{code:08x}"),
    })
}

fn escaped(value: &str, escape: impl Fn(char, &mut String) -> std::fmt::Result) -> String {
    let mut text = String::from("\"");
    for c in value.chars() {
        match c {
            '"' | '\\' => {
                text.push('\\');
                text.push(c);
            }
            ' '..='~' => text.push(c),
            _ => {
                let _ = escape(c, &mut text); // writing to a string can't fail
            }
        }
    }
    text.push('"');
    text
}

/// Writes every byte that is not plain, nor to be kept, as `prefix` and three octal digits.
fn octal(value: &str, prefix: &str, keep: impl Fn(u8) -> bool) -> String {
    let mut bytes = Vec::with_capacity(value.len() * 2);
    for byte in value.bytes() {
        if is_plain(byte) || keep(byte) {
            bytes.push(byte);
        } else {
            bytes.extend(format!("{prefix}{byte:03o}").bytes());
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Tells whether a byte means nothing to any shell, quoted or not; all of AWS's own values are made of these.
pub(super) fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-+=./:,@%".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = "a'b \"$(x)`\\!*\n\tü\u{1f600}";

    #[test]
    fn nothing_that_an_unquoted_eval_would_touch_is_left() {
        let words = [ansi_c(HOSTILE), octal(HOSTILE, "\\0", |_| false)];
        for word in words {
            assert!(word.bytes().all(|byte| is_plain(byte) || b"$'\\".contains(&byte)), "{word}");
        }
        assert!(!tcsh(HOSTILE).contains([' ', '\t', '\n', '*', '!', '`']));
    }

    #[test]
    fn escapes_are_each_shells_own() {
        assert_eq!(ansi_c("a b"), "$'a\\040b'");
        assert_eq!(fish("it's\\\n"), "'it\\'s\\\\'\\X0a''");
        assert_eq!(
            powershell("it's\n“😀"),
            "'it''s' + [char]0x000a + '' + [char]0x201c + '' + [char]0xd83d + '' + [char]0xde00 + ''"
        );
        assert_eq!(nu("\"\\\n"), "\"\\\"\\\\\\u{a}\"");
        assert_eq!(double("é\n😀"), "\"\\u00e9\\x0a\\U0001f600\"");
        assert_eq!(tcsh("é !"), "$'é\\040\\041'");
    }

    #[test]
    fn cmd_refuses_what_it_cannot_carry() {
        for value in ["a\nb", "50%", "say \"x\"", "hi!", "\u{1b}"] {
            assert!(cmd("AWS_REGION", value).is_err(), "{value:?}");
        }
        assert_eq!(cmd("AWS_REGION", "a&b|c^d<e>f").unwrap(), "a&b|c^d<e>f");
    }
}
