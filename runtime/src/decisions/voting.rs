//! Voting, the initiator's words on the tally, and the conclusion.

use echo_storage::names::{DecisionId, RoleId};
use echo_storage::quantities::Confidence;
use echo_storage::records::{Answer, Ballot, Decision, Deed, Party, Phase, Question, Reason, Tally, Vote};
use echo_storage::{Effect, Query};

use crate::authority;
use crate::turn::{Failure, Turn, refuse};

use super::{brief, climb, close, decision, enter, path_step, standing, tally};

/// A participant is asked for its ballot.
pub fn asked_to_vote(
    turn: &mut Turn<'_, '_>,
    role: &RoleId,
    id: DecisionId,
    round: u32,
) -> Result<(), Failure> {
    let decision = decision(turn, id)?;
    if decision.phase != (Phase::Voting { round }) || !decision.participants.contains(role) {
        return Ok(());
    }
    let standing = standing(turn, role, &decision)?;
    // Round by round: what this round's ballots see was frozen when the last one closed.
    let proposals = turn.state().ballots(id, round - 1)?;
    let clarifications = Vec::new();
    let brief = brief(&decision);
    turn.think(role, Question::Ballot { brief, standing, round, proposals, clarifications })
}

/// A participant's mind has voted. What it does not say is an abstention, never a vote.
pub(super) fn judged(
    turn: &mut Turn<'_, '_>,
    decision: Decision,
    role: &RoleId,
    round: u32,
    mind: &str,
    answer: &Result<Answer, String>,
) -> Result<(), Failure> {
    if decision.phase != (Phase::Voting { round }) {
        return Ok(());
    }
    // A caller who holds the role's door may have voted meanwhile; that ballot stands.
    if turn.state().ballots(decision.id, round)?.iter().any(|ballot| ballot.role == *role) {
        return Ok(());
    }
    let (vote, confidence, rationale) = match answer {
        Ok(Answer::Ballot { vote, confidence, rationale, .. }) => (*vote, *confidence, rationale.clone()),
        Ok(_) => (Vote::Abstain, Confidence::default(), "the mind answered another question".to_owned()),
        Err(reason) => (Vote::Abstain, Confidence::default(), format!("the mind gave no answer: {reason}")),
    };
    record(turn, decision, role, round, mind, vote, confidence, rationale)
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
    let decision = decision(turn, id)?;
    let Phase::Voting { round } = decision.phase else {
        return refuse(format!("decision: {id} is not being voted on"));
    };
    if !decision.participants.contains(role) {
        return refuse(format!("decision: {role} does not take part in {id}, so it cannot vote"));
    }
    if turn.state().ballots(id, round)?.iter().any(|ballot| ballot.role == *role) {
        return refuse(format!("decision: {role} has voted in round {round} of {id}"));
    }
    record(turn, decision, role, round, "caller", vote, confidence, rationale)
}

#[expect(clippy::too_many_arguments, reason = "the fields of a ballot, from two sources")]
fn record(
    turn: &mut Turn<'_, '_>,
    decision: Decision,
    role: &RoleId,
    round: u32,
    mind: &str,
    vote: Vote,
    confidence: Confidence,
    rationale: String,
) -> Result<(), Failure> {
    turn.emit(Effect::PutBallot(Ballot {
        decision: decision.id,
        round,
        role: role.clone(),
        vote,
        confidence,
        rationale,
        facts: Vec::new(),
        mind: mind.to_owned(),
        at: turn.now(),
    }))?;
    let cast = turn.state().ballots(decision.id, round)?.len();
    if cast == decision.participants.len() { end(turn, decision, round) } else { Ok(()) }
}

/// The time to vote is over: what is missing is not cast.
pub fn round_ended(turn: &mut Turn<'_, '_>, id: DecisionId, round: u32) -> Result<(), Failure> {
    let mut decision = decision(turn, id)?;
    if decision.phase != (Phase::Voting { round }) {
        return Ok(());
    }
    decision.deadline = None;
    end(turn, decision, round)
}

/// The round closes: the ballots are counted and the initiator is asked for its words on them.
pub(super) fn end(turn: &mut Turn<'_, '_>, mut decision: Decision, round: u32) -> Result<(), Failure> {
    let ballots = turn.state().ballots(decision.id, round)?;
    let tally = tally(&turn.config().rules, decision.participants.len(), &ballots);
    decision.tally = Some(tally.clone());
    // The thought's own deadline ends this phase.
    enter(turn, &mut decision, Phase::Synthesising, None)?;
    let initiator = decision.proposal.initiator.clone();
    turn.think(&initiator, Question::Synthesis { brief: brief(&decision), tally, ballots })
}

/// The initiator's mind has put the tally into words, or has not; the conclusion follows from the tally alone.
pub(super) fn synthesised(
    turn: &mut Turn<'_, '_>,
    mut decision: Decision,
    text: Option<String>,
) -> Result<(), Failure> {
    let Some(tally) = decision.tally.clone().filter(|_| decision.phase == Phase::Synthesising) else {
        return Ok(());
    };
    decision.synthesis = text;
    let initiator = decision.proposal.initiator.clone();
    let party = Party::Role(initiator.clone());
    let why = in_words(&tally);
    decision.path.push(path_step(turn, party.clone(), Deed::Concluded, why, None));
    if tally.rejected {
        return close::rejected(turn, decision, Reason::VotedDown, &party);
    }
    if tally.recommended {
        let (kind, amount) = (&decision.proposal.kind, decision.amount());
        let obstacle =
            authority::obstacle(turn.state(), turn.config(), &initiator, kind, amount, turn.now())?;
        let Some(obstacle) = obstacle else {
            return close::approved(turn, decision, Reason::Recommended, &initiator, None);
        };
        decision.path.push(path_step(turn, party, Deed::PassedUp, obstacle, None));
    } else {
        let why = "the votes do not carry it".to_owned();
        decision.path.push(path_step(turn, party, Deed::PassedUp, why, None));
    }
    climb::up(turn, decision, &initiator)
}

fn in_words(tally: &Tally) -> String {
    let share =
        tally.consensus.map_or_else(|| "nobody took a side".to_owned(), |share| format!("consensus {share}"));
    let result = match (tally.quorum, tally.rejected, tally.recommended) {
        (false, ..) => "no quorum",
        (_, true, _) => "rejected",
        (_, _, true) => "recommended",
        _ => "open",
    };
    format!(
        "{result}: {} approve, {} reject, {} abstain of {} participants, {share}",
        tally.approve, tally.reject, tally.abstain, tally.participants
    )
}
