//! The uncut run: what it did to the disk, what it told and when, and what the store held after each commit.
//!
//! What always holds: a recording is a function of the organisation, the scenario and the seed, but for the store's random
//! name; doing its operations again gives the disk as it was at each of them.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use echo_storage::disk::{Faults, MemoryDisk, Operation};
use echo_storage::state::WriteSet;

use super::digest::{Digest, Ledger};
use super::life::{Company, Told, live, open};
use super::outcome::Outcome;
use super::{Sabotage, SweepError};

/// The uncut run.
#[derive(Debug)]
pub(super) struct Recording {
    start: MemoryDisk,
    faults: Faults,
    /// What was done to the disk, in order.
    pub(super) operations: Vec<Operation>,
    /// How many operations had been done when each commit was durable, in order.
    pub(super) commits: Vec<u64>,
    /// What was told, in order.
    pub(super) told: Vec<Told>,
    /// The state that it began with, and those that its commits left.
    pub(super) states: BTreeSet<Digest>,
    /// What the session came to.
    pub(super) outcome: Outcome,
}

impl Recording {
    /// Plays the session uncut.
    pub(super) fn make(company: &Company, seed: u64, sabotage: Option<Sabotage>) -> Result<Self, SweepError> {
        let empty = MemoryDisk::new();
        drop(open(company, &empty)?);
        let start = MemoryDisk::holding(empty.bytes());
        let start = match sabotage {
            Some(Sabotage::TableApart(table)) => start.with_table_apart(table),
            _ => start,
        };
        let faults = Faults { ignores_sync: sabotage == Some(Sabotage::SyncRemoved), ..Faults::default() };
        let mut told = Vec::new();
        let disk = copy(&start, faults);
        disk.record();
        let store = open(company, &disk)?;
        let mut ledger = Ledger::of(&store.snapshot()?)?;
        let mut states = BTreeSet::from([ledger.digest()]);
        let commits: Arc<Mutex<Vec<(u64, WriteSet)>>> = Arc::default();
        let (noted, of_tap) = (commits.clone(), disk.clone());
        store.tap(move |writes| {
            let mut noted = noted.lock().unwrap_or_else(PoisonError::into_inner);
            noted.push((of_tap.operations(), writes.clone()));
        });
        live(company, &store, &disk, seed, &mut told)?;
        let state = store.snapshot()?;
        let outcome = Outcome::of(&state)?;
        drop((state, store));
        let commits = std::mem::take(&mut *commits.lock().unwrap_or_else(PoisonError::into_inner));
        for (_, writes) in &commits {
            states.insert(ledger.absorb(writes));
        }
        let mut commits: Vec<u64> = commits.into_iter().map(|(operation, _)| operation).collect();
        // Those that share a sync are one to the disk.
        commits.dedup();
        let mut recording =
            Self { start, faults, operations: disk.recorded(), commits, told, states, outcome };
        if sabotage == Some(Sabotage::ToldBeforeCommit) {
            recording.tell_early();
        }
        Ok(recording)
    }

    /// A disk as it was before the run.
    pub(super) fn disk(&self) -> MemoryDisk {
        copy(&self.start, self.faults)
    }

    /// The last of what was told when the disk had done so many operations.
    pub(super) fn told_by(&self, operations: u64) -> Option<Told> {
        let count = self.told.partition_point(|told| told.operation <= operations);
        count.checked_sub(1).and_then(|last| self.told.get(last)).copied()
    }

    /// Where in the run an operation is, for people.
    pub(super) fn place_of(&self, after: Option<u64>) -> String {
        let Some(after) = after else { return String::new() };
        let commit = self.commits.partition_point(|commit| *commit <= after) + 1;
        let operation = usize::try_from(after).ok().and_then(|at| self.operations.get(at));
        let next = operation.map_or_else(|| "the end".to_owned(), ToString::to_string);
        format!(" (in commit {commit} of {}, before {next})", self.commits.len())
    }

    /// Pretends that each step was told when the commit before its own was durable.
    fn tell_early(&mut self) {
        for told in &mut self.told {
            let count = self.commits.partition_point(|commit| *commit < told.operation);
            told.operation =
                count.checked_sub(1).and_then(|last| self.commits.get(last)).copied().unwrap_or(0);
        }
    }
}

fn copy(disk: &MemoryDisk, faults: Faults) -> MemoryDisk {
    let copy = disk.cut(0);
    copy.set_faults(faults);
    copy
}
