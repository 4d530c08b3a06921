//! Certificates of servers that tests start, signed by an issuer of their own each time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;

/// Makes the issuer's certificate, as PEM, and a server that has one for `hosts`, in which `change` may put what is wrong.
pub fn issued(hosts: &[&str], change: impl FnOnce(&mut CertificateParams)) -> (String, Arc<ServerConfig>) {
    // a name of its own: what one test trusts is nothing to another
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let name = format!("issuer {}", NUMBER.fetch_add(1, Ordering::SeqCst));
    let mut issuer = CertificateParams::new(vec![]).unwrap();
    issuer.distinguished_name.push(DnType::CommonName, name);
    issuer.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer_key = KeyPair::generate().unwrap();
    let pem = issuer.self_signed(&issuer_key).unwrap().pem();
    let mut own = CertificateParams::new(hosts.iter().map(|host| (*host).to_owned()).collect::<Vec<_>>()).unwrap();
    change(&mut own);
    let key = KeyPair::generate().unwrap();
    let certificate = own.signed_by(&key, &Issuer::new(issuer, issuer_key)).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
        .unwrap();
    (pem, Arc::new(config))
}
