//! Owns the arguments that name keys: a flag for each key of the profile file, `--set`, and the secret on standard input.
//! It refuses secrets among them, and to repeat one that was given all the same.

use std::io::Read as _;

use clap::{Arg, ArgMatches, Command, FromArgMatches};
use zeroize::Zeroizing;

use crate::cabinet::Line;
use crate::error::{Result, usage};
use crate::profile::keys::{Key, is_secret};
use crate::wizard::flag_of;

/// No secret access key is nearly as long.
const MOST_BYTES: u64 = 4096;

/// The flags of the keys that were given, in the order of the table.
#[derive(Debug, Clone, Default)]
pub struct KeyFlags(Vec<(&'static str, String)>);

/// The keys that a command line sets.
#[derive(Debug, Clone, clap::Args)]
pub struct Changes {
    #[command(flatten)]
    flags: KeyFlags,
    /// Set any key; a secret is never an argument
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
}

impl Changes {
    /// Gives the lines that are set.
    ///
    /// # Errors
    /// Exit 2 for what is no `KEY=VALUE`, and for secrets.
    pub fn lines(&self) -> Result<Vec<Line>> {
        let mut lines: Vec<Line> = self.flags.0.iter().map(|(key, value)| Line::new(key, value)).collect();
        for pair in &self.set {
            let Some((key, value)) = pair.split_once('=') else {
                return Err(usage("`--set` takes a key and its value").hint("write `--set KEY=VALUE`").into());
            };
            if is_secret(key.trim()) {
                return Err(usage(format!("`--set` doesn't take `{}`: every process could read it", key.trim()))
                    .hint("`--secret-stdin` reads the secret access key from standard input")
                    .into());
            }
            lines.push(Line::new(key, value));
        }
        Ok(lines)
    }
}

/// Reads the secret access key from standard input.
///
/// # Errors
/// Exit 2 where there is none.
pub fn secret_from_stdin() -> Result<Line> {
    let mut text = Zeroizing::new(String::new());
    std::io::stdin()
        .take(MOST_BYTES)
        .read_to_string(&mut text)
        .map_err(|error| usage("could not read the secret from standard input").because(error))?;
    if text.trim().is_empty() {
        return Err(usage("standard input holds no secret").hint("write the secret access key there").into());
    }
    let value = Zeroizing::new(text.trim().to_owned());
    Ok(Line { value, ..Line::new(Key::SecretAccessKey.name(), "") })
}

/// Gives the keys that have flags: all names of all keys but the secret ones, those of the settings, and one whose flag is
/// taken. Of two names with one flag the first counts.
fn flagged() -> impl Iterator<Item = (Key, &'static str)> {
    let has_flag = |key: &Key| !key.is_secret() && !matches!(key, Key::Color | Key::DefaultProfile);
    let all = Key::all().filter(has_flag).flat_map(|key| key.names().iter().map(move |name| (key, *name)));
    all.filter(|(key, name)| key.names().iter().find(|other| flag_of(other) == flag_of(name)) == Some(name))
}

impl clap::Args for KeyFlags {
    fn augment_args(command: Command) -> Command {
        let flag = |(key, name): (Key, &'static str)| {
            let meaning = match name == key.name() {
                true => key.meaning().to_owned(),
                false => format!("the same as `{}`", flag_of(key.name())),
            };
            Arg::new(format!("key {name}"))
                .long(flag_of(name).trim_start_matches('-').to_owned())
                .value_name("VALUE")
                .help(meaning)
                .hide_short_help(true)
                .help_heading("Keys of the profile file")
        };
        command.args(flagged().map(flag))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for KeyFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let given =
            |(_, name): (Key, &'static str)| Some((name, matches.get_one::<String>(&format!("key {name}"))?.clone()));
        Ok(Self(flagged().filter_map(given).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
