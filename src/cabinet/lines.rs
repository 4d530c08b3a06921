//! Owns the lines of a profile file that is made anew, in the order of the table of keys.
//! It refuses what the file would not give back as it was given.

use zeroize::Zeroizing;

use crate::awsfiles::{SectionEdit, Value};
use crate::error::{Result, blame_usage, usage};
use crate::profile::Store;
use crate::profile::keys::Key;
use crate::secret::Secret;

/// A key and its value. It has no `Debug`: the value may be a secret.
#[derive(Clone)]
pub struct Line {
    /// The key, as it will be spelled.
    pub key: String,
    /// The value behind the `=`.
    pub value: Zeroizing<String>,
    /// The nested lines below it.
    pub nested: Vec<String>,
}

impl Line {
    /// Makes a line from what a person gave: the key in small letters, white space around the value dropped.
    pub fn new(key: &str, value: &str) -> Self {
        let key = key.trim().to_ascii_lowercase();
        let value = value.trim();
        // `#` before the digits of a colour says nothing, and begins a comment elsewhere
        let value = if Key::of_name(&key) == Some(Key::Color) { value.trim_start_matches('#') } else { value };
        Self { key, value: Zeroizing::new(value.to_owned()), nested: Vec::new() }
    }

    /// Tells whether this line is about the same key, whatever name it goes by.
    pub fn is_of(&self, key: &str) -> bool {
        same_key(&self.key, key)
    }

    /// Refuses what a file can't hold.
    ///
    /// # Errors
    /// Exit 2, naming the key; the value may be a secret.
    pub fn check(&self) -> Result<()> {
        let value = Value { text: self.value.to_string(), nested: self.nested.clone() };
        SectionEdit::default().set(&self.key, value).map(drop).map_err(blame_usage)
    }
}

/// Tells whether two names mean one key.
pub fn same_key(one: &str, other: &str) -> bool {
    match (Key::of_name(one), Key::of_name(other)) {
        (None, None) => one.eq_ignore_ascii_case(other),
        (one, other) => one == other,
    }
}

/// Takes the place in `file` from the beginning of a message; `None` for a message about anything else.
pub fn without_place<'m>(message: &'m str, file: &str) -> Option<&'m str> {
    let (_, said) = message.strip_prefix('`')?.strip_prefix(file)?.strip_prefix(':')?.split_once("`: ")?;
    Some(said)
}

/// Takes the secret access key out of the lines of a profile that keeps it elsewhere.
pub fn split(lines: &[Line], store: Store) -> (Vec<Line>, Option<Secret<String>>) {
    let is_secret = |line: &&Line| store != Store::File && Key::of_name(&line.key) == Some(Key::SecretAccessKey);
    let secret = lines.iter().find(is_secret).map(|line| Secret::new(line.value.to_string()));
    (lines.iter().filter(|line| !is_secret(line)).cloned().collect(), secret)
}

/// Refuses a key that is given twice, under whatever names.
///
/// # Errors
/// Exit 2, naming both.
pub fn once_each(lines: &[Line]) -> Result<()> {
    for (nth, line) in lines.iter().enumerate() {
        if let Some(first) = lines.iter().take(nth).find(|first| first.is_of(&line.key)) {
            let also = if first.key == line.key { String::new() } else { format!(", which means `{}`", first.key) };
            return Err(usage(format!("`{}` is given twice{also}", line.key)).hint("keep one of the two").into());
        }
    }
    Ok(())
}

/// Writes a profile file.
///
/// # Errors
/// Exit 2 for a key or a value that can't stand there, and for a key that is given twice.
pub fn text(name: &str, lines: &[Line]) -> Result<Zeroizing<Vec<u8>>> {
    once_each(lines)?;
    let mut text = Zeroizing::new(format!("[{name}]\n").into_bytes());
    let place = |line: &&Line| {
        let nth = |key| Key::all().position(|other| other == key);
        Key::of_name(&line.key).and_then(nth).unwrap_or(usize::MAX)
    };
    let mut sorted: Vec<&Line> = lines.iter().collect();
    sorted.sort_by_key(place);
    for line in sorted {
        line.check()?;
        let gap = if line.value.is_empty() { "" } else { " " };
        for part in [&line.key, " =", gap, &line.value, "\n"] {
            text.extend_from_slice(part.as_bytes());
        }
        for nested in &line.nested {
            text.extend_from_slice(format!("  {nested}\n").as_bytes());
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_keys_come_first_and_in_the_order_of_the_table() {
        let nested = Line { nested: vec!["a = b".into()], ..Line::new("s3", "") };
        let lines =
            [nested, Line::new("region", " eu-west-1 "), Line::new("COLOR", "#f2b0a9"), Line::new("mfa_serial", "x")];
        let text = text("x", &lines).unwrap();
        assert_eq!(
            String::from_utf8_lossy(&text),
            "[x]\nmfa_serial = x\nregion = eu-west-1\ncolor = f2b0a9\ns3 =\n  a = b\n"
        );
    }

    #[test]
    fn one_key_by_two_names_is_refused() {
        let error = once_each(&[Line::new("mfa_id", "a"), Line::new("mfa_serial", "b")]).unwrap_err();
        assert_eq!(error.to_string(), "`mfa_serial` is given twice, which means `mfa_id`");
        assert!(once_each(&[Line::new("x", "a"), Line::new("y", "a")]).is_ok());
        assert!(once_each(&[Line::new("x", "a"), Line::new("X", "a")]).is_err());
    }
}
