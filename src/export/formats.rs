//! Owns the renderings that are read by programs: JSON, dotenv, YAML and the JSON of `credential_process`.
//! It refuses a dotenv value that the common readers don't agree on.

use serde_json::{Map, Value};

use crate::clock::rfc3339;
use crate::error::{Failure, Kind, Result};
use crate::export::quote;
use crate::export::variables::Variables;
use crate::session::Session;

/// Renders the variables to set as one JSON object.
pub fn json(variables: &Variables) -> String {
    let object: Map<_, _> = variables.to_set().map(|(name, value)| (name.to_owned(), value.into())).collect();
    format!("{:#}\n", Value::Object(object))
}

/// Renders the variables to set as a YAML mapping of double-quoted strings, so that an account id stays text.
pub fn yaml(variables: &Variables) -> String {
    variables.to_set().map(|(name, value)| format!("{name}: {}\n", quote::double(value))).collect()
}

/// Renders the variables to set as a dotenv file.
///
/// Plain values stand bare: `docker run --env-file` takes quotes for a part of the value. Others are quoted in a way
/// that Python's, Node's, Ruby's and Go's readers read back alike.
///
/// # Errors
/// A value for which there is no such way.
pub fn dotenv(variables: &Variables) -> Result<String> {
    let mut text = String::new();
    for (name, value) in variables.to_set() {
        let word = dotenv_word(value).ok_or_else(|| {
            Failure::new(Kind::Other, format!("readers of dotenv files disagree on the value of `{name}`"))
                .hint("use `--format json` or `--format yaml`")
        })?;
        text.push_str(&format!("{name}={word}\n"));
    }
    Ok(text)
}

fn dotenv_word(value: &str) -> Option<String> {
    let has = |c: char| value.contains(c);
    if !value.is_empty() && value.bytes().all(quote::is_plain) {
        return Some(value.to_owned());
    }
    // Node turns a carriage return into a newline; Python replaces `${…}` even in single quotes
    if has('\r') || value.contains("${") {
        None
    } else if !has('\'') && !value.contains("\\\\") && !value.ends_with('\\') {
        Some(format!("'{value}'"))
    } else if !['"', '\\', '$', '`'].into_iter().any(has) {
        Some(format!("\"{value}\""))
    } else {
        None
    }
}

/// Renders `session` as the JSON that `credential_process` prints (AWS SDKs and Tools Reference Guide, "Process credential
/// provider"); without an `account_id` the session's own word counts.
pub fn process(session: &Session, account_id: Option<&str>) -> String {
    let credentials = &session.credentials;
    let members = [
        ("AccessKeyId", Some(credentials.access_key_id().to_owned())),
        ("SecretAccessKey", Some(credentials.secret_access_key().to_owned())),
        ("SessionToken", credentials.session_token().map(str::to_owned)),
        ("Expiration", session.expiration().map(rfc3339)),
        ("AccountId", account_id.or_else(|| session.account_id()).map(str::to_owned)),
    ];
    let mut object = Map::new();
    object.insert("Version".to_owned(), 1.into());
    for (name, value) in members {
        if let Some(value) = value {
            object.insert(name.to_owned(), value.into());
        }
    }
    format!("{:#}\n", Value::Object(object))
}

#[cfg(test)]
mod tests {
    use aws_credential_types::Credentials;
    use jiff::Timestamp;

    use super::*;

    fn variables(value: &str) -> Variables {
        let mut variables = Variables::default();
        variables.unset("AWS_PROFILE");
        variables.set("AWS_ACCOUNT_ID", value).unwrap();
        variables
    }

    #[test]
    fn only_what_is_set_is_rendered() {
        let variables = variables("000000000001");
        assert_eq!(json(&variables), "{\n  \"AWS_ACCOUNT_ID\": \"000000000001\"\n}\n");
        assert_eq!(yaml(&variables), "AWS_ACCOUNT_ID: \"000000000001\"\n");
        assert_eq!(dotenv(&variables).unwrap(), "AWS_ACCOUNT_ID=000000000001\n");
    }

    #[test]
    fn dotenv_takes_the_quotes_that_all_readers_agree_on() {
        let cases = [
            ("a/b+c=", Some("a/b+c=")),
            ("", Some("''")),
            ("two words # $x `y` \"z\" \\n", Some("'two words # $x `y` \"z\" \\n'")),
            ("two\nlines", Some("'two\nlines'")),
            ("it's", Some("\"it's\"")),
            ("it's \"x\"", None),
            ("${HOME}", None),
            ("a\r\nb", None),
            ("a\\\\b", None),
            ("a\\", None),
        ];
        for (value, word) in cases {
            assert_eq!(dotenv_word(value).as_deref(), word, "{value:?}");
        }
    }

    #[test]
    fn process_leaves_out_what_there_is_not() {
        let temporary = Session {
            credentials: Credentials::new(
                "ASIAEXAMPLE",
                "secret",
                Some("token".into()),
                Some("2026-01-02T03:04:05Z".parse::<Timestamp>().unwrap().into()),
                "test",
            ),
            issued_at: Timestamp::UNIX_EPOCH,
            arn: None,
            region: None,
        };
        let read = |text: String| serde_json::from_str::<Value>(&text).unwrap();
        assert_eq!(
            read(process(&temporary, Some("123456789012"))),
            serde_json::json!({
                "Version": 1, "AccessKeyId": "ASIAEXAMPLE", "SecretAccessKey": "secret", "SessionToken": "token",
                "Expiration": "2026-01-02T03:04:05Z", "AccountId": "123456789012",
            })
        );
        let long_term =
            Session { credentials: Credentials::new("AKIAEXAMPLE", "secret", None, None, "test"), ..temporary };
        assert_eq!(
            read(process(&long_term, None)),
            serde_json::json!({"Version": 1, "AccessKeyId": "AKIAEXAMPLE", "SecretAccessKey": "secret"})
        );
    }
}
