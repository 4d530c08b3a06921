//! A shell script that knows nothing but its environment, under `supervise`.

use super::{LIFETIME, TIME};
use crate::supervise::Stage;
use crate::tools::tool;

/// Calls AWS with what its environment says, and ends between two calls.
const SCRIPT: &str = r#"
trap 'exit 0' TERM
echo "$AWS_CREDENTIAL_EXPIRATION" >> log
while :; do
    curl -sSf --aws-sigv4 "aws:amz:$AWS_REGION:sts" -u "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" \
        -H "X-Amz-Security-Token: $AWS_SESSION_TOKEN" -d "Action=GetCallerIdentity&Version=2011-06-15" \
        "$AWS_ENDPOINT_URL/" > answer 2> why; code=$?
    [ $code = 143 ] && exit 0 # SIGTERM reached it too
    [ $code = 0 ] && grep -q 'assumed-role/Worker/' answer || cat why answer >> failed
    echo . >> calls
    sleep 0.4
done"#;

pub(super) fn under_supervise() {
    if tool("curl").is_none() {
        return;
    }
    let stage = Stage::new(LIFETIME);
    let supervised = stage.start(&["worker", "--restart-before", "8s", "--", "sh", "-c", SCRIPT]);
    std::thread::sleep(TIME);
    supervised.send("TERM");
    let (_, said) = supervised.end();
    assert!(!stage.home.exists("failed"), "{}\n{said:?}", stage.home.read("failed"));
    let (starts, calls) = (stage.log(), stage.home.read("calls").lines().count());
    assert!((11..=20).contains(&starts.len()) && calls > 200, "{} starts, {calls} calls", starts.len());
    assert!(starts.is_sorted_by(|a, b| a < b), "{starts:?}");
    assert!(stage.sandbox.calls_of("GetCallerIdentity").iter().all(|call| call.status == 200));
}
