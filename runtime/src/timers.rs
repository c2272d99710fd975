//! Timers: what happens when a deadline has passed.
//!
//! What always holds: a timer is cleared in the step that it fires in, and whatever waited for it goes on in the same
//! step, without what did not come in time. Where that step fails, either whatever waited goes on all the same or the timer
//! is set again, later: nothing waits for a deadline that is gone.

#[cfg(test)]
mod tests;

use echo_storage::journal::Entry;
use echo_storage::names::TimerId;
use echo_storage::quantities::Timestamp;
use echo_storage::records::{Timer, TimerPurpose};
use echo_storage::{Effect, Input, Query};

use crate::turn::{Failure, Turn, refuse};
use crate::{decisions, supervision, thoughts};

/// How many deadlines one step puts off at most. Each open decision has one, and so has each question that is out; where
/// there are more, further steps follow.
const MAX_PUT_OFF: usize = 256;

/// Nobody ran the organisation for a while: its deadlines are put off by as much, because nobody could have kept them.
/// The pause of an agent that failed goes on meanwhile, and so does the time that people have to answer.
///
/// The last deadline comes first, so that what was put off lies behind those that are to follow.
pub fn put_off(
    turn: &mut Turn<'_, '_>,
    away_ms: u64,
    mut before: Option<(Timestamp, TimerId)>,
) -> Result<(), Failure> {
    let mut left = MAX_PUT_OFF;
    while left > 0 {
        let timers = turn.state().timers_before(before, left)?;
        let Some(last) = timers.last() else { break };
        before = Some((last.due, last.id));
        for timer in timers.into_iter().filter(|timer| timer.purpose.is_work()) {
            let due = timer.due.after_ms(away_ms.max(1));
            turn.emit(Effect::PutOff { timer, due })?;
            left -= 1;
        }
    }
    Ok(())
}

/// What follows a step that put deadlines off: the next such step, where it may not have come to the end of them.
pub fn rest_of_put_off(entry: &Entry) -> Option<Input> {
    let (Input::TakeUp { away_ms } | Input::PutOff { away_ms, .. }) = entry.input else { return None };
    let put_off = entry.effects.iter().filter(|effect| matches!(effect, Effect::PutOff { .. })).count();
    match entry.effects.last() {
        Some(Effect::PutOff { timer, .. }) if put_off == MAX_PUT_OFF => {
            Some(Input::PutOff { away_ms, before: (timer.due, timer.id) })
        }
        _ => None,
    }
}

/// The step of a deadline failed. Whatever waited for it must go on all the same: a question is given up, a pause is
/// over, and a decision that cannot go on by itself is put to a person. What people have not answered they are asked on.
pub fn failed(turn: &mut Turn<'_, '_>, due: Timestamp, id: TimerId, reason: &str) -> Result<(), Failure> {
    let Some(timer) = turn.state().timer(due, id)? else { return Ok(()) };
    if let TimerPurpose::Reminder { .. } | TimerPurpose::Approval { .. } = timer.purpose {
        // It is tried again one reminder later, so that no question waits for ever.
        let after_ms = turn.config().rules.reminder_ms;
        return try_later(turn, timer, after_ms);
    }
    turn.emit(Effect::ClearTimer(timer.clone()))?;
    match timer.purpose {
        TimerPurpose::Selection { decision }
        | TimerPurpose::Round { decision, .. }
        | TimerPurpose::Clarification { decision, .. }
        | TimerPurpose::Climb { decision } => decisions::stranded(turn, decision, reason),
        TimerPurpose::Breaker { role } => supervision::pause_ended(turn, &role),
        TimerPurpose::Reminder { .. } | TimerPurpose::Approval { .. } => Ok(()),
        TimerPurpose::Thought { thought } => {
            thoughts::answered(turn, thought, "none", &Err(format!("its deadline failed: {reason}")))
        }
    }
}

/// A deadline that could not be handled is set again, so long after now.
pub fn try_later(turn: &mut Turn<'_, '_>, timer: Timer, after_ms: u64) -> Result<(), Failure> {
    let due = turn.now().max(timer.due).after_ms(after_ms.max(1));
    turn.emit(Effect::PutOff { timer, due })
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
