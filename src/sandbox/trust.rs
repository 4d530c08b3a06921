//! Owns whether a role lets a caller in: trust policy, MFA and external id, and how long the session may be.
//! It refuses to tell a role that doesn't exist from one that doesn't trust the caller, as AWS does.

use super::arn::IamArn;
use super::refusal::Refusal;
use super::world::{Principal, Role};

/// What an AssumeRole asks for, as far as trust depends on it.
pub(super) struct Request<'a> {
    pub(super) role_arn: &'a str,
    pub(super) external_id: Option<&'a str>,
    pub(super) source_identity: Option<&'a str>,
    /// Whether `aws:MultiFactorAuthPresent` is true of the call.
    pub(super) mfa: bool,
    /// Whether the caller's own credentials are temporary.
    pub(super) temporary: bool,
    /// In seconds.
    pub(super) duration: i64,
}

/// Allows or refuses.
pub(super) fn allow(role: Option<&Role>, caller: &Principal, request: &Request) -> Result<(), Refusal> {
    let denied = |action: &str| {
        let (who, what) = (&caller.arn, request.role_arn);
        Refusal::denied(format!("User: {who} is not authorized to perform: {action} on resource: {what}"))
    };
    let partition = |arn: &str| arn.split(':').nth(1).map(str::to_owned);
    let role = role.filter(|role| {
        // no trust reaches from one partition into another
        partition(&role.arn) == partition(&caller.arn)
            && role.trusts.iter().any(|principal| is_meant(principal, caller))
            && (request.mfa || !role.requires_mfa)
            && (role.external_id.is_none() || role.external_id.as_deref() == request.external_id)
    });
    let role = role.ok_or_else(|| denied("sts:AssumeRole"))?;
    let changes_identity = |identity: &str| request.source_identity.is_some_and(|wanted| wanted != identity);
    if caller.source_identity.as_deref().is_some_and(changes_identity) {
        return Err(denied("sts:SetSourceIdentity"));
    }
    if request.temporary && request.duration > 3_600 {
        return Err(Refusal::validation(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
        ));
    }
    check_duration(role, request.duration)
}

/// Refuses a session longer, in seconds, than the role allows.
pub(super) fn check_duration(role: &Role, duration: i64) -> Result<(), Refusal> {
    if duration.unsigned_abs() > role.max_duration.as_secs() {
        return Err(Refusal::validation(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        ));
    }
    Ok(())
}

/// Tells whether a principal of a trust policy means the caller; a trusted account means all its users and roles.
fn is_meant(principal: &str, caller: &Principal) -> bool {
    let is_account = IamArn::parse(principal).is_some_and(|arn| arn.kind == "root" && arn.account == caller.account);
    is_account
        || principal == "*"
        || principal == caller.account
        || principal == caller.arn
        || caller.role_arn.as_deref() == Some(principal)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const ROLE: &str = "arn:aws:iam::210987654321:role/team/admin";

    fn user() -> Principal {
        Principal {
            account: "123456789012".into(),
            arn: "arn:aws:iam::123456789012:user/ann".into(),
            user_id: "AIDAX".into(),
            role_arn: None,
            source_identity: None,
            chained: false,
            transitive_tags: Vec::new(),
        }
    }

    fn request() -> Request<'static> {
        Request {
            role_arn: ROLE,
            external_id: None,
            source_identity: None,
            mfa: false,
            temporary: false,
            duration: 3_600,
        }
    }

    #[test]
    fn principals_are_matched() {
        for principal in ["*", "123456789012", "arn:aws:iam::123456789012:root", "arn:aws:iam::123456789012:user/ann"] {
            allow(Some(&Role::new(ROLE).trusts(principal)), &user(), &request()).unwrap();
        }
        for principal in ["210987654321", "arn:aws:iam::210987654321:root", "arn:aws:iam::123456789012:user/bob"] {
            assert!(allow(Some(&Role::new(ROLE).trusts(principal)), &user(), &request()).is_err(), "{principal}");
        }
        let elsewhere = Role::new("arn:aws-cn:iam::210987654321:role/x").trusts("*");
        assert!(allow(Some(&elsewhere), &user(), &request()).is_err());
        let message = allow(None, &user(), &request()).unwrap_err().message;
        assert_eq!(
            message,
            "User: arn:aws:iam::123456789012:user/ann is not authorized to perform: sts:AssumeRole on resource: \
             arn:aws:iam::210987654321:role/team/admin"
        );
    }

    #[test]
    fn conditions_are_held() {
        let role = Role::new(ROLE).trusts("*").requires_mfa().external_id("x1");
        let refused = |request: Request| allow(Some(&role), &user(), &request).is_err();
        assert!(refused(request()));
        assert!(refused(Request { mfa: true, ..request() }));
        assert!(refused(Request { mfa: true, external_id: Some("x2"), ..request() }));
        assert!(!refused(Request { mfa: true, external_id: Some("x1"), ..request() }));
    }

    #[test]
    fn durations_are_limited() {
        let role = Role::new(ROLE).trusts("*").max_duration(Duration::from_secs(7_200));
        let ask = |duration, temporary| allow(Some(&role), &user(), &Request { duration, temporary, ..request() });
        ask(7_200, false).unwrap();
        assert!(ask(7_201, false).unwrap_err().message.contains("MaxSessionDuration"));
        assert!(ask(3_601, true).unwrap_err().message.contains("role chaining"));
        ask(3_600, true).unwrap();
    }
}
