//! The lock beside a store: who has it open.
//!
//! What always holds: whoever opens a store holds an exclusive lock on `NAME.lock` in the same directory until it
//! closes the store or ends, however it ends. The file stays behind and means nothing; the lock on it does.

use std::fs::{File, TryLockError};
use std::io::{ErrorKind, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use crate::{StoreError, clock};

/// How long to wait between two tries, in milliseconds.
const TRY_EVERY_MS: u64 = 20;

/// The mode of the lock's file: whoever may read it could hold it, so that nobody else opens the store.
const MODE: u32 = 0o600;

/// The exclusive right to open a store.
#[derive(Debug)]
pub(crate) struct StoreLock {
    /// Nothing where there is no file to lock and none can be made.
    file: Option<File>,
    /// It is held alone, and the file says by whom.
    is_owned: bool,
}

impl StoreLock {
    /// Takes the lock of the store at `store`, waiting at most `wait_ms` milliseconds for another holder to end.
    ///
    /// Where this user may not write the lock's file and only wants to read, the lock is shared with other readers; and
    /// where there is no such file and none can be made, nobody who writes is there either.
    pub(crate) fn acquire(store: &Path, wait_ms: u64, reads_only: bool) -> Result<Self, StoreError> {
        let path = lock_path(store);
        let failed = |cause| StoreError::Io { what: "cannot lock", path: path.clone(), cause };
        // The holder's name is written into it, which must not hit what a link in its place means.
        let no_links = i32::try_from(OFlags::NOFOLLOW.bits()).unwrap_or_default();
        let mut options = File::options();
        options.create(true).read(true).write(true).truncate(false).mode(MODE).custom_flags(no_links);
        let file = options.open(&path);
        let mut file = match file {
            Err(cause) if reads_only && is_forbidden(&cause) => return Self::share(&path, store),
            file => file.map_err(failed)?,
        };
        let mut waited_ms = 0;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if waited_ms < wait_ms => {
                    clock::pause_ms(TRY_EVERY_MS);
                    waited_ms += TRY_EVERY_MS;
                }
                Err(TryLockError::WouldBlock) => {
                    let mut text = String::new();
                    let read = file.read_to_string(&mut text);
                    let known = read.is_ok() && !text.trim().is_empty();
                    let holder = if known { text.trim().to_owned() } else { "another process".to_owned() };
                    return Err(StoreError::InUse { path: store.to_owned(), holder });
                }
                Err(TryLockError::Error(cause)) => return Err(failed(cause)),
            }
        }
        let holder = format!("process {} (version {})", std::process::id(), env!("CARGO_PKG_VERSION"));
        let write = |file: &mut File| {
            file.set_len(0)?;
            file.rewind()?;
            file.write_all(holder.as_bytes())
        };
        // It is for people; a full disk must not keep anybody from looking into what is on it.
        let _ = write(&mut file);
        Ok(Self { file: Some(file), is_owned: true })
    }

    /// The right to read a store whose lock this user may not take.
    fn share(path: &Path, store: &Path) -> Result<Self, StoreError> {
        let mut file = match File::open(path) {
            Err(cause) if cause.kind() == ErrorKind::NotFound => {
                return Ok(Self { file: None, is_owned: false });
            }
            file => {
                file.map_err(|cause| StoreError::Io { what: "cannot lock", path: path.to_owned(), cause })?
            }
        };
        match file.try_lock_shared() {
            Ok(()) => Ok(Self { file: Some(file), is_owned: false }),
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                let read = file.read_to_string(&mut text);
                let known = read.is_ok() && !text.trim().is_empty();
                let holder = if known { text.trim().to_owned() } else { "another process".to_owned() };
                Err(StoreError::InUse { path: store.to_owned(), holder })
            }
            Err(TryLockError::Error(cause)) => {
                Err(StoreError::Io { what: "cannot lock", path: path.to_owned(), cause })
            }
        }
    }
}

/// Whether a file cannot be written for want of a right, and not for a failure of the disk.
fn is_forbidden(cause: &std::io::Error) -> bool {
    matches!(cause.kind(), ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem)
}

impl Drop for StoreLock {
    fn drop(&mut self) {
        // Best effort: the lock goes with the file handle in any case, and the text is for people only.
        if let Some(file) = &self.file {
            if self.is_owned {
                let _ = file.set_len(0);
            }
            let _ = file.unlock();
        }
    }
}

fn lock_path(store: &Path) -> PathBuf {
    let mut name = store.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}
