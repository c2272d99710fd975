//! Strikes: each is done to a disk of its own, and what is left of it is judged.
//!
//! What always holds: a strike finds the same whoever does it, and in whatever order strikes are done.

use echo_storage::StoreError;
use echo_storage::disk::{ErrorAt, Faults, MemoryDisk};

use super::SweepError;
use super::judge::{Judge, States, Wrong, guarded};
use super::life::{Told, live, open};
use super::plan::Strike;

/// How a strike went.
#[derive(Debug)]
pub(super) enum Went {
    /// Everything held that must hold.
    Well,
    /// The session had ended before it came to that.
    Missed,
    /// Something was promised and did not hold.
    Wrong(Wrong),
    /// Nothing is promised here; this is what came of it.
    InDoubt(Result<(), Wrong>),
}

/// Does strikes, and keeps a disk at the operation of the last cut, for the next one.
pub(super) struct Striker<'a> {
    judge: &'a Judge<'a>,
    disk: MemoryDisk,
    done: u64,
}

impl<'a> Striker<'a> {
    pub(super) fn new(judge: &'a Judge<'a>) -> Self {
        Self { judge, disk: judge.recording.disk(), done: 0 }
    }

    /// Strikes. Cuts must come in the order of the operations.
    pub(super) fn strike(&mut self, strike: Strike) -> Result<Went, SweepError> {
        Ok(match strike {
            Strike::Cut { after, seed, again_after } => {
                self.forward_to(after)?;
                well_or_wrong(self.cut(after, seed, again_after))
            }
            Strike::Recovery { after, seed, cut_after } => {
                self.forward_to(after)?;
                self.cut_recovery(after, seed, cut_after)
            }
            Strike::Error { after } => self.fail(after, ErrorAt::lasting(after).into()),
            Strike::ErrorOnce { after } => self.fail(after, ErrorAt::once(after).into()),
            Strike::Full { after } => self.fail(after, ErrorAt::full(after).into()),
            Strike::Capacity { bytes } => {
                let faults = Faults { capacity_bytes: Some(bytes), ..Faults::default() };
                self.fail(u64::MAX, faults)
            }
            Strike::FailedSync { after, seed, cut_after } => {
                Went::InDoubt(self.go_on_blindly(after, seed, cut_after))
            }
        })
    }

    /// Does the recorded operations up to this one.
    fn forward_to(&mut self, after: u64) -> Result<(), SweepError> {
        if after < self.done {
            self.disk = self.judge.recording.disk();
            self.done = 0;
        }
        let index = |operation| usize::try_from(operation).unwrap_or(usize::MAX);
        let missing = self.judge.recording.operations.get(index(self.done)..index(after));
        for operation in missing.unwrap_or_default() {
            self.disk.repeat(operation).map_err(|error| SweepError::Disk(error.to_string()))?;
        }
        self.done = after;
        Ok(())
    }

    fn cut(&self, after: u64, seed: u64, again_after: Option<u64>) -> Result<(), Wrong> {
        let left = self.disk.cut(seed);
        let mut told: Vec<Told> = self.judge.recording.told_by(after).into_iter().collect();
        let Some(again_after) = again_after else {
            return self.judge.judge(&left, &told, States::OfTheUncutRun, resume_seed(seed));
        };
        left.fail_after(again_after);
        told.extend(self.second_life(&left, seed)?.last());
        self.judge.judge(&left.cut(seed), &told, States::OfItsJournal, resume_seed(seed))
    }

    /// Cuts the power, opens and closes what is left, and cuts the power once more meanwhile.
    fn cut_recovery(&self, after: u64, seed: u64, cut_after: u64) -> Went {
        let left = self.disk.cut(seed);
        left.fail_after(cut_after);
        // Whether it opens is judged from what is left, as everywhere.
        let opened = guarded(|| {
            drop(open(self.judge.company, &left));
            Ok(())
        });
        if left.operations() <= cut_after {
            return Went::Missed;
        }
        let told: Vec<Told> = self.judge.recording.told_by(after).into_iter().collect();
        let left = left.cut(seed.rotate_left(1));
        well_or_wrong(
            opened.and_then(|()| self.judge.judge(&left, &told, States::OfTheUncutRun, resume_seed(seed))),
        )
    }

    /// Goes on with what is left, until the disk fails or the session ends. What it was told.
    fn second_life(&self, disk: &MemoryDisk, seed: u64) -> Result<Vec<Told>, Wrong> {
        guarded(|| {
            let mut told = Vec::new();
            if let Ok(store) = open(self.judge.company, disk) {
                // That it fails is what the fault is for; whether it should have is judged from what is left.
                let _ = live(self.judge.company, &store, disk, resume_seed(seed), &mut told);
            }
            Ok(told)
        })
    }

    /// Plays the session on a disk with these faults, which strike after so many operations, then mends the disk.
    fn fail(&self, after: u64, faults: Faults) -> Went {
        let disk = self.judge.recording.disk();
        disk.set_faults(faults);
        let lived = guarded(|| self.live_until_failure(&disk));
        let (told, failed) = match lived {
            Ok(lived) => lived,
            Err(wrong) => return Went::Wrong(wrong),
        };
        if let Some(told) = told.last()
            && failed
            && faults.error.is_some()
            && self.judge.recording.told_by(after).map(|told| told.step) != Some(told.step)
        {
            let what =
                format!("a step was told though its commit failed, or was not told: step {}", told.step);
            return Went::Wrong(Wrong::Stuck(what));
        }
        if !failed && disk.operations() <= after && faults.error.is_some() {
            return Went::Missed;
        }
        if faults.error.is_none() && !failed {
            return Went::Missed;
        }
        // Whoever only reads a full disk must be able to before there is room again.
        if faults.capacity_bytes.is_some()
            && let Err(wrong) = guarded(|| self.read(&disk))
        {
            return Went::Wrong(wrong);
        }
        disk.heal();
        let told: Vec<Told> = told.last().copied().into_iter().collect();
        well_or_wrong(self.judge.judge(&disk, &told, States::OfTheUncutRun, resume_seed(after)))
    }

    /// What was told, and whether the disk's failure was met before the session's end.
    fn live_until_failure(&self, disk: &MemoryDisk) -> Result<(Vec<Told>, bool), Wrong> {
        let mut told = Vec::new();
        let Ok(store) = open(self.judge.company, disk) else { return Ok((told, true)) };
        let played = live(self.judge.company, &store, disk, self.judge.seed, &mut told);
        if played.is_ok() {
            return Ok((told, false));
        }
        match store.batch() {
            Err(StoreError::Closed { .. }) => Ok((told, true)),
            _ => Err(Wrong::Stuck("after an error the store still takes writes".to_owned())),
        }
    }

    fn read(&self, disk: &MemoryDisk) -> Result<(), Wrong> {
        let store = open(self.judge.company, disk).map_err(|error| Wrong::Refused(error.to_string()))?;
        self.judge.check_readable(&store)
    }

    /// A sync fails and loses what it held; the process ends and starts again, and the power is cut later.
    fn go_on_blindly(&self, after: u64, seed: u64, cut_after: u64) -> Result<(), Wrong> {
        let disk = self.judge.recording.disk();
        disk.set_faults(ErrorAt::once(after).into());
        let (mut told, _) = guarded(|| self.live_until_failure(&disk))?;
        disk.fail_after(cut_after);
        told.extend(self.second_life(&disk, seed)?.last());
        let told: Vec<Told> = told.last().copied().into_iter().collect();
        self.judge.judge(&disk.cut(seed), &told, States::OfItsJournal, resume_seed(seed))
    }
}

/// With which seed a session goes on: one of two, so that ends can be compared once for many strikes.
fn resume_seed(seed: u64) -> u64 {
    seed % 2
}

fn well_or_wrong(judged: Result<(), Wrong>) -> Went {
    judged.map_or_else(Went::Wrong, |()| Went::Well)
}
