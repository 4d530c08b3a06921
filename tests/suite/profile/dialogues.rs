//! The questions on a terminal: whole dialogues, in their order and words.

use super::{ADMIN, SECRET, files, home};
use crate::home::{Home, Terminal};

/// Questions, each with its answer.
type Dialogue<'a> = &'a [(&'a str, &'a str)];

/// Answers each question in turn.
#[track_caller]
fn answer(terminal: &mut Terminal, dialogue: Dialogue<'_>) {
    for (question, answer) in dialogue {
        terminal.expect(question);
        terminal.send(answer);
        terminal.send("\n");
    }
}

#[test]
fn a_user_is_asked_for_step_by_step_and_wrong_answers_again() {
    let home = Home::new();
    let mut terminal = home.on_terminal(&["profile", "add"]);
    answer(
        &mut terminal,
        &[("name", "../x"), ("can't be a profile's name", "ann"), ("kind", "nonsense"), ("write user, role", "")],
    );
    answer(
        &mut terminal,
        &[("access key id", ""), ("an answer is needed", "AKIA X"), ("has a blank inside", "AKIAANN")],
    );
    terminal.expect("secret access key");
    terminal.send(&format!("{SECRET}\n"));
    answer(
        &mut terminal,
        &[
            ("MFA device", "no device"),
            ("MFA device", "GAHT12345678"),
            ("region", "x.evil.com/#"),
            ("region", "eu-west-1"),
        ],
    );
    let (code, shown) = terminal.transcript();
    assert_eq!(code, 0, "{shown}");
    assert!(!shown.contains("wJalr") && shown.contains("which is no region"), "{shown}");
    assert_eq!(
        home.read(".aws/aws-profiles/ann"),
        format!(
            "[ann]\naws_access_key_id = AKIAANN\naws_secret_access_key = {SECRET}\nmfa_id = GAHT12345678\nregion = eu-west-1\n"
        )
    );
}

#[test]
fn the_other_kinds_are_asked_for_in_their_order() {
    let home = home();
    let cases: [(&str, Dialogue<'_>, &str); 4] = [
        (
            "r",
            &[
                ("kind", "role"),
                ("role ARN", "Admin"),
                ("no IAM role's ARN", ADMIN),
                ("master profile", "an"),
                ("there is no profile `an`", ""),
                ("region", ""),
            ],
            &format!("role_arn = {ADMIN}\nmaster_profile = ann\n"),
        ),
        (
            "s",
            &[
                ("kind", "sso"),
                ("start URL", "http://x.y"),
                ("no https address", "https://x.awsapps.com/start"),
                ("SSO region", "us-east-1"),
                ("account id", "12a"),
                ("account id", "123456789012"),
                ("role name", "R"),
                ("region", "eu-west-1"),
            ],
            "region = eu-west-1\nsso_start_url = https://x.awsapps.com/start\nsso_region = us-east-1\nsso_account_id = 123456789012\nsso_role_name = R\n",
        ),
        (
            "p",
            &[("kind", "process"), ("command", "/bin/x --y 'a b'"), ("region", "")],
            "credential_process = /bin/x --y 'a b'\n",
        ),
        ("c", &[("kind", "config")], ""),
    ];
    for (name, dialogue, text) in cases {
        let mut terminal = home.on_terminal(&["profile", "add", name]);
        answer(&mut terminal, dialogue);
        let (code, shown) = terminal.transcript();
        assert_eq!(code, 0, "{name}: {shown}");
        assert_eq!(home.read(&format!(".aws/aws-profiles/{name}")), format!("[{name}]\n{text}"));
    }
}

#[test]
fn what_flags_say_is_not_asked() {
    let home = home();
    let mut terminal = home.on_terminal(&["profile", "add", "x", "--access-key-id", "AKIAX", "--region", "eu-west-1"]);
    answer(&mut terminal, &[("secret access key", "hush/hush"), ("MFA device", "")]);
    let (code, shown) = terminal.transcript();
    assert!(code == 0 && !shown.contains("kind") && !shown.contains("region"), "{shown}");
    assert!(home.read(".aws/aws-profiles/x").ends_with("aws_secret_access_key = hush/hush\nregion = eu-west-1\n"));
    let terminal = home.on_terminal(&["profile", "add", "y", "--role-arn", ADMIN, "--master-profile", "ann"]);
    let (code, shown) = terminal.transcript();
    assert_eq!((code, shown.lines().count()), (0, 1), "{shown}");
}

#[test]
fn an_interrupt_or_a_no_leaves_everything() {
    let home = home();
    let before = files(&home);
    for question in ["access key id", "secret access key"] {
        let mut terminal = home.on_terminal(&["profile", "add", "x", "--kind", "user"]);
        terminal.expect("access key id");
        if question != "access key id" {
            terminal.send("AKIAX\n");
            terminal.expect(question);
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
        terminal.send("\u{3}");
        assert_eq!(terminal.end().0, 130, "{question}");
    }
    let mut terminal = home.on_terminal(&["profile", "remove", "audit"]);
    terminal.expect("remove `audit`?");
    terminal.send("n\n");
    assert_eq!(terminal.end().0, 1);
    assert_eq!(files(&home), before);
    let mut terminal = home.on_terminal(&["profile", "remove", "audit"]);
    terminal.expect("remove `audit`?");
    terminal.send("y\n");
    assert_eq!(terminal.end().0, 0);
    assert!(!home.exists(".aws/aws-profiles/audit"));
}

/// While a question is open, nothing secret stands in any process's arguments or environment.
#[cfg(target_os = "linux")]
#[test]
fn no_secret_is_in_an_argument() {
    let home = home();
    let mut terminal = home.on_terminal(&["profile", "add", "x", "--access-key-id", "AKIAX"]);
    terminal.expect("secret access key");
    terminal.send(&format!("{SECRET}\n"));
    terminal.expect("MFA device");
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        assert!(!line.windows(SECRET.len()).any(|part| part == SECRET.as_bytes()), "{}", entry.path().display());
    }
    terminal.send("\n");
    terminal.expect("region");
    terminal.send("\n");
    assert_eq!(terminal.end().0, 0);
}
