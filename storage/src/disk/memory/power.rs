//! What is left of a disk when its power is cut.
//!
//! What always holds: what was durable and was not written to since is left as it was; of each unsynced write every
//! sector is either as it was before or as it was written, never something else; nothing lies behind the length that is
//! left.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::Operation;

/// What a disk writes whole or not at all, in bytes.
pub const SECTOR_BYTES: usize = 512;

/// In what steps a file grows where it cannot grow at once, in bytes: whole blocks of its file system. The database refuses
/// a file whose length is no multiple of its pages, which are as large.
pub const BLOCK_BYTES: usize = 4_096;

/// What becomes of one unsynced operation.
#[derive(Clone, Copy)]
enum Fate {
    Kept,
    Lost,
    /// Some of its sectors are kept.
    Torn,
}

/// How fates are spread over the unsynced operations. Pure chance seldom gives the extremes, so each is picked as such.
#[derive(Clone, Copy)]
enum Spread {
    /// Nothing had reached the disk.
    AllLost,
    /// Everything had.
    AllKept,
    /// The first ones had, and the next one is torn.
    Oldest,
    /// The last ones had, before the first ones.
    Newest,
    /// All but one.
    AllButOne,
    /// Only one.
    OnlyOne,
    /// Each for itself.
    Scattered,
}

const SPREADS: [Spread; 10] = [
    Spread::AllLost,
    Spread::AllKept,
    Spread::Oldest,
    Spread::Newest,
    Spread::AllButOne,
    Spread::OnlyOne,
    // Nothing else can give all mixes, so it is picked more often.
    Spread::Scattered,
    Spread::Scattered,
    Spread::Scattered,
    Spread::Scattered,
];

/// What is left of `durable` and of what was done to it since, as the seed picks.
pub(super) fn left(durable: &[u8], unsynced: &[Operation], seed: u64) -> Vec<u8> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let spread = SPREADS.get(below(&mut random, SPREADS.len())).copied().unwrap_or(Spread::Scattered);
    let chosen = below(&mut random, unsynced.len());
    let mut left = durable.to_vec();
    for (place, operation) in unsynced.iter().enumerate() {
        let fate = match spread {
            Spread::AllLost => Fate::Lost,
            Spread::AllKept => Fate::Kept,
            Spread::Oldest | Spread::Newest if place == chosen => Fate::Torn,
            Spread::Oldest => if_kept(place < chosen),
            Spread::Newest => if_kept(place > chosen),
            Spread::AllButOne => if_kept(place != chosen),
            Spread::OnlyOne => if_kept(place == chosen),
            Spread::Scattered => match below(&mut random, 3) {
                0 => Fate::Kept,
                1 => Fate::Lost,
                _ => Fate::Torn,
            },
        };
        survive(&mut left, operation, fate, &mut random);
    }
    left
}

fn if_kept(kept: bool) -> Fate {
    if kept { Fate::Kept } else { Fate::Lost }
}

fn survive(left: &mut Vec<u8>, operation: &Operation, fate: Fate, random: &mut ChaCha8Rng) {
    match (operation, fate) {
        (_, Fate::Lost) | (Operation::Sync, _) => {}
        (Operation::SetLen(len), fate) => {
            let wanted = usize::try_from(*len).unwrap_or(usize::MAX);
            let len = match fate {
                // A file grows piece by piece, and is cut off at once.
                Fate::Torn if wanted > left.len() => {
                    let blocks = (wanted - left.len()) / BLOCK_BYTES;
                    left.len() + below(random, blocks) * BLOCK_BYTES
                }
                _ => wanted,
            };
            left.resize(len, 0);
        }
        (Operation::Write(offset, data), fate) => {
            let mut at = usize::try_from(*offset).unwrap_or(usize::MAX);
            let mut data: &[u8] = data;
            while !data.is_empty() {
                let in_sector = (SECTOR_BYTES - at % SECTOR_BYTES).min(data.len());
                let (sector, rest) = data.split_at(in_sector);
                let kept = matches!(fate, Fate::Kept) || random.next_u32().is_multiple_of(2);
                if kept && let Some(place) = left.get_mut(at..at.saturating_add(in_sector)) {
                    place.copy_from_slice(sector);
                }
                (at, data) = (at.saturating_add(in_sector), rest);
            }
        }
    }
}

/// A number below `bound`; 0 where that is 0. A remainder's bias is of no concern.
fn below(random: &mut ChaCha8Rng, bound: usize) -> usize {
    usize::try_from(random.next_u64() % (bound as u64).max(1)).unwrap_or(0)
}
