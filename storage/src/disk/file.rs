//! A file that grows by written zeros.

use std::fs::File;
use std::io;
use std::ops::Bound;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicU64, Ordering};

use redb::backends::FileBackend;
use redb::{BackendError, StorageBackend};

static ZEROS: [u8; 64 * 1024] = [0; 64 * 1024];

/// A file that grows by written zeros.
#[derive(Debug)]
pub(crate) struct FileDisk {
    file: File,
    inner: FileBackend,
    /// How long the file is, as far as this program has made it.
    len: AtomicU64,
}

impl FileDisk {
    pub(crate) fn new(file: File) -> io::Result<Self> {
        let inner = FileBackend::new(file.try_clone()?).map_err(io::Error::other)?;
        let len = AtomicU64::new(file.metadata()?.len());
        Ok(Self { file, inner, len })
    }

    fn grow(&self, mut end: u64, len: u64) -> io::Result<()> {
        while end < len {
            let count = usize::try_from(len - end).unwrap_or(usize::MAX).min(ZEROS.len());
            self.file.write_all_at(ZEROS.get(..count).unwrap_or(&ZEROS), end)?;
            end += count as u64;
        }
        Ok(())
    }
}

impl StorageBackend for FileDisk {
    fn len(&self) -> io::Result<u64> {
        self.inner.len()
    }
    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.inner.read(offset, out)
    }
    fn set_len(&self, len: u64) -> io::Result<()> {
        let before = self.inner.len()?;
        if let Err(error) = self.grow(before, len) {
            // A full disk may have taken part of a page, and the database refuses a file of such a length.
            let _ = self.inner.set_len(before);
            return Err(error);
        }
        self.inner.set_len(len)?;
        self.len.store(len, Ordering::Release);
        Ok(())
    }
    fn sync_data(&self) -> io::Result<()> {
        self.inner.sync_data()
    }
    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        // A write behind the end of a file that was cut off would make it as long as before, and hide that.
        let (len, found) = (self.len.load(Ordering::Acquire), self.file.metadata()?.len());
        if found < len {
            let what = format!("somebody else has cut the file off: {found} of {len} bytes are left");
            return Err(io::Error::other(what));
        }
        self.inner.write(offset, data)
    }
    fn close(&self) -> io::Result<()> {
        self.inner.close()
    }
    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.inner.try_lock_range(start, end)
    }
    fn try_lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.inner.try_lock_shared_range(start, end)
    }
    fn lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.inner.lock_range(start, end)
    }
    fn lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.inner.lock_shared_range(start, end)
    }
    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.inner.unlock_range(start, end)
    }
    fn query_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.inner.query_lock_range(start, end)
    }
}
