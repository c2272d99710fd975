//! What lies below a batch: a snapshot, and what was read of it.
//!
//! What always holds: a snapshot never changes, so what was read of it once need not be read again. The steps of a batch
//! ask for the same few cursors, counters and inboxes over and over, and a look into the database costs more than a step.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use crate::StoreError;
use crate::state::{KeyRange, Order, Row, State};
use crate::store::Snapshot;
use crate::table::{JOURNAL, TableId};

/// How many bytes of keys and values are remembered; then all of them are forgotten and remembered anew.
const MAX_REMEMBERED_BYTES: usize = 16 * 1024 * 1024;

/// What remembering a value or a row costs beside its bytes, about.
const BYTES_EACH: usize = 128;

/// The longest scan that is remembered, in rows.
const MAX_REMEMBERED_ROWS: usize = 256;

/// What is under each key of a table.
type Values = HashMap<Vec<u8>, Option<Vec<u8>>>;

/// What a scan asks.
type Scan = (TableId, KeyRange, Order);

/// The rows that a scan found, and how many it looked for.
type Found = (Vec<Row>, usize);

/// A snapshot that remembers what was read of it.
#[derive(Debug)]
pub(super) struct Below {
    snapshot: Snapshot,
    values: RefCell<HashMap<TableId, Values>>,
    scans: RefCell<HashMap<Scan, Found>>,
    /// How many bytes both hold.
    held_bytes: Cell<usize>,
}

impl Below {
    pub(super) fn new(snapshot: Snapshot) -> Self {
        Self { snapshot, values: RefCell::default(), scans: RefCell::default(), held_bytes: Cell::new(0) }
    }

    /// Makes room for so many bytes more; says whether they may be remembered.
    fn makes_room(&self, bytes: usize) -> bool {
        if bytes > MAX_REMEMBERED_BYTES {
            return false;
        }
        if self.held_bytes.get() + bytes > MAX_REMEMBERED_BYTES {
            self.values.borrow_mut().clear();
            self.scans.borrow_mut().clear();
            self.held_bytes.set(0);
        }
        self.held_bytes.set(self.held_bytes.get() + bytes);
        true
    }
}

impl State for Below {
    fn read(&self, table: TableId, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        if let Some(value) = self.values.borrow().get(&table).and_then(|values| values.get(key)) {
            return Ok(value.clone());
        }
        let value = self.snapshot.read(table, key)?;
        let bytes = BYTES_EACH + key.len() + value.as_ref().map_or(0, Vec::len);
        if self.makes_room(bytes) {
            self.values.borrow_mut().entry(table).or_default().insert(key.to_vec(), value.clone());
        }
        Ok(value)
    }

    fn scan(
        &self,
        table: TableId,
        range: &KeyRange,
        order: Order,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        let scan = (table, range.clone(), order);
        if let Some((rows, sought)) = self.scans.borrow().get(&scan)
            && (limit <= *sought || rows.len() < *sought)
        {
            return Ok(rows.iter().take(limit).cloned().collect());
        }
        let rows = self.snapshot.scan(table, range, order, limit)?;
        // The journal's chunks are large, and are asked for by another step each time.
        if rows.len() <= MAX_REMEMBERED_ROWS && table != JOURNAL.id {
            let bytes = rows.iter().map(|(key, value)| BYTES_EACH + key.len() + value.len()).sum::<usize>();
            // One that is asked for again because more is wanted is counted twice, until all are forgotten.
            if self.makes_room(BYTES_EACH + scan.1.start.len() + bytes) {
                self.scans.borrow_mut().insert(scan, (rows.clone(), limit));
            }
        }
        Ok(rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Store;
    use crate::clock::ClockKind;
    use crate::state::Changes;
    use crate::state::WriteSet;
    use crate::table::COUNTERS;

    /// Method: more is read than may be remembered, in few large values, in many small ones, and in scans.
    #[test]
    fn what_is_remembered_is_bounded_in_bytes() {
        let store = Store::in_memory(ClockKind::Virtual).unwrap();
        let mut changes = Changes::default();
        // A long name makes a large row.
        let name = |number: u64| format!("{number:04} {}", "x".repeat(60_000));
        for number in 0..600 {
            changes.put(&COUNTERS, &name(number), &number).unwrap();
        }
        let mut writes = WriteSet::default();
        writes.make(changes);
        store.write(&writes).unwrap();
        let below = Below::new(store.snapshot().unwrap());
        let held = || {
            let values = below.values.borrow();
            let of_values =
                values.values().flatten().map(|(key, value)| key.len() + value.as_ref().map_or(0, Vec::len));
            let scans = below.scans.borrow();
            let of_scans =
                scans.values().flat_map(|(rows, _)| rows).map(|(key, value)| key.len() + value.len());
            of_values.sum::<usize>() + of_scans.sum::<usize>()
        };
        let mut most = 0;
        for number in 0..600 {
            assert_eq!(COUNTERS.get(&below, &name(number)).unwrap(), Some(number));
            let some =
                COUNTERS.rows(&below, format!("{number:04}").into_bytes(), Order::Ascending, 9).unwrap();
            assert_eq!(some.len(), 1);
            most = most.max(held());
        }
        assert!(most <= MAX_REMEMBERED_BYTES, "{most}");
        assert!(most > MAX_REMEMBERED_BYTES / 2, "{most} is hardly anything");
    }
}
