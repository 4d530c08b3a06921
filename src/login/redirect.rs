//! Owns the sign-in by redirect: an authorization code with PKCE (RFC 7636), which the browser brings to this machine (RFC 8252).
//! It refuses a code that comes with a foreign state.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::Login;
use crate::browser::{Landing, Page, Query};
use crate::encoding::percent;
use crate::error::{Failure, Kind, Result};
use crate::secret::Secret;
use crate::tokens::{Registration, Token};
use crate::ui::shown;
use crate::wire::one_line;

/// How long a person is waited for, as by the AWS CLI.
const PATIENCE: Duration = Duration::from_secs(600);
/// Where the browser comes back to, as the AWS CLI registers it.
const PATH: &str = "/oauth/callback";
/// What is said of a browser that can't come back.
const ELSEWHERE: &str =
    "\nin a browser on this machine; for one elsewhere there is `awstok sso login --use-device-code`\n";
/// What the page is called where it came to nothing.
const NOT_SIGNED_IN: &str = "Not signed in";
/// The time between two looks at the countdown.
const SECOND: Duration = Duration::from_secs(1);

/// What the browser brings.
#[derive(Debug)]
enum Arrival {
    /// The authorization code.
    Code(Secret<String>),
    /// The refusal (RFC 6749, section 4.1.2.1).
    Refused {
        /// OAuth's word for it.
        error: String,
        /// What is said besides.
        description: String,
    },
}

impl Arrival {
    /// Reads what a browser brings back; a foreign `state` counts for nothing.
    fn read(query: &Query<'_>, state: &Secret<String>) -> Result<Self, Page> {
        if !bool::from(query.get("state").as_bytes().ct_eq(state.expose().as_bytes())) {
            return Err(Page::ignored("This belongs to another sign-in, and was ignored."));
        }
        match (query.get("code"), query.get("error")) {
            (_, error) if !error.is_empty() => Ok(Self::Refused { error, description: query.get("error_description") }),
            (code, _) if !code.is_empty() => Ok(Self::Code(Secret::new(code))),
            _ => Err(Page::ignored("The sign-in brought no code.")),
        }
    }
}

impl Login<'_> {
    /// Signs in by redirect.
    pub(super) fn by_redirect(&self, registration: &Registration) -> Result<Token> {
        // 32 random bytes are 43 characters, 48 are 64: the longest verifier that the AWS CLI sends
        let (state, verifier) =
            (Secret::<[u8; 32]>::random()?.in_base64url(), Secret::<[u8; 48]>::random()?.in_base64url());
        let expected = state.clone();
        let landing = Landing::start(PATH, move |query| Arrival::read(query, &expected))?;
        let redirect_uri = landing.url();
        let address = self.address(registration, &redirect_uri, &state, &verifier)?;
        self.show(&address, ELSEWHERE);
        let end = Instant::now() + PATIENCE;
        let (arrival, browser) = loop {
            if let Some(arrived) = landing.wait(SECOND) {
                break (arrived.arrival, arrived.browser);
            }
            if Instant::now() >= end {
                return Err(self.given_up(PATIENCE).into());
            }
            self.wait(end);
        };
        let name = shown(self.sign_in.name());
        match arrival {
            Arrival::Code(code) => {
                let grant = self.sso.redeem_code(self.sign_in, registration, &redirect_uri, &code, &verifier);
                let token = grant.and_then(|grant| grant.into_token(self.sign_in, registration));
                browser.answer(match &token {
                    Ok(_) => Page::new("Signed in", &format!("You are signed in to {name}.")),
                    Err(_) => Page::new(NOT_SIGNED_IN, "The sign-in could not be finished; the terminal says why."),
                });
                token
            }
            Arrival::Refused { error, description } => {
                browser.answer(Page::new(NOT_SIGNED_IN, "The sign-in was denied."));
                let said =
                    [error, description].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(": ");
                Err(Failure::new(Kind::Refused, format!("the sign-in to `{name}` was denied"))
                    .because(anyhow::anyhow!(one_line(&said, &[], 300)))
                    .hint("run it again to allow it; the sign-in from before stays")
                    .into())
            }
        }
    }

    fn address(
        &self,
        registration: &Registration,
        redirect_uri: &str,
        state: &Secret<String>,
        verifier: &Secret<String>,
    ) -> Result<String> {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.expose()));
        let scopes = match self.sign_in.scopes.as_slice() {
            [] => "sso:account:access".to_owned(),
            scopes => scopes.join(" "),
        };
        let base = self.sso.authorize_url(&self.sign_in.region)?;
        let parameters = [
            ("response_type", "code"),
            ("client_id", &registration.client_id),
            ("redirect_uri", redirect_uri),
            ("state", state.expose()),
            ("code_challenge_method", "S256"),
            ("scopes", &scopes),
            ("code_challenge", &challenge),
        ];
        let query: Vec<_> = parameters.iter().map(|(name, value)| format!("{name}={}", percent(value))).collect();
        Ok(format!("{base}?{}", query.join("&")))
    }
}
