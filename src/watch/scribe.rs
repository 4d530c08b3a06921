//! Owns the changes of the AWS files that a watch makes: sessions that came together go in together.
//! It refuses to let one profile's file keep the others' sessions out.

use std::sync::{Arc, PoisonError};

use super::asker::Asker;
use super::wave::thread;
use super::{News, Teller};
use crate::app::App;
use crate::error::{Result, visible};
use crate::house::{Changed, House};
use crate::round::delivery;
use crate::session::Session;

/// Changes the files in a thread of its own, and tells when that is done; `run` is the journal's entry of this run.
///
/// # Errors
/// Where no thread can be started.
pub(super) fn start(
    app: &'static App,
    asker: &Arc<Asker>,
    run: Option<u64>,
    sessions: Vec<(String, Session)>,
    teller: Teller,
) -> Result<()> {
    let asker = Arc::clone(asker);
    thread("files", move || {
        teller.tell(News::Written(write(app, &asker, run, &sessions)));
    })
}

fn write(app: &App, asker: &Asker, run: Option<u64>, sessions: &[(String, Session)]) -> Result<Option<u64>> {
    let house = House::read(app, &app.settings()?)?;
    house.mention_unusable(false);
    let mut deliveries = Vec::new();
    for (name, session) in sessions {
        match house.profile(name) {
            Ok(profile) => deliveries.push((profile, delivery(profile, Some(session)))),
            // what is wrong with its file is said when it is planned next
            Err(error) => app.ui.explain(&visible(&format!("{error:#}"))),
        }
    }
    let Changed { outcome, warnings } = house.change("watch", run, &deliveries)?;
    let mut said = asker.in_the_way.lock().unwrap_or_else(PoisonError::into_inner);
    for warning in warnings.iter().filter(|warning| !said.contains(warning)) {
        app.ui.warn(warning);
    }
    *said = warnings;
    Ok(outcome.entry)
}
