//! What a sweep strikes, where: the list of its strikes, made before the first of them.
//!
//! What always holds: the list is a function of the recording, the bounds and the seed.

use std::fmt;

use echo_storage::disk::Operation;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::Bounds;
use super::recording::Recording;

/// How far into its second life a store may come before its power is cut again, in operations of the disk. Recovering takes
/// about ten.
const SECOND_LIFE_OPERATIONS: u64 = 40;
/// How many operations opening and closing a store takes after a cut, at most. Strikes behind the last one are missed.
pub(super) const RECOVERY_OPERATIONS: u64 = 48;
/// Of so many cuts one is followed by a second one.
const SECOND_CUT_EVERY: u64 = 3;

/// One strike, in words of the disk's operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Strike {
    /// The power is cut after so many operations; what was not synced survives as the seed picks. A second cut may follow
    /// after so many operations of the second life.
    Cut { after: u64, seed: u64, again_after: Option<u64> },
    /// The power is cut after so many operations, and again so many operations into opening and closing what is left.
    Recovery { after: u64, seed: u64, cut_after: u64 },
    /// Every operation after so many fails, and the process ends.
    Error { after: u64 },
    /// One operation fails: where it is a sync, what it held is never written.
    ErrorOnce { after: u64 },
    /// The disk has no room for any operation after so many, until room is given.
    Full { after: u64 },
    /// The disk cannot grow beyond so many bytes, until room is given.
    Capacity { bytes: u64 },
    /// A sync fails, the process starts again on the same machine and goes on as if nothing had been, and then the power is
    /// cut, after so many operations of the second life.
    FailedSync { after: u64, seed: u64, cut_after: u64 },
}

impl Strike {
    /// The number of the operation before which it strikes, where that is known beforehand.
    pub(super) fn after(self) -> Option<u64> {
        match self {
            Self::Cut { after, .. }
            | Self::Recovery { after, .. }
            | Self::Error { after }
            | Self::ErrorOnce { after }
            | Self::Full { after }
            | Self::FailedSync { after, .. } => Some(after),
            Self::Capacity { .. } => None,
        }
    }
}

impl fmt::Display for Strike {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cut { after, seed, again_after: None } => {
                write!(f, "power cut after operation {after}, seed {seed}")
            }
            Self::Cut { after, seed, again_after: Some(again) } => {
                write!(f, "power cut after operation {after} and again {again} later, seed {seed}")
            }
            Self::Recovery { after, seed, cut_after } => {
                write!(f, "power cut after operation {after} and {cut_after} into opening, seed {seed}")
            }
            Self::Error { after } => write!(f, "device gone after operation {after}"),
            Self::ErrorOnce { after } => write!(f, "one error after operation {after}"),
            Self::Full { after } => write!(f, "no room after operation {after}"),
            Self::Capacity { bytes } => write!(f, "no room beyond {bytes} bytes"),
            Self::FailedSync { after, seed, cut_after } => {
                write!(f, "failed sync after operation {after}, power cut {cut_after} later, seed {seed}")
            }
        }
    }
}

/// Every strike of a sweep over one recording, the cuts in the order of the operations.
pub(super) fn strikes(recording: &Recording, bounds: &Bounds, seed: u64) -> Vec<Strike> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let total = recording.operations.len() as u64;
    let mut strikes = Vec::new();
    // Behind the last commit lies the closing of the store.
    let mut first = 0;
    for last in recording.commits.iter().copied().chain([total]) {
        let inside: Vec<u64> = (first..=last).collect();
        for after in sample(&inside, bounds.operations_per_commit, &mut random) {
            for _ in 0..bounds.cuts_per_operation {
                let seed = random.next_u64();
                let again_after =
                    seed.is_multiple_of(SECOND_CUT_EVERY).then(|| random.next_u64() % SECOND_LIFE_OPERATIONS);
                strikes.push(Strike::Cut { after, seed, again_after });
            }
        }
        first = last + 1;
    }
    let all: Vec<u64> = (0..total).collect();
    for after in sample(&all, bounds.recoveries, &mut random) {
        let seed = random.next_u64();
        let operations = 0..RECOVERY_OPERATIONS;
        strikes.extend(operations.map(|cut_after| Strike::Recovery { after, seed, cut_after }));
    }
    for (place, after) in sample(&all, bounds.errors, &mut random).into_iter().enumerate() {
        strikes.push(match place % 3 {
            0 => Strike::Error { after },
            1 => Strike::ErrorOnce { after },
            _ => Strike::Full { after },
        });
    }
    let grown = recording.operations.iter().filter_map(|operation| match operation {
        Operation::SetLen(len) => Some(*len),
        _ => None,
    });
    for len in grown {
        // No room at all, some of it, and all but the last byte.
        strikes.extend([len / 2, len / 4 * 3, len - 1].map(|bytes| Strike::Capacity { bytes }));
    }
    let is_sync = |after: &&u64| {
        let operation = usize::try_from(**after).ok().and_then(|at| recording.operations.get(at));
        operation == Some(&Operation::Sync)
    };
    let syncs: Vec<u64> = all.iter().filter(is_sync).copied().collect();
    for after in sample(&syncs, bounds.failed_syncs, &mut random) {
        let (seed, cut_after) = (random.next_u64(), random.next_u64() % total.max(1));
        strikes.push(Strike::FailedSync { after, seed, cut_after });
    }
    strikes
}

/// At most `count` of these, in their order; all where no count is given.
fn sample(all: &[u64], count: Option<usize>, random: &mut ChaCha8Rng) -> Vec<u64> {
    let mut missing = count.unwrap_or(all.len()).min(all.len()) as u64;
    let mut chosen = Vec::new();
    for (place, one) in all.iter().enumerate() {
        let left = (all.len() - place) as u64;
        if random.next_u64() % left < missing {
            chosen.push(*one);
            missing -= 1;
        }
    }
    chosen
}
