//! Opening a decision: is it complete, and who is asked.

use echo_storage::names::{DecisionId, SessionId};
use echo_storage::records::{
    Address, Decision, Deed, Kind, Mode, Party, Phase, Proposal, Reason, Status, TimerPurpose,
};

use crate::mail::{Ask, topics};
use crate::turn::{Failure, MAX_SUBJECT_CHARS, Outgoing, Turn, refuse};

use super::{close, enter, path_step, selection};

/// Opens a decision and asks every other role whether it takes part.
///
/// A proposal without one of the required fields is a decision as well: it is rejected as incomplete at once, and
/// says what is missing.
///
/// # Errors
/// An unknown initiator or type, a subject that is empty or too long, a mode that is not supported.
pub fn open(
    turn: &mut Turn<'_, '_>,
    proposal: Proposal,
    session: Option<SessionId>,
) -> Result<DecisionId, Failure> {
    check(turn, &proposal)?;
    let initiator = Party::Role(proposal.initiator.clone());
    let amount = proposal.context.budget.map_or_else(|| "no money".to_owned(), |budget| budget.to_string());
    let why = format!("{} decision on {}, for {amount}", mode_name(proposal.mode), proposal.kind);
    let mut decision = Decision {
        id: turn.new_id()?,
        session,
        status: Status::Pending,
        phase: Phase::Selecting,
        deadline: None,
        participants: Vec::new(),
        lead: None,
        rounds: 0,
        absences: Vec::new(),
        tally: None,
        synthesis: None,
        reason: None,
        decided_by: None,
        path: vec![path_step(turn, initiator.clone(), Deed::Opened, why, None)],
        opened_at: turn.now(),
        closed_at: None,
        proposal,
    };
    let id = decision.id;
    let missing = decision.proposal.context.missing();
    if !missing.is_empty() {
        let missing = missing.into_iter().map(str::to_owned).collect();
        close::rejected(turn, decision, Reason::Incomplete { missing }, &Party::System)?;
        return Ok(id);
    }
    let deadline = turn.config().rules.selection_ms;
    enter(turn, &mut decision, Phase::Selecting, Some((deadline, TimerPurpose::Selection { decision: id })))?;
    let everybody = echo_storage::names::Topic::new(topics::ALL);
    turn.send(Outgoing {
        from: initiator.clone(),
        to: Address::Topic(everybody.map_err(|error| Failure::Refused(error.to_string()))?),
        kind: Kind::Request,
        about: Some(decision.proposal.kind.clone()),
        subject: decision.proposal.subject.clone(),
        content: Ask::TakePart { decision: id }.to_content(),
        deadline: decision.deadline.map(|(due, _)| due),
        in_reply_to: None,
    })?;
    turn.publish(initiator, topics::DECISIONS_NEW, &decision, serde_json::json!({ "decision": id }))?;
    selection::opened(turn, &decision)?;
    Ok(id)
}

fn check(turn: &Turn<'_, '_>, proposal: &Proposal) -> Result<(), Failure> {
    turn.role(&proposal.initiator)?;
    let types = || turn.config().roles.iter().flat_map(|role| role.may_decide.iter());
    if !types().any(|kind| *kind == proposal.kind) {
        let known: Vec<&str> = types().map(echo_storage::names::DecisionType::as_str).collect();
        return refuse(format!(
            "type: nobody has authority over `{}`; the types are {}",
            proposal.kind,
            known.join(", ")
        ));
    }
    let chars = proposal.subject.chars().count();
    if chars == 0 || chars > MAX_SUBJECT_CHARS {
        return refuse(format!("subject: it has {chars} characters, and needs 1 to {MAX_SUBJECT_CHARS}"));
    }
    if proposal.mode != Mode::Collaborative {
        return refuse(format!(
            "mode: {} decisions are not supported yet; use collaborative",
            mode_name(proposal.mode)
        ));
    }
    Ok(())
}

fn mode_name(mode: Mode) -> &'static str {
    match mode {
        Mode::Autonomous => "autonomous",
        Mode::Collaborative => "collaborative",
        Mode::Hierarchical => "hierarchical",
        Mode::Human => "human",
    }
}
