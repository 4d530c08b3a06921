//! Works for as long as it runs, whatever the lifetime of its credentials: the SDK asks awstok for new ones before the old
//! ones end. It says who it is every so often, and stops at the first call that fails.
//!
//! ```sh
//! cargo run --example long_running -- PROFILE [TIMES] [PAUSE-IN-MILLISECONDS]
//! ```
#![allow(clippy::print_stdout)]

use std::time::Duration;

use anyhow::Context as _;
use aws_config::BehaviorVersion;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider as Tls, rustls_provider::CryptoMode};
use awstok::provider::Provider;

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let profile = arguments.next().context("usage: long_running PROFILE [TIMES] [PAUSE-IN-MILLISECONDS]")?;
    let times = arguments.next().map_or(Ok(u64::MAX), |times| times.parse())?;
    let pause = Duration::from_millis(arguments.next().map_or(Ok(5_000), |pause| pause.parse())?);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(work(&profile, times, pause))
}

async fn work(profile: &str, times: u64, pause: Duration) -> anyhow::Result<()> {
    let config = aws_config::defaults(BehaviorVersion::latest())
        .credentials_provider(Provider::new(profile))
        .http_client(Builder::new().tls_provider(Tls::Rustls(CryptoMode::Ring)).build_https())
        .load()
        .await;
    let sts = aws_sdk_sts::Client::new(&config);
    for _ in 0..times {
        let me = sts.get_caller_identity().send().await?;
        println!("{}", me.arn().unwrap_or_default());
        tokio::time::sleep(pause).await;
    }
    Ok(())
}
