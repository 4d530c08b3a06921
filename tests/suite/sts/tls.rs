//! TLS is never skipped: certificates of another name, of yesterday, of nobody; the connection is made ahead of time and kept.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use awstok::clock::Clock;
use awstok::error::Kind;
use awstok::sandbox::{Handler, Sandbox};
use awstok::sts::{Sts, StsApi, StsSettings, surely_not_sent};
use awstok::wire::{Network, NetworkSettings};
use rcgen::{CertificateParams, date_time_ymd};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::{session, words};
use crate::certificates::issued;
use crate::sandbox::{code, start};

/// The stand-in behind TLS, and the bundle that trusts it.
struct Secured {
    sandbox: Sandbox,
    port: u16,
    connections: Arc<AtomicUsize>,
    home: tempfile::TempDir,
}

impl Secured {
    fn start(change: impl FnOnce(&mut CertificateParams)) -> Self {
        let (pem, config) = issued(&["localhost"], change);
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("ca.pem"), format!("a comment\n{pem}")).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (sandbox, connections) = (start(), Arc::new(AtomicUsize::new(0)));
        let port = listener.local_addr().unwrap().port();
        let (handler, counted) = (sandbox.handler(), connections.clone());
        std::thread::spawn(move || accept(&listener, &config, &handler, &counted));
        Self { sandbox, port, connections, home }
    }

    fn sts(&self, ca: Option<&Path>) -> Sts {
        let endpoint = Some(format!("https://localhost:{}", self.port));
        let network = NetworkSettings {
            ca_bundle: Some(ca.map_or_else(|| self.home.path().join("ca.pem"), Path::to_path_buf)),
            proxy: Some("http://127.0.0.1:9".into()), // never asked for this machine
            ..NetworkSettings::default()
        };
        Sts::new(StsSettings { endpoint, ..StsSettings::default() }, Network::new(network), Clock::System)
    }
}

fn accept(listener: &TcpListener, config: &Arc<ServerConfig>, handler: &Handler, counted: &AtomicUsize) {
    for stream in listener.incoming().flatten() {
        counted.fetch_add(1, Ordering::SeqCst);
        let (connection, handler) = (ServerConnection::new(config.clone()).unwrap(), handler.clone());
        let serve = move |stream: TcpStream| handler.serve(&mut StreamOwned::new(connection, stream));
        std::thread::spawn(move || drop(serve(stream)));
    }
}

#[test]
fn the_connection_of_before_serves_the_call() {
    let secured = Secured::start(|_| {});
    let sts = secured.sts(None);
    assert_eq!(secured.connections.load(Ordering::SeqCst), 0);
    sts.connect(Some("eu-west-1"), None);
    session(&sts, Some(&code(&secured.sandbox))).unwrap();
    assert_eq!(secured.connections.load(Ordering::SeqCst), 1);
}

#[test]
fn certificates_that_do_not_hold_are_told_apart() {
    type Change = fn(&mut CertificateParams);
    let cases: [(Change, &str); 3] = [
        (
            |own| own.subject_alt_names = vec![rcgen::SanType::DnsName("elsewhere".try_into().unwrap())],
            "another host name",
        ),
        (|own| own.not_after = date_time_ymd(2020, 1, 1), "expired"),
        (|own| own.not_before = date_time_ymd(2090, 1, 1), "isn't valid yet"),
    ];
    for (change, said) in cases {
        let secured = Secured::start(change);
        let result = session(&secured.sts(None), Some("123456"));
        assert!(surely_not_sent(result.as_ref().unwrap_err()));
        let text = words(result, Kind::Unreachable);
        assert!(text.contains(said) && text.contains("TLS"), "{text}");
        assert_eq!(secured.connections.load(Ordering::SeqCst), 1, "another try mends nothing");
        assert!(secured.sandbox.calls().is_empty());
    }
}

#[test]
fn an_issuer_that_nobody_trusts_is_refused() {
    let (secured, other) = (Secured::start(|_| {}), Secured::start(|_| {}));
    let text = words(session(&secured.sts(Some(&other.home.path().join("ca.pem"))), None), Kind::Unreachable);
    assert!(text.contains("isn't trusted"), "{text}");
}

#[test]
fn a_bundle_that_cannot_be_used_is_named() {
    let secured = Secured::start(|_| {});
    let file = secured.home.path().join("empty.pem");
    for text in [
        "",
        "-----BEGIN CERTIFICATE-----\n%%\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    ] {
        std::fs::write(&file, text).unwrap();
        assert!(words(session(&secured.sts(Some(&file)), None), Kind::Invalid).contains("empty.pem"));
    }
    std::fs::remove_file(&file).unwrap();
    assert!(words(session(&secured.sts(Some(&file)), None), Kind::Invalid).contains("empty.pem"));
}

#[test]
fn a_proxy_is_asked_for_other_hosts_unless_told_not_to_be() {
    let secured = Secured::start(|_| {});
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = proxy.local_addr().unwrap();
    let asked = std::thread::spawn(move || {
        let mut head = [0; 1024];
        let (mut stream, _) = proxy.accept().unwrap();
        let read = stream.read(&mut head).unwrap();
        stream.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n").unwrap();
        String::from_utf8_lossy(&head[..read]).into_owned()
    });
    let sts = |no_proxy: Option<&str>| {
        let endpoint = Some("https://sts.nowhere.invalid".into());
        let network = NetworkSettings {
            ca_bundle: Some(secured.home.path().join("ca.pem")),
            proxy: Some(format!("http://ann:proxy-canary@{address}")),
            no_proxy: no_proxy.map(str::to_owned),
        };
        Sts::new(StsSettings { endpoint, ..StsSettings::default() }, Network::new(network), Clock::System)
    };
    assert!(words(session(&sts(Some(".invalid")), None), Kind::Unreachable).contains("looked up"));
    let text = words(session(&sts(None), Some("123456")), Kind::Unreachable);
    assert!(!text.contains("proxy-canary"), "{text}");
    assert!(asked.join().unwrap().starts_with("CONNECT sts.nowhere.invalid:443"));
}
