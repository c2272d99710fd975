//! Layers: what was written and is not yet carried out.
//!
//! What always holds: reading through a layer gives the same as if its writes had been carried out below.

use std::collections::BTreeMap;
use std::iter::Peekable;

use crate::StoreError;
use crate::codec::{CodecError, Record};
use crate::state::{self, KeyRange, Order, Row, State, ValueRow, WriteSet};
use crate::table::{Key, Table, TableId};
use crate::value::Value;

/// A write to one key.
#[derive(Debug, Clone)]
enum Write {
    /// A value under a key that no layer below has.
    New(Value),
    /// A value, whatever was there before.
    Put(Value),
    /// Nothing is there any more.
    Removed,
}

impl Write {
    /// The value that is there afterwards.
    fn value(&self) -> Option<&Value> {
        match self {
            Self::New(value) | Self::Put(value) => Some(value),
            Self::Removed => None,
        }
    }
}

/// Writes in the order in which they are to be made.
#[derive(Debug, Default)]
pub(crate) struct Changes(Vec<(TableId, Vec<u8>, Write)>);

impl Changes {
    /// Writes a value.
    pub(crate) fn put<K: Key, V: Record>(&mut self, table: &Table<K, V>, key: &K, value: V) {
        self.add(table, key, Write::Put(Value::of(value)));
    }

    /// Writes a value under a key that was never used before, such as one with a new id. If it is removed again before
    /// the layer is carried out, nothing is left of it.
    pub(crate) fn insert<K: Key, V: Record>(&mut self, table: &Table<K, V>, key: &K, value: V) {
        self.add(table, key, Write::New(Value::of(value)));
    }

    fn add<K: Key, V: Record>(&mut self, table: &Table<K, V>, key: &K, write: Write) {
        self.0.push((table.id, key.to_bytes(), write));
    }

    /// Removes a value.
    pub(crate) fn remove<K: Key, V: Record>(&mut self, table: &Table<K, V>, key: &K) {
        self.add(table, key, Write::Removed);
    }
}

/// The writes to one table, by key.
type TableWrites = BTreeMap<Vec<u8>, Write>;

/// How many rows more than wanted are read from below at a time at most, because so many may be hidden.
const CHUNK_ROWS: usize = 64;

/// What was written in a layer.
#[derive(Debug, Clone, Default)]
pub(crate) struct Layer {
    tables: BTreeMap<TableId, TableWrites>,
}

impl Layer {
    /// Whether something was written to a table.
    pub(crate) fn touches(&self, table: TableId) -> bool {
        self.tables.contains_key(&table)
    }

    /// Makes these writes.
    pub(crate) fn make(&mut self, changes: Changes) {
        for (table, key, write) in changes.0 {
            write_into(self.tables.entry(table).or_default(), key, write);
        }
    }

    /// Takes over what a layer above has written.
    pub(crate) fn absorb(&mut self, above: Self) {
        for (table, rows) in above.tables {
            let below = self.tables.entry(table).or_default();
            for (key, write) in rows {
                // A layer above knows what is new to it, and this one is part of what lies below that.
                write_into(below, key, write);
            }
        }
    }

    /// What is under each key that was written, by table.
    pub(crate) fn iter(
        &self,
    ) -> impl Iterator<Item = (TableId, impl Iterator<Item = (&Vec<u8>, Option<&Value>)>)> {
        self.tables.iter().map(|(table, rows)| (*table, rows.iter().map(|(key, write)| (key, write.value()))))
    }

    /// The writes as a commit makes them.
    ///
    /// # Errors
    /// A record that is too large to be stored.
    pub(crate) fn seal(self) -> Result<WriteSet, StoreError> {
        let mut tables = BTreeMap::new();
        for (table, rows) in self.tables {
            let sealed = rows.into_iter().map(|(key, write)| {
                let write = match write {
                    Write::New(value) | Write::Put(value) => {
                        state::Write::Put(value.bytes(table.number, &key)?)
                    }
                    Write::Removed => state::Write::Removed,
                };
                Ok((key, write))
            });
            tables.insert(table, sealed.collect::<Result<_, CodecError>>()?);
        }
        Ok(WriteSet::new(tables))
    }

    /// Reads through these writes to the state below.
    pub(crate) fn value_over(
        &self,
        below: &dyn State,
        table: TableId,
        key: &[u8],
    ) -> Result<Option<Value>, StoreError> {
        match self.tables.get(&table).and_then(|rows| rows.get(key)) {
            Some(write) => Ok(write.value().cloned()),
            None => below.value(table, key),
        }
    }

    /// Scans through these writes and the state below, merged.
    pub(crate) fn values_over(
        &self,
        below: &dyn State,
        table: TableId,
        range: &KeyRange,
        order: Order,
        limit: usize,
    ) -> Result<Vec<ValueRow>, StoreError> {
        let Some(written) = self.tables.get(&table).filter(|_| !range.is_empty()) else {
            return below.values(table, range, order, limit);
        };
        let written = written.range::<[u8], _>(range.bounds());
        // What is new hides nothing.
        let hiding = written.clone().filter(|(_, write)| !matches!(write, Write::New(_)));
        let hidden = hiding.take(CHUNK_ROWS).count();
        match order {
            Order::Ascending => merge(below, table, range, order, limit, hidden, written.peekable()),
            Order::Descending => merge(below, table, range, order, limit, hidden, written.rev().peekable()),
        }
    }
}

fn write_into(rows: &mut TableWrites, key: Vec<u8>, write: Write) {
    let write = match (rows.get(&key), write) {
        // Below, there is nothing to remove.
        (Some(Write::New(_)), Write::Removed) => {
            rows.remove(&key);
            return;
        }
        (Some(Write::New(_)), Write::Put(value)) => Write::New(value),
        // What was removed may still be there below.
        (Some(Write::Removed | Write::Put(_)), Write::New(value)) => Write::Put(value),
        (_, write) => write,
    };
    rows.insert(key, write);
}

/// Merges rows from below, of which so many may be hidden, with writes in the same order.
fn merge<'w>(
    below: &dyn State,
    table: TableId,
    range: &KeyRange,
    order: Order,
    limit: usize,
    hidden: usize,
    mut written: Peekable<impl Iterator<Item = (&'w Vec<u8>, &'w Write)>>,
) -> Result<Vec<ValueRow>, StoreError> {
    let chunk = limit.saturating_add(hidden);
    let is_before = |one: &[u8], other: &[u8]| match order {
        Order::Ascending => one < other,
        Order::Descending => one > other,
    };
    let mut found = Vec::new();
    let mut rest = range.clone();
    loop {
        let rows = below.values(table, &rest, order, chunk)?;
        let last = if rows.len() < chunk { None } else { rows.last().map(|(key, _)| key.clone()) };
        for row in rows {
            // What was written before this row's place comes first; what was written at it replaces it.
            let mut is_hidden = false;
            while let Some((key, write)) =
                written.next_if(|(key, _)| !is_before(row.0.as_slice(), key.as_slice()))
            {
                is_hidden = *key == row.0;
                if found.len() < limit
                    && let Some(value) = write.value()
                {
                    found.push((key.clone(), value.clone()));
                }
                if found.len() == limit {
                    return Ok(found);
                }
            }
            if !is_hidden && found.len() < limit {
                found.push(row);
            }
            if found.len() == limit {
                return Ok(found);
            }
        }
        match last {
            Some(key) => rest = rest.behind(key, order),
            None => break,
        }
    }
    for (key, write) in written {
        if found.len() == limit {
            break;
        }
        if let Some(value) = write.value() {
            found.push((key.clone(), value.clone()));
        }
    }
    Ok(found)
}

/// What is read, as the bytes of the file.
pub(crate) fn bytes(table: TableId, key: &[u8], value: Option<Value>) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(value.map(|value| value.bytes(table.number, key)).transpose()?)
}

/// Rows that are read, as the bytes of the file.
pub(crate) fn row_bytes(table: TableId, rows: Vec<ValueRow>) -> Result<Vec<Row>, StoreError> {
    let bytes = |(key, value): ValueRow| {
        let bytes = value.bytes(table.number, &key)?;
        Ok((key, bytes))
    };
    rows.into_iter().map(bytes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::COUNTERS;
    use proptest::prelude::*;

    /// A state of nothing but its own writes.
    struct Bottom(Layer);
    struct Nothing;

    impl State for Nothing {
        fn read(&self, _: TableId, _: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
            Ok(None)
        }
        fn scan(&self, _: TableId, _: &KeyRange, _: Order, _: usize) -> Result<Vec<Row>, StoreError> {
            Ok(Vec::new())
        }
    }
    impl State for Bottom {
        fn read(&self, table: TableId, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
            bytes(table, key, self.value(table, key)?)
        }
        fn scan(&self, t: TableId, r: &KeyRange, o: Order, l: usize) -> Result<Vec<Row>, StoreError> {
            row_bytes(t, self.values(t, r, o, l)?)
        }
        fn value(&self, table: TableId, key: &[u8]) -> Result<Option<Value>, StoreError> {
            self.0.value_over(&Nothing, table, key)
        }
        fn values(&self, t: TableId, r: &KeyRange, o: Order, l: usize) -> Result<Vec<ValueRow>, StoreError> {
            self.0.values_over(&Nothing, t, r, o, l)
        }
    }
    struct Above<'a>(&'a Bottom, &'a Layer);
    impl State for Above<'_> {
        fn read(&self, table: TableId, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
            bytes(table, key, self.1.value_over(self.0, table, key)?)
        }
        fn scan(&self, t: TableId, r: &KeyRange, o: Order, l: usize) -> Result<Vec<Row>, StoreError> {
            row_bytes(t, self.1.values_over(self.0, t, r, o, l)?)
        }
    }

    fn writes(of: &[(String, Option<u64>)]) -> Layer {
        let mut changes = Changes::default();
        for (key, value) in of {
            match value {
                Some(value) => changes.put(&COUNTERS, key, *value),
                None => changes.remove(&COUNTERS, key),
            }
        }
        let mut set = Layer::default();
        set.make(changes);
        set
    }

    proptest! {
        /// Whatever is written below and above, reading through the layer equals reading after carrying it out.
        #[test]
        fn a_layer_reads_like_its_writes_carried_out(
            below in prop::collection::vec(("[a-d]{1,2}", prop::option::of(0_u64..9)), 0..20),
            above in prop::collection::vec(("[a-d]{1,2}", prop::option::of(0_u64..9)), 0..20),
            prefix in "[a-d]{0,1}",
            limit in 0_usize..8,
            ascending in any::<bool>(),
        ) {
            let order = if ascending { Order::Ascending } else { Order::Descending };
            let (lower, upper) = (Bottom(writes(&below)), writes(&above));
            let mut flat = lower.0.clone();
            flat.absorb(upper.clone());
            let flat = Bottom(flat);
            let layered = Above(&lower, &upper);
            let prefix = prefix.into_bytes();
            prop_assert_eq!(
                COUNTERS.rows(&layered, prefix.clone(), order, limit).unwrap(),
                COUNTERS.rows(&flat, prefix, order, limit).unwrap()
            );
            for key in ["a", "b", "ab", "dd"] {
                let key = key.to_owned();
                prop_assert_eq!(COUNTERS.get(&layered, &key).unwrap(), COUNTERS.get(&flat, &key).unwrap());
            }
        }
    }
}
