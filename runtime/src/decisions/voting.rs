//! Voting: rounds of ballots. A round is a barrier: its ballots see what stood when the round before closed.
//!
//! What always holds: a round closes when every participant has cast its ballot or could not be reached, or at its
//! deadline; a ballot stands until its role casts another in a later round. So the order of arrival changes nothing,
//! and an agent that falls silent while others still discuss keeps the vote it has cast.

use echo_storage::names::{DecisionId, RoleId};
use echo_storage::quantities::Confidence;
use echo_storage::records::{
    Address, Answer, Ballot, Decision, Fact, Inquiry, Kind, Party, Phase, ThoughtKind, TimerPurpose, Vote,
};
use echo_storage::{Effect, Query, State, StoreError};

use crate::mail::{Ask, topics};
use crate::supervision;
use crate::turn::{Failure, Outgoing, Turn, refuse};

use super::{absence, conclusion, cut, decision, discussion, enter, position};

/// The first round.
pub(super) const FIRST_ROUND: u32 = 1;

/// The most facts of a ballot that are kept.
const MAX_FACTS: usize = 32;

/// A round opens: every participant is asked for its ballot.
pub(super) fn open(turn: &mut Turn<'_, '_>, mut decision: Decision, round: u32) -> Result<(), Failure> {
    let id = decision.id;
    let deadline = (turn.config().rules.round_ms, TimerPurpose::Round { decision: id, round });
    enter(turn, &mut decision, Phase::Voting { round }, Some(deadline))?;
    let initiator = Party::Role(decision.proposal.initiator.clone());
    let content =
        serde_json::json!({ "decision": id, "round": round, "participants": decision.participants });
    turn.publish(initiator.clone(), topics::DECISIONS_VOTE_REQUIRED, &decision, content)?;
    for role in decision.participants.clone() {
        turn.send(Outgoing {
            from: initiator.clone(),
            to: Address::Role(role.clone()),
            kind: Kind::Request,
            about: Some(decision.proposal.kind.clone()),
            subject: decision.proposal.subject.clone(),
            content: Ask::Vote { decision: id, round }.to_content(),
            deadline: decision.deadline.map(|(due, _)| due),
            in_reply_to: None,
        })?;
        if let Some(why) = supervision::down(turn, &role)? {
            absence::note(&mut decision, &role, round, why);
            turn.emit(Effect::PutDecision(decision.clone()))?;
        }
    }
    close_if_complete(turn, decision, round)
}

/// A participant is asked for its ballot.
pub fn asked_to_vote(
    turn: &mut Turn<'_, '_>,
    role: &RoleId,
    id: DecisionId,
    round: u32,
) -> Result<(), Failure> {
    let decision = decision(turn, id)?;
    let is_asked = decision.phase == (Phase::Voting { round }) && decision.participants.contains(role);
    if !is_asked || absence::is_noted(&decision, role, round) {
        return Ok(());
    }
    let position = position(turn, role, &decision)?;
    // What this round's ballots see was frozen when the last one closed.
    turn.think(role, id, ThoughtKind::Ballot { round, closed: round - 1, position })
}

/// A participant's mind has voted. What it does not say is an abstention, never a vote; where the role has voted before,
/// that ballot stands.
pub(super) fn judged(
    turn: &mut Turn<'_, '_>,
    mut decision: Decision,
    role: &RoleId,
    round: u32,
    mind: &str,
    answer: &Result<Answer, String>,
) -> Result<(), Failure> {
    if decision.phase != (Phase::Voting { round }) || absence::is_noted(&decision, role, round) {
        return Ok(());
    }
    // A caller who holds the role's door may have voted meanwhile; that ballot stands.
    if turn.state().ballots(decision.id, round)?.iter().any(|ballot| ballot.role == *role) {
        return Ok(());
    }
    let mind = mind.to_owned();
    let missing = match answer {
        Ok(Answer::Ballot { vote, confidence, rationale, facts, inquiry }) => {
            let (vote, confidence, rationale) = (*vote, *confidence, rationale.clone());
            let (facts, inquiry) = (facts.clone(), inquiry.clone());
            let cast = Cast { vote, confidence, rationale, facts, inquiry, mind };
            return record(turn, decision, role, round, cast);
        }
        Ok(_) => "the mind answered another question".to_owned(),
        Err(reason) => format!("the mind gave no answer: {reason}"),
    };
    let before = standing_ballots(turn.state(), decision.id, round - 1)?;
    if before.iter().any(|ballot| ballot.role == *role) {
        absence::note(&mut decision, role, round, missing);
        turn.emit(Effect::PutDecision(decision.clone()))?;
        return close_if_complete(turn, decision, round);
    }
    let (vote, confidence) = (Vote::Abstain, Confidence::default());
    let cast = Cast { vote, confidence, rationale: missing, facts: Vec::new(), inquiry: None, mind };
    record(turn, decision, role, round, cast)
}

/// A caller who holds a participant's door votes in its place.
///
/// # Errors
/// Who is no participant, has voted already, or comes before or after the vote.
pub fn cast(
    turn: &mut Turn<'_, '_>,
    role: &RoleId,
    id: DecisionId,
    vote: Vote,
    confidence: Confidence,
    rationale: String,
) -> Result<(), Failure> {
    let (decision, round) = may_vote(turn, role, id)?;
    if turn.state().ballots(id, round)?.iter().any(|ballot| ballot.role == *role) {
        return refuse(format!("decision: {role} has voted in round {round} of {id}"));
    }
    let mind = "caller".to_owned();
    let cast = Cast { vote, confidence, rationale, facts: Vec::new(), inquiry: None, mind };
    record(turn, decision, role, round, cast)
}

/// A caller who holds a participant's door replaces its ballot of the round that is still open; gives what that said. A
/// question that was asked with it stands.
///
/// # Errors
/// Who is no participant or has not voted in the round, or comes before or after the vote.
pub fn update(
    turn: &mut Turn<'_, '_>,
    role: &RoleId,
    id: DecisionId,
    vote: Vote,
    confidence: Confidence,
    rationale: String,
) -> Result<Vote, Failure> {
    let (decision, round) = may_vote(turn, role, id)?;
    let Some(before) = turn.state().ballots(id, round)?.into_iter().find(|ballot| ballot.role == *role)
    else {
        return refuse(format!(
            "decision: {role} has not voted in round {round} of {id} yet; cast the vote first"
        ));
    };
    let mind = "caller".to_owned();
    let cast = Cast { vote, confidence, rationale, facts: Vec::new(), inquiry: None, mind };
    record(turn, decision, role, round, cast)?;
    Ok(before.vote)
}

/// A decision in whose open round a role may vote, and the round.
fn may_vote(turn: &Turn<'_, '_>, role: &RoleId, id: DecisionId) -> Result<(Decision, u32), Failure> {
    let decision = decision(turn, id)?;
    let Phase::Voting { round } = decision.phase else {
        return refuse(format!("decision: {id} is not being voted on"));
    };
    if !decision.participants.contains(role) {
        return refuse(format!("decision: {role} does not take part in {id}, so it cannot vote"));
    }
    if absence::is_noted(&decision, role, round) {
        return refuse(format!(
            "decision: {role} was missing in round {round} of {id}, which goes on without it"
        ));
    }
    Ok((decision, round))
}

/// The time to vote is over: what is missing is not cast.
pub fn round_ended(turn: &mut Turn<'_, '_>, id: DecisionId, round: u32) -> Result<(), Failure> {
    let mut decision = decision(turn, id)?;
    if decision.phase != (Phase::Voting { round }) {
        return Ok(());
    }
    decision.deadline = None;
    close(turn, decision, round)
}

/// The ballots that stand at the end of a round: the last that each role has cast by then, sorted by role.
pub fn standing_ballots(
    state: &(impl State + ?Sized),
    id: DecisionId,
    round: u32,
) -> Result<Vec<Ballot>, StoreError> {
    let mut standing: Vec<Ballot> = Vec::new();
    for round in (FIRST_ROUND..=round).rev() {
        for ballot in state.ballots(id, round)? {
            if !standing.iter().any(|later| later.role == ballot.role) {
                standing.push(ballot);
            }
        }
    }
    standing.sort_by(|one, other| one.role.cmp(&other.role));
    Ok(standing)
}

/// What goes onto a ballot, whoever says it.
struct Cast {
    vote: Vote,
    confidence: Confidence,
    rationale: String,
    facts: Vec<Fact>,
    inquiry: Option<Inquiry>,
    mind: String,
}

fn record(
    turn: &mut Turn<'_, '_>,
    decision: Decision,
    role: &RoleId,
    round: u32,
    cast: Cast,
) -> Result<(), Failure> {
    let Cast { vote, confidence, mut rationale, mut facts, inquiry, mind } = cast;
    cut(&mut rationale);
    facts.truncate(MAX_FACTS);
    for fact in &mut facts {
        cut(&mut fact.name);
        cut(&mut fact.words);
    }
    turn.emit(Effect::PutBallot(Ballot {
        decision: decision.id,
        round,
        role: role.clone(),
        vote,
        confidence,
        rationale,
        facts,
        mind,
        at: turn.now(),
    }))?;
    if let Some(inquiry) = inquiry {
        discussion::inquire(turn, &decision, round, role, inquiry)?;
    }
    close_if_complete(turn, decision, round)
}

/// Closes the round once everybody has voted or could not be reached.
pub(super) fn close_if_complete(
    turn: &mut Turn<'_, '_>,
    decision: Decision,
    round: u32,
) -> Result<(), Failure> {
    let cast = turn.state().ballots(decision.id, round)?;
    let done = |role: &RoleId| {
        cast.iter().any(|ballot| ballot.role == *role) || absence::is_noted(&decision, role, round)
    };
    if decision.participants.iter().all(done) { close(turn, decision, round) } else { Ok(()) }
}

/// The round closes: what was asked in it is answered, another is held, or the votes are counted.
fn close(turn: &mut Turn<'_, '_>, mut decision: Decision, round: u32) -> Result<(), Failure> {
    decision.rounds = round;
    if !discussion::goes_on(turn, &decision, round)? {
        return conclusion::count(turn, decision);
    }
    if turn.state().clarifications(decision.id, round)?.is_empty() {
        open(turn, decision, round + 1)
    } else {
        discussion::open(turn, decision, round)
    }
}
