//! Owns what the signed calls to AWS's services share: limits of time and tries, where a service is, the words for refusals.
//! It refuses to know any one service; each names its operations and its own remedies.

mod errors;
mod settings;
mod watch;

use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;

use crate::error::Result;
use crate::wire::Network;

pub use errors::{Call, Refusal, Refused, Remedy, code_of, refusal_of, surely_not_sent, was_throttled};
pub use settings::ApiSettings;
pub use watch::{CallWatch, GoesOnce};

/// A call ends within this time, whatever happens.
pub const LIMIT: Duration = Duration::from_secs(30);
/// All tries of a call, a little less than the limit so that its own words are heard.
const ALL_TRIES: Duration = Duration::from_secs(26);
const ONE_TRY: Duration = Duration::from_secs(9);
/// What has one try only may take longer: a code is dear.
const ONLY_TRY: Duration = Duration::from_secs(24);
const TRIES: u32 = 3;

/// Gives what the client of any service is made with: region, endpoint, network, tries, and limits of time.
///
/// # Errors
/// `Kind::Invalid` for an endpoint, certificates or a proxy that can't be used.
pub fn client_config(settings: &ApiSettings, region: &str, network: &Network) -> Result<SdkConfig> {
    let tries = RetryConfig::standard().with_max_attempts(TRIES).with_initial_backoff(Duration::from_millis(500));
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .use_fips(settings.use_fips)
        .use_dual_stack(settings.use_dual_stack)
        .http_client(network.wire(settings.way()?)?)
        .retry_config(tries)
        .timeout_config(times(false))
        // a wrong clock is said, not corrected: freshness is judged by it later on
        .disable_clock_skew_correction(true);
    config.set_endpoint_url(settings.endpoint.clone());
    Ok(config.build())
}

/// Gives the limits of time of a call; `once` is whether it has one try only.
pub fn times(once: bool) -> TimeoutConfig {
    let one_try = if once { ONLY_TRY } else { ONE_TRY };
    TimeoutConfig::builder().operation_timeout(ALL_TRIES).operation_attempt_timeout(one_try).build()
}
