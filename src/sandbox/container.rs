//! Owns the endpoint at which the tasks of ECS get the credentials of their role.
//! It refuses whoever doesn't show the task's token.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::faults::{self, Fault};
use super::http::{Reply, Request};
use super::refusal::Refusal;
use super::rotation::{Order, Post, Rhythm, hand_out};
use super::world::World;
use crate::clock::rfc3339;
use crate::secret::Secret;

/// What the paths of the endpoint begin with.
const PATH: &str = "/v2/credentials/";

/// A task of ECS.
#[derive(Debug, Clone)]
pub struct Task {
    /// The ARN of the role; it has to trust `ecs-tasks.amazonaws.com`.
    pub role: String,
    rhythm: Rhythm,
    id: String,
    token: Secret<String>,
}

impl Task {
    /// Makes a task.
    pub fn new(role_arn: &str) -> Self {
        Self { role: role_arn.to_owned(), rhythm: Rhythm::OF_EC2, id: String::new(), token: "".into() }
    }

    /// Sets how long the role's credentials live (ECS: six hours). Of less than twenty minutes the last quarter is
    /// when new ones are there.
    #[must_use]
    pub fn lifetime(mut self, lifetime: Duration) -> Self {
        self.rhythm = Rhythm::OF_EC2.with_lifetime(lifetime);
        self
    }

    /// Sets how long before the end new credentials are there (five minutes); call it after `lifetime`.
    #[must_use]
    pub fn renew_before(mut self, time: Duration) -> Self {
        self.rhythm.renew_before = time;
        self
    }

    /// Gives the path of its credentials.
    pub(super) fn path(&self) -> String {
        format!("{PATH}{}", self.id)
    }

    pub(super) fn token(&self) -> Secret<String> {
        self.token.clone()
    }
}

impl World {
    /// Makes the stand-in host a task, or another one, or none. Path and token stay what they were.
    pub fn set_task(&mut self, task: impl Into<Option<Task>>) {
        let before = self.task.take();
        self.task = task.into().map(|mut task| match before {
            Some(Post { holder, handed }) => {
                (task.id, task.token) = (holder.id, holder.token);
                Post { holder: task, handed }
            }
            None => {
                (task.id, task.token) = (self.random.request_id(), Secret::new(self.random.bearer_token()));
                Post { holder: task, handed: None }
            }
        });
    }

    /// Sets the token that the task has to show from now on.
    pub fn set_container_token(&mut self, token: &str) {
        if let Some(post) = &mut self.task {
            post.holder.token = token.into();
        }
    }
}

/// Tells whether a request is for the endpoint.
pub(super) fn is_meant(path: &str) -> bool {
    path.starts_with(PATH)
}

/// Answers a request: the role's credentials, as JSON.
pub(super) fn answer(request: &Request, world: &mut World, now: Timestamp, faults: &[Fault]) -> Result<Reply, Refusal> {
    if !matches!(request.method.as_str(), "GET" | "HEAD") {
        return Err(Refusal::new(405, "MethodNotAllowed", "only GET is allowed"));
    }
    let missing = || Refusal::new(404, "NotFound", "CredentialsV2Request: Credentials not found");
    let task = world.task.as_ref().map(|post| post.holder.clone()).filter(|task| task.path() == request.path);
    let task = task.ok_or_else(missing)?;
    match request.header("authorization") {
        None => return Err(Refusal::new(401, "Unauthorized", "the header Authorization is missing")),
        Some(token) if token != task.token.expose() => {
            return Err(Refusal::new(403, "AccessDenied", "the token in the header Authorization is not the task's"));
        }
        Some(_) => {}
    }
    let session_name = task.id.replace('-', "");
    let order = Order {
        service: "ecs-tasks.amazonaws.com",
        role_arn: &task.role,
        session_name: &session_name,
        rhythm: task.rhythm,
    };
    let before = world.task.as_mut().and_then(|post| post.handed.take());
    let handed = hand_out(before, &order, world, now, faults::lifetime(faults));
    if let Some(post) = &mut world.task {
        post.handed.clone_from(&handed);
    }
    let credentials = handed.map(|handed| handed.credentials).ok_or_else(missing)?;
    let session = credentials.session.ok_or_else(missing)?;
    let members = json!({
        "RoleArn": task.role,
        "AccessKeyId": credentials.access_key_id,
        "SecretAccessKey": credentials.secret_access_key.expose(),
        "Token": session.token.expose(),
        "Expiration": rfc3339(session.expiration),
    });
    let mut members: Map<String, Value> = members.as_object().cloned().unwrap_or_default();
    faults::falsify(&mut members, faults);
    Ok(Reply::new(200, "application/json", Value::from(members).to_string()))
}

/// Renders a refusal.
pub(super) fn refusal(refusal: &Refusal) -> Reply {
    let body = json!({"code": refusal.code, "message": refusal.message});
    Reply::new(refusal.status, "application/json", body.to_string())
}
