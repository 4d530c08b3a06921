//! Owns AWS's partitions: which one an ARN or a region belongs to, and the hosts that follow from it.
//! It refuses region names that could turn a signed request to another host.

/// A part of AWS with accounts, regions and hosts of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Partition {
    /// The commercial regions.
    Aws,
    /// China.
    China,
    /// AWS GovCloud (US).
    GovCloud,
    /// The European Sovereign Cloud.
    European,
    /// `aws-iso`.
    Iso,
    /// `aws-iso-b`.
    IsoB,
    /// `aws-iso-e`.
    IsoE,
    /// `aws-iso-f`.
    IsoF,
}

/// What is fixed about a partition.
struct Facts {
    id: &'static str,
    region_prefix: &'static str,
    default_region: &'static str,
    dns_suffix: &'static str,
    sign_in_host: &'static str,
    regional_sign_in: bool,
    /// None where it isn't public.
    console_host: Option<&'static str>,
}

impl Partition {
    /// All partitions.
    pub const ALL: [Self; 8] =
        [Self::Aws, Self::China, Self::GovCloud, Self::European, Self::Iso, Self::IsoB, Self::IsoE, Self::IsoF];

    /// Finds the partition by its id (`aws-cn`).
    pub fn of_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|partition| partition.id() == id)
    }

    /// Finds the partition that an ARN names; `None` for what isn't an ARN or names an unknown one.
    pub fn of_arn(arn: &str) -> Option<Self> {
        let (id, _) = arn.strip_prefix("arn:")?.split_once(':')?;
        Self::of_id(id)
    }

    /// Finds the partition of a region; one that no partition claims counts as commercial.
    pub fn of_region(region: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|partition| {
                let prefix = partition.facts().region_prefix;
                !prefix.is_empty() && region.starts_with(prefix)
            })
            .unwrap_or(Self::Aws)
    }

    /// Gives the id that stands in ARNs.
    pub fn id(self) -> &'static str {
        self.facts().id
    }

    /// Gives the suffix of API hosts: `sts.REGION.SUFFIX`.
    pub fn dns_suffix(self) -> &'static str {
        self.facts().dns_suffix
    }

    /// Gives the region for calls where nothing names one.
    pub fn default_region(self) -> &'static str {
        self.facts().default_region
    }

    /// Gives the host of the sign-in pages.
    ///
    /// Where a partition only has regional ones, `region` chooses among them; one of another partition is passed over.
    pub fn sign_in_host(self, region: Option<&str>) -> String {
        let facts = self.facts();
        if !facts.regional_sign_in {
            return facts.sign_in_host.to_owned();
        }
        let own = region.filter(|region| is_region_name(region) && Self::of_region(region) == self);
        format!("{}.{}", own.unwrap_or(facts.default_region), facts.sign_in_host)
    }

    /// Gives the host of the console (IAM User Guide, "Enable custom identity broker access to the AWS console"); `None` where
    /// it isn't public.
    pub fn console_host(self) -> Option<&'static str> {
        self.facts().console_host
    }

    /// Tells whether `url` is a place in this partition's console: https, its host or one below it, and nothing before the host.
    pub fn is_console(self, url: &str) -> bool {
        let Some(rest) = url.strip_prefix("https://") else { return false };
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let is_plain = url.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\' && byte != b'"');
        let in_console = |console: &str| {
            let below = host.strip_suffix(console).and_then(|below| below.strip_suffix('.'));
            host == console
                || below.is_some_and(|below| {
                    below
                        .bytes()
                        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte))
                })
        };
        is_plain && self.console_host().is_some_and(in_console)
    }

    fn facts(self) -> Facts {
        let (id, region_prefix, default_region, dns_suffix, sign_in_host, regional_sign_in, console_host) = match self {
            Self::Aws => (
                "aws",
                "",
                "us-east-1",
                "amazonaws.com",
                "signin.aws.amazon.com",
                false,
                Some("console.aws.amazon.com"),
            ),
            Self::China => (
                "aws-cn",
                "cn-",
                "cn-north-1",
                "amazonaws.com.cn",
                "signin.amazonaws.cn",
                false,
                Some("console.amazonaws.cn"),
            ),
            Self::GovCloud => (
                "aws-us-gov",
                "us-gov-",
                "us-gov-west-1",
                "amazonaws.com",
                "signin.amazonaws-us-gov.com",
                false,
                Some("console.amazonaws-us-gov.com"),
            ),
            Self::European => (
                "aws-eusc",
                "eusc-",
                "eusc-de-east-1",
                "amazonaws.eu",
                "signin.amazonaws-eusc.eu",
                true,
                Some("console.amazonaws-eusc.eu"),
            ),
            Self::Iso => ("aws-iso", "us-iso-", "us-iso-east-1", "c2s.ic.gov", "signin.c2shome.ic.gov", true, None),
            Self::IsoB => {
                ("aws-iso-b", "us-isob-", "us-isob-east-1", "sc2s.sgov.gov", "signin.sc2shome.sgov.gov", true, None)
            }
            Self::IsoE => {
                ("aws-iso-e", "eu-isoe-", "eu-isoe-west-1", "cloud.adc-e.uk", "signin.csphome.adc-e.uk", true, None)
            }
            Self::IsoF => {
                ("aws-iso-f", "us-isof-", "us-isof-south-1", "csp.hci.ic.gov", "signin.csphome.hci.ic.gov", true, None)
            }
        };
        Facts { id, region_prefix, default_region, dns_suffix, sign_in_host, regional_sign_in, console_host }
    }
}

/// Tells whether `name` can be a region: one lower-case DNS label, which can't redirect a signed request.
pub fn is_region_name(name: &str) -> bool {
    (2..=63).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && !name.ends_with('-')
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_partition_has_its_hosts() {
        // ARN's id, a region, API suffix, sign-in host with that region and without one
        let table = [
            ("aws", "eu-central-1", "amazonaws.com", "signin.aws.amazon.com", "signin.aws.amazon.com"),
            ("aws-cn", "cn-northwest-1", "amazonaws.com.cn", "signin.amazonaws.cn", "signin.amazonaws.cn"),
            (
                "aws-us-gov",
                "us-gov-east-1",
                "amazonaws.com",
                "signin.amazonaws-us-gov.com",
                "signin.amazonaws-us-gov.com",
            ),
            (
                "aws-eusc",
                "eusc-de-west-2",
                "amazonaws.eu",
                "eusc-de-west-2.signin.amazonaws-eusc.eu",
                "eusc-de-east-1.signin.amazonaws-eusc.eu",
            ),
            (
                "aws-iso",
                "us-iso-west-1",
                "c2s.ic.gov",
                "us-iso-west-1.signin.c2shome.ic.gov",
                "us-iso-east-1.signin.c2shome.ic.gov",
            ),
            (
                "aws-iso-b",
                "us-isob-west-1",
                "sc2s.sgov.gov",
                "us-isob-west-1.signin.sc2shome.sgov.gov",
                "us-isob-east-1.signin.sc2shome.sgov.gov",
            ),
            (
                "aws-iso-e",
                "eu-isoe-north-1",
                "cloud.adc-e.uk",
                "eu-isoe-north-1.signin.csphome.adc-e.uk",
                "eu-isoe-west-1.signin.csphome.adc-e.uk",
            ),
            (
                "aws-iso-f",
                "us-isof-east-1",
                "csp.hci.ic.gov",
                "us-isof-east-1.signin.csphome.hci.ic.gov",
                "us-isof-south-1.signin.csphome.hci.ic.gov",
            ),
        ];
        assert_eq!(table.len(), Partition::ALL.len());
        for (id, region, suffix, host, default_host) in table {
            let partition = Partition::of_arn(&format!("arn:{id}:iam::123456789012:role/x")).unwrap();
            assert_eq!(partition.id(), id);
            assert_eq!(Partition::of_region(region), partition, "{region}");
            assert_eq!(Partition::of_region(partition.default_region()), partition);
            assert_eq!(partition.dns_suffix(), suffix);
            assert_eq!(partition.sign_in_host(Some(region)), host);
            assert_eq!(partition.sign_in_host(None), default_host);
        }
    }

    #[test]
    fn a_console_is_its_host_or_below_it() {
        for good in [
            "https://console.aws.amazon.com",
            "https://console.aws.amazon.com/s3/home?region=eu-west-1#x",
            "https://eu-west-1.console.aws.amazon.com/ec2/",
            "https://s3.console.aws.amazon.com?x",
        ] {
            assert!(Partition::Aws.is_console(good), "{good}");
            assert!(!Partition::China.is_console(good), "{good}");
        }
        for bad in [
            "http://console.aws.amazon.com/",
            "https://evil.com/console.aws.amazon.com",
            "https://evilconsole.aws.amazon.com",
            "https://console.aws.amazon.com.evil.com/",
            "https://console.aws.amazon.com@evil.com/",
            "https://evil.com\\.console.aws.amazon.com/",
            "https://user@x.console.aws.amazon.com/",
            "https://console.aws.amazon.com:8443/",
            "https://.console.aws.amazon.com /",
            "https://console.aws.amazon.com/\n",
            "//console.aws.amazon.com",
            "",
        ] {
            assert!(!Partition::Aws.is_console(bad), "{bad}");
        }
    }

    #[test]
    fn a_region_of_elsewhere_does_not_choose_the_host() {
        let host = "eusc-de-east-1.signin.amazonaws-eusc.eu";
        assert_eq!(Partition::European.sign_in_host(Some("eu-central-1")), host);
        assert_eq!(Partition::European.sign_in_host(Some("eusc-x.evil.com/#")), host);
    }

    #[test]
    fn what_is_no_arn_has_no_partition() {
        for text in ["", "arn:", "arn:aws", "arn:evil:iam::1:role/x", "aws:aws:iam", "ARN:aws:iam::1:role/x"] {
            assert_eq!(Partition::of_arn(text), None, "{text}");
        }
    }

    #[test]
    fn region_names_cannot_redirect() {
        for good in ["us-east-1", "ap-southeast-12", "eusc-de-east-1", "aws-global"] {
            assert!(is_region_name(good), "{good}");
        }
        let long = "a".repeat(64);
        for bad in [
            "",
            "a",
            "x.evil.com/#",
            "a@b",
            "../",
            "US-EAST-1",
            "us-east-1 ",
            "-a",
            "a-",
            "1a",
            "us_east",
            "é-1",
            &long,
        ] {
            assert!(!is_region_name(bad), "{bad}");
        }
    }
}
