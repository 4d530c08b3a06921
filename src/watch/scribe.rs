//! Owns the changes of the AWS files that a watch makes: sessions that came together go in together.
//! It refuses to let one profile's file keep the others' sessions out.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use super::asker::Asker;
use super::wave::thread;
use super::{News, Ready, Teller};
use crate::app::App;
use crate::error::{Result, visible};
use crate::handout::Recipient;
use crate::house::{Changed, House};
use crate::round::delivery;

/// Changes the files in a thread of its own, and tells when that is done; `run` is the journal's entry of this run.
///
/// # Errors
/// Where no thread can be started.
pub(super) fn start(
    app: &'static App,
    asker: &Arc<Asker>,
    run: Option<u64>,
    batch: BTreeMap<String, Ready>,
    teller: Teller,
) -> Result<()> {
    let asker = Arc::clone(asker);
    thread("files", move || {
        teller.tell(News::Written(write(app, &asker, run, &batch)));
    })
}

fn write(app: &App, asker: &Asker, run: Option<u64>, batch: &BTreeMap<String, Ready>) -> Result<Option<u64>> {
    let house = House::read(app, &app.settings()?)?;
    house.mention_unusable(false);
    let mut deliveries = Vec::new();
    let mut given = Vec::new();
    for (name, ready) in batch {
        match house.profile(name) {
            Ok(profile) => {
                deliveries.push((profile, delivery(profile, Some(&ready.session))));
                if !profile.auto_refresh {
                    given.push((name, ready));
                }
            }
            // what is wrong with its file is said when it is planned next
            Err(error) => app.ui.explain(&visible(&format!("{error:#}"))),
        }
    }
    let Changed { outcome, warnings } = house.change("watch", run, &deliveries)?;
    let recipient = Recipient::file("watch");
    for (name, Ready { session, reused, account_id }) in given {
        recipient.gets_session(app, name, account_id.as_deref(), session, *reused);
    }
    let mut said = asker.in_the_way.lock().unwrap_or_else(PoisonError::into_inner);
    for warning in warnings.iter().filter(|warning| !said.contains(warning)) {
        app.ui.warn(warning);
    }
    *said = warnings;
    Ok(outcome.entry)
}
