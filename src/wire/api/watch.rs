//! Owns what is watched over a call: how far AWS's clock is ahead of ours, and that nothing goes twice that may go only once.
//! It refuses to judge; the party that is called does.

use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeDeserializationInterceptorContextRef, InterceptorContext,
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

/// Watches a call's answers for how far AWS's clock is ahead of ours.
#[derive(Debug, Clone)]
pub struct DateWatch {
    clock: Clock,
    ahead: Arc<Mutex<Option<SignedDuration>>>,
}

impl DateWatch {
    /// Watches by this clock.
    pub fn new(clock: Clock) -> Self {
        Self { clock, ahead: Arc::default() }
    }

    /// Gives the offset by the last answer's `Date`.
    pub fn ahead(&self) -> Option<SignedDuration> {
        self.ahead.lock().ok().and_then(|ahead| *ahead)
    }
}

#[dyn_dispatch_hint]
impl Intercept for DateWatch {
    fn name(&self) -> &'static str {
        "DateWatch"
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
        if let (Some(date), Ok(mut ahead)) = (date, self.ahead.lock()) {
            *ahead = Some(date.duration_since(self.clock.now()));
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
