//! `exec --server`: awstok beside the command, as if it weren't there: its end, its signals, and what outlives whom.

use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdout, Stdio};
use std::time::{Duration, Instant};

use super::{fetched, run, words};
use crate::commands::Stage;
use crate::home::AWSTOK;

const SERVER: &[&str] = &["--server"];

/// Waits until something holds; says what didn't.
#[track_caller]
pub fn until(what: &str, within: Duration, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + within;
    while !holds() {
        assert!(Instant::now() < end, "{what}: not within {within:?}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A field of `/proc/PID/stat` behind the name: 0 is the state, 1 the parent; none where the process is gone.
pub fn stat(pid: u32, field: usize) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(field).map(str::to_owned)
}

pub fn is_gone(pid: u32) -> bool {
    stat(pid, 0).is_none_or(|state| state == "Z")
}

fn kill(signal: &str, pid: u32) {
    let status = std::process::Command::new("kill").args([format!("-{signal}"), pid.to_string()]).status().unwrap();
    assert!(status.success());
}

/// A running `exec --server`, and what its command says line by line.
struct Running {
    awstok: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

impl Running {
    fn start(stage: &Stage, script: &str) -> Self {
        let mut command = stage.home.command(words("prod", SERVER, &["bash", "-c", script]));
        // a group whose parent is in this session: SIGTSTP stops nobody in an orphaned one (POSIX, signal concepts)
        command.process_group(0);
        let mut awstok = command.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(awstok.stdout.take().unwrap()).lines();
        Self { awstok, lines }
    }

    #[track_caller]
    fn line(&mut self) -> String {
        self.lines.next().expect("the command has ended").unwrap()
    }

    fn pids(&mut self) -> Vec<u32> {
        self.line().split_whitespace().map(|pid| pid.parse().unwrap()).collect()
    }

    /// The guardian: the child of awstok that isn't the command.
    fn guardian(&self) -> u32 {
        let own = self.awstok.id().to_string();
        let all =
            std::fs::read_dir("/proc").unwrap().filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok());
        let mut children = all.filter(|pid: &u32| stat(*pid, 1).as_ref() == Some(&own));
        let is_guardian = |pid: &u32| {
            std::fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|words| words.ends_with(b"\0guard-a-command\0"))
        };
        children.find(is_guardian).expect("a guardian")
    }

    fn code(mut self) -> Option<i32> {
        self.awstok.wait().unwrap().code()
    }
}

#[test]
fn exit_codes_are_the_commands_and_signals_128_and_their_number() {
    let stage = fetched();
    for code in (0..=255).step_by(15).chain([1, 2, 126, 127, 128, 130]) {
        assert_eq!(run(&stage, SERVER, &["sh", "-c", &format!("exit {code}")]).code, code);
    }
    for signal in [1, 2, 3, 6, 9, 10, 11, 13, 14, 15, 34, 64] {
        let script = format!("ulimit -c 0; kill -{signal} $$");
        assert_eq!(run(&stage, SERVER, &["sh", "-c", &script]).code, 128 + signal, "signal {signal}");
    }
}

#[test]
fn what_is_sent_to_awstok_reaches_the_command_once() {
    let stage = fetched();
    let names = ["HUP", "INT", "QUIT", "TERM", "USR1", "USR2", "ALRM", "VTALRM", "PROF", "WINCH"];
    let traps: String = names.iter().map(|name| format!("trap 'echo {name}' {name}; ")).collect();
    // `wait` gives each signal its own trap at once
    let mut running = Running::start(
        &stage,
        &format!("{traps} trap 'exit 9' PWR; sleep 20 >/dev/null 2>&1 & echo $$; while :; do wait; done"),
    );
    let command = running.pids()[0];
    for name in names {
        kill(name, running.awstok.id());
        assert_eq!(running.line(), name);
    }
    kill("PWR", command);
    assert!(running.lines.next().is_none(), "a signal came twice");
    assert_eq!(running.code(), Some(9));
}

#[test]
fn a_signal_that_ends_the_command_ends_awstok_with_its_number() {
    let stage = fetched();
    for (name, code) in [("TERM", 143), ("INT", 130), ("HUP", 129), ("USR1", 138)] {
        let mut running = Running::start(&stage, "echo $$; exec sleep 60");
        running.pids();
        let guardian = running.guardian();
        kill(name, running.awstok.id());
        assert_eq!(running.code(), Some(code), "{name}");
        until("the guardian goes", Duration::from_secs(20), || is_gone(guardian));
    }
}

#[test]
fn both_stop_and_go_on_together() {
    let stage = fetched();
    let mut running = Running::start(&stage, "trap 'echo on' CONT; echo $$; while :; do sleep 0.02; done");
    let (command, awstok) = (running.pids()[0], running.awstok.id());
    for _ in 0..3 {
        kill("TSTP", awstok);
        let stopped = || [awstok, command].iter().all(|pid| stat(*pid, 0).unwrap() == "T");
        until("both stop", Duration::from_secs(20), stopped);
        kill("CONT", awstok);
        assert_eq!(running.line(), "on");
        until("both go on", Duration::from_secs(20), || {
            [awstok, command].iter().all(|pid| stat(*pid, 0).unwrap() != "T")
        });
    }
    kill("TERM", awstok);
    assert_eq!(running.code(), Some(143), "no stop and no `on` is left over");
}

/// A tree: a child that ignores TERM, its child that does too, one whose parent is gone, one in a session of its own.
const TREE: &str = r#"
stubborn='trap "" TERM HUP INT; echo $$ >>pids; while :; do sleep 0.1; done'
bash -c "bash -c '$stubborn' & $stubborn" &
bash -c "bash -c '$stubborn' & exit" &
setsid bash -c "$stubborn" &
(sleep 1000 & echo $! >>pids; kill -STOP $!)
until [ "$(wc -l <pids)" = 5 ]; do sleep 0.02; done
"#;

fn tree(stage: &Stage) -> Vec<u32> {
    stage.home.read("pids").lines().map(|line| line.parse().unwrap()).collect()
}

#[test]
fn killed_awstok_leaves_nothing_behind() {
    let stage = fetched();
    stage.home.write(".aws/credentials", "[default]\naws_access_key_id = AKIAOTHER\naws_secret_access_key = x\n");
    let script = format!("{TREE} echo $$; trap 'exec sleep 1000' TERM; while :; do sleep 0.1; done");
    let mut running = Running::start(&stage, &script);
    let pids = [running.pids(), tree(&stage), vec![running.guardian()]].concat();
    assert_eq!(pids.len(), 7);
    assert_eq!(std::fs::read_dir(stage.home.path(".aws/awstok/exec")).unwrap().count(), 1);
    let begun = Instant::now();
    running.awstok.kill().unwrap();
    running.awstok.wait().unwrap();
    let left = || pids.iter().filter(|pid| !is_gone(**pid)).collect::<Vec<_>>();
    until(&format!("{pids:?} go"), Duration::from_secs(5), || left().is_empty());
    assert!(begun.elapsed() > Duration::from_secs(1), "those that ignore TERM were given time");
    assert_eq!(std::fs::read_dir(stage.home.path(".aws/awstok/exec")).unwrap().count(), 0, "stand-ins");
}

#[test]
fn a_command_that_ends_at_once_on_term_is_gone_at_once() {
    let stage = fetched();
    let mut running = Running::start(&stage, "trap 'echo ended; exit' TERM; echo $$; while :; do sleep 0.02; done");
    let command = running.pids()[0];
    running.awstok.kill().unwrap();
    running.awstok.wait().unwrap();
    until("the command goes", Duration::from_secs(1), || is_gone(command));
    assert_eq!(running.line(), "ended");
}

#[test]
fn what_the_command_leaves_in_the_background_stays_and_the_endpoint_goes() {
    let stage = fetched();
    let script = "sleep 30 >/dev/null 2>&1 & echo $!; echo $AWS_CONTAINER_CREDENTIALS_FULL_URI";
    let mut running = Running::start(&stage, script);
    let (pid, url) = (running.pids()[0], running.line());
    assert_eq!(running.code(), Some(0));
    std::thread::sleep(Duration::from_millis(200));
    assert!(!is_gone(pid));
    kill("KILL", pid);
    let address = url.strip_prefix("http://").unwrap().split('/').next().unwrap().to_owned();
    assert!(std::net::TcpStream::connect(address).is_err(), "{url}");
}

#[test]
fn neither_awstok_nor_its_guardian_wakes_up_for_nothing() {
    let stage = fetched();
    let mut running = Running::start(&stage, "echo $$; exec sleep 30");
    running.pids();
    let (awstok, guardian) = (running.awstok.id(), running.guardian());
    let switches = || -> Vec<String> {
        let threads = std::fs::read_dir(format!("/proc/{awstok}/task")).unwrap().map(|task| task.unwrap().path());
        let all = threads.chain([format!("/proc/{guardian}").into()]);
        let text = all.map(|path| std::fs::read_to_string(path.join("status")).unwrap());
        text.flat_map(|text| {
            text.lines().filter(|line| line.contains("ctxt_switches")).map(str::to_owned).collect::<Vec<_>>()
        })
        .collect()
    };
    std::thread::sleep(Duration::from_millis(300));
    let before = switches();
    std::thread::sleep(Duration::from_millis(700));
    assert_eq!(switches(), before);
    kill("TERM", awstok);
    assert_eq!(running.code(), Some(143));
}

#[test]
fn a_killed_runs_stand_ins_are_no_trap_for_awstok_inside() {
    let stage = fetched();
    stage.home.write(".aws/credentials", "[default]\naws_access_key_id = AKIAOTHER\naws_secret_access_key = x\n");
    let found = run(&stage, SERVER, &[AWSTOK, "token", "plain"]);
    assert_eq!(found.code, 0, "{}", found.err);
    let said = "`[default]` in `~/.aws/credentials` would win over the endpoint: the command finds an empty credentials file\n";
    assert!(found.err.starts_with(said), "{}", found.err);
    let credentials = stage.home.read(".aws/credentials");
    assert!(credentials.starts_with("[default]\naws_access_key_id = AKIAOTHER\n") && credentials.contains("[plain]"));
    assert_eq!(std::fs::read_dir(stage.home.path(".aws/awstok/exec")).unwrap().count(), 0);
    assert_eq!(run(&stage, &["--server", "-q"], &["true"]).err, "");
}

#[test]
fn credentials_without_an_end_have_no_endpoint() {
    let stage = Stage::new();
    let error = stage.home.fails(3, &words("ci", SERVER, &["echo", "ran"]));
    assert!(error.starts_with("error: the credentials of `ci` have no end"), "{error}");
}
