//! `awstok undo`: puts back what the last run changed, all its files together.
//! It refuses to overwrite what someone else changed since, unless told to.

use jiff::Timestamp;

use crate::app::App;
use crate::awsfiles::journal::Entry;
use crate::awsfiles::{journal, undo_where};
use crate::cabinet::Cabinet;
use crate::clock::LocalTime;
use crate::error::Result;
use crate::locked_file::target;
use crate::paths::tilde;
use crate::ui::shown;
use crate::ui::table::{Cell, Table};
use crate::unfinished::{Operation, hold_off};

/// Put back what the last run changed, all its files together
///
/// Called again, it goes one run further back. A file that was changed by someone else since is
/// left, with all others of that run, unless `--force` is given; nothing is lost then either,
/// the journal keeps what was there.
///
/// Examples:
///   awstok undo
///   awstok undo --list
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// List what can be undone, oldest first
    #[arg(long)]
    list: bool,
    /// Put back the files even where someone else changed them since
    #[arg(long, conflicts_with = "list")]
    force: bool,
    /// Print JSON: the list, or {"undone":ID,"command","files":["FILE"]}
    #[arg(long)]
    json: bool,
}

impl Args {
    /// Runs the command.
    pub fn run(&self, app: &App) -> Result<()> {
        if self.list {
            return self.list(app);
        }
        let mut still = Vec::new();
        let undone = undo_where(&app.paths, self.force, |entry| {
            still = hold_off(&app.paths, &Operation::ALL, &profiles_in(app, entry))?;
            Ok(())
        })?;
        if let Some((entry, _)) = undone.as_ref().filter(|(entry, _)| entry.command.starts_with("profile ")) {
            Cabinet::open(app)?.undone(&entry.command)?;
        }
        let lasting = undone.iter().flat_map(|(entry, _)| &entry.lasting);
        lasting.for_each(|lasting| app.ui.warn(&shown(lasting)));
        if self.json {
            return app.ui.print_json(&undone.as_ref().map(|(entry, outcome)| {
                let files: Vec<String> = outcome.changed.iter().map(|path| path.display().to_string()).collect();
                serde_json::json!({ "undone": entry.id, "command": entry.command, "files": files })
            }));
        }
        let Some((entry, outcome)) = undone else {
            app.ui.say("there is nothing to undo");
            return Ok(());
        };
        let files: Vec<String> = outcome.changed.iter().map(|path| format!("`{}`", tilde(path, &app.env))).collect();
        app.ui.say(&format!("undid `{}` of {}: put back {}", entry.command, entry.time, files.join(", ")));
        Ok(())
    }

    fn list(&self, app: &App) -> Result<()> {
        let entries = journal::list(&app.paths)?;
        if self.json {
            return app.ui.print_json(&entries);
        }
        if entries.is_empty() {
            app.ui.say("nothing was changed yet");
            return Ok(());
        }
        let (now, local) = (app.clock.now(), LocalTime::new(app.env.text("TZ")));
        let mut table = Table::new(["RUN", "WHEN", "COMMAND", "FILES", ""]);
        for entry in &entries {
            let when = entry.time.parse::<Timestamp>().map(|time| local.write(time, now));
            let files: Vec<String> = entry.files.iter().map(|file| tilde(&file.path, &app.env)).collect();
            let state = match (entry.undone, entry.undoes) {
                (true, _) => "undone".to_owned(),
                (_, Some(id)) => format!("undid {id}"),
                _ => String::new(),
            };
            table.row([
                Cell::from(entry.id.to_string()),
                Cell::from(when.unwrap_or_else(|_| entry.time.clone())),
                Cell::from(entry.command.clone()),
                Cell::from(files.join(" ")),
                Cell::from(state),
            ]);
        }
        app.ui.print(table.render(app.ui.width()))
    }
}

/// The profiles whose files a run changed.
fn profiles_in<'e>(app: &App, entry: &'e Entry) -> Vec<&'e str> {
    let names = entry.files.iter().filter_map(|file| {
        let name = file.path.file_name()?.to_str()?;
        let is_its_file = target(&app.paths.profile(name)).is_ok_and(|target| target == file.path);
        is_its_file.then_some(name)
    });
    names.collect()
}
