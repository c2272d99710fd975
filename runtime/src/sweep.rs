//! The crash sweep: sessions are played on a disk in memory whose power is cut at every operation of every commit, which
//! fails, fills up, and is mended; each time the store is opened again and judged.
//!
//! In reading order: [`Sweep`] says what is swept and [`Bounds`] how thoroughly; [`Sweep::run`] does it; [`Figures`] are what
//! came of it. Below, `recording` plays the session uncut, `plan` lists the strikes, `strike` does each, `judge` judges what
//! is left; `life` runs an organisation on a disk; `outcome` and `digest` make sessions and states comparable.
//!
//! For each strike it is judged whether
//! - every step that somebody was told of is in the journal, with the same hash;
//! - the chain is whole, and deciding every step again gives every row of every table;
//! - the state is that of one of the commits of the uncut run, and no half of one;
//! - the sessions go on and come to what the uncut ones came to, and no message is acknowledged twice.
//!
//! What always holds: a sweep asks no clock and opens no file; the same seed gives the same strikes and the same figures,
//! on however many threads.

mod digest;
mod judge;
mod life;
mod outcome;
mod plan;
mod recording;
mod strike;
#[cfg(test)]
mod tests;

use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread;

use echo_storage::StoreError;
use echo_storage::table::TableId;
use serde::Serialize;

use self::judge::{Judge, Wrong};
use self::life::{Company, Rhythm};
use self::plan::{Strike, strikes};
use self::recording::Recording;
use self::strike::{Striker, Went};
use crate::drivers::RuntimeError;
use crate::organisation::Organisation;
use crate::training::Scenario;

/// How many violations are described; all are counted.
pub const DESCRIBED_VIOLATIONS: usize = 50;
/// How many strikes a thread takes at a time.
const STRIKES_AT_A_TIME: usize = 16;

/// How thoroughly is swept. Where nothing is given, all are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// How many sessions are played in a row: the later ones on a store that has a history.
    pub sessions: usize,
    /// At how many operations of each commit the power is cut.
    pub operations_per_commit: Option<usize>,
    /// How many cuts there are at each of them, each with other survivors.
    pub cuts_per_operation: usize,
    /// After how many cuts the opening of what is left is cut as well, at each of its operations.
    pub recoveries: Option<usize>,
    /// At how many operations of a session the disk fails or is full.
    pub errors: Option<usize>,
    /// How many failed syncs are followed by a process that knows nothing of them.
    pub failed_syncs: Option<usize>,
}

impl Bounds {
    /// Every operation of every commit.
    pub const WHOLE: Self = Self {
        sessions: 3,
        operations_per_commit: None,
        cuts_per_operation: 4,
        recoveries: Some(40),
        errors: None,
        failed_syncs: None,
    };

    /// A sample from every commit, for tests that run often.
    pub const SAMPLE: Self = Self {
        sessions: 1,
        operations_per_commit: Some(2),
        cuts_per_operation: 1,
        recoveries: Some(2),
        errors: Some(24),
        failed_syncs: Some(8),
    };
}

/// A defect that is put in on purpose, to prove that a sweep finds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sabotage {
    /// The disk says that it has synced and has not.
    SyncRemoved,
    /// Steps are told before the commit that holds them.
    ToldBeforeCommit,
    /// The store writes this table in a transaction of its own.
    TableApart(TableId),
}

/// What is swept.
#[derive(Debug, Clone)]
pub struct Sweep {
    /// Who plays.
    pub organisation: Arc<Organisation>,
    /// What is played.
    pub scenario: Scenario,
    /// Picks the order of events, what survives a cut, and what is sampled.
    pub seed: u64,
    /// How thoroughly.
    pub bounds: Bounds,
    /// What is broken on purpose.
    pub sabotage: Option<Sabotage>,
}

/// How far a sweep is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// How many strikes were done, of all sessions so far.
    pub done: usize,
    /// How many there will be, of the sessions that were begun.
    pub planned: usize,
    /// How many violations were found.
    pub violations: usize,
}

/// What a sweep found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Figures {
    /// The seed that gives all of this again.
    pub seed: u64,
    /// How many runs were recorded uncut: one with a commit for each step, one with a commit for all steps that follow from
    /// each other at once, and one whose commits wait for a flush after every few steps, as with `interval`.
    pub runs: usize,
    /// How many steps those had.
    pub steps: u64,
    /// How many commits.
    pub commits: usize,
    /// How many operations of the disk those took, with opening and closing.
    pub operations: usize,
    /// How often the power was cut.
    pub power_cuts: usize,
    /// How many of these were followed by a second cut while the store recovered or went on.
    pub second_cuts: usize,
    /// How often the power was cut again while a store was opened or closed after a cut, at each operation of that.
    pub recovery_cuts: usize,
    /// How often the disk failed.
    pub io_errors: usize,
    /// How often it was full.
    pub full_disks: usize,
    /// What came of going on after a failed sync, which nobody promises to survive.
    pub failed_syncs: FailedSyncs,
    /// How many promises were broken.
    pub violations: usize,
    /// The first of them, at most [`DESCRIBED_VIOLATIONS`], each on a line.
    pub described: Vec<String>,
}

/// What came of a sync that failed, a process that was started again on the same machine, and a power cut some time later.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct FailedSyncs {
    /// How many there were.
    pub trials: usize,
    /// Nothing was lost.
    pub whole: usize,
    /// The store is refused when it is opened.
    pub refused: usize,
    /// It opens, and checking it finds the damage.
    pub damaged: usize,
    /// It opens and fits together, and something is gone that was told.
    pub lost: usize,
}

/// Why a sweep could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SweepError {
    /// The uncut session failed.
    #[error("the uncut session failed: {0}")]
    Uncut(#[from] RuntimeError),
    /// Its store failed.
    #[error("the store of the uncut session failed: {0}")]
    Store(#[from] StoreError),
    /// What it did to the disk cannot be done again.
    #[error("an operation of the uncut session cannot be repeated: {0}")]
    Disk(String),
}

impl Sweep {
    /// Sweeps, and says how far it is after each strike.
    ///
    /// # Errors
    /// The session cannot be played even on a disk without faults.
    pub fn run(&self, progress: &mut dyn FnMut(Progress)) -> Result<Figures, SweepError> {
        let mut figures = Figures { seed: self.seed, ..Figures::default() };
        let mut so_far = Progress { done: 0, planned: 0, violations: 0 };
        for rhythm in Rhythm::ALL {
            let (organisation, scenario) = (self.organisation.clone(), self.scenario.clone());
            let company = Company { organisation, scenario, sessions: self.bounds.sessions, rhythm };
            let recording = Recording::make(&company, self.seed, self.sabotage)?;
            figures.runs += 1;
            figures.steps += recording.told.last().map_or(0, |told| told.step);
            figures.commits += recording.commits.len();
            figures.operations += recording.operations.len();
            let strikes = strikes(&recording, &self.bounds, self.seed);
            so_far.planned += strikes.len();
            let judge = Judge::new(&company, &recording, self.seed);
            let mut found = Vec::new();
            strike_all(&judge, &strikes, &mut |place, went| {
                let Some(strike) = strikes.get(place) else { return };
                figures.count(*strike, &went);
                if let Went::Wrong(wrong) = went {
                    so_far.violations += 1;
                    found.push((place, self.describe(&recording, rhythm, *strike, &wrong)));
                }
                so_far.done += 1;
                progress(so_far);
            })?;
            // Threads find them in any order.
            found.sort();
            figures.violations += found.len();
            let room = DESCRIBED_VIOLATIONS.saturating_sub(figures.described.len());
            figures.described.extend(found.into_iter().take(room).map(|(_, described)| described));
        }
        Ok(figures)
    }

    fn describe(&self, recording: &Recording, rhythm: Rhythm, strike: Strike, wrong: &Wrong) -> String {
        let place = recording.place_of(strike.after());
        format!("seed {}, {rhythm}, {strike}{place}: {wrong}", self.seed)
    }
}

/// Does all strikes, on as many threads as there are processors, and hands over how each went.
fn strike_all(
    judge: &Judge<'_>,
    strikes: &[Strike],
    see: &mut dyn FnMut(usize, Went),
) -> Result<(), SweepError> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let next = AtomicUsize::new(0);
    let (send, receive) = channel();
    thread::scope(|scope| {
        for _ in 0..threads {
            let (send, next) = (send.clone(), &next);
            scope.spawn(move || work(judge, strikes, next, &send));
        }
        drop(send);
        receive.iter().try_for_each(|(place, went)| went.map(|went| see(place, went)))
    })
}

/// Takes strikes from the list until there are none, or nobody wants to hear of them.
fn work(
    judge: &Judge<'_>,
    strikes: &[Strike],
    next: &AtomicUsize,
    send: &Sender<(usize, Result<Went, SweepError>)>,
) {
    let mut worker = Striker::new(judge);
    loop {
        let first = next.fetch_add(STRIKES_AT_A_TIME, Ordering::Relaxed);
        let taken = strikes.iter().enumerate().skip(first).take(STRIKES_AT_A_TIME);
        let mut is_empty = true;
        for (place, strike) in taken {
            is_empty = false;
            if send.send((place, worker.strike(*strike))).is_err() {
                return;
            }
        }
        if is_empty {
            return;
        }
    }
}

impl Figures {
    fn count(&mut self, strike: Strike, went: &Went) {
        if matches!(went, Went::Missed) {
            return;
        }
        match strike {
            Strike::Cut { again_after, .. } => {
                self.power_cuts += 1;
                self.second_cuts += usize::from(again_after.is_some());
            }
            Strike::Recovery { .. } => self.recovery_cuts += 1,
            Strike::Error { .. } | Strike::ErrorOnce { .. } => self.io_errors += 1,
            Strike::Full { .. } | Strike::Capacity { .. } => self.full_disks += 1,
            Strike::FailedSync { .. } => {
                let syncs = &mut self.failed_syncs;
                syncs.trials += 1;
                let counter = match went {
                    Went::InDoubt(Err(Wrong::Refused(_))) => &mut syncs.refused,
                    Went::InDoubt(Err(Wrong::Lost { .. })) => &mut syncs.lost,
                    Went::InDoubt(Err(_)) => &mut syncs.damaged,
                    _ => &mut syncs.whole,
                };
                *counter += 1;
            }
        }
    }
}
