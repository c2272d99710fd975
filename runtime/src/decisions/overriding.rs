//! Overriding: a role turns round what a role below it has decided.
//!
//! What always holds: only what a role has decided can be overridden, by a role above it on its escalation chain, which
//! needs the whole authority to turn a rejection into an approval. What a person has decided stands, and so does what was
//! rejected as incomplete. Nothing of the history is lost: the path goes on. Money that was approved counts against its
//! approver's limit as long as it would have, whatever becomes of the approval, so that nobody gains room by it.

use std::collections::BTreeSet;

use echo_storage::names::{DecisionId, RoleId};
use echo_storage::quantities::Usd;
use echo_storage::records::{Address, Agent, Decision, Deed, Kind, Party, Reason, Spend, Status, TypeTrack};
use echo_storage::{Effect, Query};

use crate::authority;
use crate::turn::{Failure, Outgoing, Turn, refuse};

use super::{close, cut, decision, path_step};

/// A role turns round a decision that was made below it, and says why and to whom.
///
/// # Errors
/// A decision that is open, that a person made, that was not made below the role, or that would be approved without the
/// authority; a reason that is empty; somebody to be told whom there is not.
pub fn override_decision(
    turn: &mut Turn<'_, '_>,
    by: &RoleId,
    id: DecisionId,
    reason: &str,
    tell: &[RoleId],
) -> Result<Decision, Failure> {
    let mut decision = decision(turn, id)?;
    for role in tell {
        turn.role(role)?;
    }
    let mut reason = reason.trim().to_owned();
    if reason.is_empty() {
        return refuse("reason: say why the decision is turned round");
    }
    cut(&mut reason);
    let decider = decider(turn, by, &decision)?;
    let was = decision.status;
    let (status, deed) = match was {
        Status::Approved => (Status::Rejected, "rejected"),
        Status::Rejected => (Status::Approved, "approved"),
        Status::Pending | Status::Escalated => {
            return refuse(format!("decision: {id} is still open; only what is decided can be overridden"));
        }
    };
    if decision.reason == Some(Reason::Overridden) && decision.decided_by == Some(Party::Role(by.clone())) {
        return refuse(format!("decision: {by} has overridden {id} already"));
    }
    let amount = decision.amount();
    if status == Status::Approved {
        let (state, config) = (turn.state(), turn.config());
        if let Some(obstacle) = authority::obstacle(state, config, by, &decision, amount, turn.now())? {
            return refuse(format!("decision: {id} cannot be approved instead: {obstacle}"));
        }
        if amount > Usd::ZERO {
            let (role, at) = (by.clone(), turn.now());
            turn.emit(Effect::PutSpend(Spend { role, at, decision: id, amount }))?;
        }
        close::count_approval(turn, by, &decision)?;
    } else {
        count_reversal(turn, &decider, &decision)?;
    }
    let party = Party::Role(by.clone());
    let why = format!("{deed} instead of what {decider} decided: {reason}");
    decision.path.push(path_step(turn, party.clone(), Deed::Overrode, why, None));
    decision.status = status;
    decision.reason = Some(Reason::Overridden);
    decision.decided_by = Some(party.clone());
    decision.closed_at = Some(turn.now());
    turn.emit(Effect::PutDecision(decision.clone()))?;
    close::remember(turn, &decision)?;
    close::tell(turn, &decision, &party)?;
    let concerned = |role: &&RoleId| {
        **role != *by && decision.proposal.initiator != **role && !decision.participants.contains(role)
    };
    let content = serde_json::json!({ "decision": id, "status": status, "reason": reason });
    let told: BTreeSet<&RoleId> = tell.iter().collect();
    for role in told.into_iter().filter(concerned) {
        turn.send(Outgoing {
            from: party.clone(),
            to: Address::Role(role.clone()),
            kind: Kind::Notification,
            subject: decision.proposal.subject.clone(),
            content: content.clone(),
            about: Some(decision.proposal.kind.clone()),
            deadline: None,
            in_reply_to: None,
        })?;
    }
    Ok(decision)
}

/// The role that decided it, which must be below the one that overrides.
fn decider(turn: &Turn<'_, '_>, by: &RoleId, decision: &Decision) -> Result<RoleId, Failure> {
    let id = decision.id;
    match (&decision.decided_by, &decision.reason) {
        (_, Some(Reason::Incomplete { .. })) => {
            refuse(format!("decision: {id} was rejected as incomplete: open it anew with what was missing"))
        }
        (Some(Party::Role(decider)), _) if authority::is_above(turn.config(), by, decider) => {
            Ok(decider.clone())
        }
        (Some(Party::Role(decider)), _) => {
            refuse(format!("decision: {id} was decided by {decider}, which is not below {by}"))
        }
        (Some(Party::Person(_) | Party::System), _) => {
            refuse(format!("decision: {id} was decided by people, and no role overrides them"))
        }
        (None, _) => refuse(format!("decision: {id} is still open; only what is decided can be overridden")),
    }
}

/// An approval that did not stand costs its approver track record.
fn count_reversal(turn: &mut Turn<'_, '_>, role: &RoleId, decision: &Decision) -> Result<(), Failure> {
    let kind = &decision.proposal.kind;
    let agent = turn.state().agent(role)?;
    let mut agent = agent.unwrap_or_else(|| Agent::new(role.clone()));
    if let Some(track) = agent.track.iter_mut().find(|track| track.kind == *kind) {
        track.stood = track.stood.saturating_sub(1);
        track.reversed += 1;
    } else {
        agent.track.push(TypeTrack { kind: kind.clone(), stood: 0, reversed: 1 });
        agent.track.sort_by(|one, other| one.kind.cmp(&other.kind));
    }
    turn.emit(Effect::PutAgent(agent))
}
