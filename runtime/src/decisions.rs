//! Decisions: from a proposal to an outcome that somebody had the authority for.
//!
//! A collaborative decision goes through these phases, each a file below:
//!
//! ```text
//! open ──> selection ──> voting ⇄ discussion ──> conclusion ──────────> closed
//!  │        who takes     rounds    questions     tally, words │   ▲
//!  │        part          of        and answers   on it, what  ▼   │
//!  │                      ballots   in between    follows    climb ┴──> a person's verdict
//!  └──> rejected: incomplete
//! ```
//!
//! `absence` says what each phase does without an agent that cannot be reached.
//!
//! What always holds: votes advise and authority decides; a phase is left once, whether its last answer or its
//! deadline comes first; what arrives after that changes nothing; the order in which answers of one phase arrive
//! changes nothing. Everything here is a function of the state and the input.

mod absence;
mod climb;
mod close;
mod conclusion;
mod discussion;
mod open;
mod overriding;
mod people;
mod selection;
mod tally;
mod voting;

pub use absence::unreachable;
pub use climb::{asked_to_decide, climb_ended, stranded};
pub use discussion::{asked_to_clarify, clarification_ended, clarified_by, clarify, known_figures};
pub use open::{decide, open};
pub use overriding::override_decision;
pub use people::{lapse, remind, verdict};
pub use selection::{asked_to_take_part, selection_ended};
pub use tally::tally;
pub use voting::{asked_to_vote, cast, round_ended, standing_ballots, update};

use std::collections::BTreeSet;

use echo_storage::names::{DecisionId, DecisionType, MemoryId, RoleId};
use echo_storage::quantities::{Confidence, Usd};
use echo_storage::records::{
    Answer, Decision, Deed, Memory, Party, PathStep, Phase, Position, Proposal, Thought, ThoughtKind,
    ThoughtState, TimerPurpose,
};
use echo_storage::{Effect, Query};

use crate::authority;
use crate::memory;
use crate::turn::{Failure, Turn, refuse};

/// How many earlier outcomes of the same type a ballot looks back on.
const REMEMBERED_OUTCOMES: usize = 5;

/// How many outcomes of other types it looks back on: those whose words fit best.
const RELATED_OUTCOMES: usize = 3;
/// Among how many memories they are looked for: the newest.
const RELATED_LOOKED: usize = 64;
/// How many words they must have in common with what is to be decided.
const RELATED_WORDS: usize = 3;

/// How many questions about a decision are ended at a time when it goes on; all of them are, in turns.
const ENDED_AT_A_TIME: usize = 100;

/// A mind has answered a question about a decision, or will not.
pub fn answered(
    turn: &mut Turn<'_, '_>,
    thought: &Thought,
    mind: &str,
    answer: &Result<Answer, String>,
) -> Result<(), Failure> {
    let decision = decision(turn, thought.decision)?;
    let role = &thought.role;
    match (&thought.kind, answer) {
        (ThoughtKind::Relevance { hits }, answer) => selection::judged(turn, decision, role, hits, answer),
        (ThoughtKind::Ballot { round: 0, .. }, answer) => climb::judged(turn, decision, role, mind, answer),
        (ThoughtKind::Ballot { round, .. }, answer) => {
            voting::judged(turn, decision, role, *round, mind, answer)
        }
        (ThoughtKind::Clarification { asker, .. }, answer) => {
            discussion::clarified(turn, decision, role, asker, mind, answer)
        }
        (ThoughtKind::Synthesis, answer) => conclusion::synthesised(turn, decision, answer),
    }
}

fn decision(turn: &Turn<'_, '_>, id: DecisionId) -> Result<Decision, Failure> {
    turn.state().decision(id)?.map_or_else(|| refuse(format!("there is no decision {id}")), Ok)
}

/// The longest text of a mind or a caller that is kept, in characters: two pages.
const MAX_TEXT_CHARS: usize = 4_000;

/// Cuts a text of a mind or a caller to what is kept of it.
fn cut(text: &mut String) {
    if text.len() > MAX_TEXT_CHARS {
        *text = text.chars().take(MAX_TEXT_CHARS).collect();
    }
}

/// Leaves a phase: its deadline is cleared and questions that are still out for it end; the next phase's deadline is
/// set, and the decision is written.
fn enter(
    turn: &mut Turn<'_, '_>,
    decision: &mut Decision,
    phase: Phase,
    deadline: Option<(u64, TimerPurpose)>,
) -> Result<(), Failure> {
    if let Some((due, timer)) = decision.deadline.take() {
        turn.clear_timer(due, timer)?;
    }
    recall_questions(turn, decision.id)?;
    if let Some((after_ms, purpose)) = deadline {
        let due = turn.now().after_ms(after_ms);
        decision.deadline = Some((due, turn.set_timer(due, purpose)?));
    }
    decision.phase = phase;
    turn.emit(Effect::PutDecision(decision.clone()))
}

/// Ends the questions about a decision that nobody waits for any more, so that they keep no agent from its mail.
fn recall_questions(turn: &mut Turn<'_, '_>, id: DecisionId) -> Result<(), Failure> {
    loop {
        let questions = turn.state().questions_out(id, ENDED_AT_A_TIME)?;
        if questions.is_empty() {
            return Ok(());
        }
        for out in questions {
            let reason = "the decision went on without it".to_owned();
            turn.emit(Effect::EndThought { thought: out, state: ThoughtState::GivenUp { reason } })?;
            if let Some(thought) = turn.state().thought(out)? {
                turn.clear_timer(thought.deadline, thought.timer)?;
            }
        }
    }
}

fn path_step(
    turn: &Turn<'_, '_>,
    who: Party,
    deed: Deed,
    why: String,
    confidence: Option<Confidence>,
) -> PathStep {
    PathStep { who, deed, why, confidence, at: turn.now() }
}

/// The tag under which outcomes of a type are remembered.
fn outcome_tag(kind: &DecisionType) -> String {
    format!("outcome {kind}")
}

/// The outcomes of other types that have words in common with what is to be decided, the best first.
fn related(turn: &Turn<'_, '_>, proposal: &Proposal) -> Result<Vec<MemoryId>, Failure> {
    let words = format!("{} {}", proposal.subject, proposal.context.description);
    let is_other =
        |memory: &Memory| memory.outcome.as_ref().is_some_and(|outcome| outcome.kind != proposal.kind);
    Ok(memory::related(turn.state(), &words, RELATED_OUTCOMES, RELATED_LOOKED, RELATED_WORDS, is_other)?)
}

/// The facts about itself that a role votes by.
fn position(turn: &Turn<'_, '_>, role: &RoleId, decision: &Decision) -> Result<Position, Failure> {
    let (state, config) = (turn.state(), turn.config());
    let own = turn.role(role)?;
    let kind = &decision.proposal.kind;
    let limits = authority::chain(config, role)
        .filter_map(|id| config.role(id).and_then(|role| role.budget_limit.map(|limit| (limit, id))));
    // The first of equals: the lowest role that may approve so much.
    let highest = limits.fold(None, |best: Option<(Usd, &RoleId)>, next| match best {
        Some(best) if best.0 >= next.0 => Some(best),
        _ => Some(next),
    });
    let spent = match highest {
        Some((_, holder)) => authority::spent(state, config, holder, turn.now())?,
        None => Usd::ZERO,
    };
    let obstacle = authority::obstacle(state, config, role, decision, decision.amount(), turn.now())?;
    let (stood, reversed) = state.track(role, kind)?;
    let remembered = state.remembered(&outcome_tag(kind), REMEMBERED_OUTCOMES)?;
    let related = decision.related.iter().map(|id| state.memory(*id)).collect::<Result<Vec<_>, _>>()?;
    // Of a decision that was turned round only the last outcome counts.
    let mut seen = BTreeSet::new();
    let memories = remembered.into_iter().chain(related.into_iter().flatten());
    let mut is_last =
        |memory: &Memory| memory.outcome.as_ref().is_some_and(|note| seen.insert(note.decision));
    let remembered = memories.filter(|memory| is_last(memory)).map(|memory| memory.id).collect();
    Ok(Position {
        inside_authority: obstacle.is_none(),
        budget_limit: own.budget_limit,
        highest_limit: highest.map(|(limit, _)| limit),
        spent,
        track_record: authority::track_record(stood, reversed),
        remembered,
    })
}
