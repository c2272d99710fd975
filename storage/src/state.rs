//! Reading and layering state: one way to read, whatever lies below.
//!
//! A [`Draft`](crate::Draft) lies on a [`Batch`](crate::Batch) lies on a [`Snapshot`](crate::Snapshot): each
//! `layer` holds what was written in it and asks the layer below for the rest. So a step that fails is
//! dropped with its layer, and the database sees one sorted set of writes for each batch.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use crate::StoreError;
use crate::codec::{CodecError, Record};
use crate::effect::Effect;
use crate::query::{self, CONFIG_KEY};
use crate::records::{Config, RoleConfig};
use crate::table::{CONFIG, Key, Table, TableId};
use crate::value::Value;

/// A key and a value, as bytes.
pub type Row = (Vec<u8>, Vec<u8>);

/// A key as bytes, and what is under it.
pub type ValueRow = (Vec<u8>, Value);

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
    pub(crate) fn behind(self, mut key: Vec<u8>, order: Order) -> Self {
        match order {
            Order::Ascending => {
                // The smallest text above a text is the text with a zero behind it.
                key.push(0);
                Self { start: key, end: self.end }
            }
            Order::Descending => Self { start: self.start, end: Some(key) },
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
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

    /// As [`State::read`], for whoever wants the record.
    fn value(&self, table: TableId, key: &[u8]) -> Result<Option<Value>, StoreError> {
        Ok(self.read(table, key)?.map(Value::read))
    }

    /// As [`State::scan`], for whoever wants the records.
    fn values(
        &self,
        table: TableId,
        range: &KeyRange,
        order: Order,
        limit: usize,
    ) -> Result<Vec<ValueRow>, StoreError> {
        let rows = self.scan(table, range, order, limit)?;
        Ok(rows.into_iter().map(|(key, bytes)| (key, Value::read(bytes))).collect())
    }

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
    fn value(&self, table: TableId, key: &[u8]) -> Result<Option<Value>, StoreError> {
        (**self).value(table, key)
    }
    fn values(
        &self,
        table: TableId,
        range: &KeyRange,
        order: Order,
        limit: usize,
    ) -> Result<Vec<ValueRow>, StoreError> {
        (**self).values(table, range, order, limit)
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
        let Some(value) = state.value(self.id, &key)? else { return Ok(None) };
        let record: &V = value.record(self.id.number, &key).map_err(|cause| self.damaged(&key, cause))?;
        Ok(Some(record.clone()))
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
        let rows = state.values(self.id, range, order, limit)?;
        let typed = rows.into_iter().map(|(key, value)| {
            let record: &V = value.record(self.id.number, &key).map_err(|cause| self.damaged(&key, cause))?;
            let malformed = || CodecError::Malformed("its key is not of the table's form".to_owned());
            Ok((K::from_bytes(&key).ok_or_else(|| self.damaged(&key, malformed()))?, record.clone()))
        });
        typed.collect()
    }
}

/// A write to one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// A value, whatever was there before.
    Put(Vec<u8>),
    /// Nothing is there any more.
    Removed,
}

impl Write {
    /// The value that is there afterwards.
    pub fn value(&self) -> Option<&Vec<u8>> {
        match self {
            Self::Put(value) => Some(value),
            Self::Removed => None,
        }
    }
}

/// The writes to one table, by key.
pub type TableWrites = BTreeMap<Vec<u8>, Write>;

/// What a commit writes.
#[derive(Debug, Clone, Default)]
pub struct WriteSet {
    tables: BTreeMap<TableId, TableWrites>,
}

impl WriteSet {
    pub(crate) fn new(tables: BTreeMap<TableId, TableWrites>) -> Self {
        Self { tables }
    }

    /// Whether nothing is written.
    pub fn is_empty(&self) -> bool {
        self.tables.values().all(BTreeMap::is_empty)
    }

    /// The writes, by table and key.
    pub fn iter(&self) -> impl Iterator<Item = (TableId, &TableWrites)> {
        self.tables.iter().map(|(table, rows)| (*table, rows))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_of_largest_bytes_has_no_end() {
        assert_eq!(KeyRange::prefix(vec![1, 255]).end, Some(vec![2]));
        assert_eq!(KeyRange::prefix(vec![255, 255]).end, None);
        assert_eq!(KeyRange::prefix(vec![]).end, None);
    }
}
