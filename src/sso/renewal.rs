//! Owns the way to a token that the portal takes: the file's while it is good, else its renewal, else a sign-in.
//! It refuses to renew side by side: one process does, the others take what it got. A token that is there is never given up
//! for one that could not be had.

use anyhow::Context as _;

use super::Sso;
use crate::error::{Failure, Kind, Result, kind_of};
use crate::flight::Flight;
use crate::profile::SignIn;
use crate::secret::Secret;
use crate::session::Session;
use crate::tokens::{Renewable, Token, TokenFiles};
use crate::wire::{Refusal, code_of, refusal_of};

/// Whoever may lead a person through a sign-in.
pub trait AskSignIn: Sync {
    /// Signs in, and gives the token; `why` says why it has to be, and what to run where nobody can be asked.
    ///
    /// # Errors
    /// `why`, where nobody can be asked; what went wrong with the sign-in.
    fn sign_in(&self, sign_in: &SignIn, why: Failure) -> Result<Token> {
        let _ = sign_in;
        Err(why.into())
    }

    /// Is told what is odd but no failure.
    fn warn(&self, words: &str) {
        let _ = words;
    }
}

/// A sign-in whose token is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Where one signs in.
    pub sign_in: &'a SignIn,
    /// The profile that it is for; what to run is worded with it.
    pub profile: Option<&'a str>,
}

impl Wanted<'_> {
    /// Says that a person has to sign in, and how.
    fn needed(&self, state: &str) -> Failure {
        let name = self.sign_in.name();
        let how = match (&self.sign_in.session, self.profile) {
            (Some(session), _) if session.contains(char::is_whitespace) => format!(" --session '{session}'"),
            (Some(session), _) => format!(" --session {session}"),
            (None, Some(profile)) => format!(" {profile}"),
            (None, None) => String::new(),
        };
        Failure::new(Kind::InputNeeded, format!("the sign-in to `{name}` {state}"))
            .hint(format!("run `awstok sso login{how}`"))
    }
}

/// What there is to renew a sign-in with.
struct Renewal<'a> {
    sso: &'a Sso,
    files: &'a TokenFiles,
    wanted: Wanted<'a>,
    ask: &'a dyn AskSignIn,
}

impl Sso {
    /// Gives the token of a sign-in: the file's while that is good, else its renewal, else what `ask` signs in for. `outer` is the
    /// flight that this is part of.
    ///
    /// # Errors
    /// `Kind::InputNeeded` where a person has to sign in and can't; as in [`Sso::register_client`] where the renewal fails
    /// and the token has ended.
    pub fn access_token(
        &self,
        files: &TokenFiles,
        wanted: Wanted<'_>,
        outer: Option<&Flight<'_>>,
        ask: &dyn AskSignIn,
    ) -> Result<Secret<String>> {
        Renewal { sso: self, files, wanted, ask }.token(None, None, outer)
    }

    /// Gives the credentials of a role; a token that the portal takes no more is replaced once.
    ///
    /// # Errors
    /// As [`Sso::access_token`] and [`Sso::get_role_credentials`].
    pub fn role_credentials(
        &self,
        files: &TokenFiles,
        wanted: Wanted<'_>,
        (account_id, role_name): (&str, &str),
        outer: Option<&Flight<'_>>,
        ask: &dyn AskSignIn,
    ) -> Result<Session> {
        let call =
            |token: &Secret<String>| self.get_role_credentials(&wanted.sign_in.region, token, account_id, role_name);
        self.with_token(files, wanted, outer, ask, call)
    }

    /// Makes a call to the portal with a good token; one that the portal takes no more is replaced once.
    ///
    /// # Errors
    /// As [`Sso::access_token`], and as the call.
    pub fn with_token<T>(
        &self,
        files: &TokenFiles,
        wanted: Wanted<'_>,
        outer: Option<&Flight<'_>>,
        ask: &dyn AskSignIn,
        call: impl Fn(&Secret<String>) -> Result<T>,
    ) -> Result<T> {
        let renewal = Renewal { sso: self, files, wanted, ask };
        let token = renewal.token(None, None, outer)?;
        match call(&token) {
            Err(error) if code_of(&error) == Some("UnauthorizedException") => {
                call(&renewal.token(Some(&token), Some(error), outer)?)
            }
            result => result,
        }
    }
}

impl Renewal<'_> {
    /// Gets a token; one that was `rejected`, and `because`, counts as ended.
    fn token(
        &self,
        rejected: Option<&Secret<String>>,
        because: Option<anyhow::Error>,
        outer: Option<&Flight<'_>>,
    ) -> Result<Secret<String>> {
        let Self { sso, files, wanted, ask } = self;
        let (name, now) = (wanted.sign_in.name(), sso.shared.now());
        let is_rejected = |token: &Token| rejected.is_some_and(|other| other.expose() == token.access_token.expose());
        let is_good = |token: &Token| token.is_good(now) && !is_rejected(token);
        let read = || files.read(name, &wanted.sign_in.start_url);
        if let Ok(Some(token)) = read()
            && is_good(&token)
        {
            return Ok(token.access_token);
        }
        let flight = Flight::enter(&files.lock_file(name), outer)?;
        // what another process got meanwhile
        let why = match read() {
            Ok(Some(token)) if is_good(&token) => return Ok(token.access_token),
            Ok(Some(token)) => {
                let is_alive = token.is_alive(now) && !is_rejected(&token);
                let ended = || wanted.needed(if is_rejected(&token) { "is no longer taken" } else { "has ended" });
                match token.renewable(now) {
                    Some(_) if is_alive && files.failed_lately(name, now) => return Ok(token.access_token),
                    Some(renewable) => match self.renew(&token, renewable, is_alive, &flight) {
                        Err(error) if is_alive => {
                            files.remember_failure(name, sso.shared.now(), flight.lock());
                            ask.warn(&format!(
                                "the sign-in to `{name}` serves on, though it could not be renewed: {error:#}"
                            ));
                            return Ok(token.access_token);
                        }
                        // what AWS renews no more, a person can
                        Err(error)
                            if kind_of(&error) == Kind::Refused && refusal_of(&error) != Some(Refusal::ClockOff) =>
                        {
                            // a program that takes no lock of ours may have renewed it, and the refresh token was good once
                            match read() {
                                Ok(Some(theirs)) if is_good(&theirs) => return Ok(theirs.access_token),
                                _ => ended().because(error),
                            }
                        }
                        result => {
                            return result.with_context(|| format!("the sign-in to `{name}` could not be renewed"));
                        }
                    },
                    None if is_alive => return Ok(token.access_token),
                    None => match because {
                        Some(error) => ended().because(error),
                        None => ended(),
                    },
                }
            }
            Ok(None) => wanted.needed("is needed first"),
            Err(error) => wanted.needed("is needed first").because(error),
        };
        let token = {
            let _asking = flight.asking();
            ask.sign_in(wanted.sign_in, why)?
        };
        files.write(name, &token, flight.lock())?;
        Ok(token.access_token)
    }

    /// Renews a token; with a wrong clock it is kept all the same, but not handed on.
    fn renew(
        &self,
        token: &Token,
        renewable: Renewable<'_>,
        is_alive: bool,
        flight: &Flight<'_>,
    ) -> Result<Secret<String>> {
        let Wanted { sign_in, .. } = self.wanted;
        let grant = self.sso.refresh(&sign_in.region, renewable, is_alive)?;
        let next = token.renewed(grant.access_token, grant.expires_at, grant.refresh_token);
        self.files.write(sign_in.name(), &next, flight.lock())?;
        match grant.clock_off {
            Some(error) => Err(error),
            None => Ok(next.access_token),
        }
    }
}
