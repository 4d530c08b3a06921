//! Owns which variables lead SDKs to the local endpoint, and which must go because SDKs would ask those first.
//! It refuses to set keys beside it: they would win, and never be renewed.

use std::path::Path;

use super::variables::Variables;
use crate::environment::SOURCES;
use crate::error::{Failure, Kind, Result};

/// Set where there is no instance metadata; an endpoint of it is some.
const NO_METADATA: &str = "AWS_EC2_METADATA_DISABLED";
const FULL_URI: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
const TOKEN: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
const TOKEN_FILE: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";

/// How a program gets at the endpoint.
#[derive(Debug, Clone, Copy)]
pub enum Access<'a> {
    /// The container protocol with its token.
    Token {
        /// The address of the credentials.
        url: &'a str,
        /// The token itself.
        token: &'a str,
    },
    /// The container protocol with a file that holds the token.
    TokenFile {
        /// The address of the credentials.
        url: &'a str,
        /// The file; SDKs read it each time.
        file: &'a Path,
    },
    /// Instance metadata.
    Metadata {
        /// The address of the service.
        url: &'a str,
        /// Whether the address is of IPv6.
        is_v6: bool,
    },
}

impl Variables {
    /// Makes the variables that lead to an endpoint with the credentials of `profile`.
    ///
    /// Without a `region` the two region variables are left alone.
    ///
    /// # Errors
    /// A value with a NUL byte; the path of a token file that isn't text.
    pub fn of_endpoint(
        access: Access<'_>,
        profile: &str,
        region: Option<&str>,
        account_id: Option<&str>,
    ) -> Result<Self> {
        let mut variables = Self::default();
        let ways: &[&str] = match access {
            Access::Token { .. } => &[FULL_URI, TOKEN],
            Access::TokenFile { .. } => &[FULL_URI, TOKEN_FILE],
            Access::Metadata { .. } => &[],
        };
        SOURCES.into_iter().filter(|source| !ways.contains(source)).for_each(|source| variables.unset(source));
        match access {
            Access::Token { url, token } => {
                variables.set(FULL_URI, url)?;
                variables.set(TOKEN, token)?;
            }
            Access::TokenFile { url, file } => {
                let text = file.to_str().ok_or_else(|| {
                    Failure::new(Kind::Other, format!("the path `{}` isn't UTF-8", file.display()))
                        .hint("choose another path for the token")
                })?;
                variables.set(FULL_URI, url)?;
                variables.set(TOKEN_FILE, text)?;
            }
            Access::Metadata { url, is_v6 } => {
                variables.unset(NO_METADATA);
                variables.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", url)?;
                variables.set("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", if is_v6 { "IPv6" } else { "IPv4" })?;
            }
        }
        if let Some(region) = region {
            variables.set("AWS_REGION", region)?;
            variables.set("AWS_DEFAULT_REGION", region)?;
        }
        match account_id {
            Some(account_id) => variables.set("AWS_ACCOUNT_ID", account_id)?,
            None => variables.unset("AWS_ACCOUNT_ID"),
        }
        variables.set("AWSTOK_PROFILE", profile)?;
        Ok(variables)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(access: Access<'_>, region: Option<&str>) -> (Vec<(&'static str, String)>, Vec<&'static str>) {
        let variables = Variables::of_endpoint(access, "prod", region, Some("123456789012")).unwrap();
        let set = variables.to_set().map(|(name, value)| (name, value.to_owned())).collect();
        let unset = variables.iter().filter(|variable| variable.value().is_none()).map(|variable| variable.name());
        (set, unset.collect())
    }

    #[test]
    fn each_way_sets_its_variables_and_unsets_what_would_win() {
        let url = "http://127.0.0.1:1/credentials";
        let (set, unset) = made(Access::Token { url, token: "t" }, Some("eu-west-1"));
        let names: Vec<_> = set.iter().map(|(name, _)| *name).collect();
        let account = "AWS_ACCOUNT_ID";
        assert_eq!(names, [FULL_URI, TOKEN, "AWS_REGION", "AWS_DEFAULT_REGION", account, "AWSTOK_PROFILE"]);
        let others = |ways: &[&str]| SOURCES.into_iter().filter(|name| !ways.contains(name)).collect::<Vec<_>>();
        assert_eq!(unset, others(&[FULL_URI, TOKEN]));
        let (set, unset) = made(Access::TokenFile { url, file: Path::new("/run/t") }, None);
        assert_eq!(set[..2], [(FULL_URI, url.to_owned()), (TOKEN_FILE, "/run/t".to_owned())]);
        assert_eq!(unset, others(&[FULL_URI, TOKEN_FILE]));
        assert!(set.iter().all(|(name, _)| !name.contains("REGION")));
        let (set, unset) = made(Access::Metadata { url: "http://127.0.0.1:1", is_v6: false }, None);
        assert_eq!(set[1], ("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv4".to_owned()));
        assert_eq!(unset, [&SOURCES[..], &[NO_METADATA]].concat());
    }
}
