//! What is wrong with a disk in memory: errors by countdown, a bound on its size, syncs that do nothing.
//!
//! What always holds: the faults are independent of each other; without any the disk does what it is told.

use std::io;

use super::{BLOCK_BYTES, Operation};

/// What is wrong with a disk; by default nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Faults {
    /// When operations fail.
    pub error: Option<ErrorAt>,
    /// How large the disk can be, in bytes; growing beyond fails until there is more room.
    pub capacity_bytes: Option<u64>,
    /// Whether a sync says that it is done and does nothing.
    pub ignores_sync: bool,
}

/// When operations fail, and how.
#[derive(Debug, Clone, Copy)]
pub struct ErrorAt {
    /// How many operations succeed before.
    pub after: u64,
    /// Whether every later operation fails as well.
    pub lasting: bool,
    /// The kind of the error.
    pub kind: io::ErrorKind,
}

impl ErrorAt {
    /// From then on every operation fails: the device is gone.
    pub fn lasting(after: u64) -> Self {
        Self { after, lasting: true, kind: io::ErrorKind::Other }
    }

    /// One operation fails, and later ones succeed.
    pub fn once(after: u64) -> Self {
        Self { lasting: false, ..Self::lasting(after) }
    }

    /// From then on there is no room for any operation, as on a file system that never writes in place.
    pub fn full(after: u64) -> Self {
        Self { kind: io::ErrorKind::StorageFull, ..Self::lasting(after) }
    }
}

/// How an operation failed.
pub(super) enum Struck {
    /// Nothing of it was done.
    Failed(io::Error),
    /// It grew the disk to its bound.
    Full { room_bytes: u64, error: io::Error },
}

impl Faults {
    /// Whether an operation fails on a disk of this length.
    pub(super) fn strike(&mut self, operation: &Operation, len: usize) -> Option<Struck> {
        if let Some(error) = &mut self.error {
            if error.after == 0 {
                let cause = io::Error::new(error.kind, "injected fault of the disk");
                if !error.lasting {
                    self.error = None;
                }
                return Some(Struck::Failed(cause));
            }
            error.after -= 1;
        }
        let (capacity, len) = (self.capacity_bytes?, len as u64);
        match operation {
            Operation::SetLen(wanted) if *wanted > capacity.max(len) => Some(Struck::Full {
                room_bytes: (capacity / BLOCK_BYTES as u64 * BLOCK_BYTES as u64).max(len),
                error: io::Error::new(io::ErrorKind::StorageFull, "injected fault: the disk is full"),
            }),
            _ => None,
        }
    }
}

impl From<ErrorAt> for Faults {
    /// A disk with nothing wrong but this.
    fn from(error: ErrorAt) -> Self {
        Self { error: Some(error), ..Self::default() }
    }
}
