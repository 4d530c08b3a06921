//! The built binary behind a company's proxy: HTTPS_PROXY, a certificate of its own, AWS_CA_BUNDLE.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use awstok::sandbox::Sandbox;
use rcgen::{CertificateParams, date_time_ymd};
use rustls::{ServerConnection, StreamOwned};

use super::Stage;
use crate::certificates::issued;
use crate::home::Home;
use crate::sandbox::DEVICE;

/// A name that only the proxy knows.
const HOST: &str = "sts.company.invalid";

/// Serves a stand-in over TLS, behind a proxy that knows the way; the requests that the proxy got are noted.
pub struct Company {
    proxy: String,
    bundle: PathBuf,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Company {
    /// Starts both; the certificate is for `hosts`, and its issuer's lies in the home.
    pub fn start(home: &Home, sandbox: &Sandbox, hosts: &[&str], change: impl FnOnce(&mut CertificateParams)) -> Self {
        let (pem, config) = issued(hosts, change);
        home.write("company.pem", pem);
        let handler = sandbox.handler();
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = server.local_addr().unwrap();
        std::thread::spawn(move || {
            for stream in server.incoming().flatten() {
                let (connection, handler) = (ServerConnection::new(config.clone()).unwrap(), handler.clone());
                std::thread::spawn(move || drop(handler.serve(&mut StreamOwned::new(connection, stream))));
            }
        });
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = format!("http://{}", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let notes = asked.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let notes = notes.clone();
                std::thread::spawn(move || tunnel(&stream, TcpStream::connect(origin).unwrap(), &notes));
            }
        });
        Self { proxy, bundle: home.path("company.pem"), asked }
    }

    /// Sends the home's requests through the proxy.
    pub fn lead(&self, home: &mut Home) {
        home.set("HTTPS_PROXY", &*self.proxy);
        home.set("AWS_CA_BUNDLE", self.bundle.to_str().unwrap());
    }

    /// The hosts and ports that the proxy was asked for since it was looked at last.
    pub fn asked(&self) -> Vec<String> {
        let lines = std::mem::take(&mut *self.asked.lock().unwrap());
        let host = |line: &String| line.split(' ').nth(1).unwrap_or_default().to_owned();
        lines.iter().inspect(|line| assert!(line.starts_with("CONNECT "), "{line}")).map(host).collect()
    }
}

/// Answers one CONNECT and then carries bytes both ways.
fn tunnel(client: &TcpStream, origin: TcpStream, notes: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(client.try_clone().unwrap());
    let mut head = String::new();
    while reader.read_line(&mut head).unwrap_or_default() > 2 {}
    notes.lock().unwrap().push(head.lines().next().unwrap_or_default().to_owned());
    let _ = (&*client).write_all(b"HTTP/1.1 200 Connection established\r\n\r\n");
    let (mut from_origin, mut to_client) = (origin.try_clone().unwrap(), client.try_clone().unwrap());
    let back = std::thread::spawn(move || {
        let _ = std::io::copy(&mut from_origin, &mut to_client);
        let _ = to_client.shutdown(Shutdown::Both);
    });
    let mut to_origin = origin;
    let _ = std::io::copy(&mut reader, &mut to_origin);
    let _ = to_origin.shutdown(Shutdown::Both);
    let _ = back.join();
}

fn behind(change: impl FnOnce(&mut CertificateParams)) -> (Stage, Company) {
    let mut stage = Stage::new();
    let company = Company::start(&stage.home, &stage.sandbox, &[HOST], change);
    stage.home.set("AWS_ENDPOINT_URL", format!("https://{HOST}"));
    company.lead(&mut stage.home);
    (stage, company)
}

#[test]
fn token_works_through_the_proxy() {
    let (stage, company) = behind(|_| {});
    stage.home.ok(&["token", "prod", "--mfa-code", &stage.code()]);
    assert!(stage.home.read(".aws/credentials").contains("[prod]\n"));
    let calls = stage.sandbox.calls();
    // the nameless one opens the connection ahead of time
    let named: Vec<_> = calls.iter().map(|call| call.action.as_str()).filter(|action| !action.is_empty()).collect();
    assert_eq!(named, ["GetSessionToken", "AssumeRole"]);
    let asked = company.asked();
    assert!(!asked.is_empty() && asked.iter().all(|host| *host == format!("{HOST}:443")), "{asked:?}");
}

#[test]
fn a_certificate_that_does_not_hold_is_refused_behind_the_proxy_too() {
    type Change = fn(&mut CertificateParams);
    let cases: [(Change, &str); 2] = [
        (
            |own| own.subject_alt_names = vec![rcgen::SanType::DnsName("elsewhere".try_into().unwrap())],
            "another host name",
        ),
        (|own| own.not_after = date_time_ymd(2020, 1, 1), "expired"),
    ];
    for (change, said) in cases {
        let (stage, _company) = behind(change);
        let code = stage.code();
        let words = stage.home.fails(6, &["token", "prod", "--mfa-code", &code]);
        assert!(words.contains("TLS") && words.contains(said) && words.contains("hint: "), "{words}");
        assert!(!stage.home.exists(".aws/credentials") && !stage.home.exists(".aws/config"));
        assert!(stage.sandbox.accepts(DEVICE, &code) && stage.sandbox.calls().is_empty());
    }
}

#[test]
fn a_certificate_that_the_company_signed_is_trusted_by_nobody_else() {
    let (mut stage, _company) = behind(|_| {});
    stage.home.set("AWS_CA_BUNDLE", "");
    let words = stage.home.fails(6, &["token", "prod", "--mfa-code", &stage.code()]);
    assert!(words.contains("TLS") && words.contains("isn't trusted") && words.contains("AWS_CA_BUNDLE"), "{words}");
}
