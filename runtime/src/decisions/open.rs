//! Opening a decision: is it complete, in which mode is it decided, and who is asked.

use std::collections::BTreeSet;
use std::sync::Arc;

use echo_storage::names::{DecisionId, SessionId};
use echo_storage::quantities::Usd;
use echo_storage::records::{
    Address, Context, Decision, Deed, Kind, Mode, Opinion, Party, Phase, Proposal, Reason, Status,
    TimerPurpose,
};

use crate::authority;
use crate::mail::{Ask, topics};
use crate::matters;
use crate::turn::{Failure, MAX_SUBJECT_CHARS, Outgoing, Turn, refuse};
use crate::wording::mode_name;

use super::{climb, close, cut, enter, path_step, people, selection};

/// How long the texts of a context may be together, in bytes: what is decided is read for every question about it.
pub(super) const MAX_CONTEXT_BYTES: usize = 32 * 1024;

/// What a figure, or an entry of a list, counts beside its text, in bytes.
const FIGURE_BYTES: usize = 8;

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
    begin(turn, proposal, session)
}

/// Opens a decision on which its initiator, who calls a tool, has decided: with the authority it is decided at once,
/// without it the decision climbs, and the next one up really decides.
///
/// # Errors
/// As those of [`open`].
pub fn decide(turn: &mut Turn<'_, '_>, proposal: Proposal, own: Opinion) -> Result<DecisionId, Failure> {
    let Opinion { approve, mut rationale } = own;
    cut(&mut rationale);
    begin(turn, Proposal { opinion: Some(Opinion { approve, rationale }), ..proposal }, None)
}

fn begin(
    turn: &mut Turn<'_, '_>,
    proposal: Proposal,
    session: Option<SessionId>,
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
        proposal: Arc::new(proposal),
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
    match (decision.mode, decision.proposal.opinion.clone()) {
        (Mode::Autonomous | Mode::Collaborative, Some(own)) if !own.approve => {
            unwanted(turn, decision, &own)?;
        }
        (Mode::Collaborative, own) => {
            say(turn, &mut decision, own.as_ref(), Deed::Opened, "those concerned vote on it");
            collaborative(turn, decision)?;
        }
        (Mode::Autonomous, Some(own)) => at_once(turn, decision, &own)?,
        (Mode::Autonomous, None) => climb::by_itself(turn, decision)?,
        (Mode::Hierarchical, own) => {
            say(turn, &mut decision, own.as_ref(), Deed::PassedUp, "it is for those above");
            let from = decision.proposal.initiator.clone();
            climb::up(turn, decision, &from)?;
        }
        (Mode::Human, own) => {
            say(turn, &mut decision, own.as_ref(), Deed::PassedUp, "it is for a person");
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

/// The initiator is against its own proposal, and nothing that it touches is for others: a rejection takes no authority.
fn unwanted(turn: &mut Turn<'_, '_>, mut decision: Decision, own: &Opinion) -> Result<(), Failure> {
    let party = Party::Role(decision.proposal.initiator.clone());
    decision.path.push(path_step(turn, party.clone(), Deed::Rejected, in_words(own), None));
    close::rejected(turn, decision, Reason::Initiator, &party)
}

/// The initiator has approved it by its tool call: it has the authority, or the decision climbs with its opinion.
fn at_once(turn: &mut Turn<'_, '_>, mut decision: Decision, own: &Opinion) -> Result<(), Failure> {
    let initiator = decision.proposal.initiator.clone();
    let (state, config) = (turn.state(), turn.config());
    let obstacle = authority::obstacle(state, config, &initiator, &decision, decision.amount(), turn.now())?;
    if let Some(obstacle) = obstacle {
        say(turn, &mut decision, Some(own), Deed::PassedUp, &obstacle);
        return climb::up(turn, decision, &initiator);
    }
    let party = Party::Role(initiator.clone());
    decision.path.push(path_step(turn, party, Deed::Approved, in_words(own), None));
    close::approved(turn, decision, Reason::Authority, &initiator, None)
}

/// Notes what the initiator says of its own proposal, where it is not for it to decide.
fn say(turn: &Turn<'_, '_>, decision: &mut Decision, own: Option<&Opinion>, deed: Deed, why: &str) {
    if let Some(own) = own {
        let why = format!("{why}; its opinion: {}", in_words(own));
        let who = Party::Role(decision.proposal.initiator.clone());
        decision.path.push(path_step(turn, who, deed, why, None));
    }
}

fn in_words(own: &Opinion) -> String {
    let verdict = if own.approve { "approve" } else { "reject" };
    let rationale = own.rationale.trim();
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
    if proposal.subject.chars().any(char::is_control) {
        return refuse("subject: it has a line break or another control sign, and is one line");
    }
    let bytes = text_bytes(&proposal.context);
    if bytes > MAX_CONTEXT_BYTES {
        return refuse(format!("context: its texts have {bytes} bytes, and may have {MAX_CONTEXT_BYTES}"));
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

/// How long the texts of a context are together.
fn text_bytes(context: &Context) -> usize {
    let lists = [
        &context.stakeholders,
        &context.alternatives,
        &context.dependencies,
        &context.success_criteria,
        &context.constraints,
    ];
    let risks =
        context.risks.iter().map(|one| one.risk.len() + one.mitigation.as_ref().map_or(0, String::len));
    let questions = context.questions.iter().map(|(topic, question)| topic.len() + question.len());
    let figures = context.data.iter().map(|(name, _)| name.len() + FIGURE_BYTES);
    let each = lists.into_iter().flatten().map(|text| text.len() + FIGURE_BYTES);
    let one = [&context.description, &context.impact, &context.timeline].map(String::len);
    risks.chain(questions).chain(figures).chain(each).chain(one).sum()
}
