//! Every awstok that stays holds secrets for long: none of them gives its memory to others of the same user.

use std::process::Stdio;
use std::time::{Duration, Instant};

use super::secrecy::{as_user, give_home};
use crate::commands::Stage;
use crate::home::Terminal;

/// Tells whether another process of that user may read a file of a process.
fn is_readable(pid: &str, file: &str) -> bool {
    let mut read = as_user("head").unwrap();
    let run = read.args(["-c", "1", &format!("/proc/{pid}/{file}")]).output().unwrap();
    run.status.success() && !run.stdout.is_empty()
}

/// Waits until that process keeps to itself, and looks at all that could be read.
#[track_caller]
fn keeps_to_itself(pid: &str, what: &str) {
    let end = Instant::now() + Duration::from_secs(60);
    while is_readable(pid, "maps") {
        assert!(Instant::now() < end, "`{what}` can be read");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(std::path::Path::new(&format!("/proc/{pid}")).exists(), "`{what}` has ended");
    for file in ["mem", "environ", "auxv"] {
        assert!(!is_readable(pid, file), "{file} of `{what}`");
    }
}

#[test]
fn what_runs_on_and_on_gives_no_memory_away() {
    let stage = Stage::new();
    stage.ok(&["token", "prod"]);
    let program = give_home(&stage);
    for args in [
        &["exec", "prod", "--server", "--", "sleep", "60"][..],
        &["supervise", "prod", "--", "sleep", "60"],
        &["watch", "prod"],
    ] {
        let Some(mut command) = as_user(program.to_str().unwrap()) else { return };
        command.args(args).env_clear().envs(stage.home.environment()).current_dir(stage.home.path(""));
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        keeps_to_itself(&child.id().to_string(), args[0]);
        let _ = std::process::Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
        child.wait().unwrap();
    }
}

#[test]
fn nor_does_one_that_waits_for_a_person() {
    let stage = Stage::new();
    let program = give_home(&stage);
    let Some(shell) = as_user("sh") else { return };
    let script = format!("echo \"pid $$ \"; exec {} token mainuser", program.display());
    let mut words: Vec<&str> = shell.get_args().map(|word| word.to_str().unwrap()).collect();
    words.extend(["-c", &script]);
    let env = stage.home.environment().into_iter().filter(|(name, _)| name != "AWSTOK_NO_INPUT");
    let mut terminal = Terminal::start(shell.get_program().to_str().unwrap(), &words, env, &stage.home.path(""));
    terminal.expect("pid ");
    let pid = terminal.expect(" ").trim().to_owned();
    terminal.expect("MFA code of");
    keeps_to_itself(&pid, "token");
    terminal.send("\u{3}");
    assert_eq!(terminal.end().0, 130);
}
