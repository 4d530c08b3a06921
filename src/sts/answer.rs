//! Owns the judgement of what AWS answers: credentials are checked before anything is done with them.
//! It refuses values that could break a file, and lifetimes that can't be true.

use aws_credential_types::Credentials;
use jiff::{SignedDuration, Timestamp};

use crate::clock::TOLERANCE;
use crate::session::Session;

/// GetSessionToken's longest session, 36 hours.
const LONGEST: SignedDuration = SignedDuration::from_hours(36);

/// Checks a session's credentials; the words of a refusal hold none of them.
pub(super) fn session(
    credentials: Option<&aws_sdk_sts::types::Credentials>,
    role_arn: Option<&str>,
    now: Timestamp,
) -> Result<Session, String> {
    let credentials = credentials.ok_or("the answer holds no credentials")?;
    let end = Timestamp::from_second(credentials.expiration().secs()).map_err(|_| "the expiration is no instant")?;
    if end <= now {
        return Err(format!("AWS answered with credentials that expire in the past ({end})"));
    }
    if end > now + LONGEST + TOLERANCE {
        return Err(format!("AWS answered with credentials that live longer than it ever grants ({end})"));
    }
    let mut built = Credentials::builder()
        .access_key_id(credentials.access_key_id())
        .secret_access_key(credentials.secret_access_key())
        .session_token(credentials.session_token())
        .expiry(end.into())
        .provider_name("awstok");
    if let Some(account) = role_arn.and_then(|arn| arn.split(':').nth(4)).filter(|id| !id.is_empty()) {
        built = built.account_id(account);
    }
    let session =
        Session { credentials: built.build(), issued_at: now, arn: role_arn.map(str::to_owned), region: None };
    (is_access_key_id(session.credentials.access_key_id())
        && session.is_sound()
        && session.credentials.session_token().is_some())
    .then_some(session)
    .ok_or_else(|| "the credentials are incomplete, or hold characters that AWS never uses".into())
}

/// AWS's own key ids are capitals and digits.
fn is_access_key_id(id: &str) -> bool {
    id.len() >= 16 && id.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::DateTime;

    use super::*;

    fn answered(key: &str, secret: &str, token: &str, expires_in: i64) -> Result<Session, String> {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let answer = aws_sdk_sts::types::Credentials::builder()
            .access_key_id(key)
            .secret_access_key(secret)
            .session_token(token)
            .expiration(DateTime::from_secs(1_800_000_000i64.saturating_add(expires_in)))
            .build()
            .unwrap();
        session(Some(&answer), Some("arn:aws:sts::123456789012:assumed-role/admin/ann"), now)
    }

    #[test]
    fn sound_answers_become_sessions() {
        let session = answered("ASIAIOSFODNN7EXAMPLE", "a/+B=", "t0ken//==", 3_600).unwrap();
        assert_eq!(session.account_id(), Some("123456789012"));
        assert_eq!(session.expiration().unwrap().as_second(), 1_800_003_600);
    }

    #[test]
    fn hostile_answers_are_refused() {
        let key = "ASIAIOSFODNN7EXAMPLE";
        for bad in ["", "a\nb", "a\rb", "a\0b", "a b", "a\tb", "[x]", "a\u{2028}b", "é"] {
            assert!(answered(key, bad, "t", 60).is_err(), "{bad:?}");
            assert!(answered(key, "s", bad, 60).is_err(), "{bad:?}");
        }
        for bad in ["", "ASIA", "asiaiosfodnn7example", "ASIAIOSFODNN7EXAMPL\n", &"A".repeat(129)] {
            assert!(answered(bad, "s", "t", 60).is_err(), "{bad:?}");
        }
        for seconds in [0, -1, -100_000, 37 * 3_600, 250_000_000_000, i64::MAX, i64::MIN] {
            assert!(answered(key, "s", "t", seconds).is_err(), "{seconds}");
        }
        assert!(session(None, None, Timestamp::UNIX_EPOCH).is_err());
    }
}
