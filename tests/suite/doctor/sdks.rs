//! What doctor says of each situation is what botocore, the SDK for Rust and the SDK for JavaScript do in it, and what those for
//! Java and Go did.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::Command;

use aws_credential_types::provider::ProvideCredentials as _;
use awstok::sandbox::{Role, Sandbox, Task};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::situations::{JAVA_AND_GO, SITUATIONS, Situation};
use crate::home::{Home, Run};
use crate::sandbox::container::TASK;
use crate::sandbox::metadata::{WEB, instance};
use crate::sandbox::web_identity::{AUDIENCE, DEPLOY, ISSUER, SUBJECT, with_provider};
use crate::sandbox::{ACCOUNT, KEY, SECRET, run};
use crate::tools::{node, python};

const ROLE: &str = "arn:aws:iam::210987654321:role/open";
const BEHIND_TASK: &str = "arn:aws:iam::210987654321:role/behind-task";
const BEHIND_WEB: &str = "arn:aws:iam::210987654321:role/behind-web";

/// An instance, a task and an identity provider in one, so that every source has a server.
fn servers() -> Sandbox {
    let sandbox = with_provider();
    sandbox.change(|world| {
        for role in [
            Role::new(WEB).trusts("ec2.amazonaws.com"),
            Role::new(TASK).trusts("ecs-tasks.amazonaws.com"),
            Role::new(ROLE).trusts(&format!("arn:aws:iam::{ACCOUNT}:user/ann")),
            Role::new(BEHIND_TASK).trusts(TASK),
            Role::new(BEHIND_WEB).trusts(WEB),
        ] {
            world.add_role(role).unwrap();
        }
        world.set_instance(instance());
        world.set_task(Task::new(TASK));
    });
    sandbox
}

/// Makes the home of a situation.
fn home(sandbox: &Sandbox, situation: &Situation) -> Home {
    let mut home = Home::new();
    let token = sandbox.identity_token(ISSUER, SUBJECT, AUDIENCE, SignedDuration::from_mins(30)).unwrap();
    let said = json!({"Version": 1, "AccessKeyId": "AKIAPROC", "SecretAccessKey": "s"});
    home.write("token", token.expose());
    home.write("old", "AWSAccessKeyId=AKIABOTO\nAWSSecretKey=s\n");
    home.write("said.json", said.to_string());
    let path = |name: &str| home.path(name).to_str().unwrap().to_owned();
    let values = [
        ("{container}", sandbox.container_uri().unwrap()),
        ("{token}", sandbox.container_token().unwrap().expose().clone()),
        ("{id_token}", path("token")),
        ("{program}", format!("cat {}", path("said.json"))),
        ("{old}", path("old")),
        ("{boto}", path(".boto")),
        ("{key}", KEY.to_owned()),
        ("{secret}", SECRET.to_owned()),
        ("{role}", ROLE.to_owned()),
        ("{deploy}", DEPLOY.to_owned()),
        ("{behind_task}", BEHIND_TASK.to_owned()),
        ("{behind_web}", BEHIND_WEB.to_owned()),
    ];
    let put_in = |text: &str| values.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value));
    for (file, text) in
        [(".aws/config", situation.config), (".aws/credentials", situation.credentials), (".boto", situation.boto)]
    {
        if !text.is_empty() {
            let mut bytes = put_in(text).into_bytes();
            if let Some(at) = bytes.windows(6).position(|piece| piece == b"{junk}") {
                bytes.splice(at..at + 6, [0xff, 0xfe]);
            }
            home.write(file, bytes);
        }
    }
    home.set("AWS_ENDPOINT_URL", sandbox.url());
    home.set("AWS_REGION", "eu-central-1");
    home.set("AWS_EC2_METADATA_DISABLED", "true");
    home.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", sandbox.url());
    for (name, value) in situation.env {
        home.set(name, put_in(value));
    }
    home
}

/// What doctor says each SDK takes: Python, then those of `languages`.
fn said(home: &Home, languages: &[&str]) -> Vec<String> {
    let run = home.run(&["doctor", "--json"]);
    assert!(run.code == 0 || run.code == 1, "{run:#?}");
    let report: Value = serde_json::from_str(&run.out).unwrap();
    let wins: Vec<&Value> = report["chain"].as_array().unwrap().iter().filter(|link| link["wins"] == true).collect();
    let winner = report["winner"].as_str().map(str::to_owned);
    assert_eq!(wins.first().map(|link| link["source"].as_str().unwrap()), winner.as_deref(), "{report:#}");
    assert_eq!(report["chain"].as_array().unwrap().len(), 9);
    let differs = report["findings"].as_array().unwrap().iter().find(|it| it["id"] == "sdks-differ");
    let message = differs.map_or("", |it| it["message"].as_str().unwrap());
    let python = winner.clone().unwrap_or_else(|| "nothing".into());
    let other = |language: &&str| {
        let part = message.split("; ").skip(1).find(|part| part.split([' ', ',']).any(|word| word == *language));
        let word = part.map(|part| part.rsplit(' ').next().unwrap().trim_matches('`').to_owned());
        word.unwrap_or_else(|| python.clone())
    };
    std::iter::once(python.clone()).chain(languages.iter().map(other)).collect()
}

/// Situations of which doctor says nothing for these languages: what they make of such a file depends on the rest of it.
const SILENT: [(&str, &[&str]); 3] = [
    ("key swallowed", &["JavaScript", "Go"]),
    ("lone carriage returns", &["JavaScript", "Go", "Rust"]),
    ("bytes that aren't UTF-8", &["Java"]),
];

/// Tells whether an SDK can be asked: where nobody is signed in, some come no further than that, and never miss the role.
fn is_asked(language: &str, situation: &Situation) -> bool {
    let never_signs_in = matches!(language, "Rust" | "Go")
        && situation.name.contains("without a role")
        && situation.name.starts_with("Identity Center");
    !never_signs_in && !SILENT.iter().any(|(name, languages)| *name == situation.name && languages.contains(&language))
}

/// Runs all situations through doctor and through `real`, and gives where the two differ.
fn differences(language: &str, real: impl Fn(&[(&Situation, Home)]) -> Vec<String>) -> String {
    let sandbox = servers();
    let all: Vec<(&Situation, Home)> = SITUATIONS.iter().map(|it| (it, home(&sandbox, it))).collect();
    assert!(all.len() >= 40);
    let found = real(&all);
    assert_eq!(found.len(), all.len());
    let mut wrong = String::new();
    for ((situation, home), found) in all.iter().zip(found).filter(|((it, _), _)| is_asked(language, it)) {
        let is_python = language == "Python";
        let said = said(home, &[language]);
        let mine = if is_python { &said[0] } else { &said[1] };
        if *mine != found {
            let _ = writeln!(wrong, "{}: doctor says `{mine}`, {language} does `{found}`", situation.name);
        }
    }
    wrong
}

const PYTHON: &str = r#"
import json, os, sys
import botocore.session
names = {"env": "environment", "assume-role": "assume-role", "assume-role-with-web-identity": "web-identity", "sso": "sso",
    "shared-credentials-file": "credentials-file", "custom-process": "config-file", "config-file": "config-file",
    "ec2-credentials-file": "boto2", "boto-config": "boto2", "container-role": "container", "iam-role": "instance-metadata"}
keys = {"env": "AKIAENV", "shared-credentials-file": "AKIACRED", "custom-process": "AKIAPROC", "config-file": "AKIACONF",
    "ec2-credentials-file": "AKIABOTO", "boto-config": "AKIABOTO"}
found = []
for env in json.load(sys.stdin):
    os.environ.clear()
    os.environ.update(env)
    try:
        credentials = botocore.session.Session().get_credentials()
        if credentials:
            assert credentials.method not in keys or credentials.access_key == keys[credentials.method], credentials.access_key
        found.append(names[credentials.method] if credentials else "none")
    except AssertionError:
        raise
    except Exception as error:
        found.append("error")
json.dump(found, sys.stdout)
"#;

#[test]
fn python_takes_what_doctor_says() {
    let Some(python) = python("boto3") else { return };
    let wrong = differences("Python", |all| {
        let found = batch(&python, &["-c", PYTHON], all);
        for ((situation, _), found) in all.iter().zip(&found) {
            assert_eq!(found, situation.python, "{}", situation.name);
        }
        found.into_iter().map(|word| word.replace("none", "nothing").replace("error", "nothing")).collect()
    });
    assert_eq!(wrong, "");
}

const JAVASCRIPT: &str = r#"
const { fromNodeProviderChain } = require("@aws-sdk/credential-providers");
const warn = console.warn; console.warn = () => {};
const name = (found) => {
    const is = (feature) => found.$source && feature in found.$source;
    if (is("CREDENTIALS_STS_ASSUME_ROLE_WEB_ID")) return "web-identity";
    if (is("CREDENTIALS_STS_ASSUME_ROLE")) return "assume-role";
    if (is("CREDENTIALS_ENV_VARS")) return "environment";
    if (is("CREDENTIALS_PROCESS")) return "config-file";
    if (is("CREDENTIALS_PROFILE")) return found.accessKeyId === "AKIACONF" ? "config-file" : "credentials-file";
    if (is("CREDENTIALS_HTTP")) return "container";
    if (is("CREDENTIALS_IMDS")) return "instance-metadata";
    // of an instance's role it says nothing
    return found.$source ? JSON.stringify(found.$source) : "instance-metadata";
};
let input = "";
process.stdin.on("data", (piece) => { input += piece; }).on("end", async () => {
    const found = [];
    for (const env of JSON.parse(input)) {
        for (const key of Object.keys(process.env)) delete process.env[key];
        Object.assign(process.env, env);
        try {
            found.push(name(await fromNodeProviderChain({ clientConfig: { region: "eu-central-1", maxAttempts: 1 } })()));
        } catch (error) {
            found.push(/sso login/.test(String(error)) ? "sso" : "nothing");
        }
    }
    console.log(JSON.stringify(found));
    process.exit(0);
});
"#;

#[test]
fn javascript_takes_what_doctor_says() {
    let Some(node) = node() else { return };
    let wrong = differences("JavaScript", |all| feed(node.script(&all[0].1, JAVASCRIPT), all));
    assert_eq!(wrong, "");
}

fn recorded(all: &[(&Situation, Home)], of: impl Fn(&(&str, &str, &str)) -> String) -> Vec<String> {
    let python = |it: &Situation| it.python.replace("none", "nothing").replace("error", "nothing");
    let other = |it: &Situation| JAVA_AND_GO.iter().find(|(name, ..)| *name == it.name).map(&of);
    all.iter().map(|(it, _)| other(it).unwrap_or_else(|| python(it))).collect()
}

#[test]
fn java_and_go_took_what_doctor_says() {
    let names: Vec<&str> = SITUATIONS.iter().map(|it| it.name).collect();
    assert!(JAVA_AND_GO.iter().all(|(name, ..)| names.contains(name)));
    assert_eq!(differences("Java", |all| recorded(all, |(_, java, _)| (*java).to_owned())), "");
    assert_eq!(differences("Go", |all| recorded(all, |(.., go)| (*go).to_owned())), "");
}

const CHILD: &str = "doctor::sdks::rust_in_a_process_of_its_own";

#[test]
fn rust_takes_what_doctor_says() {
    let wrong = differences("Rust", |all| all.iter().map(|(_, home)| rust(home)).collect());
    assert_eq!(wrong, "");
}

fn rust(home: &Home) -> String {
    let output = home
        .other(std::env::current_exe().unwrap())
        .args(["--exact", CHILD, "--ignored", "--nocapture"])
        .output()
        .unwrap();
    let run = Run::of(output);
    let said = run.out.split("FOUND ").nth(1).and_then(|rest| rest.split('\n').next());
    said.unwrap_or_else(|| panic!("{run:#?}")).to_owned()
}

#[test]
#[ignore = "runs in a process of its own, started by the test above"]
fn rust_in_a_process_of_its_own() {
    let found = run(async {
        let client = aws_smithy_http_client::Builder::new().build_http();
        let config = aws_config::defaults(aws_config::BehaviorVersion::latest()).http_client(client).load().await;
        config.credentials_provider().unwrap().provide_credentials().await
    });
    let word = match &found {
        Ok(found) => match (found.access_key_id(), &format!("{found:?}")) {
            ("AKIAENV", _) => "environment",
            ("AKIACRED", _) => "credentials-file",
            ("AKIACONF" | "AKIAPROC", _) => "config-file",
            (_, text) if text.contains("WebIdentity") => "web-identity",
            (_, text) if text.contains("AssumeRole") => "assume-role",
            (_, text) if text.contains("Ecs") => "container",
            (_, text) if text.contains("IMDS") => "instance-metadata",
            (_, text) => text,
        }
        .to_owned(),
        Err(error) => {
            let text = aws_smithy_types::error::display::DisplayErrorContext(error).to_string();
            // what this build of the SDK leaves out says so when it is come to
            let is_at = |feature: &str| text.contains(&format!("feature(s) enabled: {feature}"));
            let word = match () {
                () if is_at("credentials-process") => "config-file",
                () if is_at("sso") => "sso",
                () => "nothing",
            };
            word.to_owned()
        }
    };
    // past the harness, which keeps what is printed in a test that passes
    writeln!(std::io::stdout(), "FOUND {word}").unwrap();
}

/// Hands the environments of all situations to a script, which gives a word for each.
fn batch(program: &std::path::Path, args: &[&str], all: &[(&Situation, Home)]) -> Vec<String> {
    let mut command = all[0].1.other(program);
    command.args(args);
    feed(command, all)
}

fn feed(mut command: Command, all: &[(&Situation, Home)]) -> Vec<String> {
    use std::process::Stdio;

    let environments: Vec<Value> =
        all.iter().map(|(_, home)| home.environment().into_iter().collect::<Vec<_>>()).map(as_object).collect();
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let input = serde_json::to_vec(&environments).unwrap();
    child.stdin.take().unwrap().write_all(&input).unwrap();
    let run = Run::of(child.wait_with_output().unwrap());
    assert_eq!(run.code, 0, "{run:#?}");
    serde_json::from_str(&run.out).unwrap_or_else(|error| panic!("{error}: {run:#?}"))
}

fn as_object(pairs: Vec<(String, String)>) -> Value {
    Value::Object(pairs.into_iter().map(|(name, value)| (name, Value::String(value))).collect())
}
