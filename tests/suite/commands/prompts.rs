//! Questions: asked on the terminal itself, whatever stdin and stdout are; not asked where nobody sits.

use std::io::Write as _;
use std::process::Stdio;

use super::{DEVICE, OTHER_DEVICE, Stage, json};
use crate::home::{AWSTOK, Run, Terminal};
use crate::tools::tool;

const QUESTION: &str = "MFA code of `arn:aws:iam::123456789012:mfa/ann` for profile `mainuser`: ";

impl Stage {
    /// Codes that the device never showed around now.
    fn wrong_codes(&self) -> impl Iterator<Item = String> {
        let wrong = (0..).map(|number| format!("{:06}", number * 111_111));
        wrong.filter(|code| !self.sandbox.accepts(DEVICE, code))
    }

    /// A POSIX shell on a terminal; it outlives Ctrl-C.
    fn shell(&self, script: &str) -> Terminal {
        let script = format!("trap : INT; awstok() {{ '{AWSTOK}' \"$@\"; }}; {script}");
        self.home.other_on_terminal("sh", &["-c", &script])
    }
}

#[test]
fn the_code_is_asked_for_and_seen_as_it_is_typed() {
    let stage = Stage::new();
    let code = stage.code();
    let mut terminal = stage.home.on_terminal(&["token", "prod"]);
    terminal.expect(QUESTION);
    terminal.send(&code);
    terminal.expect(&code);
    terminal.send("\n");
    terminal.expect("prod");
    let (exit, rest) = terminal.end();
    assert_eq!(exit, 0, "{rest}");
    assert!(rest.contains("210987654321") && rest.contains("fetched"), "{rest}");
    assert_eq!(stage.calls(), ["GetSessionToken", "AssumeRole"]);
}

#[test]
fn all_profiles_ask_for_one_code_a_device_and_wait_for_nobody() {
    let stage = Stage::new();
    let mut terminal = stage.home.on_terminal(&["token", "--all"]);
    let mut devices = Vec::new();
    for _ in 0..2 {
        terminal.expect("MFA code of `");
        let shown = terminal.expect("` for profile `");
        let device = shown.split('`').next().unwrap().to_owned();
        // who needs no code is not held up by the question
        while !stage.home.ok(&["status", "plain", "--json"]).contains("valid") {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        terminal.send(&format!("{}\n", stage.sandbox.unused_code(&device).unwrap()));
        devices.push(device);
    }
    let (exit, rest) = terminal.end();
    assert_eq!(exit, 0, "{rest}");
    devices.sort();
    assert_eq!(devices, [DEVICE, OTHER_DEVICE]);
    assert_eq!(stage.sandbox.calls_of("GetSessionToken").len(), 3);
    for name in ["audit", "bob", "ci", "mainuser", "plain", "prod", "stage"] {
        assert!(rest.lines().any(|line| line.starts_with(&format!("{name} "))), "{name}: {rest}");
    }
}

#[test]
fn a_mistyped_code_is_asked_for_again() {
    let stage = Stage::new();
    let mut wrong = stage.wrong_codes();
    let mut terminal = stage.home.on_terminal(&["token", "mainuser"]);
    terminal.expect(QUESTION);
    terminal.send("12345\n");
    terminal.expect("warning: a code has six digits");
    terminal.expect(QUESTION);
    terminal.send(&format!("{}\n", wrong.next().unwrap()));
    terminal.expect("warning: AWS says that this code is wrong; try the next one");
    terminal.expect(QUESTION);
    let code = stage.code();
    terminal.send(&format!("{} {}\n", &code[..3], &code[3..]));
    let (exit, rest) = terminal.end();
    assert_eq!(exit, 0, "{rest}");
    assert_eq!(stage.calls().len(), 2, "the malformed one was never sent");
}

#[test]
fn three_wrong_codes_are_the_end() {
    let stage = Stage::new();
    let before = stage.files();
    let mut terminal = stage.home.on_terminal(&["token", "mainuser"]);
    for code in stage.wrong_codes().take(3) {
        terminal.expect(QUESTION);
        terminal.send(&format!("{code}\n"));
    }
    let (exit, rest) = terminal.end();
    assert_eq!(exit, 4, "{rest}");
    assert!(rest.contains("error: ") && rest.contains("AccessDenied: MultiFactorAuthentication failed"), "{rest}");
    assert!(rest.contains("hint: "), "{rest}");
    assert_eq!((stage.calls().len(), stage.files()), (3, before));
}

#[test]
fn a_used_code_waits_for_the_next_one() {
    let stage = Stage::new();
    let code = stage.code();
    stage.home.ok(&["token", "mainuser", "--mfa-code", &code]);
    stage.calls();
    let mut terminal = stage.home.on_terminal(&["token", "mainuser", "--force"]);
    terminal.expect(QUESTION);
    terminal.send(&format!("{code}\n"));
    terminal.expect("warning: this code was used already; each works once");
    terminal.expect(QUESTION);
    terminal.send(&format!("{}\n", stage.code()));
    let (exit, rest) = terminal.end();
    assert_eq!(exit, 0, "{rest}");
    assert_eq!(stage.calls(), ["GetSessionToken"], "a used code is never sent");
}

#[test]
fn eval_can_ask_for_a_code() {
    let stage = Stage::new();
    let mut terminal =
        stage.shell("eval \"$(awstok env prod --shell sh)\"; echo \"<$AWSTOK_PROFILE $AWS_ACCOUNT_ID>\"");
    terminal.expect(QUESTION);
    terminal.send(&format!("{}\n", stage.code()));
    terminal.expect("<prod 210987654321>");
    assert_eq!(terminal.end().0, 0);
}

#[test]
fn the_terminal_is_asked_whatever_stdin_and_stderr_are() {
    let stage = Stage::new();
    let mut terminal = stage.shell("echo 000000 | awstok token prod --json >out 2>err; echo \"<$?>\"");
    terminal.expect(QUESTION);
    terminal.send(&format!("{}\n", stage.code()));
    terminal.expect("<0>");
    assert_eq!(terminal.end().0, 0);
    assert_eq!(json(&stage.home.read("out"))[0]["status"], "fetched");
    assert!(stage.home.read("err").starts_with("PROFILE "), "{}", stage.home.read("err"));
}

#[test]
fn ctrl_c_ends_with_130_and_leaves_the_terminal_as_it_was() {
    let stage = Stage::new();
    let before = stage.files();
    for (command, shown) in [("token prod", QUESTION), ("token", "stage"), ("env", "stage")] {
        let mut terminal = stage.shell(&format!(
            "a=$(stty -g); awstok {command} >out; code=$?; [ \"$a\" = \"$(stty -g)\" ] && echo \"<same $code>\""
        ));
        terminal.expect(shown);
        terminal.send("\u{3}");
        terminal.expect("<same 130>");
        let (_, shown) = terminal.transcript();
        assert!(cursor_is_shown(&shown), "{command}: {shown:?}");
        assert_eq!(stage.home.read("out"), "");
    }
    assert_eq!((stage.calls(), stage.files()), (Vec::new(), before));
}

#[test]
fn without_a_name_a_part_of_it_chooses() {
    let stage = Stage::new();
    let mut terminal = stage.home.on_terminal(&["token"]);
    terminal.expect("stage");
    terminal.send("plai");
    terminal.send("\r");
    let (exit, shown) = terminal.transcript();
    assert_eq!(exit, 0, "{shown}");
    assert!(cursor_is_shown(&shown), "{shown:?}");
    assert!(stage.home.read(".aws/credentials").starts_with("[plain]\n"));
}

#[test]
fn escape_gives_the_choice_up() {
    let stage = Stage::new();
    let mut terminal =
        stage.shell("a=$(stty -g); awstok whoami; code=$?; [ \"$a\" = \"$(stty -g)\" ] && echo \"<same $code>\"");
    terminal.expect("stage");
    terminal.send("\u{1b}");
    terminal.expect("error: nothing was chosen");
    terminal.expect("<same 130>");
    assert!(cursor_is_shown(&terminal.transcript().1));
    assert_eq!(stage.calls(), [""; 0]);
}

/// Tells whether the last word on the cursor is that it shows.
fn cursor_is_shown(transcript: &str) -> bool {
    transcript.rfind("\u{1b}[?25l") <= transcript.rfind("\u{1b}[?25h")
}

#[test]
fn no_terminal_is_said_at_once() {
    let Some(setsid) = tool("setsid") else { return };
    let stage = Stage::new();
    let before = stage.files();
    for command in [
        &["token", "prod"][..],
        &["env", "prod", "--shell", "bash"],
        &["whoami", "prod"],
        &["credential-process", "prod"],
    ] {
        let run = stage.home.other(&setsid).env_remove("AWSTOK_NO_INPUT").arg("-w").arg(AWSTOK).args(command).output();
        let run = Run::of(run.unwrap());
        assert_eq!((run.code, run.out.as_str()), (5, ""), "{command:?}: {run:#?}");
        assert_eq!(
            run.err,
            format!(
                "error: profile `mainuser` needs a code of the device `{DEVICE}`\n  caused by: there is no terminal to ask on\n\n\
                 hint: run `awstok token mainuser` on a terminal, pass `--mfa-code`, or store the device's seed with \
                 `awstok mfa add mainuser`\n"
            )
        );
    }
    let run = stage.home.other(&setsid).env_remove("AWSTOK_NO_INPUT").args(["-w", AWSTOK, "env"]).output().unwrap();
    let run = Run::of(run);
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    assert_eq!(
        run.err,
        "error: no profile was named\n\nhint: name one of: audit, bob, ci, mainuser, plain, prod, stage\n"
    );
    assert_eq!((stage.calls(), stage.files()), (Vec::new(), before));
}

#[test]
fn no_input_holds_on_a_terminal_too() {
    let stage = Stage::new();
    let mut terminal = stage.home.on_terminal(&["token", "prod", "--no-input"]);
    terminal.expect(&format!("error: profile `mainuser` needs a code of the device `{DEVICE}`"));
    terminal.expect("caused by: asking is forbidden (`--no-input` or `AWSTOK_NO_INPUT`)");
    assert_eq!(terminal.end().0, 5);
    let mut terminal = stage.shell("AWSTOK_NO_INPUT=1 awstok token; echo \"<$?>\"");
    terminal.expect("error: no profile was named");
    terminal.expect("<2>");
    assert_eq!((terminal.end().0, stage.calls().len()), (0, 0));
}

#[test]
fn a_code_comes_by_flag_variable_or_standard_input() {
    let stage = Stage::new();
    let mut command = stage.home.command(["token", "mainuser"]);
    let run = Run::of(command.env("AWSTOK_MFA_CODE", stage.code()).output().unwrap());
    assert_eq!(run.code, 0, "{run:#?}");
    let from_stdin = |args: &[&str], text: &str| {
        let mut child = stage
            .home
            .command(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let _ = child.stdin.take().unwrap().write_all(text.as_bytes());
        Run::of(child.wait_with_output().unwrap())
    };
    let run = from_stdin(&["token", "mainuser", "--force", "--mfa-code", "-"], &format!("{}\n", stage.code()));
    assert_eq!(run.code, 0, "{run:#?}");
    for text in ["", "\n", "12345\n", "not a code\n", &"1".repeat(10_000)] {
        let run = from_stdin(&["token", "mainuser", "--force", "--mfa-token=-"], text);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{text:?}: {run:#?}");
        assert!(run.err.contains("MFA code") && !run.err.contains("12345"), "{}", run.err);
    }
    assert_eq!(stage.calls().len(), 2);
}

#[test]
fn a_given_code_is_spent_once() {
    let stage = Stage::new();
    let code = stage.code();
    stage.home.ok(&["token", "mainuser", "--mfa-code", &code]);
    let said = stage.home.fails(4, &["token", "mainuser", "--force", "--mfa-code", &code]);
    assert_eq!(
        said,
        format!(
            "error: this code of `{DEVICE}` was used already\n\n\
             hint: wait for the device's next code: each works once, and only for its 30 s\n"
        )
    );
    // a second device gets none of it
    let said =
        stage.home.fails(1, &["token", "bob", "prod", "--force", "--mfa-code", &stage.code(), "--duration", "2h"]);
    assert!(said.contains("needs another code of the device"), "{said}");
    let calls = stage.sandbox.calls();
    let codes: std::collections::BTreeSet<_> = calls.iter().filter_map(|call| call.parameter("TokenCode")).collect();
    assert_eq!(codes.len(), calls.iter().filter(|call| call.parameter("TokenCode").is_some()).count());
}
