//! Owns the credentials endpoint of a container (ECS, EKS Pod Identity, or a server on this machine).
//! It refuses hosts that could be anyone's, proxies, redirects and tokens that no header can hold.

mod address;

use std::path::PathBuf;
use std::time::Duration;

use jiff::SignedDuration;
use serde::Deserialize;

use crate::clock::{Clock, ClockOff, TOLERANCE, is_off};
use crate::environment::Environment;
use crate::error::{Failure, Kind, Result, invalid};
use crate::secret::Secret;
use crate::session::{Demand, Said, Session};
use crate::wire::{Answer, Network, Request, Trouble, Way, Wire, exchange, one_line};

use address::Address;

/// As botocore has it: 2 s a try, three tries.
const ONE_TRY: Duration = Duration::from_secs(2);
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(300);
const LIMIT: Duration = Duration::from_secs(10);
/// Nothing lives longer than GetSessionToken's longest.
const LONGEST: SignedDuration = SignedDuration::from_hours(36);
/// No token is longer than a header may be.
const LONGEST_TOKEN: u64 = 64 * 1024;

/// What the environment says of the endpoint, as every AWS SDK reads it.
#[derive(Debug, Clone, Default)]
pub struct ContainerSettings {
    /// `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI`, which comes first.
    pub relative_uri: Option<String>,
    /// `AWS_CONTAINER_CREDENTIALS_FULL_URI`.
    pub full_uri: Option<String>,
    /// `AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE`, which comes first.
    pub token_file: Option<PathBuf>,
    /// `AWS_CONTAINER_AUTHORIZATION_TOKEN`.
    pub token: Option<Secret<String>>,
}

/// The handle to the endpoint.
#[derive(Debug, Clone)]
pub struct Container {
    settings: ContainerSettings,
    network: Network,
    clock: Clock,
}

/// What the endpoint says when it refuses.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Refusal {
    #[serde(alias = "Code")]
    code: Option<String>,
    #[serde(alias = "Message")]
    message: Option<String>,
}

impl ContainerSettings {
    /// Reads the settings from the environment.
    pub fn from_environment(env: &Environment) -> Self {
        let text = |name: &str| env.text(name).map(str::to_owned);
        Self {
            relative_uri: text("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"),
            full_uri: text("AWS_CONTAINER_CREDENTIALS_FULL_URI"),
            token_file: env.path("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"),
            token: env.text("AWS_CONTAINER_AUTHORIZATION_TOKEN").map(Secret::from),
        }
    }

    fn address(&self) -> Result<Address> {
        match (&self.relative_uri, &self.full_uri) {
            (Some(path), _) => Address::relative(path),
            (None, Some(url)) => Address::full(url),
            (None, None) => Err(invalid("no container names its credentials endpoint here")
                .hint("ECS sets `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI`, EKS `AWS_CONTAINER_CREDENTIALS_FULL_URI`")
                .into()),
        }
    }

    /// Reads the token anew: its file is rewritten before the token ends.
    fn token(&self) -> Result<Option<Secret<String>>> {
        let (token, whose) = match (&self.token_file, &self.token) {
            (Some(file), _) => {
                let whose = format!("the file `{}` of `AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE`", file.display());
                let text = crate::locked_file::read_bounded(file, LONGEST_TOKEN)
                    .map_err(|error| invalid(format!("{whose} can't be read")).because(error))?;
                let text = std::str::from_utf8(&text).map_err(|_| invalid(format!("{whose} holds no token")))?;
                (Secret::from(text), whose)
            }
            (None, Some(token)) => (token.clone(), "`AWS_CONTAINER_AUTHORIZATION_TOKEN`".to_owned()),
            (None, None) => return Ok(None),
        };
        let text = token.expose().as_str();
        // one line's end at the end of a file belongs to the file
        let text = text.strip_suffix('\n').map_or(text, |text| text.strip_suffix('\r').unwrap_or(text));
        if text.is_empty() || !text.bytes().all(|b| b == b' ' || b.is_ascii_graphic()) {
            return Err(invalid(format!("{whose} holds no token that a header can carry"))
                .hint("a token is one line of visible characters")
                .into());
        }
        Ok(Some(Secret::from(text)))
    }
}

impl Container {
    /// Keeps the settings; nothing starts yet.
    pub fn new(settings: ContainerSettings, network: Network, clock: Clock) -> Self {
        Self { settings, network, clock }
    }

    /// The settings.
    pub fn settings(&self) -> &ContainerSettings {
        &self.settings
    }

    /// Gives the URL of the endpoint.
    ///
    /// # Errors
    /// `Kind::Invalid` where none is named, or one that may not be called.
    pub fn url(&self) -> Result<String> {
        Ok(self.settings.address()?.url)
    }

    /// Fetches the container's credentials.
    ///
    /// # Errors
    /// `Kind::Invalid` for settings that can't be used, `Kind::Refused` where the endpoint refuses, `Kind::Unreachable`
    /// where it gives no usable answer.
    pub fn credentials(&self) -> Result<Session> {
        let (address, token) = (self.settings.address()?, self.settings.token()?);
        let wire = self.network.wire(if address.https { Way::Secure } else { Way::Plain })?;
        let clock = self.clock;
        self.network.run(LIMIT, async move {
            let began = clock.now();
            let answer = ask(&wire, &address.url, token.as_ref()).await?;
            if let Some(ahead) = answer.date.map(|date| date.duration_since(clock.now())).filter(|ahead| is_off(*ahead))
            {
                return Err(Failure::new(Kind::Refused, format!("the answer of `{}` can't be trusted", address.url))
                    .because(ClockOff { ahead, whose: "the endpoint's" })
                    .hint("set this machine's clock right (NTP)")
                    .into());
            }
            let demand = Demand { temporary: true, longest: Some(LONGEST + TOLERANCE) };
            let said = Said::read(&answer.body).and_then(|said| said.session(demand, began));
            said.map_err(|why| unusable(&address.url, &why).into())
        })?
    }
}

async fn ask(wire: &Wire, url: &str, token: Option<&Secret<String>>) -> Result<Answer> {
    let token = token.map(|token| token.expose().as_str());
    let headers: Vec<_> =
        token.map(|token| ("authorization", token)).into_iter().chain([("accept", "application/json")]).collect();
    let mut tries = 0;
    loop {
        tries += 1;
        match exchange(wire, Request { method: "GET", url, headers: &headers, limit: ONE_TRY }).await {
            Ok(answer) if answer.status == 200 => return Ok(answer),
            Ok(answer) if (answer.status >= 500 || answer.status == 429) && tries < TRIES => {}
            Ok(answer) if (400..500).contains(&answer.status) && answer.status != 429 => {
                return Err(Failure::new(
                    Kind::Refused,
                    format!("the credentials endpoint `{url}` refused the request"),
                )
                .because(anyhow::anyhow!(words(&answer, token)))
                .hint("check `AWS_CONTAINER_AUTHORIZATION_TOKEN` or its file, and that the task or pod has a role")
                .into());
            }
            Ok(answer) => return Err(unusable(url, &words(&answer, token)).into()),
            Err(Trouble::TimedOut | Trouble::Broken(_)) if tries < TRIES => {}
            Err(trouble) => return Err(unusable(url, &trouble.words()).into()),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Says what the endpoint answered instead of credentials.
fn words(answer: &Answer, token: Option<&str>) -> String {
    let said: Refusal = serde_json::from_slice(&answer.body).unwrap_or_default();
    let said = [said.code, said.message].into_iter().flatten().collect::<Vec<_>>().join(": ");
    match one_line(&said, &token.into_iter().collect::<Vec<_>>(), 300) {
        said if said.is_empty() => answer.odd_status(),
        said => format!("{said} (status {})", answer.status),
    }
}

fn unusable(url: &str, why: &str) -> Failure {
    Failure::new(Kind::Unreachable, format!("the credentials endpoint `{url}` gave no usable answer"))
        .because(anyhow::anyhow!(why.to_owned()))
}
