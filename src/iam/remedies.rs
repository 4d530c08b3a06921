//! Owns the remedies for what IAM refuses.
//! It refuses to repeat the general ones: a key that isn't known is the same everywhere.

use crate::wire::Refusal;

/// Gives what can be done about a refusal.
pub(super) fn remedy(operation: &str, refusal: Refusal, code: &str) -> Option<&'static str> {
    Some(match (refusal, operation) {
        (Refusal::WrongCode, _) => {
            "IAM wants two codes of the device in a row; check this machine's clock where the seed is stored"
        }
        (Refusal::Denied, _) => {
            "the user's policies must allow it (`iam:*MFADevice`, `iam:*AccessKey*` on oneself), and may ask for a session with MFA"
        }
        (Refusal::Exists, "CreateVirtualMFADevice") => "choose another name with `--device-name`",
        (Refusal::Full, "EnableMFADevice") => "a user may have eight devices: deactivate one first",
        (Refusal::Full, "CreateAccessKey") => "a user may have two access keys: delete one first",
        (Refusal::UnknownKey, _) => {
            "check `aws_access_key_id` in the profile file; IAM takes a user's session only where it was made with MFA"
        }
        _ if code == "EntityTemporarilyUnmodifiable" => "it is being changed already: try again in a minute",
        _ => return None,
    })
}
