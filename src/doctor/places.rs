//! Owns who may do what with the files: modes and owners, and what is a program.
//! It refuses to change any of it.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::paths::Paths;

/// What the system says of a file or folder that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// Where it is.
    pub path: PathBuf,
    /// Whether it is a folder.
    pub is_folder: bool,
    /// Whether it holds secrets, and so is nobody else's.
    pub is_private: bool,
    /// The bits of others than the owner.
    pub others: u32,
    /// Whether it belongs to somebody else, who isn't this process's user.
    pub is_foreign: bool,
    /// When it was changed last.
    pub changed: Option<SystemTime>,
}

/// Looks at all files and folders of awstok but profile files, and at the AWS files; what isn't there is left out.
pub fn accesses(paths: &Paths) -> Vec<Access> {
    let mut found: Vec<Access> = Vec::new();
    for folder in paths.private_folders() {
        found.extend(access(&folder, true).filter(|access| access.is_folder));
    }
    for file in [&paths.credentials, &paths.settings()] {
        found.extend(access(file, true).filter(|access| !access.is_folder));
    }
    found.extend(access(&paths.config, false).filter(|access| !access.is_folder));
    found
}

/// Looks at a file or folder; none where there is none.
#[cfg(unix)]
pub fn access(path: &Path, is_private: bool) -> Option<Access> {
    use std::os::unix::fs::MetadataExt as _;

    let found = std::fs::metadata(path).ok()?;
    let me = rustix::process::geteuid().as_raw();
    Some(Access {
        path: path.to_owned(),
        is_folder: found.is_dir(),
        is_private,
        others: found.mode() & 0o077,
        // root works with everybody's files
        is_foreign: me != 0 && found.uid() != me,
        changed: found.modified().ok(),
    })
}

/// Elsewhere than on Unix, files below the user's folder inherit its access list.
#[cfg(not(unix))]
pub fn access(path: &Path, is_private: bool) -> Option<Access> {
    let found = std::fs::metadata(path).ok()?;
    let (is_folder, changed) = (found.is_dir(), found.modified().ok());
    Some(Access { path: path.to_owned(), is_folder, is_private, others: 0, is_foreign: false, changed })
}

/// Tells whether a file is a program that may be run.
#[cfg(unix)]
pub fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;

    std::fs::metadata(path).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

/// Tells whether a file is a program that may be run.
#[cfg(not(unix))]
pub fn is_program(path: &Path) -> bool {
    path.is_file()
}
