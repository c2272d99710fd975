//! Snapshots: the state of one commit, as long as it is needed.
//!
//! What always holds: a table that the file does not have yet, because it was made before there was such a table, reads as
//! an empty one; the rows of a scan are in order, so whoever reads page by page comes to an end, also in a damaged file
//! whose pages point in a circle.

use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use redb::{ReadOnlyTable, ReadTransaction, TableError};

use super::RawTable;
use super::caught::caught;
use crate::StoreError;
use crate::query::CONFIG_KEY;
use crate::records::Config;
use crate::state::{KeyRange, Order, Row, State};
use crate::table::{self, CONFIG, Key, TableId};

type Table = ReadOnlyTable<&'static [u8], &'static [u8]>;

/// The state of one commit.
pub struct Snapshot {
    transaction: ReadTransaction,
    configs: Arc<ConfigCache>,
    config: OnceLock<Option<Arc<Config>>>,
    /// Nothing where the file has no such table.
    tables: [OnceLock<Option<Table>>; table::ALL.len()],
    /// Where the file lies, for people.
    path: Arc<Path>,
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Snapshot")
    }
}

impl Snapshot {
    pub(super) fn new(transaction: ReadTransaction, path: Arc<Path>) -> Self {
        Self::sharing(transaction, path, Arc::default())
    }

    /// One of several, which need not each decode the same configuration.
    pub(super) fn sharing(transaction: ReadTransaction, path: Arc<Path>, configs: Arc<ConfigCache>) -> Self {
        Self { transaction, configs, config: OnceLock::new(), tables: Default::default(), path }
    }

    fn table(&self, id: TableId) -> Result<Option<&Table>, StoreError> {
        // Numbers run from 1 without gaps, which a test of the table module checks.
        let place = self.tables.get(usize::from(id.number).wrapping_sub(1));
        let place = place.ok_or_else(|| StoreError::Inconsistent(format!("no table `{}`", id.name)))?;
        if let Some(open) = place.get() {
            return Ok(open.as_ref());
        }
        let open = caught(&self.path, || match self.transaction.open_table(RawTable::new(id.name)) {
            Ok(open) => Ok(Some(open)),
            Err(TableError::TableDoesNotExist(_)) => Ok(None),
            Err(error) => Err(error),
        })?;
        Ok(place.get_or_init(|| open).as_ref())
    }
}

impl State for Snapshot {
    fn read(&self, table: TableId, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(table) = self.table(table)? else { return Ok(None) };
        caught(&self.path, || {
            Ok::<_, redb::StorageError>(table.get(key)?.map(|value| value.value().to_vec()))
        })
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
        let name = table.name;
        let Some(table) = self.table(table)? else { return Ok(Vec::new()) };
        let found = caught(&self.path, || {
            let mut rows = table.range::<&[u8]>(range.bounds())?;
            let mut next = || match order {
                Order::Ascending => rows.next(),
                Order::Descending => rows.next_back(),
            };
            let mut found: Vec<Row> = Vec::new();
            while found.len() < limit
                && let Some(row) = next()
            {
                let (key, value) = row?;
                if !continues(range, order, found.last().map(|(last, _)| last.as_slice()), key.value()) {
                    return Ok(Err(()));
                }
                found.push((key.value().to_vec(), value.value().to_vec()));
            }
            Ok::<_, redb::StorageError>(Ok(found))
        })?;
        found.map_err(|()| {
            let cause = format!("the rows of table `{name}` are not in order");
            StoreError::DamagedFile { path: self.path.to_path_buf(), cause }
        })
    }

    fn configuration(&self) -> Result<Option<Arc<Config>>, StoreError> {
        if let Some(config) = self.config.get() {
            return Ok(config.clone());
        }
        let config = self.configs.config(self)?;
        Ok(self.config.get_or_init(|| config).clone())
    }
}

/// Whether a row may come behind the last one of a scan, or be its first.
fn continues(range: &KeyRange, order: Order, last: Option<&[u8]>, key: &[u8]) -> bool {
    let is_within =
        key >= range.start.as_slice() && range.end.as_ref().is_none_or(|end| key < end.as_slice());
    let is_behind = last.is_none_or(|last| match order {
        Order::Ascending => key > last,
        Order::Descending => key < last,
    });
    is_within && is_behind
}

/// The configuration that was decoded last. It hardly ever changes, and decoding it takes longer than a step.
#[derive(Debug, Default)]
pub(super) struct ConfigCache(Mutex<Option<(Vec<u8>, Arc<Config>)>>);

impl ConfigCache {
    /// The configuration of this snapshot.
    fn config(&self, snapshot: &Snapshot) -> Result<Option<Arc<Config>>, StoreError> {
        let Some(bytes) = snapshot.read(CONFIG.id, &CONFIG_KEY.to_bytes())? else { return Ok(None) };
        let mut cached = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((from, config)) = &*cached
            && *from == bytes
        {
            return Ok(Some(config.clone()));
        }
        let config = CONFIG.get(snapshot, &CONFIG_KEY)?.map(Arc::new);
        *cached = config.clone().map(|config| (bytes, config));
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_go_one_way_and_stay_within_the_range() {
        let range = KeyRange { start: vec![2], end: Some(vec![8]) };
        let check = |order: Order, last: Option<u8>, key: u8, expected: bool| {
            let last = last.map(|last| [last]);
            let last = last.as_ref().map(<[u8; 1]>::as_slice);
            assert_eq!(continues(&range, order, last, &[key]), expected, "{order:?} {last:?} {key}");
        };
        for order in [Order::Ascending, Order::Descending] {
            check(order, None, 2, true);
            check(order, None, 7, true);
            check(order, None, 1, false);
            check(order, None, 8, false);
            check(order, Some(5), 5, false);
        }
        check(Order::Ascending, Some(5), 6, true);
        check(Order::Ascending, Some(5), 4, false);
        check(Order::Descending, Some(5), 4, true);
        check(Order::Descending, Some(5), 6, false);
    }
}
