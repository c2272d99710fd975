//! The state that the journal gives, made again from its effects in memory.
//!
//! What always holds: nothing is decided; a journal whose chain is broken gives no state to compare with.

use super::{Damage, Verified, damage};
use crate::clock::ClockKind;
use crate::journal::{self, Entry};
use crate::state::State;
use crate::{Batch, Store, StoreError};

/// How many steps are applied in one commit of the store in memory.
const BATCH_STEPS: usize = 256;

/// Walks the chain to its head and applies every effect; nothing where that cannot be done to the end.
pub(super) fn rebuild(state: &dyn State, verified: &mut Verified) -> Result<Option<Store>, StoreError> {
    let store = Store::in_memory(ClockKind::Virtual)?;
    let mut batch = store.batch()?;
    let mut in_batch = 0;
    let given_up = |verified: &mut Verified, damage: Damage| {
        verified.head = None;
        verified.find(damage);
        let what = "the other tables against the journal, because the journal is damaged".to_owned();
        verified.unchecked.push(what);
        Ok(None)
    };
    for next in journal::walk(state) {
        let (entry, hash) = match next {
            Ok(next) => next,
            Err(error) => {
                let whole_to = verified.steps;
                return given_up(verified, Damage::Chain { whole_to, cause: damage(error)? });
            }
        };
        let step = entry.step;
        if let Err(error) = apply(&mut batch, entry) {
            return given_up(verified, Damage::Effects { step, cause: damage(error)? });
        }
        (verified.steps, verified.head) = (step, Some(hash));
        in_batch += 1;
        if in_batch == BATCH_STEPS {
            store.commit(batch)?;
            batch = store.batch()?;
            in_batch = 0;
        }
    }
    store.commit(batch)?;
    Ok(Some(store))
}

fn apply(batch: &mut Batch, entry: Entry) -> Result<(), StoreError> {
    let mut draft = batch.draft(entry.now);
    for effect in entry.effects {
        draft.emit(effect)?;
    }
    let finished = draft.finish();
    batch.append(entry.input, entry.failure, finished).map(drop)
}
