//! The store and its disk: what each level of durability keeps, what a commit in doubt leaves, and what a backup holds.
//!
//! Goal: what the README promises of the file is so. Method: a copy of the file, taken while the store is open, is what a
//! process that is killed at that moment leaves behind.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use redb::ReadableDatabase;
use tempfile::TempDir;

use super::beside::{keep_ballast, mark_doubt, with_ending};
use super::opening::{fill_new, for_reading};
use super::{BALLAST_BYTES, Durability, OpenOptions, RawTable, Snapshot, Store};
use crate::clock::{ClockKind, VIRTUAL_EPOCH};
use crate::codes::SECRET_KEY;
use crate::disk::{ErrorAt, MemoryDisk};
use crate::journal::Head;
use crate::names::{ApprovalId, Id};
use crate::state::{KeyRange, Order, State};
use crate::table::Key;
use crate::{Input, StoreError, codes, table, verify};

/// A store in a directory of its own.
struct Place {
    directory: TempDir,
}

impl Place {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("org.redb")
    }

    fn open(&self, options: &OpenOptions) -> Result<Store, StoreError> {
        Store::open(&self.path(), &OpenOptions { clock: Some(ClockKind::Virtual), ..options.clone() })
    }

    fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.directory.path()).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// What a kill at this moment leaves: the last step, and whether it opens without being walked.
    fn killed(&self) -> (u64, bool) {
        let left = self.directory.path().join("killed.redb");
        std::fs::copy(self.path(), &left).unwrap();
        let opened = for_reading(&left, None).unwrap();
        let snapshot = Snapshot::new(opened.handle.begin_read(&left).unwrap(), left.as_path().into());
        let step = Head::of(&snapshot).unwrap().step;
        drop((snapshot, opened));
        let is_walked = Arc::new(AtomicBool::new(false));
        let noted = is_walked.clone();
        let mut builder = redb::Database::builder();
        builder.set_repair_callback(move |_| noted.store(true, Ordering::Release));
        drop(builder.open(&left).unwrap());
        std::fs::remove_file(left).unwrap();
        (step, !is_walked.load(Ordering::Acquire))
    }
}

/// One more step.
fn step(store: &Store) -> Result<Head, StoreError> {
    let mut batch = store.batch()?;
    let finished = batch.draft(VIRTUAL_EPOCH).finish();
    batch.append(Input::TakeUp { away_ms: 1 }, None, finished)?;
    store.commit(batch)
}

#[test]
fn a_seal_spares_the_next_opening_the_walk() {
    let place = Place::new();
    let store = place.open(&OpenOptions::default()).unwrap();
    assert_eq!(place.killed(), (0, true), "closing seals, and opening does not break that");
    step(&store).unwrap();
    assert_eq!(place.killed(), (1, false));
    store.seal().unwrap();
    assert_eq!(place.killed(), (1, true));
    let sealed = std::fs::read(place.path()).unwrap();
    store.seal().unwrap();
    assert!(std::fs::read(place.path()).unwrap() == sealed, "a second seal writes nothing");
    step(&store).unwrap();
    drop(store);
    assert_eq!(place.killed(), (2, true), "closing seals");
}

#[test]
fn an_interval_keeps_order_and_loses_only_the_end() {
    let place = Place::new();
    let options = OpenOptions { durability: Durability::Interval { ms: 60_000 }, ..OpenOptions::default() };
    let store = place.open(&options).unwrap();
    assert_eq!((store.flush_interval_ms(), store.needs_flush()), (Some(60_000), false));
    step(&store).unwrap();
    step(&store).unwrap();
    assert!(store.needs_flush());
    assert_eq!(Head::of(&store.snapshot().unwrap()).unwrap().step, 2, "readers see what waits");
    assert_eq!(place.killed().0, 0);
    store.flush().unwrap();
    assert!(!store.needs_flush());
    assert_eq!(place.killed().0, 2);
    step(&store).unwrap();
    drop(store);
    assert_eq!(place.killed().0, 3, "closing flushes");
    // An interval that has passed when the next commit comes is not waited for a second time.
    let options = OpenOptions { durability: Durability::Interval { ms: 1 }, ..OpenOptions::default() };
    let store = place.open(&options).unwrap();
    let mut steps = 3;
    while store.needs_flush() || steps == 3 {
        step(&store).unwrap();
        steps += 1;
    }
    assert_eq!(place.killed().0, steps);
}

#[test]
fn what_waited_for_a_disk_that_fails_is_told_to_be_lost() {
    let check = |durability: Durability, words: &str| {
        let disk = MemoryDisk::new();
        let mut store = Store::on_memory_disk(&disk, ClockKind::Real).unwrap();
        store.durability = durability;
        step(&store).unwrap();
        disk.fail_after(0);
        let failed = step(&store).and_then(|_| store.flush()).unwrap_err().to_string();
        assert!(failed.contains(words), "{failed}");
        let again = store.flush().err().or_else(|| store.failure()).unwrap().to_string();
        assert!(again.contains(words), "{again}");
    };
    check(Durability::Interval { ms: 60_000 }, "within the interval before is lost");
    check(Durability::Commit, "everything acknowledged so far is safe");
}

#[test]
fn memory_leaves_nothing_and_hides_nothing() {
    let place = Place::new();
    let options = OpenOptions { durability: Durability::Memory, ..OpenOptions::default() };
    let store = place.open(&options).unwrap();
    step(&store).unwrap();
    assert_eq!(store.path(), None);
    let meanwhile = OpenOptions { wait_ms: 0, ..OpenOptions::default() };
    assert!(matches!(place.open(&meanwhile), Err(StoreError::InUse { .. })));
    let refused = store.backup(&place.directory.path().join("copy"), false).unwrap_err();
    assert!(refused.to_string().contains("lies in memory"), "{refused}");
    drop(store);
    assert_eq!(place.files(), ["org.redb.lock"]);
    drop(place.open(&OpenOptions::default()).unwrap());
    assert!(matches!(place.open(&options), Err(StoreError::Hidden { .. })));
}

#[test]
fn a_failed_commit_is_in_doubt_and_ends_the_writing() {
    let (mut in_doubt, mut before) = (0, 0);
    for operations in 0..40 {
        let disk = MemoryDisk::new();
        let store = Store::on_memory_disk(&disk, ClockKind::Virtual).unwrap();
        step(&store).unwrap();
        disk.fail_after(operations);
        let failed = (0..20).find_map(|_| step(&store).err());
        match failed {
            Some(error @ StoreError::InDoubt { .. }) => {
                assert!(error.to_string().contains("is not known"), "{error}");
                assert!(error.retold().to_string() == error.to_string());
                in_doubt += 1;
            }
            Some(StoreError::Closed { .. }) => before += 1,
            other => panic!("{other:?}"),
        }
        disk.heal();
        let refused = step(&store).unwrap_err();
        assert!(matches!(refused, StoreError::Closed { .. }), "{refused}");
        assert!(matches!(store.flush(), Ok(())), "nothing waits");
        assert!(matches!(store.seal(), Err(StoreError::Closed { .. })));
        let known = Head::of(&store.snapshot().unwrap()).unwrap().step;
        drop(store);
        let again = Store::on_memory_disk(&disk, ClockKind::Virtual).unwrap();
        let found = Head::of(&again.snapshot().unwrap()).unwrap().step;
        assert!(found == known || found == known + 1, "{known} were acknowledged, {found} are there");
        assert!(verify::state(&again.snapshot().unwrap()).unwrap().is_whole());
    }
    assert!(in_doubt > 0, "no failure hit a commit; {before} came before one");
}

#[test]
fn after_a_commit_in_doubt_everything_is_checked_before_it_opens() {
    let place = Place::new();
    let store = place.open(&OpenOptions::default()).unwrap();
    step(&store).unwrap();
    assert_eq!(store.settled_doubt(), None);
    drop(store);
    mark_doubt(&place.path(), "the disk went away");
    let read_only = OpenOptions { read_only: true, ..OpenOptions::default() };
    let store = place.open(&read_only).unwrap();
    assert!(store.settled_doubt().unwrap().contains("the disk went away"));
    drop(store);
    assert!(place.files().contains(&"org.redb.doubt".to_owned()), "whoever only reads leaves the mark");
    let store = place.open(&OpenOptions::default()).unwrap();
    assert!(store.settled_doubt().unwrap().contains("the disk went away"));
    step(&store).unwrap();
    drop(store);
    assert!(!place.files().contains(&"org.redb.doubt".to_owned()));
    assert_eq!(place.open(&OpenOptions::default()).unwrap().settled_doubt(), None);

    // One byte of the first step is another: opened as always it would go unnoticed until it is read.
    let store = place.open(&read_only).unwrap();
    let value = store.snapshot().unwrap().read(table::JOURNAL.id, &1_u64.to_be_bytes()).unwrap().unwrap();
    drop(store);
    let mut bytes = std::fs::read(place.path()).unwrap();
    let at: Vec<usize> =
        (0..bytes.len() - value.len()).filter(|at| bytes[*at..].starts_with(&value)).collect();
    assert!(!at.is_empty());
    for at in at {
        bytes[at + value.len() / 2] ^= 1;
    }
    std::fs::write(place.path(), &bytes).unwrap();
    drop(place.open(&read_only).unwrap());
    mark_doubt(&place.path(), "the disk went away");
    for options in [&read_only, &OpenOptions::default()] {
        let refused = place.open(options).unwrap_err();
        assert!(matches!(refused, StoreError::DamagedFile { .. }), "{refused}");
    }
    assert!(std::fs::read(place.path()).unwrap() == bytes, "the damaged file was changed");
    assert!(place.files().contains(&"org.redb.doubt".to_owned()), "the mark stays");
}

#[test]
fn a_ballast_is_made_once_and_only_for_whoever_asks() {
    let place = Place::new();
    drop(place.open(&OpenOptions::default()).unwrap());
    assert_eq!(place.files(), ["org.redb", "org.redb.lock"]);
    drop(place.open(&OpenOptions { ballast: true, ..OpenOptions::default() }).unwrap());
    let ballast = with_ending(&place.path(), ".ballast");
    assert_eq!(std::fs::metadata(&ballast).unwrap().len(), BALLAST_BYTES);
    std::fs::write(&ballast, "half of one").unwrap();
    keep_ballast(&place.path());
    assert_eq!(std::fs::metadata(&ballast).unwrap().len(), BALLAST_BYTES);
}

/// Goal: a store from before there were codes gets them from the first who opens it to write, and keeps them. Method: its
/// secret is taken away behind its back.
#[test]
fn a_store_from_before_there_were_codes_gets_them_once() {
    let place = Place::new();
    drop(place.open(&OpenOptions::default()).unwrap());
    let database = redb::Database::open(place.path()).unwrap();
    let transaction = database.begin_write().unwrap();
    {
        let mut meta = transaction.open_table(RawTable::new(table::SECRET.id.name)).unwrap();
        assert!(meta.remove(SECRET_KEY.to_bytes().as_slice()).unwrap().is_some());
    }
    transaction.commit().unwrap();
    drop(database);
    let code = |read_only: bool| {
        let store = place.open(&OpenOptions { read_only, ..OpenOptions::default() }).unwrap();
        codes::code(&store.snapshot().unwrap(), ApprovalId::from_number(1)).unwrap()
    };
    assert_eq!(code(true), None);
    let given = code(false);
    assert!(given.is_some());
    assert_eq!((code(false), code(true)), (given, given));
    assert!(verify::file(&place.path(), 0).unwrap().is_whole());
}

#[test]
fn a_store_from_before_a_table_was_known_opens() {
    let place = Place::new();
    let store = place.open(&OpenOptions::default()).unwrap();
    step(&store).unwrap();
    drop(store);
    let tables = |path: &Path| {
        let database = redb::Database::open(path).unwrap();
        let tables = database.begin_read().unwrap().list_tables().unwrap().count();
        drop(database);
        tables
    };
    let database = redb::Database::open(place.path()).unwrap();
    let transaction = database.begin_write().unwrap();
    for table in [table::CLARIFICATIONS.id, table::INBOX.id] {
        assert!(transaction.delete_table(RawTable::new(table.name)).unwrap());
    }
    transaction.commit().unwrap();
    drop(database);
    let read_only = OpenOptions { read_only: true, ..OpenOptions::default() };
    let snapshot = place.open(&read_only).unwrap().snapshot().unwrap();
    let all = KeyRange::prefix(Vec::new());
    assert_eq!(snapshot.scan(table::INBOX.id, &all, Order::Ascending, 9).unwrap(), []);
    assert_eq!(snapshot.read(table::CLARIFICATIONS.id, b"x").unwrap(), None);
    drop(snapshot);
    assert_eq!(tables(&place.path()), table::ALL.len() - 2);
    assert!(verify::file(&place.path(), 0).unwrap().is_whole());
    drop(place.open(&OpenOptions::default()).unwrap());
    assert_eq!(tables(&place.path()), table::ALL.len());
}

#[test]
fn a_backup_is_a_whole_store_and_replaces_nothing_unasked() {
    let place = Place::new();
    let to = place.directory.path().join("copy.redb");
    let options = OpenOptions { durability: Durability::Interval { ms: 60_000 }, ..OpenOptions::default() };
    let store = place.open(&options).unwrap();
    let head = step(&store).unwrap();
    let copied = store.backup(&to, false).unwrap();
    assert_eq!((copied.head, copied.bytes), (head, std::fs::metadata(&to).unwrap().len()));
    assert!(!store.needs_flush(), "what is in a backup is on the disk as well");
    step(&store).unwrap();
    let before = std::fs::read(&to).unwrap();
    let refused = store.backup(&to, false).unwrap_err();
    assert!(refused.to_string().contains("there is a file already"), "{refused}");
    assert!(std::fs::read(&to).unwrap() == before);
    for replaces in [false, true] {
        let refused = store.backup(&place.path(), replaces).unwrap_err();
        assert!(refused.to_string().contains("that is the store itself"), "{refused}");
    }
    assert!(store.backup(&place.directory.path().join("none/copy"), false).is_err());
    let link = place.directory.path().join("link");
    std::os::unix::fs::symlink("nowhere", &link).unwrap();
    let refused = store.backup(&link, true).unwrap_err();
    assert!(refused.to_string().contains("a link to a file that is not there"), "{refused}");
    std::fs::remove_file(&link).unwrap();
    std::os::unix::fs::symlink("copy.redb", &link).unwrap();
    assert_eq!(store.backup(&link, true).unwrap().head.step, 2);
    assert!(link.is_symlink() && std::fs::read(&to).unwrap() != before);
    std::fs::remove_file(&link).unwrap();
    assert_eq!(store.backup(&to, true).unwrap().head.step, 2);
    assert!(verify::file(&to, 0).unwrap().is_whole());
    assert_eq!(place.files(), ["copy.redb", "copy.redb.lock", "org.redb", "org.redb.lock"]);
}

#[test]
fn a_backup_clears_what_killed_ones_left_and_nothing_else() {
    let place = Place::new();
    let to = place.directory.path().join("copy.redb");
    let store = place.open(&OpenOptions::default()).unwrap();
    let part = |name: &str, unique: &str| place.directory.path().join(format!("{name}.part-{unique}"));
    let unique = |digit: &str| digit.repeat(32);
    let (killed, others) = (part("copy.redb", &unique("a")), part("other.redb", &unique("b")));
    let (named, held) = (part("copy.redb", "mine"), part("copy.redb", &unique("c")));
    for left in [&killed, &others, &named, &held] {
        std::fs::write(left, "half of a store").unwrap();
    }
    let holder = std::fs::File::open(&held).unwrap();
    holder.lock_shared().unwrap();
    store.backup(&to, false).unwrap();
    assert!(!killed.exists(), "nobody holds it");
    assert!(others.exists() && named.exists(), "they belong to something else");
    assert!(held.exists(), "it is being made");
    drop(holder);
    store.backup(&to, true).unwrap();
    assert!(!held.exists());
}

/// Method: the disk is full at each operation in turn.
#[test]
fn a_store_that_cannot_be_made_says_that_there_is_no_room() {
    let place = Place::new();
    let mut refused = 0;
    for operations in 0.. {
        let disk = MemoryDisk::new();
        disk.set_faults(ErrorAt::full(operations).into());
        match fill_new(&place.path(), disk, ClockKind::Real) {
            Ok(()) => break,
            Err(error) => {
                let said = error.to_string();
                assert!(said.contains("cannot create") && said.contains("make room on that disk"), "{said}");
                refused += 1;
            }
        }
    }
    assert!(refused > 5, "{refused}");
}

#[test]
fn a_file_that_somebody_cuts_off_takes_no_more_commits() {
    let place = Place::new();
    let store = place.open(&OpenOptions::default()).unwrap();
    step(&store).unwrap();
    let file = std::fs::File::options().write(true).open(place.path()).unwrap();
    file.set_len(8192).unwrap();
    let refused = step(&store).unwrap_err();
    assert!(refused.to_string().contains("somebody else has cut the file off"), "{refused}");
    assert!(matches!(step(&store), Err(StoreError::Closed { .. })));
}

#[test]
fn no_link_beside_a_store_has_another_file_written_over() {
    let place = Place::new();
    let precious = place.directory.path().join("precious");
    std::fs::write(&precious, "as it was").unwrap();
    let link =
        |ending: &str| std::os::unix::fs::symlink(&precious, with_ending(&place.path(), ending)).unwrap();
    for ending in [".new", ".ballast", ".doubt"] {
        link(ending);
    }
    // The mark is read as one, and is taken away.
    drop(place.open(&OpenOptions { ballast: true, ..OpenOptions::default() }).unwrap());
    link(".doubt");
    mark_doubt(&place.path(), "the disk went away");
    drop(place.open(&OpenOptions::default()).unwrap());
    std::fs::remove_file(with_ending(&place.path(), ".lock")).unwrap();
    link(".lock");
    let refused = place.open(&OpenOptions::default()).unwrap_err().to_string();
    assert!(refused.contains("cannot lock"), "{refused}");
    assert_eq!(std::fs::read_to_string(&precious).unwrap(), "as it was");
}
