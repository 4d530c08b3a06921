//! Owns what Identity Center remembers: registered clients, devices that wait, codes on their way, and sign-ins.
//! It refuses to speak HTTP.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use jiff::Timestamp;

use super::{Approval, IdentityCenter, Renewal, SCOPE, end};
use crate::sandbox::random::Random;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::world::World;
use crate::secret::Secret;

/// Everything that is remembered.
#[derive(Default)]
pub(in crate::sandbox) struct Records {
    pub(super) known: BTreeMap<String, IdentityCenter>,
    pub(super) clients: HashMap<String, Client>,
    /// By their device code.
    pub(super) devices: HashMap<String, Device>,
    /// By themselves.
    pub(super) codes: HashMap<String, Code>,
    pub(super) sign_ins: Vec<SignIn>,
}

/// A registered client.
#[derive(Clone)]
pub(super) struct Client {
    pub(super) secret: Secret<String>,
    pub(super) end: Timestamp,
    pub(super) scopes: Vec<String>,
    pub(super) grant_types: Vec<String>,
    pub(super) redirect_uris: Vec<String>,
    /// The instance it was registered for; `None` where the client didn't say.
    pub(super) start_url: Option<String>,
}

/// A device that waits for a person to approve it.
pub(super) struct Device {
    pub(super) user_code: String,
    pub(super) client_id: String,
    pub(super) start_url: String,
    pub(super) since: Timestamp,
    pub(super) end: Timestamp,
    pub(super) polls: u32,
    pub(super) decision: Option<Decision>,
}

/// What a person said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    Approved,
    Denied,
}

/// A code that the browser carries from the page to the client.
#[derive(Clone)]
pub(super) struct Code {
    pub(super) client_id: String,
    pub(super) start_url: String,
    pub(super) redirect_uri: String,
    /// The SHA-256 of the verifier, in base64url.
    pub(super) challenge: String,
    pub(super) scopes: Vec<String>,
    pub(super) end: Timestamp,
}

/// A sign-in of the user.
pub(super) struct SignIn {
    pub(super) start_url: String,
    client_id: String,
    scopes: Vec<String>,
    end: Timestamp,
    /// Access tokens, and until when each is good.
    access: Vec<(String, Timestamp)>,
    /// The refresh tokens that are good now; the newest is the last.
    refresh: Vec<String>,
}

/// What a client gets when somebody signed in.
pub(super) struct Tokens {
    pub(super) access: String,
    pub(super) refresh: Option<String>,
    pub(super) expires_at: Timestamp,
}

/// A sign-in that was made without a browser, with all that a client would keep of it.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The access token.
    pub access_token: Secret<String>,
    /// When it ends.
    pub expires_at: Timestamp,
    /// The refresh token.
    pub refresh_token: Secret<String>,
    /// The client for which it was made.
    pub client_id: String,
    /// Its secret.
    pub client_secret: Secret<String>,
    /// When its registration ends.
    pub registration_expires_at: Timestamp,
}

impl IdentityCenter {
    /// Gives what a person on the page would say by now; `None` while they say nothing.
    pub(super) fn decision(&self, polls: u32) -> Option<Decision> {
        match self.approval {
            Approval::AtOnce => Some(Decision::Approved),
            Approval::AfterPolls(wait) => (polls >= wait).then_some(Decision::Approved),
            Approval::Denied => Some(Decision::Denied),
            Approval::ByPage | Approval::Never => None,
        }
    }
}

impl SignIn {
    /// Begins a sign-in.
    pub(super) fn begin(
        center: &IdentityCenter,
        client_id: &str,
        scopes: Vec<String>,
        now: Timestamp,
        limit: Option<Duration>,
        random: &mut Random,
    ) -> (Self, Tokens) {
        let mut sign_in = Self {
            start_url: center.start_url.clone(),
            client_id: client_id.to_owned(),
            scopes,
            end: end(now, center.sign_in_lifetime),
            access: Vec::new(),
            refresh: Vec::new(),
        };
        // who registered without a scope gets one token for all the time
        let renewable = !sign_in.scopes.is_empty();
        let life = if renewable { center.token_lifetime } else { center.sign_in_lifetime };
        let tokens = sign_in.hand_out(life, renewable, now, limit, random);
        (sign_in, tokens)
    }

    fn hand_out(
        &mut self,
        life: Duration,
        with_refresh: bool,
        now: Timestamp,
        limit: Option<Duration>,
        random: &mut Random,
    ) -> Tokens {
        let expires_at = end(now, limit.map_or(life, |limit| limit.min(life))).min(self.end);
        let access = random.sign_in_token("aoa");
        self.access.retain(|(_, end)| *end > now);
        self.access.push((access.clone(), expires_at));
        if with_refresh {
            self.refresh.push(random.sign_in_token("aor"));
        }
        Tokens { access, refresh: self.refresh.last().cloned(), expires_at }
    }

    /// Gives new tokens for a refresh token that is good; the caller has found the sign-in by it.
    fn renew(
        &mut self,
        used: &str,
        center: &IdentityCenter,
        now: Timestamp,
        limit: Option<Duration>,
        random: &mut Random,
    ) -> Tokens {
        match center.renewal {
            Renewal::Keeps => {}
            Renewal::Replaces => self.refresh.retain(|token| token == used),
            Renewal::ReplacesAtOnce => self.refresh.clear(),
        }
        let replaces = center.renewal != Renewal::Keeps;
        self.hand_out(center.token_lifetime, replaces, now, limit, random)
    }

    pub(super) fn end_access(&mut self) {
        self.access.clear();
    }

    /// Tells whether an access token is good for the portal.
    pub(super) fn lets_in(&self, token: &str, now: Timestamp) -> bool {
        let has_scope = self.scopes.is_empty() || self.scopes.iter().any(|scope| scope == SCOPE);
        let is_good = |(have, end): &(String, Timestamp)| have == token && *end > now;
        has_scope && self.end > now && self.access.iter().any(is_good)
    }
}

impl World {
    /// Finds a client that shows its secret and is still registered.
    pub(super) fn client(&self, id: &str, secret: &str, now: Timestamp) -> Result<Client, Refusal> {
        let found = self.identity_centers.clients.get(id).filter(|client| client.secret.expose() == secret);
        let found = found.ok_or_else(|| Refusal::new(401, "InvalidClientException", "Invalid client provided"))?;
        if found.end <= now {
            return Err(Refusal::new(401, "InvalidClientException", "The client's registration has expired"));
        }
        Ok(found.clone())
    }

    /// Signs the user in.
    pub(super) fn begin_sign_in(
        &mut self,
        start_url: &str,
        client_id: &str,
        scopes: Vec<String>,
        now: Timestamp,
        limit: Option<Duration>,
    ) -> Option<Tokens> {
        let records = &mut self.identity_centers;
        let center = records.known.get(start_url)?;
        let (sign_in, tokens) = SignIn::begin(center, client_id, scopes, now, limit, &mut self.random);
        records.sign_ins.push(sign_in);
        Some(tokens)
    }

    /// Renews a sign-in; `None` for a refresh token that isn't good, or isn't the client's.
    pub(super) fn renew_sign_in(
        &mut self,
        refresh: &str,
        client_id: &str,
        now: Timestamp,
        limit: Option<Duration>,
    ) -> Option<Tokens> {
        let records = &mut self.identity_centers;
        let sign_in = records.sign_ins.iter_mut().find(|sign_in| {
            sign_in.client_id == client_id && sign_in.end > now && sign_in.refresh.iter().any(|have| have == refresh)
        })?;
        let center = records.known.get(&sign_in.start_url)?;
        Some(sign_in.renew(refresh, center, now, limit, &mut self.random))
    }

    /// Signs in without a browser; `None` for a start URL that nobody has.
    pub(in crate::sandbox) fn sign_in(&mut self, start_url: &str, now: Timestamp) -> Option<SignedIn> {
        let scopes = vec![SCOPE.to_owned()];
        let (client_id, client) = self.register(Some(start_url), scopes.clone(), Vec::new(), Vec::new(), now)?;
        let tokens = self.begin_sign_in(start_url, &client_id, scopes, now, None)?;
        Some(SignedIn {
            access_token: Secret::new(tokens.access),
            expires_at: tokens.expires_at,
            refresh_token: Secret::new(tokens.refresh?),
            client_id,
            client_secret: client.secret,
            registration_expires_at: client.end,
        })
    }

    /// Registers a client; `None` where it names an instance that isn't there.
    pub(super) fn register(
        &mut self,
        start_url: Option<&str>,
        scopes: Vec<String>,
        grant_types: Vec<String>,
        redirect_uris: Vec<String>,
        now: Timestamp,
    ) -> Option<(String, Client)> {
        let records = &mut self.identity_centers;
        let life = match start_url {
            Some(url) => records.known.get(url)?.registration_lifetime,
            // whichever instance it will sign in to: the shortest holds for all
            None => records.known.values().map(|center| center.registration_lifetime).min().unwrap_or_default(),
        };
        let id = self.random.client_id();
        let client = Client {
            secret: Secret::new(self.random.sign_in_token("ey")),
            end: end(now, life),
            scopes,
            grant_types,
            redirect_uris,
            start_url: start_url.map(str::to_owned),
        };
        records.clients.insert(id.clone(), client.clone());
        Some((id, client))
    }
}
