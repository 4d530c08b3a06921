//! Owns the sign-in by device code (RFC 8628): a code that is compared or typed in any browser, and the polling for its token.
//! It refuses to poll faster than it is told to, and to give up over an answer that got lost.

use std::time::{Duration, Instant};

use super::Login;
use crate::error::{Kind, Result, kind_of};
use crate::sso::Poll;
use crate::tokens::{Registration, Token};
use crate::ui::shown;

/// What a hasty device waits longer, each time.
const SLOWER: Duration = Duration::from_secs(5);
/// The time between two looks at the countdown.
const SECOND: Duration = Duration::from_secs(1);

impl Login<'_> {
    /// Signs in by device code.
    pub(super) fn by_device_code(&self, registration: &Registration) -> Result<Token> {
        let begun = self.sso.start_device_authorization(self.sign_in, registration)?;
        let life = begun.expires_at.duration_since(self.app.clock.now()).unsigned_abs();
        let end = Instant::now() + life;
        self.show(
            &begun.verification_uri_complete,
            &format!(
                "\nand check that it shows the code {}, or enter it at {}\n",
                shown(&begun.user_code),
                begun.verification_uri
            ),
        );
        // the browser of a phone signs in as well
        self.app.ui.draw(&begun.verification_uri_complete)?;
        let mut pause = begun.interval;
        let mut trouble = None;
        loop {
            match self.sso.poll_for_token(self.sign_in, registration, &begun.device_code) {
                Ok(Poll::Granted(grant)) => return grant.into_token(self.sign_in, registration),
                Ok(Poll::Pending) => trouble = None,
                Ok(Poll::SlowDown) => pause += SLOWER,
                // the next answer may come
                Err(error) if kind_of(&error) == Kind::Unreachable => trouble = Some(error),
                Err(error) => return Err(error),
            }
            let next = Instant::now() + pause;
            if next >= end {
                return Err(match trouble {
                    Some(error) => error,
                    None => self.given_up(life).into(),
                });
            }
            while Instant::now() < next {
                self.wait(end);
                std::thread::sleep(next.saturating_duration_since(Instant::now()).min(SECOND));
            }
        }
    }
}
