//! Snapshots: the state of one commit, as long as it is needed.

use std::sync::OnceLock;

use redb::{ReadOnlyTable, ReadTransaction};

use super::RawTable;
use crate::StoreError;
use crate::state::{KeyRange, Order, Row, State};
use crate::table::{self, TableId};

/// The state of one commit.
pub struct Snapshot {
    transaction: ReadTransaction,
    tables: [OnceLock<ReadOnlyTable<&'static [u8], &'static [u8]>>; table::ALL.len()],
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Snapshot")
    }
}

impl Snapshot {
    pub(super) fn new(transaction: ReadTransaction) -> Self {
        Self { transaction, tables: Default::default() }
    }

    fn table(&self, id: TableId) -> Result<&ReadOnlyTable<&'static [u8], &'static [u8]>, StoreError> {
        // Numbers run from 1 without gaps, which a test of the table module checks.
        let place = self.tables.get(usize::from(id.number).wrapping_sub(1));
        let place = place.ok_or_else(|| StoreError::Inconsistent(format!("no table `{}`", id.name)))?;
        if let Some(open) = place.get() {
            return Ok(open);
        }
        let open = self.transaction.open_table(RawTable::new(id.name))?;
        Ok(place.get_or_init(|| open))
    }
}

impl State for Snapshot {
    fn read(&self, table: TableId, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.table(table)?.get(key)?.map(|value| value.value().to_vec()))
    }

    fn scan(
        &self,
        table: TableId,
        range: &KeyRange,
        order: Order,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        if range.end.as_ref().is_some_and(|end| *end <= range.start) {
            return Ok(Vec::new());
        }
        let mut rows = self.table(table)?.range::<&[u8]>(range.bounds())?;
        let mut next = || match order {
            Order::Ascending => rows.next(),
            Order::Descending => rows.next_back(),
        };
        let mut found = Vec::new();
        while found.len() < limit
            && let Some(row) = next()
        {
            let (key, value) = row?;
            found.push((key.value().to_vec(), value.value().to_vec()));
        }
        Ok(found)
    }
}
