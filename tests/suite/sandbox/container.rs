//! ECS's endpoint for credentials: its rules with raw requests, its answers with boto3.

use awstok::sandbox::{Fault, Rule, Task};
use serde_json::{Value, json};

use super::*;
use crate::home::{Home, Run};
use crate::tools::python;

pub const TASK: &str = "arn:aws:iam::210987654321:role/task";

pub fn on_ecs(task: Task) -> Sandbox {
    let sandbox = start();
    sandbox.change(|world| {
        world.add_role(Role::new(TASK).trusts("ecs-tasks.amazonaws.com")).unwrap();
        world.set_task(task);
    });
    sandbox
}

/// Asks with a token at the task's own path.
fn get(sandbox: &Sandbox, token: &str) -> Answer {
    let uri = sandbox.container_uri().unwrap();
    ask(sandbox, "GET", uri.strip_prefix(&sandbox.url()).unwrap(), &[("Authorization", token)])
}

fn refusal(answer: &Answer) -> (u16, Value, bool) {
    let body = answer.json();
    (answer.status, body["code"].clone(), body["message"].is_string())
}

#[test]
fn only_the_tasks_token_opens_it() {
    let sandbox = on_ecs(Task::new(TASK));
    let token = sandbox.container_token().unwrap();
    let good = get(&sandbox, token.expose());
    assert_eq!((good.status, good.header("content-type")), (200, Some("application/json")));
    let body = good.json();
    let names: Vec<&String> = body.as_object().unwrap().keys().collect();
    assert_eq!(names, ["RoleArn", "AccessKeyId", "SecretAccessKey", "Token", "Expiration"]);
    assert_eq!(body["RoleArn"], TASK);
    assert_eq!(get(&sandbox, token.expose()).json(), body, "the same ones until shortly before their end");

    let uri = sandbox.container_uri().unwrap();
    let path = uri.strip_prefix(&sandbox.url()).unwrap();
    assert!(path.starts_with("/v2/credentials/"), "{path}");
    assert_eq!(refusal(&ask(&sandbox, "GET", path, &[])), (401, json!("Unauthorized"), true));
    for wrong in ["wrong", &format!("Bearer {}", token.expose())] {
        assert_eq!(refusal(&get(&sandbox, wrong)), (403, json!("AccessDenied"), true));
    }
    let elsewhere = ask(&sandbox, "GET", "/v2/credentials/other", &[("Authorization", token.expose())]);
    assert_eq!(refusal(&elsewhere), (404, json!("NotFound"), true));
    assert_eq!(ask(&sandbox, "POST", path, &[("Authorization", token.expose())]).status, 405);

    // another token, another lifetime, no task: while it runs
    sandbox.change(|world| world.set_container_token("renewed"));
    assert_eq!(get(&sandbox, token.expose()).status, 403);
    assert_eq!(get(&sandbox, "renewed").json(), body);
    sandbox.change(|world| world.set_task(Task::new(TASK).lifetime(Duration::from_secs(20))));
    assert_eq!(sandbox.container_uri().unwrap(), uri);
    assert_ne!(get(&sandbox, "renewed").json()["AccessKeyId"], body["AccessKeyId"]);
    sandbox.change(|world| world.set_task(None));
    assert_eq!(sandbox.container_uri(), None);
    assert_eq!(ask(&sandbox, "GET", path, &[("Authorization", "renewed")]).status, 404);
}

#[test]
fn faults_and_records_know_it_by_name() {
    let sandbox = on_ecs(Task::new(TASK));
    let token = sandbox.container_token().unwrap();
    sandbox.inject(Rule::new(Fault::Failure(500)).action("ContainerCredentials").times(1));
    assert_eq!(refusal(&get(&sandbox, token.expose())), (500, json!("InternalFailure"), true));
    sandbox.inject(Rule::new(Fault::missing("Expiration")).action("ContainerCredentials").times(1));
    assert_eq!(get(&sandbox, token.expose()).json().get("Expiration"), None);
    get(&sandbox, "wrong");
    let calls = sandbox.calls_of("ContainerCredentials");
    let answered: Vec<_> = calls.iter().map(|call| (call.status, call.error.as_deref())).collect();
    assert_eq!(answered, [(500, None), (200, None), (403, Some("AccessDenied"))]);
    assert!(calls.iter().all(|call| call.access_key_id.is_none() && call.parameters.is_empty()), "{calls:?}");
}

const SCRIPT: &str = r#"
import json, boto3
session = boto3.Session()
print(json.dumps([session.get_credentials().method, session.client("sts", region_name="eu-west-1").get_caller_identity()["Arn"]]))
"#;

#[test]
fn boto3_is_the_tasks_role() {
    let Some(python) = python("boto3") else { return };
    let sandbox = on_ecs(Task::new(TASK));
    let mut home = Home::new();
    home.set("AWS_ENDPOINT_URL", sandbox.url());
    home.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", sandbox.container_uri().unwrap());
    home.set("AWS_CONTAINER_AUTHORIZATION_TOKEN", sandbox.container_token().unwrap().expose());
    let run = Run::of(home.other(&python).args(["-c", SCRIPT]).output().unwrap());
    assert_eq!(run.code, 0, "{run:#?}");
    let id = sandbox.container_uri().unwrap().rsplit('/').next().unwrap().replace('-', "");
    let arn = format!("arn:aws:sts::210987654321:assumed-role/task/{id}");
    assert_eq!(serde_json::from_str::<Value>(&run.out).unwrap(), json!(["container-role", arn]));
}
