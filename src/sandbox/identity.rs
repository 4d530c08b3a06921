//! Owns the identity providers outside of AWS and the tokens that they sign: OpenID Connect ID tokens in the form of a JWT.
//! It refuses to decide what a token opens; the trust of the roles does. Its signatures are HMACs, where real ones are RSA's.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use hmac::Mac as _;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::refusal::Refusal;
use super::sigv4::mac;
use super::world::World;
use crate::error::{Result, invalid};
use crate::secret::Secret;

/// An OpenID Connect provider as an account of AWS knows it.
#[derive(Debug, Clone)]
pub struct IdentityProvider {
    /// The account that knows it, twelve digits.
    pub account_id: String,
    /// The `https` URL that stands in the tokens.
    pub issuer: String,
    /// The audiences that the account accepts tokens for.
    pub audiences: Vec<String>,
}

impl IdentityProvider {
    /// Makes a provider whose tokens are for nobody yet.
    pub fn new(account_id: &str, issuer: &str) -> Self {
        Self { account_id: account_id.to_owned(), issuer: issuer.to_owned(), audiences: Vec::new() }
    }

    /// Accepts tokens for one more audience, such as `sts.amazonaws.com`.
    #[must_use]
    pub fn audience(mut self, audience: &str) -> Self {
        self.audiences.push(audience.to_owned());
        self
    }
}

/// Whom a role trusts by their tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedIdentity {
    /// The provider's URL.
    pub issuer: String,
    /// The audience.
    pub audience: String,
    /// The subject; with `*` at its end whatever begins so.
    pub subject: String,
}

impl TrustedIdentity {
    /// Tells whether a token's claims are meant.
    pub(super) fn is_meant(&self, claims: &Claims) -> bool {
        let subject = match self.subject.strip_suffix('*') {
            Some(beginning) => claims.subject.starts_with(beginning),
            None => claims.subject == self.subject,
        };
        subject && claims.issuer == self.issuer && claims.audience == self.audience
    }
}

/// A provider: its key, and by account the audiences that are accepted.
pub(super) struct Issuer {
    key: Secret<String>,
    clients: BTreeMap<String, BTreeSet<String>>,
}

/// What a token says, once its signature was accepted.
pub(super) struct Claims {
    pub(super) issuer: String,
    pub(super) subject: String,
    pub(super) audience: String,
}

impl World {
    /// Lets an account know a provider, or more audiences of it. A provider has one key, whoever knows it.
    ///
    /// # Errors
    /// When the account isn't twelve digits, or the issuer isn't an `https` URL.
    pub fn add_identity_provider(&mut self, provider: IdentityProvider) -> Result<()> {
        let IdentityProvider { account_id, issuer, audiences } = provider;
        if account_id.len() != 12 || !account_id.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(invalid(format!("`{account_id}` is not an account")).into());
        }
        if host(&issuer).is_none_or(str::is_empty) {
            return Err(invalid(format!("`{issuer}` is not the `https` URL of an identity provider")).into());
        }
        let random = &mut self.random;
        let known = self
            .issuers
            .entry(issuer)
            .or_insert_with(|| Issuer { key: Secret::new(random.bearer_token()), clients: BTreeMap::new() });
        known.clients.entry(account_id).or_default().extend(audiences);
        Ok(())
    }

    /// Signs a token as the provider does; `None` for an unknown one.
    pub(super) fn identity_token(
        &mut self,
        issuer: &str,
        subject: &str,
        audience: &str,
        now: Timestamp,
        lifetime: SignedDuration,
    ) -> Option<Secret<String>> {
        let end = now.saturating_add(lifetime).unwrap_or(Timestamp::MAX);
        let issued = now.min(end).as_second();
        let claims = json!({
            "iss": issuer,
            "sub": subject,
            "aud": audience,
            "iat": issued,
            "nbf": issued,
            "exp": end.as_second(),
            "jti": self.random.request_id(),
        });
        let key = &self.issuers.get(issuer)?.key;
        let part = |value: Value| BASE64URL.encode(value.to_string());
        let signed = format!("{}.{}", part(json!({"alg": "HS256", "typ": "JWT", "kid": "sandbox"})), part(claims));
        let signature = BASE64URL.encode(mac(key.expose().as_bytes(), &signed).finalize().into_bytes());
        Some(Secret::new(format!("{signed}.{signature}")))
    }

    /// Judges a token shown to a role of `account_id`: its form, who signed it, its time, whom it is for.
    pub(super) fn check_identity_token(
        &self,
        token: &str,
        account_id: &str,
        now: Timestamp,
    ) -> Result<Claims, Refusal> {
        let refuse = |message: &str| Refusal::new(400, "InvalidIdentityToken", message);
        let (signed, signature, claims) = take_apart(token).ok_or_else(|| {
            refuse("The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)")
        })?;
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        let (Some(issuer), Some(subject), Some(audience)) = (text("iss"), text("sub"), text("aud")) else {
            return Err(refuse("Missing a required claim: one of iss, sub, aud"));
        };
        let known = self.issuers.get(issuer);
        let known = known.and_then(|known| Some((&known.key, known.clients.get(account_id)?)));
        let (key, audiences) =
            known.ok_or_else(|| refuse(&format!("No OpenIDConnect provider found in your account for {issuer}")))?;
        if mac(key.expose().as_bytes(), signed).verify_slice(&signature).is_err() {
            return Err(refuse(
                "The web identity token that was passed could not be validated by Amazon Web Services. Get a new identity \
                 token from the identity provider and then retry the request.",
            ));
        }
        let end = claims.get("exp").and_then(Value::as_i64).ok_or_else(|| refuse("Missing a required claim: exp"))?;
        if end <= now.as_second() {
            return Err(Refusal::new(
                400,
                "ExpiredTokenException",
                format!(
                    "Token expired: current date/time {} must be before the expiration date/time {end}",
                    now.as_second()
                ),
            ));
        }
        if !audiences.contains(audience) {
            return Err(refuse("Incorrect token audience"));
        }
        Ok(Claims { issuer: issuer.to_owned(), subject: subject.to_owned(), audience: audience.to_owned() })
    }
}

/// Gives what an issuer is called in the ARN of its provider: the URL without its scheme.
pub(super) fn host(issuer: &str) -> Option<&str> {
    issuer.strip_prefix("https://")
}

/// Takes a token apart: what was signed, the signature, the claims.
fn take_apart(token: &str) -> Option<(&str, Vec<u8>, Value)> {
    let (signed, signature) = token.rsplit_once('.')?;
    let (header, claims) = signed.split_once('.')?;
    let read = |part: &str| serde_json::from_slice::<Value>(&BASE64URL.decode(part).ok()?).ok();
    let header = read(header)?;
    let claims = read(claims).filter(Value::is_object)?;
    (header.get("alg")? == "HS256").then_some((signed, BASE64URL.decode(signature).ok()?, claims))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUER: &str = "https://ci.example.com/org";
    const ACCOUNT: &str = "210987654321";

    fn world() -> World {
        let mut world = World::new();
        world.add_identity_provider(IdentityProvider::new(ACCOUNT, ISSUER).audience("sts.amazonaws.com")).unwrap();
        world
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    #[test]
    fn a_token_says_what_it_was_signed_for_until_its_end() {
        let mut world = world();
        let minute = SignedDuration::from_mins(1);
        let token = world.identity_token(ISSUER, "repo:org/app", "sts.amazonaws.com", at(0), minute).unwrap();
        let claims = world.check_identity_token(token.expose(), ACCOUNT, at(59)).unwrap();
        assert_eq!((claims.issuer.as_str(), claims.subject.as_str()), (ISSUER, "repo:org/app"));
        let late = world.check_identity_token(token.expose(), ACCOUNT, at(60)).err().unwrap();
        assert_eq!(late.code, "ExpiredTokenException");
        assert_eq!(
            late.message,
            "Token expired: current date/time 1800000060 must be before the expiration date/time 1800000060"
        );
        assert!(world.identity_token("https://other.example.com", "s", "a", at(0), minute).is_none());
    }

    #[test]
    fn what_was_not_signed_so_is_refused() {
        let mut world = world();
        let minute = SignedDuration::from_mins(1);
        let token = world.identity_token(ISSUER, "s", "sts.amazonaws.com", at(0), minute).unwrap();
        let other = world.identity_token(ISSUER, "other", "sts.amazonaws.com", at(0), minute).unwrap();
        let refused = |token: &str, account: &str| {
            let refusal = world.check_identity_token(token, account, at(0)).err().unwrap();
            assert_eq!((refusal.status, refusal.code), (400, "InvalidIdentityToken"));
            refusal.message
        };
        for bad in ["", "x", "a.b.c", "..", "e30.e30.e30", "e30.e30"] {
            assert!(refused(bad, ACCOUNT).contains("is not a valid JWT"), "{bad}");
        }
        let (head, _) = token.expose().rsplit_once('.').unwrap();
        let (_, signature) = other.expose().rsplit_once('.').unwrap();
        assert!(refused(&format!("{head}.{signature}"), ACCOUNT).contains("could not be validated"));
        let elsewhere = refused(token.expose(), "111122223333");
        assert_eq!(elsewhere, format!("No OpenIDConnect provider found in your account for {ISSUER}"));
        let for_others = world.identity_token(ISSUER, "s", "other", at(0), minute).unwrap();
        let message = world.check_identity_token(for_others.expose(), ACCOUNT, at(0)).err().unwrap().message;
        assert_eq!(message, "Incorrect token audience");
    }

    #[test]
    fn providers_have_accounts_and_urls() {
        for (account, issuer) in [("1", ISSUER), (ACCOUNT, "http://ci.example.com"), (ACCOUNT, "https://")] {
            assert!(
                world().add_identity_provider(IdentityProvider::new(account, issuer)).is_err(),
                "{account} {issuer}"
            );
        }
    }

    #[test]
    fn trust_is_of_issuer_audience_and_subject() {
        let trusted =
            |subject: &str| TrustedIdentity { issuer: "i".into(), audience: "a".into(), subject: subject.into() };
        let claims = |issuer: &str, audience: &str, subject: &str| Claims {
            issuer: issuer.into(),
            subject: subject.into(),
            audience: audience.into(),
        };
        assert!(trusted("s").is_meant(&claims("i", "a", "s")));
        assert!(trusted("repo:org/*").is_meant(&claims("i", "a", "repo:org/app")));
        for other in [claims("x", "a", "s"), claims("i", "x", "s"), claims("i", "a", "s2"), claims("i", "a", "")] {
            assert!(!trusted("s").is_meant(&other));
        }
    }
}
