//! Owns the protocol of the metadata service: a token first (IMDSv2), without one only where the service has none (IMDSv1).
//! It refuses to try again what was refused, and to take a token that no header can hold.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::SignedDuration;
use tokio::sync::Mutex;

use super::{Shared, Target, Token};
use crate::clock::ClockOff;
use crate::error::{Failure, Kind, Result};
use crate::secret::Secret;
use crate::wire::{Answer, Request, Trouble, Wire, exchange};

const ONE_TRY: Duration = Duration::from_secs(1);
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(100);
/// The longest that the service grants, 6 hours (EC2 User Guide, "Use IMDS").
const TTL: &str = "21600";
/// A token is renewed this long before its end.
const TOKEN_LIFE: Duration = Duration::from_secs(21_600 - 300);

/// One visit to the service.
pub(super) struct Visit {
    shared: Arc<Shared>,
    wire: Wire,
    target: Target,
    pass: Mutex<Pass>,
}

/// What the requests of a visit carry.
#[derive(Clone)]
enum Pass {
    /// IMDSv2.
    Token(Secret<String>),
    /// IMDSv1: the service refused to give a token, or (`lost`) none came in time.
    None { lost: bool },
}

/// What was found at a path.
pub(super) enum Found {
    Answer(Answer),
    Absent,
}

impl Visit {
    /// Gets a token, or learns that the service has none.
    pub(super) async fn begin(shared: Arc<Shared>, wire: Wire, target: Target) -> Result<Self> {
        let pass = match shared.token(&target.endpoint) {
            Some(token) => Pass::Token(token),
            None => new_pass(&shared, &wire, &target).await?,
        };
        Ok(Self { shared, wire, target, pass: Mutex::new(pass) })
    }

    /// The endpoint, for messages.
    pub(super) fn place(&self) -> &str {
        &self.target.endpoint
    }

    /// Gets what stands at a path.
    pub(super) async fn get(&self, path: &str) -> Result<Found> {
        let url = format!("{}{path}", self.target.endpoint);
        let mut renewed = false;
        let mut tries = 0;
        loop {
            tries += 1;
            let pass = self.pass.lock().await.clone();
            let headers: &[_] = match &pass {
                Pass::Token(token) => &[("x-aws-ec2-metadata-token", token.expose().as_str())],
                Pass::None { .. } => &[],
            };
            let request = Request { method: "GET", url: &url, headers, limit: ONE_TRY };
            // where already the token didn't come, nobody is there most likely
            let may_try = tries < TRIES && !matches!(pass, Pass::None { lost: true });
            match exchange(&self.wire, request).await {
                Ok(answer) if answer.status == 200 => return Ok(Found::Answer(answer)),
                Ok(answer) if answer.status == 404 => return Ok(Found::Absent),
                Ok(answer) if answer.status == 401 => match pass {
                    Pass::Token(token) if !renewed => {
                        renewed = true;
                        self.renew(&token).await?;
                    }
                    Pass::Token(_) => {
                        return Err(refused(self.place(), "it takes none of its own tokens (status 401)").into());
                    }
                    Pass::None { lost } => return Err(v2_only(self.place(), lost).into()),
                },
                Ok(answer) if answer.status == 403 => {
                    return Err(refused(self.place(), "access is forbidden (status 403)").into());
                }
                Ok(answer) if answer.status >= 500 && may_try => {}
                Ok(answer) => return Err(unreachable(self.place(), &answer.odd_status()).into()),
                Err(Trouble::TimedOut | Trouble::Broken(_)) if may_try => {}
                Err(trouble) => return Err(unreachable(self.place(), &trouble.words()).into()),
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Replaces a token that the service no longer takes, unless another request of this visit did so already.
    async fn renew(&self, old: &Secret<String>) -> Result<()> {
        let mut pass = self.pass.lock().await;
        if matches!(&*pass, Pass::Token(token) if token.expose() == old.expose()) {
            *pass = new_pass(&self.shared, &self.wire, &self.target).await?;
        }
        Ok(())
    }
}

async fn new_pass(shared: &Shared, wire: &Wire, target: &Target) -> Result<Pass> {
    let (place, url) = (&target.endpoint, format!("{}/latest/api/token", target.endpoint));
    let headers = [("x-aws-ec2-metadata-token-ttl-seconds", TTL), ("content-length", "0")];
    let mut tries = 0;
    let lost = loop {
        tries += 1;
        match exchange(wire, Request { method: "PUT", url: &url, headers: &headers, limit: ONE_TRY }).await {
            Ok(answer) if answer.status == 200 => {
                let token = answer.text().map(str::trim).filter(|token| is_token(token));
                let Some(token) = token.map(Secret::from) else {
                    return Err(unreachable(place, "what should be a token is none").into());
                };
                let until = Instant::now() + TOKEN_LIFE;
                shared.keep_token(place, Token { value: token.clone(), until });
                return Ok(Pass::Token(token));
            }
            // an old service, or one that a proxy of IMDSv1 stands for (botocore has the same three)
            Ok(answer) if [403, 404, 405].contains(&answer.status) => {
                if target.may_use_v1 {
                    break false;
                }
                let status = answer.status;
                return Err(refused(place, &format!("it gives no token (status {status}), and IMDSv1 is forbidden here"))
                    .hint("allow IMDSv2 on the instance; only where that can't be, unset `AWS_EC2_METADATA_V1_DISABLED` or `ec2_metadata_v1_disabled`")
                    .into());
            }
            Ok(answer) if answer.status >= 500 && tries < TRIES => tokio::time::sleep(PAUSE).await,
            Ok(answer) => return Err(unreachable(place, &answer.odd_status()).into()),
            Err(Trouble::TimedOut) if target.may_use_v1 => break true,
            Err(Trouble::Broken(_)) if tries < TRIES => tokio::time::sleep(PAUSE).await,
            Err(trouble) => return Err(unreachable(place, &trouble.words()).into()),
        }
    };
    Ok(Pass::None { lost })
}

fn is_token(text: &str) -> bool {
    (1..=4_096).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}

/// The failure of a service that gives no usable answer.
pub(super) fn unreachable(place: &str, why: &str) -> Failure {
    Failure::new(Kind::Unreachable, format!("the instance metadata service at `{place}` gave no usable answer"))
        .because(anyhow::anyhow!(why.to_owned()))
        .hint("this works on an EC2 instance only; in a container there, the instance's hop limit must be 2")
}

/// The failure of a service whose clock isn't this machine's.
pub(super) fn clock_off(place: &str, ahead: SignedDuration) -> Failure {
    Failure::new(Kind::Refused, format!("the answer of the instance metadata service at `{place}` can't be trusted"))
        .because(ClockOff { ahead, whose: "the service's" })
        .hint("set this machine's clock right (NTP)")
}

fn refused(place: &str, why: &str) -> Failure {
    Failure::new(Kind::Refused, format!("the instance metadata service at `{place}` refused the request"))
        .because(anyhow::anyhow!(why.to_owned()))
        .hint("check the instance's metadata options (`HttpEndpoint`, `HttpTokens`)")
}

fn v2_only(place: &str, lost: bool) -> Failure {
    match lost {
        true => refused(place, "it wants a token (IMDSv2), and none arrived within a second")
            .hint("raise the instance's hop limit to 2 where this runs in a container"),
        false => refused(place, "it wants a token (status 401), and gives none"),
    }
}
