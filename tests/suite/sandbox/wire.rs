//! Bytes on the wire: what isn't a call, TLS in front, and many at once.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Barrier};

use super::*;

fn talk(sandbox: &Sandbox, request: &str) -> String {
    let mut stream = TcpStream::connect(sandbox.address()).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn what_is_not_a_call_is_answered_too() {
    let sandbox = start();
    let get = |method: &str| talk(&sandbox, &format!("{method} / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
    assert!(get("GET").starts_with("HTTP/1.1 200 OK\r\n"));
    assert!(get("HEAD").ends_with("\r\n\r\n"));
    let unsigned = get("POST");
    assert!(unsigned.starts_with("HTTP/1.1 403 ") && unsigned.contains("MissingAuthenticationToken"), "{unsigned}");
    assert!(unsigned.contains("\r\nDate: ") && unsigned.contains("\r\nx-amzn-RequestId: "), "{unsigned}");
    assert!(talk(&sandbox, "nonsense\r\n\r\n").starts_with("HTTP/1.1 400 "));
    let large = format!("GET / HTTP/1.1\r\nX: {}", "x".repeat(70_000));
    assert!(talk(&sandbox, &large).starts_with("HTTP/1.1 431 "));
    assert!(talk(&sandbox, "POST / HTTP/1.1\r\nContent-Length: 9999999\r\n\r\n").starts_with("HTTP/1.1 413 "));
}

#[test]
fn two_hundred_at_once() {
    let sandbox = start();
    let barrier = Barrier::new(200);
    std::thread::scope(|scope| {
        for _ in 0..200 {
            scope.spawn(|| {
                barrier.wait();
                let mut stream = TcpStream::connect(sandbox.address()).unwrap();
                // all connections are open before the first request goes out
                barrier.wait();
                stream.write_all(b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n").unwrap();
                let mut answer = Vec::new();
                stream.read_to_end(&mut answer).unwrap();
                assert!(answer.starts_with(b"HTTP/1.1 200"));
            });
        }
    });
    assert_eq!(sandbox.calls().len(), 200);
}

#[test]
fn tls_can_stand_in_front() {
    let sandbox = start();
    let certificate = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(certificate.signing_key.serialize_der()).unwrap();
    let trusted = certificate.cert.der().clone();
    let server = rustls::ServerConfig::builder().with_no_client_auth();
    let server = Arc::new(server.with_single_cert(vec![trusted.clone()], key).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let handler = sandbox.handler();
    let serving = std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let connection = rustls::ServerConnection::new(server).unwrap();
        handler.serve(&mut rustls::StreamOwned::new(connection, stream))
    });

    let mut roots = rustls::RootCertStore::empty();
    roots.add(trusted).unwrap();
    let client = Arc::new(rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth());
    let connection = rustls::ClientConnection::new(client, "localhost".try_into().unwrap()).unwrap();
    let mut stream = rustls::StreamOwned::new(connection, TcpStream::connect(address).unwrap());
    stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut answer = [0; 15];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200 OK");
    drop(stream);
    let _ = serving.join().unwrap();
}
