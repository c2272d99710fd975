//! Timers: what happens when a deadline has passed.
//!
//! What always holds: a timer is cleared in the step that it fires in, and whatever waited for it goes on in the same
//! step, without what did not come in time.

use echo_storage::names::TimerId;
use echo_storage::quantities::Timestamp;
use echo_storage::records::TimerPurpose;
use echo_storage::{Effect, Query};

use crate::turn::{Failure, Turn, refuse};
use crate::{decisions, supervision, thoughts};

/// A deadline has passed.
pub fn fired(turn: &mut Turn<'_, '_>, due: Timestamp, id: TimerId) -> Result<(), Failure> {
    let Some(timer) = turn.state().timer(due, id)? else { return refuse(format!("{id} is not set")) };
    turn.emit(Effect::ClearTimer(timer.clone()))?;
    match timer.purpose {
        TimerPurpose::Selection { decision } => decisions::selection_ended(turn, decision),
        TimerPurpose::Round { decision, round } => decisions::round_ended(turn, decision, round),
        TimerPurpose::Clarification { decision, round } => {
            decisions::clarification_ended(turn, decision, round)
        }
        TimerPurpose::Breaker { role } => supervision::pause_ended(turn, &role),
        TimerPurpose::Climb { decision } => decisions::climb_ended(turn, decision),
        TimerPurpose::Thought { thought } => {
            let waited = turn.config().rules.thought_ms;
            thoughts::answered(turn, thought, "none", &Err(format!("no answer within {waited} ms")))
        }
    }
}
