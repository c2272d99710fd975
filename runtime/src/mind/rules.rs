//! The built-in mind: rules that turn the facts of a question into an answer.
//!
//! What always holds: the answer is a pure function of the question and says by name that rules gave it. A ballot is a
//! sum of facts, each with its effect and its figures in words; more cost, more earlier spending or one more risk never
//! raises it, and an answer to a risk never lowers it. The subject of a proposal is for people and counts for nothing.
//!
//! | score, in thousandths | vote |
//! |---|---|
//! | 550 and above | approve |
//! | 450 to 549 | abstain |
//! | below 450 | reject |
//!
//! A score starts at 500. The favourable facts together lift it to 1000 at most before the others are taken off, so a
//! reckless cost, which takes off 1000, is outweighed by nothing. In later rounds what others cite and answer counts as
//! `rules/discussion.rs` says. The facts stand in `rules/facts.rs`, those about
//! money in `rules/money.rs`, and how amounts and durations are read from text in `rules/figures.rs`.

mod discussion;
mod facts;
mod figures;
mod money;
mod synthesis;
#[cfg(test)]
mod tests;

use echo_storage::quantities::Confidence;
use echo_storage::records::{Answer, Ballot, Clarification, Context, Fact, Stance, Vote};

use self::facts::facts;
use crate::keywords::words;
use crate::mind::{Asking, Brief, Mind, Question, Standing};
use crate::wording::vote_name;

/// Where a score starts, in thousandths: undecided.
const SCORE_START: i64 = 500;
/// The highest score.
const SCORE_MAX: i64 = 1000;
/// From this score on the vote is to approve.
const APPROVE_AT: i64 = 550;
/// Below this score the vote is to reject.
const REJECT_BELOW: i64 = 450;
/// What a fact takes off that nothing may outweigh.
const RECKLESS: i64 = -SCORE_MAX;
/// The most facts that a rationale spells out; the rest is summed up.
const MAX_RATIONALE_FACTS: usize = 6;

const _: () = assert!(REJECT_BELOW <= SCORE_START && SCORE_START < APPROVE_AT && APPROVE_AT <= SCORE_MAX);
const _: () = assert!(SCORE_MAX + RECKLESS < REJECT_BELOW);

/// The name under which the answers of [`RulesMind`] are recorded.
const NAME: &str = "rules";

/// The deterministic mind that is always there.
#[derive(Debug, Clone, Copy, Default)]
pub struct RulesMind;

impl Mind for RulesMind {
    fn name(&self) -> &'static str {
        NAME
    }

    fn ask<'a>(&'a self, question: &'a Question) -> Asking<'a> {
        Asking::Now(Ok(match question {
            Question::Relevance { brief, keywords, hits } => relevance(brief, keywords, hits),
            Question::Ballot { brief, standing, proposals, clarifications, .. } => {
                ballot(brief, standing, proposals, clarifications)
            }
            Question::Clarification { brief, inquiry, known, .. } => {
                discussion::clarify(&brief.proposal.context, inquiry, known)
            }
            Question::Synthesis { brief, tally, ballots } => {
                Answer::Synthesis { text: synthesis::text(&brief.proposal.context, tally, ballots) }
            }
        }))
    }
}

/// How sure a mind may be that decides by itself: 0.4 authority + 0.3 completeness + 0.3 track record.
///
/// Authority is 800 inside and 300 outside of it; completeness is the share of the context's ten fields that are given.
/// Three fields alone, inside authority and with a track record of 900, make 680.
pub fn confidence(inside: bool, given: usize, track: Confidence) -> Confidence {
    const INSIDE: u64 = 800;
    const OUTSIDE: u64 = 300;
    const FIELD: u64 = 1000 / Context::FIELDS as u64;
    const TENTHS: [u64; 3] = [4, 3, 3];

    let authority = if inside { INSIDE } else { OUTSIDE };
    let completeness = FIELD * given.min(Context::FIELDS) as u64;
    let [of_authority, of_completeness, of_track] = TENTHS;
    let tenths = of_authority * authority + of_completeness * completeness + of_track * u64::from(track);
    Confidence::saturating(tenths / 10)
}

/// Whether a role takes part that found too few of its keywords to know.
fn relevance(brief: &Brief, keywords: &[String], hits: &[String]) -> Answer {
    let topics = brief.proposal.context.questions.iter().map(|(topic, _)| (topic, words(topic)));
    let mine = topics.filter(|(_, folded)| !folded.is_empty()).find_map(|(topic, folded)| {
        keywords.iter().find(|keyword| words(keyword) == folded).map(|keyword| (topic, keyword))
    });
    let found = match hits {
        [] => "no keyword of mine was found".to_owned(),
        [one] => format!("only one keyword of mine was found ({one})"),
        many => format!("{} keywords of mine were found ({})", many.len(), many.join(", ")),
    };
    match mine {
        Some((topic, keyword)) => Answer::Relevance {
            stance: Stance::Assist,
            reason: format!("{found}, and a question is about {topic}, which is my keyword {keyword}"),
        },
        None => Answer::Relevance {
            stance: Stance::Decline,
            reason: format!("{found}, and no question is about a keyword of mine"),
        },
    }
}

/// A ballot: the role's own facts, what the others cite, and what was answered.
fn ballot(
    brief: &Brief,
    standing: &Standing,
    proposals: &[Ballot],
    clarifications: &[Clarification],
) -> Answer {
    let (proposal, given) = (&brief.proposal, &brief.proposal.context);
    let context = discussion::with_answers(given, clarifications);
    let mut facts = facts(&context, &proposal.kind, standing);
    discussion::credit(&mut facts, given, clarifications);
    facts.extend(discussion::unknown(&context, standing, clarifications));
    facts.extend(discussion::cited(&facts, &context, standing, proposals));
    facts.extend(facts::advised_against(proposal));
    facts.retain(|fact| fact.effect != 0);
    facts.sort_by_key(|fact| std::cmp::Reverse(fact.effect.unsigned_abs()));
    let score = score(&facts);
    let vote = if score >= APPROVE_AT {
        Vote::Approve
    } else if score < REJECT_BELOW {
        Vote::Reject
    } else {
        Vote::Abstain
    };
    let before = proposals.iter().find(|ballot| ballot.role == standing.role).map(|ballot| ballot.vote);
    Answer::Ballot {
        vote,
        confidence: confidence(standing.inside_authority, given.given(), standing.track_record),
        rationale: rationale(before, vote, score, &facts),
        inquiry: discussion::inquiry(&context, standing, clarifications, &proposal.initiator),
        facts,
    }
}

/// What the facts add up to, 0 to [`SCORE_MAX`].
fn score(facts: &[Fact]) -> i64 {
    let sum = |keep: fn(i64) -> bool| {
        facts.iter().map(|fact| fact.effect).filter(|effect| keep(*effect)).fold(0, i64::saturating_add)
    };
    let (pluses, minuses) = (sum(|effect| effect > 0), sum(|effect| effect < 0));
    SCORE_START.saturating_add(pluses).min(SCORE_MAX).saturating_add(minuses).max(0)
}

/// The vote, the score and the facts, the largest effect first. What came from others is always among those that are
/// spelled out, because it is what may have changed a vote.
fn rationale(before: Option<Vote>, vote: Vote, score: i64, facts: &[Fact]) -> String {
    let (heard, own): (Vec<&Fact>, Vec<&Fact>) = facts.iter().partition(|fact| fact.from.is_some());
    let ordered: Vec<&Fact> = heard.into_iter().chain(own).collect();
    let (spelled, rest) = ordered.split_at(ordered.len().min(MAX_RATIONALE_FACTS));
    let mut spelled = spelled.to_vec();
    spelled.sort_by_key(|fact| std::cmp::Reverse(fact.effect.unsigned_abs()));
    let mut parts: Vec<String> =
        spelled.iter().map(|fact| format!("{} ({:+})", fact.words, fact.effect)).collect();
    if !rest.is_empty() {
        let sum = rest.iter().map(|fact| fact.effect).fold(0, i64::saturating_add);
        parts.push(format!("{} more with less effect ({sum:+})", rest.len()));
    }
    if parts.is_empty() {
        parts.push("no fact counts for or against it".to_owned());
    }
    format!("{}{}", opening(before, vote, score), parts.join("; "))
}

/// How a rationale of these rules opens; what follow are its facts.
fn opening(before: Option<Vote>, vote: Vote, score: i64) -> String {
    match before.filter(|before| *before != vote) {
        Some(before) => format!("{} at {score}, {} before: ", vote_name(vote), vote_name(before)),
        None => format!("{} at {score}: ", vote_name(vote)),
    }
}

/// What follows the opening of such a rationale.
fn after_opening(rationale: &str) -> &str {
    rationale.split_once(": ").map_or(rationale, |(_, facts)| facts)
}
