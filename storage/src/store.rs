//! The store: one file, opened by its first use, read by snapshots, written by one commit at a time.
//!
//! What always holds: the lock beside the file is held while it is open; a file that is not ours, newer, or damaged is
//! left as it was; a store comes into being whole, by a rename; after a write failed nothing more is written.

use std::fs::File;
use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use redb::{
    Database, Durability, ReadOnlyDatabase, ReadOnlyTable, ReadTransaction, ReadableDatabase,
    TableDefinition, TableError,
};

use crate::StoreError;
use crate::batch::Batch;
use crate::clock::{self, ClockKind};
use crate::codec::{Decode, Encode, Record};
use crate::disk::{self, FileDisk, MemoryDisk};
use crate::journal::Head;
use crate::lock::StoreLock;
use crate::quantities::Timestamp;
use crate::state::{KeyRange, Order, Row, State, WriteSet};
use crate::table::{self, STORE, TableId};

/// The newest file format that is known, and the one that is written.
/// Format 1 was never released and is not read.
pub const FORMAT: u32 = 2;

/// How many bytes of the file are kept in memory.
const CACHE_BYTES: usize = 64 * 1024 * 1024;

/// What every redb file begins with.
const REDB_MAGIC: [u8; 9] = *b"redb\x1a\x0a\xa9\x0d\x0a";

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
    /// Whether the file must stay as it is, byte for byte. Only where a process was ended in the middle of its work is
    /// it brought in order all the same, because it cannot be read before.
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
    database: Handle,
    info: StoreInfo,
    path: Option<PathBuf>,
    /// Why nothing more is written, once a write has failed.
    closed: Mutex<Option<String>>,
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
        // Closing a database that was opened for writing changes its file, so a file that is refused, because it is
        // not ours, newer or of another clock, must have been read before.
        let reader = open_read_only(path)?;
        if let Some(reader) = &reader {
            check_clock(&read_info(reader.begin_read()?, path)?, options.clock, path)?;
        }
        let database = if let Some(reader) = reader.filter(|_| options.read_only) {
            Handle::ReadOnly(reader)
        } else {
            let file = File::options().read(true).write(true).open(path);
            let disk = file.and_then(FileDisk::new).map_err(io_error("cannot open", path))?;
            Handle::Writable(open_database(disk, path)?)
        };
        let info = read_info(database.begin_read()?, path)?;
        check_clock(&info, options.clock, path)?;
        Ok(Self { database, info, path: Some(path.to_owned()), closed: Mutex::new(None), _lock: Some(lock) })
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
        let is_new = backend.len().map_err(io_error("cannot read", path))? == 0;
        let database = open_database(backend, path)?;
        if is_new {
            initialise(&database, clock)?;
        }
        let info = read_info(database.begin_read()?, path)?;
        check_clock(&info, Some(clock), path)?;
        Ok(Self {
            database: Handle::Writable(database),
            info,
            path: None,
            closed: Mutex::new(None),
            _lock: None,
        })
    }

    /// What the file says of itself.
    pub fn info(&self) -> &StoreInfo {
        &self.info
    }

    /// Where it lies; nothing where that is memory.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// The state of the last commit. Keep it short: while it lives, the file cannot reuse what it sees.
    pub fn snapshot(&self) -> Result<Snapshot, StoreError> {
        Ok(Snapshot { transaction: self.database.begin_read()?, tables: Default::default() })
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

    fn write(&self, writes: &WriteSet) -> Result<(), StoreError> {
        if writes.is_empty() {
            return Ok(());
        }
        let mut closed = self.closed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cause) = &*closed {
            return Err(StoreError::Closed { cause: cause.clone() });
        }
        let Handle::Writable(database) = &self.database else {
            return Err(StoreError::Closed { cause: "it was opened for reading only".to_owned() });
        };
        match write_all(database, writes) {
            Err(StoreError::Database(cause)) => {
                *closed = Some(cause.clone());
                Err(StoreError::Closed { cause })
            }
            other => other,
        }
    }
}

/// The database, as it was opened.
enum Handle {
    Writable(Database),
    ReadOnly(ReadOnlyDatabase),
}

impl std::fmt::Debug for Handle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if matches!(self, Self::Writable(_)) { "Writable" } else { "ReadOnly" })
    }
}

impl Handle {
    fn begin_read(&self) -> Result<ReadTransaction, redb::TransactionError> {
        match self {
            Self::Writable(database) => database.begin_read(),
            Self::ReadOnly(database) => database.begin_read(),
        }
    }
}

/// The state of one commit.
pub struct Snapshot {
    transaction: ReadTransaction,
    tables: [OnceLock<ReadOnlyTable<&'static [u8], &'static [u8]>>; table::ALL.len()],
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Snapshot")
    }
}

impl Snapshot {
    fn table(&self, id: TableId) -> Result<&ReadOnlyTable<&'static [u8], &'static [u8]>, StoreError> {
        // Numbers run from 1 without gaps, which a test of the table module checks.
        let place = self.tables.get(usize::from(id.number).wrapping_sub(1));
        let place = place.ok_or_else(|| StoreError::Inconsistent(format!("no table `{}`", id.name)))?;
        if let Some(open) = place.get() {
            return Ok(open);
        }
        let open = self.transaction.open_table(RawTable::new(id.name))?;
        Ok(place.get_or_init(|| open))
    }
}

impl State for Snapshot {
    fn read(&self, table: TableId, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.table(table)?.get(key)?.map(|value| value.value().to_vec()))
    }

    fn scan(
        &self,
        table: TableId,
        range: &KeyRange,
        order: Order,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        if range.end.as_ref().is_some_and(|end| *end <= range.start) {
            return Ok(Vec::new());
        }
        let mut rows = self.table(table)?.range::<&[u8]>(range.bounds())?;
        let mut next = || match order {
            Order::Ascending => rows.next(),
            Order::Descending => rows.next_back(),
        };
        let mut found = Vec::new();
        while found.len() < limit
            && let Some(row) = next()
        {
            let (key, value) = row?;
            found.push((key.value().to_vec(), value.value().to_vec()));
        }
        Ok(found)
    }
}

fn io_error<'a>(what: &'static str, path: &'a Path) -> impl Fn(io::Error) -> StoreError + 'a {
    move |cause| StoreError::Io { what, path: path.to_owned(), cause }
}

/// Looks at a file's first bytes before anything is done to it.
fn check_magic(path: &Path) -> Result<(), StoreError> {
    let not_a_store =
        |found: &str| Err(StoreError::NotAStore { path: path.to_owned(), found: found.to_owned() });
    // A pipe or a device would be waited for without end.
    let kind = std::fs::metadata(path).map_err(io_error("cannot look at", path))?;
    if !kind.is_file() {
        return not_a_store(if kind.is_dir() { "a directory" } else { "no regular file" });
    }
    let mut start = Vec::new();
    let file = File::open(path).map_err(io_error("cannot open", path))?;
    file.take(REDB_MAGIC.len() as u64).read_to_end(&mut start).map_err(io_error("cannot read", path))?;
    match start.as_slice() {
        [] => not_a_store("an empty file"),
        found if found == REDB_MAGIC => Ok(()),
        _ => not_a_store("a file of another kind"),
    }
}

fn open_database(backend: impl redb::StorageBackend, path: &Path) -> Result<Database, StoreError> {
    let damaged = |cause: String| StoreError::DamagedFile { path: path.to_owned(), cause };
    // A damaged file must not take the process with it, wherever in the database it is noticed.
    let opened = catch_unwind(AssertUnwindSafe(|| {
        Database::builder().set_cache_size(CACHE_BYTES).create_with_backend(backend)
    }));
    match opened {
        Ok(Ok(database)) => Ok(database),
        Ok(Err(redb::DatabaseError::DatabaseAlreadyOpen)) => {
            Err(StoreError::InUse { path: path.to_owned(), holder: "another program".to_owned() })
        }
        Ok(Err(redb::DatabaseError::Storage(redb::StorageError::Io(cause))))
            if cause.kind() != io::ErrorKind::InvalidData && cause.kind() != io::ErrorKind::UnexpectedEof =>
        {
            Err(io_error("cannot read", path)(cause))
        }
        Ok(Err(error)) => Err(damaged(error.to_string())),
        Err(_) => Err(damaged("the database stopped while it was opened".to_owned())),
    }
}

/// Opens a file so that it stays as it is; nothing where it has to be brought in order first, or is damaged.
fn open_read_only(path: &Path) -> Result<Option<ReadOnlyDatabase>, StoreError> {
    let file = File::open(path).map_err(io_error("cannot open", path))?;
    let disk = FileDisk::new(file).map_err(io_error("cannot open", path))?;
    let opened = catch_unwind(AssertUnwindSafe(|| {
        Database::builder().set_cache_size(CACHE_BYTES).open_read_only_with_backend(disk)
    }));
    Ok(opened.ok().and_then(Result::ok))
}

/// Makes a store beside its final name and moves it there, so that a half-made one is never found.
fn create_file(path: &Path, clock: ClockKind) -> Result<(), StoreError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    let fresh = PathBuf::from(name);
    let file = File::options()
        .create(true)
        .truncate(true)
        .read(true)
        .write(true)
        .open(&fresh)
        .map_err(io_error("cannot create", &fresh))?;
    let database = open_database(FileDisk::new(file).map_err(io_error("cannot create", &fresh))?, &fresh)?;
    initialise(&database, clock)?;
    drop(database);
    std::fs::rename(&fresh, path).map_err(io_error("cannot create", path))?;
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let sync = File::open(directory).and_then(|directory| directory.sync_all());
    sync.map_err(io_error("cannot sync the directory", directory))
}

/// The first commit of every store: all its tables, and what it is.
fn initialise(database: &Database, clock: ClockKind) -> Result<(), StoreError> {
    let transaction = database.begin_write()?;
    for table in table::ALL {
        transaction.open_table(RawTable::new(table.name))?;
    }
    transaction.commit()?;
    let organisation =
        clock::random_hex().map_err(io_error("cannot read randomness for", Path::new("a new store")))?;
    let created_at = clock::Clock::Real.now();
    let mut writes = WriteSet::default();
    writes.put(&STORE, &STORE_KEY, &StoreInfo { format: FORMAT, organisation, clock, created_at })?;
    write_all(database, &writes)
}

fn read_info(transaction: ReadTransaction, path: &Path) -> Result<StoreInfo, StoreError> {
    let not_ours = |found: &str| StoreError::NotAStore { path: path.to_owned(), found: found.to_owned() };
    match transaction.open_table(RawTable::new(STORE.id.name)) {
        Ok(_) => {}
        Err(TableError::Storage(error)) => return Err(error.into()),
        Err(_) => return Err(not_ours("a database of another program")),
    }
    let snapshot = Snapshot { transaction, tables: Default::default() };
    let info = STORE.get(&snapshot, &STORE_KEY)?;
    let info = info.ok_or_else(|| not_ours("a database without a description of itself"))?;
    if info.format < FORMAT {
        return Err(StoreError::OlderFormat { path: path.to_owned(), found: info.format, known: FORMAT });
    }
    if info.format > FORMAT {
        return Err(StoreError::NewerFormat { path: path.to_owned(), found: info.format, known: FORMAT });
    }
    Ok(info)
}

fn check_clock(info: &StoreInfo, wanted: Option<ClockKind>, path: &Path) -> Result<(), StoreError> {
    let (has, remedy) = match (info.clock, wanted) {
        (has, Some(wanted)) if has != wanted => match has {
            ClockKind::Real => (
                "the machine's clock",
                "virtual time needs a store of its own: name another with --store, or add --fresh",
            ),
            ClockKind::Virtual => {
                ("a virtual clock", "add --virtual-time, or name another store with --store")
            }
        },
        _ => return Ok(()),
    };
    Err(StoreError::OtherClock { path: path.to_owned(), has, remedy })
}

/// One transaction. A value that the database refuses aborts it; every other error is the disk's.
fn write_all(database: &Database, writes: &WriteSet) -> Result<(), StoreError> {
    let mut transaction = database.begin_write()?;
    transaction.set_durability(Durability::Immediate)?;
    for (id, rows) in writes.iter() {
        let mut table = transaction.open_table(RawTable::new(id.name))?;
        for (key, value) in rows {
            let written = match value {
                Some(value) => table.insert(key.as_slice(), value.as_slice()).map(drop),
                None => table.remove(key.as_slice()).map(drop),
            };
            if let Err(redb::StorageError::ValueTooLarge(bytes)) = written {
                let cause = crate::codec::CodecError::TooLarge(format!("{bytes} bytes"));
                drop(table);
                transaction.abort().map_err(StoreError::from)?;
                return Err(cause.into());
            }
            written?;
        }
    }
    transaction.commit()?;
    Ok(())
}
