//! Owns what holds for each call: how often it is tried, what is watched over it, and its failures as words.
//! It refuses answers of another time, save a token's: that is kept, and the wrong clock said.

use aws_config::retry::RetryConfig;
use aws_sdk_sso as portal;
use aws_sdk_ssooidc as oidc;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use jiff::{SignedDuration, Timestamp};

use super::remedies::remedy;
use super::{Grant, answer};
use crate::clock::is_off;
use crate::error::Result;
use crate::wire::{ApiSettings, Call, CallWatch, GoesOnce, times};

/// How often a call is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tries {
    Usual,
    One,
    /// Once, unless no byte of it was sent.
    UnlessSent,
}

/// One call on its way.
pub(super) struct One<'a> {
    pub(super) operation: &'static str,
    pub(super) settings: &'a ApiSettings,
    pub(super) region: &'a str,
    pub(super) secrets: Vec<&'a str>,
    pub(super) watch: CallWatch,
    pub(super) began: Timestamp,
}

impl One<'_> {
    pub(super) fn oidc<T, E, B>(
        &self,
        call: oidc::client::customize::CustomizableOperation<T, E, B>,
        tries: Tries,
    ) -> oidc::client::customize::CustomizableOperation<T, E, B> {
        let config = oidc::Config::builder();
        let config = match tries {
            Tries::Usual => config,
            Tries::One => config.retry_config(RetryConfig::disabled()),
            Tries::UnlessSent => config.timeout_config(times(true)).retry_classifier(GoesOnce),
        };
        call.config_override(config).interceptor(self.watch.clone())
    }

    pub(super) fn portal<T, E, B>(
        &self,
        call: portal::client::customize::CustomizableOperation<T, E, B>,
    ) -> portal::client::customize::CustomizableOperation<T, E, B> {
        call.interceptor(self.watch.clone())
    }

    fn call(&self) -> Call<'_> {
        let (secrets, ahead) = (self.secrets.clone(), self.watch.ahead());
        let place = self.settings.place(&self.watch, self.region);
        Call { operation: self.operation, place, secrets, ahead, remedy }
    }

    /// How far AWS's clock is ahead of ours, where that is too far.
    fn off(&self) -> Option<SignedDuration> {
        self.watch.ahead().filter(|ahead| is_off(*ahead))
    }

    /// Turns errors into words, and doesn't trust an answer from another time.
    pub(super) fn check<T, E>(&self, answer: Result<T, SdkError<E, HttpResponse>>) -> Result<T>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        match (answer, self.off()) {
            // what a token is refused for may be nothing but that
            (Ok(_) | Err(SdkError::ServiceError(_)), Some(ahead)) => Err(self.call().clock_off(ahead).into()),
            (answer, _) => answer.map_err(|error| self.call().failure(&error).into()),
        }
    }

    /// Takes a token, whose refresh token is good once: a wrong clock is said when it is safe.
    pub(super) fn grant<E>(
        &self,
        answer: Result<oidc::operation::create_token::CreateTokenOutput, SdkError<E, HttpResponse>>,
    ) -> Result<Grant>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let off = self.off();
        let answer = match (answer, off) {
            (Ok(answer), _) => answer,
            (Err(SdkError::ServiceError(_)), Some(ahead)) => return Err(self.call().clock_off(ahead).into()),
            (Err(error), _) => return Err(self.call().failure(&error).into()),
        };
        let began = off.and_then(|ahead| self.began.checked_add(ahead).ok()).unwrap_or(self.began);
        let grant = || -> Result<Grant, String> {
            Ok(Grant {
                access_token: answer::word(answer.access_token(), "access token")?,
                refresh_token: answer
                    .refresh_token()
                    .map(|token| answer::word(Some(token), "refresh token"))
                    .transpose()?,
                expires_at: answer::token_end(answer.expires_in(), began)?,
                clock_off: off.map(|ahead| self.call().clock_off(ahead).into()),
            })
        };
        grant().map_err(|why| self.unusable(why))
    }

    pub(super) fn unusable(&self, why: String) -> anyhow::Error {
        self.call().unreachable(why).into()
    }
}
