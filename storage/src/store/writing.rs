//! Writing: a batch's writes as one transaction, and which phases each commit has.
//!
//! | commit | phases | why |
//! |---|---|---|
//! | of a batch | one: the pages and the slot that names them, one sync | a torn one is found by its checksums, and the commit before it counts |
//! | of a batch, on `interval` | none: the sync comes with a later commit | at most the interval is lost, from the end |
//! | that flushes | one, empty | makes what came before it durable |
//! | that seals | two, with the allocator's state (quick-repair), empty | the next opening need not walk the file |
//!
//! One phase with one sync is enough for a batch, because the database keeps the commit before until the next is whole,
//! and checks every page of the newer when it opens after a crash. That check walks the file, which takes seconds where
//! there are millions of messages; so a store at rest is sealed by one empty commit, and only a kill under load pays. Two
//! phases or quick-repair on every commit would cost each of them half as much again or more; the figures stand in the
//! crate's README. Values carry checksums of their own, because a plain reading checks no page.
//!
//! What always holds: after a failure nothing more is written. A failure before the commit leaves nothing behind; one of
//! the commit itself leaves it in doubt.

use std::path::Path;
use std::sync::Arc;

use redb::{Database, Durability as Sync, WriteTransaction};

use super::RawTable;
use super::caught::caught;
use super::durability::Durability;
use crate::StoreError;
use crate::batch::Known;
use crate::clock::Stopwatch;
use crate::codec::CodecError;
use crate::state::WriteSet;
use crate::table::TableId;

/// Why a store is closed for writing.
#[derive(Debug, Clone)]
pub(super) struct Failed {
    pub(super) cause: String,
    /// Whether commits still waited for the disk.
    pub(super) waited: bool,
    /// The file, where no write failed and what was read of it before one is damaged.
    pub(super) damaged: Option<Arc<Path>>,
}

impl Failed {
    /// For whoever has nothing written because of it.
    pub(super) fn error(&self) -> StoreError {
        let cause = self.cause.clone();
        match &self.damaged {
            Some(path) => StoreError::DamagedFile { path: path.to_path_buf(), cause },
            None => StoreError::Closed { cause, waited: self.waited },
        }
    }
}

/// What is known of a store's writes.
#[derive(Debug, Default)]
pub(super) struct Writing {
    /// Why nothing more is written, once a write has failed.
    pub(super) closed: Option<Failed>,
    /// Whether the next opening is known to have nothing to walk.
    pub(super) is_sealed: bool,
    /// Since when commits wait for the disk.
    pub(super) waiting: Option<Stopwatch>,
    /// What is known of the state of the last commit, for the next batch.
    pub(super) known: Known,
}

impl Writing {
    /// Whether more may be written.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        self.closed.as_ref().map_or(Ok(()), |failed| Err(failed.error()))
    }

    /// The phases of the next batch's commit.
    pub(super) fn phases(&self, durability: Durability) -> Phases {
        match (durability, self.waiting) {
            (Durability::Commit | Durability::Memory, _) => Phases::One,
            (Durability::Interval { ms }, Some(since)) if since.elapsed().as_millis() >= u128::from(ms) => {
                Phases::One
            }
            (Durability::Interval { .. }, _) => Phases::None,
        }
    }

    /// Notes a commit with these phases.
    pub(super) fn note(&mut self, phases: Phases) {
        self.is_sealed = phases == Phases::Sealing;
        self.waiting = match phases {
            Phases::None => Some(self.waiting.unwrap_or_else(Stopwatch::new)),
            Phases::One | Phases::Sealing => None,
        };
    }
}

/// What a commit does to be durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phases {
    None,
    One,
    Sealing,
}

/// Why a transaction did not come about.
pub(super) enum NotWritten {
    /// The database refused a value; the store goes on.
    Refused(CodecError),
    /// It failed before its commit.
    Before(StoreError),
    /// Its commit failed, and may be on the disk.
    InDoubt(StoreError),
}

/// One transaction.
pub(super) fn write_all(
    database: &Database,
    writes: &WriteSet,
    phases: Phases,
    path: &Path,
) -> Result<(), NotWritten> {
    write_some(database, writes, phases, path, |_| true)
}

/// Two transactions, where there must be one: this breaks a store on purpose, to prove that a crash sweep finds it.
pub(super) fn write_apart(
    database: &Database,
    writes: &WriteSet,
    phases: Phases,
    path: &Path,
    apart: TableId,
) -> Result<(), NotWritten> {
    if writes.iter().any(|(id, _)| id == apart) {
        write_some(database, writes, phases, path, |id| id == apart)?;
    }
    write_some(database, writes, phases, path, |id| id != apart)
}

fn write_some(
    database: &Database,
    writes: &WriteSet,
    phases: Phases,
    path: &Path,
    is_meant: impl Fn(TableId) -> bool,
) -> Result<(), NotWritten> {
    let filled = caught(path, || fill(database, writes, phases, is_meant)).map_err(NotWritten::Before)?;
    let transaction = filled.map_err(NotWritten::Refused)?;
    caught(path, || transaction.commit()).map_err(NotWritten::InDoubt)
}

/// A transaction with the writes in it, or the value that it refused.
fn fill(
    database: &Database,
    writes: &WriteSet,
    phases: Phases,
    is_meant: impl Fn(TableId) -> bool,
) -> Result<Result<WriteTransaction, CodecError>, redb::Error> {
    let mut transaction = database.begin_write()?;
    transaction.set_durability(if phases == Phases::None { Sync::None } else { Sync::Immediate })?;
    transaction.set_quick_repair(phases == Phases::Sealing);
    for (id, rows) in writes.iter().filter(|(id, _)| is_meant(*id)) {
        let mut table = transaction.open_table(RawTable::new(id.name))?;
        for (key, write) in rows {
            let written = match write.value() {
                Some(value) => table.insert(key.as_slice(), value.as_slice()).map(drop),
                None => table.remove(key.as_slice()).map(drop),
            };
            if let Err(redb::StorageError::ValueTooLarge(bytes)) = written {
                drop(table);
                transaction.abort()?;
                return Ok(Err(CodecError::TooLarge(format!("{bytes} bytes"))));
            }
            written?;
        }
    }
    Ok(Ok(transaction))
}
