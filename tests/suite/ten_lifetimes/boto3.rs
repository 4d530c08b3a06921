//! boto3: one session through `credential_process`, and a new one a call from the files that `watch` keeps.

use std::path::PathBuf;
use std::process::Output;

use super::{Stage, TIME};
use crate::home::Run;
use crate::tools::python;

/// One session, for as long as it takes.
const ONE_SESSION: &str = "
import boto3, sys, time
sts = boto3.Session(profile_name='worker').client('sts')
end, calls = time.time() + float(sys.argv[1]), 0
while time.time() < end:
    assert 'assumed-role/Worker/' in sts.get_caller_identity()['Arn']
    calls += 1
    time.sleep(0.4)
print(calls)
";

/// A new session a call, as programs that start again and again have.
const MANY_SESSIONS: &str = "
import boto3, sys, time
end, calls = time.time() + float(sys.argv[1]), 0
while time.time() < end:
    sts = boto3.Session(profile_name='worker').client('sts')
    assert 'assumed-role/Worker/' in sts.get_caller_identity()['Arn']
    calls += 1
    time.sleep(0.4)
print(calls)
";

fn work(stage: &Stage, python: &PathBuf, script: &str) -> usize {
    let output: Output = stage.home.other(python).args(["-c", script, &TIME.as_secs().to_string()]).output().unwrap();
    let run = Run::of(output);
    assert_eq!(run.code, 0, "{run:#?}");
    run.out.trim().parse().unwrap()
}

pub(super) fn through_credential_process() {
    let Some(python) = python("boto3") else { return };
    let stage = Stage::new("auto_refresh = yes\n");
    let calls = work(&stage, &python, ONE_SESSION);
    stage.judge(calls);
}

pub(super) fn from_the_files_that_watch_keeps() {
    let Some(python) = python("boto3") else { return };
    let stage = Stage::new("");
    let mut watch = stage.home.command(["watch", "worker", "-q"]).spawn().unwrap();
    let calls = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| work(&stage, &python, MANY_SESSIONS)));
    watch.kill().unwrap();
    watch.wait().unwrap();
    stage.judge(calls.unwrap());
}
