//! Owns bytes written as plain text: in hexadecimal digits, and percent-encoded for a URL.
//! It refuses to read any: what others wrote is judged where it is needed.

const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];

/// Writes bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    // of the whole length at once, so that nothing of a secret stays behind where a buffer grew
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.extend([byte >> 4, byte & 15].iter().filter_map(|half| DIGITS.get(usize::from(*half))));
    }
    text
}

/// Percent-encodes a value for a place in a URL: all but RFC 3986's unreserved characters.
pub fn percent(value: &str) -> String {
    encoded(value, |byte| format!("%{byte:02X}"))
}

/// The same with lower-case digits, as some write it.
pub fn percent_in_lower_case(value: &str) -> String {
    encoded(value, |byte| format!("%{byte:02x}"))
}

fn encoded(value: &str, triplet: fn(u8) -> String) -> String {
    let mut text = String::with_capacity(value.len());
    for byte in value.bytes() {
        match byte {
            b'-' | b'.' | b'_' | b'~' => text.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => text.push(char::from(byte)),
            byte => text.push_str(&triplet(byte)),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_written_as_others_read_them() {
        assert_eq!(hex(&[0, 1, 0x7f, 0xa0, 0xff]), "00017fa0ff");
        assert_eq!(percent("aZ9-._~ /+%\u{e4}"), "aZ9-._~%20%2F%2B%25%C3%A4");
        assert_eq!(percent_in_lower_case("A/+\n"), "A%2f%2b%0a");
    }
}
