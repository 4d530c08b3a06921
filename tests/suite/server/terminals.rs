//! `awstok serve` on a terminal: asked for a code at the start and again, in nobody's way in the background or beside a shell.

use std::time::{Duration, Instant};

use super::short_lives;
use crate::commands::Stage;
use crate::home::Terminal;
use crate::tools::tool;

/// Reads address and token from what the terminal shows.
fn variables(terminal: &mut Terminal) -> (String, String) {
    terminal.expect("AWS_CONTAINER_CREDENTIALS_FULL_URI='http://");
    let address = terminal.expect("/credentials'").trim_end_matches("/credentials'").to_owned();
    terminal.expect("AWS_CONTAINER_AUTHORIZATION_TOKEN='");
    let token = terminal.expect("'").trim_end_matches('\'').to_owned();
    (address, token)
}

/// The key that the endpoint hands out now; none where it refuses.
fn key(address: &str, token: &str) -> Option<String> {
    use std::io::{Read as _, Write as _};
    let mut stream = std::net::TcpStream::connect(address).ok()?;
    let head =
        format!("GET /credentials HTTP/1.1\r\nHost: {address}\r\nAuthorization: {token}\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer.split_once("\"AccessKeyId\":\"")?.1.split('"').next()?.to_owned())
}

#[track_caller]
fn wait_for_another(address: &str, token: &str, old: &str) {
    let end = Instant::now() + Duration::from_secs(60);
    while key(address, token).is_none_or(|key| key == old) {
        assert!(Instant::now() < end, "no other credentials came");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_code_is_asked_for_at_the_start_and_again_and_ctrl_c_ends_a_question() {
    let stage = Stage::new();
    short_lives(&stage, "GetSessionToken", 6);
    let mut terminal = stage.home.on_terminal(&["serve", "mainuser", "--shell", "bash"]);
    terminal.expect("MFA code of `arn:aws:iam::123456789012:mfa/ann` for profile `mainuser`: ");
    terminal.send(&format!("{}\n", stage.code()));
    let (address, token) = variables(&mut terminal);
    terminal.expect("serving mainuser on 127.0.0.1:");
    let first = key(&address, &token).unwrap();
    terminal.expect("MFA code of `arn:aws:iam::123456789012:mfa/ann` for profile `mainuser`: ");
    terminal.send(&format!("{}\n", stage.code()));
    wait_for_another(&address, &token, &first);
    terminal.expect("MFA code of");
    terminal.send("\u{3}");
    let (code, _) = terminal.end();
    assert_eq!(code, 0);
    assert_eq!(key(&address, &token), None);
}

#[test]
fn in_the_background_nobody_is_asked_and_nothing_stops() {
    let Some(bash) = tool("bash") else { return };
    let stage = Stage::new();
    short_lives(&stage, "GetSessionToken", 6);
    let mut terminal = stage.home.other_on_terminal(bash.to_str().unwrap(), &["--norc", "--noprofile", "-i"]);
    terminal.send(&format!(
        "PATH={}:$PATH; AWSTOK_MFA_CODE={} awstok serve mainuser --shell bash &\n",
        std::path::Path::new(crate::home::AWSTOK).parent().unwrap().display(),
        stage.code()
    ));
    let (address, token) = variables(&mut terminal);
    let first = key(&address, &token).unwrap();
    terminal.expect("awstok runs in the background of its terminal");
    terminal.send("jobs; echo d'on'e\n");
    let shown = terminal.expect("done");
    assert!(shown.contains("Running") && !shown.contains("Stopped"), "{shown}");
    // a session that came elsewhere is taken up
    stage.sandbox.clear_faults();
    stage.ok(&["token", "mainuser", "--force"]);
    wait_for_another(&address, &token, &first);
    terminal.send("kill %1; wait %1; echo st'at'us $?; exit\n");
    terminal.expect("status 0");
    terminal.end();
}

#[test]
fn beside_a_shell_that_reads_the_variables_nobody_is_asked() {
    let Some(bash) = tool("bash") else { return };
    let stage = Stage::new();
    short_lives(&stage, "GetSessionToken", 6);
    let mut terminal = stage.home.other_on_terminal(bash.to_str().unwrap(), &["--norc", "--noprofile", "-i"]);
    terminal.send(&format!(
        "source <(AWSTOK_MFA_CODE={} {} serve mainuser); server=$!; echo see${{AWS_CONTAINER_CREDENTIALS_FULL_URI:0:17}}\n",
        stage.code(),
        crate::home::AWSTOK
    ));
    terminal.expect("seehttp://127.0.0.1:");
    let shown = terminal.expect("the terminal belongs to the command that runs on it");
    assert!(!shown.contains("MFA code of"), "{shown}");
    terminal.expect("(run `awstok token mainuser` in another terminal; its session is taken up here)");
    terminal.send("kill $server; wait $server; echo st'at'us $?; exit\n");
    terminal.expect("status 0");
    terminal.end();
}
