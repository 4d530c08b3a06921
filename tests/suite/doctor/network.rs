//! What doctor asks over the network: a clock, and the metadata service; both in bounded time, neither with `--offline`.

use std::net::TcpListener;
use std::time::Instant;

use awstok::sandbox::{Options, Sandbox, World};
use jiff::SignedDuration;
use serde_json::json;

use super::{finding, ids, report};
use crate::home::Home;
use crate::sandbox::metadata::{instance, on_ec2};

fn home(sandbox: &Sandbox) -> Home {
    let mut home = Home::new();
    home.set("AWS_ENDPOINT_URL", sandbox.url());
    home.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", sandbox.url());
    home
}

#[test]
fn a_clock_that_is_off_is_an_error() {
    let sandbox = Sandbox::start(World::new(), Options::default()).unwrap();
    let mut home = home(&sandbox);
    home.set("AWS_EC2_METADATA_DISABLED", "true");
    sandbox.set_clock_offset(SignedDuration::from_mins(4));
    assert_eq!(ids(&report(&home, 0, &[])), [""; 0]);
    for (offset, direction) in [(6 * 60, "behind"), (-6 * 60, "ahead of"), (10 * 366 * 86_400, "behind")] {
        sandbox.set_clock_offset(SignedDuration::from_secs(offset));
        let report = report(&home, 1, &[]);
        let message = finding(&report, "clock-skew")["message"].as_str().unwrap().to_owned();
        assert!(message.contains(direction), "{message}");
    }
    sandbox.clear_calls();
    assert_eq!(ids(&report(&home, 0, &["--offline"])), [""; 0]);
    assert_eq!(sandbox.calls().len(), 0);
}

#[test]
fn an_instance_is_found_and_its_absence_too() {
    let sandbox = on_ec2(instance());
    let home = home(&sandbox);
    let found = report(&home, 0, &[]);
    assert_eq!(found["winner"], "instance-metadata");
    assert_eq!(
        found["chain"][8],
        json!({"source": "instance-metadata", "present": true, "wins": true, "refreshes": true, "detail": "role `web`"})
    );
    assert_eq!(report(&home, 0, &["--offline"])["winner"], json!(null));
    home.write(".aws/config", "[default]\nregion = x\n[profile a]\ncredential_source = Ec2InstanceMetadata\n");
    report(&home, 0, &[]);
    sandbox.change(|world| world.set_instance(None));
    let report = report(&home, 1, &[]);
    assert_eq!(finding(&report, "imds-unreachable")["line"], 4);
}

#[test]
fn silence_ends_in_time() {
    // both accept, and never answer
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let mut home = Home::new();
    home.set("AWS_ENDPOINT_URL", &*url);
    home.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", &*url);
    home.write(".aws/config", "[profile a]\ncredential_source = Ec2InstanceMetadata\n");
    let begun = Instant::now();
    let found = report(&home, 1, &[]);
    assert!(begun.elapsed().as_secs() < 30, "{:?}", begun.elapsed());
    assert_eq!(finding(&found, "aws-unreachable")["severity"], "info");
    assert_eq!(finding(&found, "imds-unreachable")["severity"], "error");
    drop(silent);
    let refused = report(&home, 1, &[]);
    assert_eq!(ids(&refused), ["imds-unreachable"]);
    finding(&refused, "aws-unreachable");
}
