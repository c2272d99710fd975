//! Opening a decision: is it complete, in which mode is it decided, and who is asked.

use std::collections::BTreeSet;

use echo_storage::names::{DecisionId, SessionId};
use echo_storage::quantities::Usd;
use echo_storage::records::{
    Address, Decision, Deed, Kind, Mode, Party, Phase, Proposal, Reason, Status, TimerPurpose,
};

use crate::authority;
use crate::mail::{Ask, topics};
use crate::matters;
use crate::turn::{Failure, MAX_SUBJECT_CHARS, Outgoing, Turn, refuse};
use crate::wording::mode_name;

use super::{climb, close, cut, enter, path_step, people, selection};

/// What whoever calls a tool says of its own proposal.
#[derive(Debug, Clone)]
pub struct OwnVerdict {
    /// Whether it approves.
    pub approve: bool,
    /// Why.
    pub rationale: String,
}

/// Opens a decision in the mode in which it is asked, or in the stricter one that its matters ask for: those concerned are
/// asked whether they take part, the initiator decides, whoever is above it does, or a person.
///
/// A proposal without one of the required fields is a decision as well: it is rejected as incomplete at once, and
/// says what is missing.
///
/// # Errors
/// An unknown initiator, type or matter, a subject that is empty or too long, money that is not named.
pub fn open(
    turn: &mut Turn<'_, '_>,
    proposal: Proposal,
    session: Option<SessionId>,
) -> Result<DecisionId, Failure> {
    begin(turn, proposal, session, None)
}

/// Opens a decision on which its initiator, who calls a tool, has decided: with the authority it is decided at once,
/// without it the decision climbs, and the next one up really decides.
///
/// # Errors
/// As those of [`open`].
pub fn decide(turn: &mut Turn<'_, '_>, proposal: Proposal, own: OwnVerdict) -> Result<DecisionId, Failure> {
    begin(turn, proposal, None, Some(own))
}

fn begin(
    turn: &mut Turn<'_, '_>,
    proposal: Proposal,
    session: Option<SessionId>,
    own: Option<OwnVerdict>,
) -> Result<DecisionId, Failure> {
    check(turn, &proposal)?;
    let initiator = Party::Role(proposal.initiator.clone());
    let mut decision = Decision {
        id: turn.new_id()?,
        session,
        matters: matters::touched(turn.config(), &proposal),
        related: super::related(turn, &proposal)?,
        mode: proposal.mode,
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
        path: Vec::new(),
        opened_at: turn.now(),
        closed_at: None,
        proposal,
    };
    let turned = matters::mode(turn.config(), &decision);
    decision.mode = turned.mode;
    let opened = opening(&decision, turned.why.as_deref());
    decision.path.push(path_step(turn, initiator.clone(), Deed::Opened, opened, None));
    let id = decision.id;
    let missing = decision.proposal.context.missing();
    if !missing.is_empty() {
        let missing = missing.into_iter().map(str::to_owned).collect();
        close::rejected(turn, decision, Reason::Incomplete { missing }, &Party::System)?;
        return Ok(id);
    }
    turn.publish(initiator, topics::DECISIONS_NEW, &decision, serde_json::json!({ "decision": id }))?;
    match (decision.mode, own) {
        (Mode::Collaborative, own) => {
            say(turn, &mut decision, own, Deed::Opened, "those concerned vote on it");
            collaborative(turn, decision)?;
        }
        (Mode::Autonomous, Some(own)) => at_once(turn, decision, own)?,
        (Mode::Autonomous, None) => climb::by_itself(turn, decision)?,
        (Mode::Hierarchical, own) => {
            say(turn, &mut decision, own, Deed::PassedUp, "it is for those above");
            let from = decision.proposal.initiator.clone();
            climb::up(turn, decision, &from)?;
        }
        (Mode::Human, own) => {
            say(turn, &mut decision, own, Deed::PassedUp, "it is for a person");
            let from = decision.proposal.initiator.clone();
            people::ask(turn, decision, &from)?;
        }
    }
    Ok(id)
}

/// How a decision was opened, in words.
fn opening(decision: &Decision, matter: Option<&str>) -> String {
    let (asked, kind) = (mode_name(decision.proposal.mode), &decision.proposal.kind);
    let amount = decision.proposal.context.budget;
    let amount = amount.map_or_else(|| "no money".to_owned(), |budget| budget.to_string());
    match matter {
        None => format!("{asked} decision on {kind}, for {amount}"),
        Some(matter) => {
            let mode = mode_name(decision.mode);
            format!("{mode} decision on {kind}, for {amount}: asked as {asked}, but it touches {matter}")
        }
    }
}

/// Every other role is asked whether it takes part.
fn collaborative(turn: &mut Turn<'_, '_>, mut decision: Decision) -> Result<(), Failure> {
    let id = decision.id;
    let deadline = turn.config().rules.selection_ms;
    enter(turn, &mut decision, Phase::Selecting, Some((deadline, TimerPurpose::Selection { decision: id })))?;
    let everybody = echo_storage::names::Topic::new(topics::ALL);
    turn.send(Outgoing {
        from: Party::Role(decision.proposal.initiator.clone()),
        to: Address::Topic(everybody.map_err(|error| Failure::Refused(error.to_string()))?),
        kind: Kind::Request,
        about: Some(decision.proposal.kind.clone()),
        subject: decision.proposal.subject.clone(),
        content: Ask::TakePart { decision: id }.to_content(),
        deadline: decision.deadline.map(|(due, _)| due),
        in_reply_to: None,
    })?;
    selection::opened(turn, &decision)
}

/// The initiator has decided by its tool call: it has the authority, or the decision climbs with its opinion.
fn at_once(turn: &mut Turn<'_, '_>, mut decision: Decision, own: OwnVerdict) -> Result<(), Failure> {
    let initiator = decision.proposal.initiator.clone();
    let party = Party::Role(initiator.clone());
    let (state, config) = (turn.state(), turn.config());
    let obstacle = authority::obstacle(state, config, &initiator, &decision, decision.amount(), turn.now())?;
    match obstacle {
        Some(obstacle) => {
            say(turn, &mut decision, Some(own), Deed::PassedUp, &obstacle);
            climb::up(turn, decision, &initiator)
        }
        None if own.approve => {
            let why = in_words(&own);
            decision.path.push(path_step(turn, party, Deed::Approved, why, None));
            close::approved(turn, decision, Reason::Authority, &initiator, None)
        }
        None => {
            let why = in_words(&own);
            decision.path.push(path_step(turn, party.clone(), Deed::Rejected, why, None));
            close::rejected(turn, decision, Reason::Authority, &party)
        }
    }
}

/// Notes what the initiator says of its own proposal, where it is not for it to decide.
fn say(turn: &Turn<'_, '_>, decision: &mut Decision, own: Option<OwnVerdict>, deed: Deed, why: &str) {
    if let Some(own) = own {
        let why = format!("{why}; its opinion: {}", in_words(&own));
        let who = Party::Role(decision.proposal.initiator.clone());
        decision.path.push(path_step(turn, who, deed, why, None));
    }
}

fn in_words(own: &OwnVerdict) -> String {
    let verdict = if own.approve { "approve" } else { "reject" };
    let mut rationale = own.rationale.trim().to_owned();
    cut(&mut rationale);
    if rationale.is_empty() {
        format!("{verdict}, by its own call")
    } else {
        format!("{verdict}, by its own call: {rationale}")
    }
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
    if let Some(unknown) = proposal.matters.iter().find(|one| !matters::is_known(turn.config(), one)) {
        let rules = turn.config().roles.iter().flat_map(|role| &role.matters);
        let known: BTreeSet<&str> = rules.map(|rule| rule.matter.as_str()).collect();
        let known: Vec<&str> = known.into_iter().collect();
        return refuse(format!("matters: nobody knows `{unknown}`; the matters are {}", known.join(", ")));
    }
    let spends = turn.config().roles.iter().any(|role| role.spends.contains(&proposal.kind));
    if spends && proposal.context.budget.is_none_or(|amount| amount == Usd::ZERO) {
        return refuse(format!("budget_usd: a decision on {} says how much, above nothing", proposal.kind));
    }
    Ok(())
}
