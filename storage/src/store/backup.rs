//! Backups: the file, copied between two commits.
//!
//! What always holds: no commit runs while the file is copied, and reading goes on; what is at the named place is a store
//! whose values and chain have all been read, or what was there before.

use std::fs::{File, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::statvfs;

use super::beside::{BALLAST_BYTES, OWNERS, directory, sync_directory, with_ending};
use super::opening::{for_reading, io_error};
use super::{Snapshot, Store};
use crate::clock::random_hex;
use crate::journal::Head;
use crate::lock::StoreLock;
use crate::{StoreError, verify};

/// Which file lies at a path, whatever it is called.
fn file_id(path: &Path) -> Option<(u64, u64)> {
    std::fs::metadata(path).ok().map(|file| (file.dev(), file.ino()))
}

/// What lies beside a store and is no place for a copy of it.
const COMPANIONS: [&str; 8] = [".lock", ".sock", ".starting", ".ballast", ".doubt", ".log", ".token", ".new"];

/// A copy of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackedUp {
    /// Where it lies.
    pub path: PathBuf,
    /// How large it is, in bytes.
    pub bytes: u64,
    /// The end of its journal, as it was read from the copy.
    pub head: Head,
}

impl Store {
    /// Copies the file to `to`; `replaces` says whether a file that is there may be replaced. Everything acknowledged
    /// before is in the copy.
    ///
    /// # Errors
    /// There is a file already, `to` is the store itself, the store is closed for writing or lies in memory, or a disk fails.
    pub fn backup(&self, to: &Path, replaces: bool) -> Result<BackedUp, StoreError> {
        let refused = |why: &'static str| StoreError::NoBackup { path: to.to_owned(), why };
        let Some(from) = self.path() else {
            return Err(refused("the store lies in memory and has no file to copy"));
        };
        // What a link means is replaced, not the link.
        let followed = if to.is_symlink() { to.canonicalize() } else { Ok(to.to_owned()) };
        let Ok(to) = followed.as_deref() else {
            return Err(refused("what is there is a link to a file that is not there; name another"));
        };
        let is_same = |one: &Path| file_id(one).is_some_and(|id| Some(id) == file_id(to)) || one == to;
        if COMPANIONS.iter().any(|ending| is_same(&with_ending(from, ending))) {
            return Err(refused("that belongs to the store; name another file"));
        }
        match std::fs::metadata(to) {
            Err(cause) if cause.kind() == ErrorKind::NotFound => {}
            Err(cause) => return Err(io_error("cannot look for", to)(cause)),
            Ok(there) => {
                if is_same(from) {
                    return Err(refused("that is the store itself; name another file"));
                }
                if !there.is_file() {
                    return Err(refused("what is there is no file; name another"));
                }
                if !replaces {
                    return Err(refused("there is a file already; name another, or replace it with --force"));
                }
            }
        }
        // What is there may be a store that is open.
        let lock = with_ending(to, ".lock");
        let _lock = if lock.exists() { Some(StoreLock::acquire(to, 0, true)?) } else { None };
        clear_leftovers(to);
        let (part, held) = new_part(to)?;
        let done = self.copy(from, &part, &held).and_then(|(bytes, head, is_whole)| {
            if !is_whole {
                return Err(refused(
                    "the store is damaged, and so is the copy: `verify` names what; nothing was replaced",
                ));
            }
            std::fs::rename(&part, to).map_err(io_error("cannot put in place", to))?;
            sync_directory(to).map_err(io_error("cannot sync the directory of", to))?;
            Ok(BackedUp { path: to.to_owned(), bytes, head })
        });
        if done.is_err() {
            // It may never have been made.
            let _ = std::fs::remove_file(&part);
        }
        done
    }

    fn copy(&self, from: &Path, part: &Path, mut copy: &File) -> Result<(u64, Head, bool), StoreError> {
        let failed = |cause: io::Error| io_error("cannot write the backup", part)(cause);
        let mut source = File::open(from).map_err(io_error("cannot open", from))?;
        let bytes = {
            let mut writing = self.writing();
            // The copy opens at once, whatever happens to the store from here on.
            self.seal_now(&mut writing)?;
            has_room(&source, from, part).map_err(failed)?;
            io::copy(&mut source, &mut copy).map_err(|cause| {
                // Before the next commit may need the room: the store may lie on the same disk.
                let _ = copy.set_len(0);
                failed(cause)
            })?
        };
        copy.sync_all().map_err(failed)?;
        let opened = for_reading(part, None)?;
        let snapshot = Snapshot::new(opened.handle.begin_read(part)?, part.into());
        Ok((bytes, Head::of(&snapshot)?, verify::readable(&snapshot)?.is_whole()))
    }
}

/// What stands behind a backup's name in that of a copy that is being made, before something random: several may be on
/// their way at once. Whoever makes one holds a lock on it, so one that nobody holds is left of a process that was killed.
const PART: &str = ".part-";

/// How long the random part is, in characters.
const UNIQUE_CHARS: usize = 32;

/// How often a copy is begun that somebody else takes for a leftover before it is locked.
const TRIES: usize = 8;

/// A new file for a copy, locked for as long as it is open. The lock is one that readers share.
fn new_part(to: &Path) -> Result<(PathBuf, File), StoreError> {
    for _ in 0..TRIES {
        let unique = random_hex().map_err(io_error("cannot read randomness for", to))?;
        let part = with_ending(to, &format!("{PART}{unique}"));
        let file = File::options().write(true).create_new(true).mode(OWNERS).open(&part);
        let file = file.map_err(io_error("cannot write the backup", &part))?;
        match file.try_lock_shared() {
            Ok(()) if file_id(&part) == file.metadata().ok().map(|file| (file.dev(), file.ino())) => {
                return Ok((part, file));
            }
            Ok(()) | Err(TryLockError::WouldBlock) => {}
            // Where there are no locks, nobody looks for one.
            Err(TryLockError::Error(_)) => return Ok((part, file)),
        }
    }
    let cause = io::Error::other("somebody else removes it again and again");
    Err(io_error("cannot write the backup", to)(cause))
}

/// Removes what killed processes left of their copies to `to`. What cannot be removed costs room and nothing else.
fn clear_leftovers(to: &Path) {
    let Some(name) = to.file_name() else { return };
    let Ok(beside) = std::fs::read_dir(directory(to)) else { return };
    for entry in beside.filter_map(Result::ok) {
        let found = entry.file_name();
        let rest = found.as_bytes().strip_prefix(name.as_bytes());
        let unique = rest.and_then(|rest| rest.strip_prefix(PART.as_bytes()));
        let is_part = unique
            .is_some_and(|unique| unique.len() == UNIQUE_CHARS && unique.iter().all(u8::is_ascii_hexdigit));
        if is_part
            && entry.file_type().is_ok_and(|kind| kind.is_file())
            && let Ok(file) = File::open(entry.path())
            && file.try_lock().is_ok()
        {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// Whether the copy fits, and leaves the store some room where both lie on one disk: a copy that takes the last of it would
/// end the store's next commit.
fn has_room(source: &File, from: &Path, part: &Path) -> io::Result<()> {
    let bytes = source.metadata()?.len();
    let disk = |path: &Path| std::fs::metadata(directory(path)).map(|directory| directory.dev());
    let left_to_store = if disk(from)? == disk(part)? { BALLAST_BYTES } else { 0 };
    // A file system that does not say is tried.
    let Ok(room) = statvfs(directory(part)) else { return Ok(()) };
    let free = room.f_bavail.saturating_mul(room.f_frsize);
    if free >= bytes.saturating_add(left_to_store) {
        return Ok(());
    }
    let share = if left_to_store > 0 {
        format!(", and {left_to_store} are left to the store")
    } else {
        String::new()
    };
    let what = format!("it takes {bytes} bytes{share}, but {free} are free");
    Err(io::Error::new(ErrorKind::StorageFull, what))
}
