//! A program in Rust, through the library: one client of the AWS SDK for its whole life.

use std::time::{Duration, Instant};

use aws_config::BehaviorVersion;
use aws_smithy_http_client::Builder;
use awstok::environment::Environment;
use awstok::provider::Provider;

use super::{Stage, TIME};

pub(super) fn through_the_library() {
    let stage = Stage::new("");
    let env: Environment = stage.home.environment().into_iter().collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let calls = runtime.block_on(async {
        let config = aws_config::defaults(BehaviorVersion::latest())
            .credentials_provider(Provider::builder("worker").environment(env).build())
            .http_client(Builder::new().build_http())
            .region("eu-central-1")
            .endpoint_url(stage.sandbox.url())
            .load()
            .await;
        let sts = aws_sdk_sts::Client::new(&config);
        let (begun, mut calls) = (Instant::now(), 0);
        while begun.elapsed() < TIME {
            let me = sts.get_caller_identity().send().await.unwrap();
            assert!(me.arn().unwrap().contains(":assumed-role/Worker/"));
            calls += 1;
            tokio::time::sleep(Duration::from_millis(400)).await;
        }
        calls
    });
    stage.judge(calls);
}
