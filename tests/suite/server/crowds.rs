//! Garbage, slow clients and many of them: the endpoint goes on.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::Served;
use crate::commands::Stage;

const MUTATED: usize = 100_000;

/// A stream of numbers that is the same each time (xorshift64*).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(number).unwrap() % limit
    }
}

/// Changes a request in one to three places.
fn mutated(request: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    const ODD: &[u8] = b"\0\n\r\t :;,/?#%\x7f\x80\xff\"a1";
    let mut bytes = request.to_vec();
    for _ in 0..=numbers.below(3) {
        let at = numbers.below(bytes.len());
        match numbers.below(6) {
            0 => bytes[at] ^= 1 << numbers.below(8),
            1 => drop(bytes.remove(at)),
            2 => bytes.insert(at, ODD[numbers.below(ODD.len())]),
            3 => bytes[at] = ODD[numbers.below(ODD.len())],
            4 => {
                let end = (at + numbers.below(40)).min(bytes.len());
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
            _ => bytes[at] = b'a' + u8::try_from(numbers.below(26)).unwrap(),
        }
    }
    bytes
}

/// Sends requests one after the other on one connection; gives how many were answered, and checks each answer.
fn converse(served: &Served, requests: &[Vec<u8>], secret: &str) -> usize {
    let mut stream = TcpStream::connect(&served.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let _ = stream.write_all(&requests.concat());
    let _ = stream.shutdown(std::net::Shutdown::Write);
    let (mut bytes, mut piece) = (Vec::new(), [0; 16 << 10]);
    while let Ok(length @ 1..) = stream.read(&mut piece) {
        bytes.extend(&piece[..length]);
    }
    let text = String::from_utf8(bytes).unwrap();
    // an answer to HTTP/1.0 says so
    let answers: Vec<&str> = text.split("HTTP/1.").skip(1).filter_map(|answer| answer.get(2..)).collect();
    let token = served.token().as_bytes();
    let bearers = requests.iter().filter(|request| request.windows(token.len()).any(|window| window == token)).count();
    let good = answers.iter().filter(|answer| answer.starts_with("200 ")).count();
    assert!(good <= bearers, "{text}");
    assert!(answers.iter().all(|answer| answer.starts_with("200 ") || !answer.contains(secret)), "{text}");
    answers.len()
}

#[test]
fn a_hundred_thousand_mutated_requests_leave_a_working_endpoint() {
    let stage = Stage::new();
    let served = Served::start(&stage, &[]);
    let good = served.credentials();
    let document = crate::commands::json(&good.body);
    let secret = document["SecretAccessKey"].as_str().unwrap();
    let host = &served.address;
    let token = served.token();
    let whole = format!("GET /credentials HTTP/1.1\r\nHost: {host}\r\nAuthorization: {token}\r\nUser-Agent: x\r\n\r\n");
    let bases = [
        whole.clone(),
        whole.replace("User-Agent: x", "Accept: */*\r\nAccept-Encoding: gzip\r\nUser-Agent: Botocore/1.40"),
        whole.replace("GET", "PUT").replace("User-Agent: x", "Content-Length: 0"),
        whole.replace(token, "wrong"),
        whole.replace("/credentials", "/latest/meta-data/"),
    ];
    let sent = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for seed in 1..=4 {
            let (bases, sent, served) = (&bases, &sent, &served);
            scope.spawn(move || {
                let mut numbers = Numbers(seed);
                let mut next: Vec<Vec<u8>> = Vec::new();
                while sent.load(Ordering::Relaxed) < MUTATED {
                    while next.len() < 32 {
                        next.push(mutated(bases[numbers.below(bases.len())].as_bytes(), &mut numbers));
                    }
                    // what came after a refused one was not looked at: it comes again
                    let looked_at = converse(served, &next, secret).clamp(1, next.len());
                    next.drain(..looked_at);
                    sent.fetch_add(looked_at, Ordering::Relaxed);
                }
            });
        }
    });
    assert_eq!(served.credentials(), good);
    let run = served.end("TERM");
    assert_eq!((run.code, run.err.lines().count()), (0, 1), "{run:?}");
}

#[test]
fn slow_clients_keep_nobody_waiting_and_are_sent_away() {
    let stage = Stage::new();
    let served = Served::start(&stage, &[]);
    let start = format!("GET /credentials HTTP/1.1\r\nHost: {}\r\nX: ", served.address);
    let begun = Instant::now();
    let mut slow: Vec<TcpStream> = (0..100).map(|_| TcpStream::connect(&served.address).unwrap()).collect();
    for (nth, stream) in slow.iter_mut().enumerate() {
        stream.write_all(&start.as_bytes()[..nth % start.len()]).unwrap();
    }
    let mut times: Vec<Duration> = (0..300)
        .map(|nth| {
            // one more byte of each now and then
            if nth % 100 == 0 {
                // some are refused by then
                slow.iter_mut().for_each(|stream| drop(stream.write_all(b"G")));
            }
            let asked = Instant::now();
            assert_eq!(served.credentials().status, 200);
            asked.elapsed()
        })
        .collect();
    times.sort();
    // far above what it takes, far below a time-out
    assert!(times[296] < Duration::from_millis(100), "{:?}", times[296]);
    for stream in &mut slow {
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let mut answer = Vec::new();
        // an end or a reset, but no answer with credentials and no time-out
        match stream.read_to_end(&mut answer) {
            Ok(_) => assert!(!String::from_utf8_lossy(&answer).contains("AccessKeyId")),
            Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
        }
    }
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
}

#[test]
fn more_connections_than_are_kept_leave_room_for_who_asks() {
    let stage = Stage::new();
    let served = Served::start(&stage, &[]);
    let idle: Vec<TcpStream> = (0..600).map(|_| TcpStream::connect(&served.address).unwrap()).collect();
    assert_eq!(served.credentials().status, 200);
    #[cfg(target_os = "linux")]
    {
        let open = std::fs::read_dir(format!("/proc/{}/fd", served.pid())).map_or(0, Iterator::count);
        assert!(open < 300, "{open}");
    }
    drop(idle);
    assert_eq!(served.credentials().status, 200);
}
