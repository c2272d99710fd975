//! Examining a file that may be damaged: its pages first, then whatever of it can be read.
//!
//! What always holds: no byte of the file changes; where its pages are damaged, each reading is bounded, because pages
//! may point in a circle.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use super::guard::Guard;
use super::handle::Handle;
use super::opening::{CACHE_BYTES, absent, check_magic, io_error, mended, open_held, read_info};
use super::{Snapshot, Store};
use crate::StoreError;
use crate::lock::StoreLock;
use crate::state::{KeyRange, Order, Row, State};
use crate::table::TableId;

/// How many pages one reading of a damaged file may take.
const MAX_READS: u64 = 1024;

/// A file that is examined.
pub(crate) struct Examined {
    /// What of it can be read.
    pub(crate) state: Option<Careful>,
    pub(crate) pages: PagesFound,
    pub(crate) file_bytes: u64,
    pub(crate) _lock: StoreLock,
}

/// What the database's own checks say of a file's pages.
pub(crate) enum PagesFound {
    Whole,
    Damaged(String),
    /// They are whole, and the record of the free ones does not fit them.
    Space,
    Unreadable(String),
}

/// The state of a file that may be damaged.
pub(crate) struct Careful {
    // Dropped before the database that it reads.
    snapshot: Snapshot,
    handle: Handle,
    guard: Arc<Guard>,
    is_bounded: bool,
}

impl Store {
    /// Looks at every page of the file at `path`, and opens what can be read of it.
    ///
    /// # Errors
    /// In use, missing, not a store, of another format, or the disk's own failure.
    pub(crate) fn examine(path: &Path, wait_ms: u64) -> Result<Examined, StoreError> {
        if !path.try_exists().map_err(io_error("cannot look for", path))? {
            return Err(absent(path));
        }
        check_magic(path)?;
        let lock = StoreLock::acquire(path, wait_ms, true)?;
        let bytes = File::open(path).and_then(|file| file.metadata()).map(|file| file.len());
        let file_bytes = bytes.map_err(io_error("cannot look at", path))?;
        let pages = pages(path)?;
        let state = match &pages {
            PagesFound::Unreadable(_) => None,
            found => readable(path, !matches!(found, PagesFound::Whole))?,
        };
        Ok(Examined { state, pages, file_bytes, _lock: lock })
    }
}

/// Whether every page of the file is as it was written.
fn pages(path: &Path) -> Result<PagesFound, StoreError> {
    // One that opens for reading was closed in order, and then there is nothing to bring in order.
    let is_in_order = match open_held(path, CACHE_BYTES) {
        Ok((handle, _)) => handle.is_for_reading(),
        Err(StoreError::DamagedFile { cause, .. }) => return Ok(PagesFound::Unreadable(cause)),
        Err(error) => return Err(error),
    };
    let (mut handle, _) = match mended(path, CACHE_BYTES) {
        Ok(open) => open,
        Err(StoreError::DamagedFile { cause, .. }) => return Ok(PagesFound::Damaged(cause)),
        Err(error) => return Err(error),
    };
    match handle.check_pages(path) {
        Ok(false) if is_in_order => Ok(PagesFound::Space),
        Ok(_) => Ok(PagesFound::Whole),
        Err(StoreError::DamagedFile { cause, .. }) => Ok(PagesFound::Damaged(cause)),
        Err(error) => Err(error),
    }
}

fn readable(path: &Path, is_bounded: bool) -> Result<Option<Careful>, StoreError> {
    // What is in memory would be read without end, and without a reading of the file to count.
    let cache_bytes = if is_bounded { 0 } else { CACHE_BYTES };
    let found = open_held(path, cache_bytes).and_then(|(handle, guard)| {
        let snapshot = Snapshot::new(handle.begin_read(path)?, path.into());
        let careful = Careful { snapshot, handle, guard, is_bounded };
        careful.bound();
        match read_info(careful.handle.begin_read(path)?, path) {
            Err(error @ (StoreError::OlderFormat { .. } | StoreError::NewerFormat { .. })) => Err(error),
            Err(error @ StoreError::NotAStore { .. }) if !is_bounded => Err(error),
            // Whatever else is wrong with it is found with the rest.
            _ => Ok(careful),
        }
    });
    match found {
        Ok(careful) => Ok(Some(careful)),
        Err(StoreError::DamagedFile { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

impl Careful {
    fn bound(&self) {
        if self.is_bounded {
            self.guard.allow_reads(MAX_READS);
        }
    }
}

impl State for Careful {
    fn read(&self, table: TableId, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.bound();
        self.snapshot.read(table, key)
    }

    fn scan(
        &self,
        table: TableId,
        range: &KeyRange,
        order: Order,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        self.bound();
        self.snapshot.scan(table, range, order, limit)
    }
}
