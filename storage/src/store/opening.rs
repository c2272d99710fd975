//! Opening a file, or making one: everything that happens before a store can be used.
//!
//! What always holds: a file that is not ours, newer, or damaged is left as it was; a store comes into being whole, by a
//! rename.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use redb::{Database, DatabaseError, ReadTransaction, TableError, TableHandle};

use super::beside;
use super::caught::{caught, is_of_damage, unpanicked};
use super::guard::{Guard, Guarded};
use super::handle::Handle;
use super::writing::{self, NotWritten, Phases};
use super::{FORMAT, RawTable, STORE_KEY, Snapshot, StoreInfo};
use crate::StoreError;
use crate::clock::{self, ClockKind};
use crate::codes::{SECRET_KEY, Secret};
use crate::disk::FileDisk;
use crate::layer::{Changes, Layer};
use crate::table::{self, SECRET, STORE};
use crate::verify;

/// How many bytes of the file are kept in memory.
pub(super) const CACHE_BYTES: usize = 64 * 1024 * 1024;

/// What every redb file begins with.
const REDB_MAGIC: [u8; 9] = *b"redb\x1a\x0a\xa9\x0d\x0a";

pub(super) fn io_error<'a>(what: &'static str, path: &'a Path) -> impl Fn(io::Error) -> StoreError + 'a {
    move |cause| StoreError::Io { what, path: path.to_owned(), cause }
}

/// What is said where no file is.
pub(super) fn absent(path: &Path) -> StoreError {
    let path = path.to_owned();
    if path.is_symlink() {
        return StoreError::NotAStore { path, found: "a link to a file that is not there".to_owned() };
    }
    StoreError::Missing { path }
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

/// A database that was opened, and what it says of itself.
pub(super) struct Opened {
    pub(super) handle: Handle,
    pub(super) guard: Arc<Guard>,
    pub(super) info: StoreInfo,
    /// What a commit in doubt had left, which was checked.
    pub(super) doubt: Option<String>,
}

/// Opens a file so that what is written reaches it, which nothing does before it is known to be what it should be.
pub(super) fn for_writing(path: &Path, clock: Option<ClockKind>) -> Result<Opened, StoreError> {
    let file = File::options().read(true).write(true).open(path);
    let disk = file.and_then(FileDisk::new).and_then(|disk| Guard::holding(disk, true));
    let (guard, guarded) = disk.map_err(io_error("cannot open", path))?;
    let doubt = doubt(path)?;
    let database = open_database(guarded, path, CACHE_BYTES)?;
    let mut handle = Handle::for_writing_with(database);
    let info = read_info(handle.begin_read(path)?, path)?;
    check_clock(&info, clock, path)?;
    if doubt.is_some() {
        check_after_doubt(&mut handle, path)?;
    }
    guard.release().map_err(io_error("cannot bring in order", path))?;
    add_missing_tables(&handle, path).map_err(|error| match guard.failure() {
        Some(disk) => io_error("cannot bring in order", path)(disk.error()),
        None => error,
    })?;
    add_missing_secret(&handle, path)?;
    if doubt.is_some() {
        beside::settle_doubt(path).map_err(io_error("cannot take away the mark of doubt beside", path))?;
    }
    Ok(Opened { handle, guard, info, doubt })
}

/// Opens a file that stays as it is, byte for byte.
pub(super) fn for_reading(path: &Path, clock: Option<ClockKind>) -> Result<Opened, StoreError> {
    let doubt = doubt(path)?;
    let (mut handle, guard) = match &doubt {
        None => open_held(path, CACHE_BYTES)?,
        Some(_) => mended(path, CACHE_BYTES)?,
    };
    let info = read_info(handle.begin_read(path)?, path)?;
    check_clock(&info, clock, path)?;
    if doubt.is_some() {
        check_after_doubt(&mut handle, path)?;
    }
    Ok(Opened { handle, guard, info, doubt })
}

/// What a commit in doubt has left beside the file; then what is read from here on comes from the disk.
fn doubt(path: &Path) -> Result<Option<String>, StoreError> {
    let doubt = beside::doubt(path).map_err(io_error("cannot read the mark of doubt beside", path))?;
    if doubt.is_some() {
        beside::forget_cached(path);
    }
    Ok(doubt)
}

/// After a commit in doubt nothing is taken on trust: every page, every value, the chain, and what it gives.
fn check_after_doubt(handle: &mut Handle, path: &Path) -> Result<(), StoreError> {
    let damaged = |cause: String| StoreError::DamagedFile { path: path.to_owned(), cause };
    handle.check_pages(path)?;
    let snapshot = Snapshot::new(handle.begin_read(path)?, path.into());
    let verified = verify::state(&snapshot)?;
    match verified.findings.first() {
        None => Ok(()),
        Some(first) => Err(damaged(format!(
            "a commit failed, and since then {} findings, the first: {first}",
            verified.count
        ))),
    }
}

/// Opens a file of which nothing is known but that it is the database's, with so much memory, so that no byte of it changes.
pub(super) fn open_held(path: &Path, cache_bytes: usize) -> Result<(Handle, Arc<Guard>), StoreError> {
    let held = || {
        let disk = File::open(path).and_then(FileDisk::new);
        disk.and_then(|disk| Guard::holding(disk, false)).map_err(io_error("cannot open", path))
    };
    let (guard, guarded) = held()?;
    let opened =
        unpanicked(|| Database::builder().set_cache_size(cache_bytes).open_read_only_with_backend(guarded));
    match opened {
        Ok(Ok(reader)) => Ok((Handle::for_reading(reader), guard)),
        Ok(Err(DatabaseError::DatabaseAlreadyOpen)) => Err(used_by_others(path)),
        // It has to be brought in order, or it is damaged.
        Ok(Err(_)) | Err(_) => mended(path, cache_bytes),
    }
}

/// Opens a file so that what the database writes to bring it in order stays in memory.
pub(super) fn mended(path: &Path, cache_bytes: usize) -> Result<(Handle, Arc<Guard>), StoreError> {
    let disk = File::open(path).and_then(FileDisk::new);
    let disk = disk.and_then(|disk| Guard::holding(disk, false));
    let (guard, guarded) = disk.map_err(io_error("cannot open", path))?;
    Ok((Handle::mended(open_database(guarded, path, cache_bytes)?), guard))
}

/// Opens a database on a disk in memory, and makes it there if the disk is empty.
pub(super) fn in_memory(
    backend: impl redb::StorageBackend,
    clock: ClockKind,
    path: &Path,
) -> Result<Opened, StoreError> {
    let is_new = backend.len().map_err(io_error("cannot read", path))? == 0;
    // The same way as a file's, so that whoever cuts the power of such a disk cuts what happens to files.
    let (guard, guarded) = Guard::holding(backend, true).map_err(io_error("cannot read", path))?;
    let database = open_database(guarded, path, CACHE_BYTES)?;
    if is_new {
        guard.release().map_err(io_error("cannot write", path))?;
        initialise(&database, clock, path)?;
    }
    let handle = Handle::for_writing_with(database);
    let info = read_info(handle.begin_read(path)?, path)?;
    check_clock(&info, Some(clock), path)?;
    guard.release().map_err(io_error("cannot bring in order", path))?;
    add_missing_tables(&handle, path)?;
    add_missing_secret(&handle, path)?;
    Ok(Opened { handle, guard, info, doubt: None })
}

fn used_by_others(path: &Path) -> StoreError {
    StoreError::InUse { path: path.to_owned(), holder: "another program".to_owned() }
}

/// The database on a disk.
fn open_database(disk: Guarded, path: &Path, cache_bytes: usize) -> Result<Database, StoreError> {
    let damaged = |cause: String| StoreError::DamagedFile { path: path.to_owned(), cause };
    // A damaged file must not take the process with it, wherever in the database it is noticed.
    let opened = unpanicked(|| Database::builder().set_cache_size(cache_bytes).create_with_backend(disk));
    match opened {
        Ok(Ok(database)) => Ok(database),
        Ok(Err(DatabaseError::DatabaseAlreadyOpen)) => Err(used_by_others(path)),
        Ok(Err(DatabaseError::Storage(redb::StorageError::Io(cause)))) if !is_of_damage(&cause) => {
            Err(io_error("cannot read", path)(cause))
        }
        Ok(Err(error)) => Err(damaged(error.to_string())),
        Err(panic) => Err(damaged(panic)),
    }
}

/// A store that was made before a table was known gets it.
fn add_missing_tables(handle: &Handle, path: &Path) -> Result<(), StoreError> {
    let Some(database) = handle.for_writing() else { return Ok(()) };
    let reading = handle.begin_read(path)?;
    let is_whole = caught(path, || {
        let known: Vec<String> = reading.list_tables()?.map(|table| table.name().to_owned()).collect();
        Ok::<_, redb::StorageError>(
            table::ALL.iter().all(|table| known.iter().any(|name| name == table.name)),
        )
    })?;
    drop(reading);
    if is_whole { Ok(()) } else { add_tables(database, path) }
}

/// A store that was made before there were codes gets what they are derived from.
fn add_missing_secret(handle: &Handle, path: &Path) -> Result<(), StoreError> {
    let Some(database) = handle.for_writing() else { return Ok(()) };
    let snapshot = Snapshot::new(handle.begin_read(path)?, path.into());
    if SECRET.get(&snapshot, &SECRET_KEY)?.is_some() {
        return Ok(());
    }
    drop(snapshot);
    let mut changes = Changes::default();
    changes.put(&SECRET, &SECRET_KEY, new_secret()?);
    write_first(database, changes, path)
}

fn new_secret() -> Result<Secret, StoreError> {
    Secret::random().map_err(io_error("cannot read randomness for", Path::new("a store")))
}

fn write_first(database: &Database, changes: Changes, path: &Path) -> Result<(), StoreError> {
    let mut layer = Layer::default();
    layer.make(changes);
    match writing::write_all(database, &layer.seal()?, Phases::One, path) {
        Ok(()) => Ok(()),
        Err(NotWritten::Refused(cause)) => Err(cause.into()),
        Err(NotWritten::Before(error) | NotWritten::InDoubt(error)) => Err(error),
    }
}

fn add_tables(database: &Database, path: &Path) -> Result<(), StoreError> {
    caught(path, || {
        let transaction = database.begin_write()?;
        for table in table::ALL {
            transaction.open_table(RawTable::new(table.name))?;
        }
        transaction.commit()?;
        Ok::<_, redb::Error>(())
    })
}

/// Makes a store beside its final name and moves it there, so that a half-made one is never found.
pub(super) fn create_file(path: &Path, clock: ClockKind) -> Result<(), StoreError> {
    let fresh = beside::with_ending(path, ".new");
    let made = make_file(&fresh, clock)
        .and_then(|()| std::fs::rename(&fresh, path).map_err(io_error("cannot create", path)));
    if let Err(error) = made {
        // It may never have been made, and what is left of it is of no use to anybody.
        let _ = std::fs::remove_file(&fresh);
        return Err(error);
    }
    beside::sync_directory(path).map_err(io_error("cannot sync the directory of", path))
}

/// Makes a whole store in a new file.
fn make_file(fresh: &Path, clock: ClockKind) -> Result<(), StoreError> {
    let file = beside::create_anew(fresh).map_err(io_error("cannot create", fresh))?;
    let disk = FileDisk::new(file).map_err(io_error("cannot create", fresh))?;
    fill_new(fresh, disk, clock)
}

/// Makes a whole store on an empty disk.
pub(super) fn fill_new(
    fresh: &Path,
    disk: impl redb::StorageBackend,
    clock: ClockKind,
) -> Result<(), StoreError> {
    let (guard, guarded) = Guard::passing(disk);
    let made = open_database(guarded, fresh, CACHE_BYTES).and_then(|database| {
        initialise(&database, clock, fresh)?;
        // What the database writes when it is closed belongs to the file as well.
        unpanicked(move || drop(database))
            .map_err(|cause| StoreError::DamagedFile { path: fresh.to_owned(), cause })
    });
    match guard.failure() {
        Some(disk) => Err(io_error("cannot create", fresh)(disk.error())),
        None => made,
    }
}

/// The first commits of every store: all its tables, and what it is.
fn initialise(database: &Database, clock: ClockKind, path: &Path) -> Result<(), StoreError> {
    add_tables(database, path)?;
    let organisation =
        clock::random_hex().map_err(io_error("cannot read randomness for", Path::new("a new store")))?;
    let created_at = clock::Clock::Real.now();
    let mut changes = Changes::default();
    changes.put(&STORE, &STORE_KEY, StoreInfo { format: FORMAT, organisation, clock, created_at });
    changes.put(&SECRET, &SECRET_KEY, new_secret()?);
    write_first(database, changes, path)
}

pub(super) fn read_info(transaction: ReadTransaction, path: &Path) -> Result<StoreInfo, StoreError> {
    let not_ours = |found: &str| StoreError::NotAStore { path: path.to_owned(), found: found.to_owned() };
    let is_ours = caught(path, || match transaction.open_table(RawTable::new(STORE.id.name)) {
        Ok(_) => Ok(true),
        Err(TableError::Storage(error)) => Err(error),
        Err(_) => Ok(false),
    })?;
    if !is_ours {
        return Err(not_ours("a database of another program"));
    }
    let snapshot = Snapshot::new(transaction, path.into());
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
