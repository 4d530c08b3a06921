//! Owns the remedies for what IAM Identity Center refuses. It refuses to know any other service.

use crate::wire::Refusal;

/// Gives the remedy for a refusal of an operation, by AWS's error code.
pub(super) fn remedy(operation: &str, refusal: Refusal, code: &str) -> Option<&'static str> {
    Some(match (operation, code) {
        _ if refusal == Refusal::ClockOff => return None,
        ("CreateToken", "AccessDeniedException") => {
            "the sign-in was denied in the browser; run `awstok sso login` again to allow it"
        }
        ("CreateToken", "ExpiredTokenException") => "it took too long; run `awstok sso login` again",
        (_, "InvalidRequestRegionException") => "check `sso_region`: IAM Identity Center lives in another region",
        (_, "InvalidScopeException") => "check `sso_registration_scopes` in the `[sso-session]`",
        ("StartDeviceAuthorization", "InvalidRequestException") => "check `sso_start_url` and `sso_region`",
        ("CreateToken", _) => "sign in anew with `awstok sso login --force`",
        (_, "UnauthorizedException") => "the sign-in is over; sign in anew with `awstok sso login`",
        ("GetRoleCredentials", "ForbiddenException" | "ResourceNotFoundException") => {
            "check `sso_account_id` and `sso_role_name`; `awstok sso accounts` lists the roles that are yours"
        }
        _ => return None,
    })
}
