//! People: a question is put to them, they are reminded of it, they answer, or nobody does in time.
//!
//! What always holds: the first answer counts; a question that nobody answers ends its decision as rejected, never as
//! approved. Both deadlines are moments of the calendar: they are not put off by a while in which nobody ran the
//! organisation, because people were there all the time.

#[cfg(test)]
mod tests;

use echo_storage::names::{ApprovalId, RoleId};
use echo_storage::quantities::Confidence;
use echo_storage::records::{Approval, Decision, Deed, Party, Phase, Reason, Status, TimerPurpose, Verdict};
use echo_storage::{Effect, Query};

use crate::mail::topics;
use crate::turn::{Failure, Turn, refuse};

use super::{close, decision, enter, path_step};

/// Nobody below could decide it: people are asked.
pub(super) fn ask(turn: &mut Turn<'_, '_>, mut decision: Decision, from: &RoleId) -> Result<(), Failure> {
    let id: ApprovalId = turn.new_id()?;
    let why = decision.path.last().map(|step| format!("{}: {}", step.who, step.why)).unwrap_or_default();
    decision.status = Status::Escalated;
    let asked = "nobody below a person could decide it".to_owned();
    decision.path.push(path_step(turn, Party::Role(from.clone()), Deed::AskedPerson, asked, None));
    enter(turn, &mut decision, Phase::Waiting { approval: id }, None)?;
    let rules = &turn.config().rules;
    let (reminder, deadline) =
        (turn.now().after_ms(rules.reminder_ms), turn.now().after_ms(rules.approval_ms));
    let reminder = (reminder < deadline)
        .then(|| {
            turn.set_timer(reminder, TimerPurpose::Reminder { approval: id }).map(|timer| (reminder, timer))
        })
        .transpose()?;
    let deadline = Some((deadline, turn.set_timer(deadline, TimerPurpose::Approval { approval: id })?));
    turn.emit(Effect::PutApproval(Approval {
        id,
        decision: decision.id,
        why,
        asked_at: turn.now(),
        deadline,
        reminder,
        reminded: 0,
        verdict: None,
        lapsed_at: None,
    }))?;
    let content = serde_json::json!({ "decision": decision.id, "approval": id });
    turn.publish(Party::Role(from.clone()), topics::DECISIONS_ESCALATED, &decision, content)
}

/// A person decides. The first answer wins.
///
/// # Errors
/// A question that there is not, or that somebody has answered, or that was given up.
pub fn verdict(
    turn: &mut Turn<'_, '_>,
    id: ApprovalId,
    approve: bool,
    person: &str,
    door: &str,
    note: &str,
) -> Result<(), Failure> {
    let Some(mut approval) = turn.state().approval(id)? else {
        return refuse(format!("there is no approval {id}; `approvals` lists those that wait"));
    };
    if let Some(verdict) = &approval.verdict {
        let what = if verdict.approve { "approved" } else { "rejected" };
        return refuse(format!(
            "{id} was {what} by {} at {}, from the {}: the first answer counts",
            verdict.person, verdict.at, verdict.door
        ));
    }
    if let Some(at) = approval.lapsed_at {
        return refuse(format!(
            "{id} was given up at {at}, because nobody had answered: open the decision anew"
        ));
    }
    let mut decision = decision(turn, approval.decision)?;
    if decision.phase != (Phase::Waiting { approval: id }) {
        return refuse(format!("{} does not wait for {id}", decision.id));
    }
    let (person, door, note, at) = (person.to_owned(), door.to_owned(), note.to_owned(), turn.now());
    let why = if note.is_empty() { format!("by the {door}") } else { format!("by the {door}: {note}") };
    approval.verdict = Some(Verdict { approve, person: person.clone(), door, note, at });
    end(turn, approval)?;
    let party = Party::Person(person);
    let deed = if approve { Deed::Approved } else { Deed::Rejected };
    let full = Some(Confidence::FULL);
    decision.path.push(path_step(turn, party.clone(), deed, why, full));
    let decision_id = decision.id;
    if approve {
        close::approved_by_person(turn, decision, &party)?;
    } else {
        close::rejected(turn, decision, Reason::Person, &party)?;
    }
    turn.reply(&serde_json::json!({ "approval": id, "decision": decision_id, "approved": approve }))
}

/// People have not answered for a while: whoever watches hears of it once more, and again after as long.
pub fn remind(turn: &mut Turn<'_, '_>, id: ApprovalId) -> Result<(), Failure> {
    let Some(mut approval) = turn.state().approval(id)?.filter(Approval::waits) else { return Ok(()) };
    let decision = decision(turn, approval.decision)?;
    approval.reminded += 1;
    let next = turn.now().after_ms(turn.config().rules.reminder_ms);
    approval.reminder = match approval.deadline {
        Some((end, _)) if next < end => {
            Some((next, turn.set_timer(next, TimerPurpose::Reminder { approval: id })?))
        }
        _ => None,
    };
    let content = serde_json::json!({
        "decision": decision.id,
        "approval": id,
        "reminder": approval.reminded,
        "waits_since": approval.asked_at.to_string(),
    });
    turn.emit(Effect::PutApproval(approval))?;
    turn.publish(Party::System, topics::DECISIONS_ESCALATED, &decision, content)
}

/// It is too late for an answer: what nobody approves is rejected.
pub fn lapse(turn: &mut Turn<'_, '_>, id: ApprovalId) -> Result<(), Failure> {
    let Some(mut approval) = turn.state().approval(id)?.filter(Approval::waits) else { return Ok(()) };
    let decision = decision(turn, approval.decision)?;
    approval.lapsed_at = Some(turn.now());
    end(turn, approval)?;
    if decision.phase != (Phase::Waiting { approval: id }) {
        return Ok(());
    }
    close::rejected(turn, decision, Reason::Unanswered, &Party::System)
}

/// A question needs no answer any more.
fn end(turn: &mut Turn<'_, '_>, mut approval: Approval) -> Result<(), Failure> {
    for (due, timer) in [approval.deadline.take(), approval.reminder.take()].into_iter().flatten() {
        turn.clear_timer(due, timer)?;
    }
    turn.emit(Effect::PutApproval(approval))
}
