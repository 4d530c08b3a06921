//! The terminal: a table that stays, codes asked for in good time, one question at a time.

use super::{DEVICE, Stage};

const QUESTION: &str = "MFA code of `arn:aws:iam::123456789012:mfa/ann` for profile `eve`: ";

#[test]
fn codes_are_asked_for_before_the_end_and_the_table_stays() {
    let stage = Stage::new(8);
    stage.eve();
    let mut terminal = stage.home.on_terminal(&["watch", "eve", "a"]);
    for count in 1..=2 {
        terminal.expect(QUESTION);
        terminal.send(&format!("{}\n", stage.sandbox.unused_code(DEVICE).unwrap()));
        super::eventually("the call", || stage.sandbox.calls_of("GetSessionToken").len() == count);
        let table = terminal.expect("eve      123456789012  ");
        assert!(table.contains("PROFILE  ACCOUNT       UNTIL"), "{table}");
        terminal.expect("under 1m");
        // the new one is in the file, or the old one isn't over yet: the code was asked for in good time
        let sections = stage.sections();
        let end: jiff::Timestamp = sections["eve"]["expiration"].parse().unwrap();
        assert!(end > jiff::Timestamp::now());
    }
    terminal.send("\u{3}");
    let (code, shown) = terminal.end();
    assert_eq!(code, 0, "{shown}");
    assert_eq!(stage.sandbox.calls_of("GetSessionToken").len(), 2);
}

#[test]
fn what_is_said_goes_above_the_table() {
    let stage = Stage::new(3_600);
    let terminal = stage.home.on_terminal(&["watch", "a", "nosuch"]);
    super::eventually("a is delivered", || stage.sections().contains_key("a"));
    std::thread::sleep(std::time::Duration::from_millis(300));
    let mut terminal = terminal;
    terminal.send("\u{3}");
    let (code, all) = terminal.transcript();
    assert_eq!(code, 0);
    let screen = screen(&all);
    let at = |start: &str| screen.iter().position(|line| line.starts_with(start));
    let (warning, head) = (at("warning: nosuch: ").unwrap(), at("PROFILE ").unwrap());
    assert!(warning < head, "{screen:#?}");
    assert_eq!(screen.iter().filter(|line| line.starts_with("PROFILE ")).count(), 1, "{screen:#?}");
    assert!(screen[head + 1].starts_with("a        210987654321"), "{screen:#?}");
    assert!(
        screen[head + 2].starts_with("nosuch ") && screen[head + 2].contains("failed, next try in "),
        "{screen:#?}"
    );
}

/// What stands on the screen in the end, as far as lines, and moves among them, go.
fn screen(all: &str) -> Vec<String> {
    let (mut lines, mut row) = (vec![String::new()], 0_usize);
    let mut rest = all.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\n' => {
                row += 1;
                if lines.len() <= row {
                    lines.push(String::new());
                }
            }
            '\r' => {}
            '\u{1b}' => {
                rest.next();
                let mut sequence = String::new();
                for c in rest.by_ref() {
                    sequence.push(c);
                    if c.is_ascii_alphabetic() {
                        break;
                    }
                }
                let count = sequence[..sequence.len() - 1].parse().unwrap_or(1);
                match sequence.chars().last() {
                    Some('A') => row = row.saturating_sub(count),
                    Some('B') => row += count,
                    Some('K') => lines[row].clear(),
                    _ => {}
                }
            }
            c => lines[row].push(c),
        }
    }
    lines
}
