//! Owns the judgement of what IAM Identity Center answers: credentials and tokens are checked before anything is done with them.
//! It refuses values that could break a header, a file or a terminal, and lifetimes that can't be true.

use jiff::{SignedDuration, Timestamp};

use crate::clock::TOLERANCE;
use crate::secret::Secret;
use crate::session::{Demand, Said, Session};
use crate::wire::Endpoint;

/// A permission set's session lasts 12 hours at most (IAM Identity Center User Guide).
const LONGEST_SESSION: SignedDuration = SignedDuration::from_hours(12);
/// A sign-in lasts 90 days at most (the same).
const LONGEST_TOKEN: i64 = 90 * 86_400;
/// AWS's have nine characters.
const LONGEST_USER_CODE: usize = 64;
/// AWS's have some hundred; a QR code holds 2,953.
const LONGEST_PAGE: usize = 2_048;

/// Makes a session of role credentials; their life is counted from `began`.
pub(super) fn session(
    credentials: Option<&aws_sdk_sso::types::RoleCredentials>,
    account_id: &str,
    began: Timestamp,
) -> Result<Session, String> {
    let credentials = credentials.ok_or("the answer holds no credentials")?;
    let end = Timestamp::from_millisecond(credentials.expiration()).map_err(|_| "the expiration is no instant")?;
    let is_account = account_id.len() == 12 && account_id.bytes().all(|b| b.is_ascii_digit());
    let said = Said {
        access_key_id: credentials.access_key_id().map(str::to_owned),
        secret_access_key: credentials.secret_access_key().map(str::to_owned),
        session_token: credentials.session_token().map(str::to_owned),
        expiration: Some(end.to_string()),
        account_id: is_account.then(|| account_id.to_owned()),
        role_arn: None,
    };
    said.session(Demand { temporary: true, longest: Some(LONGEST_SESSION + TOLERANCE) }, began)
}

/// Gives the instant at which a token ends that was given at `began`.
pub(super) fn token_end(expires_in: i32, began: Timestamp) -> Result<Timestamp, String> {
    match i64::from(expires_in) {
        seconds @ 1..=LONGEST_TOKEN => Ok(began.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(began)),
        seconds => Err(format!("the answer's token lives {seconds} s, which no token does")),
    }
}

/// Checks a token or an id: AWS's are printable, in one piece.
pub(super) fn word(text: Option<&str>, what: &str) -> Result<Secret<String>, String> {
    let text = text.filter(|text| !text.is_empty()).ok_or_else(|| format!("the answer has no {what}"))?;
    match text.len() <= 64 * 1024 && text.bytes().all(|b| b.is_ascii_graphic()) {
        true => Ok(Secret::from(text)),
        false => Err(format!("the answer's {what} holds characters that AWS never uses")),
    }
}

/// Checks what a person compares or types.
pub(super) fn user_code(text: Option<&str>) -> Result<String, String> {
    let code = word(text, "user code")?.expose().clone();
    if code.len() <= LONGEST_USER_CODE { Ok(code) } else { Err("the answer's user code is too long for anyone".into()) }
}

/// Checks an address that a browser is sent to, perhaps by a program that knows a shell; it is drawn, too.
pub(super) fn page(text: Option<&str>, is_on_loopback: bool) -> Result<String, String> {
    let page = word(text, "verification address")?.expose().clone();
    let authority = page.find("://").map_or(0, |at| at + 3);
    let end = page.get(authority..).and_then(|rest| rest.find(['/', '?', '#'])).map_or(page.len(), |at| authority + at);
    let origin = page.get(..end).and_then(Endpoint::parse);
    // RFC 3986 knows none of these
    let is_plain = page.len() <= LONGEST_PAGE && !page.contains(['"', '<', '>', '\\', '^', '`', '{', '|', '}']);
    match origin.is_some_and(|origin| origin.https || (is_on_loopback && origin.loopback)) && is_plain {
        true => Ok(page),
        false => Err("the answer's verification address is no https address".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_judged() {
        let began = Timestamp::from_second(1_800_000_000).unwrap();
        let of = |key: &str, secret: &str, token: &str, in_seconds: i64| {
            let credentials = aws_sdk_sso::types::RoleCredentials::builder()
                .access_key_id(key)
                .secret_access_key(secret)
                .session_token(token)
                .expiration((1_800_000_000_i64.saturating_add(in_seconds)).saturating_mul(1_000))
                .build();
            session(Some(&credentials), "123456789012", began)
        };
        let fine = of("ASIAIOSFODNN7EXAMPLE", "s", "t", 3_600).unwrap();
        assert_eq!(fine.expiration().unwrap().as_second(), 1_800_003_600);
        assert_eq!((fine.account_id(), fine.issued_at), (Some("123456789012"), began));
        for bad in ["", "a\nb", "a\0", "[x]", "a b", "\u{2028}"] {
            assert!(of("ASIAIOSFODNN7EXAMPLE", bad, "t", 60).is_err(), "{bad:?}");
            assert!(of("ASIAIOSFODNN7EXAMPLE", "s", bad, 60).is_err(), "{bad:?}");
            assert!(of(bad, "s", "t", 60).is_err(), "{bad:?}");
        }
        for seconds in [0, -1, 13 * 3_600, 250_000_000_000, i64::MAX, i64::MIN] {
            assert!(of("ASIAIOSFODNN7EXAMPLE", "s", "t", seconds).is_err(), "{seconds}");
        }
        assert!(session(None, "123456789012", began).is_err());
    }

    #[test]
    fn tokens_and_pages_are_judged() {
        let began = Timestamp::from_second(1_800_000_000).unwrap();
        assert_eq!(token_end(28_800, began).unwrap().as_second(), 1_800_028_800);
        assert!([0, -1, i32::MIN, i32::MAX].iter().all(|seconds| token_end(*seconds, began).is_err()));
        assert!(word(Some("aoa-x.y/+="), "token").is_ok());
        assert!(
            [None, Some(""), Some("a b"), Some("a\r\nb"), Some("é")].iter().all(|text| word(*text, "token").is_err())
        );
        assert!(page(Some("https://device.sso.eu-west-1.amazonaws.com/?user_code=A-B"), false).is_ok());
        assert!(page(Some("https://d-1234567890.awsapps.com/start/#/device?user_code=A-B"), false).is_ok());
        let long = format!("https://a.b/{}", "x".repeat(2_048));
        for bad in [
            "http://evil.com/",
            "javascript:alert(1)",
            "file:///etc/passwd",
            "-x",
            "https://a b",
            "https://",
            "https:///x",
            "https://device.sso.eu-west-1.amazonaws.com@evil.com/",
            "https://a\\@evil.com/",
            "https://a.b/?x=`id`",
            "https://a.b/\"|calc",
            &long,
        ] {
            assert!(page(Some(bad), false).is_err() && page(Some(bad), true).is_err(), "{bad}");
        }
        assert!(page(Some("http://127.0.0.1:1/device"), true).is_ok());
        assert!(page(Some("http://127.0.0.1:1/device"), false).is_err());
        assert!(user_code(Some("ABCD-EFGH")).is_ok() && user_code(Some(&long[..65])).is_err());
    }
}
