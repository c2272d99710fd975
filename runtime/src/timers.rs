//! Timers: what happens when a deadline has passed.
//!
//! What always holds: a timer is cleared in the step that it fires in, and whatever waited for it goes on in the same
//! step, without what did not come in time.

use echo_storage::names::TimerId;
use echo_storage::quantities::Timestamp;
use echo_storage::records::{Decision, Thought, Timer, TimerPurpose};
use echo_storage::{Effect, Query};

use crate::turn::{Failure, Turn, refuse};
use crate::{decisions, supervision, thoughts};

/// How many timers are put off at most. Each open decision has one, and so has each question that is out.
const MAX_PUT_OFF: usize = 10_000;

/// Nobody ran the organisation for a while: its deadlines are put off by as much, because nobody could have kept them.
/// The pause of an agent that failed goes on meanwhile, and so does the time that people have to answer.
pub fn put_off(turn: &mut Turn<'_, '_>, away_ms: u64) -> Result<(), Failure> {
    for timer in turn.state().timers(MAX_PUT_OFF)? {
        let later = Timer { due: timer.due.after_ms(away_ms), ..timer.clone() };
        let deadline = (later.due, later.id);
        match &timer.purpose {
            TimerPurpose::Breaker { .. } | TimerPurpose::Reminder { .. } | TimerPurpose::Approval { .. } => {
                continue;
            }
            TimerPurpose::Thought { thought } => {
                if let Some(thought) = turn.state().thought(*thought)? {
                    turn.emit(Effect::Think(Thought { deadline: later.due, ..thought }))?;
                }
            }
            TimerPurpose::Selection { decision }
            | TimerPurpose::Round { decision, .. }
            | TimerPurpose::Clarification { decision, .. }
            | TimerPurpose::Climb { decision } => {
                if let Some(decision) = turn.state().decision(*decision)? {
                    turn.emit(Effect::PutDecision(Decision { deadline: Some(deadline), ..decision }))?;
                }
            }
        }
        turn.emit(Effect::ClearTimer(timer))?;
        turn.emit(Effect::SetTimer(later))?;
    }
    Ok(())
}

/// The step of a deadline failed. Whatever waited for it must go on all the same: a question is given up, a pause is
/// over, and a decision that cannot go on by itself is put to a person.
pub fn failed(turn: &mut Turn<'_, '_>, due: Timestamp, id: TimerId, reason: &str) -> Result<(), Failure> {
    let Some(timer) = turn.state().timer(due, id)? else { return Ok(()) };
    turn.emit(Effect::ClearTimer(timer.clone()))?;
    match timer.purpose {
        TimerPurpose::Selection { decision }
        | TimerPurpose::Round { decision, .. }
        | TimerPurpose::Clarification { decision, .. }
        | TimerPurpose::Climb { decision } => decisions::stranded(turn, decision, reason),
        TimerPurpose::Breaker { role } => supervision::pause_ended(turn, &role),
        // The question waits on without a reminder; without a deadline it waits until somebody answers.
        TimerPurpose::Reminder { .. } | TimerPurpose::Approval { .. } => Ok(()),
        TimerPurpose::Thought { thought } => {
            thoughts::answered(turn, thought, "none", &Err(format!("its deadline failed: {reason}")))
        }
    }
}

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
        TimerPurpose::Reminder { approval } => decisions::remind(turn, approval),
        TimerPurpose::Approval { approval } => decisions::lapse(turn, approval),
        TimerPurpose::Thought { thought } => {
            let waited = turn.config().rules.thought_ms;
            thoughts::answered(turn, thought, "none", &Err(format!("no answer within {waited} ms")))
        }
    }
}
