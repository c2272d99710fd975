//! Backups: the file, copied between two commits.
//!
//! What always holds: no commit runs while the file is copied, and reading goes on; what is at the named place is a store
//! whose values and chain have all been read, or what was there before.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::beside::{sync_directory, with_ending};
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
        // Several backups may be on their way at once.
        let unique = random_hex().map_err(io_error("cannot read randomness for", to))?;
        let part = with_ending(to, &format!(".part-{unique}"));
        let done = self.copy(from, &part).and_then(|(bytes, head, is_whole)| {
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

    fn copy(&self, from: &Path, part: &Path) -> Result<(u64, Head, bool), StoreError> {
        let failed = |cause: io::Error| io_error("cannot write the backup", part)(cause);
        let mut source = File::open(from).map_err(io_error("cannot open", from))?;
        let mut copy = File::options().write(true).create_new(true).open(part).map_err(failed)?;
        let bytes = {
            let mut writing = self.writing();
            // The copy opens at once, whatever happens to the store from here on.
            self.seal_now(&mut writing)?;
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
