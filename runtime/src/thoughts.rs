//! Thoughts: what happens when a mind has answered, or will not.
//!
//! What always holds: a question ends once, by its answer or by its deadline, and its timer ends with it. Whatever the
//! reason for a missing answer, the decision hears of it and goes on.

use echo_storage::names::ThoughtId;
use echo_storage::records::{Answer, ThoughtState};
use echo_storage::{Effect, Query};

use crate::decisions;
use crate::turn::{Failure, Turn, refuse};

/// A mind has answered, or says why it has not.
pub fn answered(
    turn: &mut Turn<'_, '_>,
    id: ThoughtId,
    mind: &str,
    answer: &Result<Answer, String>,
) -> Result<(), Failure> {
    let Some(thought) = turn.state().thought(id)? else {
        return refuse(format!("there is no question {id}"));
    };
    if thought.state != ThoughtState::Out {
        return refuse(format!("{id} is not waiting for an answer any more"));
    }
    let state = match answer {
        Ok(_) => ThoughtState::Answered { mind: mind.to_owned() },
        Err(reason) => ThoughtState::GivenUp { reason: reason.clone() },
    };
    turn.emit(Effect::EndThought { thought: id, state })?;
    turn.clear_timer(thought.deadline, thought.timer)?;
    decisions::answered(turn, &thought, mind, answer)
}
