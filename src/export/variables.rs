//! Owns which variables a session becomes, and which must go with it.
//! It refuses a value with a NUL byte, which no environment can hold.

use std::fmt;

use crate::clock::rfc3339;
use crate::error::{Failure, Kind, Result};
use crate::imds::Facts;
use crate::secret::Secret;
use crate::session::Session;

/// What a session is delivered in, in the order in which it is printed.
const DELIVERED: [&str; 9] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_SESSION_EXPIRATION",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ACCOUNT_ID",
    "AWSTOK_PROFILE",
];

/// What would contradict a session: SDKs disagree on whether keys or a profile win, and the Python ones read the
/// legacy token before the session token.
const CONTRADICTING: [&str; 3] = ["AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SECURITY_TOKEN"];

/// What tells of the instance, in the order in which it is printed.
const INSTANCE: [&str; 10] = [
    "AWS_AVAILABILITY_ZONE",
    "AWS_INSTANCE_ID",
    "AWS_INSTANCE_TYPE",
    "AWS_PRIVATE_IP",
    "AWS_PUBLIC_IP",
    "AWS_PRIVATE_HOSTNAME",
    "AWS_PUBLIC_HOSTNAME",
    "AWS_MAC",
    "AWS_VPC_ID",
    "AWS_SUBNET_ID",
];

/// One change of the environment.
#[derive(Debug, Clone)]
pub struct Variable {
    name: &'static str,
    value: Option<Secret<String>>,
}

impl Variable {
    /// The variable's name: ASCII letters, digits and `_`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The value to set; none: to unset.
    pub fn value(&self) -> Option<&str> {
        self.value.as_ref().map(|value| value.expose().as_str())
    }
}

/// An ordered list of changes of the environment; its `Debug` shows no value.
#[derive(Clone, Default)]
pub struct Variables(Vec<Variable>);

impl Variables {
    /// Makes the variables of `session`, handed out for `profile`.
    ///
    /// Without a `region`, the session's own counts; without that the two region variables are left alone: the session may
    /// come from a call to theirs.
    /// Without an `account_id` the session's own word counts.
    ///
    /// # Errors
    /// A value with a NUL byte.
    pub fn of_session(
        session: &Session,
        profile: &str,
        region: Option<&str>,
        account_id: Option<&str>,
    ) -> Result<Self> {
        let credentials = &session.credentials;
        let expiration = session.expiration().map(rfc3339);
        let region = region.or(session.region.as_deref());
        let mut variables = Self::default();
        CONTRADICTING.into_iter().for_each(|name| variables.unset(name));
        for name in DELIVERED {
            let value = match name {
                "AWS_ACCESS_KEY_ID" => Some(credentials.access_key_id()),
                "AWS_SECRET_ACCESS_KEY" => Some(credentials.secret_access_key()),
                "AWS_SESSION_TOKEN" => credentials.session_token(),
                "AWS_CREDENTIAL_EXPIRATION" | "AWS_SESSION_EXPIRATION" => expiration.as_deref(),
                "AWS_REGION" | "AWS_DEFAULT_REGION" if region.is_none() => continue,
                "AWS_REGION" | "AWS_DEFAULT_REGION" => region,
                "AWS_ACCOUNT_ID" => account_id.or_else(|| session.account_id()),
                _ => Some(profile),
            };
            match value {
                Some(value) => variables.set(name, value)?,
                None => variables.unset(name),
            }
        }
        Ok(variables)
    }

    /// Adds what tells of the instance; what it hasn't got is unset.
    ///
    /// # Errors
    /// A value with a NUL byte.
    pub fn add_instance(&mut self, facts: &Facts) -> Result<()> {
        let values = [
            &facts.availability_zone,
            &facts.instance_id,
            &facts.instance_type,
            &facts.private_ip,
            &facts.public_ip,
            &facts.private_hostname,
            &facts.public_hostname,
            &facts.mac,
            &facts.vpc_id,
            &facts.subnet_id,
        ];
        for (name, value) in INSTANCE.into_iter().zip(values) {
            match value {
                Some(value) => self.set(name, value)?,
                None => self.unset(name),
            }
        }
        Ok(())
    }

    /// Makes the changes that take back everything that may have been set.
    pub fn unset_all() -> Self {
        let mut variables = Self::default();
        CONTRADICTING.into_iter().chain(DELIVERED).chain(INSTANCE).for_each(|name| variables.unset(name));
        variables
    }

    /// Adds a variable to set.
    ///
    /// # Errors
    /// A value with a NUL byte.
    pub fn set(&mut self, name: &'static str, value: &str) -> Result<()> {
        if value.contains('\0') {
            return Err(Failure::new(Kind::Other, format!("the value of `{name}` holds a NUL byte")).into());
        }
        self.0.push(Variable { name, value: Some(Secret::from(value)) });
        Ok(())
    }

    /// Adds a variable to unset.
    pub fn unset(&mut self, name: &'static str) {
        self.0.push(Variable { name, value: None });
    }

    /// Gives the changes in order.
    pub fn iter(&self) -> impl Iterator<Item = &Variable> {
        self.0.iter()
    }

    /// Gives the names and values to set.
    pub fn to_set(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().filter_map(|variable| Some((variable.name, variable.value()?)))
    }
}

impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.0).finish()
    }
}

#[cfg(test)]
mod tests {
    use aws_credential_types::Credentials;
    use jiff::Timestamp;

    use super::*;

    fn session(token: Option<&str>, expiration: Option<&str>) -> Session {
        let end = expiration.map(|text| text.parse::<Timestamp>().unwrap().into());
        let credentials = Credentials::new("ASIAEXAMPLE", "canary", token.map(str::to_owned), end, "test");
        let arn = Some("arn:aws:iam::123456789012:role/admin".into());
        Session { credentials, issued_at: Timestamp::UNIX_EPOCH, arn, region: None }
    }

    fn unset(variables: &Variables) -> Vec<&str> {
        variables.iter().filter(|variable| variable.value().is_none()).map(Variable::name).collect()
    }

    #[test]
    fn a_session_sets_everything_and_unsets_what_contradicts_it() {
        let session = session(Some("token"), Some("2026-01-02T03:04:05.6Z"));
        let variables = Variables::of_session(&session, "prod", Some("eu-west-1"), None).unwrap();
        let set: Vec<_> = variables.to_set().collect();
        assert_eq!(
            set,
            [
                ("AWS_ACCESS_KEY_ID", "ASIAEXAMPLE"),
                ("AWS_SECRET_ACCESS_KEY", "canary"),
                ("AWS_SESSION_TOKEN", "token"),
                ("AWS_CREDENTIAL_EXPIRATION", "2026-01-02T03:04:05Z"),
                ("AWS_SESSION_EXPIRATION", "2026-01-02T03:04:05Z"),
                ("AWS_REGION", "eu-west-1"),
                ("AWS_DEFAULT_REGION", "eu-west-1"),
                ("AWS_ACCOUNT_ID", "123456789012"),
                ("AWSTOK_PROFILE", "prod"),
            ]
        );
        assert_eq!(unset(&variables), CONTRADICTING);
    }

    #[test]
    fn what_has_no_value_is_unset_but_the_region_is_left_alone() {
        let variables = Variables::of_session(&session(None, None), "prod", None, Some("000000000001")).unwrap();
        let gone = unset(&variables);
        assert_eq!(
            gone[CONTRADICTING.len()..],
            ["AWS_SESSION_TOKEN", "AWS_CREDENTIAL_EXPIRATION", "AWS_SESSION_EXPIRATION"]
        );
        assert!(variables.iter().all(|variable| !variable.name().contains("REGION")));
        assert!(variables.to_set().any(|pair| pair == ("AWS_ACCOUNT_ID", "000000000001")));
    }

    #[test]
    fn unsetting_covers_the_regions_too() {
        assert_eq!(unset(&Variables::unset_all()).len(), DELIVERED.len() + CONTRADICTING.len() + INSTANCE.len());
    }

    #[test]
    fn a_nul_is_refused_and_debug_shows_no_value() {
        let mut variables = Variables::default();
        assert!(variables.set("AWS_REGION", "a\0b").is_err());
        variables.set("AWS_REGION", "canary").unwrap();
        assert!(!format!("{variables:?}").contains("canary"));
    }
}
