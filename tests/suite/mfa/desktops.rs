//! Codes asked for on a desktop, by whichever program is there, where there is no terminal.

use super::{codes, program};
use crate::commands::Stage;
use crate::home::{AWSTOK, Home, Run};

const QUESTION: &str = "MFA code of `arn:aws:iam::123456789012:mfa/ann` for profile `mainuser`";
/// Writes its arguments down, one a line, and answers.
const ASKED: &str = "printf '%s\\n' \"$@\" > \"$HOME/asked\"; echo";

/// A stage with a desktop on which only the home's programs are found.
fn stage() -> Stage {
    let mut stage = Stage::new();
    stage.home.set("DISPLAY", ":0");
    stage.home.set("AWSTOK_NO_INPUT", "0");
    stage
}

/// Gives a program to the desktop.
fn install(stage: &mut Stage, name: &str, script: &str) {
    program(stage, name, script);
    let bin = stage.home.path("bin");
    stage.home.set("PATH", bin.display().to_string());
}

/// A run without a terminal of its own, as a program in the background has none.
fn run(home: &Home, args: &[&str]) -> Run {
    let mut command = home.other("/usr/bin/setsid");
    command.args(["-w", AWSTOK]).args(args);
    Run::of(command.output().unwrap())
}

/// The first code makes the session.
#[track_caller]
fn answered(stage: &Stage, code: &str) {
    let run = run(&stage.home, &["token", "mainuser"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(codes(stage), [code]);
}

#[test]
fn zenity_and_kdialog_are_asked() {
    for (name, words) in [
        ("zenity", format!("--entry\n--title=awstok\n--timeout=55\n--text\n{QUESTION}\n")),
        ("kdialog", format!("--title\nawstok\n--inputbox\n{QUESTION}\n")),
    ] {
        let mut stage = stage();
        let code = stage.code();
        // one that can't show anything is passed over
        install(&mut stage, "pinentry-qt", "exit 2");
        install(&mut stage, name, &format!("PATH=/usr/bin:/bin; {ASKED} {code}"));
        answered(&stage, &code);
        assert_eq!(stage.home.read("asked"), words);
    }
}

/// What `osascript` is told, an argument a line, before what it shall ask.
const SCRIPT: &str = r#"-e
on run argv
-e
set reply to display dialog (item 1 of argv) default answer "" with title "awstok" giving up after 55
-e
if gave up of reply then error number -128
-e
return text returned of reply
-e
end run
"#;

#[test]
fn osascript_is_asked_with_a_script_that_no_name_gets_into() {
    let mut stage = stage();
    let code = stage.code();
    // quotes, brackets and blanks no name can have
    let name = "x&(do`id`)$HOME<i>%n{,}";
    let user = stage.home.read(".aws/aws-profiles/mainuser").replace("[mainuser]", &format!("[{name}]"));
    stage.home.write(&format!(".aws/aws-profiles/{name}"), user);
    install(&mut stage, "osascript", &format!("PATH=/usr/bin:/bin; {ASKED} {code}"));
    let run = run(&stage.home, &["token", name]);
    assert_eq!((run.code, codes(&stage)), (0, vec![code]), "{run:?}");
    let asked = stage.home.read("asked");
    let question = asked.strip_prefix(SCRIPT).unwrap_or_else(|| panic!("{asked}"));
    assert_eq!(question, format!("{}\n", QUESTION.replace("mainuser", name)));
}

#[test]
fn who_gives_up_on_osascript_is_not_asked_by_another() {
    let mut stage = stage();
    install(&mut stage, "pinentry", "PATH=/usr/bin:/bin; echo x >> \"$HOME/again\"; exit 2");
    let gone = "PATH=/usr/bin:/bin; echo x >> \"$HOME/asked\"; echo '125:193: execution error: Vom Benutzer abgebrochen. (-128)' >&2; exit 1";
    install(&mut stage, "osascript", gone);
    assert_eq!(run(&stage.home, &["token", "mainuser"]).code, 5);
    assert_eq!((stage.home.read("asked").as_str(), stage.home.exists("again")), ("x\n", false));
    // over ssh nobody sees one: that is no person's answer
    install(
        &mut stage,
        "osascript",
        &gone.replace("Vom Benutzer abgebrochen. (-128)", "No user interaction allowed. (-1713)"),
    );
    assert_eq!(run(&stage.home, &["token", "mainuser"]).code, 5);
    assert_eq!(stage.home.read("again"), "x\n");
    assert_eq!(codes(&stage), [""; 0]);
}

#[test]
fn zenity_shows_names_as_they_are() {
    let mut stage = stage();
    let code = stage.code();
    let user = stage.home.read(".aws/aws-profiles/mainuser").replace("[mainuser]", "[my_user]");
    stage.home.write(".aws/aws-profiles/my_user", user);
    install(&mut stage, "zenity", &format!("PATH=/usr/bin:/bin; {ASKED} {code}"));
    assert_eq!(run(&stage.home, &["token", "my_user"]).code, 0);
    assert!(stage.home.read("asked").ends_with("for profile `my__user`\n"));
}

#[test]
fn pinentry_is_asked_in_its_own_protocol_and_first() {
    let mut stage = stage();
    let code = stage.code();
    let script = format!(
        "echo 'OK ready'; while read -r line; do echo \"$line\" >> \"$HOME/assuan\"; case $line in GETPIN) echo 'D {code}';; esac; echo OK; done"
    );
    install(&mut stage, "zenity", "exit 9");
    install(&mut stage, "pinentry-gnome3", &script);
    answered(&stage, &code);
    let words = format!("SETTIMEOUT 55\nSETTITLE awstok\nSETPROMPT MFA code\nSETDESC {QUESTION}\nGETPIN\nBYE\n");
    assert_eq!(stage.home.read("assuan"), words);
}

#[test]
fn a_wrong_answer_is_asked_for_again_and_said() {
    let mut stage = stage();
    let code = stage.code();
    let script = format!(
        "PATH=/usr/bin:/bin; printf '%s\\n' \"$5\" >> \"$HOME/asked\"; if [ -e \"$HOME/once\" ]; then echo {code}; else : > \"$HOME/once\"; echo 12; fi"
    );
    install(&mut stage, "zenity", &script);
    answered(&stage, &code);
    assert_eq!(stage.home.read("asked"), format!("{QUESTION}\n{QUESTION}\n(a code has six digits)\n"));
}

#[test]
fn who_gives_up_is_not_asked_again_and_nobody_is_where_asking_is_forbidden_or_there_is_no_desktop() {
    let mut stage = stage();
    // cancelled by a person, who takes a moment
    install(&mut stage, "zenity", "PATH=/usr/bin:/bin; echo x >> \"$HOME/asked\"; sleep 1.2; exit 1");
    let gone = run(&stage.home, &["token", "mainuser"]);
    assert!(gone.code == 5 && gone.err.contains("there is no terminal to ask on"), "{gone:?}");
    assert_eq!(stage.home.read("asked"), "x\n");
    assert_eq!(run(&stage.home, &["token", "mainuser", "--no-input"]).code, 5);
    stage.home.set("DISPLAY", "");
    assert_eq!(run(&stage.home, &["token", "mainuser"]).code, 5);
    assert_eq!(stage.home.read("asked"), "x\n");
    assert_eq!(codes(&stage), [""; 0]);
}
