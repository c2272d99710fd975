//! Snapshots: the state of one commit, as long as it is needed.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use redb::{ReadOnlyTable, ReadTransaction};

use super::RawTable;
use crate::StoreError;
use crate::query::CONFIG_KEY;
use crate::records::Config;
use crate::state::{KeyRange, Order, Row, State};
use crate::table::{self, CONFIG, Key, TableId};

/// The state of one commit.
pub struct Snapshot {
    transaction: ReadTransaction,
    configs: Arc<ConfigCache>,
    config: OnceLock<Option<Arc<Config>>>,
    tables: [OnceLock<ReadOnlyTable<&'static [u8], &'static [u8]>>; table::ALL.len()],
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Snapshot")
    }
}

impl Snapshot {
    pub(super) fn new(transaction: ReadTransaction, configs: Arc<ConfigCache>) -> Self {
        Self { transaction, configs, config: OnceLock::new(), tables: Default::default() }
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
