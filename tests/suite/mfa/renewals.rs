//! Sessions behind a stored seed are renewed without a terminal, several ends long: by `serve`, `watch` and `exec --server` at once.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use awstok::sandbox::{Fault, Rule};
use serde_json::Value;

use super::{SEED, codes, mainuser};
use crate::commands::Stage;
use crate::server::Served;

/// How long sessions live: a quarter before their end they are renewed, and the device has another code by then.
const LIFETIME: Duration = Duration::from_secs(44);

/// Ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn nobody_types_while_sessions_end() {
    let stage = Stage::new();
    stage.sandbox.inject(Rule::new(Fault::Lifetime(LIFETIME)));
    mainuser(&stage, &format!("mfa_type = virtual\nmfa_secret = {SEED}\n"));
    let served = Served::of(&mut stage.home.command(["serve", "prod", "--json"]));
    let mut watch = stage.home.command(["watch", "prod"]);
    let _watch = Running(watch.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    let script = "while sleep 1; do curl -s -H \"Authorization: $AWS_CONTAINER_AUTHORIZATION_TOKEN\" \
        \"$AWS_CONTAINER_CREDENTIALS_FULL_URI\" > seen.new && mv seen.new seen; done";
    let mut exec = stage.home.command(["exec", "--server", "prod", "--", "sh", "-c", script]);
    let _exec = Running(exec.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());

    let key = |text: &str| -> Option<String> {
        let answer: Value = serde_json::from_str(text).ok()?;
        answer["AccessKeyId"].as_str().map(str::to_owned)
    };
    let in_file = || {
        let text = std::fs::read_to_string(stage.home.path(".aws/credentials")).unwrap_or_default();
        text.lines().find_map(|line| line.strip_prefix("aws_access_key_id = ")).map(str::to_owned)
    };
    let by_exec = || key(&std::fs::read_to_string(stage.home.path("seen")).unwrap_or_default());
    let by_serve = || key(&served.credentials().body);
    let ways: [(&str, &dyn Fn() -> Option<String>); 3] =
        [("watch", &in_file), ("exec --server", &by_exec), ("serve", &by_serve)];
    // three user's sessions: two have ended, or are about to
    let end = Instant::now() + Duration::from_secs(300);
    let mut seen: [Vec<String>; 3] = Default::default();
    while codes(&stage).len() < 3 || seen.iter().any(|keys| keys.len() < 3) {
        assert!(Instant::now() < end, "{seen:?}, codes: {}", codes(&stage).len());
        for ((_, way), keys) in ways.iter().zip(&mut seen) {
            if let Some(key) = way()
                && !keys.contains(&key)
            {
                keys.push(key);
            }
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    let mut sent = codes(&stage);
    let all = sent.len();
    sent.sort();
    sent.dedup();
    assert_eq!(sent.len(), all, "a code was sent twice");
    assert!(stage.sandbox.calls_of("GetSessionToken").iter().all(|call| call.status == 200));
}
