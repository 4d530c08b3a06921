//! Owns plain requests to small services on the machine or beside it: one request, one bounded answer, one limit of time.
//! It refuses to follow a redirect, to try again, and to judge a status.

use std::time::Duration;

use aws_smithy_runtime_api::client::http::HttpConnector as _;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::DateTime;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::date_time::Format;
use jiff::Timestamp;
use zeroize::Zeroizing;

use super::words::{causes, network_words, one_line, tls_words};
use super::{NotSent, TooLong, Wire};

/// A request without a body.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The HTTP method.
    pub method: &'static str,
    /// The URL; whoever makes it has checked the host.
    pub url: &'a str,
    /// Names and values; a value that no header can hold is `Trouble::Unsendable`.
    pub headers: &'a [(&'static str, &'a str)],
    /// The time until the whole answer must be there.
    pub limit: Duration,
}

/// An answer of any status.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body, which may hold secrets.
    pub body: Zeroizing<Vec<u8>>,
    /// The other side's clock.
    pub date: Option<Timestamp>,
}

impl Answer {
    /// Gives the body as text; `None` for what isn't UTF-8.
    pub fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.body).ok()
    }

    /// Says what is odd about the status, for an answer that can't be used.
    pub fn odd_status(&self) -> String {
        match self.status {
            300..=399 => {
                format!("the answer (status {}) leads to another place, which is never followed", self.status)
            }
            status => format!("the answer has status {status}"),
        }
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// The time is over: there was no connection, or no whole answer.
    TimedOut,
    /// No connection came about.
    NoConnection(String),
    /// The answer is none: cut, endless, not HTTP.
    Broken(String),
    /// The request can't be made.
    Unsendable,
}

impl Trouble {
    /// Says it.
    pub fn words(&self) -> String {
        match self {
            Self::TimedOut => "no answer came in time".into(),
            Self::NoConnection(words) | Self::Broken(words) => words.clone(),
            Self::Unsendable => "the request can't be sent".into(),
        }
    }
}

/// Makes a request.
///
/// # Errors
/// Where no whole answer came.
pub async fn exchange(wire: &Wire, request: Request<'_>) -> Result<Answer, Trouble> {
    let mut sent = HttpRequest::new(SdkBody::empty());
    sent.set_method(request.method).map_err(|_| Trouble::Unsendable)?;
    sent.set_uri(request.url).map_err(|_| Trouble::Unsendable)?;
    for (name, value) in request.headers {
        sent.headers_mut().try_insert(*name, (*value).to_owned()).map_err(|_| Trouble::Unsendable)?;
    }
    let answer = match tokio::time::timeout(request.limit, wire.call(sent)).await {
        Ok(answer) => answer.map_err(|error| trouble(&error))?,
        Err(_) => return Err(Trouble::TimedOut),
    };
    let date = answer.headers().get("date").and_then(|date| DateTime::from_str(date, Format::HttpDate).ok());
    Ok(Answer {
        status: answer.status().as_u16(),
        body: Zeroizing::new(answer.body().bytes().unwrap_or_default().to_vec()),
        date: date.and_then(|date| Timestamp::from_second(date.secs()).ok()),
    })
}

fn trouble(error: &ConnectorError) -> Trouble {
    let words = match tls_words(error) {
        Some(words) => words,
        None if causes(error).any(<dyn std::error::Error>::is::<TooLong>) => TooLong.to_string(),
        None => network_words(error),
    };
    let words = one_line(&words, &[], 300);
    match causes(error).any(<dyn std::error::Error>::is::<NotSent>) {
        true if error.is_timeout() => Trouble::TimedOut,
        true => Trouble::NoConnection(words),
        false => Trouble::Broken(words),
    }
}
