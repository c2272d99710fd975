//! Self-selection: each role says whether a decision concerns it.
//!
//! Two or more of a role's keywords in the text mean yes, none means no, one means that its mind is asked. A role that
//! the author says is not concerned declines, and is marked as told so. The initiator is not asked.

use echo_storage::names::{DecisionId, RoleId};
use echo_storage::records::{Answer, Context, Decision, Participation, Phase, Stance, ThoughtKind};
use echo_storage::{Effect, Query};

use crate::keywords;
use crate::matters;
use crate::supervision;
use crate::turn::{Failure, Turn};

use super::voting::{self, FIRST_ROUND};
use super::{conclusion, cut, decision};

/// How many distinct keywords make a decision a role's concern beyond doubt.
const SURE_HITS: usize = 2;

/// A role is asked whether it takes part.
pub fn asked_to_take_part(turn: &mut Turn<'_, '_>, role: &RoleId, id: DecisionId) -> Result<(), Failure> {
    let decision = decision(turn, id)?;
    if decision.phase != Phase::Selecting || decision.proposal.initiator == *role {
        return Ok(());
    }
    // An agent that could not be reached when it was asked has been counted out; being back changes nothing.
    if turn.state().participation(id, role)?.is_some() {
        return Ok(());
    }
    let keywords = turn.role(role)?.keywords.clone();
    let context = &decision.proposal.context;
    let hits = keywords::hits(&keywords::words(&text(&decision.proposal.subject, context)), &keywords);
    let invited = matters::invites(turn.config(), role, &decision);
    let (stance, reason) = if let Some(matter) = invited {
        (Stance::Assist, format!("{matter} concerns it"))
    } else if context.not_concerned.contains(role) {
        (Stance::Decline, "told by the author".to_owned())
    } else if hits.len() >= SURE_HITS {
        (Stance::Assist, format!("keywords: {}", hits.join(", ")))
    } else if hits.is_empty() {
        (Stance::Decline, "none of my keywords occurs".to_owned())
    } else {
        return turn.think(role, id, ThoughtKind::Relevance { hits });
    };
    record(turn, decision, role, stance, hits, reason)
}

/// A role's mind has said whether the decision concerns it.
pub(super) fn judged(
    turn: &mut Turn<'_, '_>,
    decision: Decision,
    role: &RoleId,
    hits: &[String],
    answer: &Result<Answer, String>,
) -> Result<(), Failure> {
    let (stance, reason) = match answer {
        Ok(Answer::Relevance { stance, reason }) => (*stance, reason.clone()),
        Ok(_) => (Stance::Decline, "the mind answered another question".to_owned()),
        Err(reason) => (Stance::Decline, format!("the mind gave no answer: {reason}")),
    };
    let mut reason = reason;
    cut(&mut reason);
    record(turn, decision, role, stance, hits.to_vec(), reason)
}

/// The time to answer is over: who has not answered does not take part.
pub fn selection_ended(turn: &mut Turn<'_, '_>, id: DecisionId) -> Result<(), Failure> {
    let mut decision = decision(turn, id)?;
    if decision.phase != Phase::Selecting {
        return Ok(());
    }
    decision.deadline = None;
    for role in asked(turn, &decision) {
        if turn.state().participation(id, &role)?.is_none() {
            let reason = "did not answer in time".to_owned();
            let (hits, at) = (Vec::new(), turn.now());
            let stance = Stance::Decline;
            let row = Participation { decision: id, role, stance, hits, reason, told: false, at };
            turn.emit(Effect::PutParticipation(row))?;
        }
    }
    end(turn, decision)
}

/// Selection has opened: who is known not to answer is not waited for.
pub(super) fn opened(turn: &mut Turn<'_, '_>, decision: &Decision) -> Result<(), Failure> {
    for role in asked(turn, decision) {
        if let Some(why) = supervision::down(turn, &role)? {
            let decision = super::decision(turn, decision.id)?;
            unreachable(turn, decision, &role, why)?;
        }
    }
    Ok(())
}

/// A role that was asked cannot be reached.
pub(super) fn unreachable(
    turn: &mut Turn<'_, '_>,
    decision: Decision,
    role: &RoleId,
    why: String,
) -> Result<(), Failure> {
    if decision.proposal.initiator == *role || turn.state().participation(decision.id, role)?.is_some() {
        return Ok(());
    }
    record(turn, decision, role, Stance::Decline, Vec::new(), why)
}

/// What is searched for keywords: what the author asks, never whom the author excludes.
fn text(subject: &str, context: &Context) -> String {
    let questions =
        context.questions.iter().flat_map(|(topic, question)| [topic.as_str(), question.as_str()]);
    let parts: Vec<&str> = [subject, &context.description].into_iter().chain(questions).collect();
    parts.join("\n")
}

fn asked(turn: &Turn<'_, '_>, decision: &Decision) -> Vec<RoleId> {
    let roles = turn.config().roles.iter().map(|role| role.id.clone());
    roles.filter(|role| *role != decision.proposal.initiator).collect()
}

fn record(
    turn: &mut Turn<'_, '_>,
    decision: Decision,
    role: &RoleId,
    stance: Stance,
    hits: Vec<String>,
    reason: String,
) -> Result<(), Failure> {
    if decision.phase != Phase::Selecting {
        return Ok(());
    }
    let told = stance == Stance::Decline && decision.proposal.context.not_concerned.contains(role);
    let at = turn.now();
    let row = Participation { decision: decision.id, role: role.clone(), stance, hits, reason, told, at };
    turn.emit(Effect::PutParticipation(row))?;
    let rows = turn.state().participations(decision.id)?;
    let has_answered = |role: &RoleId| rows.iter().any(|row| row.role == *role);
    if asked(turn, &decision).iter().all(has_answered) { end(turn, decision) } else { Ok(()) }
}

/// Selection closes: the participants are fixed and asked to vote.
fn end(turn: &mut Turn<'_, '_>, mut decision: Decision) -> Result<(), Failure> {
    let rows = turn.state().participations(decision.id)?;
    let mut most_hits = 0;
    for role in asked(turn, &decision) {
        let Some(row) = rows.iter().find(|row| row.role == role && row.stance == Stance::Assist) else {
            continue;
        };
        // More hits only: of equals the first in the order of the roles leads.
        if decision.lead.is_none() || row.hits.len() > most_hits {
            most_hits = row.hits.len();
            decision.lead = Some(role.clone());
        }
        decision.participants.push(role);
    }
    if decision.participants.is_empty() {
        return conclusion::count(turn, decision);
    }
    voting::open(turn, decision, FIRST_ROUND)
}
