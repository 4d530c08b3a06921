//! Owns what the signed calls to AWS's services share: limits of time and tries, where a service is, the words for refusals.
//! It refuses to know any one service; each names its operations and its own remedies.

mod errors;
mod settings;
mod watch;

use std::time::Duration;

use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;

pub use errors::{Call, Refusal, Refused, Remedy, code_of, refusal_of, surely_not_sent};
pub use settings::ApiSettings;
pub use watch::{DateWatch, GoesOnce};

/// A call ends within this time, whatever happens.
pub const LIMIT: Duration = Duration::from_secs(30);
/// All tries of a call, a little less than the limit so that its own words are heard.
const ALL_TRIES: Duration = Duration::from_secs(26);
const ONE_TRY: Duration = Duration::from_secs(9);
/// What has one try only may take longer: a code is dear.
const ONLY_TRY: Duration = Duration::from_secs(24);
const TRIES: u32 = 3;

/// Gives the tries of a call.
pub fn tries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(TRIES).with_initial_backoff(Duration::from_millis(500))
}

/// Gives the limits of time of a call; `once` is whether it has one try only.
pub fn times(once: bool) -> TimeoutConfig {
    let one_try = if once { ONLY_TRY } else { ONE_TRY };
    TimeoutConfig::builder().operation_timeout(ALL_TRIES).operation_attempt_timeout(one_try).build()
}
