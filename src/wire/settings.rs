//! Owns what the environment says about the network, and the form of an endpoint's URL.
//! It refuses URLs with user names, queries, fragments and odd hosts.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;

use crate::environment::Environment;

/// Certificates and proxy, as every AWS SDK names them.
#[derive(Debug, Clone, Default)]
pub struct NetworkSettings {
    /// `AWS_CA_BUNDLE`: the only certificates that are trusted, where it is set.
    pub ca_bundle: Option<PathBuf>,
    /// `HTTPS_PROXY`, else `ALL_PROXY`.
    pub proxy: Option<String>,
    /// `NO_PROXY`.
    pub no_proxy: Option<String>,
}

impl NetworkSettings {
    /// Reads the settings from the environment.
    pub fn from_environment(env: &Environment) -> Self {
        let first = |names: &[&str]| names.iter().find_map(|name| env.text(name)).map(str::to_owned);
        Self {
            ca_bundle: env.path("AWS_CA_BUNDLE"),
            proxy: first(&["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]),
            no_proxy: first(&["NO_PROXY", "no_proxy"]),
        }
    }
}

/// The URL of an endpoint: scheme, plain host, port and a plain path, nothing that could lead a request elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Endpoint<'a> {
    /// The whole URL.
    pub url: &'a str,
    /// Whether TLS protects it.
    pub https: bool,
    /// Whether it is this machine.
    pub loopback: bool,
    /// The host; an IPv6 address without its brackets.
    pub host: &'a str,
}

impl<'a> Endpoint<'a> {
    /// Reads a URL; `None` for one with anything more in it.
    pub fn parse(url: &'a str) -> Option<Self> {
        let (https, rest) = match url.split_once("://")? {
            ("https", rest) => (true, rest),
            ("http", rest) => (false, rest),
            _ => return None,
        };
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (host, port) = match authority.strip_prefix('[') {
            Some(v6) => v6.split_once(']').map(|(host, port)| (host, port.strip_prefix(':')))?,
            None => match authority.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (authority, None),
            },
        };
        let v6 = host.parse::<Ipv6Addr>().ok();
        if authority.starts_with('[') != v6.is_some() || (v6.is_none() && !is_host_name(host)) {
            return None;
        }
        if port.is_some_and(|port| port.parse::<u16>().is_err() || !port.bytes().all(|b| b.is_ascii_digit())) {
            return None;
        }
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"/-_.~".contains(&b);
        if !path.bytes().all(plain) || path.split('/').any(|part| part == ".." || part == ".") {
            return None;
        }
        let loopback = host.eq_ignore_ascii_case("localhost")
            || v6.is_some_and(|ip| ip.is_loopback())
            || host.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_loopback());
        Some(Self { url, https, loopback, host })
    }
}

fn is_host_name(host: &str) -> bool {
    host.len() <= 253
        && host.split('.').all(|label| {
            (1..=63).contains(&label.len()) && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_that_lead_elsewhere_are_refused() {
        let https = ["https://sts.eu-west-1.amazonaws.com", "https://10.0.0.7:8443/", "https://[fd00::1]/sts"];
        let http = ["http://127.0.0.1:5000", "http://localhost:1/x", "http://[::1]:80", "http://override:456"];
        let refused = [
            "http://127.0.0.1@evil.com",
            "https://a@b",
            "https://a#b",
            "https://a?b",
            "https://a\\b",
            "https://a b",
            "https://a/../b",
            "https://a:99999",
            "https://a:+1",
            "https://",
            "https://[::1",
            "https://[a]",
            "ftp://a",
            "sts.amazonaws.com",
            "",
        ];
        for url in https.iter().chain(&http) {
            let endpoint = Endpoint::parse(url).unwrap_or_else(|| panic!("{url}"));
            assert_eq!(endpoint.https, https.contains(url), "{url}");
        }
        for url in refused {
            assert_eq!(Endpoint::parse(url), None, "{url}");
        }
    }
}
