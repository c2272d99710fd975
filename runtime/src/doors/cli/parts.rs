//! The parts of a decision as programs read them and as they stand on a page: ballots, facts, questions, the count, the
//! path, and what it waits for.
//!
//! What always holds: text and JSON are made of the same values. Facts are in the order of their effect, the largest
//! first, whichever way it points.

use echo_storage::names::{ApprovalId, DecisionId, RoleId};
use echo_storage::records::{
    Absence, Ballot, Clarification, Decision, Deed, Fact, FactKind, PathStep, Phase, Stance, Tally, Vote,
};
use echo_storage::{Query, State, StoreError};
use serde::Serialize;

use super::names::{decimal, word};
use crate::text_page::TextPage;
use crate::wording;

/// A ballot.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct BallotPart {
    pub(super) round: u32,
    pub(super) role: RoleId,
    pub(super) vote: Vote,
    /// How sure, 0 to 1.
    pub(super) confidence: f64,
    pub(super) rationale: String,
    /// Empty where its mind gave words only.
    pub(super) facts: Vec<FactPart>,
    pub(super) mind: String,
    pub(super) cast_at: String,
}

/// Something that speaks for or against.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct FactPart {
    pub(super) name: String,
    pub(super) kind: FactKind,
    pub(super) words: String,
    /// What it adds to the score, or takes off, in thousandths.
    pub(super) effect: i64,
    /// Whose fact it is, where it was taken from somebody else.
    pub(super) from: Option<RoleId>,
}

/// A question between two roles, with what came of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct QuestionPart {
    /// The round with whose ballot it was asked.
    pub(super) round: u32,
    pub(super) asker: RoleId,
    pub(super) asked: RoleId,
    pub(super) question: String,
    /// Null while it waits.
    pub(super) answer: Option<String>,
    /// The figure that was wanted, where it is known.
    pub(super) figure: Option<u64>,
    pub(super) mind: Option<String>,
    pub(super) asked_at: String,
    pub(super) answered_at: Option<String>,
}

/// Heads counted.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct CountPart {
    pub(super) approve: u32,
    pub(super) reject: u32,
    pub(super) abstain: u32,
    pub(super) participants: u32,
    pub(super) quorum: bool,
    /// Approvals among approvals and rejections, 0 to 1.
    pub(super) consensus: Option<f64>,
    /// The same, each head weighted by its confidence; it decides nothing.
    pub(super) weighted: Option<f64>,
    pub(super) recommended: bool,
    pub(super) rejected: bool,
    /// The count as people read it.
    #[serde(skip)]
    pub(super) words: String,
}

/// What somebody did on the way.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct StepPart {
    pub(super) who: String,
    pub(super) deed: Deed,
    pub(super) why: String,
    /// How sure, 0 to 1, where somebody decided by itself.
    pub(super) confidence: Option<f64>,
    pub(super) done_at: String,
}

/// A participant that could not be reached.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct AbsencePart {
    pub(super) role: RoleId,
    pub(super) round: u32,
    pub(super) reason: String,
}

/// What an open decision waits for.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct WaitingPart {
    /// In words.
    pub(super) what: String,
    /// The roles whose answer is missing.
    pub(super) roles: Vec<RoleId>,
    /// The question to people, where it is a person's turn.
    pub(super) approval: Option<ApprovalId>,
    /// When it goes on without them.
    pub(super) until_at: Option<String>,
}

impl From<Ballot> for BallotPart {
    fn from(ballot: Ballot) -> Self {
        Self {
            round: ballot.round,
            role: ballot.role,
            vote: ballot.vote,
            confidence: decimal(ballot.confidence),
            rationale: ballot.rationale,
            facts: facts(ballot.facts),
            mind: ballot.mind,
            cast_at: ballot.at.to_string(),
        }
    }
}

/// Facts, the largest effect first.
fn facts(mut facts: Vec<Fact>) -> Vec<FactPart> {
    facts.sort_by_key(|fact| std::cmp::Reverse(fact.effect.unsigned_abs()));
    let part = |fact: Fact| FactPart {
        name: fact.name,
        kind: fact.kind,
        words: fact.words,
        effect: fact.effect,
        from: fact.from,
    };
    facts.into_iter().map(part).collect()
}

impl From<Clarification> for QuestionPart {
    fn from(one: Clarification) -> Self {
        Self {
            round: one.round,
            asker: one.asker,
            asked: one.inquiry.to,
            question: one.inquiry.question,
            answer: one.reply.as_ref().map(|reply| reply.text.clone()),
            figure: one.reply.as_ref().and_then(|reply| reply.figure),
            mind: one.reply.as_ref().map(|reply| reply.mind.clone()),
            asked_at: one.asked_at.to_string(),
            answered_at: one.reply.map(|reply| reply.at.to_string()),
        }
    }
}

impl From<&Tally> for CountPart {
    fn from(tally: &Tally) -> Self {
        Self {
            approve: tally.approve,
            reject: tally.reject,
            abstain: tally.abstain,
            participants: tally.participants,
            quorum: tally.quorum,
            consensus: tally.consensus.map(decimal),
            weighted: tally.weighted.map(decimal),
            recommended: tally.recommended,
            rejected: tally.rejected,
            words: wording::count(tally, &wording::sides(tally)),
        }
    }
}

impl From<&PathStep> for StepPart {
    fn from(step: &PathStep) -> Self {
        Self {
            who: step.who.to_string(),
            deed: step.deed,
            why: step.why.clone(),
            confidence: step.confidence.map(decimal),
            done_at: step.at.to_string(),
        }
    }
}

impl From<&Absence> for AbsencePart {
    fn from(absence: &Absence) -> Self {
        let Absence { role, round, reason } = absence.clone();
        Self { role, round, reason }
    }
}

/// The ballots of every round, by round and role.
pub(super) fn ballots(state: &dyn State, decision: &Decision) -> Result<Vec<BallotPart>, StoreError> {
    let mut all = Vec::new();
    for round in 1..=rounds(decision) {
        all.extend(state.ballots(decision.id, round)?.into_iter().map(BallotPart::from));
    }
    Ok(all)
}

/// What was asked in every round, by round and asker.
pub(super) fn questions(state: &dyn State, decision: &Decision) -> Result<Vec<QuestionPart>, StoreError> {
    let mut all = Vec::new();
    for round in 1..=rounds(decision) {
        all.extend(state.clarifications(decision.id, round)?.into_iter().map(QuestionPart::from));
    }
    Ok(all)
}

/// How many rounds have begun. A round that closed at once with the next phase may not be counted yet, so one more is
/// looked for.
fn rounds(decision: &Decision) -> u32 {
    let open = match decision.phase {
        Phase::Voting { round } | Phase::Clarifying { round } => round,
        _ => 0,
    };
    open.max(decision.rounds.saturating_add(1))
}

/// What an open decision waits for; nothing where it is decided.
pub(super) fn waiting(
    state: &dyn State,
    asked: &[RoleId],
    decision: &Decision,
) -> Result<Option<WaitingPart>, StoreError> {
    let until_at = decision.deadline.map(|(due, _)| due.to_string());
    let waits = |what: &str, roles: Vec<RoleId>| {
        Some(WaitingPart { what: what.to_owned(), roles, approval: None, until_at: until_at.clone() })
    };
    Ok(match &decision.phase {
        Phase::Selecting => {
            let said = state.participations(decision.id)?;
            let open = asked.iter().filter(|role| {
                **role != decision.proposal.initiator && !said.iter().any(|row| row.role == **role)
            });
            waits("each role to say whether it takes part", open.cloned().collect())
        }
        Phase::Voting { round } => {
            let cast = state.ballots(decision.id, *round)?;
            let open = decision.participants.iter();
            let open = open.filter(|role| !cast.iter().any(|ballot| ballot.role == **role));
            waits(&format!("the ballots of round {round}"), open.cloned().collect())
        }
        Phase::Clarifying { round } => {
            let open = state.clarifications(decision.id, *round)?;
            let open = open.into_iter().filter(|one| one.reply.is_none()).map(|one| one.inquiry.to);
            waits(&format!("answers to what was asked in round {round}"), open.collect())
        }
        Phase::Synthesising => {
            waits("the initiator's words on the count", vec![decision.proposal.initiator.clone()])
        }
        Phase::Climbing { at } => {
            waits("a role up the chain to decide it or to pass it up", vec![at.clone()])
        }
        Phase::Waiting { approval } => Some(WaitingPart {
            what: "a person's verdict".to_owned(),
            roles: Vec::new(),
            approval: Some(*approval),
            until_at,
        }),
        Phase::Closed => None,
    })
}

impl WaitingPart {
    /// What is waited for, in words.
    pub(super) fn in_words(&self) -> String {
        let roles: Vec<&str> = self.roles.iter().map(RoleId::as_str).collect();
        let roles =
            if roles.is_empty() { String::new() } else { format!("; still to come: {}", roles.join(", ")) };
        let approval = self.approval.iter().map(|approval| format!(" ({approval})"));
        let until = self.until_at.iter().map(|until| format!("; it goes on without them at {until}"));
        let words = std::iter::once(format!("{}{roles}", self.what));
        words.chain(approval).chain(until).collect()
    }

    /// The commands that make sense next, without the program's name.
    pub(super) fn commands(&self, decision: DecisionId) -> Vec<String> {
        match self.approval {
            Some(_) => vec![super::APPROVALS.to_owned()],
            None => vec![super::RESUME.to_owned(), format!("decisions {decision}")],
        }
    }
}

/// The word for a stance, as it stands beside a role.
pub(super) fn stance_in_words(stance: Stance) -> &'static str {
    match stance {
        Stance::Assist => "votes",
        Stance::Observe => "observes",
        Stance::Decline => "declined",
    }
}

/// The ballots on a page, each with its facts, or with its words where it has none.
pub(super) fn write_ballots<'b>(
    page: &mut TextPage,
    ballots: impl IntoIterator<Item = &'b BallotPart> + Clone,
) {
    let width = ballots.clone().into_iter().map(|one| one.role.as_str().len()).max().unwrap_or_default();
    for ballot in ballots {
        let BallotPart { role, vote, confidence, mind, rationale, facts, .. } = ballot;
        let head = format!("  {:<width$}  {:<7}  {confidence:.3}  ", role.as_str(), word(vote));
        if facts.is_empty() {
            page.hanging(&head, &format!("{rationale} [{mind}]"));
            continue;
        }
        page.hanging(&head, &format!("by the mind `{mind}`"));
        write_facts(page, &" ".repeat(width + 4), facts);
    }
}

/// Facts on a page, below whatever they are the facts of.
pub(super) fn write_facts(page: &mut TextPage, indent: &str, facts: &[FactPart]) {
    for FactPart { words, effect, from, .. } in facts {
        let from = from.as_ref().map(|from| format!(" (from {from})")).unwrap_or_default();
        page.hanging(&format!("{indent}{effect:>+5}  "), &format!("{words}{from}"));
    }
}

/// What was asked and answered, on a page.
pub(super) fn write_questions(page: &mut TextPage, questions: &[QuestionPart]) {
    for one in questions {
        let QuestionPart { round, asker, asked, question, answer, figure, mind, .. } = one;
        page.hanging(&format!("  round {round}  "), &format!("{asker} asks {asked}: {question}"));
        let figure = figure.map(|figure| format!(" ({figure})")).unwrap_or_default();
        let mind = mind.as_ref().map(|mind| format!(" [{mind}]")).unwrap_or_default();
        let answer = answer.as_deref().unwrap_or("no answer so far");
        page.hanging("           ", &format!("{asked}: {answer}{figure}{mind}"));
    }
}

/// The path, on a page.
pub(super) fn write_path(page: &mut TextPage, path: &[StepPart]) {
    let width = path.iter().map(|step| step.who.chars().count()).max().unwrap_or_default();
    for step in path {
        let sure = step.confidence.map(|sure| format!(" [{sure:.3}]")).unwrap_or_default();
        let head = format!("  {:<width$}  {:<12}  ", step.who, word(&step.deed));
        page.hanging(&head, &format!("{}{sure}", step.why));
    }
}
