//! What lies below a batch: a snapshot, and what was read of it.
//!
//! What always holds: a snapshot never changes, so what was read of it once need not be read again. The steps of a batch
//! ask for the same few cursors, counters and inboxes over and over, and a look into the database costs more than a step.

use std::cell::RefCell;
use std::collections::HashMap;

use crate::StoreError;
use crate::state::{KeyRange, Order, Row, State};
use crate::store::Snapshot;
use crate::table::{JOURNAL, TableId};

/// How many values and ranges are remembered; then all of them are forgotten and remembered anew.
const MAX_REMEMBERED: usize = 10_000;

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
}

impl Below {
    pub(super) fn new(snapshot: Snapshot) -> Self {
        Self { snapshot, values: RefCell::default(), scans: RefCell::default() }
    }
}

impl State for Below {
    fn read(&self, table: TableId, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        if let Some(value) = self.values.borrow().get(&table).and_then(|values| values.get(key)) {
            return Ok(value.clone());
        }
        let value = self.snapshot.read(table, key)?;
        let mut values = self.values.borrow_mut();
        let values = values.entry(table).or_default();
        if values.len() >= MAX_REMEMBERED {
            values.clear();
        }
        values.insert(key.to_vec(), value.clone());
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
            let mut scans = self.scans.borrow_mut();
            if scans.len() >= MAX_REMEMBERED {
                scans.clear();
            }
            scans.insert(scan, (rows.clone(), limit));
        }
        Ok(rows)
    }
}
