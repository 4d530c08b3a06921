//! Owns the words for what goes wrong on the way to another machine: names, connections, certificates.
//! It refuses to say what that means; the party that was called does.

use std::error::Error as StdError;

use crate::encoding::{percent, percent_in_lower_case};
use crate::error::visible;

/// Says what is wrong with the other side's certificate or TLS, if that is what went wrong.
pub fn tls_words(error: &(dyn StdError + 'static)) -> Option<String> {
    use rustls::CertificateError as Bad;
    use rustls::Error as Tls;
    let tls = causes(error).find_map(|cause| cause.downcast_ref::<Tls>())?;
    Some(match tls {
        Tls::InvalidCertificate(Bad::UnknownIssuer) => "TLS: the certificate's issuer isn't trusted".into(),
        Tls::InvalidCertificate(Bad::Expired | Bad::ExpiredContext { .. }) => "TLS: the certificate has expired".into(),
        Tls::InvalidCertificate(Bad::NotValidYet | Bad::NotValidYetContext { .. }) => {
            "TLS: the certificate isn't valid yet".into()
        }
        Tls::InvalidCertificate(Bad::NotValidForName | Bad::NotValidForNameContext { .. }) => {
            "TLS: the certificate is for another host name".into()
        }
        Tls::InvalidCertificate(Bad::BadSignature) => "TLS: the certificate's signature doesn't hold".into(),
        other => format!("TLS: {other}"),
    })
}

/// Says what went wrong with a connection.
pub fn network_words(error: &(dyn StdError + 'static)) -> String {
    use std::io::ErrorKind;
    let io = causes(error).filter_map(|cause| cause.downcast_ref::<std::io::Error>()).last();
    match io.map(std::io::Error::kind) {
        _ if causes(error).any(|cause| cause.to_string().starts_with("dns error")) => {
            format!("the host name can't be looked up: {}", root_cause(error))
        }
        Some(ErrorKind::ConnectionRefused) => "the connection was refused".into(),
        Some(ErrorKind::ConnectionReset | ErrorKind::BrokenPipe) => "the connection was cut".into(),
        Some(ErrorKind::UnexpectedEof) => "the connection was closed before the answer was whole".into(),
        Some(ErrorKind::TimedOut) => "no connection came about in time".into(),
        // hyper's words for it
        _ if root_cause(error) == "connection closed before message completed" => {
            "the connection was closed before the answer was whole".into()
        }
        _ if causes(error).any(|cause| cause.to_string().contains("timeout")) => "no answer came in time".into(),
        _ => root_cause(error),
    }
}

/// Gives the words of the innermost cause.
pub fn root_cause(error: &(dyn StdError + 'static)) -> String {
    causes(error).last().map(ToString::to_string).unwrap_or_default()
}

/// Walks an error's causes; what an `io::Error` wraps counts, which `source` skips.
pub fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| match error.downcast_ref::<std::io::Error>() {
        Some(io) => io.get_ref().map(|inner| inner as &(dyn StdError + 'static)),
        None => error.source(),
    })
}

/// Makes foreign text one short visible line of at most `most` characters, without the `secrets`, as they are or as a form's
/// body has them.
pub fn one_line(text: &str, secrets: &[&str], most: usize) -> String {
    let mut text = text.to_owned();
    for secret in secrets.iter().filter(|secret| secret.len() >= 6) {
        for form in [*secret, &percent(secret), &percent_in_lower_case(secret)] {
            text = text.replace(form, "****");
        }
    }
    let line = visible(&text.split_whitespace().collect::<Vec<_>>().join(" "));
    match line.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_cut_out_of_foreign_words() {
        let words = one_line("x-amz-security-token:token-canary\n\u{1b}[2J 123456", &["123456", "token-canary"], 60);
        assert_eq!(words, "x-amz-security-token:**** \\u{1b}[2J ****");
        assert_eq!(one_line("Token=a%2FB%2Bcanary&x a%2fB%2bcanary", &["a/B+canary"], 60), "Token=****&x ****");
        assert_eq!(one_line("äbcdef", &[], 3), "äbc…");
    }
}
