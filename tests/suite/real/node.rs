//! The AWS SDK for JavaScript finds the stand-in's instance, task and identity provider, and works past the end of their sessions.

use std::time::Duration;

use awstok::sandbox::{Fault, Rule, Sandbox, Task};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::home::{Home, Run};
use crate::sandbox::container::{TASK, on_ecs};
use crate::sandbox::metadata::{instance, on_ec2};
use crate::sandbox::web_identity::{AUDIENCE, DEPLOY, ISSUER, SUBJECT, with_provider};
use crate::tools::{Node, node};

/// Asks who it is, one client all the time, until the first session has ended and three have served; any refusal ends it.
const SCRIPT: &str = r#"
const { STSClient, GetCallerIdentityCommand } = require("@aws-sdk/client-sts");
const { fromNodeProviderChain } = require("@aws-sdk/credential-providers");
(async () => {
    const client = new STSClient({ region: "eu-central-1", maxAttempts: 1, credentials: fromNodeProviderChain() });
    const keys = new Set(), names = new Set();
    const { expiration } = await client.config.credentials();
    for (const end = Date.now() + 60_000; (keys.size < 3 || Date.now() <= expiration) && Date.now() < end;) {
        names.add((await client.send(new GetCallerIdentityCommand({}))).Arn);
        keys.add((await client.config.credentials()).accessKeyId);
        await new Promise(go => setTimeout(go, 200));
    }
    console.log(JSON.stringify({ names: [...names], past: Date.now() > expiration, several: keys.size >= 3 }));
})().catch(error => { console.error(error); process.exit(1); });
"#;

/// How long sessions live: so short that the SDK looks for new ones at every call.
const LIFE: Duration = Duration::from_secs(6);
/// How long before their end new ones are there: a call on a busy machine ends before its session does.
const EARLY: Duration = Duration::from_secs(4);

fn home(sandbox: &Sandbox) -> Home {
    let mut home = Home::new();
    home.set("AWS_ENDPOINT_URL", sandbox.url());
    home.set("AWS_REGION", "eu-central-1");
    home
}

#[track_caller]
fn is(node: &Node, home: &Home, arn: &str) {
    let run = Run::of(node.script(home, SCRIPT).output().unwrap());
    assert_eq!(run.code, 0, "{run:#?}");
    let found: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(found, json!({"names": [arn], "past": true, "several": true}), "{run:#?}");
}

#[test]
fn node_is_the_instances_role() {
    let Some(node) = node() else { return };
    let sandbox = on_ec2(instance().lifetime(LIFE).renew_before(EARLY));
    let mut home = home(&sandbox);
    home.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", sandbox.url());
    is(&node, &home, "arn:aws:sts::210987654321:assumed-role/web/i-0a1b2c3d4e5f67890");
}

#[test]
fn node_is_the_tasks_role() {
    let Some(node) = node() else { return };
    let sandbox = on_ecs(Task::new(TASK).lifetime(LIFE).renew_before(EARLY));
    let mut home = home(&sandbox);
    let uri = sandbox.container_uri().unwrap();
    home.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", &*uri);
    home.set("AWS_CONTAINER_AUTHORIZATION_TOKEN", sandbox.container_token().unwrap().expose());
    let id = uri.rsplit('/').next().unwrap().replace('-', "");
    is(&node, &home, &format!("arn:aws:sts::210987654321:assumed-role/task/{id}"));
}

#[test]
fn node_is_the_role_of_its_token() {
    let Some(node) = node() else { return };
    let sandbox = with_provider();
    sandbox.inject(Rule::new(Fault::Lifetime(LIFE)));
    let mut home = home(&sandbox);
    let token = sandbox.identity_token(ISSUER, SUBJECT, AUDIENCE, SignedDuration::from_mins(5)).unwrap();
    home.write("token", token.expose());
    home.set("AWS_EC2_METADATA_DISABLED", "true");
    home.set("AWS_ROLE_ARN", DEPLOY);
    home.set("AWS_ROLE_SESSION_NAME", "run-1");
    home.set("AWS_WEB_IDENTITY_TOKEN_FILE", home.path("token").to_str().unwrap());
    is(&node, &home, "arn:aws:sts::210987654321:assumed-role/deploy/run-1");
}
