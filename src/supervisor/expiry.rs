//! Owns the file that holds the present expiration, for others to read: RFC 3339 with `Z`, replaced as a whole.
//! It refuses folders that everyone can write to: there, anyone could put a file or a link in its place.

use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;

use crate::app::App;
use crate::clock::rfc3339;
use crate::error::{Failure, Kind, Result, usage};
use crate::locked_file::{self, Fingerprint, Mode, Replaced};

const PATIENCE: Duration = Duration::from_secs(5);
/// As often as another program may be quicker.
const TRIES: u32 = 10;

/// The place of the expiration.
#[derive(Debug)]
pub struct ExpiryFile(PathBuf);

impl ExpiryFile {
    /// Names the file; nothing is written yet.
    ///
    /// # Errors
    /// Exit 2 for one in a folder that everyone can write to, be it the link's or the file's own.
    pub fn new(path: PathBuf) -> Result<Self> {
        let path = std::path::absolute(&path)
            .map_err(|error| usage(format!("`{}` is no path of a file", path.display())).because(error))?;
        for file in [&path, &locked_file::target(&path)?] {
            if let Some(folder) = file.parent()
                && locked_file::is_open_to_everyone(folder)?
            {
                let text = format!("`--expiry-file` can't be in `{}`, where everyone can write", folder.display());
                return Err(usage(text).hint("name a file in a folder of your own, such as `$XDG_RUNTIME_DIR`").into());
            }
        }
        Ok(Self(path))
    }

    /// Writes an expiration; without one the file goes.
    ///
    /// # Errors
    /// Names the file and the system's reason.
    pub fn write(&self, app: &App, end: Option<Timestamp>) -> Result<()> {
        let lock = locked_file::lock(&app.paths.locks().join("expiry"), PATIENCE)?;
        let Some(end) = end else { return locked_file::remove(&self.0, &lock) };
        let text = format!("{}\n", rfc3339(end));
        for _ in 0..TRIES {
            let found = locked_file::read(&self.0)?;
            if found.as_ref().is_some_and(|found| found.bytes == text.as_bytes()) {
                return Ok(());
            }
            let seen = found.map_or(Fingerprint::ABSENT, |found| found.seen);
            if locked_file::replace(&self.0, text.as_bytes(), Mode::Keep, &seen, &lock)? == Replaced::Done {
                return Ok(());
            }
        }
        Err(Failure::new(Kind::Other, format!("`{}` is changed by another program all the time", self.0.display()))
            .into())
    }
}
