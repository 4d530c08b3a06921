//! Owns what a person does beside the command that runs in the sandbox: reads the authenticator, approves a sign-in.
//! It refuses to talk to anything but this machine.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::Context as _;

use crate::app::App;
use crate::error::{Failure, Kind, Result, usage};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// An answer, as far as anyone here looks at it.
struct Answer {
    status: String,
    location: Option<String>,
    body: String,
}

/// Asks the surrounding sandbox for the codes and prints the first device's.
pub(super) fn print_code(app: &App) -> Result<()> {
    let outside = || usage("there is no sandbox around this shell").hint("start one with `awstok sandbox`");
    let port = app.env.text("AWS_ENDPOINT_URL").and_then(on_loopback).map(|(port, _)| port).ok_or_else(outside)?;
    let answer = ask(port, "GET", "/authenticator", "").map_err(|error| outside().because(error))?;
    let mut fields = answer.body.lines().next().unwrap_or_default().split('\t');
    match (fields.next(), fields.next(), fields.next()) {
        (Some(_), Some("used"), Some(seconds)) => {
            Err(Failure::new(Kind::Other, format!("the code was used; the next one comes in {seconds}s")).into())
        }
        (Some(_), Some(code), Some(_)) => app.ui.print(format!("{code}\n")),
        _ => Err(Failure::new(Kind::Other, "this sandbox has no MFA device").into()),
    }
}

/// Presses the button of a sign-in's page, and goes where the browser would be sent.
pub(super) fn approve(app: &App, url: &str) -> Result<()> {
    let port = app.env.text("AWS_ENDPOINT_URL").and_then(on_loopback).map(|(port, _)| port);
    let page = on_loopback(url).filter(|(of_page, _)| Some(*of_page) == port);
    let (port, target) = page.ok_or_else(|| {
        usage("this is no page of the surrounding sandbox").hint("give the URL that `awstok sso login` shows in there")
    })?;
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    // what the page's form hands back is what it was asked with
    let answer = ask(port, "POST", path, &format!("{query}&decision=approve"))?;
    match (answer.status.as_str(), answer.location.as_deref().and_then(on_loopback)) {
        ("302", Some((port, target))) => ask(port, "GET", target, "").map(|_| ()),
        ("200", _) => Ok(()),
        (status, _) => {
            Err(Failure::new(Kind::Refused, format!("the sign-in can't be approved (status {status})")).into())
        }
    }
}

/// Gives port and target of a URL on this machine.
fn on_loopback(url: &str) -> Option<(u16, &str)> {
    let rest = url.strip_prefix("http://127.0.0.1:")?;
    let (port, _) = rest.split_once('/').unwrap_or((rest, ""));
    let target = rest.get(port.len()..).filter(|target| target.chars().all(|c| c.is_ascii_graphic()))?;
    Some((port.parse().ok()?, if target.is_empty() { "/" } else { target }))
}

fn ask(port: u16, method: &str, target: &str, form: &str) -> Result<Answer> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).context("could not reach this machine's own port")?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let length = form.len();
    write!(
        stream,
        "{method} {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n{form}"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).context("no whole answer came")?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).unwrap_or_default().to_owned();
    let mut headers = lines.filter_map(|line| line.split_once(": "));
    let location = headers.find(|(name, _)| name.eq_ignore_ascii_case("location")).map(|(_, url)| url.to_owned());
    Ok(Answer { status, location, body: body.to_owned() })
}
