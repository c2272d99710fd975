//! The rows of a table: each read, and compared with the one that the journal gives.
//!
//! What always holds: two pages of rows are in memory at a time, however large the table is.

use std::cmp::Ordering;
use std::collections::VecDeque;

use super::{Damage, Verified, damage};
use crate::StoreError;
use crate::codec;
use crate::state::{KeyRange, Order, Row, State};
use crate::store::Snapshot;
use crate::table::{self, TableId};

/// How many rows are read at a time.
const PAGE_ROWS: usize = 128;

/// Checks a table, and compares it with `expected` where that is known.
pub(super) fn check(
    state: &dyn State,
    expected: Option<&Snapshot>,
    id: TableId,
    verified: &mut Verified,
) -> Result<(), StoreError> {
    let mut found = Rows::new(state, id);
    let mut wanted = expected.map(|state| Rows::new(state, id));
    loop {
        let row = match found.next() {
            Ok(row) => row,
            Err(error) => {
                let behind = found.last.as_ref().map(|key| table::examine(id, key, &[]).0);
                verified.find(Damage::Unreachable { table: id.name, behind, cause: damage(error)? });
                return Ok(());
            }
        };
        let Some((key, value)) = row else { break };
        verified.rows += 1;
        verified.bytes += (key.len() + value.len()) as u64;
        let (shown, reads) = table::examine(id, &key, &value);
        let is_readable = reads.is_ok();
        if let Err(cause) = reads {
            verified.find(Damage::Value { table: id.name, key: shown.clone(), cause });
        }
        let Some(wanted) = wanted.as_mut().filter(|_| !table::is_of_file(id, &key)) else { continue };
        loop {
            match wanted.peek()?.map(|(wanted, _)| wanted.cmp(&key)) {
                Some(Ordering::Less) => missing(id, wanted.next()?, verified),
                Some(Ordering::Equal) => {
                    let expected = wanted.next()?.map(|(_, value)| value).unwrap_or_default();
                    // What does not read has been told of.
                    if is_readable && expected != value {
                        verified.find(differs(id, &key, shown, Some(&value), Some(&expected)));
                    }
                    break;
                }
                Some(Ordering::Greater) | None => {
                    if is_readable {
                        verified.find(differs(id, &key, shown, Some(&value), None));
                    }
                    break;
                }
            }
        }
    }
    if let Some(wanted) = &mut wanted {
        while let Some(row) = wanted.next()? {
            missing(id, Some(row), verified);
        }
    }
    Ok(())
}

fn missing(id: TableId, row: Option<Row>, verified: &mut Verified) {
    if let Some((key, value)) = row.filter(|(key, _)| !table::is_of_file(id, key)) {
        let shown = table::examine(id, &key, &value).0;
        verified.find(differs(id, &key, shown, None, Some(&value)));
    }
}

fn differs(id: TableId, key: &[u8], shown: String, found: Option<&[u8]>, expected: Option<&[u8]>) -> Damage {
    let number =
        |value: Option<&[u8]>| value.and_then(|value| codec::open::<u64>(id.number, key, value).ok());
    if id == table::COUNTERS.id && (number(found).is_some() || number(expected).is_some()) {
        return Damage::Counter { name: shown, found: number(found), expected: number(expected) };
    }
    let table = id.name;
    match (found, expected) {
        (None, _) => Damage::Missing { table, key: shown },
        (_, None) => Damage::Extra { table, key: shown },
        _ => Damage::Different { table, key: shown },
    }
}

/// The rows of a table in their order.
struct Rows<'a> {
    state: &'a dyn State,
    id: TableId,
    read: VecDeque<Row>,
    /// The last key that was read.
    last: Option<Vec<u8>>,
    is_at_end: bool,
}

impl<'a> Rows<'a> {
    fn new(state: &'a dyn State, id: TableId) -> Self {
        Self { state, id, read: VecDeque::new(), last: None, is_at_end: false }
    }

    fn peek(&mut self) -> Result<Option<&Row>, StoreError> {
        if self.read.is_empty() && !self.is_at_end {
            let mut start = self.last.clone().unwrap_or_default();
            if self.last.is_some() {
                // The smallest key behind one is that key and a zero.
                start.push(0);
            }
            let range = KeyRange { start, end: None };
            let rows = self.state.scan(self.id, &range, Order::Ascending, PAGE_ROWS)?;
            self.is_at_end = rows.len() < PAGE_ROWS;
            for row in rows {
                // Pages that point in a circle give the same rows again and again.
                if self.last.as_ref().is_some_and(|last| *last >= row.0) {
                    let what = format!("the rows of table `{}` are not in order", self.id.name);
                    return Err(StoreError::Inconsistent(what));
                }
                self.last = Some(row.0.clone());
                self.read.push_back(row);
            }
        }
        Ok(self.read.front())
    }

    fn next(&mut self) -> Result<Option<Row>, StoreError> {
        self.peek()?;
        Ok(self.read.pop_front())
    }
}
