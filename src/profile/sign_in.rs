//! Owns sign-ins to IAM Identity Center as files name them: the `[sso-session NAME]` sections of the config file, joined with
//! what a profile says itself. It refuses halves, contradictions between the two, and names that could lead a request elsewhere.

use std::path::Path;

use crate::awsfiles::{Naming, Section};
use crate::error::{Result, invalid};

use super::entries::{self, Entry, Place, Placed};
use super::keys::Key;
use super::{Profile, Sso, source, values};

/// The key of the scopes, which only `[sso-session]` knows.
const SCOPES: &str = "sso_registration_scopes";

/// Where and as what one signs in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SignIn {
    /// The name of the `[sso-session]`; none for a start URL that stands in profiles alone.
    pub session: Option<String>,
    /// The address of the access portal, https or loopback.
    pub start_url: String,
    /// The region of IAM Identity Center.
    pub region: String,
    /// `sso_registration_scopes`; none where nothing is said.
    pub scopes: Vec<String>,
}

impl SignIn {
    /// Gives the name that it goes by: the session's, else the start URL. The AWS CLI names the token's file after it.
    pub fn name(&self) -> &str {
        self.session.as_deref().unwrap_or(&self.start_url)
    }
}

/// One `[sso-session]` section.
#[derive(Debug)]
pub struct SsoSession {
    /// Its name.
    pub name: String,
    /// What it says, or why it can't be used.
    pub sign_in: Result<SignIn>,
}

/// Reads all `[sso-session]` sections of the config file, in its order.
///
/// # Errors
/// When the file is no INI file; what is wrong with one section stands with it.
pub fn sessions(file: &Path, bytes: &[u8]) -> Result<Vec<SsoSession>> {
    let document = entries::document(file, bytes)?;
    let mut found: Vec<SsoSession> = Vec::new();
    for section in document.sections() {
        let Some(name) = Naming::SsoSession.name_of(&section) else { continue };
        if let Some(first) = found.iter_mut().find(|first| first.name == name) {
            let words = format!("`{}:{}`: a second section `[sso-session {name}]`", file.display(), section.line());
            first.sign_in = Err(invalid(words).hint("move its keys into the first one").into());
            continue;
        }
        found.push(SsoSession { sign_in: read(file, &name, section), name: name.into_owned() });
    }
    Ok(found)
}

/// Reads one section.
fn read(file: &Path, name: &str, section: Section<'_>) -> Result<SignIn> {
    let line = section.line();
    let entries = entries::entries(file, section, false)?;
    let get = |key: Key| entries.iter().find(|entry| entry.key == Some(key)).filter(|entry| !entry.is_empty());
    let needed = |key: Key| {
        get(key).ok_or_else(|| {
            invalid(format!("`{}:{line}`: `[sso-session {name}]` has no `{}`", file.display(), key.name()))
                .hint("an `[sso-session]` has `sso_start_url` and `sso_region`; `aws configure sso-session` writes one")
        })
    };
    let scopes = entries.iter().find(|entry| entry.place.key().eq_ignore_ascii_case(SCOPES));
    Ok(SignIn {
        session: Some(name.to_owned()),
        start_url: source::portal(needed(Key::SsoStartUrl)?)?,
        region: values::region_of(needed(Key::SsoRegion)?)?,
        scopes: scopes.map(scopes_of).transpose()?.unwrap_or_default(),
    })
}

/// Splits the scopes at commas, as the AWS CLI does.
fn scopes_of(entry: &Entry) -> Result<Vec<String>> {
    let scopes: Vec<&str> = entry.value.split(',').map(str::trim).filter(|scope| !scope.is_empty()).collect();
    // RFC 6749, section 3.3
    let fine = |scope: &str| scope.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\');
    if let Some(odd) = scopes.iter().find(|scope| !fine(scope)) {
        return Err(entry
            .place
            .refuse(format!("holds `{odd}`, which is no scope"))
            .hint(format!("write for example `{SCOPES} = sso:account:access`"))
            .into());
    }
    Ok(scopes.into_iter().map(str::to_owned).collect())
}

/// Gives a profile's sign-in; `config` is asked for the config file's bytes only where the profile names an `[sso-session]`.
///
/// # Errors
/// When the profile or the section says too little, or the two contradict each other.
pub fn of_profile(
    profile: &Profile,
    file: &Path,
    config: &mut dyn FnMut() -> Result<Vec<u8>>,
) -> Result<Option<SignIn>> {
    let Some(Sso { session, start_url, region, .. }) = &profile.sso else { return Ok(None) };
    let value = |placed: &Option<Placed<String>>| placed.as_ref().map(|placed| placed.value.clone());
    let Some(session) = session else {
        // both are there: reading the profile saw to it
        let (start_url, region) = (value(start_url).unwrap_or_default(), value(region).unwrap_or_default());
        return Ok(Some(SignIn { session: None, start_url, region, scopes: Vec::new() }));
    };
    let found = sessions(file, &config()?)?.into_iter().find(|found| found.name == session.value);
    let sign_in = found.ok_or_else(|| missing(&session.place, &session.value, file))?.sign_in?;
    for (own, theirs) in [(start_url, &sign_in.start_url), (region, &sign_in.region)] {
        if let Some(own) = own.as_ref().filter(|own| own.value != *theirs) {
            return Err(own
                .place
                .refuse(format!("is `{}`, and `[sso-session {}]` says `{theirs}`", own.value, session.value))
                .hint(format!("take the line out, or correct it or `{}`", file.display()))
                .into());
        }
    }
    Ok(Some(sign_in))
}

fn missing(place: &Place, name: &str, file: &Path) -> anyhow::Error {
    place
        .refuse(format!("names `[sso-session {name}]`, and `{}` has no such section", file.display()))
        .hint("`aws configure sso-session` writes one; or name `sso_start_url` and `sso_region` in the profile instead")
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{hint_of, render};

    const CORP: &str = "[sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://corp.awsapps.com/start#/\nsso_registration_scopes = a, sso:account:access,\n";

    fn read_all(text: &str) -> Vec<SsoSession> {
        sessions(Path::new("config"), text.as_bytes()).unwrap()
    }

    fn of(keys: &str, config: &str) -> Result<Option<SignIn>> {
        let profile = crate::profile::read(
            "p",
            Path::new("p"),
            format!("[p]\n{keys}\n").as_bytes(),
            &crate::profile::Settings::default(),
        )?;
        of_profile(&profile, Path::new("config"), &mut || Ok(config.as_bytes().to_vec()))
    }

    #[test]
    fn sections_are_read_as_the_aws_cli_reads_them() {
        let all = read_all(&format!(
            "[profile x]\nsso_session = corp\n{CORP}[sso-session \"two words\"]\nsso_region=us-east-1\nsso_start_url=https://two.example\n"
        ));
        let corp = all[0].sign_in.as_ref().unwrap();
        assert_eq!((corp.name(), corp.region.as_str()), ("corp", "eu-west-1"));
        assert_eq!(corp.start_url, "https://corp.awsapps.com/start#/");
        assert_eq!(corp.scopes, ["a", "sso:account:access"]);
        assert_eq!(all[1].sign_in.as_ref().unwrap().name(), "two words");
        assert!(all[1].sign_in.as_ref().unwrap().scopes.is_empty() && all.len() == 2);
    }

    #[test]
    fn sections_that_cant_be_used_name_line_and_remedy() {
        for (text, words, hint) in [
            (
                "[sso-session a]\nsso_region = eu-west-1\n",
                "`config:1`: `[sso-session a]` has no `sso_start_url`",
                "sso_region",
            ),
            ("[sso-session a]\nsso_start_url = https://a.b\n", "has no `sso_region`", "sso_start_url"),
            (
                "[sso-session a]\nsso_start_url = https://a.b\nsso_region = x.evil.com/#\n",
                "`config:3`: `sso_region` is `x.evil.com/#`, which is no region",
                "eu-central-1",
            ),
            (
                "[sso-session a]\nsso_start_url = https://a@b\nsso_region = eu-west-1\n",
                "`config:2`: `sso_start_url` is `https://a@b`, which is no https address",
                "awsapps",
            ),
            (&format!("{CORP}{CORP}"), "`config:5`: a second section", "first one"),
            (
                "[sso-session a]\nsso_start_url = https://a.b\nsso_region = eu-west-1\nsso_registration_scopes = a b\n",
                "`config:4`: `sso_registration_scopes` holds `a b`, which is no scope",
                "sso:account:access",
            ),
        ] {
            let error = read_all(text).remove(0).sign_in.unwrap_err();
            assert!(error.to_string().contains(words), "{error}");
            assert!(hint_of(&error).unwrap().contains(hint), "{error}");
        }
    }

    #[test]
    fn profile_and_section_must_agree() {
        let role = "sso_account_id = 123456789012\nsso_role_name = r";
        let found = of(&format!("sso_session = corp\nsso_region = eu-west-1\n{role}"), CORP).unwrap().unwrap();
        assert_eq!(found.session.as_deref(), Some("corp"));
        let said = render(&of(&format!("sso_session = corp\nsso_region = eu-west-2\n{role}"), CORP).unwrap_err());
        assert!(
            said.contains("`p:3`: `sso_region` is `eu-west-2`, and `[sso-session corp]` says `eu-west-1`"),
            "{said}"
        );
        let said = render(&of(&format!("sso_session = other\n{role}"), CORP).unwrap_err());
        assert!(said.contains("`p:2`: `sso_session` names `[sso-session other]`") && said.contains("hint:"), "{said}");
        let legacy = format!("sso_start_url = https://x.awsapps.com/start\nsso_region = eu-west-1\n{role}");
        let found = of_profile(
            &crate::profile::read("p", Path::new("p"), format!("[p]\n{legacy}\n").as_bytes(), &Default::default())
                .unwrap(),
            Path::new("config"),
            &mut || panic!("the config file isn't needed"),
        );
        assert_eq!(found.unwrap().unwrap().name(), "https://x.awsapps.com/start");
    }
}
