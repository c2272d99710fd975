//! One number for everything that a store holds, so that two states can be compared without keeping either.
//!
//! What always holds: equal rows in equal tables give the same digest, in whatever order they were written; a state that
//! lacks one row of another has a different one.

use std::collections::BTreeMap;

use echo_storage::state::{KeyRange, Order, WriteSet};
use echo_storage::table::{self, TableId};
use echo_storage::{State, StoreError};

/// How many rows are read at a time.
const READ_ROWS: usize = 1_000;

/// The digest of a state: the sum of the hashes of its rows, so that it can be kept up with each commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Digest(u128);

impl Digest {
    /// The digest of everything in this state.
    pub(super) fn of(state: &dyn State) -> Result<Self, StoreError> {
        let mut sum = 0_u128;
        for_each_row(state, &mut |table, key, value| sum = sum.wrapping_add(row_hash(table, &key, &value)))?;
        Ok(Self(sum))
    }
}

/// What a state holds, kept up with each commit.
#[derive(Debug)]
pub(super) struct Ledger {
    rows: BTreeMap<(TableId, Vec<u8>), u128>,
    sum: u128,
}

impl Ledger {
    /// The rows of this state.
    pub(super) fn of(state: &dyn State) -> Result<Self, StoreError> {
        let mut ledger = Self { rows: BTreeMap::new(), sum: 0 };
        for_each_row(state, &mut |table, key, value| ledger.put(table, key, Some(&value)))?;
        Ok(ledger)
    }

    /// The state after a commit of these writes.
    pub(super) fn absorb(&mut self, writes: &WriteSet) -> Digest {
        for (table, rows) in writes.iter() {
            for (key, value) in rows {
                self.put(table, key.clone(), value.value().map(Vec::as_slice));
            }
        }
        self.digest()
    }

    /// The digest of the state.
    pub(super) fn digest(&self) -> Digest {
        Digest(self.sum)
    }

    fn put(&mut self, table: TableId, key: Vec<u8>, value: Option<&[u8]>) {
        let hash = value.map(|value| row_hash(table, &key, value));
        let before = match hash {
            Some(hash) => self.rows.insert((table, key), hash),
            None => self.rows.remove(&(table, key)),
        };
        self.sum = self.sum.wrapping_sub(before.unwrap_or(0)).wrapping_add(hash.unwrap_or(0));
    }
}

fn for_each_row(state: &dyn State, see: &mut dyn FnMut(TableId, Vec<u8>, Vec<u8>)) -> Result<(), StoreError> {
    for table in table::ALL {
        let mut range = KeyRange::prefix(Vec::new());
        loop {
            let rows = state.scan(table, &range, Order::Ascending, READ_ROWS)?;
            let is_last = rows.len() < READ_ROWS;
            for (key, value) in rows {
                range.start.clone_from(&key);
                see(table, key, value);
            }
            if is_last {
                break;
            }
            range.start.push(0);
        }
    }
    Ok(())
}

fn row_hash(table: TableId, key: &[u8], value: &[u8]) -> u128 {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&[table.number]);
    hasher.update(&(key.len() as u64).to_le_bytes());
    hasher.update(key);
    hasher.update(value);
    let mut bytes = [0; 16];
    hasher.finalize_xof().fill(&mut bytes);
    u128::from_le_bytes(bytes)
}
