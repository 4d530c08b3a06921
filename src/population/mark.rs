//! Owns the comment by which a populated profile file is known, and by which it shows whether it was edited since.
//! It refuses a file as populated whose text isn't, to the byte, what was written.

use sha2::{Digest as _, Sha256};

use crate::encoding::hex;

/// What the comment begins with; the sign-in's name follows, and then the digest.
const BEGINNING: &str = "# populated by `awstok sso populate` from `";
const DIGEST: &str = "`, unedited while its digest is ";

/// What a file says of where it came from.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Marked {
    /// It isn't populated.
    Foreign,
    /// It was, and was edited since.
    Edited,
    /// It was, from this sign-in.
    Populated(String),
}

/// Puts the comment before the text of a profile file.
pub(super) fn marked(sign_in: &str, text: &[u8]) -> Vec<u8> {
    let sign_in = in_line(sign_in);
    let mut marked = format!("{BEGINNING}{sign_in}{DIGEST}{}\n", digest(&sign_in, text)).into_bytes();
    marked.extend_from_slice(text);
    marked
}

/// Reads the comment.
pub(super) fn read(bytes: &[u8]) -> Marked {
    let Some(behind) = bytes.strip_prefix(BEGINNING.as_bytes()) else {
        let has_mark = bytes.windows(BEGINNING.len()).any(|part| part == BEGINNING.as_bytes());
        return if has_mark { Marked::Edited } else { Marked::Foreign };
    };
    let end = behind.iter().position(|&byte| byte == b'\n').unwrap_or(behind.len());
    let (line, text) = behind.split_at(end);
    let line = String::from_utf8_lossy(line);
    match (line.rsplit_once(DIGEST), text.strip_prefix(b"\n")) {
        (Some((sign_in, found)), Some(text)) if found == digest(sign_in, text) => Marked::Populated(sign_in.to_owned()),
        _ => Marked::Edited,
    }
}

/// Tells whether a populated file came from this sign-in.
pub(super) fn is_from(marked: &Marked, sign_in: &str) -> bool {
    matches!(marked, Marked::Populated(name) if *name == in_line(sign_in))
}

/// Gives a name as the comment can hold it: in one line.
fn in_line(name: &str) -> String {
    name.replace(char::is_control, "?")
}

fn digest(sign_in: &str, text: &[u8]) -> String {
    let hash = Sha256::new().chain_update(sign_in).chain_update([0]).chain_update(text).finalize();
    hex(hash.split_at(8).0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_edits_a_file_owns_it() {
        let file = marked("corp", b"[x]\nsso_session = corp\n");
        assert!(is_from(&read(&file), "corp") && !is_from(&read(&file), "other"));
        let text = String::from_utf8(file).unwrap();
        for edited in [
            text.replace("sso_session", "sso_Session"),
            format!("{text}region = x\n"),
            format!("# mine\n{text}"),
            text.replacen("corp", "other", 1),
            text.replace('\n', "\r\n"),
            text.lines().next().unwrap().to_owned(),
        ] {
            assert_eq!(read(edited.as_bytes()), Marked::Edited, "{edited}");
        }
        assert_eq!(read(b"[x]\n"), Marked::Foreign);
        assert_eq!(read(b""), Marked::Foreign);
        // a name that would break the line can't
        assert_eq!(marked("a\nb", b"").iter().filter(|&&byte| byte == b'\n').count(), 1);
    }
}
