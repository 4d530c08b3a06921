//! Owns where a container's credentials endpoint may be: any host with TLS, without it only this machine and AWS's own addresses.
//! It refuses everything else before a request is made.

use crate::error::{Result, invalid};
use crate::wire::Endpoint;

/// Where ECS answers.
const ECS: &str = "http://169.254.170.2";
/// Hosts that are called without TLS besides loopback: ECS, and EKS Pod Identity over IPv4 and IPv6 (AWS SDKs and Tools
/// Reference Guide, "Container credential provider").
const AWS_OWN: [&str; 3] = ["169.254.170.2", "169.254.170.23", "fd00:ec2::23"];

/// An endpoint that may be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) url: String,
    pub(super) https: bool,
}

impl Address {
    /// Makes the address of a path on ECS's own host.
    pub(super) fn relative(path: &str) -> Result<Self> {
        let found = path.starts_with('/').then(|| parse(&format!("{ECS}{path}"))).flatten();
        found.ok_or_else(|| {
            invalid(format!("`AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` is `{path}`, which is no path"))
                .hint("ECS sets it; it has the form `/v2/credentials/…`")
                .into()
        })
    }

    /// Checks a whole URL.
    pub(super) fn full(url: &str) -> Result<Self> {
        parse(url).ok_or_else(|| {
            invalid(format!("`AWS_CONTAINER_CREDENTIALS_FULL_URI` is `{url}`, which is refused"))
                .hint("it is `https://HOST…`; `http://` serves for this machine and AWS's own addresses only")
                .into()
        })
    }
}

fn parse(url: &str) -> Option<Address> {
    let (place, query) = url.split_once('?').map_or((url, ""), |(place, query)| (place, query));
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.~=&/:,+%".contains(&b);
    let endpoint = Endpoint::parse(place).filter(|_| query.bytes().all(plain))?;
    let fine = endpoint.https || endpoint.loopback || AWS_OWN.contains(&endpoint.host);
    fine.then(|| Address { url: url.to_owned(), https: endpoint.https })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_that_could_be_anyones_are_refused() {
        for url in [
            "http://localhost/foo",
            "http://localhost:8000/foo",
            "https://localhost/foo",
            "https://127.0.0.1:8080/foo",
            "http://127.0.0.1:8080/credentials",
            "http://169.254.170.2/foo?id=1",
            "http://169.254.170.23/v1/credentials",
            "http://[fd00:ec2::23]/v1/credentials",
            "https://[fd00:ec2::23]:8000",
            "http://[::1]/credentials",
            "https://169.254.0.1/foo",
            "https://mypersonalsite:8080/credentials",
        ] {
            assert_eq!(Address::full(url).unwrap().url, url);
        }
        for url in [
            "http://169.254.0.1/foo",
            "http://169.1.2.3/foo",
            "http://169.254.169.254/latest",
            "http://somewhere.com/foo",
            "http://127.0.0.1.evil.com/",
            "http://127.0.0.1@evil.com/",
            "http://evil.com#127.0.0.1",
            "/credentials",
            "ftp://localhost/",
            "http://localhost/?a b",
            "http://localhost/\r\nx",
            "",
        ] {
            assert!(Address::full(url).is_err(), "{url}");
        }
    }

    #[test]
    fn a_relative_uri_is_a_path_on_ecss_host() {
        assert_eq!(Address::relative("/credentials?a=1").unwrap().url, "http://169.254.170.2/credentials?a=1");
        for path in ["credentials", "@evil.com/", ".evil.com/", ":80@evil.com", "/a b", "/../x"] {
            assert!(Address::relative(path).is_err(), "{path}");
        }
    }
}
