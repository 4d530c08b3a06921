//! Owns what the environment and a profile say about the metadata service; the environment's word comes first.
//! It refuses what is no plain http or https URL, and a service that is switched off.

use crate::environment::Environment;
use crate::error::{Result, invalid};
use crate::profile::plan::MetadataService;
use crate::wire::Endpoint;

const IPV4: &str = "http://169.254.169.254";
const IPV6: &str = "http://[fd00:ec2::254]";

/// What the environment says (`AWS_EC2_METADATA_…`, as every AWS SDK reads it).
#[derive(Debug, Clone, Default)]
pub struct ImdsSettings {
    /// `AWS_EC2_METADATA_SERVICE_ENDPOINT`.
    pub endpoint: Option<String>,
    /// `AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE`: `IPv4` or `IPv6`.
    pub mode: Option<String>,
    /// `AWS_EC2_METADATA_DISABLED`.
    pub disabled: bool,
    /// `AWS_EC2_METADATA_V1_DISABLED`, where it is set.
    pub v1_disabled: Option<bool>,
}

/// The service as it is called for one profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    /// The URL, without a slash at its end.
    pub(super) endpoint: String,
    pub(super) https: bool,
    pub(super) may_use_v1: bool,
}

impl ImdsSettings {
    /// Reads the settings from the environment.
    pub fn from_environment(env: &Environment) -> Self {
        let text = |name: &str| env.text(name).map(str::to_owned);
        Self {
            endpoint: text("AWS_EC2_METADATA_SERVICE_ENDPOINT"),
            mode: text("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"),
            disabled: env.is_on("AWS_EC2_METADATA_DISABLED"),
            v1_disabled: env.get("AWS_EC2_METADATA_V1_DISABLED").map(|_| env.is_on("AWS_EC2_METADATA_V1_DISABLED")),
        }
    }

    /// Decides where the service is; an endpoint stands before a mode.
    pub(super) fn target(&self, service: &MetadataService) -> Result<Target> {
        if self.disabled {
            return Err(invalid("the instance metadata service is switched off by `AWS_EC2_METADATA_DISABLED`")
                .hint("unset `AWS_EC2_METADATA_DISABLED` where this runs on an EC2 instance")
                .into());
        }
        let named = self
            .endpoint
            .as_deref()
            .map(|url| (url, "AWS_EC2_METADATA_SERVICE_ENDPOINT"))
            .or_else(|| service.endpoint.as_deref().map(|url| (url, "ec2_metadata_service_endpoint")));
        let (url, whose) = match named {
            Some(named) => named,
            None if self.ipv6(service)? => (IPV6, ""),
            None => (IPV4, ""),
        };
        let endpoint = Endpoint::parse(url).ok_or_else(|| {
            invalid(format!("`{whose}` is `{url}`, which is no plain URL"))
                .hint(format!("it has the form `{IPV4}`: `http://HOST[:PORT]`, or `https://…`"))
        })?;
        Ok(Target {
            endpoint: url.trim_end_matches('/').to_owned(),
            https: endpoint.https,
            may_use_v1: !self.v1_disabled.unwrap_or(service.v1_disabled),
        })
    }

    fn ipv6(&self, service: &MetadataService) -> Result<bool> {
        match self.mode.as_deref() {
            None => Ok(service.ipv6),
            Some(mode) if mode.eq_ignore_ascii_case("IPv6") => Ok(true),
            Some(mode) if mode.eq_ignore_ascii_case("IPv4") => Ok(false),
            Some(mode) => {
                Err(invalid(format!("`AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE` is `{mode}`, which is no endpoint mode"))
                    .hint("it is `IPv4` or `IPv6`")
                    .into())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(env: &[(&str, &str)], endpoint: Option<&str>, ipv6: bool) -> Result<Target> {
        let settings = ImdsSettings::from_environment(&env.iter().copied().collect());
        settings.target(&MetadataService { endpoint: endpoint.map(str::to_owned), ipv6, v1_disabled: false })
    }

    #[test]
    fn the_environment_stands_before_the_profile_and_an_endpoint_before_a_mode() {
        const URL: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
        const MODE: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE";
        type Case<'a> = (&'a [(&'a str, &'a str)], Option<&'a str>, bool, &'a str);
        let cases: [Case<'_>; 10] = [
            (&[], None, false, IPV4),
            (&[(URL, "http://override:456")], None, false, "http://override:456"),
            (&[], Some("http://override:456/"), false, "http://override:456"),
            (&[(URL, "http://override:456")], Some("http://wrong:456"), true, "http://override:456"),
            (&[(MODE, "IPv4")], None, true, IPV4),
            (&[(MODE, "ipV6")], None, false, IPV6),
            (&[], None, true, IPV6),
            (&[], Some("https://custom"), true, "https://custom"),
            (&[(URL, "http://169.254.169.200"), (MODE, "IPv6")], None, false, "http://169.254.169.200"),
            (&[(URL, "http://[::1]:1"), (MODE, "error")], None, false, "http://[::1]:1"),
        ];
        for (env, endpoint, ipv6, expected) in cases {
            assert_eq!(target(env, endpoint, ipv6).unwrap().endpoint, expected, "{env:?} {endpoint:?}");
        }
        for (name, value) in
            [(MODE, "error"), (URL, "not a uri"), (URL, "http://a@b"), (URL, "ftp://a"), (URL, "http://a/?x")]
        {
            assert!(target(&[(name, value)], None, false).is_err(), "{value}");
        }
        assert!(target(&[("AWS_EC2_METADATA_DISABLED", "TRUE")], None, false).is_err());
    }

    #[test]
    fn v1_can_be_forbidden_by_either() {
        let v1 = |env: &[(&str, &str)], v1_disabled| {
            let settings = ImdsSettings::from_environment(&env.iter().copied().collect());
            settings.target(&MetadataService { v1_disabled, ..MetadataService::default() }).unwrap().may_use_v1
        };
        const OFF: &str = "AWS_EC2_METADATA_V1_DISABLED";
        assert!(v1(&[], false) && !v1(&[], true) && !v1(&[(OFF, "true")], false) && v1(&[(OFF, "false")], true));
    }
}
