//! Owns STS's limits on what goes into a request (service model of STS, 2011-06-15), so that a wrong value
//! fails with file and line instead of in a call. It refuses to know about profiles.

use std::ops::RangeInclusive;
use std::time::Duration;

/// The shortest session of all calls.
pub const SHORTEST: Duration = Duration::from_secs(900);
/// The longest GetSessionToken session of an IAM user.
pub const LONGEST_SESSION: Duration = Duration::from_secs(129_600);
/// The longest AssumeRole session.
pub const LONGEST_ROLE: Duration = Duration::from_secs(43_200);
/// The longest AssumeRole session when temporary credentials sign the call, whatever the role allows.
pub const LONGEST_CHAINED_ROLE: Duration = Duration::from_secs(3_600);
/// What a session of an IAM user lasts when nothing else is said.
pub const USUAL_SESSION: Duration = Duration::from_secs(43_200);
/// What a role's session lasts when nothing else is said.
pub const USUAL_ROLE: Duration = Duration::from_secs(3_600);
/// How many session tags, and how many transitive ones, a request may carry.
pub const MOST_TAGS: usize = 50;
/// How many managed session policies a request may carry.
pub const MOST_POLICY_ARNS: usize = 10;

/// A text parameter of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parameter {
    /// `RoleArn`, and the ARNs of `PolicyArns`.
    Arn,
    /// `RoleSessionName`.
    RoleSessionName,
    /// `ExternalId`.
    ExternalId,
    /// `SerialNumber` of an MFA device.
    SerialNumber,
    /// `TokenCode` of an MFA device.
    TokenCode,
    /// `SourceIdentity`.
    SourceIdentity,
    /// The key of a session tag.
    TagKey,
    /// The value of a session tag.
    TagValue,
    /// `Policy`, the inline session policy.
    Policy,
}

impl Parameter {
    /// Says what is wrong with `value`, as the end of the sentence "the value …"; nothing when STS takes it.
    ///
    /// # Errors
    /// When the length or a character is outside STS's limits.
    pub fn check(self, value: &str) -> Result<(), String> {
        let (length, extra) = self.rule();
        let count = value.chars().count();
        if !length.contains(&count) {
            let (least, most) = (length.start(), length.end());
            return Err(if least == most {
                format!("has {count} characters instead of {least}")
            } else {
                format!("has {count} characters, and AWS takes {least} to {most}")
            });
        }
        match value.chars().find(|&c| !self.allows(c)) {
            Some(c) => Err(format!("contains {}, and AWS takes only {extra}", shown(c))),
            None => Ok(()),
        }
    }

    /// Gives a value that STS takes, for remedies.
    pub fn example(self) -> &'static str {
        match self {
            Self::Arn => "arn:aws:iam::aws:policy/ReadOnlyAccess",
            Self::RoleSessionName | Self::SourceIdentity => "ann@example.com",
            Self::ExternalId => "customer:4711",
            Self::SerialNumber => "arn:aws:iam::123456789012:mfa/ann",
            Self::TokenCode => "123456",
            Self::TagKey | Self::TagValue => "project=books,team=red",
            Self::Policy => r#"{"Version":"2012-10-17","Statement":[]}"#,
        }
    }

    fn rule(self) -> (RangeInclusive<usize>, &'static str) {
        match self {
            Self::Arn => (20..=2_048, "printable characters"),
            Self::RoleSessionName | Self::SourceIdentity => (2..=64, "letters, digits and `_+=,.@-`"),
            Self::ExternalId => (2..=1_224, "letters, digits and `_+=,.@:/-`"),
            Self::SerialNumber => (9..=256, "letters, digits and `_+=/:,.@-`"),
            Self::TokenCode => (6..=6, "the digits 0 to 9"),
            Self::TagKey => (1..=128, "letters, digits, blanks and `_.:/=+-@`"),
            Self::TagValue => (0..=256, "letters, digits, blanks and `_.:/=+-@`"),
            // the model names no maximum; the IAM guide does, for the inline policy and the ARNs together
            Self::Policy => (1..=2_048, "Latin-1 characters"),
        }
    }

    fn allows(self, c: char) -> bool {
        let word = |more: &str| c.is_ascii_alphanumeric() || c == '_' || more.contains(c);
        match self {
            Self::Arn => matches!(c, '\u{20}'..='\u{7e}' | '\u{a0}'..) && !c.is_whitespace(),
            Self::RoleSessionName | Self::SourceIdentity => word("+=,.@-"),
            Self::ExternalId | Self::SerialNumber => word("+=,.@:/-"),
            Self::TokenCode => c.is_ascii_digit(),
            Self::TagKey | Self::TagValue => {
                c.is_alphanumeric() || (c.is_whitespace() && !c.is_control()) || "_.:/=+-@".contains(c)
            }
            Self::Policy => matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{ff}'),
        }
    }
}

/// Checks a session policy (JSON) and takes the white space out, which STS would count against its limit.
///
/// # Errors
/// When it is no JSON object, or too long; the text is the end of the sentence "the policy …".
pub fn compact_policy(text: &str) -> Result<String, String> {
    let policy: serde_json::Value = serde_json::from_str(text).map_err(|error| format!("is no JSON: {error}"))?;
    if !policy.is_object() {
        return Err("is no policy: a JSON object begins with `{`".into());
    }
    let compact = policy.to_string();
    Parameter::Policy.check(&compact).map(|()| compact)
}

/// Turns any text, such as a login name, into a legal `RoleSessionName`; one with nothing usable becomes `awstok`.
pub fn clean_session_name(text: &str) -> String {
    let allowed = |c| Parameter::RoleSessionName.allows(c);
    let cleaned: String = text.trim().chars().take(64).map(|c| if allowed(c) { c } else { '-' }).collect();
    let cleaned = cleaned.trim_matches('-');
    match cleaned.len() {
        0 => "awstok".into(),
        1 => format!("awstok-{cleaned}"),
        _ => cleaned.into(),
    }
}

fn shown(c: char) -> String {
    match c {
        ' ' => "a blank".into(),
        c if c.is_control() || c.is_whitespace() => format!("the character `{}`", c.escape_unicode()),
        c => format!("`{c}`"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_sts_refuses_is_refused() {
        let x = |count| "x".repeat(count);
        let refused = [
            (Parameter::RoleSessionName, vec!["a".into(), x(65), "a b".into(), "a/b".into(), "é".into(), "éa".into()]),
            (Parameter::SerialNumber, vec!["short".into(), x(257), "arn:aws:iam::1:mfa/a b".into()]),
            (
                Parameter::TokenCode,
                vec!["12345".into(), "1234567".into(), "12345a".into(), " 123456".into(), "１２３４５６".into()],
            ),
            (Parameter::Arn, vec!["arn:aws:iam::1".into(), x(2_049)]),
            (Parameter::ExternalId, vec!["a".into(), x(1_225), "a b".into()]),
            (Parameter::SourceIdentity, vec!["a".into(), x(65)]),
            (Parameter::TagKey, vec![String::new(), x(129), "a*".into()]),
            (Parameter::TagValue, vec![x(257), "a\n".into()]),
            (Parameter::Policy, vec![String::new(), x(2_049), "{\"日\":1}".into()]),
        ];
        for (parameter, values) in refused {
            for value in values {
                assert!(parameter.check(&value).is_err(), "{parameter:?} {value:?}");
            }
        }
    }

    #[test]
    fn what_sts_takes_is_taken() {
        let taken = [
            (Parameter::RoleSessionName, "ann.b+c=d,e@f-g_h"),
            (Parameter::SerialNumber, "GAHT12345678"),
            (Parameter::SerialNumber, "arn:aws:iam::123456789012:mfa/path/ann@example.com"),
            (Parameter::TokenCode, "123456"),
            (Parameter::Arn, "arn:aws:iam::123456789012:role/team/admin"),
            (Parameter::ExternalId, "https://example.com/a:b"),
            (Parameter::TagKey, "Cost Centre"),
            (Parameter::TagValue, ""),
            (Parameter::TagValue, "Zürich"),
            (Parameter::Policy, "{}"),
        ];
        for (parameter, value) in taken {
            assert_eq!(parameter.check(value), Ok(()), "{parameter:?} {value:?}");
        }
    }

    #[test]
    fn remedies_are_themselves_taken() {
        for parameter in [
            Parameter::Arn,
            Parameter::RoleSessionName,
            Parameter::ExternalId,
            Parameter::SerialNumber,
            Parameter::TokenCode,
            Parameter::SourceIdentity,
            Parameter::Policy,
        ] {
            assert_eq!(parameter.check(parameter.example()), Ok(()));
        }
    }

    #[test]
    fn login_names_become_session_names() {
        let cases = [
            ("ann", "ann"),
            ("josé", "jos"),
            ("a b", "a-b"),
            ("DOMAIN\\ann", "DOMAIN-ann"),
            ("日本", "awstok"),
            ("", "awstok"),
            ("x", "awstok-x"),
        ];
        for (login, name) in cases {
            assert_eq!(clean_session_name(login), name, "{login}");
        }
    }

    proptest! {
        #[test]
        fn any_text_becomes_a_legal_session_name(text in ".*") {
            prop_assert_eq!(Parameter::RoleSessionName.check(&clean_session_name(&text)), Ok(()));
        }
    }
}
