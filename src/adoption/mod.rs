//! Owns the way from profiles of the AWS files to profile files: what botocore would take a section for, in awstok's words.
//! It refuses what has no lasting source of credentials, and what a profile file can't hold; the AWS files stay unless
//! they are to be cleaned.

mod found;
mod judged;
mod pairs;

use std::path::PathBuf;

use crate::app::App;
use crate::awsfiles::{AwsFiles, Drafts, Preview};
use crate::cabinet::Cabinet;
use crate::error::{Failure, Kind as Reason, Result, invalid};
use crate::locked_file::Mode;
use crate::profile::{self, Kind};
use crate::vault::Item;

use found::Files;
use judged::{Adopted, Verdict};

/// How the AWS files are to be taken over.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wish {
    /// Replace profile files that exist.
    pub force: bool,
    /// Take what was taken over out of the AWS files.
    pub clean: bool,
}

/// What becomes of one profile of the AWS files.
#[derive(Debug)]
pub struct Row {
    /// Its name.
    pub profile: String,
    /// What it is; none where it is left alone.
    pub kind: Option<Kind>,
    /// What becomes of it.
    pub status: Status,
    /// Why it is left alone.
    pub reason: Option<String>,
    /// The profile file; none where none can be.
    pub file: Option<PathBuf>,
    /// What a person should know.
    pub warnings: Vec<String>,
}

/// What becomes of a profile of the AWS files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It becomes a profile file.
    Imported,
    /// awstok has a profile of that name.
    Exists,
    /// It is left alone for another reason.
    Skipped,
}

impl Status {
    /// The word for scripts.
    pub fn word(self) -> &'static str {
        match self {
            Self::Imported => "imported",
            Self::Exists => "exists",
            Self::Skipped => "skipped",
        }
    }
}

/// Profiles of the AWS files, judged.
pub struct Adoption<'a> {
    app: &'a App,
    files: Files,
    rows: Vec<Row>,
    adopted: Vec<Adopted>,
    wish: Wish,
    names: Vec<String>,
}

impl<'a> Adoption<'a> {
    /// Looks at the profiles of these names, or without names at all of them. `store` is the value of `secret_store` to write.
    ///
    /// # Errors
    /// Exit 3 for a name that is in neither file, and with file and line for a file that can't be read.
    pub fn plan(app: &'a App, names: &[String], store: Option<&str>, wish: Wish) -> Result<Self> {
        let files = Files::read(&app.paths)?;
        let cabinet = Cabinet::open(app)?;
        let judged = judged::judge(&cabinet, &files, store, wish.force)?;
        let (mut rows, mut adopted): (Vec<Row>, Vec<Adopted>) = (Vec::new(), Vec::new());
        for name in names {
            if !judged.iter().any(|(known, _)| known.iter().any(|known| known == name)) {
                return Err(invalid(format!("neither of the AWS files has a profile `{name}`"))
                    .hint(format!(
                        "`awstok profile import --all --dry-run` lists those of `{}` and `{}`",
                        app.paths.config.display(),
                        app.paths.credentials.display()
                    ))
                    .into());
            }
        }
        for (known, verdict) in judged {
            if !names.is_empty() && !names.iter().any(|name| known.contains(name)) {
                continue;
            }
            let Some(profile) = known.into_iter().next() else { continue };
            rows.push(verdict.row(app, profile));
            if let Verdict::Adopt(one) = verdict {
                adopted.push(*one);
            }
        }
        for one in &adopted {
            let Some(master) = cabinet.missing_master(&one.profile) else { continue };
            let row = rows.iter_mut().find(|row| row.profile == one.profile.name);
            if let Some(row) = row.filter(|_| adopted.iter().all(|other| other.profile.name != master)) {
                let name = &one.profile.name;
                row.warnings.push(format!("the master of `{name}`, `{master}`, is no profile, nor taken over with it"));
            }
        }
        Ok(Self { app, files, rows, adopted, wish, names: names.to_vec() })
    }

    /// What becomes of each profile, sorted by name.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The `[sso-session]` sections whose accounts have no profile at all, neither here nor after this.
    ///
    /// # Errors
    /// Where the config file or the profiles folder can't be read.
    pub fn unused_sign_ins(&self) -> Result<Vec<String>> {
        let (profiles, _) = profile::load_all(&self.app.paths.profiles, &self.app.settings()?)?;
        let used: Vec<&str> = profiles
            .iter()
            .chain(self.adopted.iter().map(|one| &one.profile))
            .filter_map(|profile| Some(profile.sso.as_ref()?.session.as_ref()?.value.as_str()))
            .collect();
        let mut names = self.files.sign_ins()?;
        names.retain(|name| !used.contains(&name.as_str()));
        Ok(names)
    }

    /// How many become profile files.
    pub fn count(&self) -> usize {
        self.adopted.len()
    }

    /// Shows what `carry_out` would do.
    ///
    /// # Errors
    /// As `carry_out`.
    pub fn preview(&self) -> Result<Vec<Preview>> {
        self.change().preview(|drafts| self.edit(drafts))
    }

    /// Writes the profile files and, where that is wished, cleans the AWS files.
    ///
    /// # Errors
    /// Where a file can't be written, or changed since it was looked at; then nothing changed.
    pub fn carry_out(&self) -> Result<()> {
        let cabinet = Cabinet::open(self.app)?;
        let names: Vec<&str> = self.adopted.iter().map(|one| one.profile.name.as_str()).collect();
        let _still = cabinet.hold_still(&names)?;
        let mut lasting = Vec::new();
        for one in &self.adopted {
            if let Some(secret) = &one.secret {
                let stored = (Item::SecretAccessKey, one.profile.secret_store);
                lasting.extend(cabinet.overwritten_by(&[stored], &one.profile.name));
                cabinet.keep(&one.profile.name, one.profile.secret_store, secret)?;
            }
        }
        let what = if self.names.is_empty() { "--all".to_owned() } else { self.names.join(" ") };
        let change = self.change().lasting(lasting);
        change.change(&format!("profile import {what}"), |drafts| self.edit(drafts)).map(drop)
    }

    fn change(&self) -> AwsFiles {
        self.adopted.iter().fold(AwsFiles::new(&self.app.paths), |files, one| {
            files.with(&self.app.paths.profile(&one.profile.name), Mode::Secret)
        })
    }

    fn edit(&self, drafts: &mut Drafts) -> Result<()> {
        if !self.files.are(drafts)? {
            let what = "the AWS files were changed by another program meanwhile";
            return Err(Failure::new(Reason::Other, what).hint("run it again").into());
        }
        for one in &self.adopted {
            let draft = drafts.file(&self.app.paths.profile(&one.profile.name))?;
            if draft.existed() && !self.wish.force {
                let what = format!("a profile `{}` was made meanwhile", one.profile.name);
                return Err(Failure::new(Reason::Other, what).hint("run it again").into());
            }
            draft.replace_all(one.text.to_vec());
            if self.wish.clean {
                one.clean(drafts)?;
            }
        }
        Ok(())
    }
}

impl std::fmt::Debug for Adoption<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Adoption").field("rows", &self.rows).finish_non_exhaustive()
    }
}
