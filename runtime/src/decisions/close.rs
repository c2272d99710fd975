//! Closing a decision: its outcome, its money, its approver's track record, its memory, and who hears of it.

use echo_storage::names::RoleId;
use echo_storage::quantities::{Confidence, Usd};
use echo_storage::records::{
    Address, Agent, Decision, Deed, Kind, Memory, OutcomeNote, Party, Phase, Reason, Spend, Status, TypeTrack,
};
use echo_storage::{Effect, Query};

use crate::mail::topics;
use crate::turn::{Failure, Outgoing, Turn};

use super::{enter, outcome_tag, path_step};

/// A role approves. Whether it may is checked once more, with every other effect of the step, by
/// [`guard`](crate::authority::guard).
pub(super) fn approved(
    turn: &mut Turn<'_, '_>,
    mut decision: Decision,
    reason: Reason,
    role: &RoleId,
    confidence: Option<Confidence>,
) -> Result<(), Failure> {
    let amount = decision.amount();
    if amount > Usd::ZERO {
        let (at, decision) = (turn.now(), decision.id);
        turn.emit(Effect::PutSpend(Spend { role: role.clone(), at, decision, amount }))?;
    }
    count_approval(turn, role, &decision)?;
    let party = Party::Role(role.clone());
    if reason == Reason::Recommended {
        let why = format!("recommended, and {amount} of {} within its authority", decision.proposal.kind);
        decision.path.push(path_step(turn, party.clone(), Deed::Approved, why, confidence));
    }
    close(turn, decision, Status::Approved, reason, &party)
}

/// A person approves; persons have every authority and no limit.
pub(super) fn approved_by_person(
    turn: &mut Turn<'_, '_>,
    decision: Decision,
    party: &Party,
) -> Result<(), Failure> {
    close(turn, decision, Status::Approved, Reason::Person, party)
}

/// It is rejected.
pub(super) fn rejected(
    turn: &mut Turn<'_, '_>,
    mut decision: Decision,
    reason: Reason,
    party: &Party,
) -> Result<(), Failure> {
    let why = match &reason {
        Reason::Incomplete { missing } => Some(format!("incomplete: {} not given", missing.join(", "))),
        Reason::VotedDown => Some("voted down".to_owned()),
        Reason::Unanswered => Some("no person answered in time".to_owned()),
        // Whoever decided has put their step on the path already.
        Reason::Recommended | Reason::Authority | Reason::Person | Reason::Overridden | Reason::Initiator => {
            None
        }
    };
    if let Some(why) = why {
        decision.path.push(path_step(turn, party.clone(), Deed::Rejected, why, None));
    }
    close(turn, decision, Status::Rejected, reason, party)
}

fn close(
    turn: &mut Turn<'_, '_>,
    mut decision: Decision,
    status: Status,
    reason: Reason,
    by: &Party,
) -> Result<(), Failure> {
    let incomplete = matches!(reason, Reason::Incomplete { .. });
    decision.status = status;
    decision.reason = Some(reason);
    decision.decided_by = Some(by.clone());
    decision.closed_at = Some(turn.now());
    enter(turn, &mut decision, Phase::Closed, None)?;
    // What was never considered says nothing about later decisions.
    if !incomplete {
        remember(turn, &decision)?;
    }
    tell(turn, &decision, by)
}

/// Approvals that stand earn their approver a track record.
pub(super) fn count_approval(
    turn: &mut Turn<'_, '_>,
    role: &RoleId,
    decision: &Decision,
) -> Result<(), Failure> {
    let kind = &decision.proposal.kind;
    let agent = turn.state().agent(role)?;
    let mut agent = agent.unwrap_or_else(|| Agent::new(role.clone()));
    if let Some(track) = agent.track.iter_mut().find(|track| track.kind == *kind) {
        track.stood += 1;
    } else {
        agent.track.push(TypeTrack { kind: kind.clone(), stood: 1, reversed: 0 });
        agent.track.sort_by(|one, other| one.kind.cmp(&other.kind));
    }
    turn.emit(Effect::PutAgent(agent))
}

/// The outcome is remembered, with why it came about.
pub(super) fn remember(turn: &mut Turn<'_, '_>, decision: &Decision) -> Result<(), Failure> {
    let proposal = &decision.proposal;
    let (status, amount) = (decision.status, decision.amount());
    let word = if status == Status::Approved { "approved" } else { "rejected" };
    let by = decision.decided_by.as_ref().map(ToString::to_string).unwrap_or_default();
    let why = decision.path.last().map(|step| step.why.clone()).unwrap_or_default();
    let memory = Memory {
        id: turn.new_id()?,
        by: Party::System,
        name: None,
        tags: vec![outcome_tag(&proposal.kind)],
        text: format!("{}: {word} by {by}, {amount}: {why}", proposal.subject),
        outcome: Some(OutcomeNote {
            decision: decision.id,
            kind: proposal.kind.clone(),
            initiator: proposal.initiator.clone(),
            status,
            amount,
            why,
        }),
        at: turn.now(),
    };
    turn.emit(Effect::PutMemory(memory))
}

/// The initiator and the participants hear of the outcome, and so does whoever watches.
pub(super) fn tell(turn: &mut Turn<'_, '_>, decision: &Decision, by: &Party) -> Result<(), Failure> {
    let content = serde_json::json!({ "decision": decision.id, "status": decision.status });
    turn.publish(by.clone(), topics::DECISIONS_COMPLETED, decision, content.clone())?;
    let concerned = std::iter::once(&decision.proposal.initiator).chain(&decision.participants);
    for role in concerned {
        let party = Party::Role(role.clone());
        if party == *by {
            continue;
        }
        turn.send(Outgoing {
            from: by.clone(),
            to: Address::Role(role.clone()),
            kind: Kind::Notification,
            about: Some(decision.proposal.kind.clone()),
            subject: decision.proposal.subject.clone(),
            content: content.clone(),
            deadline: None,
            in_reply_to: None,
        })?;
    }
    Ok(())
}
