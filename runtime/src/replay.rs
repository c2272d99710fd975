//! Replay: everything is decided again from the journal, into an empty store in memory, and compared.
//!
//! What always holds: no mind is asked, because answers are inputs, and no clock, because the journal holds the times.
//! Steps of other semantics than this program's are not decided again: their stored effects are applied, and the result
//! says how many those were.

use echo_storage::clock::ClockKind;
use echo_storage::journal::{self, Entry, Hash};
use echo_storage::state::{KeyRange, Order, Row};
use echo_storage::table;
use echo_storage::{Batch, Input, Query, State, Store, StoreError};

use crate::engine;
use crate::organisation::{Organisation, SEMANTICS};

/// How many steps are replayed in one commit of the store in memory.
const BATCH_STEPS: usize = 256;

/// How many rows are compared at a time.
const COMPARED_ROWS: usize = 1_000;

/// What a replay found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replayed {
    /// How many steps there were.
    pub steps: u64,
    /// How many of them were decided again, with equal effects.
    pub decided_again: u64,
    /// How many were only applied: recorded under other semantics, or failed by a panic.
    pub applied_only: u64,
    /// The chain's hash at the last step replayed.
    pub head: Hash,
    /// The hash at the step that was asked for.
    pub hash_at: Option<Hash>,
}

/// Why a replay did not come out even.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// The journal could not be read, or its chain is broken.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A step gives other effects than recorded.
    #[error("step {step} differs: {what}\n  recorded: {recorded}\n  replayed: {replayed}")]
    Differs {
        /// The first step that differs.
        step: u64,
        /// In what.
        what: &'static str,
        /// What the journal holds.
        recorded: String,
        /// What deciding again gives.
        replayed: String,
    },
}

/// Replays the whole journal, and notes the hash at step `at` on the way.
///
/// # Errors
/// A damaged journal, or the first step that differs.
pub fn replay(
    organisation: &Organisation,
    recorded: &dyn State,
    at: Option<u64>,
) -> Result<Replayed, ReplayError> {
    let store = Store::in_memory(ClockKind::Virtual)?;
    let mut batch = store.batch()?;
    let mut result =
        Replayed { steps: 0, decided_again: 0, applied_only: 0, head: Hash::genesis(), hash_at: None };
    let mut in_batch = 0;
    for next in journal::walk(recorded) {
        let (entry, hash) = next?;
        if again(organisation, &mut batch, &entry)? {
            result.decided_again += 1;
        } else {
            result.applied_only += 1;
        }
        let replayed = batch.head().hash;
        if replayed != hash {
            return Err(differs(entry.step, "its hash", &hash.to_string(), &replayed.to_string()));
        }
        result.steps = entry.step;
        result.head = hash;
        if at == Some(entry.step) {
            result.hash_at = Some(hash);
        }
        in_batch += 1;
        if in_batch == BATCH_STEPS {
            store.commit(batch)?;
            batch = store.batch()?;
            in_batch = 0;
        }
    }
    store.commit(batch)?;
    compare_state(recorded, &store.snapshot()?)?;
    Ok(result)
}

/// Compares every row of every table, so that a record that was changed behind the journal's back is found as well.
fn compare_state(recorded: &dyn State, replayed: &dyn State) -> Result<(), ReplayError> {
    // The steps have been compared one by one; how a file groups them in chunks is its own, since it shows what was
    // committed together.
    for id in table::ALL.into_iter().filter(|id| *id != table::JOURNAL.id) {
        let mut range = KeyRange::prefix(Vec::new());
        loop {
            let read = |state: &dyn State| -> Result<Vec<Row>, StoreError> {
                let mut rows = state.scan(id, &range, Order::Ascending, COMPARED_ROWS)?;
                // What a file says of itself is its own: its organisation's id, when it was made, its secret.
                rows.retain(|row| !table::is_of_file(id, &row.0));
                Ok(rows)
            };
            let (one, other) = (read(recorded)?, read(replayed)?);
            if one != other {
                let differs = one.iter().find(|row| !other.contains(row));
                let row = differs.or_else(|| other.iter().find(|row| !one.contains(row)));
                let key = row.map(|(key, _)| String::from_utf8_lossy(key).escape_debug().to_string());
                let what = format!("table `{}` does not hold what the journal gives", id.name);
                let at = key.map_or_else(String::new, |key| format!(", at key `{key}`"));
                return Err(StoreError::Inconsistent(format!("{what}{at}")).into());
            }
            let Some((mut last, _)) = one.into_iter().next_back() else { break };
            last.push(0);
            range.start = last;
        }
    }
    Ok(())
}

/// Does a recorded step again and compares it. Says whether it was decided, and not only applied.
fn again(organisation: &Organisation, batch: &mut Batch, recorded: &Entry) -> Result<bool, ReplayError> {
    let semantics = match &recorded.input {
        Input::Configure(config) => Some(config.semantics),
        _ => batch.config()?.map(|config| config.semantics),
    };
    if semantics != Some(SEMANTICS) {
        return apply_only(batch, recorded).map(|()| false);
    }
    let mut draft = batch.draft(recorded.now);
    let decided =
        engine::decide(organisation, &mut draft, &recorded.input, engine::recorded(&recorded.effects));
    let entry = match (&recorded.failure, decided) {
        (None, Ok(())) => {
            let finished = draft.finish();
            batch.append(recorded.input.clone(), None, finished)?
        }
        (Some(reason), Err(failure)) if failure.to_string() == *reason => {
            engine::append_failure(batch, recorded.now, recorded.input.clone(), reason.clone())?
        }
        // A panic, or a value too large for the file, is the recorded run's; it need not happen again.
        (Some(reason), _) if reason.starts_with("panicked") || reason.starts_with("cannot be stored") => {
            return apply_only(batch, recorded).map(|()| false);
        }
        (recorded_failure, decided) => {
            let recorded_outcome = recorded_failure.clone().unwrap_or_else(|| "done".to_owned());
            let replayed = decided.err().map_or_else(|| "done".to_owned(), |failure| failure.to_string());
            return Err(differs(recorded.step, "its outcome", &recorded_outcome, &replayed));
        }
    };
    if *entry == *recorded {
        return Ok(true);
    }
    let pairs = recorded.effects.iter().zip(&entry.effects);
    if let Some((one, other)) = pairs.into_iter().find(|(one, other)| one != other) {
        return Err(differs(recorded.step, "an effect", &format!("{one:?}"), &format!("{other:?}")));
    }
    let count = |entry: &Entry| format!("{} effects at {}", entry.effects.len(), entry.now);
    Err(differs(recorded.step, "the number of its effects, or its time", &count(recorded), &count(&entry)))
}

fn apply_only(batch: &mut Batch, recorded: &Entry) -> Result<(), ReplayError> {
    let mut draft = batch.draft(recorded.now);
    for effect in &recorded.effects {
        draft.emit(effect.clone())?;
    }
    let finished = draft.finish();
    batch.append(recorded.input.clone(), recorded.failure.clone(), finished)?;
    Ok(())
}

fn differs(step: u64, what: &'static str, recorded: &str, replayed: &str) -> ReplayError {
    ReplayError::Differs { step, what, recorded: recorded.to_owned(), replayed: replayed.to_owned() }
}
