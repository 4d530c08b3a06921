//! Memory and descriptors of an endpoint that lives long, measured in a process of its own.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

use aws_credential_types::Credentials;
use awstok::clock::Clock;
use awstok::server::{Belonging, Door, Held, Protocol, Server};
use awstok::session::Session;
use jiff::{SignedDuration, Timestamp};

use super::Served;
use crate::commands::Stage;

const REFRESHES: usize = 1_000;
const READS: usize = 100;
const BODY: &str = r#"{"AccessKeyId":"#;

#[test]
fn a_thousand_refreshes_and_a_hundred_thousand_reads_cost_no_memory_and_no_descriptor() {
    let name = "server::constancy::measured_in_a_process_of_its_own";
    let run = Command::new(std::env::current_exe().unwrap()).args(["--exact", name, "--ignored"]).output().unwrap();
    let said = String::from_utf8_lossy(&run.stdout).into_owned() + &String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success() && said.contains("1 passed"), "{said}");
}

#[test]
#[ignore = "runs in a process of its own, started by the test above"]
fn measured_in_a_process_of_its_own() {
    let door = Door::open("127.0.0.1:0".parse().unwrap()).unwrap();
    let server = Server::start(door, Protocol::Container, Clock::System, held(0)).unwrap();
    let request = format!(
        "GET /credentials HTTP/1.1\r\nHost: {}\r\nAuthorization: {}\r\n\r\n",
        server.address(),
        server.token().unwrap().expose()
    );
    let mut connections: Vec<TcpStream> = (0..4).map(|_| TcpStream::connect(server.address()).unwrap()).collect();
    let mut before = (0, 0);
    for nth in 0..REFRESHES {
        server.update(held(nth));
        for connection in &mut connections {
            read(connection, &request, READS / 4, nth);
        }
        // connections come and go too
        read(&mut TcpStream::connect(server.address()).unwrap(), &request, 1, nth);
        if nth == REFRESHES / 10 {
            before = (resident(), descriptors());
        }
    }
    let after = (resident(), descriptors());
    assert!(after.0 < before.0 + 1024, "{before:?} KB, descriptors, then {after:?}");
    assert!(after.1 <= before.1 + 1, "{before:?} KB, descriptors, then {after:?}");
}

#[test]
fn an_idle_server_sleeps() {
    let stage = Stage::new();
    let served = Served::start(&stage, &[]);
    drop(served.credentials());
    let wakes = || -> u64 {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", served.pid())).unwrap();
        let statuses = tasks.map(|task| std::fs::read_to_string(task.unwrap().path().join("status")).unwrap());
        let number = |line: &str| line.strip_prefix("voluntary_ctxt_switches:")?.trim().parse::<u64>().ok();
        statuses.filter_map(|status| status.lines().find_map(number)).sum()
    };
    // what the start has left to do, it does at once
    std::thread::sleep(Duration::from_millis(500));
    let before = wakes();
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(wakes(), before);
}

fn held(nth: usize) -> Held {
    let end = Timestamp::now() + SignedDuration::from_hours(1);
    let token = format!("{nth}/{}", "t".repeat(900));
    let credentials = Credentials::new(format!("ASIA{nth}"), "s".repeat(40), Some(token), Some(end.into()), "test");
    let session = Session { credentials, issued_at: Timestamp::now(), arn: None, region: None };
    Held::new(&session, Belonging::default())
}

/// Sends so many requests at once and reads the answers, which must all be of this refresh.
fn read(connection: &mut TcpStream, request: &str, count: usize, nth: usize) {
    connection.write_all(request.repeat(count).as_bytes()).unwrap();
    let (wanted, mut text, mut piece) = (format!("{BODY}\"ASIA{nth}\""), String::new(), [0; 32 << 10]);
    while text.matches("\"}").count() < count {
        let length = connection.read(&mut piece).unwrap();
        assert!(length > 0, "{text}");
        text.push_str(std::str::from_utf8(&piece[..length]).unwrap());
    }
    assert_eq!(text.matches(&wanted).count(), count, "{text}");
}

/// In KB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}
