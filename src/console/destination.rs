//! Owns where in the console a visit begins, and whether a plan's credentials may begin one.
//! It refuses places outside the partition's console.

use std::str::FromStr;

use crate::encoding::percent;
use crate::error::{Failure, Result, invalid, usage};
use crate::partition::{Partition, is_region_name};
use crate::profile::plan::{Base, Plan, Step};

/// What AWS allows of a visit that begins with a plan's credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Federation {
    /// A visit of a length that is asked for.
    AnyLength,
    /// A visit as long as AWS likes: a role assumed the role.
    OwnLength,
}

/// Tells what AWS allows of a visit with a plan's credentials (IAM User Guide, "Enable custom identity broker access to the
/// AWS console").
///
/// # Errors
/// `Kind::Invalid` for an IAM user's credentials: sign-in takes neither long-term ones nor those of GetSessionToken.
pub fn federation(plan: &Plan) -> Result<Federation, Failure> {
    let roles =
        plan.steps.iter().filter(|step| step.role_arn().is_some()).count() + usize::from(plan.base.is_role_session());
    let what = match plan.steps.last() {
        Some(Step::AssumeRole { .. }) if roles > 1 => return Ok(Federation::OwnLength),
        Some(Step::AssumeRole { .. }) => return Ok(Federation::AnyLength),
        Some(Step::GetSessionToken { .. }) => "a session of GetSessionToken",
        None if !matches!(plan.base, Base::LongTerm { .. }) => return Ok(Federation::AnyLength),
        None => "an IAM user's long-term credentials",
    };
    Err(invalid(format!("profile `{}` gives {what}, which AWS's sign-in doesn't take", plan.profile)))
}

/// A service, as the console's addresses name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service(String);

impl FromStr for Service {
    type Err = Failure;

    fn from_str(text: &str) -> Result<Self, Failure> {
        let is_name =
            |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        match text.split('/').all(is_name) {
            true => Ok(Self(text.to_owned())),
            false => Err(usage(format!("`{text}` is no service's name"))
                .hint("write it as in the console's address, such as `s3`, `ec2` or `cloudwatch`")),
        }
    }
}

/// Gives the page of a service in a region's console, or the console's home.
///
/// # Errors
/// `Kind::Invalid` where the partition's console isn't publicly known.
pub fn home(partition: Partition, region: Option<&str>, service: Option<&Service>) -> Result<String, Failure> {
    let service = service.map_or("console", |Service(name)| name);
    let host = partition.console_host().ok_or_else(|| unknown(partition))?;
    let own = region.filter(|region| is_region_name(region) && Partition::of_region(region) == partition);
    Ok(match own {
        Some(region) if partition == Partition::Aws => {
            format!("https://{region}.{host}/{service}/home?region={region}")
        }
        Some(region) => format!("https://{host}/{service}/home?region={}", percent(region)),
        None => format!("https://{host}/{service}/home"),
    })
}

/// Checks a page that a person names.
///
/// # Errors
/// `Kind::Usage` for a place outside the partition's console; `Kind::Invalid` where that isn't publicly known.
pub fn checked(partition: Partition, url: &str) -> Result<String, Failure> {
    let host = partition.console_host().ok_or_else(|| unknown(partition))?;
    if partition.is_console(url) { Ok(url.to_owned()) } else { Err(elsewhere(url, host)) }
}

/// Refuses a page that is in no partition's console, before anybody is asked anything.
///
/// # Errors
/// `Kind::Usage`.
pub fn in_some_console(url: &str) -> Result<(), Failure> {
    match Partition::ALL.iter().any(|partition| partition.is_console(url)) {
        true => Ok(()),
        false => Err(elsewhere(url, Partition::Aws.console_host().unwrap_or_default())),
    }
}

fn elsewhere(url: &str, host: &str) -> Failure {
    usage(format!("`{url}` is no page of the console at `{host}`"))
        .hint(format!("a destination begins with `https://{host}/`, or with a host below it"))
}

fn unknown(partition: Partition) -> Failure {
    invalid(format!("where the console of the partition `{}` is isn't publicly known", partition.id()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    #[test]
    fn a_service_has_its_page_in_each_partition() {
        let at = |partition, region, service: Option<&str>| {
            home(partition, region, service.map(|name| name.parse().unwrap()).as_ref()).unwrap()
        };
        assert_eq!(
            at(Partition::Aws, Some("eu-west-1"), Some("s3")),
            "https://eu-west-1.console.aws.amazon.com/s3/home?region=eu-west-1"
        );
        assert_eq!(at(Partition::Aws, None, None), "https://console.aws.amazon.com/console/home");
        // a region of elsewhere chooses nothing
        assert_eq!(at(Partition::Aws, Some("cn-north-1"), None), "https://console.aws.amazon.com/console/home");
        assert_eq!(
            at(Partition::China, Some("cn-north-1"), Some("ec2/v2")),
            "https://console.amazonaws.cn/ec2/v2/home?region=cn-north-1"
        );
        assert_eq!(
            at(Partition::GovCloud, Some("us-gov-west-1"), None),
            "https://console.amazonaws-us-gov.com/console/home?region=us-gov-west-1"
        );
        assert_eq!(
            at(Partition::European, Some("eusc-de-east-1"), None),
            "https://console.amazonaws-eusc.eu/console/home?region=eusc-de-east-1"
        );
        assert_eq!(home(Partition::IsoB, None, None).unwrap_err().kind(), Kind::Invalid);
    }

    #[test]
    fn names_and_destinations_lead_nowhere_else() {
        for service in ["", "..", "a/../b", "@evil.com", "s3?x", "//evil.com", "s3#"] {
            assert_eq!(service.parse::<Service>().unwrap_err().kind(), Kind::Usage, "{service}");
        }
        let good = "https://console.aws.amazon.com/s3/buckets/x?region=eu-west-1&tab=objects";
        assert_eq!(checked(Partition::Aws, good).unwrap(), good);
        assert_eq!(checked(Partition::Aws, "https://evil.com/").unwrap_err().kind(), Kind::Usage);
        assert_eq!(checked(Partition::GovCloud, good).unwrap_err().kind(), Kind::Usage);
    }
}
