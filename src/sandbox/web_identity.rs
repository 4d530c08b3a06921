//! Owns AssumeRoleWithWebIdentity, the one action of STS that nobody signs: a token stands in for the credentials.
//! It refuses tokens by their own rules first, and then by the role's trust.

use std::time::Duration;

use jiff::Timestamp;

use super::arn::IamArn;
use super::identity::host;
use super::query::{Characters, Check, Query};
use super::refusal::Refusal;
use super::sts;
use super::trust::check_duration;
use super::world::{Grant, Principal, World};
use super::xml::Element;

/// The action's name.
pub(super) const ACTION: &str = "AssumeRoleWithWebIdentity";

/// The model gives lengths of tokens and provider ids, and no characters.
const ANY: Characters = Characters(".*", |_| true);

/// Performs the action: gives what stands inside its result.
pub(super) fn perform(
    query: &Query,
    world: &mut World,
    now: Timestamp,
    lifetime: Option<Duration>,
) -> Result<Vec<Element>, Refusal> {
    let mut check = Check::new(query);
    let role_arn = check.required("RoleArn", 20..=2048, &sts::ARN);
    let session_name = check.required("RoleSessionName", 2..=64, &sts::NAME);
    let token = check.required("WebIdentityToken", 4..=20_000, &ANY);
    check.optional("ProviderId", 4..=2048, &ANY);
    let duration = check.number("DurationSeconds", 900..=12 * sts::HOUR)?.unwrap_or(sts::HOUR);
    let policies = sts::Policies::read(query, &mut check);
    let token_size = sts::token_size(&mut check)?;
    check.finish()?;
    let invalid = || Refusal::validation(format!("{role_arn} is invalid"));
    let arn = IamArn::parse(role_arn).ok_or_else(invalid)?;
    let principal = Principal::of_role(role_arn, session_name).ok_or_else(invalid)?;
    policies.check()?;

    let claims = world.check_identity_token(token, &principal.account, now)?;
    let role = world.role(role_arn).filter(|role| role.identities.iter().any(|trusted| trusted.is_meant(&claims)));
    let role = role.ok_or_else(|| Refusal::denied("Not authorized to perform sts:AssumeRoleWithWebIdentity"))?;
    check_duration(role, duration)?;

    let provider = host(&claims.issuer).unwrap_or_default();
    let provider = format!("arn:{}:iam::{}:oidc-provider/{provider}", arn.partition, arn.account);
    let assumed = sts::assumed_role_user(&principal);
    let grant = Grant { principal, mfa: false, life: sts::life(lifetime, duration), token_size };
    let issued = world.issue(grant, now);
    let mut result = vec![
        Element::text("SubjectFromWebIdentityToken", claims.subject),
        Element::text("Audience", claims.audience),
        assumed,
        sts::token_utilization(&issued),
        sts::credentials(issued),
        Element::text("Provider", provider),
    ];
    result.extend(policies.packed_size(0));
    Ok(result)
}
