//! Snapshots: the state of one commit, as long as it is needed.
//!
//! What always holds: a table that the file does not have yet, because it was made before there was such a table, reads as
//! an empty one.

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
        let Some(table) = self.table(table)? else { return Ok(Vec::new()) };
        caught(&self.path, || {
            let mut rows = table.range::<&[u8]>(range.bounds())?;
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
            Ok::<_, redb::StorageError>(found)
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
