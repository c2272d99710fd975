//! Writing: a batch's writes as one transaction.

use redb::{Database, Durability};

use super::RawTable;
use crate::StoreError;
use crate::state::WriteSet;
use crate::table::TableId;

/// One transaction. A value that the database refuses aborts it; every other error is the disk's.
pub(super) fn write_all(database: &Database, writes: &WriteSet) -> Result<(), StoreError> {
    write_some(database, writes, |_| true)
}

/// Two transactions, where there must be one: this breaks a store on purpose, to prove that a crash sweep finds it.
pub(super) fn write_apart(database: &Database, writes: &WriteSet, apart: TableId) -> Result<(), StoreError> {
    if writes.iter().any(|(id, _)| id == apart) {
        write_some(database, writes, |id| id == apart)?;
    }
    write_some(database, writes, |id| id != apart)
}

fn write_some(
    database: &Database,
    writes: &WriteSet,
    is_meant: impl Fn(TableId) -> bool,
) -> Result<(), StoreError> {
    let mut transaction = database.begin_write()?;
    transaction.set_durability(Durability::Immediate)?;
    for (id, rows) in writes.iter().filter(|(id, _)| is_meant(*id)) {
        let mut table = transaction.open_table(RawTable::new(id.name))?;
        for (key, write) in rows {
            let written = match write.value() {
                Some(value) => table.insert(key.as_slice(), value.as_slice()).map(drop),
                None => table.remove(key.as_slice()).map(drop),
            };
            if let Err(redb::StorageError::ValueTooLarge(bytes)) = written {
                let cause = crate::codec::CodecError::TooLarge(format!("{bytes} bytes"));
                drop(table);
                transaction.abort().map_err(StoreError::from)?;
                return Err(cause.into());
            }
            written?;
        }
    }
    transaction.commit()?;
    Ok(())
}
