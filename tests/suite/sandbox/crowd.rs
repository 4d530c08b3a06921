//! Thousands of requests leave no thread and no descriptor behind, however their clients end.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::Stdio;
use std::time::Duration;

use crate::home::{Home, until};

/// Gives how many threads and descriptors a process has.
fn held(process: &str) -> (usize, usize) {
    let count = |folder: &str| std::fs::read_dir(format!("/proc/{process}/{folder}")).unwrap().count();
    (count("task"), count("fd"))
}

fn request(address: &str, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n").unwrap();
    stream
}

#[test]
fn nothing_is_left_behind() {
    let home = Home::new();
    let mut child = home
        .command(["sandbox", "--", "sh", "-c", "echo $PPID $AWS_EC2_METADATA_SERVICE_ENDPOINT; read end"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let (process, url) = line.trim().split_once(' ').unwrap();
    let address = url.strip_prefix("http://").unwrap();
    // what the command's start brings along may come after its first word
    let before = until("calm", || {
        let before = held(process);
        std::thread::sleep(Duration::from_millis(500));
        (held(process) == before).then_some(before)
    });
    let all_gone = || until("the end of all", || (held(process) <= before).then_some(()));
    for round in 0..4_000 {
        let mut stream = request(address, "/latest/meta-data/instance-id");
        match round % 4 {
            // gone before the answer, in the middle of it, behind it, and in the middle of the next request
            0 => {}
            1 => stream.read_exact(&mut [0; 10]).unwrap(),
            2 => assert!(stream.read(&mut [0; 1024]).unwrap() > 10),
            _ => stream.write_all(b"PUT /latest/api/token HT").unwrap(),
        }
    }
    all_gone();
    // hundreds at once, and they go too
    let crowd: Vec<TcpStream> = (0..300).map(|_| request(address, "/")).collect();
    for mut stream in &crowd {
        stream.read_exact(&mut [0; 15]).unwrap();
    }
    drop(crowd);
    all_gone();
    drop(child.stdin.take());
    child.wait().unwrap();
}
