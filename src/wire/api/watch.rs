//! Owns what is watched over a call: the host that it goes to, how far AWS's clock is ahead of ours, and that nothing goes twice
//! that may go only once.
//! It refuses to judge; the party that is called does.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextRef, InterceptorContext,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction, RetryClassifierPriority};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::DateTime;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::date_time::Format;
use jiff::{SignedDuration, Timestamp};

use crate::clock::Clock;
use crate::wire::NotSent;

/// Watches over a call: where it goes, and how far AWS's clock is ahead of ours by its answers.
#[derive(Debug, Clone)]
pub struct CallWatch {
    clock: Clock,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Debug, Default)]
struct Seen {
    host: Option<String>,
    ahead: Option<SignedDuration>,
}

impl CallWatch {
    /// Watches by this clock.
    pub fn new(clock: Clock) -> Self {
        Self { clock, seen: Arc::default() }
    }

    /// Gives the host that the last request was for, with its port where that isn't the usual one; none before the first.
    pub fn host(&self) -> Option<String> {
        self.seen().host.clone()
    }

    /// Gives the offset by the last answer's `Date`.
    pub fn ahead(&self) -> Option<SignedDuration> {
        self.seen().ahead
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[dyn_dispatch_hint]
impl Intercept for CallWatch {
    fn name(&self) -> &'static str {
        "CallWatch"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let host = context.request().uri().split_once("://").and_then(|(_, rest)| rest.split(['/', '?']).next());
        self.seen().host = host.map(str::to_owned);
        Ok(())
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let date =
            context.response().headers().get("date").and_then(|date| DateTime::from_str(date, Format::HttpDate).ok());
        let date = date.and_then(|date| Timestamp::from_second(date.secs()).ok());
        if let Some(date) = date {
            self.seen().ahead = Some(date.duration_since(self.clock.now()));
        }
        Ok(())
    }
}

/// Forbids another try of a request that may be sent once only, unless no byte of it was sent.
#[derive(Debug)]
pub struct GoesOnce;

impl ClassifyRetry for GoesOnce {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let unsent = context
            .output_or_error()
            .and_then(|outcome| outcome.err())
            .and_then(|error| error.as_connector_error())
            .and_then(std::error::Error::source)
            .is_some_and(|source| source.is::<NotSent>());
        if unsent { RetryAction::NoActionIndicated } else { RetryAction::RetryForbidden }
    }

    fn name(&self) -> &'static str {
        "GoesOnce"
    }

    fn priority(&self) -> RetryClassifierPriority {
        RetryClassifierPriority::run_after(RetryClassifierPriority::transient_error_classifier())
    }
}
