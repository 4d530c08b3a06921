//! Owns the words for what goes wrong in a call: AWS's refusals with code and request id, everything else as plain causes.
//! It refuses to repeat a secret: what the call was signed with is cut out of AWS's own messages.

use std::error::Error as StdError;
use std::fmt;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use jiff::SignedDuration;

use crate::clock::{is_off, offset_words};
use crate::error::{Failure, Kind};
use crate::wire::{NotSent, TooLong, causes, network_words, one_line, root_cause, tls_words};

/// Under this name the SDK keeps the request id that a body states.
const REQUEST_ID: &str = "aws_request_id";

/// Why AWS refused, where a caller or a hint depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The token code is wrong, or was used before.
    WrongCode,
    /// The access key isn't known (any more).
    UnknownKey,
    /// The secret access key doesn't fit the key id.
    BadSignature,
    /// The signing credentials have expired.
    Expired,
    /// This machine's clock and AWS's are too far apart.
    ClockOff,
    /// The signing identity isn't allowed to do this.
    Denied,
    /// STS isn't active in this region for the account.
    RegionDisabled,
    /// The duration is longer than the role, or a chain of roles, allows.
    TooLong,
    /// There is something of that name already.
    Exists,
    /// What was named isn't there.
    Absent,
    /// There are as many as there may be.
    Full,
    /// Anything else.
    Other,
}

/// AWS's answer to a call that it refused.
#[derive(Debug)]
pub struct Refused {
    /// The class of the refusal.
    pub refusal: Refusal,
    code: String,
    message: String,
    request_id: Option<String>,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.code)?;
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        match &self.request_id {
            Some(id) => write!(f, " (request id {id})"),
            None => Ok(()),
        }
    }
}

impl StdError for Refused {}

/// Finds AWS's error code in an error.
pub fn code_of(error: &anyhow::Error) -> Option<&str> {
    error.chain().find_map(|cause| cause.downcast_ref::<Refused>()).map(|refused| refused.code.as_str())
}

/// Finds AWS's refusal in an error.
pub fn refusal_of(error: &anyhow::Error) -> Option<Refusal> {
    error.chain().find_map(|cause| cause.downcast_ref::<Refused>()).map(|refused| refused.refusal)
}

/// Tells whether the request surely never reached AWS, so that a code in it is still good.
pub fn surely_not_sent(error: &anyhow::Error) -> bool {
    error.chain().any(<dyn StdError>::is::<NeverSent>)
}

/// Tells whether AWS had no time for a call, however often it was tried: later it may.
pub fn was_throttled(error: &anyhow::Error) -> bool {
    error.chain().any(<dyn StdError>::is::<Throttled>)
}

/// The remedy for a refusal of an operation, by its class and AWS's error code; none leaves it to the general one.
pub type Remedy = fn(&str, Refusal, &str) -> Option<&'static str>;

/// What a call is remembered by when it fails.
pub struct Call<'a> {
    /// The API's name of the operation.
    pub operation: &'static str,
    /// What was called: the endpoint, or the host.
    pub place: String,
    /// What must not be repeated.
    pub secrets: Vec<&'a str>,
    /// How far AWS's clock is ahead of ours, where it answered.
    pub ahead: Option<SignedDuration>,
    /// What the party that is called knows of its own refusals.
    pub remedy: Remedy,
}

impl Call<'_> {
    /// Gives what was answered, unless it comes from another time.
    ///
    /// # Errors
    /// The SDK's, in words; a clock that is wrong.
    pub fn check<T, E>(&self, answer: Result<T, SdkError<E, HttpResponse>>) -> Result<T, Failure>
    where
        E: ProvideErrorMetadata + StdError + 'static,
    {
        let answer = answer.map_err(|error| self.failure(&error))?;
        match self.ahead.filter(|ahead| is_off(*ahead)) {
            Some(ahead) => Err(self.clock_off(ahead)),
            None => Ok(answer),
        }
    }

    /// Turns the SDK's error into words, kind and remedy.
    pub fn failure<E>(&self, error: &SdkError<E, HttpResponse>) -> Failure
    where
        E: ProvideErrorMetadata + StdError + 'static,
    {
        let id = error.raw_response().and_then(|answer| {
            ["x-amzn-requestid", "x-amz-request-id"].iter().find_map(|name| answer.headers().get(*name))
        });
        let id = id.or_else(|| error.meta().extra(REQUEST_ID)).map(|id| self.safe(id, 80));
        match error {
            SdkError::ServiceError(answer) => {
                let status = answer.raw().status().as_u16();
                match answer.err().code() {
                    Some(code) if status < 500 && !is_throttling(code) => self.refused(Refused {
                        refusal: classify(code, answer.err().message().unwrap_or_default(), self.ahead),
                        code: self.safe(code, 80),
                        message: self.safe(answer.err().message().unwrap_or_default(), 400),
                        request_id: id,
                    }),
                    Some(code) => {
                        let id = id.map(|id| format!(" (request id {id})")).unwrap_or_default();
                        let words = format!("AWS answered with status {status}: {}{id}", self.safe(code, 80));
                        if is_throttling(code) { self.unusable(Throttled(words)) } else { self.unreachable(words) }
                    }
                    None => self.unreachable(not_from_aws(status)),
                }
            }
            SdkError::ResponseError(answer) => self.unreachable(not_from_aws(answer.raw().status().as_u16())),
            SdkError::TimeoutError(_) => self.unreachable("no answer came in time".into()),
            SdkError::DispatchFailure(failure) => match failure.as_connector_error() {
                Some(error) => self.dispatch(error),
                None => self.unreachable("the request could not be sent".into()),
            },
            _ => Failure::new(Kind::Other, format!("{} could not be called", self.operation))
                .because(anyhow::anyhow!(self.safe(&root_cause(error), 300))),
        }
    }

    /// The failure of a call that wasn't answered in a usable way.
    pub fn unreachable(&self, why: String) -> Failure {
        self.unusable(anyhow::anyhow!(why))
    }

    fn unusable(&self, why: impl Into<anyhow::Error>) -> Failure {
        Failure::new(Kind::Unreachable, format!("{} at `{}` got no usable answer", self.operation, self.place))
            .because(why)
    }

    /// The failure of a call whose answer shows that a clock is wrong.
    pub fn clock_off(&self, ahead: SignedDuration) -> Failure {
        self.refused(Refused {
            refusal: Refusal::ClockOff,
            code: format!("this machine's clock {}", offset_words(ahead, "AWS's")),
            message: String::new(),
            request_id: None,
        })
    }

    fn dispatch(&self, error: &(dyn StdError + 'static)) -> Failure {
        let words = if let Some(words) = tls_words(error) {
            words
        } else if causes(error).any(<dyn StdError>::is::<TooLong>) {
            return self.unreachable(TooLong.to_string());
        } else {
            network_words(error)
        };
        let words = self.safe(&words, 300);
        let sent = !causes(error).any(<dyn StdError>::is::<NotSent>);
        let failure = Failure::new(
            Kind::Unreachable,
            match sent {
                true => format!("{} at `{}` got no usable answer", self.operation, self.place),
                false => format!("`{}` can't be reached for {}", self.place, self.operation),
            },
        );
        let failure = match words.strip_prefix("TLS") {
            Some(_) => failure.hint(
                "check the clock, the host name, and `AWS_CA_BUNDLE` where a proxy breaks TLS open; TLS is never skipped",
            ),
            None => failure,
        };
        if sent { failure.because(anyhow::anyhow!(words)) } else { failure.because(NeverSent(words)) }
    }

    fn refused(&self, refused: Refused) -> Failure {
        let hint = (self.remedy)(self.operation, refused.refusal, &refused.code).or_else(|| hint(refused.refusal));
        let hint = match self.ahead.filter(|_| refused.refusal == Refusal::ClockOff) {
            Some(ahead) => Some(format!("this machine's clock {}; set it right (NTP)", offset_words(ahead, "AWS's"))),
            None => hint.map(str::to_owned),
        };
        let failure = Failure::new(Kind::Refused, format!("AWS refused {}", self.operation)).because(refused);
        match hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }

    /// Makes foreign text one short visible line without secrets.
    fn safe(&self, text: &str, most: usize) -> String {
        one_line(text, &self.secrets, most)
    }
}

/// The cause of a call that never left this machine.
#[derive(Debug)]
struct NeverSent(String);

impl fmt::Display for NeverSent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl StdError for NeverSent {}

/// The cause of a call that AWS had no time for.
#[derive(Debug)]
struct Throttled(String);

impl fmt::Display for Throttled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl StdError for Throttled {}

fn classify(code: &str, message: &str, ahead: Option<SignedDuration>) -> Refusal {
    let off = ahead.is_some_and(is_off);
    match code {
        _ if message.contains("MultiFactorAuthentication failed with invalid MFA one time pass code") => {
            Refusal::WrongCode
        }
        "RequestExpired" | "RequestTimeTooSkewed" => Refusal::ClockOff,
        "SignatureDoesNotMatch" if off || message.starts_with("Signature expired") => Refusal::ClockOff,
        "SignatureDoesNotMatch" if message.starts_with("Signature not yet current") => Refusal::ClockOff,
        "ExpiredToken" | "ExpiredTokenException" if off => Refusal::ClockOff,
        "ExpiredToken" | "ExpiredTokenException" => Refusal::Expired,
        "SignatureDoesNotMatch" | "InvalidSignatureException" | "IncompleteSignature" => Refusal::BadSignature,
        "InvalidClientTokenId" | "UnrecognizedClientException" => Refusal::UnknownKey,
        "RegionDisabledException" | "RegionDisabled" => Refusal::RegionDisabled,
        "ValidationError" if message.contains("DurationSeconds") => Refusal::TooLong,
        "AccessDenied" | "AccessDeniedException" => Refusal::Denied,
        "InvalidAuthenticationCode" => Refusal::WrongCode,
        "EntityAlreadyExists" => Refusal::Exists,
        "NoSuchEntity" => Refusal::Absent,
        "LimitExceeded" => Refusal::Full,
        _ => Refusal::Other,
    }
}

fn hint(refusal: Refusal) -> Option<&'static str> {
    Some(match refusal {
        Refusal::WrongCode => "wait for the device's next code: each works once, and only for its 30 s",
        Refusal::UnknownKey => {
            "the access key was deleted, deactivated or mistyped; check `aws_access_key_id` in the file of the IAM user's profile"
        }
        Refusal::BadSignature => "check `aws_secret_access_key` in the file of the IAM user's profile",
        Refusal::Expired => "get a new session with `awstok token --force`",
        Refusal::ClockOff => "set this machine's clock right (NTP)",
        _ => return None,
    })
}

fn is_throttling(code: &str) -> bool {
    matches!(
        code,
        "Throttling"
            | "ThrottlingException"
            | "ThrottledException"
            | "RequestThrottled"
            | "RequestThrottledException"
            | "RequestLimitExceeded"
            | "TooManyRequestsException"
            | "SlowDown"
            | "SlowDownException"
            | "BandwidthLimitExceeded"
            | "PriorRequestNotComplete"
            | "LimitExceededException"
            | "ServiceUnavailable"
    )
}

fn not_from_aws(status: u16) -> String {
    match status {
        300..=399 => format!("the answer (status {status}) leads to another place, which is never followed"),
        407 => "the proxy wants authentication (status 407)".into(),
        _ => format!("the answer (status {status}) isn't one of AWS's: broken, or from a proxy in between"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call<'a>(secrets: &[&'a str]) -> Call<'a> {
        Call {
            operation: "AssumeRole",
            place: "here".into(),
            secrets: secrets.to_vec(),
            ahead: None,
            remedy: |_, _, _| None,
        }
    }

    #[test]
    fn refusals_are_told_apart() {
        let wrong = "MultiFactorAuthentication failed with invalid MFA one time pass code. ";
        assert_eq!(classify("AccessDenied", wrong, None), Refusal::WrongCode);
        assert_eq!(classify("AccessDenied", "User: x is not authorized", None), Refusal::Denied);
        assert_eq!(classify("SignatureDoesNotMatch", "The request signature", None), Refusal::BadSignature);
        assert_eq!(classify("SignatureDoesNotMatch", "Signature expired: 2026", None), Refusal::ClockOff);
        let hour = Some(SignedDuration::from_hours(-1));
        assert_eq!(classify("SignatureDoesNotMatch", "The request signature", hour), Refusal::ClockOff);
        assert_eq!(classify("ExpiredToken", "", None), Refusal::Expired);
    }

    #[test]
    fn the_offset_is_stated() {
        let error: anyhow::Error = call(&[]).clock_off(SignedDuration::from_mins(12)).into();
        assert_eq!(refusal_of(&error), Some(Refusal::ClockOff));
        assert!(crate::error::render(&error).contains("is 12m behind AWS's"));
    }
}
