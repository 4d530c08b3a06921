//! Owns how AWS is reached: region, endpoint, proxy and certificates, as every AWS SDK names them in the environment.
//! It refuses what could lead signed requests elsewhere: odd regions and endpoints never reach a look-up.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;

use crate::environment::Environment;
use crate::error::{Result, invalid};
use crate::partition::{Partition, is_region_name};

/// What the environment says about reaching STS.
#[derive(Debug, Clone, Default)]
pub struct StsSettings {
    /// The region of profiles that name none: `AWS_REGION`, else `AWS_DEFAULT_REGION`.
    pub region: Option<String>,
    /// `AWS_ENDPOINT_URL_STS`, else `AWS_ENDPOINT_URL`, unless `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS` says yes.
    pub endpoint: Option<String>,
    /// `AWS_USE_FIPS_ENDPOINT`.
    pub use_fips: bool,
    /// `AWS_USE_DUALSTACK_ENDPOINT`.
    pub use_dual_stack: bool,
    /// `AWS_CA_BUNDLE`: the only certificates that are trusted, where it is set.
    pub ca_bundle: Option<PathBuf>,
    /// `HTTPS_PROXY`, else `ALL_PROXY`.
    pub proxy: Option<String>,
    /// `NO_PROXY`.
    pub no_proxy: Option<String>,
}

impl StsSettings {
    /// Reads the settings from the environment.
    pub fn from_environment(env: &Environment) -> Self {
        let first = |names: &[&str]| names.iter().find_map(|name| env.text(name)).map(str::to_owned);
        let endpoint = if env.is_on("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") {
            None
        } else {
            first(&["AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"])
        };
        Self {
            region: first(&["AWS_REGION", "AWS_DEFAULT_REGION"]),
            endpoint,
            use_fips: env.is_on("AWS_USE_FIPS_ENDPOINT"),
            use_dual_stack: env.is_on("AWS_USE_DUALSTACK_ENDPOINT"),
            ca_bundle: env.path("AWS_CA_BUNDLE"),
            proxy: first(&["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]),
            no_proxy: first(&["NO_PROXY", "no_proxy"]),
        }
    }

    /// Gives the region of a call: the profile's, else the environment's, else the main one of the role's partition.
    ///
    /// # Errors
    /// When the name could be anything but a region.
    pub fn region_for(&self, profile: Option<&str>, role_arn: Option<&str>) -> Result<String> {
        let region = profile.or(self.region.as_deref()).unwrap_or_else(|| main_region(role_arn));
        if is_region_name(region) {
            return Ok(region.to_owned());
        }
        let place = if profile.is_some() { "the profile's `region`" } else { "`AWS_REGION`" };
        Err(invalid(format!("{place} is `{region}`, which is no region name"))
            .hint("write a region such as `eu-west-1`")
            .into())
    }

    /// Gives the endpoint, checked; `None` leaves it to region and partition.
    ///
    /// # Errors
    /// When it isn't https (http on loopback), holds more than scheme, host, port and a plain path, or contradicts
    /// the wish for a FIPS or dual-stack endpoint.
    pub fn checked_endpoint(&self) -> Result<Option<Endpoint<'_>>> {
        let Some(url) = self.endpoint.as_deref() else { return Ok(None) };
        match Endpoint::parse(url) {
            Some(_) if self.use_fips || self.use_dual_stack => {
                Err(invalid(format!("the endpoint `{url}` can't be a FIPS or dual-stack endpoint as well"))
                    .hint("unset `AWS_ENDPOINT_URL`, or `AWS_USE_FIPS_ENDPOINT` and `AWS_USE_DUALSTACK_ENDPOINT`")
                    .into())
            }
            Some(endpoint) => Ok(Some(endpoint)),
            None => Err(invalid(format!("the endpoint `{url}` is refused"))
                .hint("`AWS_ENDPOINT_URL` has the form `https://HOST[:PORT]`; `http://` serves on loopback only")
                .into()),
        }
    }
}

/// An endpoint that may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Endpoint<'a> {
    /// The whole URL.
    pub url: &'a str,
    /// Whether TLS protects it.
    pub https: bool,
    /// Whether it is this machine.
    pub loopback: bool,
}

impl<'a> Endpoint<'a> {
    fn parse(url: &'a str) -> Option<Self> {
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
        (https || loopback).then_some(Self { url, https, loopback })
    }
}

fn is_host_name(host: &str) -> bool {
    host.len() <= 253
        && host.split('.').all(|label| {
            (1..=63).contains(&label.len()) && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        })
}

fn main_region(role_arn: Option<&str>) -> &'static str {
    role_arn.and_then(Partition::of_arn).unwrap_or(Partition::Aws).default_region()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_that_lead_elsewhere_are_refused() {
        let https = ["https://sts.eu-west-1.amazonaws.com", "https://10.0.0.7:8443/", "https://[fd00::1]/sts"];
        let http = ["http://127.0.0.1:5000", "http://localhost:1/x", "http://[::1]:80"];
        let refused = [
            "http://sts.amazonaws.com",
            "http://127.0.0.1.evil.com",
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

    #[test]
    fn regions_that_lead_elsewhere_are_refused() {
        let settings = StsSettings::default();
        for region in ["x.evil.com/#", "a@b", "../", "eu-west-1.evil.com", "EU-WEST-1", "", "eu-west-", "eu west 1"] {
            assert!(settings.region_for(Some(region), None).is_err(), "{region}");
        }
        assert_eq!(settings.region_for(Some("eu-west-1"), None).unwrap(), "eu-west-1");
        assert_eq!(settings.region_for(None, None).unwrap(), "us-east-1");
        let role = Some("arn:aws-cn:iam::123456789012:role/x");
        assert_eq!(settings.region_for(None, role).unwrap(), "cn-north-1");
        let named = StsSettings { region: Some("us-west-2".into()), ..settings };
        assert_eq!(named.region_for(None, role).unwrap(), "us-west-2");
    }

    #[test]
    fn the_service_specific_endpoint_wins_and_can_be_ignored() {
        let mut pairs = vec![("AWS_ENDPOINT_URL", "https://a"), ("AWS_ENDPOINT_URL_STS", "https://b")];
        let read = |pairs: &[(&str, &str)]| StsSettings::from_environment(&pairs.iter().copied().collect()).endpoint;
        assert_eq!(read(&pairs).as_deref(), Some("https://b"));
        pairs.push(("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"));
        assert_eq!(read(&pairs), None);
    }
}
