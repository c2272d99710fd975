//! A disk in memory that fails when told to.

use std::io;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use redb::StorageBackend;

/// A disk in memory that outlives the store on it and fails when told to: what tests inject.
#[derive(Debug, Clone, Default)]
pub struct MemoryDisk {
    bytes: Arc<Mutex<Vec<u8>>>,
    /// Writes and syncs until the disk fails; below zero means never.
    countdown: Arc<FaultCountdown>,
}

#[derive(Debug)]
struct FaultCountdown(AtomicI64);

impl Default for FaultCountdown {
    fn default() -> Self {
        Self(AtomicI64::new(-1))
    }
}

impl MemoryDisk {
    /// An empty disk that does not fail.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets `operations` more writes and syncs succeed and every later one fail.
    pub fn fail_after(&self, operations: u32) {
        self.countdown.0.store(operations.into(), Ordering::SeqCst);
    }

    /// Lets every write and sync succeed again.
    pub fn heal(&self) {
        self.countdown.0.store(-1, Ordering::SeqCst);
    }

    fn write_or_fail<T>(&self, write: impl FnOnce(&mut Vec<u8>) -> T) -> io::Result<T> {
        let left = self.countdown.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
            Some(if left > 0 { left - 1 } else { left })
        });
        if left == Ok(0) {
            return Err(io::Error::other("injected fault of the disk"));
        }
        Ok(write(&mut self.bytes.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl StorageBackend for MemoryDisk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.bytes.lock().unwrap_or_else(PoisonError::into_inner).len() as u64)
    }
    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        let from = usize::try_from(offset).map_err(io::Error::other)?;
        let found = bytes.get(from..from.saturating_add(out.len()));
        out.copy_from_slice(found.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
    fn set_len(&self, len: u64) -> io::Result<()> {
        let len = usize::try_from(len).map_err(io::Error::other)?;
        self.write_or_fail(|bytes| bytes.resize(len, 0))
    }
    fn sync_data(&self) -> io::Result<()> {
        self.write_or_fail(|_| ())
    }
    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let from = usize::try_from(offset).map_err(io::Error::other)?;
        self.write_or_fail(|bytes| {
            let place = bytes.get_mut(from..from.saturating_add(data.len()));
            place.ok_or(io::ErrorKind::UnexpectedEof).map(|place| place.copy_from_slice(data))
        })?
        .map_err(io::Error::from)
    }
}
