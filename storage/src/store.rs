//! The store: one file, opened by its first use, read by snapshots, written by one commit at a time.
//!
//! What always holds: the lock beside the file is held while it is open; a file that is not ours, newer, or damaged is
//! left as it was; a store comes into being whole, by a rename; after a write failed nothing more is written.

mod caught;
mod examining;
mod guard;
mod handle;
mod opening;
mod snapshot;
mod writing;

use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use redb::TableDefinition;

pub(crate) use self::examining::{Examined, PagesFound};
pub use self::snapshot::Snapshot;

use self::guard::Guard;
use self::handle::Handle;
use self::opening::{Opened, check_magic, create_file, io_error};
use crate::StoreError;
use crate::batch::Batch;
use crate::clock::ClockKind;
use crate::codec::{Decode, Encode, Record};
use crate::disk::{self, MemoryDisk};
use crate::journal::Head;
use crate::lock::StoreLock;
use crate::quantities::Timestamp;
use crate::state::WriteSet;

/// The newest file format that is known, and the one that is written.
/// Format 1 was never released and is not read.
pub const FORMAT: u32 = 2;

pub(crate) const STORE_KEY: &str = "store";

type RawTable = TableDefinition<'static, &'static [u8], &'static [u8]>;

/// What a file says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct StoreInfo {
    /// Its format.
    pub format: u32,
    /// The organisation's id: random, so that two stores are never taken for one.
    pub organisation: String,
    /// The clock it lives by.
    pub clock: ClockKind,
    /// When it was made, by the machine's clock.
    pub created_at: Timestamp,
}
impl Record for StoreInfo {}

/// How to open a store.
#[derive(Debug, Clone)]
pub struct OpenOptions {
    /// The clock a new store lives by; an existing one must have it. Nothing takes what is there, or the real one.
    pub clock: Option<ClockKind>,
    /// Whether to make a store where there is none.
    pub create: bool,
    /// Whether there must be none: then one is made, or it is an error.
    pub fresh: bool,
    /// How long to wait for another process to close it, in milliseconds.
    pub wait_ms: u64,
    /// Whether the file must stay as it is, byte for byte. Where a process was ended in the middle of its work, the file is
    /// brought in order in memory.
    pub read_only: bool,
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self { clock: None, create: true, fresh: false, wait_ms: 2_000, read_only: false }
    }
}

/// An open store.
#[derive(Debug)]
pub struct Store {
    handle: Handle,
    guard: Arc<Guard>,
    info: StoreInfo,
    /// Where it lies, for people; it is a file, or there is none.
    shown: Arc<Path>,
    is_file: bool,
    /// Why nothing more is written, once a write has failed.
    closed: Mutex<Option<String>>,
    /// Who sees each commit's writes.
    tap: OnceLock<Tap>,
    // Dropped last: the file is closed before another process may open it.
    _lock: Option<StoreLock>,
}

impl Store {
    /// Opens the store at `path`, or makes one there.
    ///
    /// # Errors
    /// In use, missing, not a store, of a newer format, of another clock, damaged, or the disk's own failure.
    pub fn open(path: &Path, options: &OpenOptions) -> Result<Self, StoreError> {
        let exists = path.try_exists().map_err(io_error("cannot look for", path))?;
        if !exists && !options.create {
            return Err(StoreError::Missing { path: path.to_owned() });
        }
        if !exists && let Some(directory) = path.parent() {
            std::fs::create_dir_all(directory).map_err(io_error("cannot create the directory", directory))?;
        }
        if exists {
            check_magic(path)?;
        }
        let lock = StoreLock::acquire(path, options.wait_ms, options.read_only)?;
        // Another process may have made it while this one waited for the lock.
        let exists = path.try_exists().map_err(io_error("cannot look for", path))?;
        if exists && options.fresh {
            return Err(StoreError::Exists { path: path.to_owned() });
        }
        if !exists {
            create_file(path, options.clock.unwrap_or(ClockKind::Real))?;
        }
        let opened = if options.read_only {
            opening::for_reading(path, options.clock)?
        } else {
            opening::for_writing(path, options.clock)?
        };
        Ok(Self::of(opened, path, Some(lock)))
    }

    fn of(opened: Opened, path: &Path, lock: Option<StoreLock>) -> Self {
        let Opened { handle, guard, info } = opened;
        Self {
            handle,
            guard,
            info,
            shown: path.into(),
            is_file: lock.is_some(),
            closed: Mutex::new(None),
            tap: OnceLock::new(),
            _lock: lock,
        }
    }

    /// A store in memory that is gone when it is closed.
    pub fn in_memory(clock: ClockKind) -> Result<Self, StoreError> {
        Self::on_backend(disk::transient(), clock)
    }

    /// A store on a disk in memory, made there if the disk is empty.
    pub fn on_memory_disk(disk: &MemoryDisk, clock: ClockKind) -> Result<Self, StoreError> {
        Self::on_backend(disk.clone(), clock)
    }

    fn on_backend(backend: impl redb::StorageBackend, clock: ClockKind) -> Result<Self, StoreError> {
        let path = Path::new("(memory)");
        Ok(Self::of(opening::in_memory(backend, clock, path)?, path, None))
    }

    /// What the file says of itself.
    pub fn info(&self) -> &StoreInfo {
        &self.info
    }

    /// Where it lies; nothing where that is memory.
    pub fn path(&self) -> Option<&Path> {
        self.is_file.then_some(&*self.shown)
    }

    /// The state of the last commit. Keep it short: while it lives, the file cannot reuse what it sees.
    pub fn snapshot(&self) -> Result<Snapshot, StoreError> {
        Ok(Snapshot::new(self.handle.begin_read(&self.shown)?, self.shown.clone()))
    }

    /// An empty batch on the state of the last commit. There must be at most one at a time.
    pub fn batch(&self) -> Result<Batch, StoreError> {
        if let Some(cause) = &*self.closed.lock().unwrap_or_else(PoisonError::into_inner) {
            return Err(StoreError::Closed { cause: cause.clone() });
        }
        Batch::new(self.snapshot()?)
    }

    /// Makes a batch durable: when this returns, it is on the disk.
    ///
    /// # Errors
    /// [`StoreError::Unstorable`] when the database refused a value: nothing was written and the store goes on.
    /// [`StoreError::Closed`] when the disk failed: whether the batch is on it is in doubt, and nothing more is
    /// written until the store is opened again.
    pub fn commit(&self, batch: Batch) -> Result<Head, StoreError> {
        let head = batch.head();
        self.write(&batch.into_writes())?;
        Ok(head)
    }

    /// Shows the writes of every later commit to `tap`, once they are durable. For whoever compares or repeats commits,
    /// such as a benchmark; the first call counts.
    pub fn tap(&self, tap: impl Fn(&WriteSet) + Send + Sync + 'static) {
        // A second tap is let go: the first one counts.
        let _ = self.tap.set(Tap(Box::new(tap)));
    }

    fn write(&self, writes: &WriteSet) -> Result<(), StoreError> {
        if writes.is_empty() {
            return Ok(());
        }
        let mut closed = self.closed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cause) = &*closed {
            return Err(StoreError::Closed { cause: cause.clone() });
        }
        let Some(database) = self.handle.for_writing() else {
            return Err(StoreError::Closed { cause: "it was opened for reading only".to_owned() });
        };
        match writing::write_all(database, writes, &self.shown) {
            Err(StoreError::Unstorable(refused)) => Err(refused.into()),
            Err(error) => {
                // What is on the disk now is what the next opening finds; closing must not add to it.
                self.guard.freeze();
                *closed = Some(error.to_string());
                Err(StoreError::Closed { cause: error.to_string() })
            }
            Ok(()) => {
                if let Some(Tap(tap)) = self.tap.get() {
                    tap(writes);
                }
                Ok(())
            }
        }
    }
}

/// Who sees each commit's writes.
struct Tap(Box<dyn Fn(&WriteSet) + Send + Sync>);

impl std::fmt::Debug for Tap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tap")
    }
}
