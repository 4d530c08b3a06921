//! The record: what stands in a line, and what is read from files that a full disk, a clock or others spoilt.
#![allow(clippy::disallowed_methods)] // a test sets the scene

use aws_credential_types::Credentials;

use super::*;
use crate::environment::Environment;

struct House {
    _folder: tempfile::TempDir,
    paths: Paths,
}

fn house() -> House {
    let folder = tempfile::tempdir().unwrap();
    let env: Environment = [("HOME", folder.path())].into_iter().collect();
    House { paths: Paths::from_environment(&env).unwrap(), _folder: folder }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn session() -> Session {
    let end = at("2026-01-02T04:04:05.9Z").into();
    let credentials = Credentials::new("ASIAQWERTYUIOPLKJHGF", "canary", Some("canary".into()), Some(end), "test");
    let arn = Some("arn:aws:iam::210987654321:role/Admin".into());
    Session { credentials, issued_at: Timestamp::UNIX_EPOCH, arn, region: None }
}

impl House {
    fn add(&self, to: &str, reused: bool, now: &str) {
        let session = session();
        let handed =
            HandedOut { profile: "prod", command: "exec", to: Some(to), account_id: None, session: &session, reused };
        assert_eq!(add(&self.paths, &handed, at(now)).unwrap(), Added::Quietly);
    }

    fn text(&self) -> String {
        std::fs::read_to_string(self.paths.log()).unwrap()
    }

    fn names(&self, now: &str) -> Vec<String> {
        read(&self.paths, at(now)).unwrap().entries.into_iter().filter_map(|entry| entry.to).collect()
    }
}

const NOW: &str = "2026-01-02T03:04:05.6Z";

#[test]
fn a_line_says_all_and_no_secret() {
    let house = house();
    house.add("aws", false, NOW);
    assert_eq!(
        house.text(),
        "{\"time\":\"2026-01-02T03:04:05Z\",\"profile\":\"prod\",\"command\":\"exec\",\"to\":\"aws\",\
         \"account_id\":\"210987654321\",\"arn\":\"arn:aws:iam::210987654321:role/Admin\",\
         \"expiration\":\"2026-01-02T04:04:05Z\",\"status\":\"fetched\",\"key_id_end\":\"JHGF\"}\n"
    );
    let book = read(&house.paths, at(NOW)).unwrap();
    assert_eq!((book.entries.len(), book.odd), (1, 0));
    assert_eq!(book.entries[0], Entry::read(house.text().trim_end()).unwrap());
}

#[test]
fn hostile_names_stay_on_their_line_and_drive_no_terminal() {
    let house = house();
    let name = format!("a\nb\u{1b}]52;c;x\u{7}\u{202e}{}{}", "\"\\".repeat(40), "\u{1b}".repeat(5_000));
    house.add(&name, true, NOW);
    let text = house.text();
    assert!(text.lines().count() == 1 && text.len() < LONGEST_LINE && !text.contains(['\u{1b}', '\u{202e}']), "{text}");
    // what a line by another program may hold is cleaned as it is read
    let line = text.replace("\"prod\"", "\"p\\u001b[2J\u{202e}\"");
    let entry = Entry::read(&line).unwrap();
    assert!(!entry.profile.contains(['\u{1b}', '\u{202e}']), "{entry:?}");
}

#[test]
fn junk_torn_and_foreign_lines_are_passed_over_and_swallow_none() {
    let house = house();
    house.add("first", true, NOW);
    let line = house.text();
    let torn = &line[..line.len() / 2];
    let odd = "\n\u{0}\u{1b}[2J\n{}\n[1]\n{\"time\":\"tomorrow\"}\nnot json\n";
    // the next line stands behind the torn one, which has no end
    std::fs::write(house.paths.log(), format!("{line}{odd}{torn}")).unwrap();
    house.add("second", true, NOW);
    let mut bytes = std::fs::read(house.paths.log()).unwrap();
    bytes.extend_from_slice(b"\xff\xfe\n");
    bytes.extend_from_slice(torn.as_bytes());
    std::fs::write(house.paths.log(), bytes).unwrap();
    assert_eq!(house.names(NOW), ["first", "second"]);
    assert_eq!(read(&house.paths, at(NOW)).unwrap().odd, 7);
}

#[test]
fn a_clock_that_jumps_changes_neither_order_nor_number() {
    let house = house();
    for (name, time) in [("a", NOW), ("b", "2027-01-01T00:00:00Z"), ("c", "1980-01-01T00:00:00Z"), ("d", NOW)] {
        house.add(name, false, time);
    }
    // seen from the right time: what is a year old is gone, what is still to come isn't
    assert_eq!(house.names(NOW), ["a", "b", "d"]);
    assert!(!house.paths.older_log().exists());
}

#[test]
fn after_a_year_entries_are_neither_shown_nor_kept_for_ever() {
    let house = house();
    house.add("a", false, NOW);
    house.add("b", false, "2026-06-01T00:00:00Z");
    assert_eq!(house.names("2027-01-02T00:00:00Z"), ["a", "b"]);
    assert_eq!(house.names("2027-01-10T00:00:00Z"), ["b"]);
    // a reused session touches nothing else than the end of the file
    house.add("c", true, "2027-01-10T00:00:00Z");
    assert!(!house.paths.older_log().exists());
    house.add("d", false, "2027-01-10T00:00:00Z");
    assert_eq!(std::fs::read_to_string(house.paths.older_log()).unwrap().lines().count(), 4);
    house.add("e", false, "2028-03-01T00:00:00Z");
    house.add("f", false, "2030-01-01T00:00:00Z");
    assert_eq!(std::fs::read_to_string(house.paths.older_log()).unwrap().lines().count(), 2, "`a` is gone");
    assert_eq!(house.names("2030-01-01T00:00:00Z"), ["f"]);
}

#[test]
fn the_size_is_limited() {
    let house = house();
    house.add("old", true, NOW);
    let filling = house.text().replace("old", "filling").repeat(20_000);
    assert!(filling.len() as u64 > LARGEST);
    std::fs::write(house.paths.log(), &filling).unwrap();
    house.add("last", true, NOW);
    assert!(!house.paths.log().exists());
    house.add("next", true, NOW);
    let names = house.names(NOW);
    assert_eq!(names[names.len() - 2..], ["last", "next"]);
    assert_eq!(names.len(), 20_002);
    // a second one takes the first one's place
    std::fs::write(house.paths.log(), &filling).unwrap();
    house.add("x", true, NOW);
    assert_eq!(house.names(NOW).len(), 20_001);
}
