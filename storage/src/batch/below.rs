//! What lies below a batch: a snapshot, and what is known of it without looking into the file.
//!
//! What always holds: a snapshot never changes, so what was read of it once need not be read again; and the state after a
//! commit is the one before it with the commit's writes, so what was known stays known for the next batch. The steps of a
//! batch ask for the same few cursors, counters and inboxes over and over, mostly for what a step shortly before has
//! written, and a look into the database costs more than a step.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use crate::StoreError;
use crate::effect::Effect;
use crate::journal::{Entry, Head};
use crate::layer::Layer;
use crate::state::{KeyRange, Order, Row, State, ValueRow};
use crate::store::Snapshot;
use crate::table::{JOURNAL, TableId};
use crate::value::Value;

/// How many values of a table, and how many ranges, are remembered; then all of them are forgotten and remembered anew.
const MAX_REMEMBERED: usize = 10_000;

/// How many bytes of keys and values are remembered that were read; then all of them are forgotten and remembered anew.
const MAX_REMEMBERED_BYTES: usize = 16 * 1024 * 1024;

/// What remembering a value or a row costs beside its bytes, about.
const BYTES_EACH: usize = 128;

/// How many values of a table are known to the next batch at most.
const MAX_KNOWN: usize = 2_000;

/// How large the steps are together that are known to the next batch, in bytes as they are stored.
const MAX_KNOWN_STEP_BYTES: usize = 4 * 1024 * 1024;

/// The longest scan that is remembered, in rows.
const MAX_REMEMBERED_ROWS: usize = 256;

/// What was read of a table.
#[derive(Debug, Default)]
struct Remembered {
    values: HashMap<Vec<u8>, Option<Value>>,
    ascending: HashMap<KeyRange, Found>,
    descending: HashMap<KeyRange, Found>,
}

/// The rows that a scan found, and how many it looked for.
type Found = (Vec<ValueRow>, usize);

/// What is known of the state of a commit.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// Of which.
    head: Option<Head>,
    tables: HashMap<TableId, Remembered>,
    /// The last steps without a gap, with their sizes.
    steps: VecDeque<(Arc<Entry>, usize)>,
}

impl Known {
    /// What is known after a commit of these writes and steps, which led to `head`.
    pub(super) fn after(
        mut self,
        head: Head,
        writes: &Layer,
        steps: impl Iterator<Item = (Arc<Entry>, usize)>,
    ) -> Self {
        for (table, rows) in writes.iter() {
            let known = self.tables.entry(table).or_default();
            known.values.extend(rows.map(|(key, value)| (key.clone(), value.cloned())));
        }
        for known in self.tables.values_mut() {
            known.ascending.clear();
            known.descending.clear();
            if known.values.len() > MAX_KNOWN {
                known.values.clear();
            }
        }
        self.steps.extend(steps);
        let mut bytes: usize = self.steps.iter().map(|(_, size)| size).sum();
        while bytes > MAX_KNOWN_STEP_BYTES {
            bytes -= self.steps.pop_front().map_or(bytes, |(_, size)| size);
        }
        self.head = Some(head);
        self
    }
}

/// A snapshot, and what is known of it.
#[derive(Debug)]
pub(super) struct Below {
    snapshot: Snapshot,
    tables: RefCell<HashMap<TableId, Remembered>>,
    /// How many bytes of what was read they hold.
    read_bytes: Cell<usize>,
    steps: VecDeque<(Arc<Entry>, usize)>,
}

impl Below {
    /// What is known counts only for the state that ends with `head`.
    pub(super) fn new(snapshot: Snapshot, head: Head, known: Known) -> Self {
        let Known { tables, steps, .. } = if known.head == Some(head) { known } else { Known::default() };
        Self { snapshot, tables: RefCell::new(tables), read_bytes: Cell::new(0), steps }
    }

    pub(super) fn into_known(self) -> Known {
        Known { head: None, tables: self.tables.into_inner(), steps: self.steps }
    }

    /// Makes room for so many bytes more, and says whether they may be remembered.
    fn makes_room(&self, bytes: usize) -> bool {
        if bytes > MAX_REMEMBERED_BYTES {
            return false;
        }
        if self.read_bytes.get() + bytes > MAX_REMEMBERED_BYTES {
            self.tables.borrow_mut().clear();
            self.read_bytes.set(0);
        }
        self.read_bytes.set(self.read_bytes.get() + bytes);
        true
    }

    /// A step that is known.
    pub(super) fn entry(&self, step: u64) -> Option<&Arc<Entry>> {
        let (first, _) = self.steps.front()?;
        let at = usize::try_from(step.checked_sub(first.step)?).ok()?;
        self.steps.get(at).map(|(entry, _)| entry)
    }
}

impl Remembered {
    fn scans(&mut self, order: Order) -> &mut HashMap<KeyRange, Found> {
        match order {
            Order::Ascending => &mut self.ascending,
            Order::Descending => &mut self.descending,
        }
    }
}

/// Room for one more.
fn make_room<K, V>(remembered: &mut HashMap<K, V>) {
    if remembered.len() >= MAX_REMEMBERED {
        remembered.clear();
    }
}

impl State for Below {
    fn read(&self, table: TableId, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.snapshot.read(table, key)
    }

    fn scan(
        &self,
        table: TableId,
        range: &KeyRange,
        order: Order,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        self.snapshot.scan(table, range, order, limit)
    }

    fn value(&self, table: TableId, key: &[u8]) -> Result<Option<Value>, StoreError> {
        if let Some(value) = self.tables.borrow().get(&table).and_then(|known| known.values.get(key)) {
            return Ok(value.clone());
        }
        let value = self.snapshot.value(table, key)?;
        if self.makes_room(key.len() + value.as_ref().map_or(0, Value::read_bytes) + BYTES_EACH) {
            let mut tables = self.tables.borrow_mut();
            let values = &mut tables.entry(table).or_default().values;
            make_room(values);
            values.insert(key.to_vec(), value.clone());
        }
        Ok(value)
    }

    fn values(
        &self,
        table: TableId,
        range: &KeyRange,
        order: Order,
        limit: usize,
    ) -> Result<Vec<ValueRow>, StoreError> {
        let mut tables = self.tables.borrow_mut();
        let remembered = tables.entry(table).or_default();
        if let Some((rows, sought)) = remembered.scans(order).get(range)
            && (limit <= *sought || rows.len() < *sought)
        {
            return Ok(rows.iter().take(limit).cloned().collect());
        }
        let mut rows = self.snapshot.values(table, range, order, limit)?;
        for (key, value) in &mut rows {
            // What is known already is decoded already.
            if let Some(Some(known)) = remembered.values.get(key) {
                *value = known.clone();
            }
        }
        // The journal's chunks are large, and are asked for by another step each time.
        drop(tables);
        let bytes =
            rows.iter().map(|(key, value)| key.len() + value.read_bytes() + BYTES_EACH).sum::<usize>();
        if rows.len() <= MAX_REMEMBERED_ROWS && table != JOURNAL.id && self.makes_room(bytes + BYTES_EACH) {
            let mut tables = self.tables.borrow_mut();
            let scans = tables.entry(table).or_default().scans(order);
            make_room(scans);
            scans.insert(range.clone(), (rows.clone(), limit));
        }
        Ok(rows)
    }

    fn held_effect(&self, step: u64, index: u32) -> Option<&Effect> {
        self.entry(step)?.effects.get(index as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ClockKind;
    use crate::layer::Changes;
    use crate::store::Store;
    use crate::table::COUNTERS;

    /// Method: more is read than may be remembered, in few large values, in many small ones, and in scans.
    #[test]
    fn what_is_remembered_is_bounded_in_bytes() {
        let store = Store::in_memory(ClockKind::Virtual).unwrap();
        let mut changes = Changes::default();
        // A long name makes a large row.
        let name = |number: u64| format!("{number:04} {}", "x".repeat(60_000));
        for number in 0..600 {
            changes.put(&COUNTERS, &name(number), number);
        }
        let mut layer = Layer::default();
        layer.make(changes);
        store.write(&layer.seal().unwrap()).unwrap();
        let below = Below::new(store.snapshot().unwrap(), Head::genesis(), Known::default());
        let held = || {
            let tables = below.tables.borrow();
            let of_values = tables.values().flat_map(|table| &table.values).map(|(key, _)| key.len());
            let scans = tables.values().flat_map(|table| table.ascending.values());
            let of_scans = scans.flat_map(|(rows, _)| rows).map(|(key, _)| key.len());
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
        assert!((MAX_REMEMBERED_BYTES / 2..=MAX_REMEMBERED_BYTES).contains(&most), "{most}");
    }
}
