//! Owns JSON as Python's `json.dumps` writes it: nothing but ASCII, a blank behind comma and colon or, minified, none.
//! File names hang on it.

use std::io;

use serde::Serialize as _;
use serde_json::ser::{Formatter, Serializer};

struct Python {
    comma: &'static [u8],
    colon: &'static [u8],
}

impl Formatter for Python {
    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(self.comma) }
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(self.comma) }
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(self.colon)
    }

    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut units = [0; 2];
        for c in fragment.chars() {
            if c.is_ascii() {
                writer.write_all(&[c as u8])?;
            } else {
                for unit in c.encode_utf16(&mut units) {
                    write!(writer, "\\u{unit:04x}")?;
                }
            }
        }
        Ok(())
    }
}

/// Writes a value.
pub(super) fn dumps(value: &serde_json::Value) -> serde_json::Result<Vec<u8>> {
    write(value, Python { comma: b", ", colon: b": " })
}

/// Writes a value as `json.dumps` does with `separators=(',', ':')`.
pub(super) fn dumps_minified(value: &serde_json::Value) -> serde_json::Result<Vec<u8>> {
    write(value, Python { comma: b",", colon: b":" })
}

fn write(value: &serde_json::Value, style: Python) -> serde_json::Result<Vec<u8>> {
    let mut text = Vec::new();
    value.serialize(&mut Serializer::with_formatter(&mut text, style))?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_written_as_python_writes_it() {
        let value =
            serde_json::json!({"b": null, "a": ["x", 1, {"é\u{1f600}\n\u{1f}\"/": "\u{7f}"}], "c": {}, "d": []});
        assert_eq!(
            String::from_utf8(dumps(&value).unwrap()).unwrap(),
            r#"{"b": null, "a": ["x", 1, {"\u00e9\ud83d\ude00\n\u001f\"/": ""}], "c": {}, "d": []}"#
                .replace(r#"": ""}"#, "\": \"\u{7f}\"}")
        );
    }
}
