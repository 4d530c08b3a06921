//! Owns what `--fix` does: lossless changes of both AWS files as one run that `undo` takes back, and narrower modes.
//! It refuses whatever a finding doesn't name, and lets nothing that can't be mended stand in the way of what can.

use std::path::Path;

use super::finding::Mend;
use crate::awsfiles::{AwsFiles, Drafts, Preview, SectionEdit};
use crate::delivery;
use crate::error::Result;
use crate::locked_file;
use crate::paths::Paths;

/// The byte order mark of UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// What is to be mended, and why some of it can't be.
#[derive(Debug)]
pub struct Mending<'a> {
    paths: &'a Paths,
    edits: Vec<&'a Mend>,
    modes: Vec<&'a Mend>,
    /// What can't be mended, each with the reason.
    pub refused: Vec<String>,
}

impl<'a> Mending<'a> {
    /// Plans it; where not all of it can be done, each change is tried by itself.
    pub fn plan(paths: &'a Paths, mends: impl Iterator<Item = &'a Mend>) -> Self {
        let is_mode = |mend: &&Mend| matches!(mend, Mend::TightenFile(_) | Mend::TightenFolder(_));
        let (modes, mut edits): (Vec<_>, Vec<_>) = mends.partition(is_mode);
        // what changes bytes of the file as a whole comes before what changes its sections
        edits.sort_by_key(|mend| match mend {
            Mend::RemoveByteOrderMark(_) => 0,
            Mend::NameProfile(_) => 1,
            _ => 2,
        });
        let mut planned = Self { paths, edits, modes, refused: Vec::new() };
        if planned.preview().is_err() {
            let mut refused = Vec::new();
            planned.edits.retain(|mend| {
                let tried = AwsFiles::new(paths).preview(|drafts| edit(drafts, &[mend]));
                refused.extend(tried.as_ref().err().map(|error| format!("{error:#}")));
                tried.is_ok()
            });
            planned.refused = refused;
        }
        planned
    }

    /// Shows what would become of the files.
    ///
    /// # Errors
    /// When a file can't be read or edited.
    pub fn preview(&self) -> Result<Vec<Preview>> {
        match self.edits.is_empty() {
            true => Ok(Vec::new()),
            false => AwsFiles::new(self.paths).preview(|drafts| edit(drafts, &self.edits)),
        }
    }

    /// Mends; gives what couldn't be done after all.
    pub fn carry_out(&self) -> Vec<String> {
        let mut refused = Vec::new();
        for mend in &self.modes {
            let done = match mend {
                Mend::TightenFile(path) => locked_file::tighten(path),
                Mend::TightenFolder(path) => locked_file::tighten_folder(path).map(drop),
                _ => Ok(()),
            };
            refused.extend(done.err().map(|error| format!("{error:#}")));
        }
        if !self.edits.is_empty() {
            let changed = AwsFiles::new(self.paths).change("doctor --fix", |drafts| edit(drafts, &self.edits));
            refused.extend(changed.err().map(|error| format!("{error:#}")));
        }
        refused
    }
}

fn edit(drafts: &mut Drafts, mends: &[&Mend]) -> Result<()> {
    for mend in mends {
        match mend {
            Mend::RemoveByteOrderMark(is_credentials) => {
                let draft = if *is_credentials { drafts.credentials()? } else { drafts.config()? };
                if let Some(rest) = draft.bytes().strip_prefix(MARK).map(<[u8]>::to_vec) {
                    draft.begin_with(rest);
                }
            }
            Mend::NameProfile(name) => drafts.config()?.name_profile(name).map(drop)?,
            Mend::RemoveOwnKeys(name) => delivery::remove(drafts, name)?,
            Mend::RemoveSecurityToken(name) => {
                let section: &mut SectionEdit = drafts.credentials()?.section(name)?;
                section.remove("aws_security_token");
            }
            Mend::TightenFile(_) | Mend::TightenFolder(_) => {}
        }
    }
    Ok(())
}

/// Tells whether a mend is a change of a file's mode, which the journal doesn't keep.
pub fn mode_of(mend: &Mend) -> Option<(&Path, &'static str)> {
    match mend {
        Mend::TightenFile(path) => Some((path, "0600")),
        Mend::TightenFolder(path) => Some((path, "0700")),
        _ => None,
    }
}
