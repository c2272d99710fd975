//! Climbing: one role after the other up the escalation chain, and at its end a person.
//!
//! At each step the role's mind ballots. The role decides if it has the authority and is sure enough; otherwise it
//! passes the decision up with its opinion. A role that does not answer in time, or whose agent is down, is passed over
//! and the path says so.

use echo_storage::names::{ApprovalId, DecisionId, RoleId};
use echo_storage::quantities::Confidence;
use echo_storage::records::{
    Address, Answer, Approval, Decision, Deed, Kind, Party, Phase, Question, Reason, Status, TimerPurpose,
    Verdict, Vote,
};
use echo_storage::{Effect, Query};

use crate::mail::{Ask, topics};
use crate::mind;
use crate::supervision;
use crate::turn::{Failure, Outgoing, Turn, refuse};

use super::{brief, close, cut, decision, discussion, enter, path_step, standing, voting};

/// The round that a ballot up the chain sees as its own: it belongs to none.
const NO_ROUND: u32 = 0;

/// Hands a decision to whoever is above `from`. Roles whose agent is down are passed over, and the path says so.
pub(super) fn up(turn: &mut Turn<'_, '_>, mut decision: Decision, from: &RoleId) -> Result<(), Failure> {
    let mut from = from.clone();
    let next = loop {
        // A role that the configuration has no more hands it to a person as well.
        let Some(next) = turn.config().role(&from).and_then(|role| role.escalates_to.clone()) else {
            return ask_person(turn, decision, &from);
        };
        let Some(why) = supervision::down(turn, &next)? else { break next };
        let party = Party::Role(next.clone());
        decision.path.push(path_step(turn, party, Deed::PassedUp, format!("passed over: {why}"), None));
        from = next;
    };
    let id = decision.id;
    let deadline = (turn.config().rules.round_ms, TimerPurpose::Climb { decision: id });
    enter(turn, &mut decision, Phase::Climbing { at: next.clone() }, Some(deadline))?;
    turn.send(Outgoing {
        from: Party::Role(from),
        to: Address::Role(next),
        kind: Kind::Escalation,
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
    let standing = standing(turn, role, &decision)?;
    let proposals = voting::standing_ballots(turn.state(), id, decision.rounds)?;
    let clarifications = discussion::so_far(turn.state(), id, decision.rounds)?;
    let brief = brief(&decision);
    turn.think(role, Question::Ballot { brief, standing, round: NO_ROUND, proposals, clarifications })
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
    let standing = standing(turn, role, &decision)?;
    let given = decision.proposal.context.given();
    let confidence = mind::confidence(standing.inside_authority, given, standing.track_record);
    let threshold = turn.role(role)?.threshold;
    let sure = standing.inside_authority && confidence >= threshold;
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
            let obstacle = if !standing.inside_authority {
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
    ask_person(turn, decision, &initiator)
}

/// Nobody is left above: a person is asked.
fn ask_person(turn: &mut Turn<'_, '_>, mut decision: Decision, from: &RoleId) -> Result<(), Failure> {
    let approval: ApprovalId = turn.new_id()?;
    let why = decision.path.last().map(|step| format!("{}: {}", step.who, step.why)).unwrap_or_default();
    decision.status = Status::Escalated;
    let asked = "nobody below a person could decide it".to_owned();
    decision.path.push(path_step(turn, Party::Role(from.clone()), Deed::AskedPerson, asked, None));
    enter(turn, &mut decision, Phase::Waiting { approval }, None)?;
    turn.emit(Effect::PutApproval(Approval {
        id: approval,
        decision: decision.id,
        why,
        asked_at: turn.now(),
        verdict: None,
    }))?;
    let content = serde_json::json!({ "decision": decision.id, "approval": approval });
    turn.publish(Party::Role(from.clone()), topics::DECISIONS_ESCALATED, &decision, content)
}

/// A person decides. The first answer wins.
///
/// # Errors
/// A question that there is not, or that somebody has answered.
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
            "{id} was {what} by {} at {}: the first answer counts",
            verdict.person, verdict.at
        ));
    }
    let mut decision = decision(turn, approval.decision)?;
    if decision.phase != (Phase::Waiting { approval: id }) {
        return refuse(format!("{} does not wait for {id}", decision.id));
    }
    let (person, door, note, at) = (person.to_owned(), door.to_owned(), note.to_owned(), turn.now());
    let why = if note.is_empty() { format!("by the {door}") } else { format!("by the {door}: {note}") };
    approval.verdict = Some(Verdict { approve, person: person.clone(), door, note, at });
    turn.emit(Effect::PutApproval(approval))?;
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
