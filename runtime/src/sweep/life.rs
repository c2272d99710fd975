//! A life: the organisation runs on a disk from the opening of its store to the end of its sessions, or until the disk ends
//! it.
//!
//! What always holds: what a life was told is noted with the operation of the disk after which it was told.

use std::sync::Arc;

use echo_storage::clock::ClockKind;
use echo_storage::disk::MemoryDisk;
use echo_storage::journal::{Entry, Hash, Head, SealedEntry};
use echo_storage::{Query, Store, StoreError};

use crate::drivers::RuntimeError;
use crate::drivers::simulation::Simulation;
use crate::mind::RulesMind;
use crate::organisation::Organisation;
use crate::training::{Play, Playing, Scenario, Stop, simulate};

/// Who plays what, and how.
#[derive(Debug, Clone)]
pub(super) struct Company {
    pub(super) organisation: Arc<Organisation>,
    pub(super) scenario: Scenario,
    /// How many sessions it plays, one after the other.
    pub(super) sessions: usize,
    /// Whether steps that follow at once share a commit.
    pub(super) cascades: bool,
}

/// A step whose result somebody was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Told {
    /// How many operations the disk had done by then.
    pub(super) operation: u64,
    pub(super) step: u64,
    pub(super) hash: Hash,
}

/// Opens the store on a disk.
pub(super) fn open(disk: &MemoryDisk) -> Result<Arc<Store>, StoreError> {
    Ok(Arc::new(Store::on_memory_disk(disk, ClockKind::Virtual)?))
}

/// Plays the sessions from where the store stands to their end, and notes under `told` what is told on the way.
pub(super) fn live(
    company: &Company,
    store: &Arc<Store>,
    disk: &MemoryDisk,
    seed: u64,
    told: &mut Vec<Told>,
) -> Result<(), RuntimeError> {
    let organisation = company.organisation.clone();
    let simulation = Simulation::new(organisation, store.clone(), Arc::new(RulesMind), seed)?;
    let mut simulation = if company.cascades { simulation.cascading() } else { simulation };
    let state = simulation.snapshot()?;
    let mut last = Head::of(&state)?;
    told.push(Told { operation: disk.operations(), step: last.step, hash: last.hash });
    drop(state);
    loop {
        let sessions = simulation.snapshot()?.sessions(None, company.sessions)?;
        let what = match sessions.first() {
            Some(session) if session.end.is_none() => Play::Rest { session: session.id, seen: last.step },
            _ if sessions.len() >= company.sessions => return Ok(()),
            _ => Play::New(&company.scenario),
        };
        let mut unsealed = None;
        let mut watcher = |entry: &Entry| match SealedEntry::seal(last.hash, &mut entry.clone()) {
            Ok(sealed) => {
                last = Head { step: entry.step, now: entry.now, hash: sealed.hash() };
                told.push(Told { operation: disk.operations(), step: last.step, hash: last.hash });
            }
            Err(error) => unsealed = Some(error),
        };
        simulate(&mut simulation, Playing { what, watcher: &mut watcher, stop: Stop::never() })?;
        if let Some(error) = unsealed {
            return Err(error.into());
        }
        // As a runtime does that comes to rest, so that these commits are cut as well.
        store.seal()?;
    }
}
