//! The store: one file, opened by its first use, read by snapshots, written by one commit at a time.
//!
//! What always holds: the lock beside the file is held while it is open; a file that is not ours, newer, or damaged is
//! left as it was; a store comes into being whole, by a rename; after a write failed nothing more is written.

mod backup;
mod beside;
mod caught;
mod durability;
mod examining;
mod guard;
mod handle;
mod opening;
mod snapshot;
#[cfg(test)]
mod tests;
mod writing;

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use redb::TableDefinition;

pub use self::backup::BackedUp;
pub use self::beside::BALLAST_BYTES;
pub use self::durability::{Durability, MAX_INTERVAL_MS};
pub(crate) use self::examining::{Examined, PagesFound};
pub use self::snapshot::Snapshot;

use self::guard::Guard;
use self::handle::Handle;
use self::opening::{Opened, absent, check_magic, create_file, io_error};
use self::snapshot::ConfigCache;
use self::writing::{Failed, NotWritten, Phases, Writing, write_all, write_apart};
use crate::StoreError;
use crate::batch::Batch;
use crate::clock::ClockKind;
use crate::codec::{Decode, Encode, Record};
use crate::disk::{self, MemoryDisk};
use crate::journal::Head;
use crate::lock::StoreLock;
use crate::quantities::Timestamp;
use crate::state::WriteSet;
use crate::table::TableId;

/// The newest file format that is known, and the one that is written.
/// Formats 1 to 4 were never released and are not read.
pub const FORMAT: u32 = 5;

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
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own")]
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
    /// How soon what is written must be on the disk.
    pub durability: Durability,
    /// Whether to keep room beside the file that is given up when the disk is full.
    pub ballast: bool,
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self {
            clock: None,
            create: true,
            fresh: false,
            wait_ms: 2_000,
            read_only: false,
            durability: Durability::Commit,
            ballast: false,
        }
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
    durability: Durability,
    writing: Mutex<Writing>,
    /// What a commit in doubt left, where one did.
    doubt: Option<String>,
    configs: Arc<ConfigCache>,
    /// Who sees each commit's writes.
    tap: OnceLock<Tap>,
    /// The table that a disk in memory has written apart, to prove that a crash sweep finds it.
    apart: Option<TableId>,
    // Dropped last: the file is closed before another process may open it.
    lock: Option<StoreLock>,
}

impl Store {
    /// Opens the store at `path`, or makes one there.
    ///
    /// # Errors
    /// In use, missing, not a store, of a newer format, of another clock, damaged, or the disk's own failure.
    pub fn open(path: &Path, options: &OpenOptions) -> Result<Self, StoreError> {
        let exists = path.try_exists().map_err(io_error("cannot look for", path))?;
        if options.durability == Durability::Memory {
            return Self::open_in_memory(path, exists, options);
        }
        // A store would come into being in the place of a link, and not where that points.
        if !exists && (!options.create || path.is_symlink()) {
            return Err(absent(path));
        }
        if !exists && let Some(directory) = path.parent() {
            beside::make_directory(directory).map_err(io_error("cannot create the directory", directory))?;
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
        if options.read_only {
            return Ok(Self::of(opening::for_reading(path, options.clock)?, path, Some(lock)));
        }
        let opened = opening::for_writing(path, options.clock)?;
        if options.ballast {
            beside::keep_ballast(path);
        }
        let mut store = Self::of(opened, path, Some(lock));
        store.durability = options.durability;
        Ok(store)
    }

    /// A store in memory under the name of a file, so that nobody else takes that for itself.
    fn open_in_memory(path: &Path, exists: bool, options: &OpenOptions) -> Result<Self, StoreError> {
        if exists {
            return Err(StoreError::Hidden { path: path.to_owned() });
        }
        if let Some(directory) = path.parent() {
            beside::make_directory(directory).map_err(io_error("cannot create the directory", directory))?;
        }
        let lock = StoreLock::acquire(path, options.wait_ms, false)?;
        let mut store = Self::in_memory(options.clock.unwrap_or(ClockKind::Real))?;
        (store.durability, store.shown, store.lock) = (Durability::Memory, path.into(), Some(lock));
        Ok(store)
    }

    fn of(opened: Opened, path: &Path, lock: Option<StoreLock>) -> Self {
        let Opened { handle, guard, info, doubt } = opened;
        Self {
            handle,
            guard,
            info,
            shown: path.into(),
            is_file: lock.is_some(),
            durability: Durability::Commit,
            writing: Mutex::new(Writing::default()),
            doubt,
            configs: Arc::default(),
            tap: OnceLock::new(),
            apart: None,
            lock,
        }
    }

    /// A store in memory that is gone when it is closed.
    pub fn in_memory(clock: ClockKind) -> Result<Self, StoreError> {
        Self::on_backend(disk::transient(), clock)
    }

    /// A store on a disk in memory, made there if the disk is empty.
    pub fn on_memory_disk(disk: &MemoryDisk, clock: ClockKind) -> Result<Self, StoreError> {
        Self::on_memory_disk_with(disk, clock, Durability::Commit)
    }

    /// As [`Store::on_memory_disk`], with this durability.
    pub fn on_memory_disk_with(
        disk: &MemoryDisk,
        clock: ClockKind,
        durability: Durability,
    ) -> Result<Self, StoreError> {
        let mut store = Self::on_backend(disk.clone(), clock)?;
        (store.apart, store.durability) = (disk.table_apart(), durability);
        Ok(store)
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
        Ok(Snapshot::sharing(self.handle.begin_read(&self.shown)?, self.shown.clone(), self.configs.clone()))
    }

    /// An empty batch on the state of the last commit. There must be at most one at a time.
    pub fn batch(&self) -> Result<Batch, StoreError> {
        let mut writing = self.writing();
        writing.check()?;
        Batch::new(self.snapshot()?, std::mem::take(&mut writing.known))
    }

    /// Makes a batch durable: when this returns, it is on the disk, or as good as there by the store's [`Durability`].
    ///
    /// # Errors
    /// [`StoreError::Unstorable`] when the database refused a value: nothing was written and the store goes on.
    /// [`StoreError::InDoubt`] when the disk failed in the commit: whether the batch is on it is not known.
    /// [`StoreError::Closed`] when it failed before, [`StoreError::DamagedFile`] when it met damage then. After each of them nothing more is written until the store is opened again.
    pub fn commit(&self, batch: Batch) -> Result<Head, StoreError> {
        let head = batch.head();
        let (writes, known) = batch.into_writes()?;
        self.write(&writes)?;
        self.writing().known = known;
        Ok(head)
    }

    /// Why nothing more is written, where a write has failed.
    pub fn failure(&self) -> Option<StoreError> {
        self.writing().check().err()
    }

    /// What a commit in doubt had left beside the file, where one did. Everything in the file was checked before this store
    /// was opened.
    pub fn settled_doubt(&self) -> Option<&str> {
        self.doubt.as_deref()
    }

    /// For how long a commit may wait for the disk, in milliseconds; nothing where none waits.
    pub fn flush_interval_ms(&self) -> Option<u64> {
        match self.durability {
            Durability::Interval { ms } => Some(ms),
            Durability::Commit | Durability::Memory => None,
        }
    }

    /// Whether a commit waits for the disk.
    pub fn needs_flush(&self) -> bool {
        self.writing().waiting.is_some()
    }

    /// Makes every commit durable that waits for the disk; does nothing where none does.
    ///
    /// # Errors
    /// As [`Store::commit`].
    pub fn flush(&self) -> Result<(), StoreError> {
        let mut writing = self.writing();
        if writing.waiting.is_none() {
            return Ok(());
        }
        self.write_now(&mut writing, &WriteSet::default(), Phases::One)
    }

    /// Has the file open in milliseconds even after a kill, as long as nothing more is committed; does nothing where nothing
    /// was committed since the last time. For whoever is at rest.
    ///
    /// # Errors
    /// As [`Store::commit`].
    pub fn seal(&self) -> Result<(), StoreError> {
        self.seal_now(&mut self.writing())
    }

    fn seal_now(&self, writing: &mut Writing) -> Result<(), StoreError> {
        // One that is only read has nothing of its own to seal.
        if writing.is_sealed || self.handle.for_writing().is_none() {
            return writing.check();
        }
        self.write_now(writing, &WriteSet::default(), Phases::Sealing)
    }

    /// Shows the writes of every later commit to `tap`, once they are durable. For whoever compares or repeats commits,
    /// such as a benchmark; the first call counts.
    pub fn tap(&self, tap: impl Fn(&WriteSet) + Send + Sync + 'static) {
        // A second tap is let go: the first one counts.
        let _ = self.tap.set(Tap(Box::new(tap)));
    }

    pub(crate) fn write(&self, writes: &WriteSet) -> Result<(), StoreError> {
        if writes.is_empty() {
            return Ok(());
        }
        let mut writing = self.writing();
        let phases = writing.phases(self.durability);
        self.write_now(&mut writing, writes, phases)?;
        if let Some(Tap(tap)) = self.tap.get() {
            tap(writes);
        }
        Ok(())
    }

    fn write_now(&self, writing: &mut Writing, writes: &WriteSet, phases: Phases) -> Result<(), StoreError> {
        writing.check()?;
        let Some(database) = self.handle.for_writing() else {
            let cause = "it was opened for reading only".to_owned();
            return Err(StoreError::Closed { cause, waited: false });
        };
        let written = match self.apart {
            None => write_all(database, writes, phases, &self.shown),
            Some(apart) => write_apart(database, writes, phases, &self.shown, apart),
        };
        match written {
            Ok(()) => {
                writing.note(phases);
                Ok(())
            }
            Err(NotWritten::Refused(cause)) => Err(cause.into()),
            Err(NotWritten::Before(error)) => {
                let mut failed = self.close_for_writing(writing, &error);
                if let (StoreError::DamagedFile { cause, .. }, None) = (error, self.guard.failure()) {
                    (failed.cause, failed.damaged) = (cause, Some(self.shown.clone()));
                    writing.closed = Some(failed.clone());
                }
                Err(failed.error())
            }
            Err(NotWritten::InDoubt(error)) => {
                let Failed { cause, waited, .. } = self.close_for_writing(writing, &error);
                if let Some(path) = self.path() {
                    beside::mark_doubt(path, &cause);
                }
                Err(StoreError::InDoubt { cause, waited })
            }
        }
    }

    /// Has nothing more be written; says why.
    fn close_for_writing(&self, writing: &mut Writing, error: &StoreError) -> Failed {
        // What is on the disk now is what the next opening finds; closing must not add to it.
        self.guard.freeze();
        let cause = match (self.guard.failure(), self.path()) {
            (Some(disk), Some(path)) if disk.is_full => {
                let ballast = if beside::give_up_ballast(path) {
                    ", and the room kept in its ballast file was given up so that it opens"
                } else {
                    ""
                };
                format!("the disk that holds {} is full{ballast}", path.display())
            }
            (Some(disk), _) => disk.cause,
            (None, _) => error.to_string(),
        };
        let failed = Failed { cause, waited: writing.waiting.is_some(), damaged: None };
        writing.closed = Some(failed.clone());
        failed
    }

    fn writing(&self) -> MutexGuard<'_, Writing> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // Whoever must know whether it came about flushes before; the database tries once more when it is closed.
        let _ = self.flush();
    }
}

/// Who sees each commit's writes.
struct Tap(Box<dyn Fn(&WriteSet) + Send + Sync>);

impl std::fmt::Debug for Tap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tap")
    }
}
