//! A Node program with the AWS SDK for JavaScript, through the endpoint of `exec --server`.

use super::{Stage, TIME};
use crate::home::Run;
use crate::tools::node;

/// One client, for as long as it takes; it makes no call again.
const SCRIPT: &str = r#"
const { STSClient, GetCallerIdentityCommand } = require("@aws-sdk/client-sts");
const { fromNodeProviderChain } = require("@aws-sdk/credential-providers");
(async () => {
    const client = new STSClient({ maxAttempts: 1, credentials: fromNodeProviderChain() });
    let calls = 0;
    for (const end = Date.now() + Number(process.argv[1]) * 1000; Date.now() < end; calls++) {
        const { Arn } = await client.send(new GetCallerIdentityCommand({}));
        if (!Arn.includes("assumed-role/Worker/")) throw new Error(Arn);
        await new Promise(go => setTimeout(go, 400));
    }
    console.log(calls);
})().catch(error => { console.error(error); process.exit(1); });
"#;

pub(super) fn through_the_endpoint() {
    let Some(node) = node() else { return };
    let stage = Stage::new("");
    let mut command = stage.home.command(["exec", "--server", "worker", "--"]);
    node.add_script(&mut command, SCRIPT).arg(TIME.as_secs().to_string());
    let run = Run::of(command.output().unwrap());
    assert_eq!(run.code, 0, "{run:#?}");
    stage.judge(run.out.trim().parse().unwrap());
}
