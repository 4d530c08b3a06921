//! `awstok status --watch`: the table, drawn anew whenever something in it changes.
//! It refuses to wake up for what nobody would see: seconds count only where they are shown.

use jiff::SignedDuration;

use super::{Args, Row};
use crate::app::App;
use crate::broker::Broker;
use crate::error::Result;

#[cfg(unix)]
pub(super) use terminal::show;

/// How often the cache is looked at for what other commands did.
const LOOK: SignedDuration = SignedDuration::from_secs(5);

/// Prints the rows, and again whenever one of them isn't what it was; ends when nobody reads it any more, or by a signal.
///
/// # Errors
/// Where the rows can't be had, or standard output is closed.
pub(super) fn print_changes(args: &Args, app: &App, broker: &Broker<'_>) -> Result<u8> {
    let mut shown: Option<Vec<Row>> = None;
    loop {
        let now = app.clock.now();
        let rows = args.rows(app, &broker.again()?, now, shown.is_some())?;
        let same = |old: &Vec<Row>| old.len() == rows.len() && old.iter().zip(&rows).all(|(old, row)| old.is_as(row));
        if !shown.as_ref().is_some_and(same) {
            args.print(app, &rows, now)?;
        }
        let next = rows.iter().filter_map(|row| row.end).filter(|end| *end > now).min();
        let look = now.saturating_add(LOOK).unwrap_or(now);
        shown = Some(rows);
        let pause = next.map_or(look, |end| end.min(look)).duration_since(now);
        app.clock.sleep(pause.try_into().unwrap_or_default());
    }
}

#[cfg(unix)]
mod terminal {
    use colored::Colorize as _;
    use jiff::{SignedDuration, Timestamp};
    use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGWINCH};

    use super::super::{Row, table};
    use super::{Args, LOOK};
    use crate::alarm::{Alarm, Woken};
    use crate::app::App;
    use crate::broker::Broker;
    use crate::clock::LocalTime;
    use crate::error::Result;
    use crate::ui::{interrupt, shown};

    /// Gives the instant at which the rows are looked at again.
    fn next_look(rows: &[Row], now: Timestamp) -> Timestamp {
        let hour = SignedDuration::from_hours(1);
        let counts = |row: &Row| row.end.is_some_and(|end| end > now && end.duration_since(now) < hour);
        let pause = if rows.iter().any(counts) { SignedDuration::from_secs(1) } else { LOOK };
        // with the second, as the time left changes
        let whole = Timestamp::from_second(now.as_second()).unwrap_or(now);
        whole.saturating_add(pause).unwrap_or(now)
    }

    /// Shows the rows on the terminal until `q`, Ctrl-C or another signal to end.
    ///
    /// # Errors
    /// Where the rows can't be had at first, or the terminal is gone.
    pub(in super::super) fn show(args: &Args, app: &App, broker: &Broker<'_>) -> Result<u8> {
        // what is wrong with the command line is said before the screen is taken
        args.rows(app, broker, app.clock.now(), false)?;
        interrupt::leave_interrupts_to_the_child();
        let mut alarm = Alarm::new(&[SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGTSTP, SIGCONT, SIGWINCH])?;
        let screen = app.ui.screen(alarm.nudge())?;
        let local = LocalTime::new(app.env.text("TZ"));
        loop {
            let now = app.clock.now();
            let rows = args.rows(app, &broker.again()?, now, true)?;
            let mut text = table(&rows, now, &local).render(app.ui.width());
            for error in rows.iter().filter_map(|row| row.error.as_deref()) {
                text.push_str(&format!("{}\n", shown(error).yellow()));
            }
            text.push_str(&format!("\n{}", "q ends it".dimmed()));
            screen.draw(&text)?;
            match alarm.wait(Some(next_look(&rows, now)))? {
                Woken::Signal(caught) if caught.number == SIGTSTP => {
                    screen.leave()?;
                    // where it can't be stopped it goes on
                    let _ = signal_hook::low_level::emulate_default_handler(SIGTSTP);
                    screen.enter()?;
                }
                Woken::Signal(caught) if [SIGCONT, SIGWINCH].contains(&caught.number) => {}
                Woken::Signal(_) => return Ok(0),
                Woken::Nudged if screen.keys().iter().any(|key| [b'q', b'Q'].contains(key)) => return Ok(0),
                Woken::Nudged | Woken::Due => {}
            }
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn seconds_wake_only_where_they_are_shown() {
            let now: Timestamp = "2026-01-02T03:04:05.6Z".parse().unwrap();
            let row =
                |left: i64| Row { end: Some(now + SignedDuration::from_secs(left)), ..Row::bare("prod", "valid") };
            let next = |rows: &[Row]| next_look(rows, now).to_string();
            assert_eq!(next(&[row(7_200), row(600)]), "2026-01-02T03:04:06Z");
            assert_eq!(next(&[row(7_200), row(-1), Row::bare("x", "none")]), "2026-01-02T03:04:10Z");
            assert_eq!(next(&[]), "2026-01-02T03:04:10Z");
        }
    }
}
