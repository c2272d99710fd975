//! Climbing: one role after the other up the escalation chain, and at its end a person.
//!
//! A decision that its initiator makes by itself begins there with the initiator. At each step the role's mind ballots. The
//! role decides if it has the authority and is sure enough; otherwise it
//! passes the decision up with its opinion. A role that does not answer in time, or whose agent is down, is passed over
//! and the path says so.

use echo_storage::names::{DecisionId, RoleId};
use echo_storage::records::{
    Address, Answer, Decision, Deed, Kind, Party, Phase, Reason, ThoughtKind, TimerPurpose, Vote,
};

use crate::mail::Ask;
use crate::mind;
use crate::supervision;
use crate::turn::{Failure, Outgoing, Turn};

use super::{close, cut, decision, enter, path_step, people, position};

/// The round that a ballot up the chain sees as its own: it belongs to none.
const NO_ROUND: u32 = 0;

/// Hands a decision to whoever is above `from`. Roles whose agent is down are passed over, and the path says so.
pub(super) fn up(turn: &mut Turn<'_, '_>, mut decision: Decision, from: &RoleId) -> Result<(), Failure> {
    let mut from = from.clone();
    let next = loop {
        // A role that the configuration has no more hands it to a person as well.
        let Some(next) = turn.config().role(&from).and_then(|role| role.escalates_to.clone()) else {
            return people::ask(turn, decision, &from);
        };
        let Some(why) = supervision::down(turn, &next)? else { break next };
        let party = Party::Role(next.clone());
        decision.path.push(path_step(turn, party, Deed::PassedUp, format!("passed over: {why}"), None));
        from = next;
    };
    ask(turn, decision, Party::Role(from), next, Kind::Escalation)
}

/// Has the initiator decide by itself; where its agent is down, whoever is above it.
pub(super) fn by_itself(turn: &mut Turn<'_, '_>, mut decision: Decision) -> Result<(), Failure> {
    let initiator = decision.proposal.initiator.clone();
    if let Some(why) = supervision::down(turn, &initiator)? {
        let party = Party::Role(initiator.clone());
        decision.path.push(path_step(turn, party, Deed::PassedUp, format!("passed over: {why}"), None));
        return up(turn, decision, &initiator);
    }
    ask(turn, decision, Party::System, initiator, Kind::Request)
}

/// Asks a role to decide.
fn ask(
    turn: &mut Turn<'_, '_>,
    mut decision: Decision,
    from: Party,
    role: RoleId,
    kind: Kind,
) -> Result<(), Failure> {
    let id = decision.id;
    let deadline = (turn.config().rules.round_ms, TimerPurpose::Climb { decision: id });
    enter(turn, &mut decision, Phase::Climbing { at: role.clone() }, Some(deadline))?;
    turn.send(Outgoing {
        from,
        to: Address::Role(role),
        kind,
        about: Some(decision.proposal.kind.clone()),
        subject: decision.proposal.subject.clone(),
        content: Ask::Decide { decision: id }.to_content(),
        deadline: decision.deadline.map(|(due, _)| due),
        in_reply_to: None,
    })?;
    Ok(())
}

/// A role up the chain is asked to decide.
pub fn asked_to_decide(turn: &mut Turn<'_, '_>, role: &RoleId, id: DecisionId) -> Result<(), Failure> {
    let decision = decision(turn, id)?;
    if decision.phase != (Phase::Climbing { at: role.clone() }) {
        return Ok(());
    }
    let position = position(turn, role, &decision)?;
    turn.think(role, id, ThoughtKind::Ballot { round: NO_ROUND, closed: decision.rounds, position })
}

/// The mind of a role up the chain has spoken.
pub(super) fn judged(
    turn: &mut Turn<'_, '_>,
    mut decision: Decision,
    role: &RoleId,
    mind: &str,
    answer: &Result<Answer, String>,
) -> Result<(), Failure> {
    if decision.phase != (Phase::Climbing { at: role.clone() }) {
        return Ok(());
    }
    let party = Party::Role(role.clone());
    let (vote, rationale) = match answer {
        Ok(Answer::Ballot { vote, rationale, .. }) => (*vote, format!("{rationale} [{mind}]")),
        Ok(_) => (Vote::Abstain, "the mind answered another question".to_owned()),
        Err(reason) => (Vote::Abstain, format!("the mind gave no answer: {reason}")),
    };
    let mut rationale = rationale;
    cut(&mut rationale);
    // How sure a role must be to decide by itself is worked out here, whatever the mind says of itself.
    let position = position(turn, role, &decision)?;
    let given = decision.proposal.context.given();
    let confidence = mind::confidence(position.inside_authority, given, position.track_record);
    let threshold = turn.role(role)?.threshold;
    let sure = position.inside_authority && confidence >= threshold;
    match vote {
        Vote::Approve if sure => {
            let path = path_step(turn, party, Deed::Approved, rationale, Some(confidence));
            decision.path.push(path);
            close::approved(turn, decision, Reason::Authority, role, Some(confidence))
        }
        Vote::Reject if sure => {
            let path = path_step(turn, party.clone(), Deed::Rejected, rationale, Some(confidence));
            decision.path.push(path);
            close::rejected(turn, decision, Reason::Authority, &party)
        }
        _ => {
            let obstacle = if !position.inside_authority {
                "outside its authority".to_owned()
            } else if confidence < threshold {
                format!("confidence {confidence} below its threshold {threshold}")
            } else {
                "undecided".to_owned()
            };
            let why = format!("{obstacle}; its opinion: {rationale}");
            let path = path_step(turn, party, Deed::PassedUp, why, Some(confidence));
            decision.path.push(path);
            up(turn, decision, role)
        }
    }
}

/// The role up the chain has not answered in time.
pub fn climb_ended(turn: &mut Turn<'_, '_>, id: DecisionId) -> Result<(), Failure> {
    let mut decision = decision(turn, id)?;
    let Phase::Climbing { at } = decision.phase.clone() else { return Ok(()) };
    decision.deadline = None;
    pass_over(turn, decision, &at, "did not answer in time".to_owned())
}

/// The role up the chain cannot be reached.
pub(super) fn unreachable(
    turn: &mut Turn<'_, '_>,
    decision: Decision,
    role: &RoleId,
    why: &str,
) -> Result<(), Failure> {
    if decision.phase != (Phase::Climbing { at: role.clone() }) {
        return Ok(());
    }
    pass_over(turn, decision, role, format!("passed over: {why}"))
}

fn pass_over(
    turn: &mut Turn<'_, '_>,
    mut decision: Decision,
    role: &RoleId,
    why: String,
) -> Result<(), Failure> {
    decision.path.push(path_step(turn, Party::Role(role.clone()), Deed::PassedUp, why, None));
    up(turn, decision, role)
}

/// The step that should have led it on failed: a person is asked, with the reason.
pub fn stranded(turn: &mut Turn<'_, '_>, id: DecisionId, reason: &str) -> Result<(), Failure> {
    let mut decision = decision(turn, id)?;
    if matches!(decision.phase, Phase::Waiting { .. } | Phase::Closed) {
        return Ok(());
    }
    decision.deadline = None;
    let initiator = decision.proposal.initiator.clone();
    let why = format!("it could not go on: {reason}");
    decision.path.push(path_step(turn, Party::Role(initiator.clone()), Deed::PassedUp, why, None));
    people::ask(turn, decision, &initiator)
}
