//! Owns AWS's sign-in service as far as it federates sessions: a token for credentials, and the URL that lets a browser in.
//! It refuses redirects, and to let a session, a token or a URL into a message.

use std::time::Duration;

use aws_credential_types::Credentials;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::encoding::percent;
use crate::error::{Failure, Kind, Result};
use crate::partition::Partition;
use crate::secret::Secret;
use crate::wire::{Answer, ApiSettings, Network, Request, Trouble, Wire, exchange};

const ONE_TRY: Duration = Duration::from_secs(8);
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(500);
/// Whatever happens, it is over then.
const LIMIT: Duration = Duration::from_secs(27);
/// How long AWS lets a URL in.
pub const URL_LIFE: Duration = Duration::from_secs(15 * 60);

/// What a browser is to be let in for.
#[derive(Debug, Clone, Copy)]
pub struct Visit<'a> {
    /// A role's or a federated user's session.
    pub credentials: &'a Credentials,
    /// The partition that they are of.
    pub partition: Partition,
    /// The region, which chooses the host where hosts are regional.
    pub region: Option<&'a str>,
    /// How long the console is open, where it isn't left to AWS: 15 minutes to 12 hours, never after role chaining.
    pub duration: Option<Duration>,
    /// A page of the partition's console.
    pub destination: &'a str,
}

/// The handle to the service.
#[derive(Debug, Clone)]
pub struct SignIn {
    settings: ApiSettings,
    network: Network,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Said {
    signin_token: String,
}

impl SignIn {
    /// Keeps the settings, those of `SIGNIN`; nothing starts yet.
    pub fn new(settings: ApiSettings, network: Network) -> Self {
        Self { settings, network }
    }

    /// Gives the URL that lets a browser into the console once, within `URL_LIFE` (IAM User Guide, "Enable custom identity
    /// broker access to the AWS console"). Whoever has it is in: it is as secret as the credentials.
    ///
    /// # Errors
    /// `Kind::Invalid` for an endpoint that can't be used, `Kind::Refused` where AWS refuses the session,
    /// `Kind::Unreachable` where it gives no usable answer.
    pub fn url(&self, visit: Visit<'_>) -> Result<Secret<String>> {
        let place = match self.settings.checked_endpoint()? {
            Some(endpoint) => endpoint.url.trim_end_matches('/').to_owned(),
            None => format!("https://{}", visit.partition.sign_in_host(visit.region)),
        };
        let wire = self.network.wire(self.settings.way()?)?;
        let request = token_request(&place, &visit);
        let asked = place.clone();
        let token = self.network.run(LIMIT, async move { ask(&wire, &asked, &request).await })??;
        let destination = percent(visit.destination);
        Ok(Secret::new(format!(
            "{place}/federation?Action=login&Issuer=awstok&Destination={destination}&SigninToken={}",
            percent(token.expose())
        )))
    }
}

/// Writes the request for a token.
fn token_request(place: &str, visit: &Visit<'_>) -> Zeroizing<String> {
    let credentials = visit.credentials;
    let session = Zeroizing::new(
        serde_json::json!({
            "sessionId": credentials.access_key_id(),
            "sessionKey": credentials.secret_access_key(),
            "sessionToken": credentials.session_token(),
        })
        .to_string(),
    );
    let duration =
        visit.duration.map(|duration| format!("&SessionDuration={}", duration.as_secs())).unwrap_or_default();
    Zeroizing::new(format!(
        "{place}/federation?Action=getSigninToken{duration}&Session={}",
        Zeroizing::new(percent(&session)).as_str()
    ))
}

async fn ask(wire: &Wire, place: &str, url: &str) -> Result<Secret<String>> {
    let unusable = |why: String| {
        Failure::new(Kind::Unreachable, format!("`{place}` gave no usable answer")).because(anyhow::anyhow!(why))
    };
    let mut tries = 0;
    loop {
        tries += 1;
        let headers = [("accept", "application/json")];
        match exchange(wire, Request { method: "GET", url, headers: &headers, limit: ONE_TRY }).await {
            Ok(answer) if answer.status == 200 => {
                return read(&answer).ok_or_else(|| unusable("the answer holds no token".into()).into());
            }
            Ok(answer) if (answer.status >= 500 || answer.status == 429) && tries < TRIES => {}
            // its page of words is of no use to anyone
            Ok(answer) if (400..500).contains(&answer.status) && answer.status != 429 => {
                return Err(Failure::new(
                    Kind::Refused,
                    format!("`{place}` refused the session (status {})", answer.status),
                )
                .hint("roles and federated users can sign in; after role chaining, no duration may be asked for")
                .into());
            }
            Ok(answer) => return Err(unusable(answer.odd_status()).into()),
            Err(Trouble::TimedOut | Trouble::Broken(_)) if tries < TRIES => {}
            Err(trouble) => return Err(unusable(trouble.words()).into()),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

fn read(answer: &Answer) -> Option<Secret<String>> {
    let said: Said = serde_json::from_slice(&answer.body).ok()?;
    let token = Secret::new(said.signin_token);
    let text = token.expose();
    ((1..=16 * 1024).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())).then_some(token)
}
