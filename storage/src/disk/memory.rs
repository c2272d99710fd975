//! A disk in memory that outlives the store on it, loses power and fails when told to: what tests and sweeps inject.
//!
//! In reading order: [`MemoryDisk`] is the disk; [`Faults`] is what is wrong with it; [`Operation`] is what was done to it,
//! and can be done again to a copy; `power` picks what is left of it when the power is cut.
//!
//! What always holds: reads see every write at once, as they do through the cache of an operating system; what survives
//! [`MemoryDisk::cut`] is what a sync has completed, and of the rest what a seed picks.

mod faults;
mod power;

pub use self::faults::{ErrorAt, Faults};
pub use self::power::{BLOCK_BYTES, SECTOR_BYTES};

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redb::StorageBackend;

use self::faults::Struck;
use crate::table::TableId;

/// A disk in memory. Its clones are the same disk.
#[derive(Debug, Clone, Default)]
pub struct MemoryDisk {
    device: Arc<Mutex<Device>>,
    apart: Option<TableId>,
}

/// Something that was done to a disk. Operations are counted; reads are none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    /// Bytes were written at this offset.
    Write(u64, Arc<[u8]>),
    /// The length was set, in bytes.
    SetLen(u64),
    /// Everything before was made durable.
    Sync,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Write(offset, data) => write!(f, "write of {} bytes at {offset}", data.len()),
            Self::SetLen(len) => write!(f, "set_len to {len} bytes"),
            Self::Sync => f.write_str("sync"),
        }
    }
}

#[derive(Default)]
struct Device {
    /// What reads see.
    cached: Vec<u8>,
    /// What is left without power.
    durable: Vec<u8>,
    /// What was done since the last sync, in order.
    unsynced: Vec<Operation>,
    faults: Faults,
    /// How many operations there were, with those that failed.
    operations: u64,
    recording: Option<Vec<Operation>>,
}

// The bytes of a whole disk help nobody.
impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Device")
            .field("len", &self.cached.len())
            .field("faults", &self.faults)
            .finish_non_exhaustive()
    }
}

impl MemoryDisk {
    /// An empty disk that does not fail.
    pub fn new() -> Self {
        Self::default()
    }

    /// A disk that holds these bytes, all of them durable.
    pub fn holding(bytes: Vec<u8>) -> Self {
        let device = Device { cached: bytes.clone(), durable: bytes, ..Device::default() };
        Self { device: Arc::new(Mutex::new(device)), apart: None }
    }

    /// The same disk, on which a store writes one table in a transaction of its own, before that of its batch. This breaks
    /// the store on purpose: it is there to prove that a sweep finds what it should.
    #[must_use]
    pub fn with_table_apart(self, table: TableId) -> Self {
        Self { apart: Some(table), ..self }
    }

    pub(crate) fn table_apart(&self) -> Option<TableId> {
        self.apart
    }

    /// What reads see: what is left when the process ends and the machine goes on.
    pub fn bytes(&self) -> Vec<u8> {
        self.device().cached.clone()
    }

    /// How many operations there were, with those that failed.
    pub fn operations(&self) -> u64 {
        self.device().operations
    }

    /// Notes every operation that succeeds from here on.
    pub fn record(&self) {
        self.device().recording = Some(Vec::new());
    }

    /// What was noted since [`MemoryDisk::record`]; ends the noting.
    pub fn recorded(&self) -> Vec<Operation> {
        self.device().recording.take().unwrap_or_default()
    }

    /// Does an operation that was recorded.
    ///
    /// # Errors
    /// A fault of the disk, or a write behind its end.
    pub fn repeat(&self, operation: &Operation) -> io::Result<()> {
        self.device().run(operation.clone())
    }

    /// Sets what is wrong with the disk from here on, in place of what was.
    pub fn set_faults(&self, faults: Faults) {
        self.device().faults = faults;
    }

    /// Lets `operations` more operations succeed and every later one fail.
    pub fn fail_after(&self, operations: u64) {
        self.set_faults(ErrorAt::lasting(operations).into());
    }

    /// Lets every operation succeed again.
    pub fn heal(&self) {
        self.set_faults(Faults::default());
    }

    /// How many operations a cut would put in doubt.
    pub fn unsynced(&self) -> usize {
        self.device().unsynced.len()
    }

    /// What is left when the power is cut now, as a disk of its own that does not fail. Of what was not synced each write
    /// is, as the seed picks, kept, lost, or kept in some of its sectors, and later ones may be kept where earlier ones
    /// are lost.
    #[must_use]
    pub fn cut(&self, seed: u64) -> Self {
        let device = self.device();
        let left = power::left(&device.durable, &device.unsynced, seed);
        drop(device);
        Self { apart: self.apart, ..Self::holding(left) }
    }

    fn device(&self) -> MutexGuard<'_, Device> {
        self.device.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Device {
    /// Does an operation, or fails as the faults have it.
    fn run(&mut self, operation: Operation) -> io::Result<()> {
        self.operations += 1;
        match self.faults.strike(&operation, self.cached.len()) {
            None => {}
            Some(Struck::Failed(error)) => {
                if operation == Operation::Sync {
                    // The system takes the pages for clean and never writes them again.
                    self.unsynced.retain(|one| matches!(one, Operation::SetLen(_)));
                }
                return Err(error);
            }
            Some(Struck::Full { room_bytes, error }) => {
                // A file grows piece by piece, until there is no room for the next one.
                self.done(Operation::SetLen(room_bytes))?;
                return Err(error);
            }
        }
        self.done(operation)
    }

    fn done(&mut self, operation: Operation) -> io::Result<()> {
        match &operation {
            Operation::Sync if self.faults.ignores_sync => {}
            Operation::Sync => {
                for one in std::mem::take(&mut self.unsynced) {
                    carry_out(&mut self.durable, &one)?;
                }
            }
            one => {
                carry_out(&mut self.cached, one)?;
                self.unsynced.push(operation.clone());
            }
        }
        if let Some(recording) = &mut self.recording {
            recording.push(operation);
        }
        Ok(())
    }
}

fn carry_out(bytes: &mut Vec<u8>, operation: &Operation) -> io::Result<()> {
    match operation {
        Operation::Write(offset, data) => {
            let from = usize::try_from(*offset).map_err(io::Error::other)?;
            let place = bytes.get_mut(from..from.saturating_add(data.len()));
            place.ok_or(io::ErrorKind::UnexpectedEof)?.copy_from_slice(data);
        }
        Operation::SetLen(len) => bytes.resize(usize::try_from(*len).map_err(io::Error::other)?, 0),
        Operation::Sync => {}
    }
    Ok(())
}

impl StorageBackend for MemoryDisk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.device().cached.len() as u64)
    }
    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let device = self.device();
        let from = usize::try_from(offset).map_err(io::Error::other)?;
        let found = device.cached.get(from..from.saturating_add(out.len()));
        out.copy_from_slice(found.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
    fn set_len(&self, len: u64) -> io::Result<()> {
        self.device().run(Operation::SetLen(len))
    }
    fn sync_data(&self) -> io::Result<()> {
        self.device().run(Operation::Sync)
    }
    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.device().run(Operation::Write(offset, data.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A disk of `sectors` sectors of zeros.
    fn disk(sectors: usize) -> MemoryDisk {
        MemoryDisk::holding(vec![0; sectors * SECTOR_BYTES])
    }

    fn first_bytes(disk: &MemoryDisk) -> Vec<u8> {
        disk.bytes().iter().copied().step_by(SECTOR_BYTES).collect()
    }

    #[test]
    fn what_was_synced_survives_every_cut_and_reads_see_the_rest() {
        let disk = disk(2);
        disk.write(0, &[1; SECTOR_BYTES]).unwrap();
        disk.sync_data().unwrap();
        disk.write(SECTOR_BYTES as u64, &[2; SECTOR_BYTES]).unwrap();
        assert_eq!(first_bytes(&disk), [1, 2]);
        let left: std::collections::BTreeSet<Vec<u8>> =
            (0..100).map(|seed| first_bytes(&disk.cut(seed))).collect();
        assert_eq!(left.into_iter().collect::<Vec<_>>(), [vec![1, 0], vec![1, 2]]);
    }

    #[test]
    fn every_mix_of_unsynced_sectors_can_be_left() {
        let disk = disk(3);
        disk.write(0, &[1; 2 * SECTOR_BYTES]).unwrap();
        disk.write(2 * SECTOR_BYTES as u64, &[2; SECTOR_BYTES]).unwrap();
        let left: std::collections::BTreeSet<Vec<u8>> =
            (0..2_000).map(|seed| first_bytes(&disk.cut(seed))).collect();
        assert_eq!(left.len(), 8, "{left:?}");
        assert_eq!(disk.cut(7).bytes(), disk.cut(7).bytes(), "a seed means one cut");
    }

    #[test]
    fn a_length_may_be_lost_reached_or_reached_in_part() {
        let disk = disk(8);
        disk.set_len(4 * BLOCK_BYTES as u64).unwrap();
        disk.write(3 * BLOCK_BYTES as u64, &[9; SECTOR_BYTES]).unwrap();
        let left: std::collections::BTreeSet<usize> =
            (0..500).map(|seed| disk.cut(seed).bytes().len()).collect();
        assert_eq!(left.into_iter().collect::<Vec<_>>(), [1, 2, 3, 4].map(|blocks| blocks * BLOCK_BYTES));
    }

    #[test]
    fn a_failed_sync_loses_its_writes_though_reads_see_them() {
        let disk = disk(2);
        disk.set_faults(ErrorAt::once(1).into());
        disk.write(0, &[1; SECTOR_BYTES]).unwrap();
        assert!(disk.sync_data().is_err());
        disk.write(SECTOR_BYTES as u64, &[2; SECTOR_BYTES]).unwrap();
        disk.sync_data().unwrap();
        assert_eq!(first_bytes(&disk), [1, 2]);
        assert_eq!(first_bytes(&disk.cut(0)), [0, 2]);
    }

    #[test]
    fn a_full_disk_grows_as_far_as_there_is_room_and_takes_writes_within() {
        let disk = disk(8);
        let room = 2 * BLOCK_BYTES as u64;
        disk.set_faults(Faults { capacity_bytes: Some(room + 1), ..Faults::default() });
        let error = disk.set_len(3 * BLOCK_BYTES as u64).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        assert_eq!(disk.bytes().len() as u64, room);
        disk.write(0, &[1; SECTOR_BYTES]).unwrap();
        disk.heal();
        disk.set_len(3 * BLOCK_BYTES as u64).unwrap();
    }

    #[test]
    fn an_error_lasts_or_passes_and_operations_are_counted() {
        let disk = disk(1);
        disk.fail_after(1);
        disk.write(0, &[1]).unwrap();
        assert!(disk.write(0, &[2]).is_err() && disk.sync_data().is_err());
        disk.set_faults(ErrorAt::once(0).into());
        assert!(disk.write(0, &[3]).is_err());
        disk.write(0, &[4]).unwrap();
        assert_eq!((disk.operations(), disk.bytes()[0]), (5, 4));
    }

    #[test]
    fn a_sync_that_is_ignored_keeps_nothing() {
        let disk = disk(1);
        disk.set_faults(Faults { ignores_sync: true, ..Faults::default() });
        disk.write(0, &[1; SECTOR_BYTES]).unwrap();
        disk.sync_data().unwrap();
        assert!((0..50).any(|seed| first_bytes(&disk.cut(seed)) == [0]));
    }

    #[test]
    fn what_was_recorded_can_be_done_again() {
        let one = disk(1);
        one.record();
        one.set_len(2 * SECTOR_BYTES as u64).unwrap();
        one.write(5, &[1, 2, 3]).unwrap();
        one.sync_data().unwrap();
        one.write(6, &[4]).unwrap();
        let other = disk(1);
        for operation in one.recorded() {
            other.repeat(&operation).unwrap();
        }
        assert_eq!((one.bytes(), one.unsynced()), (other.bytes(), other.unsynced()));
    }
}
