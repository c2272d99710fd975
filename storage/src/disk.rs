//! Where a store's bytes lie: a file, memory, or memory that behaves as disks do when they fail.
//!
//! What always holds: a file grows by written zeros, not by holes, because a sync of blocks that exist does not have
//! to record new ones and costs a third less; a file that could not grow keeps the length that it had.

mod file;
mod memory;

pub(crate) use self::file::FileDisk;
pub use self::memory::{BLOCK_BYTES, ErrorAt, Faults, MemoryDisk, Operation, SECTOR_BYTES};

use redb::StorageBackend;
use redb::backends::InMemoryBackend;

/// A disk in memory that ends with the store on it.
pub(crate) fn transient() -> impl StorageBackend {
    InMemoryBackend::new()
}
