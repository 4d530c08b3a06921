//! Owns the remedies for what STS refuses.
//! It refuses to repeat the general ones: a key that isn't known is the same everywhere.

use crate::wire::Refusal;

/// Gives what can be done about a refusal.
pub(super) fn remedy(operation: &str, refusal: Refusal, code: &str) -> Option<&'static str> {
    if operation == "AssumeRoleWithWebIdentity"
        && let Some(hint) = web_identity(refusal, code)
    {
        return Some(hint);
    }
    Some(match refusal {
        Refusal::Denied => "check the role's trust policy (principal, MFA, external id) and the caller's permissions",
        Refusal::RegionDisabled => "activate STS for this region in the account, or choose another `region`",
        Refusal::TooLong => {
            "lower `duration`: a role sets its own maximum, and a role assumed with temporary credentials gets one hour at most"
        }
        Refusal::Other if code == "MalformedPolicyDocument" => "check `session_policy`",
        _ => return None,
    })
}

/// The remedies where a token took the place of a signature.
fn web_identity(refusal: Refusal, code: &str) -> Option<&'static str> {
    Some(match (refusal, code) {
        (Refusal::Expired, _) => {
            "the token in `web_identity_token_file` has expired; whoever writes it has to renew it"
        }
        (_, "InvalidIdentityToken" | "IDPRejectedClaim") => {
            "check the token in `web_identity_token_file`: its issuer and audience must be those of an identity provider in the account"
        }
        (Refusal::Denied, _) => {
            "check the role's trust policy: the identity provider and the token's subject and audience"
        }
        _ => return None,
    })
}
