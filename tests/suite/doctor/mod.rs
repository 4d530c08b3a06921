//! `awstok doctor`: the chain of sources held against the SDKs themselves, findings, and what `--fix` mends.

mod broken;
mod findings;
mod fixes;
#[cfg(unix)]
mod inside;
mod network;
mod sdks;
mod situations;

use serde_json::Value;

use crate::home::{Home, Run};

/// Runs doctor, which must exit with `code`; gives its report.
#[track_caller]
fn report(home: &Home, code: i32, args: &[&str]) -> Value {
    let run = home.run(&[&["doctor", "--json"], args].concat());
    assert_eq!(run.code, code, "{run:#?}");
    serde_json::from_str(&run.out).unwrap_or_else(|error| panic!("{error}: {run:#?}"))
}

/// The ids of the findings that are errors or warnings, sorted, each once.
fn ids(report: &Value) -> Vec<&str> {
    let findings = report["findings"].as_array().unwrap().iter();
    let mut ids: Vec<&str> =
        findings.filter(|it| it["severity"] != "info").map(|it| it["id"].as_str().unwrap()).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// The first finding of that id.
#[track_caller]
fn finding<'r>(report: &'r Value, id: &str) -> &'r Value {
    let found = report["findings"].as_array().unwrap().iter().find(|it| it["id"] == id);
    found.unwrap_or_else(|| panic!("no `{id}`: {report:#}"))
}

/// What boto3 resolves in a home: the method and the access key, or the error's name.
#[track_caller]
fn boto3(home: &Home, python: &std::path::Path) -> String {
    const SCRIPT: &str = "
import boto3
try:
    found = boto3.Session().get_credentials()
    print(found and found.method + ' ' + found.get_frozen_credentials().access_key)
except Exception as error:
    print(type(error).__name__)
";
    let run = Run::of(home.other(python).args(["-c", SCRIPT]).output().unwrap());
    assert_eq!(run.code, 0, "{run:#?}");
    run.out.trim().to_owned()
}
