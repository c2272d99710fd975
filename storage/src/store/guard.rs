//! The guard between the database and the disk: it decides which writes reach the file.
//!
//! ```text
//!  holding  writes stay in memory, reads see them        while a store is opened, or only read
//!  passing  writes reach the file                        once it is known to be a store of ours, and whole enough
//!  frozen   writes are refused                           once a write failed or damage was seen
//! ```
//!
//! What always holds: a guard that holds changes no byte of the file; what it held reaches the file in the order, and
//! with the syncs, that the database asked for; a frozen guard never thaws.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io::{self, ErrorKind};
use std::ops::Bound;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redb::{BackendError, StorageBackend};

/// The grain of what is held, in bytes.
const CHUNK_BYTES: u64 = 4096;

const HOLDING: u8 = 0;
const PASSING: u8 = 1;
const FROZEN: u8 = 2;

/// A disk behind a guard.
#[derive(Debug)]
pub(super) struct Guarded {
    guard: Arc<Guard>,
}

/// The guard of a disk, which the store keeps.
#[derive(Debug)]
pub(super) struct Guard {
    disk: Box<dyn StorageBackend>,
    mode: AtomicU8,
    /// Nothing will ever reach the disk, so that other readers do no harm and an exclusive lock need not be had.
    is_for_reading: bool,
    held: Mutex<Held>,
    /// How many more reads are allowed; the largest number means any.
    reads_left: AtomicU64,
    /// The first failure of the disk.
    failure: Mutex<Option<DiskFailure>>,
}

/// Why a disk failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DiskFailure {
    /// What the operating system says.
    pub(super) cause: String,
    /// Whether there is no room left.
    pub(super) is_full: bool,
}

/// What a guard holds back.
#[derive(Debug, Default)]
struct Held {
    /// The length that the database sees.
    len: u64,
    /// How much of the file below still counts.
    below: u64,
    chunks: BTreeMap<u64, Vec<u8>>,
    /// In order; nothing where it will never be let go.
    log: Option<Vec<Operation>>,
}

#[derive(Debug)]
enum Operation {
    Write(u64, Vec<u8>),
    SetLen(u64),
    Sync,
}

impl DiskFailure {
    /// As an error of the operating system.
    pub(super) fn error(self) -> io::Error {
        io::Error::new(if self.is_full { ErrorKind::StorageFull } else { ErrorKind::Other }, self.cause)
    }
}

impl Guard {
    /// A guard that holds; `may_release` says whether what it holds may reach the disk one day.
    pub(super) fn holding(disk: impl StorageBackend, may_release: bool) -> io::Result<(Arc<Self>, Guarded)> {
        let len = disk.len()?;
        let held = Held { len, below: len, chunks: BTreeMap::new(), log: may_release.then(Vec::new) };
        Ok(Self::new(disk, HOLDING, held))
    }

    /// A guard that passes.
    pub(super) fn passing(disk: impl StorageBackend) -> (Arc<Self>, Guarded) {
        Self::new(disk, PASSING, Held::default())
    }

    fn new(disk: impl StorageBackend, mode: u8, held: Held) -> (Arc<Self>, Guarded) {
        let guard = Arc::new(Self {
            disk: Box::new(disk),
            mode: AtomicU8::new(mode),
            is_for_reading: mode == HOLDING && held.log.is_none(),
            held: Mutex::new(held),
            reads_left: AtomicU64::new(u64::MAX),
            failure: Mutex::new(None),
        });
        (guard.clone(), Guarded { guard })
    }

    /// Lets what was held reach the disk, and everything from here on.
    pub(super) fn release(&self) -> io::Result<()> {
        let mut held = self.held();
        if self.mode() != HOLDING {
            return Ok(());
        }
        let refused = || io::Error::other("the file was opened for reading only");
        for operation in held.log.take().ok_or_else(refused)? {
            match operation {
                Operation::Write(offset, data) => self.noted(self.disk.write(offset, &data))?,
                Operation::SetLen(len) => self.resize(len)?,
                Operation::Sync => self.noted(self.disk.sync_data())?,
            }
        }
        held.chunks.clear();
        self.mode.store(PASSING, Ordering::Release);
        Ok(())
    }

    /// Refuses every write from here on.
    pub(super) fn freeze(&self) {
        self.mode.store(FROZEN, Ordering::Release);
    }

    /// Allows so many reads from here on, so that pages that point in a circle are not followed without end. Beyond them,
    /// and beyond the end of the file, zeros are read, which are no page.
    pub(super) fn allow_reads(&self, reads: u64) {
        self.reads_left.store(reads, Ordering::Release);
    }

    /// The first failure of the disk.
    pub(super) fn failure(&self) -> Option<DiskFailure> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn mode(&self) -> u8 {
        self.mode.load(Ordering::Acquire)
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes the first failure.
    fn noted<T>(&self, done: io::Result<T>) -> io::Result<T> {
        if let Err(cause) = &done {
            let is_full = matches!(cause.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded);
            let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
            failure.get_or_insert_with(|| DiskFailure { cause: cause.to_string(), is_full });
        }
        done
    }

    /// A growth that fails half-way is taken back, so that the room it took is free again.
    fn resize(&self, len: u64) -> io::Result<()> {
        let before = self.disk.len()?;
        let resized = self.disk.set_len(len);
        if resized.is_err() && len > before {
            // What stays behind is room that nobody uses; the failure itself is what is told.
            let _ = self.disk.set_len(before);
        }
        self.noted(resized)
    }

    fn frozen() -> io::Error {
        io::Error::other("nothing more is written to this file")
    }

    fn read_held(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let held = self.held();
        let end = offset.saturating_add(out.len() as u64);
        if end > held.len {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        let from_below = usize::try_from(held.below.saturating_sub(offset)).unwrap_or(usize::MAX);
        let (below, zeros) = out.split_at_mut(from_below.min(out.len()));
        if !below.is_empty() {
            self.disk.read(offset, below)?;
        }
        zeros.fill(0);
        for (number, chunk) in held.chunks.range(offset / CHUNK_BYTES..=end / CHUNK_BYTES) {
            overlay(chunk, number * CHUNK_BYTES, out, offset);
        }
        Ok(())
    }

    fn write_held(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut held = self.held();
        let end = offset.saturating_add(data.len() as u64);
        if end > held.len {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        let below = held.below;
        for number in offset / CHUNK_BYTES..end.div_ceil(CHUNK_BYTES) {
            let start = number * CHUNK_BYTES;
            let chunk = match held.chunks.entry(number) {
                Entry::Occupied(there) => there.into_mut(),
                Entry::Vacant(place) => {
                    let mut chunk = vec![0; usize::try_from(CHUNK_BYTES).map_err(io::Error::other)?];
                    let known = usize::try_from(below.saturating_sub(start)).unwrap_or(usize::MAX);
                    let known = known.min(chunk.len());
                    if let Some(known) = chunk.get_mut(..known).filter(|known| !known.is_empty()) {
                        self.disk.read(start, known)?;
                    }
                    place.insert(chunk)
                }
            };
            overlay(data, offset, chunk, start);
        }
        if let Some(log) = &mut held.log {
            log.push(Operation::Write(offset, data.to_vec()));
        }
        Ok(())
    }

    fn resize_held(&self, len: u64) {
        let mut held = self.held();
        held.below = held.below.min(len);
        let first_gone = len.div_ceil(CHUNK_BYTES);
        held.chunks.retain(|number, _| *number < first_gone);
        // A part of the last chunk may be cut off, and reads as zeros should the file grow again.
        let kept = usize::try_from(len % CHUNK_BYTES).unwrap_or_default();
        if kept > 0
            && let Some(cut) =
                held.chunks.get_mut(&(len / CHUNK_BYTES)).and_then(|chunk| chunk.get_mut(kept..))
        {
            cut.fill(0);
        }
        held.len = len;
        if let Some(log) = &mut held.log {
            log.push(Operation::SetLen(len));
        }
    }
}

/// Copies the part of `from`, which begins at `from_start`, that lies within `to`, which begins at `to_start`.
fn overlay(from: &[u8], from_start: u64, to: &mut [u8], to_start: u64) {
    let start = from_start.max(to_start);
    let end = (from_start + from.len() as u64).min(to_start + to.len() as u64);
    if start >= end {
        return;
    }
    let place = |at: u64, base: u64| usize::try_from(at - base).unwrap_or(usize::MAX);
    let source = from.get(place(start, from_start)..place(end, from_start));
    let target = to.get_mut(place(start, to_start)..place(end, to_start));
    if let (Some(source), Some(target)) = (source, target) {
        target.copy_from_slice(source);
    }
}

impl StorageBackend for Guarded {
    fn len(&self) -> io::Result<u64> {
        match self.guard.mode() {
            HOLDING => Ok(self.guard.held().len),
            _ => self.guard.disk.len(),
        }
    }
    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let left = self.guard.reads_left.load(Ordering::Relaxed);
        let is_bounded = left != u64::MAX;
        if is_bounded {
            self.guard.reads_left.store(left.saturating_sub(1), Ordering::Relaxed);
        }
        let read = match self.guard.mode() {
            _ if left == 0 => Err(ErrorKind::UnexpectedEof.into()),
            HOLDING => self.guard.read_held(offset, out),
            _ => self.guard.disk.read(offset, out),
        };
        match read {
            // A page that is not there ends one reading of a damaged file; an error would end all of them.
            Err(cause) if is_bounded && cause.kind() == ErrorKind::UnexpectedEof => {
                out.fill(0);
                Ok(())
            }
            read => read,
        }
    }
    fn set_len(&self, len: u64) -> io::Result<()> {
        match self.guard.mode() {
            HOLDING => {
                self.guard.resize_held(len);
                Ok(())
            }
            PASSING => self.guard.resize(len),
            _ => Err(Guard::frozen()),
        }
    }
    fn sync_data(&self) -> io::Result<()> {
        match self.guard.mode() {
            HOLDING => {
                if let Some(log) = &mut self.guard.held().log {
                    log.push(Operation::Sync);
                }
                Ok(())
            }
            PASSING => self.guard.noted(self.guard.disk.sync_data()),
            _ => Err(Guard::frozen()),
        }
    }
    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        match self.guard.mode() {
            HOLDING => self.guard.write_held(offset, data),
            PASSING => self.guard.noted(self.guard.disk.write(offset, data)),
            _ => Err(Guard::frozen()),
        }
    }
    fn close(&self) -> io::Result<()> {
        self.guard.disk.close()
    }
    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        if self.guard.is_for_reading {
            return self.guard.disk.try_lock_shared_range(start, end);
        }
        self.guard.disk.try_lock_range(start, end)
    }
    fn try_lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.guard.disk.try_lock_shared_range(start, end)
    }
    fn lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        if self.guard.is_for_reading {
            return self.guard.disk.lock_shared_range(start, end);
        }
        self.guard.disk.lock_range(start, end)
    }
    fn lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.guard.disk.lock_shared_range(start, end)
    }
    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.guard.disk.unlock_range(start, end)
    }
    fn query_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.guard.disk.query_lock_range(start, end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::MemoryDisk;
    use proptest::prelude::*;

    #[derive(Debug, Clone)]
    enum Act {
        Write(u16, Vec<u8>),
        SetLen(u16),
    }

    fn bytes(disk: &impl StorageBackend) -> Vec<u8> {
        let mut all = vec![0; usize::try_from(disk.len().unwrap()).unwrap()];
        disk.read(0, &mut all).unwrap();
        all
    }

    fn carry_out(disk: &impl StorageBackend, acts: &[Act]) {
        for act in acts {
            // Beyond the end both refuse.
            let _ = match act {
                Act::Write(offset, data) => disk.write(u64::from(*offset), data),
                Act::SetLen(len) => disk.set_len(u64::from(*len)),
            };
        }
    }

    fn act() -> impl Strategy<Value = Act> {
        let data = prop::collection::vec(any::<u8>(), 1..6000);
        prop_oneof![
            (0_u16..20_000, data).prop_map(|(offset, data)| Act::Write(offset, data)),
            (0_u16..24_000).prop_map(Act::SetLen),
        ]
    }

    proptest! {
        /// What is held reads as if it had been carried out, leaves the disk alone, and arrives there once it is let go.
        #[test]
        fn what_is_held_reads_as_if_it_were_done(
            before in prop::collection::vec(act(), 0..6),
            acts in prop::collection::vec(act(), 0..12),
        ) {
            let (real, plain) = (MemoryDisk::new(), MemoryDisk::new());
            for disk in [&real, &plain] {
                carry_out(disk, &[Act::SetLen(10_000)]);
                carry_out(disk, &before);
            }
            let untouched = bytes(&real);
            let (guard, guarded) = Guard::holding(real.clone(), true).unwrap();
            carry_out(&guarded, &acts);
            carry_out(&plain, &acts);
            prop_assert_eq!(bytes(&guarded), bytes(&plain));
            prop_assert_eq!(bytes(&real), untouched);
            guard.release().unwrap();
            prop_assert_eq!(bytes(&real), bytes(&plain));
            guard.freeze();
            prop_assert!(guarded.set_len(0).is_err());
            prop_assert_eq!(bytes(&real), bytes(&plain));
        }
    }
}
