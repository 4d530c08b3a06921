//! Sign-ins to IAM Identity Center: browser and device code, the files shared with the AWS CLI, renewal, and role credentials.

#[cfg(target_os = "linux")]
mod chromium;
mod cli_cache;
mod credentials;
mod failures;
mod hosts;
mod login;
mod renewal;
mod shared;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, ChildStderr, Stdio};

use awstok::sandbox::{Approval, IdentityCenter, Role, Sandbox};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::home::{Home, Run};
use crate::sandbox::ACCOUNT;
use crate::sandbox::identity_center::{START_URL, center, start_with, token_file};

const OTHER_URL: &str = "https://other.awsapps.com/start";
const BEHIND: &str = "arn:aws:iam::210987654321:role/behind-sso";

/// A stand-in with an instance, and a home with profiles of it: by session, by start URL, and a role behind one.
fn house(center: IdentityCenter) -> (Sandbox, Home) {
    let role = center.role_arn(ACCOUNT, "Admin");
    let sandbox = start_with(center);
    let other = IdentityCenter::new(OTHER_URL, "eu-central-1").approval(Approval::AtOnce);
    let other = other.account("333344445555", "other", "other@example.com", &["Admin"]);
    sandbox.change(|world| {
        world.add_identity_center(other);
        world.add_role(Role::new(BEHIND).trusts(&role)).unwrap();
    });
    let mut home = Home::new();
    home.set("AWS_ENDPOINT_URL", sandbox.url());
    let session = |name: &str, url: &str| {
        format!(
            "[sso-session {name}]\nsso_start_url = {url}\nsso_region = eu-central-1\nsso_registration_scopes = sso:account:access\n"
        )
    };
    home.write(".aws/config", session("corp", START_URL));
    let of = |account: &str| format!("sso_account_id = {account}\nsso_role_name = Admin\nregion = eu-central-1\n");
    home.profile("dev", &format!("sso_session = corp\n{}", of(ACCOUNT)));
    home.profile("web", &format!("sso_session = corp\n{}", of("210987654321")));
    home.profile("behind", &format!("role_arn = {BEHIND}\nmaster_profile = dev\nregion = eu-central-1\n"));
    (sandbox, home)
}

/// Adds a profile by start URL alone, and a second instance by session.
fn add_others(home: &Home) {
    let of = |account: &str| format!("sso_account_id = {account}\nsso_role_name = Admin\nregion = eu-central-1\n");
    home.profile("legacy", &format!("sso_start_url = {OTHER_URL}\nsso_region = eu-central-1\n{}", of("333344445555")));
}

/// Puts a token into the file of a sign-in, as the AWS CLI would, that ends `left` seconds from now; gives the file.
fn put_token(
    home: &Home,
    sandbox: &Sandbox,
    name: &str,
    url: &str,
    left: i64,
    change: impl FnOnce(&mut Value),
) -> String {
    let signed_in = sandbox.sign_in(url).unwrap();
    let mut token = json!({
        "startUrl": url,
        "region": "eu-central-1",
        "accessToken": signed_in.access_token.expose(),
        "expiresAt": awstok::clock::rfc3339(Timestamp::now() + SignedDuration::from_secs(left)),
        "clientId": signed_in.client_id,
        "clientSecret": signed_in.client_secret.expose(),
        "registrationExpiresAt": awstok::clock::rfc3339(signed_in.registration_expires_at),
        "refreshToken": signed_in.refresh_token.expose(),
    });
    change(&mut token);
    let file = token_file(name);
    home.write(&file, token.to_string());
    file
}

fn file_json(home: &Home, file: &str) -> Value {
    let text = home.read(file);
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The actions that were called, in order.
fn called(sandbox: &Sandbox) -> Vec<String> {
    let calls = sandbox.calls();
    sandbox.clear_calls();
    calls.into_iter().map(|call| call.action).collect()
}

/// A run that waits for a browser.
struct Waiting {
    child: Child,
    err: BufReader<ChildStderr>,
    said: String,
}

impl Waiting {
    fn start(home: &Home, args: &[&str]) -> Self {
        let mut child = home.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let err = BufReader::new(child.stderr.take().unwrap());
        Self { child, err, said: String::new() }
    }

    /// Gives the address that is printed.
    #[track_caller]
    fn address(&mut self) -> String {
        loop {
            let mut line = String::new();
            assert!(self.err.read_line(&mut line).unwrap() > 0, "no address: {}", self.said);
            self.said.push_str(&line);
            if line.trim_start().starts_with("http") {
                return line.trim().to_owned();
            }
        }
    }

    fn end(mut self) -> Run {
        self.err.read_to_string(&mut self.said).unwrap();
        let output = self.child.wait_with_output().unwrap();
        Run { err: self.said, ..Run::of(output) }
    }
}

/// Asks for a page as a browser does, without following redirects; gives its head and body.
fn page(address: &str) -> (String, String) {
    let (host, path) = address.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    write!(stream, "GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    (head.to_owned(), body.to_owned())
}

/// Goes to an address as a browser does, and where it is sent from there; gives the last page.
fn browse(address: &str) -> String {
    let (head, body) = page(address);
    let location = head.lines().find_map(|line| line.strip_prefix("Location: "));
    location.map_or(body, |location| page(location).1)
}

/// Signs in by redirect; gives the run and the page on which the browser lands.
fn sign_in(home: &Home, args: &[&str]) -> (Run, String) {
    let mut waiting = Waiting::start(home, args);
    let landed = browse(&waiting.address());
    (waiting.end(), landed)
}
