//! A life: the organisation runs on a disk from the opening of its store to the end of its sessions, or until the disk ends
//! it.
//!
//! What always holds: what a life was told is noted with the operation of the disk after which it was told.

use std::fmt;
use std::sync::Arc;

use echo_storage::clock::ClockKind;
use echo_storage::disk::MemoryDisk;
use echo_storage::journal::{Entry, Hash, Head, SealedEntry};
use echo_storage::{Durability, Query, Store, StoreError};

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
    pub(super) rhythm: Rhythm,
}

/// When what is done is committed, and when it is on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rhythm {
    /// Each step has a commit of its own, with a sync.
    Steps,
    /// Steps that follow at once share a commit, with a sync.
    Cascades,
    /// Each step has a commit of its own, and so many steps share a sync, as with the durability `interval`. Told is here
    /// what must not be lost: what was flushed.
    Flushes(usize),
}

impl Rhythm {
    /// All that are swept.
    pub(super) const ALL: [Self; 3] = [Self::Steps, Self::Cascades, Self::Flushes(5)];

    fn durability(self) -> Durability {
        match self {
            Self::Steps | Self::Cascades => Durability::Commit,
            // A sweep asks no clock, so none of its commits is the one whose time has come.
            Self::Flushes(_) => Durability::Interval { ms: u64::MAX },
        }
    }
}

impl fmt::Display for Rhythm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Steps => f.write_str("commits of one step"),
            Self::Cascades => f.write_str("commits of many steps"),
            Self::Flushes(steps) => write!(f, "commits of one step, flushed after {steps}"),
        }
    }
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
pub(super) fn open(company: &Company, disk: &MemoryDisk) -> Result<Arc<Store>, StoreError> {
    let durability = company.rhythm.durability();
    Ok(Arc::new(Store::on_memory_disk_with(disk, ClockKind::Virtual, durability)?))
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
    let is_cascading = company.rhythm == Rhythm::Cascades;
    let mut simulation = if is_cascading { simulation.cascading() } else { simulation };
    store.flush()?;
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
        let mut failed = None;
        let mut waiting = 0;
        let mut see = |entry: &Entry, told: &mut Vec<Told>| {
            let sealed = SealedEntry::seal(last.hash, &mut entry.clone())?;
            last = Head { step: entry.step, now: entry.now, hash: sealed.hash() };
            if let Rhythm::Flushes(steps) = company.rhythm {
                waiting += 1;
                if waiting < steps {
                    return Ok(());
                }
                waiting = 0;
                store.flush()?;
            }
            told.push(Told { operation: disk.operations(), step: last.step, hash: last.hash });
            Ok::<(), StoreError>(())
        };
        let mut watcher = |entry: &Entry| {
            // After the first failure nothing is told any more.
            if failed.is_none() {
                failed = see(entry, told).err();
            }
        };
        simulate(&mut simulation, Playing { what, watcher: &mut watcher, stop: Stop::never() })?;
        if let Some(error) = failed {
            return Err(error.into());
        }
        // As a runtime does that comes to rest, so that these commits are cut as well.
        store.seal()?;
        told.push(Told { operation: disk.operations(), step: last.step, hash: last.hash });
    }
}
