//! The database of a store, as it was opened.
//!
//! What always holds: it is closed without a panic, whatever state its file is in.

use std::path::Path;

use redb::{Database, ReadOnlyDatabase, ReadTransaction, ReadableDatabase};

use super::caught::{caught, unpanicked};
use crate::StoreError;

/// An open database.
pub(super) struct Handle(Option<Open>);

enum Open {
    /// What is written reaches the disk.
    ForWriting(Database),
    /// It had to be brought in order, which happened in memory.
    Mended(Database),
    ForReading(ReadOnlyDatabase),
}

impl Handle {
    pub(super) fn for_writing_with(database: Database) -> Self {
        Self(Some(Open::ForWriting(database)))
    }

    pub(super) fn mended(database: Database) -> Self {
        Self(Some(Open::Mended(database)))
    }

    pub(super) fn for_reading(database: ReadOnlyDatabase) -> Self {
        Self(Some(Open::ForReading(database)))
    }

    /// The database, where it may be written.
    pub(super) fn for_writing(&self) -> Option<&Database> {
        match &self.0 {
            Some(Open::ForWriting(database)) => Some(database),
            _ => None,
        }
    }

    /// Whether the file was closed in order, and is open for reading only.
    pub(super) fn is_for_reading(&self) -> bool {
        matches!(self.0, Some(Open::ForReading(_)))
    }

    /// The state of the last commit of the file at `path`.
    pub(super) fn begin_read(&self, path: &Path) -> Result<ReadTransaction, StoreError> {
        caught(path, || match &self.0 {
            Some(Open::ForWriting(database) | Open::Mended(database)) => database.begin_read(),
            Some(Open::ForReading(database)) => database.begin_read(),
            None => Err(redb::StorageError::DatabaseClosed.into()),
        })
    }

    /// Looks at every page of the database; whether all was as it should be. Nothing may read meanwhile.
    pub(super) fn check_pages(&mut self, path: &Path) -> Result<bool, StoreError> {
        caught(path, || match &mut self.0 {
            Some(Open::ForWriting(database) | Open::Mended(database)) => database.check_integrity(),
            // It has no such check; whoever wants one opens it otherwise.
            Some(Open::ForReading(_)) | None => Ok(true),
        })
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        let open = self.0.take();
        // Damage that shows only now is found by the next opening.
        let _ = unpanicked(move || drop(open));
    }
}

impl std::fmt::Debug for Handle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Handle")
    }
}
