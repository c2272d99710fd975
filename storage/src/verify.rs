//! Verifying: whether everything in a file is what was written, and what is not.
//!
//! | looked at | by |
//! |---|---|
//! | every page of the file | the database's own checksums |
//! | every value of every table | its CRC, and decoding it |
//! | the journal | its chain of hashes, from the first step to the head |
//! | everything else | the journal's effects, applied again and compared, row by row |
//!
//! What always holds: no byte of the file changes, nothing is decided, and memory does not grow with what is wrong. A
//! page that stops the database is a finding, not the end.

mod damage;
mod rebuild;
mod rows;
#[cfg(test)]
mod tests;

use std::path::Path;

pub use self::damage::Damage;

use crate::journal::{self, Hash};
use crate::state::State;
use crate::store::{Examined, PagesFound};
use crate::table;
use crate::{Store, StoreError};

/// How many findings are told one by one; the others are counted.
pub const MAX_FINDINGS: usize = 100;

/// What verifying found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Whether anything in the file could be looked at. Otherwise the figures say nothing.
    pub is_readable: bool,
    /// How many steps the journal has, as far as its chain is whole.
    pub steps: u64,
    /// The chain's hash at the last of them; nothing where the chain is not whole to its end.
    pub head: Option<Hash>,
    /// How many rows there are, in all tables.
    pub rows: u64,
    /// How many bytes their keys and values have.
    pub bytes: u64,
    /// How large the file is, in bytes, where it was looked at itself.
    pub file_bytes: Option<u64>,
    /// What is damaged, at most [`MAX_FINDINGS`].
    pub findings: Vec<Damage>,
    /// How many findings there are.
    pub count: u64,
    /// What could not be checked, and why.
    pub unchecked: Vec<String>,
}

impl Verified {
    fn new() -> Self {
        Self {
            is_readable: true,
            steps: 0,
            head: Some(Hash::genesis()),
            rows: 0,
            bytes: 0,
            file_bytes: None,
            findings: Vec::new(),
            count: 0,
            unchecked: Vec::new(),
        }
    }

    /// Whether nothing is damaged.
    pub fn is_whole(&self) -> bool {
        self.count == 0
    }

    fn find(&mut self, damage: Damage) {
        self.count += 1;
        if self.findings.len() < MAX_FINDINGS {
            self.findings.push(damage);
        }
    }
}

/// Verifies the file at `path`, of which no byte changes. Waits at most `wait_ms` milliseconds for whoever has it open.
///
/// # Errors
/// In use, missing, not a store, of another format, or the disk's own failure. What is damaged is no error.
pub fn file(path: &Path, wait_ms: u64) -> Result<Verified, StoreError> {
    let Examined { state, pages, file_bytes, _lock } = Store::examine(path, wait_ms)?;
    let mut verified = Verified::new();
    match pages {
        PagesFound::Whole => {}
        PagesFound::Damaged(cause) => verified.find(Damage::Pages { cause }),
        PagesFound::Space => verified.find(Damage::Space),
        PagesFound::Unreadable(cause) => verified.find(Damage::File { cause }),
    }
    verified.file_bytes = Some(file_bytes);
    if let Some(state) = state {
        look(&state, &mut verified)?;
    } else {
        (verified.is_readable, verified.head) = (false, None);
        verified.unchecked.push("nothing in the file could be looked at".to_owned());
    }
    Ok(verified)
}

/// Verifies what can be read of a state; the pages of its file are not looked at.
///
/// # Errors
/// The state cannot be read, for another reason than damage.
pub fn state(state: &dyn State) -> Result<Verified, StoreError> {
    let mut verified = Verified::new();
    look(state, &mut verified)?;
    Ok(verified)
}

/// Reads every value and walks the chain, in little memory; whether the rows are those that the journal gives is not
/// looked at.
pub(crate) fn readable(state: &dyn State) -> Result<Verified, StoreError> {
    let mut verified = Verified::new();
    for next in journal::walk(state) {
        match next {
            Ok((entry, hash)) => (verified.steps, verified.head) = (entry.step, Some(hash)),
            Err(error) => {
                let whole_to = verified.steps;
                verified.head = None;
                verified.find(Damage::Chain { whole_to, cause: damage(error)? });
                break;
            }
        }
    }
    for id in table::ALL {
        rows::check(state, None, id, &mut verified)?;
    }
    Ok(verified)
}

fn look(state: &dyn State, verified: &mut Verified) -> Result<(), StoreError> {
    let rebuilt = rebuild::rebuild(state, verified)?;
    let expected = rebuilt.as_ref().map(Store::snapshot).transpose()?;
    for id in table::ALL {
        // The journal's steps have been walked; how a file groups them shows what was committed together, and is its own.
        let expected = expected.as_ref().filter(|_| id != table::JOURNAL.id);
        rows::check(state, expected, id, verified)?;
    }
    Ok(())
}

/// Why something could not be read, if that is damage; any other failure is passed on.
fn damage(error: StoreError) -> Result<String, StoreError> {
    match error {
        StoreError::DamagedFile { cause, .. } => Ok(cause),
        StoreError::DamagedValue { table, key, cause } => {
            Ok(format!("the value of `{key}` in table `{table}` does not read: {cause}"))
        }
        StoreError::Inconsistent(what) => Ok(what),
        other => Err(other),
    }
}
