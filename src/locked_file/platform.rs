//! Owns what differs between systems: permission bits, owners, a file's identity, syncing a folder.

#[cfg(unix)]
pub(super) use unix::*;
#[cfg(windows)]
pub(super) use windows::*;

#[cfg(unix)]
mod unix {
    use std::fs::{DirBuilder, File, Metadata, OpenOptions, Permissions, set_permissions};
    use std::io;
    use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, fchown};
    use std::path::Path;
    use std::sync::atomic::AtomicBool;
    use std::sync::{Arc, Once};

    use super::super::Mode;

    #[derive(Debug, Clone, PartialEq, Eq)]
    pub(in super::super) struct Identity {
        device: u64,
        inode: u64,
        size: u64,
        modified: (i64, i64),
    }

    pub(in super::super) fn identity(found: &Metadata) -> Identity {
        Identity {
            device: found.dev(),
            inode: found.ino(),
            size: found.size(),
            modified: (found.mtime(), found.mtime_nsec()),
        }
    }

    pub(in super::super) fn mode(found: &Metadata) -> u32 {
        found.mode() & 0o7777
    }

    pub(in super::super) fn create_private_folder(path: &Path) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(path)
    }

    pub(in super::super) fn tighten_folder(path: &Path, found: &Metadata) -> io::Result<bool> {
        if found.mode() & 0o077 == 0 {
            return Ok(false);
        }
        set_permissions(path, Permissions::from_mode(found.mode() & 0o700)).map(|()| true)
    }

    pub(in super::super) fn tighten_file(path: &Path) -> io::Result<()> {
        let bits = std::fs::metadata(path)?.mode() & 0o600;
        set_permissions(path, Permissions::from_mode(bits))
    }

    pub(in super::super) fn open_lock(path: &Path) -> io::Result<File> {
        OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
    }

    /// Takes room on the disk for the bytes of a file that will be renamed without being synced. Of such a file, ext4 gives what
    /// has no room yet to the disk as it is renamed over another, and makes the process wait. Without effect where there is
    /// nothing to gain, or no room: writing will tell.
    pub(in super::super) fn reserve(file: &File, length: usize) {
        #[cfg(target_os = "linux")]
        let _ = rustix::fs::fallocate(file, rustix::fs::FallocateFlags::empty(), 0, length as u64);
        #[cfg(not(target_os = "linux"))]
        let _ = (file, length);
    }

    pub(in super::super) fn link(path: &Path, to: &Path) -> io::Result<()> {
        std::os::unix::fs::symlink(to, path)
    }

    pub(in super::super) const TELLS_FILES_APART: bool = true;

    /// Tells whether an open file is still the one of that name.
    pub(in super::super) fn is_at(opened: &File, path: &Path) -> bool {
        let number = |found: Metadata| (found.dev(), found.ino());
        let there = std::fs::metadata(path).map(number);
        there.is_ok_and(|there| opened.metadata().is_ok_and(|opened| number(opened) == there))
    }

    pub(in super::super) fn open_to_append(path: &Path) -> io::Result<File> {
        // a pipe that nobody reads is refused, not waited for
        let at_once = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
        OpenOptions::new().append(true).create(true).mode(0o600).custom_flags(at_once).open(path)
    }

    pub(in super::super) fn create_private(path: &Path) -> io::Result<File> {
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
    }

    /// Gives the new file the old one's owner, group and permissions; it never becomes readable for more people.
    pub(in super::super) fn take_over_owner_and_mode(new: &File, old: &Metadata, mode: Mode) -> io::Result<()> {
        let now = new.metadata()?;
        let mut bits = match mode {
            Mode::Secret => old.mode() & 0o600,
            Mode::Keep => old.mode() & 0o777,
        };
        if now.uid() != old.uid() {
            fchown(new, Some(old.uid()), Some(old.gid()))?;
        } else if now.gid() != old.gid() && fchown(new, None, Some(old.gid())).is_err() {
            // not a member of that group: then the file's new group gets nothing
            bits &= 0o707;
        }
        if bits != now.mode() & 0o777 { new.set_permissions(Permissions::from_mode(bits)) } else { Ok(()) }
    }

    pub(in super::super) fn sync_folder(path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    /// Makes a write beyond RLIMIT_FSIZE fail with EFBIG instead of ending the process (signal(7), SIGXFSZ).
    pub(in super::super) fn survive_size_limit() {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            // without the handler the limit ends the process, and the old file is still whole
            let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::new(AtomicBool::new(false)));
        });
    }
}

#[cfg(windows)]
mod windows {
    use std::fs::{DirBuilder, File, Metadata, OpenOptions};
    use std::io;
    use std::os::windows::fs::MetadataExt as _;
    use std::path::Path;

    use super::super::Mode;

    #[derive(Debug, Clone, PartialEq, Eq)]
    pub(in super::super) struct Identity {
        created: u64,
        modified: u64,
        size: u64,
    }

    pub(in super::super) fn identity(found: &Metadata) -> Identity {
        Identity { created: found.creation_time(), modified: found.last_write_time(), size: found.file_size() }
    }

    pub(in super::super) fn mode(_: &Metadata) -> u32 {
        0
    }

    /// Below the user's profile folder, files inherit its access list: the user, administrators and the system.
    pub(in super::super) fn create_private_folder(path: &Path) -> io::Result<()> {
        DirBuilder::new().recursive(true).create(path)
    }

    pub(in super::super) fn tighten_folder(_: &Path, _: &Metadata) -> io::Result<bool> {
        Ok(false)
    }

    pub(in super::super) fn tighten_file(_: &Path) -> io::Result<()> {
        Ok(())
    }

    pub(in super::super) fn open_lock(path: &Path) -> io::Result<File> {
        OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)
    }

    pub(in super::super) fn link(path: &Path, to: &Path) -> io::Result<()> {
        std::os::windows::fs::symlink_file(to, path)
    }

    pub(in super::super) const TELLS_FILES_APART: bool = false;

    /// A lock file stays here, so it is the one of that name.
    pub(in super::super) fn is_at(_: &File, _: &Path) -> bool {
        true
    }

    pub(in super::super) fn open_to_append(path: &Path) -> io::Result<File> {
        OpenOptions::new().append(true).create(true).open(path)
    }

    pub(in super::super) fn create_private(path: &Path) -> io::Result<File> {
        OpenOptions::new().write(true).create_new(true).open(path)
    }

    pub(in super::super) fn take_over_owner_and_mode(_: &File, _: &Metadata, _: Mode) -> io::Result<()> {
        Ok(())
    }

    /// NTFS journals renames; a folder can't be synced.
    pub(in super::super) fn sync_folder(_: &Path) -> io::Result<()> {
        Ok(())
    }

    pub(in super::super) fn reserve(_: &File, _: usize) {}

    pub(in super::super) fn survive_size_limit() {}
}
