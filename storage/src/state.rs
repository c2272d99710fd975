//! Reading and layering state: one way to read, whatever lies below.
//!
//! A [`Draft`](crate::Draft) lies on a [`Batch`](crate::Batch) lies on a [`Snapshot`](crate::Snapshot): each layer
//! holds what was written in it and asks the layer below for the rest. So a step that fails is dropped with its
//! layer, and the database sees one sorted set of writes for each batch.
//!
//! What always holds: reading a layer gives the same as if its writes had been carried out below.

use std::collections::BTreeMap;
use std::ops::Bound;

use crate::StoreError;
use crate::codec::{self, Record};
use crate::effect::Effect;
use crate::table::{Key, Table, TableId};

/// A key and a value, as bytes.
pub type Row = (Vec<u8>, Vec<u8>);

/// In which order rows are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// From the smallest key.
    Ascending,
    /// From the largest key.
    Descending,
}

/// A range of keys: from `start`, included, to `end`, excluded.
#[derive(Debug, Clone)]
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

    /// An effect of the step that is being decided, which the journal does not hold yet.
    fn own_effect(&self, _step: u64, _index: u32) -> Option<&Effect> {
        None
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
    fn own_effect(&self, step: u64, index: u32) -> Option<&Effect> {
        (**self).own_effect(step, index)
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

/// What was written in a layer: a value for each key, or nothing where the key was removed.
#[derive(Debug, Clone, Default)]
pub struct WriteSet {
    tables: BTreeMap<TableId, BTreeMap<Vec<u8>, Option<Vec<u8>>>>,
}

impl WriteSet {
    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.tables.is_empty()
    }

    /// Writes a value.
    pub fn put<K: Key, V: Record>(
        &mut self,
        table: &Table<K, V>,
        key: &K,
        value: &V,
    ) -> Result<(), StoreError> {
        let key = key.to_bytes();
        let bytes = codec::seal(table.id.number, &key, value)?;
        self.tables.entry(table.id).or_default().insert(key, Some(bytes));
        Ok(())
    }

    /// Removes a value.
    pub fn remove<K: Key, V: Record>(&mut self, table: &Table<K, V>, key: &K) {
        self.tables.entry(table.id).or_default().insert(key.to_bytes(), None);
    }

    /// Takes over what a layer above has written.
    pub fn absorb(&mut self, above: Self) {
        for (table, rows) in above.tables {
            self.tables.entry(table).or_default().extend(rows);
        }
    }

    /// The writes, by table and key.
    pub fn iter(&self) -> impl Iterator<Item = (TableId, &BTreeMap<Vec<u8>, Option<Vec<u8>>>)> {
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
            Some(written) => Ok(written.clone()),
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
        let written: BTreeMap<&Vec<u8>, &Option<Vec<u8>>> =
            written.range::<[u8], _>(range.bounds()).collect();
        // Each key written here can hide one row below, so so many more are read.
        let rows = below.scan(table, range, order, limit.saturating_add(written.len()))?;
        let mut merged: BTreeMap<Vec<u8>, Vec<u8>> = rows.into_iter().collect();
        for (key, value) in written {
            match value {
                Some(value) => merged.insert(key.clone(), value.clone()),
                None => merged.remove(key),
            };
        }
        Ok(match order {
            Order::Ascending => merged.into_iter().take(limit).collect(),
            Order::Descending => merged.into_iter().rev().take(limit).collect(),
        })
    }
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
        let mut set = WriteSet::default();
        for (key, value) in of {
            match value {
                Some(value) => set.put(&COUNTERS, key, value).unwrap(),
                None => set.remove(&COUNTERS, key),
            }
        }
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
