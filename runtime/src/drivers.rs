//! Drivers: what turns the engine. One engine, two of them.
//!
//! [`live`] runs it on a writer's thread with actors, minds and timers around it; [`simulation`] runs everything on the
//! calling thread, by a seed and a virtual clock. Both do the same steps.

pub mod live;
pub mod simulation;

use echo_storage::StoreError;
use echo_storage::journal::Entry;

use crate::engine::Outcome;

/// Why an input was not answered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RuntimeError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The step failed; the journal says so too.
    #[error("{0}")]
    Refused(String),
    /// The runtime is another process's, and the way to it was lost before it answered.
    #[error("{0}")]
    Lost(String),
    /// The runtime stopped before it could answer.
    #[error("the runtime has stopped; start it again, what was acknowledged is in the store")]
    Stopped,
}

/// The entry of a step that was done, or why it was not.
pub(crate) fn done(outcome: Outcome) -> Result<Entry, RuntimeError> {
    match outcome {
        Outcome::Done(entry) => Ok((*entry).clone()),
        Outcome::Failed(entry) => {
            Err(RuntimeError::Refused(entry.failure.clone().unwrap_or_else(|| "the step failed".to_owned())))
        }
        Outcome::Skipped(why) => Err(RuntimeError::Refused(why.to_owned())),
    }
}
