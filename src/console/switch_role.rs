//! Owns switch-role links: the page of a partition's sign-in host that offers to take on a role in the console; as JSON and as
//! the configuration of the browser extension AWS Extend Switch Roles.
//! It refuses what is no role's ARN, and colours that the page doesn't know how to take.

use std::str::FromStr;

use serde_json::{Value, json};

use crate::encoding::percent;
use crate::error::{Failure, Result, invalid, usage};
use crate::partition::Partition;

/// The colours that people name, in the shades of the console's own palette (since August 2024; it takes no others kindly).
const PALETTE: [(&str, &str); 5] =
    [("red", "f2b0a9"), ("green", "b7ca9d"), ("blue", "83d4e8"), ("yellow", "efda95"), ("orange", "fbc8aa")];

/// The colour of a link: six hex digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Color(String);

impl FromStr for Color {
    type Err = Failure;

    fn from_str(text: &str) -> Result<Self, Failure> {
        if let Some((_, shade)) = PALETTE.iter().find(|(name, _)| *name == text) {
            Ok(Self((*shade).to_owned()))
        } else if text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            Ok(Self(text.to_owned()))
        } else {
            let names: Vec<&str> = PALETTE.iter().map(|(name, _)| *name).collect();
            Err(usage(format!("`{text}` is no colour of a switch-role link"))
                .hint(format!("use six hex digits, such as `f2b0a9`, or one of {}", names.join(", "))))
        }
    }
}

/// A link that offers to switch to one role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SwitchRole {
    profile: String,
    role_arn: String,
    region: Option<String>,
    host: String,
    account_id: String,
    role_name: String,
    display_name: String,
    color: Option<Color>,
}

impl SwitchRole {
    /// Makes the link of `profile`, whose role is `role_arn`; the ARN says the partition, and where its sign-in hosts are
    /// regional, `region` chooses among them.
    ///
    /// # Errors
    /// An ARN that is no IAM role's, or of no known partition.
    pub fn new(profile: &str, role_arn: &str, region: Option<&str>) -> Result<Self> {
        let parts: Vec<&str> = role_arn.splitn(6, ':').collect();
        let named = match parts[..] {
            ["arn", _, "iam", "", account_id, resource] => {
                resource.strip_prefix("role/").map(|name| (account_id, name))
            }
            _ => None,
        };
        let partition = Partition::of_arn(role_arn);
        match (partition, named) {
            (Some(partition), Some((account_id, role_name))) if !account_id.is_empty() && !role_name.is_empty() => {
                Ok(Self {
                    profile: profile.to_owned(),
                    role_arn: role_arn.to_owned(),
                    region: region.map(str::to_owned),
                    host: partition.sign_in_host(region),
                    account_id: account_id.to_owned(),
                    role_name: role_name.to_owned(),
                    display_name: profile.to_owned(),
                    color: None,
                })
            }
            _ => {
                Err(invalid(format!("profile `{profile}` has no role to switch to: `{role_arn}` is no ARN of a role"))
                    .hint("write it as `arn:aws:iam::123456789012:role/NAME`")
                    .into())
            }
        }
    }

    /// Replaces the name that the console shows, which is the profile's otherwise.
    #[must_use]
    pub fn display_name(mut self, name: impl Into<String>) -> Self {
        self.display_name = name.into();
        self
    }

    /// Sets the colour in which the console shows the role.
    #[must_use]
    pub fn color(mut self, color: Option<Color>) -> Self {
        self.color = color;
        self
    }

    /// Gives the profile's name.
    pub fn profile(&self) -> &str {
        &self.profile
    }

    /// Gives the account's number.
    pub fn account_id(&self) -> &str {
        &self.account_id
    }

    /// Gives the role's name, with its path.
    pub fn role_name(&self) -> &str {
        &self.role_name
    }

    /// Gives the name that the console shows.
    pub fn shown_name(&self) -> &str {
        &self.display_name
    }

    /// Gives the colour's six hex digits.
    pub fn shade(&self) -> Option<&str> {
        self.color.as_ref().map(|Color(digits)| digits.as_str())
    }

    /// Gives the section of the role in the configuration of AWS Extend Switch Roles, named as the console shows it.
    ///
    /// # Errors
    /// A name or a role that the extension would read as another one: it takes `;` and `#` for the beginning of a comment
    /// anywhere, and gives up a value behind its second `=` (its parser, `aesr-config` 0.6).
    pub fn extension_section(&self) -> Result<String, Failure> {
        let (name, breaks_lines) =
            (self.display_name.trim(), |c: char| c.is_control() || "\u{2028}\u{2029}".contains(c));
        if name.is_empty() || name.contains(['[', ']', ';', '#']) || name.contains(breaks_lines) {
            return Err(usage(format!("`{name}` can't name a section for the browser extension"))
                .hint("take a `--display-name` without brackets, `;`, `#` and control characters"));
        }
        if self.role_arn.contains([';', '#', '=']) || self.role_arn.contains(breaks_lines) {
            return Err(invalid(format!(
                "the browser extension can't read the role of profile `{}`, `{}`: it cuts off what follows `=`, `;` and `#`",
                self.profile, self.role_name
            ))
            .hint("take `--format html`, which has every role"));
        }
        let mut section = format!("[profile {name}]\nrole_arn = {}\n", self.role_arn);
        for (key, value) in [("color", self.shade()), ("region", self.region.as_deref())] {
            if let Some(value) = value {
                section.push_str(&format!("{key} = {value}\n"));
            }
        }
        Ok(section)
    }

    /// Gives the link.
    pub fn url(&self) -> String {
        let mut url = format!(
            "https://{}/switchrole?account={}&roleName={}&displayName={}",
            self.host,
            percent(&self.account_id),
            percent(&self.role_name),
            percent(&self.display_name),
        );
        if let Some(shade) = self.shade() {
            url.push_str("&color=");
            url.push_str(shade);
        }
        url
    }
}

/// Renders links as a JSON array.
pub fn json(links: &[SwitchRole]) -> String {
    let list: Vec<Value> = links
        .iter()
        .map(|link| {
            json!({
                "profile": link.profile,
                "url": link.url(),
                "account_id": link.account_id,
                "role_name": link.role_name,
                "display_name": link.display_name,
                "color": link.shade(),
            })
        })
        .collect();
    format!("{:#}\n", Value::Array(list))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    fn url(profile: &str, arn: &str, region: Option<&str>) -> String {
        SwitchRole::new(profile, arn, region).unwrap().url()
    }

    #[test]
    fn the_link_is_the_documented_one() {
        assert_eq!(
            url("prod", "arn:aws:iam::012345678901:role/admin", Some("eu-west-1")),
            "https://signin.aws.amazon.com/switchrole?account=012345678901&roleName=admin&displayName=prod"
        );
    }

    #[test]
    fn the_host_follows_the_partition() {
        let cases = [
            ("aws-cn", None, "signin.amazonaws.cn"),
            ("aws-us-gov", Some("eu-west-1"), "signin.amazonaws-us-gov.com"),
            ("aws-eusc", None, "eusc-de-east-1.signin.amazonaws-eusc.eu"),
            ("aws-eusc", Some("eusc-de-west-9"), "eusc-de-west-9.signin.amazonaws-eusc.eu"),
            ("aws-iso", Some("us-iso-west-1"), "us-iso-west-1.signin.c2shome.ic.gov"),
            ("aws-iso-b", None, "us-isob-east-1.signin.sc2shome.sgov.gov"),
        ];
        for (partition, region, host) in cases {
            let url = url("x", &format!("arn:{partition}:iam::123456789012:role/r"), region);
            assert!(url.starts_with(&format!("https://{host}/switchrole?")), "{url}");
        }
    }

    #[test]
    fn every_value_is_encoded() {
        let link = SwitchRole::new("p", "arn:aws:iam::123456789012:role/team/a+b=c,d.e@f-g_h", None)
            .unwrap()
            .display_name("Prod & Ünï #1~")
            .color(Some("red".parse().unwrap()));
        assert_eq!(
            link.url(),
            "https://signin.aws.amazon.com/switchrole?account=123456789012&roleName=team%2Fa%2Bb%3Dc%2Cd.e%40f-g_h\
             &displayName=Prod%20%26%20%C3%9Cn%C3%AF%20%231~&color=f2b0a9"
        );
    }

    #[test]
    fn other_colours_are_wrong_usage() {
        assert_eq!("00FFaa".parse::<Color>().unwrap(), Color("00FFaa".into()));
        for text in ["purple", "RED", "#f2b0a9", "f2b0a", "f2b0a9a", "gggggg", "", "é2b0a"] {
            assert_eq!(text.parse::<Color>().unwrap_err().kind(), Kind::Usage, "{text}");
        }
    }

    #[test]
    fn what_is_no_role_is_refused() {
        for arn in [
            "arn:aws:iam::123456789012:user/ann",
            "arn:aws:iam::123456789012:role/",
            "arn:aws:iam:::role/x",
            "arn:aws-moon:iam::123456789012:role/x",
            "arn:aws:sts::123456789012:assumed-role/x/y",
            "admin",
        ] {
            assert!(SwitchRole::new("x", arn, None).is_err(), "{arn}");
        }
    }

    #[test]
    fn what_the_extension_would_misread_is_refused() {
        let link =
            |role: &str| SwitchRole::new("prod", &format!("arn:aws:iam::123456789012:role/{role}"), None).unwrap();
        let section = link("team/a,b+c@d").extension_section().unwrap();
        assert_eq!(section, "[profile prod]\nrole_arn = arn:aws:iam::123456789012:role/team/a,b+c@d\n");
        for name in ["", " ", "a]", "[a", "a;b", "Prod #1", "a\nb", "a\u{2028}b", "\u{9b}"] {
            assert_eq!(link("r").display_name(name).extension_section().unwrap_err().kind(), Kind::Usage, "{name:?}");
        }
        for role in ["a=b", "a#b/c", "a;b/c"] {
            assert_eq!(link(role).extension_section().unwrap_err().kind(), Kind::Invalid, "{role}");
        }
    }

    #[test]
    fn json_lists_the_links() {
        let link = SwitchRole::new("prod", "arn:aws:iam::123456789012:role/admin", None).unwrap();
        let list: Value = serde_json::from_str(&json(std::slice::from_ref(&link))).unwrap();
        assert_eq!(
            list,
            json!([{
                "profile": "prod", "url": link.url(), "account_id": "123456789012", "role_name": "admin",
                "display_name": "prod", "color": null,
            }])
        );
        assert_eq!(json(&[]), "[]\n");
    }
}
