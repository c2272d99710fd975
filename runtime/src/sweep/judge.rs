//! Judging what is left of a store: is everything there that was told, does it fit together, does it go on.
//!
//! What always holds: a judgement is made from the disk and from what was told alone, through the same doors that a
//! process uses; a store that stops the thread on a damaged page is judged as one that says so.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};

use echo_storage::disk::MemoryDisk;
use echo_storage::{State, Store, StoreError, journal};

use super::digest::Digest;
use super::life::{Company, Told, live, open};
use super::outcome::{Outcome, acknowledged_twice};
use super::recording::Recording;
use crate::drivers::RuntimeError;
use crate::engine;
use crate::replay::replay;

/// What is wrong with what is left of a store.
#[derive(Debug, thiserror::Error)]
pub(super) enum Wrong {
    /// It does not open.
    #[error("the store does not open: {0}")]
    Refused(String),
    /// It opens, and reading it finds damage.
    #[error("the store is damaged: {0}")]
    Damaged(String),
    /// It is whole in itself, and something is gone that somebody was told.
    #[error("lost: step {step} was told with the hash {told} and the journal {found}")]
    Lost { step: u64, told: String, found: String },
    /// It is the state of no commit.
    #[error("torn: the state that was found is that of no commit")]
    Torn,
    /// It does not go on to its end.
    #[error("the session does not go on: {0}")]
    Stuck(String),
    /// It ends otherwise than the uncut run.
    #[error("another outcome: {0}")]
    OtherOutcome(String),
}

impl From<StoreError> for Wrong {
    fn from(error: StoreError) -> Self {
        Self::Damaged(error.to_string())
    }
}

impl From<RuntimeError> for Wrong {
    fn from(error: RuntimeError) -> Self {
        Self::Stuck(error.to_string())
    }
}

/// Which states a store may be found in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum States {
    /// Those that the uncut run went through.
    OfTheUncutRun,
    /// Any that its journal gives: it has been on a way of its own.
    OfItsJournal,
}

/// Judges what is left of one session's store.
pub(super) struct Judge<'a> {
    pub(super) company: &'a Company,
    pub(super) recording: &'a Recording,
    /// The seed of the uncut run.
    pub(super) seed: u64,
    /// States that were found sound, which depends on nothing but what they hold.
    sound: Mutex<BTreeSet<Digest>>,
    /// Ends that were found to be as expected, likewise.
    ends: Mutex<BTreeSet<Digest>>,
}

impl<'a> Judge<'a> {
    pub(super) fn new(company: &'a Company, recording: &'a Recording, seed: u64) -> Self {
        Self { company, recording, seed, sound: Mutex::default(), ends: Mutex::default() }
    }

    /// Opens the store on the disk, checks it against what was told, and has the session go on to its end.
    pub(super) fn judge(
        &self,
        disk: &MemoryDisk,
        told: &[Told],
        states: States,
        seed: u64,
    ) -> Result<(), Wrong> {
        guarded(|| {
            let store = open(self.company, disk).map_err(|error| Wrong::Refused(error.to_string()))?;
            self.check(&store, told, states)?;
            let mut told = Vec::new();
            live(self.company, &store, disk, seed, &mut told)?;
            self.check_end(&store, told.last())
        })
    }

    /// Whether the store can be read, and holds what a commit of the uncut run left.
    pub(super) fn check_readable(&self, store: &Store) -> Result<(), Wrong> {
        self.check(store, &[], States::OfTheUncutRun)
    }

    /// Whether everything is there that was told, and fits together.
    fn check(&self, store: &Store, told: &[Told], states: States) -> Result<(), Wrong> {
        let state = store.snapshot()?;
        let digest = Digest::of(&state)?;
        self.check_sound(&state, digest)?;
        if states == States::OfTheUncutRun && !self.recording.states.contains(&digest) {
            return Err(Wrong::Torn);
        }
        told.iter().try_for_each(|told| check_told(&state, told))
    }

    fn check_end(&self, store: &Store, told: Option<&Told>) -> Result<(), Wrong> {
        let state = store.snapshot()?;
        told.map_or(Ok(()), |told| check_told(&state, told))?;
        let digest = Digest::of(&state)?;
        if contains(&self.ends, digest) {
            return Ok(());
        }
        self.check_sound(&state, digest)?;
        if let Some(difference) = self.recording.outcome.difference(&Outcome::of(&state)?) {
            return Err(Wrong::OtherOutcome(difference));
        }
        if let Some(twice) = acknowledged_twice(&state)? {
            return Err(Wrong::OtherOutcome(twice));
        }
        insert(&self.ends, digest);
        Ok(())
    }

    /// Whether a state fits together. Whatever else can check a store belongs here.
    fn check_sound(&self, state: &dyn State, digest: Digest) -> Result<(), Wrong> {
        if contains(&self.sound, digest) {
            return Ok(());
        }
        // Walks the chain, decides every step again and compares every row of every table with what that gives.
        replay(&self.company.organisation, state, None).map_err(|error| Wrong::Damaged(error.to_string()))?;
        insert(&self.sound, digest);
        Ok(())
    }
}

/// Does what may meet damaged pages, on which the database can stop the thread.
pub(super) fn guarded<T>(work: impl FnOnce() -> Result<T, Wrong>) -> Result<T, Wrong> {
    let done = catch_unwind(AssertUnwindSafe(work));
    done.unwrap_or_else(|panic| {
        let text = engine::panic_text(&*panic);
        Err(Wrong::Damaged(format!("the database stopped the thread: {text}")))
    })
}

fn check_told(state: &dyn State, told: &Told) -> Result<(), Wrong> {
    let lost = |found: String| Err(Wrong::Lost { step: told.step, told: told.hash.to_string(), found });
    match journal::sealed(state, told.step) {
        Ok(sealed) if sealed.hash() == told.hash => Ok(()),
        Ok(sealed) => lost(format!("holds it with the hash {}", sealed.hash())),
        Err(StoreError::Inconsistent(_)) => lost("does not hold it".to_owned()),
        Err(error) => Err(error.into()),
    }
}

fn contains(memory: &Mutex<BTreeSet<Digest>>, digest: Digest) -> bool {
    memory.lock().unwrap_or_else(PoisonError::into_inner).contains(&digest)
}

fn insert(memory: &Mutex<BTreeSet<Digest>>, digest: Digest) {
    memory.lock().unwrap_or_else(PoisonError::into_inner).insert(digest);
}
