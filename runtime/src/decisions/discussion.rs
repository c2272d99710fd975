//! Discussion: whether another round is held, and what participants ask of each other before it.
//!
//! After a round there is another if something was asked in it; after the first also unless all approve or all reject;
//! after a later one also if a vote has changed; never more than [`Rules::rounds`](echo_storage::records::Rules::rounds).
//!
//! What always holds: a question is asked with a ballot, at most one with each, of the initiator or a participant. The
//! next round opens when all are answered, when those who do not answer are known not to, or at the deadline.

use echo_storage::names::{DecisionId, RoleId};
use echo_storage::records::{
    Address, Answer, Clarification, Decision, Inquiry, Kind, Party, Phase, Reply, ThoughtKind, TimerPurpose,
    Vote,
};
use echo_storage::{Effect, Query, State, StoreError};

use crate::mail::Ask;
use crate::mind::KnownFigure;
use crate::supervision;
use crate::turn::{Failure, Outgoing, Turn};

use super::voting::{self, FIRST_ROUND};
use super::{cut, decision, enter};

/// How many decisions before this one are searched for a figure that is wanted.
const SEARCHED_DECISIONS: usize = 32;

/// Notes what a participant wants to know. What cannot be asked is left out: the ballot counts all the same.
pub(super) fn inquire(
    turn: &mut Turn<'_, '_>,
    decision: &Decision,
    round: u32,
    asker: &RoleId,
    mut inquiry: Inquiry,
) -> Result<(), Failure> {
    let known = decision.proposal.initiator == inquiry.to || decision.participants.contains(&inquiry.to);
    if !known || inquiry.to == *asker || round >= turn.config().rules.rounds {
        return Ok(());
    }
    cut(&mut inquiry.question);
    cut(&mut inquiry.figure);
    turn.emit(Effect::PutClarification(Clarification {
        decision: decision.id,
        round,
        asker: asker.clone(),
        inquiry,
        reply: None,
        message: None,
        asked_at: turn.now(),
    }))
}

/// Whether another round follows the one that closes.
pub(super) fn goes_on(turn: &Turn<'_, '_>, decision: &Decision, round: u32) -> Result<bool, Failure> {
    let (state, id) = (turn.state(), decision.id);
    if round >= turn.config().rules.rounds {
        return Ok(false);
    }
    if !state.clarifications(id, round)?.is_empty() {
        return Ok(true);
    }
    let now = voting::standing_ballots(state, id, round)?;
    if round == FIRST_ROUND {
        let all = |vote: Vote| now.iter().all(|ballot| ballot.vote == vote);
        return Ok(!(all(Vote::Approve) || all(Vote::Reject)));
    }
    let before = voting::standing_ballots(state, id, round - 1)?;
    let vote_before =
        |role: &RoleId| before.iter().find(|ballot| ballot.role == *role).map(|ballot| ballot.vote);
    Ok(now.iter().any(|ballot| vote_before(&ballot.role) != Some(ballot.vote)))
}

/// What was asked by the end of a round, with the answers, in the order of rounds and askers.
pub fn clarified_by(
    state: &(impl State + ?Sized),
    id: DecisionId,
    round: u32,
) -> Result<Vec<Clarification>, StoreError> {
    let mut all = Vec::new();
    for round in FIRST_ROUND..=round {
        all.extend(state.clarifications(id, round)?);
    }
    Ok(all)
}

/// Those who were asked something with the ballots of a round are told what.
pub(super) fn open(turn: &mut Turn<'_, '_>, mut decision: Decision, round: u32) -> Result<(), Failure> {
    let id = decision.id;
    let deadline =
        (turn.config().rules.clarification_ms, TimerPurpose::Clarification { decision: id, round });
    enter(turn, &mut decision, Phase::Clarifying { round }, Some(deadline))?;
    for mut clarification in turn.state().clarifications(id, round)? {
        let (asker, to) = (clarification.asker.clone(), clarification.inquiry.to.clone());
        let message = turn.send(Outgoing {
            from: Party::Role(asker.clone()),
            to: Address::Role(to.clone()),
            kind: Kind::Request,
            about: Some(decision.proposal.kind.clone()),
            subject: format!("About {id}: {}", clarification.inquiry.question),
            content: Ask::Clarify { decision: id, round, asker }.to_content(),
            deadline: decision.deadline.map(|(due, _)| due),
            in_reply_to: None,
        })?;
        clarification.message = Some(message);
        match supervision::down(turn, &to)? {
            Some(why) => answer(turn, clarification, why, None, "none")?,
            None => turn.emit(Effect::PutClarification(clarification))?,
        }
    }
    close_if_complete(turn, decision, round)
}

/// A role is asked what another wants to know.
pub fn asked_to_clarify(
    turn: &mut Turn<'_, '_>,
    role: &RoleId,
    id: DecisionId,
    round: u32,
    asker: &RoleId,
) -> Result<(), Failure> {
    let decision = decision(turn, id)?;
    let Some(clarification) = open_question(turn, &decision, round, asker)? else { return Ok(()) };
    if clarification.inquiry.to != *role {
        return Ok(());
    }
    turn.think(role, id, ThoughtKind::Clarification { round, asker: asker.clone() })
}

/// The mind of a role that was asked something has answered.
pub(super) fn clarified(
    turn: &mut Turn<'_, '_>,
    decision: Decision,
    role: &RoleId,
    asker: &RoleId,
    mind: &str,
    given: &Result<Answer, String>,
) -> Result<(), Failure> {
    let Phase::Clarifying { round } = decision.phase else { return Ok(()) };
    let Some(clarification) = open_question(turn, &decision, round, asker)? else { return Ok(()) };
    if clarification.inquiry.to != *role {
        return Ok(());
    }
    let (text, figure) = match given {
        Ok(Answer::Clarification { text, figure }) => (text.clone(), *figure),
        Ok(_) => ("the mind answered another question".to_owned(), None),
        Err(reason) => (format!("the mind gave no answer: {reason}"), None),
    };
    tell(turn, decision, role, clarification, Reply { text, figure, mind: mind.to_owned(), at: turn.now() })
}

/// A caller who holds the door of a role that was asked something answers in its place, as its mind would; gives whom it
/// answered, or nothing where nobody waits for an answer of that role's. Where several do and none is named, the first
/// in the order of their ids is answered.
///
/// # Errors
/// A decision that there is not.
pub fn clarify(
    turn: &mut Turn<'_, '_>,
    role: &RoleId,
    id: DecisionId,
    asker: Option<&RoleId>,
    text: String,
    figure: Option<u64>,
) -> Result<Option<RoleId>, Failure> {
    let decision = decision(turn, id)?;
    let Phase::Clarifying { round } = decision.phase else { return Ok(None) };
    let is_meant = |one: &Clarification| {
        one.inquiry.to == *role && one.reply.is_none() && asker.is_none_or(|asker| one.asker == *asker)
    };
    let questions = turn.state().clarifications(id, round)?;
    let Some(clarification) = questions.into_iter().find(is_meant) else { return Ok(None) };
    let asker = clarification.asker.clone();
    let reply = Reply { text, figure, mind: "caller".to_owned(), at: turn.now() };
    tell(turn, decision, role, clarification, reply)?;
    Ok(Some(asker))
}

/// The asker is told the answer, and the next round opens once everything is answered.
fn tell(
    turn: &mut Turn<'_, '_>,
    decision: Decision,
    role: &RoleId,
    clarification: Clarification,
    reply: Reply,
) -> Result<(), Failure> {
    let Reply { mut text, figure, mind, .. } = reply;
    cut(&mut text);
    let Phase::Clarifying { round } = decision.phase else { return Ok(()) };
    let content = serde_json::json!({ "decision": decision.id, "answer": text, "figure": figure });
    turn.send(Outgoing {
        from: Party::Role(role.clone()),
        to: Address::Role(clarification.asker.clone()),
        kind: Kind::Response,
        about: Some(decision.proposal.kind.clone()),
        subject: format!("About {}: {text}", decision.id),
        content,
        deadline: None,
        in_reply_to: clarification.message,
    })?;
    answer(turn, clarification, text, figure, &mind)?;
    close_if_complete(turn, decision, round)
}

/// A role that was asked something cannot be reached.
pub(super) fn unreachable(
    turn: &mut Turn<'_, '_>,
    decision: Decision,
    role: &RoleId,
    round: u32,
    asker: &RoleId,
    why: String,
) -> Result<(), Failure> {
    let Some(clarification) = open_question(turn, &decision, round, asker)? else { return Ok(()) };
    if clarification.inquiry.to != *role {
        return Ok(());
    }
    answer(turn, clarification, why, None, "none")?;
    close_if_complete(turn, decision, round)
}

/// The time to answer is over: the next round goes without what is missing.
pub fn clarification_ended(turn: &mut Turn<'_, '_>, id: DecisionId, round: u32) -> Result<(), Failure> {
    let mut decision = decision(turn, id)?;
    if decision.phase != (Phase::Clarifying { round }) {
        return Ok(());
    }
    decision.deadline = None;
    for clarification in turn.state().clarifications(id, round)? {
        if clarification.reply.is_none() {
            answer(turn, clarification, "no answer in time".to_owned(), None, "none")?;
        }
    }
    voting::open(turn, decision, round + 1)
}

/// A question of this round that waits for its answer.
fn open_question(
    turn: &Turn<'_, '_>,
    decision: &Decision,
    round: u32,
    asker: &RoleId,
) -> Result<Option<Clarification>, Failure> {
    if decision.phase != (Phase::Clarifying { round }) {
        return Ok(None);
    }
    let questions = turn.state().clarifications(decision.id, round)?;
    Ok(questions.into_iter().find(|one| one.asker == *asker && one.reply.is_none()))
}

fn answer(
    turn: &mut Turn<'_, '_>,
    mut clarification: Clarification,
    text: String,
    figure: Option<u64>,
    mind: &str,
) -> Result<(), Failure> {
    let mut text = text;
    cut(&mut text);
    clarification.reply = Some(Reply { text, figure, mind: mind.to_owned(), at: turn.now() });
    turn.emit(Effect::PutClarification(clarification))
}

fn close_if_complete(turn: &mut Turn<'_, '_>, decision: Decision, round: u32) -> Result<(), Failure> {
    let questions = turn.state().clarifications(decision.id, round)?;
    if questions.iter().any(|one| one.reply.is_none()) {
        return Ok(());
    }
    voting::open(turn, decision, round + 1)
}

/// What earlier decisions were told for a figure, newest first.
pub fn known_figures(
    state: &(impl State + ?Sized),
    before: DecisionId,
    figure: &str,
) -> Result<Vec<KnownFigure>, StoreError> {
    let earlier = state.decisions(Some(before), SEARCHED_DECISIONS)?;
    let given = earlier.iter().filter_map(|decision| {
        let data = &decision.proposal.context.data;
        let (_, value) = data.iter().find(|(name, _)| name == figure)?;
        Some(KnownFigure { decision: decision.id, value: *value })
    });
    Ok(given.collect())
}
