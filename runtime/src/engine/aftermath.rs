//! The aftermath of a failed step: what is recorded of it, and how whoever waited for it goes on.
//!
//! What always holds: a failure is recorded whatever else fails; what follows from it keeps to the same authority as any
//! step; and nothing that failed comes again at once, nor is anything left waiting for what will not come.

#[cfg(test)]
mod tests;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use echo_storage::journal::Entry;
use echo_storage::names::ThoughtId;
use echo_storage::quantities::Timestamp;
use echo_storage::records::{Phase, ThoughtState, TimerPurpose};
use echo_storage::{Batch, Draft, Effect, Input, Query, StoreError};

use crate::turn::{Failure, Turn};
use crate::{authority, decisions, supervision, thoughts, timers};

/// Appends the record of a failed step: the failure, and what must be remembered of it.
///
/// What follows from a failure is decided like any step and may fail itself; then only what keeps the organisation
/// going is recorded, then that it is tried again later, and where even that fails, the failure alone. A replay calls this as well, with the recorded
/// reason.
pub(crate) fn append_failure(
    batch: &mut Batch,
    now: Timestamp,
    input: Input,
    reason: String,
) -> Result<Arc<Entry>, StoreError> {
    append(batch, now, input, reason, &[after_failure, least_after_failure, try_later])
}

/// What is tried after a failure.
type Aftermath = fn(&mut Draft<'_>, &Input, &str) -> Result<(), Failure>;

/// Appends a failure with the first of these that can be decided and keeps to everybody's authority, or alone.
fn append(
    batch: &mut Batch,
    now: Timestamp,
    input: Input,
    reason: String,
    aftermaths: &[Aftermath],
) -> Result<Arc<Entry>, StoreError> {
    for aftermath in aftermaths {
        let mut draft = batch.draft(now);
        let done = catch_unwind(AssertUnwindSafe(|| {
            aftermath(&mut draft, &input, &reason)?;
            authority::guard(&input, &draft)
        }));
        match done {
            Ok(Ok(())) => {
                let finished = draft.finish();
                match batch.append(input.clone(), Some(reason.clone()), finished) {
                    // What follows may be too large: then less follows.
                    Err(StoreError::Unstorable(_)) => {}
                    appended => return appended,
                }
            }
            Ok(Err(Failure::Store(error))) if !matches!(error, StoreError::Unstorable(_)) => {
                return Err(error);
            }
            Ok(Err(_)) | Err(_) => {}
        }
    }
    let nothing = batch.draft(now).finish();
    batch.append(input, Some(reason), nothing)
}

/// What follows from a failed step: whoever waited for it goes on.
fn after_failure(draft: &mut Draft<'_>, input: &Input, reason: &str) -> Result<(), Failure> {
    match input {
        Input::Take { role, message } => supervision::failed(&mut Turn::new(draft)?, role, *message, reason),
        Input::Timer { due, timer } => timers::failed(&mut Turn::new(draft)?, *due, *timer, reason),
        // A mind whose answer cannot be used has given none.
        Input::Answer { thought, mind, .. } => {
            let reason = format!("its answer failed: {reason}");
            thoughts::answered(&mut Turn::new(draft)?, *thought, mind, &Err(reason))
        }
        _ => least_after_failure(draft, input, reason),
    }
}

/// The least that must be remembered of a failed step, so that it does not come again for ever.
fn least_after_failure(draft: &mut Draft<'_>, input: &Input, reason: &str) -> Result<(), Failure> {
    match input {
        Input::Take { role, message } => {
            supervision::count(&mut Turn::new(draft)?, role, *message, reason).map(drop)
        }
        Input::Answer { thought, .. } => give_up(draft, *thought, reason),
        // A timer that cannot be handled must not fire for ever, nor its question keep a thought slot.
        Input::Timer { due, timer } => {
            let Some(timer) = draft.timer(*due, *timer)? else { return Ok(()) };
            match timer.purpose {
                TimerPurpose::Thought { thought } => give_up(draft, thought, reason)?,
                // Without an answer or an end the question would wait for ever.
                TimerPurpose::Approval { .. } => return try_later(draft, input, reason),
                _ => {}
            }
            let decision = timer.purpose.decision();
            if draft.timer(timer.due, timer.id)?.is_some() {
                draft.emit(Effect::ClearTimer(timer))?;
            }
            decision.map_or(Ok(()), |id| decisions::stranded(&mut Turn::new(draft)?, id, reason))
        }
        _ => Ok(()),
    }
}

/// After how long a deadline that could not be handled at all is tried again, in milliseconds.
const TRY_LATER_MS: u64 = 60_000;

/// Nothing can be done about it now: a deadline is tried again later, and a question whose answer failed runs into its
/// deadline.
fn try_later(draft: &mut Draft<'_>, input: &Input, _reason: &str) -> Result<(), Failure> {
    let Input::Timer { due, timer } = input else { return Ok(()) };
    match draft.timer(*due, *timer)? {
        Some(timer) => timers::try_later(&mut Turn::new(draft)?, timer, TRY_LATER_MS),
        None => Ok(()),
    }
}

/// Ends a question that can be handled no further, so that it keeps no thought slot. A decision that waits for nothing else
/// is put to a person; any other has a deadline of its own.
fn give_up(draft: &mut Draft<'_>, id: ThoughtId, reason: &str) -> Result<(), Failure> {
    let Some(thought) = draft.thought(id)?.filter(|thought| thought.state == ThoughtState::Out) else {
        return Ok(());
    };
    if let Some(timer) = draft.timer(thought.deadline, thought.timer)? {
        draft.emit(Effect::ClearTimer(timer))?;
    }
    draft.emit(Effect::EndThought {
        thought: id,
        state: ThoughtState::GivenUp { reason: reason.to_owned() },
    })?;
    let decision = thought.decision;
    match draft.decision(decision)? {
        Some(waiting) if waiting.phase == Phase::Synthesising => {
            decisions::stranded(&mut Turn::new(draft)?, decision, reason)
        }
        _ => Ok(()),
    }
}
