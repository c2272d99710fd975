//! Opening a file, or making one: everything that happens before a store can be used.
//!
//! What always holds: a file that is not ours, newer, or damaged is left as it was; a store comes into being whole, by a
//! rename.

use std::fs::File;
use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use redb::{Database, ReadOnlyDatabase, ReadTransaction, TableError};

use super::{FORMAT, RawTable, STORE_KEY, Snapshot, StoreInfo, writing};
use crate::StoreError;
use crate::clock::{self, ClockKind};
use crate::disk::FileDisk;
use crate::state::{Changes, WriteSet};
use crate::table::{self, STORE};

/// How many bytes of the file are kept in memory.
const CACHE_BYTES: usize = 64 * 1024 * 1024;

/// What every redb file begins with.
const REDB_MAGIC: [u8; 9] = *b"redb\x1a\x0a\xa9\x0d\x0a";

pub(super) fn io_error<'a>(what: &'static str, path: &'a Path) -> impl Fn(io::Error) -> StoreError + 'a {
    move |cause| StoreError::Io { what, path: path.to_owned(), cause }
}

/// Looks at a file's first bytes before anything is done to it.
pub(super) fn check_magic(path: &Path) -> Result<(), StoreError> {
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

pub(super) fn open_database(backend: impl redb::StorageBackend, path: &Path) -> Result<Database, StoreError> {
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
pub(super) fn open_read_only(path: &Path) -> Result<Option<ReadOnlyDatabase>, StoreError> {
    let file = File::open(path).map_err(io_error("cannot open", path))?;
    let disk = FileDisk::new(file).map_err(io_error("cannot open", path))?;
    let opened = catch_unwind(AssertUnwindSafe(|| {
        Database::builder().set_cache_size(CACHE_BYTES).open_read_only_with_backend(disk)
    }));
    Ok(opened.ok().and_then(Result::ok))
}

/// Makes a store beside its final name and moves it there, so that a half-made one is never found.
pub(super) fn create_file(path: &Path, clock: ClockKind) -> Result<(), StoreError> {
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
pub(super) fn initialise(database: &Database, clock: ClockKind) -> Result<(), StoreError> {
    let transaction = database.begin_write()?;
    for table in table::ALL {
        transaction.open_table(RawTable::new(table.name))?;
    }
    transaction.commit()?;
    let organisation =
        clock::random_hex().map_err(io_error("cannot read randomness for", Path::new("a new store")))?;
    let created_at = clock::Clock::Real.now();
    let (mut writes, mut changes) = (WriteSet::default(), Changes::default());
    changes.put(&STORE, &STORE_KEY, &StoreInfo { format: FORMAT, organisation, clock, created_at })?;
    writes.make(changes);
    writing::write_all(database, &writes)
}

pub(super) fn read_info(transaction: ReadTransaction, path: &Path) -> Result<StoreInfo, StoreError> {
    let not_ours = |found: &str| StoreError::NotAStore { path: path.to_owned(), found: found.to_owned() };
    match transaction.open_table(RawTable::new(STORE.id.name)) {
        Ok(_) => {}
        Err(TableError::Storage(error)) => return Err(error.into()),
        Err(_) => return Err(not_ours("a database of another program")),
    }
    let snapshot = Snapshot::new(transaction, Arc::default());
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

pub(super) fn check_clock(
    info: &StoreInfo,
    wanted: Option<ClockKind>,
    path: &Path,
) -> Result<(), StoreError> {
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
