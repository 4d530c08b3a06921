//! Owns the list of what a person may enter through an access portal: accounts, and the roles in each, asked for side by side.
//! It refuses to give half a list.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::app::App;
use crate::broker::Broker;
use crate::error::Result;
use crate::login::Known;
use crate::secret::Secret;
use crate::sso::Account;
use crate::ui::progress::{Display, Line};
use crate::ui::shown;
use crate::wire::was_throttled;

/// How many accounts are asked about at a time: the portal limits a person's calls.
const SIDE_BY_SIDE: usize = 8;
/// How often a call is made that the portal has no time for, each with tries of its own.
const ROUNDS: u32 = 4;
/// The pause before the second round; it doubles.
const PAUSE: Duration = Duration::from_secs(1);

/// An account and the roles that are assigned in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Assigned {
    /// The account.
    pub account: Account,
    /// The names of the roles, sorted.
    pub roles: Vec<String>,
}

/// Lists all accounts and roles, sorted by the accounts' ids.
///
/// # Errors
/// Where a person has to sign in and can't or doesn't; when AWS refuses or gives no usable answer.
pub fn assigned(app: &App, broker: &Broker<'_>, known: &Known) -> Result<Vec<Assigned>> {
    let (sso, region) = (broker.sso(), known.sign_in.region.as_str());
    let listing = |token: &Secret<String>| Ok((patiently(app, || sso.list_accounts(region, token))?, token.clone()));
    let (mut accounts, token) = broker.with_access_token(known, listing)?;
    accounts.sort();
    accounts.dedup_by(|one, other| one.id == other.id);
    let list_roles = |account: &Account| -> Result<Assigned> {
        let mut roles = patiently(app, || sso.list_account_roles(region, &token, &account.id))?;
        roles.sort();
        roles.dedup();
        Ok(Assigned { account: account.clone(), roles })
    };
    let display = Display::new(&app.ui);
    side_by_side(&accounts, &display.line(&shown(known.sign_in.name())), list_roles)
}

/// Does the work for each account, several at a time; the first failure ends it.
fn side_by_side(
    accounts: &[Account],
    line: &Line,
    work: impl Fn(&Account) -> Result<Assigned> + Sync,
) -> Result<Vec<Assigned>> {
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let found: Mutex<Result<Vec<Assigned>>> = Mutex::new(Ok(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..accounts.len().min(SIDE_BY_SIDE) {
            scope.spawn(|| {
                while let Some(account) = accounts.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let result = work(account);
                    let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
                    match (&mut *found, result) {
                        (Ok(list), Ok(one)) => list.push(one),
                        (Ok(_), Err(error)) => {
                            *found = Err(error);
                            // nobody takes another one
                            next.store(accounts.len(), Ordering::Relaxed);
                        }
                        (Err(_), _) => {}
                    }
                    let count = done.fetch_add(1, Ordering::Relaxed) + 1;
                    line.tell(format!("listing roles: {count} of {} accounts", accounts.len()));
                }
            });
        }
    });
    let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner)?;
    found.sort();
    Ok(found)
}

/// Makes a call again that the portal had no time for.
fn patiently<T>(app: &App, call: impl Fn() -> Result<T>) -> Result<T> {
    let mut pause = PAUSE;
    for _ in 1..ROUNDS {
        match call() {
            Err(error) if was_throttled(&error) => app.clock.sleep(pause),
            result => return result,
        }
        pause = pause.saturating_mul(2);
    }
    call()
}
