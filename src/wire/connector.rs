//! Owns connections: TLS, proxy, time to connect, and how much of an answer is read.
//! It refuses redirects (none is followed), endless answers, and to touch certificates where there is no TLS.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connection::CaptureSmithyConnection;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;

use super::settings::NetworkSettings;
use super::{Way, words};
use crate::error::{Result, invalid};

const TIME_TO_CONNECT: Duration = Duration::from_secs(5);
/// The largest answer of all calls has a few kilobytes.
const MOST_OF_AN_ANSWER: usize = 256 * 1024;

/// An HTTP client with one pool of connections, for the SDK and for requests of our own.
#[derive(Debug, Clone)]
pub struct Wire {
    connector: SharedHttpConnector,
}

impl Wire {
    /// Builds the connector.
    pub(super) fn new(settings: &NetworkSettings, way: Way) -> Result<Self> {
        let trust = match &settings.ca_bundle {
            _ if way == Way::Plain => TrustStore::empty(),
            Some(bundle) => trusted(bundle)?,
            None => TrustStore::default(),
        };
        let context = TlsContext::builder().with_trust_store(trust).build().context("TLS can't be set up")?;
        let mut builder = Connector::builder()
            .connector_settings(HttpConnectorSettings::builder().connect_timeout(TIME_TO_CONNECT).build());
        if let Some(proxy) = settings.proxy.as_deref().filter(|_| way == Way::SecureByProxy) {
            builder = builder.proxy_config(proxy_config(proxy, settings.no_proxy.as_deref())?);
        }
        let connector = builder.tls_provider(Provider::Rustls(CryptoMode::Ring)).tls_context(context).build();
        Ok(Self { connector: SharedHttpConnector::new(connector) })
    }

    /// Opens a connection, TLS included, and leaves it in the pool; no credentials go along.
    pub async fn warm(&self, url: &str) {
        let mut request = HttpRequest::new(SdkBody::empty());
        if request.set_uri(url).is_ok() && request.set_method("HEAD").is_ok() {
            let _ = HttpConnector::call(self, request).await;
        }
    }
}

impl HttpClient for Wire {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Wire {
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
        let capture = match request.extension::<CaptureSmithyConnection>() {
            Some(capture) => capture.clone(),
            None => {
                let capture = CaptureSmithyConnection::new();
                request.add_extension(capture.clone());
                capture
            }
        };
        let answer = self.connector.call(request);
        HttpConnectorFuture::new(async move {
            match answer.await {
                Ok(response) => bounded(response).await,
                Err(error) if capture.get().is_none() => Err(not_sent(error)),
                Err(error) => Err(error),
            }
        })
    }
}

/// Marks an error before which not a byte of the request left this machine.
#[derive(Debug)]
pub struct NotSent(BoxError);

impl fmt::Display for NotSent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no connection")
    }
}

impl std::error::Error for NotSent {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(self.0.as_ref())
    }
}

/// An answer longer than any that is waited for.
#[derive(Debug)]
pub struct TooLong;

impl fmt::Display for TooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the answer is longer than {} KiB", MOST_OF_AN_ANSWER / 1024)
    }
}

impl std::error::Error for TooLong {}

/// Another try mends a network, not a certificate.
fn not_sent(error: ConnectorError) -> ConnectorError {
    let (timeout, certificate) = (error.is_timeout(), words::tls_words(&error).is_some());
    let source: BoxError = Box::new(NotSent(error.into_source()));
    match (timeout, certificate) {
        (true, _) => ConnectorError::timeout(source),
        (_, true) => ConnectorError::other(source, None),
        _ => ConnectorError::io(source),
    }
    .never_connected()
}

async fn bounded(mut response: HttpResponse) -> std::result::Result<HttpResponse, ConnectorError> {
    let mut stream = ByteStream::new(response.take_body());
    let mut body = Vec::new();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|error| ConnectorError::io(error.into()))?;
        if body.len() + chunk.len() > MOST_OF_AN_ANSWER {
            return Err(ConnectorError::other(TooLong.into(), None));
        }
        body.extend_from_slice(&chunk);
    }
    *response.body_mut() = SdkBody::from(body);
    Ok(response)
}

fn proxy_config(url: &str, no_proxy: Option<&str>) -> Result<ProxyConfig> {
    let url = if url.contains("://") { url.to_owned() } else { format!("http://{url}") };
    let config = ProxyConfig::https(url.as_str())
        // the URL itself may hold a password
        .map_err(|_| invalid("`HTTPS_PROXY` is no URL").hint("write `http://HOST:PORT`"))?;
    Ok(match no_proxy {
        Some(hosts) => config.no_proxy(hosts),
        None => config,
    })
}

/// Takes the certificates of a bundle one by one, so that one that can't be parsed spoils no other.
fn trusted(bundle: &Path) -> Result<TrustStore> {
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    const END: &str = "-----END CERTIFICATE-----";
    let unusable = || {
        invalid(format!("the certificates of `AWS_CA_BUNDLE` (`{}`) can't be used", bundle.display()))
            .hint("name a PEM file of certificates, or unset `AWS_CA_BUNDLE`")
    };
    let bytes = std::fs::read(bundle).map_err(|error| unusable().because(error))?;
    let text = String::from_utf8_lossy(&bytes);
    let mut store = None;
    for block in text.split(BEGIN).skip(1) {
        let Some((base64, _)) = block.split_once(END) else { continue };
        let pem = format!("{BEGIN}{base64}{END}\n");
        if is_certificate(&pem) {
            store = Some(store.unwrap_or_else(TrustStore::empty).with_pem_certificate(pem));
        }
    }
    store.ok_or_else(|| unusable().because(anyhow::anyhow!("there is no certificate in it")).into())
}

fn is_certificate(pem: &str) -> bool {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject as _;
    CertificateDer::from_pem_slice(pem.as_bytes()).is_ok_and(|der| rustls::RootCertStore::empty().add(der).is_ok())
}
