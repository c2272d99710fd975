//! Writing: a batch's writes as one transaction.

use std::path::Path;

use redb::{Database, Durability};

use super::RawTable;
use super::caught::caught;
use crate::StoreError;
use crate::codec::CodecError;
use crate::state::WriteSet;

/// One transaction. A value that the database refuses aborts it; every other error is the disk's.
pub(super) fn write_all(database: &Database, writes: &WriteSet, path: &Path) -> Result<(), StoreError> {
    let refused = caught(path, || {
        let mut transaction = database.begin_write()?;
        transaction.set_durability(Durability::Immediate)?;
        for (id, rows) in writes.iter() {
            let mut table = transaction.open_table(RawTable::new(id.name))?;
            for (key, value) in rows {
                let written = match value {
                    Some(value) => table.insert(key.as_slice(), value.as_slice()).map(drop),
                    None => table.remove(key.as_slice()).map(drop),
                };
                if let Err(redb::StorageError::ValueTooLarge(bytes)) = written {
                    drop(table);
                    transaction.abort()?;
                    return Ok(Some(bytes));
                }
                written?;
            }
        }
        transaction.commit()?;
        Ok::<_, redb::Error>(None)
    })?;
    match refused {
        Some(bytes) => Err(CodecError::TooLarge(format!("{bytes} bytes")).into()),
        None => Ok(()),
    }
}
