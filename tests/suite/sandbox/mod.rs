//! The local stand-in for AWS, proved against clients that others wrote: the Rust SDK and boto3.

mod boto;
pub mod container;
#[cfg(target_os = "linux")]
mod crowd;
mod damage;
pub mod identity_center;
pub mod metadata;
mod sdk;
pub mod web_identity;
mod wire;

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use aws_sdk_sts::Client;
use aws_sdk_sts::config::retry::RetryConfig;
use aws_sdk_sts::config::timeout::TimeoutConfig;
use aws_sdk_sts::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};
use awstok::sandbox::{Options, Role, Sandbox, User, World};

pub const ACCOUNT: &str = "012345678901";
pub const KEY: &str = "AKIAIOSFODNN7EXAMPLE";
pub const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
pub const DEVICE: &str = "arn:aws:iam::012345678901:mfa/ann";
pub const ROLE: &str = "arn:aws:iam::210987654321:role/team/admin";
pub const BEHIND: &str = "arn:aws:iam::210987654321:role/behind";
pub const LONG: &str = "arn:aws:iam::210987654321:role/long";
pub const EXTERNAL: &str = "arn:aws:iam::210987654321:role/external";

/// A user with a device, a role that wants MFA, a role behind it, a role of twelve hours, a role with an external id.
pub fn start() -> Sandbox {
    let mut world = World::new();
    world.add_user(User::new(ACCOUNT, "ann", KEY, SECRET).device(DEVICE, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")).unwrap();
    world.add_user(User::new(ACCOUNT, "bob", "AKIABOB", "bobs+secret")).unwrap();
    let ann = format!("arn:aws:iam::{ACCOUNT}:user/ann");
    let twelve_hours = Duration::from_secs(43_200);
    let roles = [
        Role::new(ROLE).trusts(&format!("arn:aws:iam::{ACCOUNT}:root")).requires_mfa(),
        Role::new(BEHIND).trusts(ROLE).max_duration(twelve_hours),
        Role::new(LONG).trusts(&ann).requires_mfa().max_duration(twelve_hours),
        Role::new(EXTERNAL).trusts(&ann).external_id("partner-1"),
    ];
    for role in roles {
        world.add_role(role).unwrap();
    }
    Sandbox::start(world, Options::default()).unwrap()
}

pub fn code(sandbox: &Sandbox) -> String {
    sandbox.unused_code(DEVICE).unwrap()
}

pub fn client(sandbox: &Sandbox, key: &str, secret: &str, token: Option<&str>) -> Client {
    let config = aws_sdk_sts::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .endpoint_url(sandbox.url())
        .credentials_provider(Credentials::new(key, secret, token.map(str::to_owned), None, "test"))
        .retry_config(RetryConfig::disabled())
        .timeout_config(TimeoutConfig::builder().operation_timeout(Duration::from_secs(3)).build())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    Client::from_conf(config)
}

pub fn ann(sandbox: &Sandbox) -> Client {
    client(sandbox, KEY, SECRET, None)
}

pub fn with(sandbox: &Sandbox, credentials: &aws_sdk_sts::types::Credentials) -> Client {
    let (key, secret) = (credentials.access_key_id(), credentials.secret_access_key());
    client(sandbox, key, secret, Some(credentials.session_token()))
}

pub fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// What a raw request was answered with.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    /// Gives the value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(have, _)| have.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// Sends a request as no client would, on a connection of its own.
pub fn ask(sandbox: &Sandbox, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    ask_at(sandbox.address(), &sandbox.address().to_string(), method, path, headers)
}

/// The same, of any server.
pub fn ask_at(address: SocketAddr, host: &str, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let request = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\n{headers}Connection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
    Answer { status, head: head.to_owned(), body: body.to_owned() }
}

/// Gives the HTTP status, the code and the message of a refusal.
pub fn refusal<T, E>(result: Result<T, SdkError<E>>) -> (u16, String, String)
where
    E: ProvideErrorMetadata,
{
    let Err(error) = result else { panic!("not refused") };
    let status = error.raw_response().map_or(0, |response| response.status().as_u16());
    (status, error.code().unwrap_or_default().to_owned(), error.message().unwrap_or_default().to_owned())
}
