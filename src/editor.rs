//! Owns the person's own editor on a copy of a profile file: found in the environment, run without a shell, until the copy is valid.
//! It refuses to be started where awstok must not ask.

use std::path::Path;
use std::process::Command;

use crate::app::App;
use crate::cabinet::{Cabinet, Taken};
use crate::error::{Failure, Kind, Result, invalid, render, usage};
use crate::profile::{Profile, words};
use crate::ui::{interrupt, shown};

/// What systems have where nobody says which editor to take.
const USUAL: &str = if cfg!(windows) { "notepad" } else { "vi" };

/// The program, with its first arguments.
#[derive(Debug)]
pub struct Editor<'a> {
    app: &'a App,
    program: String,
    arguments: Vec<String>,
}

impl<'a> Editor<'a> {
    /// Finds the editor: `$VISUAL`, `$EDITOR`, else the system's usual one.
    ///
    /// # Errors
    /// Exit 2 where the variable holds no command, 5 where nobody can be asked.
    pub fn of(app: &'a App, profile: &str) -> Result<Self> {
        let named = ["VISUAL", "EDITOR"].iter().find_map(|variable| Some((*variable, app.env.text(variable)?)));
        if app.ui.no_input() || (named.is_none() && !app.ui.can_ask()) {
            return Err(app.ui.unanswered(
                &format!("it isn't said what to change in profile `{}`", shown(profile)),
                "pass keys, such as `--region`, `--set KEY=VALUE` or `--unset KEY`",
            ));
        }
        let (variable, command) = named.unwrap_or(("EDITOR", USUAL));
        let mut words = words::split(command)
            .map_err(|problem| usage(format!("`{variable}` {problem}")).hint("check its quotes"))?
            .into_iter();
        let program = words.next().unwrap_or_default();
        Ok(Self { app, program, arguments: words.collect() })
    }

    /// Lets the person edit a copy of a profile file until it is valid; gives the profile, or nothing where it is as it was.
    ///
    /// # Errors
    /// Exit 3 where it isn't valid and the person gives up, 1 where the editor fails.
    pub fn edit(&self, cabinet: &Cabinet<'_>, name: &str) -> Result<Option<Profile>> {
        let copy = cabinet.copy_to_edit(name)?;
        loop {
            self.run(copy.path())?;
            let error = match copy.take_over() {
                Ok(Taken::Unchanged) => return Ok(None),
                Ok(Taken::Over(profile)) => return Ok(Some(*profile)),
                Err(error) if crate::error::kind_of(&error) != Kind::Invalid => return Err(error),
                Err(error) => error,
            };
            let left = || invalid(format!("`{}` stays as it was: the edited copy isn't valid", shown(name)));
            if !self.app.ui.can_ask() {
                return Err(left().because(error).into());
            }
            self.app.ui.warn(render(&error).trim_end().trim_start_matches("error: "));
            let answer = self.app.ui.ask_text("edit it again? [y/N]", None, |_| Ok(()))?;
            if !["y", "yes"].iter().any(|yes| answer.eq_ignore_ascii_case(yes)) {
                return Err(left().into());
            }
        }
    }

    fn run(&self, file: &Path) -> Result<()> {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).arg(file).env_clear().envs(self.app.env.inherited());
        let status = interrupt::while_a_child_decides(|| command.status());
        let failed =
            |what: String| Failure::new(Kind::Other, what).hint("`VISUAL` or `EDITOR` says which editor to take");
        match status {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => {
                Err(failed(format!("the editor `{}` failed ({status}); nothing was changed", shown(&self.program)))
                    .into())
            }
            Err(error) => {
                Err(failed(format!("could not start the editor `{}`", shown(&self.program))).because(error).into())
            }
        }
    }
}
