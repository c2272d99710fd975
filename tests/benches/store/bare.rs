//! The bare database: the commits of a run of ours, made again by a loop that does nothing else.
//!
//! What always holds: the same tables, keys and values, one transaction for each commit, each durable before the next. The
//! file is the database's own, opened as its documentation says, which is what a user would take.

use std::path::Path;
use std::time::Duration;

use echo_storage::clock::Stopwatch;
use echo_storage::state::WriteSet;
use redb::{Database, Durability, TableDefinition};

/// A database of its own.
pub(crate) struct Bare(Database);

impl Bare {
    /// A new one at this path.
    pub(crate) fn create(path: &Path) -> Self {
        Self(Database::create(path).expect("a database can be made"))
    }

    /// Makes these commits and says how long it took.
    pub(crate) fn repeat(&self, commits: &[WriteSet]) -> Duration {
        let stopwatch = Stopwatch::new();
        for writes in commits {
            self.commit(writes).expect("what was written once can be written again");
        }
        stopwatch.elapsed()
    }

    fn commit(&self, writes: &WriteSet) -> Result<(), redb::Error> {
        let mut transaction = self.0.begin_write()?;
        transaction.set_durability(Durability::Immediate)?;
        for (id, rows) in writes.iter() {
            let mut table = transaction.open_table(TableDefinition::<&[u8], &[u8]>::new(id.name))?;
            for (key, value) in rows {
                match value.value() {
                    Some(value) => table.insert(key.as_slice(), value.as_slice())?,
                    None => table.remove(key.as_slice())?,
                };
            }
        }
        Ok(transaction.commit()?)
    }
}
