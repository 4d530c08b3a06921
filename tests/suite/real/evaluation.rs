//! The shells evaluate what the built binary prints, as people type it; what comes of it is seen by a child, and by the AWS CLI.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{ASSUMED, Stage};
use crate::home::{AWSTOK, Run};
use crate::tools::{aws_cli, tool};

/// A shell as a program, its flags, and how its people say: evaluate this, and then, should that go well, that.
struct Speech {
    program: &'static str,
    flags: &'static [&'static str],
    evals: &'static [&'static str],
    and: &'static str,
}

const POSIX: [&str; 2] = ["eval \"$(CMD)\"", "eval $(CMD)"];

const SHELLS: [Speech; 9] = [
    Speech { program: "bash", flags: &["--norc"], evals: &POSIX, and: "&&" },
    Speech { program: "dash", flags: &[], evals: &POSIX, and: "&&" },
    Speech { program: "zsh", flags: &["-f"], evals: &POSIX, and: "&&" },
    Speech { program: "ksh", flags: &[], evals: &POSIX, and: "&&" },
    Speech { program: "mksh", flags: &[], evals: &POSIX, and: "&&" },
    Speech { program: "busybox", flags: &["sh"], evals: &POSIX, and: "&&" },
    Speech {
        program: "fish",
        flags: &["--no-config"],
        evals: &["CMD | source", "eval (CMD)", "eval \"$(CMD)\""],
        and: "&&",
    },
    Speech { program: "tcsh", flags: &["-f"], evals: &["eval \"`CMD`\"", "eval `CMD`"], and: ";" },
    Speech { program: "elvish", flags: &["-norc"], evals: &["eval (CMD | slurp)"], and: ";" },
];

type Environ = BTreeMap<String, String>;

/// What awstok hands out, or takes back.
fn ours(name: &str) -> bool {
    name.starts_with("AWS_") && !["AWS_ENDPOINT_URL", "AWS_EC2_METADATA_DISABLED"].contains(&name)
        || name == "AWSTOK_PROFILE"
}

fn environ(run: &Run) -> Environ {
    let pairs = run.out.split('\0').filter_map(|pair| pair.trim_start().split_once('='));
    pairs.filter(|(name, _)| ours(name)).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

impl Speech {
    /// Runs `script` in the shell, where `awstok` is on the `PATH` and variables of another profile are set.
    fn run(&self, stage: &Stage, script: &str) -> Option<Run> {
        let program = tool(self.program)?;
        let folder = std::path::Path::new(AWSTOK).parent().unwrap();
        let path = std::env::join_paths([folder, "/usr/bin".as_ref(), "/bin".as_ref()]).unwrap();
        let mut command = stage.home.other(program);
        command.args(self.flags).args(["-c", script]).env("PATH", path);
        command.envs([("AWS_PROFILE", "other"), ("AWS_SECURITY_TOKEN", "old"), ("AWS_ACCESS_KEY_ID", "old")]);
        Some(Run::of(command.output().unwrap()))
    }

    fn says(&self, eval: usize, command: &str) -> String {
        self.evals[eval].replace("CMD", command)
    }
}

#[test]
fn every_shell_gets_the_exact_values_and_can_take_them_back() {
    let stage = Stage::fetched();
    let printed: Value = serde_json::from_str(&stage.home.ok(&["env", "prod", "--format", "json"])).unwrap();
    let wanted: Environ = printed
        .as_object()
        .unwrap()
        .iter()
        .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
        .collect();
    assert_eq!(wanted["AWSTOK_PROFILE"], "prod");
    for shell in &SHELLS {
        for eval in 0..shell.evals.len() {
            // the shell is found out from the parent process
            let script = format!("{} {} /usr/bin/env -0", shell.says(eval, "awstok env prod"), shell.and);
            let Some(run) = shell.run(&stage, &script) else { break };
            assert_eq!((run.code, environ(&run)), (0, wanted.clone()), "{} `{script}`: {}", shell.program, run.err);
            let script = format!(
                "{} {} {} {} /usr/bin/env -0",
                shell.says(eval, "awstok env prod"),
                shell.and,
                shell.says(eval, "awstok env --unset"),
                shell.and
            );
            let run = shell.run(&stage, &script).unwrap();
            assert_eq!((run.code, environ(&run)), (0, Environ::new()), "{} `{script}`: {}", shell.program, run.err);
        }
    }
}

#[test]
fn a_failed_evaluation_changes_nothing() {
    let stage = Stage::new();
    let before = [("AWS_ACCESS_KEY_ID", "old"), ("AWS_PROFILE", "other"), ("AWS_SECURITY_TOKEN", "old")];
    let before: Environ = before.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    // an unknown profile, and one that needs a code with nobody there to type it
    for command in ["awstok env nobody", "awstok env prod"] {
        for shell in &SHELLS {
            for eval in 0..shell.evals.len() {
                let script = format!("{}; /usr/bin/env -0", shell.says(eval, command));
                let Some(run) = shell.run(&stage, &script) else { break };
                // elvish ends at an exception
                if shell.program == "elvish" {
                    assert_ne!(run.code, 0, "{run:#?}");
                    assert_eq!(run.out, "");
                } else {
                    assert_eq!(environ(&run), before, "{} `{script}`: {}", shell.program, run.err);
                }
                assert!(run.err.contains("error: "), "{} `{script}`: {}", shell.program, run.err);
            }
        }
    }
    // The status of a substitution is an assignment's; `eval` alone gives that of the empty text.
    for shell in SHELLS.iter().filter(|shell| shell.evals == POSIX) {
        let Some(run) = shell.run(&stage, "x=$(awstok env prod) && eval \"$x\"") else { continue };
        assert_eq!(run.code, 5, "{}: {run:#?}", shell.program);
    }
}

#[test]
fn the_aws_cli_is_the_role_in_a_shell_that_evaluated() {
    let Some(aws) = aws_cli(2) else { return };
    let stage = Stage::fetched();
    let script = format!(
        "eval $(awstok env prod) && '{}' --endpoint-url {} sts get-caller-identity --query Arn --output text",
        aws.display(),
        stage.sandbox.url()
    );
    let Some(run) = SHELLS[1].run(&stage, &script) else { return };
    assert_eq!((run.code, run.out.trim_end()), (0, ASSUMED), "{}", run.err);
}
