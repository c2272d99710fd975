//! Reading and layering state: one way to read, whatever lies below.
//!
//! A [`Draft`](crate::Draft) lies on a [`Batch`](crate::Batch) lies on a [`Snapshot`](crate::Snapshot): each layer
//! holds what was written in it and asks the layer below for the rest. So a step that fails is dropped with its
//! layer, and the database sees one sorted set of writes for each batch.
//!
//! What always holds: reading a layer gives the same as if its writes had been carried out below.

use std::collections::BTreeMap;
use std::iter::Peekable;
use std::ops::Bound;
use std::sync::Arc;

use crate::StoreError;
use crate::codec::{self, Record};
use crate::effect::Effect;
use crate::query::{self, CONFIG_KEY};
use crate::records::{Config, RoleConfig};
use crate::table::{CONFIG, Key, Table, TableId};

/// A key and a value, as bytes.
pub type Row = (Vec<u8>, Vec<u8>);

/// In which order rows are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Order {
    /// From the smallest key.
    Ascending,
    /// From the largest key.
    Descending,
}

/// A range of keys: from `start`, included, to `end`, excluded.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct KeyRange {
    /// The first key.
    pub start: Vec<u8>,
    /// The key behind the last; nothing means to the end of the table.
    pub end: Option<Vec<u8>>,
}

impl KeyRange {
    /// All keys that begin with `prefix`.
    pub fn prefix(prefix: Vec<u8>) -> Self {
        let mut end = prefix.clone();
        // The smallest text above all texts with this prefix: the last byte that can grow, grown.
        while end.last() == Some(&u8::MAX) {
            end.pop();
        }
        let end = end.pop().map(|last| {
            end.push(last + 1);
            end
        });
        Self { start: prefix, end }
    }

    /// The range as bounds on byte texts.
    pub fn bounds(&self) -> (Bound<&[u8]>, Bound<&[u8]>) {
        let end = self.end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        (Bound::Included(self.start.as_slice()), end)
    }

    /// What is left of the range behind a key of it.
    fn behind(self, mut key: Vec<u8>, order: Order) -> Self {
        match order {
            Order::Ascending => {
                // The smallest text above a text is the text with a zero behind it.
                key.push(0);
                Self { start: key, end: self.end }
            }
            Order::Descending => Self { start: self.start, end: Some(key) },
        }
    }

    fn is_empty(&self) -> bool {
        self.end.as_ref().is_some_and(|end| *end <= self.start)
    }
}

/// State that can be read.
pub trait State {
    /// The bytes of a value.
    fn read(&self, table: TableId, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// At most `limit` rows of a range.
    fn scan(
        &self,
        table: TableId,
        range: &KeyRange,
        order: Order,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError>;

    /// An effect that a layer of this state holds in memory, so that it need not be read from the journal.
    fn held_effect(&self, _step: u64, _index: u32) -> Option<&Effect> {
        None
    }

    /// Whether a role has handled everything in the topics that it hears. It is asked for after every step, so layers
    /// remember it.
    fn has_read_topics(&self, role: &RoleConfig) -> Result<bool, StoreError> {
        query::has_read_topics(self, role)
    }

    /// The configuration in force; nothing in a store without steps. It is asked for in every step, so layers keep it.
    fn configuration(&self) -> Result<Option<Arc<Config>>, StoreError> {
        Ok(CONFIG.get(self, &CONFIG_KEY)?.map(Arc::new))
    }
}

impl<S: State + ?Sized> State for &S {
    fn read(&self, table: TableId, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        (**self).read(table, key)
    }
    fn scan(
        &self,
        table: TableId,
        range: &KeyRange,
        order: Order,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        (**self).scan(table, range, order, limit)
    }
    fn held_effect(&self, step: u64, index: u32) -> Option<&Effect> {
        (**self).held_effect(step, index)
    }
    fn has_read_topics(&self, role: &RoleConfig) -> Result<bool, StoreError> {
        (**self).has_read_topics(role)
    }
    fn configuration(&self) -> Result<Option<Arc<Config>>, StoreError> {
        (**self).configuration()
    }
}

impl<K: Key, V: Record> Table<K, V> {
    /// The value under a key.
    pub fn get(&self, state: &(impl State + ?Sized), key: &K) -> Result<Option<V>, StoreError> {
        let key = key.to_bytes();
        let Some(bytes) = state.read(self.id, &key)? else { return Ok(None) };
        codec::open(self.id.number, &key, &bytes).map(Some).map_err(|cause| self.damaged(&key, cause))
    }

    /// At most `limit` keys and values whose keys begin with `prefix`, a tuple's first parts or nothing.
    pub fn rows(
        &self,
        state: &(impl State + ?Sized),
        prefix: Vec<u8>,
        order: Order,
        limit: usize,
    ) -> Result<Vec<(K, V)>, StoreError> {
        self.range(state, &KeyRange::prefix(prefix), order, limit)
    }

    /// At most `limit` keys and values of a range.
    pub fn range(
        &self,
        state: &(impl State + ?Sized),
        range: &KeyRange,
        order: Order,
        limit: usize,
    ) -> Result<Vec<(K, V)>, StoreError> {
        let rows = state.scan(self.id, range, order, limit)?;
        let typed = rows.into_iter().map(|(key, bytes)| {
            let value =
                codec::open(self.id.number, &key, &bytes).map_err(|cause| self.damaged(&key, cause))?;
            let malformed = || codec::CodecError::Malformed("its key is not of the table's form".to_owned());
            Ok((K::from_bytes(&key).ok_or_else(|| self.damaged(&key, malformed()))?, value))
        });
        typed.collect()
    }
}

/// A write to one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// A value under a key that no layer below has.
    New(Vec<u8>),
    /// A value, whatever was there before.
    Put(Vec<u8>),
    /// Nothing is there any more.
    Removed,
}

impl Write {
    /// The value that is there afterwards.
    pub fn value(&self) -> Option<&Vec<u8>> {
        match self {
            Self::New(value) | Self::Put(value) => Some(value),
            Self::Removed => None,
        }
    }
}

/// Writes in the order in which they are to be made.
#[derive(Debug, Default)]
pub struct Changes(Vec<(TableId, Vec<u8>, Write)>);

impl Changes {
    /// Writes a value.
    pub fn put<K: Key, V: Record>(
        &mut self,
        table: &Table<K, V>,
        key: &K,
        value: &V,
    ) -> Result<(), StoreError> {
        self.add(table, key, value, Write::Put)
    }

    /// Writes a value under a key that was never used before, such as one with a new id. If it is removed again before
    /// the layer is carried out, nothing is left of it.
    pub fn insert<K: Key, V: Record>(
        &mut self,
        table: &Table<K, V>,
        key: &K,
        value: &V,
    ) -> Result<(), StoreError> {
        self.add(table, key, value, Write::New)
    }

    fn add<K: Key, V: Record>(
        &mut self,
        table: &Table<K, V>,
        key: &K,
        value: &V,
        write: fn(Vec<u8>) -> Write,
    ) -> Result<(), StoreError> {
        let key = key.to_bytes();
        let bytes = codec::seal(table.id.number, &key, value)?;
        self.0.push((table.id, key, write(bytes)));
        Ok(())
    }

    /// Removes a value.
    pub fn remove<K: Key, V: Record>(&mut self, table: &Table<K, V>, key: &K) {
        self.0.push((table.id, key.to_bytes(), Write::Removed));
    }
}

/// The writes to one table, by key.
pub type TableWrites = BTreeMap<Vec<u8>, Write>;

/// What was written in a layer.
#[derive(Debug, Clone, Default)]
pub struct WriteSet {
    tables: BTreeMap<TableId, TableWrites>,
}

/// How many rows more than wanted are read from below at a time at most, because so many may be hidden.
const CHUNK_ROWS: usize = 64;

impl WriteSet {
    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.tables.values().all(BTreeMap::is_empty)
    }

    /// Whether something was written to a table.
    pub(crate) fn touches(&self, table: TableId) -> bool {
        self.tables.contains_key(&table)
    }

    /// Makes these writes.
    pub fn make(&mut self, changes: Changes) {
        for (table, key, write) in changes.0 {
            write_into(self.tables.entry(table).or_default(), key, write);
        }
    }

    /// Takes over what a layer above has written.
    pub fn absorb(&mut self, above: Self) {
        for (table, rows) in above.tables {
            let below = self.tables.entry(table).or_default();
            for (key, write) in rows {
                // A layer above knows what is new to it, and this one is part of what lies below that.
                write_into(below, key, write);
            }
        }
    }

    /// The writes, by table and key.
    pub fn iter(&self) -> impl Iterator<Item = (TableId, &TableWrites)> {
        self.tables.iter().map(|(table, rows)| (*table, rows))
    }

    /// Reads through these writes to the state below.
    pub(crate) fn read_over(
        &self,
        below: &dyn State,
        table: TableId,
        key: &[u8],
    ) -> Result<Option<Vec<u8>>, StoreError> {
        match self.tables.get(&table).and_then(|rows| rows.get(key)) {
            Some(write) => Ok(write.value().cloned()),
            None => below.read(table, key),
        }
    }

    /// Scans through these writes and the state below, merged.
    pub(crate) fn scan_over(
        &self,
        below: &dyn State,
        table: TableId,
        range: &KeyRange,
        order: Order,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        let Some(written) = self.tables.get(&table).filter(|_| !range.is_empty()) else {
            return below.scan(table, range, order, limit);
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
) -> Result<Vec<Row>, StoreError> {
    let chunk = limit.saturating_add(hidden);
    let is_before = |one: &[u8], other: &[u8]| match order {
        Order::Ascending => one < other,
        Order::Descending => one > other,
    };
    let mut found = Vec::new();
    let mut rest = range.clone();
    loop {
        let rows = below.scan(table, &rest, order, chunk)?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::COUNTERS;
    use proptest::prelude::*;

    /// A state of nothing but its own writes.
    struct Bottom(WriteSet);
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
            self.0.read_over(&Nothing, table, key)
        }
        fn scan(&self, t: TableId, r: &KeyRange, o: Order, l: usize) -> Result<Vec<Row>, StoreError> {
            self.0.scan_over(&Nothing, t, r, o, l)
        }
    }
    struct Above<'a>(&'a Bottom, &'a WriteSet);
    impl State for Above<'_> {
        fn read(&self, table: TableId, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
            self.1.read_over(self.0, table, key)
        }
        fn scan(&self, t: TableId, r: &KeyRange, o: Order, l: usize) -> Result<Vec<Row>, StoreError> {
            self.1.scan_over(self.0, t, r, o, l)
        }
    }

    fn writes(of: &[(String, Option<u64>)]) -> WriteSet {
        let mut changes = Changes::default();
        for (key, value) in of {
            match value {
                Some(value) => changes.put(&COUNTERS, key, value).unwrap(),
                None => changes.remove(&COUNTERS, key),
            }
        }
        let mut set = WriteSet::default();
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

    #[test]
    fn a_prefix_of_largest_bytes_has_no_end() {
        assert_eq!(KeyRange::prefix(vec![1, 255]).end, Some(vec![2]));
        assert_eq!(KeyRange::prefix(vec![255, 255]).end, None);
        assert_eq!(KeyRange::prefix(vec![]).end, None);
    }
}
