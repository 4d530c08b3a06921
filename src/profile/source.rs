//! Owns where a profile's credentials come from: long-term keys, a role and its master, Identity Center, and the rest.
//! It refuses halves (a secret without its key id) and contradictions (two ways to assume one role).

use crate::error::Result;
use crate::partition::Partition;
use crate::secret::Secret;

use super::entries::{Entry, Placed};
use super::keys::Key;
use super::limits::Parameter;
use super::values::{Values, YES_OR_NO, choice, region_of};
use super::{CredentialSource, Kind, LongTerm, MetadataService, Role, Sso, Store};

/// Reads the long-term credentials; a profile whose secret is kept elsewhere has but the key id.
pub(super) fn long_term(values: &Values<'_>, store: Store) -> Result<Option<LongTerm>> {
    if let Some(token) = values.get(Key::SessionToken) {
        return Err(token
            .place
            .refuse("belongs to temporary credentials, which can't fetch others")
            .hint("put the long-term access key of the IAM user into the profile file, and no token")
            .into());
    }
    let secret = values.get(Key::SecretAccessKey);
    match (values.get(Key::AccessKeyId), secret) {
        (None, None) => Ok(None),
        (None, Some(secret)) => {
            Err(secret.place.refuse("has no `aws_access_key_id` beside it").hint("write both, or none of them").into())
        }
        (Some(id), None) if store == Store::File => {
            Err(id.place.refuse("has no `aws_secret_access_key` beside it").hint("write both, or none of them").into())
        }
        (Some(id), secret) => Ok(Some(LongTerm {
            access_key_id: unbroken(id)?,
            secret_access_key: secret.map(unbroken).transpose()?.map(Secret::new),
        })),
    }
}

/// Reads the role, its ARN built where only a name stands there.
pub(super) fn role(values: &Values<'_>, account_id: Option<&str>, warnings: &mut Vec<String>) -> Result<Option<Role>> {
    let Some(entry) = values.get(Key::Role) else {
        if let Some(token) = values.get(Key::WebIdentityTokenFile) {
            return Err(token.place.refuse("has no `role_arn` beside it").hint("write the role to assume").into());
        }
        return Ok(None);
    };
    let arn = if entry.value.starts_with("arn:") {
        entry.value.clone()
    } else if entry.place.key().eq_ignore_ascii_case("role_arn") {
        return Err(no_role_arn(entry, &entry.value));
    } else {
        let Some(account_id) = account_id else {
            return Err(entry
                .place
                .refuse("has no `account_id` beside it")
                .hint("write `account_id` with twelve digits, or the role's ARN as `role_arn`")
                .into());
        };
        format!("arn:{}:iam::{account_id}:role/{}", partition(values)?.id(), entry.value.trim_start_matches('/'))
    };
    let account = role_account(&arn).ok_or_else(|| no_role_arn(entry, &arn))?;
    if account.len() != 12 {
        warnings.push(entry.place.say(format!("names the account `{account}`, and AWS's have twelve digits")));
    }
    if let Some(own) = account_id.filter(|own| *own != account)
        && values.get(Key::AccountId).is_some_and(|entry| !entry.place.is_default())
    {
        warnings.push(
            entry.place.say(format!("is in account `{account}`, and `account_id` is `{own}`; the role's counts")),
        );
    }
    let tags = values.tags()?;
    Ok(Some(Role {
        arn,
        session_name: values.limited(Key::RoleSessionName, Parameter::RoleSessionName)?,
        external_id: values.limited(Key::ExternalId, Parameter::ExternalId)?,
        source_identity: values.limited(Key::SourceIdentity, Parameter::SourceIdentity)?,
        transitive_tag_keys: values.transitive_tags(&tags)?,
        tags,
        policy: values.placed(Key::SessionPolicy),
        policy_arns: values.policy_arns()?,
    }))
}

/// Finds the master of a role profile.
pub(super) fn master(values: &Values<'_>, name: &str, kind: Kind) -> Result<Option<Placed<String>>> {
    let (master, machine) = (values.placed(Key::MasterProfile), values.get(Key::CredentialSource));
    let own = |place: &super::Place| !place.is_default();
    if let (Some(master), Some(machine)) = (&master, machine)
        && (kind == Kind::Role || (own(&master.place) && own(&machine.place)))
    {
        return Err(machine
            .place
            .refuse(format!("stands beside `{}`, and only one can give the credentials", master.place.key()))
            .hint("keep one: a role is assumed with the credentials of another profile, or with the machine's")
            .into());
    }
    if kind != Kind::Role {
        return Ok(None);
    }
    match (master, machine, values.get(Key::Role)) {
        (None, None, Some(role)) => Err(role
            .place
            .refuse("has no `master_profile` beside it")
            .hint(format!(
                "write `master_profile = NAME`, here or in `[defaults]` of the settings; `{name}` itself where this file holds the user's keys"
            ))
            .into()),
        (master, _, _) => Ok(master),
    }
}

/// Reads IAM Identity Center's keys.
pub(super) fn sso(values: &Values<'_>, warnings: &mut Vec<String>) -> Result<Option<Sso>> {
    let keys = [Key::SsoSession, Key::SsoStartUrl, Key::SsoRegion, Key::SsoAccountId, Key::SsoRoleName];
    let [session, start_url, region, account, role] = keys.map(|key| values.get(key));
    let half = |present: &Entry, missing: &str| {
        let hint = "an Identity Center profile has `sso_session`, or `sso_start_url` and `sso_region`; and `sso_account_id` and `sso_role_name`";
        Err(present.place.refuse(format!("has no {missing} beside it")).hint(hint).into())
    };
    let Some(first) = [session, start_url, region, account, role].into_iter().flatten().next() else { return Ok(None) };
    let role = match (account, role) {
        (Some(account), None) => return half(account, "`sso_role_name`"),
        (None, Some(role)) => return half(role, "`sso_account_id`"),
        (None, None) if session.is_none() => return half(first, "`sso_account_id` and `sso_role_name`"),
        (None, None) => None,
        (Some(account), Some(role)) => {
            if !is_digits(&account.value) {
                let problem = format!("is `{}`, not twelve digits", account.value);
                return Err(account.place.refuse(problem).hint("write the account's number").into());
            }
            if account.value.len() != 12 {
                warnings.push(account.place.say("hasn't twelve digits"));
            }
            Some((account.value.clone(), role.value.clone()))
        }
    };
    if session.is_none() {
        match (start_url, region) {
            (None, _) => return half(first, "`sso_session` or `sso_start_url`"),
            (Some(url), None) => return half(url, "`sso_region`"),
            (Some(_), Some(_)) => {}
        }
    }
    Ok(Some(Sso {
        session: values.placed(Key::SsoSession),
        start_url: start_url.map(|entry| portal(entry).map(|url| placed(entry, url))).transpose()?,
        region: region.map(|entry| region_of(entry).map(|name| placed(entry, name))).transpose()?,
        role,
    }))
}

fn placed(entry: &Entry, value: String) -> Placed<String> {
    Placed { value, place: entry.place.clone() }
}

/// Reads `credential_source`.
pub(super) fn credential_source(values: &Values<'_>) -> Result<Option<CredentialSource>> {
    values.choice(
        Key::CredentialSource,
        &[
            ("Environment", CredentialSource::Environment),
            ("Ec2InstanceMetadata", CredentialSource::Ec2InstanceMetadata),
            ("EcsContainer", CredentialSource::EcsContainer),
        ],
    )
}

/// Reads what SDKs read of the instance metadata service; these keys go on to the config file all the same.
pub(super) fn metadata_service(values: &Values<'_>) -> Result<MetadataService> {
    let ipv6 = |entry| choice(entry, &[("IPv4", false), ("IPv6", true)]);
    let yes = |entry| choice(entry, &YES_OR_NO);
    Ok(MetadataService {
        endpoint: values.passed_on_value("ec2_metadata_service_endpoint").map(Entry::text),
        ipv6: values.passed_on_value("ec2_metadata_service_endpoint_mode").map(ipv6).transpose()?.unwrap_or(false),
        v1_disabled: values.passed_on_value("ec2_metadata_v1_disabled").map(yes).transpose()?.unwrap_or(false),
    })
}

/// Decides what a profile is, in the order in which botocore tries its sources; a role stands before its own long-term keys.
pub(super) fn kind(values: &Values<'_>) -> Kind {
    let has = |key| values.get(key).is_some();
    let sso = [Key::SsoSession, Key::SsoStartUrl, Key::SsoRegion, Key::SsoAccountId, Key::SsoRoleName];
    if has(Key::WebIdentityTokenFile) {
        Kind::WebIdentity
    } else if has(Key::Role) {
        Kind::Role
    } else if sso.into_iter().any(has) {
        Kind::Sso
    } else if has(Key::AccessKeyId) {
        Kind::User
    } else if has(Key::CredentialProcess) {
        Kind::Process
    } else if has(Key::CredentialSource) {
        Kind::Source
    } else {
        Kind::Config
    }
}

/// Reads `account_id`. Nothing depends on an IAM user's, and old example files have ten or eleven digits, so there a
/// wrong one is passed over with a warning.
pub(super) fn account_id(values: &Values<'_>, kind: Kind, warnings: &mut Vec<String>) -> Result<Option<String>> {
    let Some(entry) = values.get(Key::AccountId) else { return Ok(None) };
    if entry.value.len() == 12 && is_digits(&entry.value) {
        return Ok(Some(entry.value.clone()));
    }
    let problem = format!("is `{}`, not twelve digits", entry.value);
    if kind == Kind::User {
        warnings.push(entry.place.say(problem));
        return Ok(None);
    }
    let hint = format!("write the account's number, such as `{} = 012345678901`", entry.place.key());
    Err(entry.place.refuse(problem).hint(hint).into())
}

fn partition(values: &Values<'_>) -> Result<Partition> {
    let ids = Partition::ALL.map(|partition| (partition.id(), partition));
    let by_region = || values.get(Key::Region).map(|entry| Partition::of_region(&entry.value));
    Ok(values.choice(Key::Partition, &ids)?.or_else(by_region).unwrap_or(Partition::Aws))
}

/// Gives the account of an IAM role's ARN; `None` for any other text.
fn role_account(arn: &str) -> Option<&str> {
    Parameter::Arn.check(arn).ok()?;
    Partition::of_arn(arn)?;
    let mut parts = arn.splitn(6, ':').skip(2);
    let (service, region, account, resource) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let name = resource.strip_prefix("role/")?;
    let fine = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-/".contains(c);
    let named = !name.ends_with('/') && !name.starts_with('/') && !name.is_empty() && name.chars().all(fine);
    (service == "iam" && region.is_empty() && is_digits(account) && named).then_some(account)
}

fn no_role_arn(entry: &Entry, arn: &str) -> anyhow::Error {
    entry
        .place
        .refuse(format!("gives `{arn}`, which is no IAM role's ARN"))
        .hint("write `role_arn = arn:aws:iam::123456789012:role/NAME`, or `role_name = NAME` with `account_id`")
        .into()
}

/// Gives the address of an access portal.
pub(super) fn portal(entry: &Entry) -> Result<String> {
    let url = entry.value.as_str();
    let host = |rest: &str| rest.split(['/', '?', '#']).next().unwrap_or_default().to_owned();
    let plain = |host: &str| !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || "-.:".contains(c));
    let loopback = |host: &str| ["localhost", "127.0.0.1"].contains(&host.split(':').next().unwrap_or_default());
    let fine = match (url.strip_prefix("https://"), url.strip_prefix("http://")) {
        (Some(rest), _) => plain(&host(rest)),
        (None, Some(rest)) => plain(&host(rest)) && loopback(&host(rest)),
        (None, None) => false,
    };
    if fine && !url.contains(char::is_whitespace) {
        return Ok(url.to_owned());
    }
    Err(entry
        .place
        .refuse(format!("is `{url}`, which is no https address"))
        .hint("write the access portal's address, such as `https://example.awsapps.com/start`")
        .into())
}

fn unbroken(entry: &Entry) -> Result<String> {
    if entry.value.contains(char::is_whitespace) {
        return Err(entry.place.refuse("has a blank inside").hint("write it as AWS gave it, in one piece").into());
    }
    Ok(entry.value.clone())
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
