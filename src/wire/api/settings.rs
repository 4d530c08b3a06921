//! Owns how a service of AWS is reached: region and endpoint, as every AWS SDK names them in the environment.
//! It refuses what could lead signed requests elsewhere: odd regions and endpoints never reach a look-up.

use crate::environment::Environment;
use crate::error::{Result, invalid};
use crate::partition::{Partition, is_region_name};
use crate::wire::{CallWatch, Endpoint, Way};

/// What the environment says about reaching a service.
#[derive(Debug, Clone, Default)]
pub struct ApiSettings {
    /// The region of profiles that name none: `AWS_REGION`, else `AWS_DEFAULT_REGION`.
    pub region: Option<String>,
    /// `AWS_ENDPOINT_URL_` and the service's name, else `AWS_ENDPOINT_URL`, unless `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS` says yes.
    pub endpoint: Option<String>,
    /// `AWS_USE_FIPS_ENDPOINT`.
    pub use_fips: bool,
    /// `AWS_USE_DUALSTACK_ENDPOINT`.
    pub use_dual_stack: bool,
}

impl ApiSettings {
    /// Reads the settings of a service, such as `STS`, from the environment.
    pub fn from_environment(env: &Environment, service: &str) -> Self {
        let first = |names: &[&str]| names.iter().find_map(|name| env.text(name)).map(str::to_owned);
        let endpoint = if env.is_on("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") {
            None
        } else {
            first(&[&format!("AWS_ENDPOINT_URL_{service}"), "AWS_ENDPOINT_URL"])
        };
        Self {
            region: first(&["AWS_REGION", "AWS_DEFAULT_REGION"]),
            endpoint,
            use_fips: env.is_on("AWS_USE_FIPS_ENDPOINT"),
            use_dual_stack: env.is_on("AWS_USE_DUALSTACK_ENDPOINT"),
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
        match Endpoint::parse(url).filter(|endpoint| endpoint.https || endpoint.loopback) {
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

    /// Names what a call went to: the endpoint where the environment names one, else the host, else, where it never went, the region.
    pub fn place(&self, watch: &CallWatch, region: &str) -> String {
        self.endpoint.clone().or_else(|| watch.host()).unwrap_or_else(|| region.to_owned())
    }

    /// Gives the way to the endpoint.
    ///
    /// # Errors
    /// As [`ApiSettings::checked_endpoint`].
    pub fn way(&self) -> Result<Way> {
        Ok(match self.checked_endpoint()? {
            Some(endpoint) if !endpoint.https => Way::Plain,
            Some(endpoint) if endpoint.loopback => Way::Secure,
            _ => Way::SecureByProxy,
        })
    }
}

fn main_region(role_arn: Option<&str>) -> &'static str {
    role_arn.and_then(Partition::of_arn).unwrap_or(Partition::Aws).default_region()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_without_tls_serves_on_loopback_only() {
        let checked = |url: &str| {
            let settings = ApiSettings { endpoint: Some(url.into()), ..ApiSettings::default() };
            settings.checked_endpoint().map(|endpoint| endpoint.is_some())
        };
        for url in ["https://sts.eu-west-1.amazonaws.com", "http://127.0.0.1:5000", "http://[::1]:80"] {
            assert!(checked(url).unwrap(), "{url}");
        }
        for url in ["http://sts.amazonaws.com", "http://127.0.0.1.evil.com", "https://a/../b", "https://a?b", ""] {
            assert!(checked(url).is_err(), "{url}");
        }
    }

    #[test]
    fn regions_that_lead_elsewhere_are_refused() {
        let settings = ApiSettings::default();
        for region in ["x.evil.com/#", "a@b", "../", "eu-west-1.evil.com", "EU-WEST-1", "", "eu-west-", "eu west 1"] {
            assert!(settings.region_for(Some(region), None).is_err(), "{region}");
        }
        assert_eq!(settings.region_for(Some("eu-west-1"), None).unwrap(), "eu-west-1");
        assert_eq!(settings.region_for(None, None).unwrap(), "us-east-1");
        let role = Some("arn:aws-cn:iam::123456789012:role/x");
        assert_eq!(settings.region_for(None, role).unwrap(), "cn-north-1");
        let named = ApiSettings { region: Some("us-west-2".into()), ..settings };
        assert_eq!(named.region_for(None, role).unwrap(), "us-west-2");
    }

    #[test]
    fn the_service_specific_endpoint_wins_and_can_be_ignored() {
        let mut pairs = vec![("AWS_ENDPOINT_URL", "https://a"), ("AWS_ENDPOINT_URL_STS", "https://b")];
        let read =
            |pairs: &[(&str, &str)]| ApiSettings::from_environment(&pairs.iter().copied().collect(), "STS").endpoint;
        assert_eq!(read(&pairs).as_deref(), Some("https://b"));
        pairs.push(("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"));
        assert_eq!(read(&pairs), None);
    }
}
