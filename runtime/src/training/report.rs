//! The report of a session: what was asked, who took part and how, what came of it, and whether that was expected.
//!
//! Its JSON form is for programs and has exactly the fields of [`Report`] in their order, without [`Details`]; its text
//! form, [`Report::to_text`], is for people and tells those as well.
//!
//! What always holds: a report is a function of the store and of the [`Circumstances`] it is given. Every role of the
//! organisation appears in it once, in the order of the roles, whether it took part, declined, was told to stay away,
//! came too late or was never asked.

mod observed;
mod text;

use echo_storage::journal;
use echo_storage::names::{ApprovalId, DecisionId, DecisionType, RoleId, SessionId};
use echo_storage::quantities::{Confidence, Usd};
use echo_storage::records::{
    Ballot, Decision, Deed, Participation, Party, Phase, Reason, Stance, Status, Tally, Vote,
};
use echo_storage::{Query, State, StoreError};
use serde::{Serialize, Serializer};

use crate::decisions::standing_ballots;

use self::observed::AtTheEnd;
use super::chronicle::{Round, rounds};
use super::expectations::{Check, Decider};
use super::scenario::{Scenario, ScenarioError};

pub(super) use self::text::part_name;

/// What came of a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Which session.
    pub session: SessionId,
    /// The chain's hash at the step that ended it, in hexadecimal digits.
    pub hash: String,
    /// The file it was played in; nothing where that was memory.
    pub store: Option<String>,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// The decision it was about.
    pub decision: Outcome,
    /// The count; nothing where nobody was asked for a vote.
    #[serde(serialize_with = "count")]
    pub tally: Option<Tally>,
    /// What each role did, in the order of the roles.
    pub agents: Vec<AgentPart>,
    /// How it compares with what its author expected.
    pub expectations: Comparison,
    /// What only the text form tells.
    #[serde(skip)]
    pub details: Details,
}

/// A decision's outcome and the way to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// Which decision.
    pub id: DecisionId,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: DecisionType,
    /// Where it stands.
    pub status: Status,
    /// Who decided it, or whom it waits for; nothing while it is open, or where the rules rejected it as incomplete.
    pub decided_by: Option<Decider>,
    /// Who did what on the way.
    pub path: Vec<Waypoint>,
}

/// What somebody on a decision's path did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Waypoint {
    /// Who.
    pub who: String,
    /// What.
    pub deed: Deed,
    /// Why.
    pub why: String,
    /// How sure, 0 to 1 in JSON.
    #[serde(serialize_with = "decimal")]
    pub confidence: Option<Confidence>,
}

/// In what way a role took part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Opened the decision.
    Initiator,
    /// Voted, and had the most to say.
    Lead,
    /// Voted.
    Assistant,
    /// Listened without a vote.
    Observer,
    /// Stayed away.
    Declined,
}

/// What a role did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AgentPart {
    /// Whose part it is.
    pub role: RoleId,
    /// Whether it took part.
    pub took_part: bool,
    /// In what way.
    #[serde(rename = "as")]
    pub part: Part,
    /// Why.
    pub reason: String,
    /// Its vote, where it cast one.
    pub vote: Option<Vote>,
    /// How sure it was of that vote, 0 to 1 in JSON.
    #[serde(serialize_with = "decimal")]
    pub confidence: Option<Confidence>,
    /// Why it voted so.
    pub rationale: Option<String>,
}

/// What was expected beside what was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// Whether nothing was found otherwise than expected.
    pub held: bool,
    /// One for each thing that was expected.
    pub checks: Vec<Check>,
}

/// What only the text form of a report tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Details {
    /// The session's title.
    pub title: String,
    /// What was asked, in a line.
    pub subject: String,
    /// Who asked.
    pub initiator: RoleId,
    /// What it costs.
    pub amount: Usd,
    /// Why it ended as it did.
    pub reason: Option<Reason>,
    /// The initiator's words on the count.
    pub synthesis: Option<String>,
    /// The question to people that waits for an answer.
    pub approval: Option<ApprovalId>,
    /// What was said, round by round.
    pub rounds: Vec<Round>,
}

/// What a report tells that is not in the store.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Circumstances {
    /// The file of the store.
    pub store: Option<String>,
    /// How long the session took, in milliseconds.
    pub duration_ms: u64,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// The store could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no such session.
    #[error("there is no session {0}")]
    NoSession(SessionId),
    /// The session goes on.
    #[error("{0} has not ended: its report comes with its end")]
    NotEnded(SessionId),
    /// The scenario of the session is not readable.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
}

impl Report {
    /// The report of a session that has ended.
    ///
    /// # Errors
    /// A session that there is not or that goes on, or a store that cannot be read.
    pub fn of(
        state: &(impl State + ?Sized),
        session: SessionId,
        circumstances: Circumstances,
    ) -> Result<Self, ReportError> {
        let record = state.session(session)?.ok_or(ReportError::NoSession(session))?;
        let end = record.end.as_ref().ok_or(ReportError::NotEnded(session))?;
        let hash = journal::sealed(state, end.last_step)?.hash().to_string();
        let lost = |what: String| StoreError::Inconsistent(format!("{session} has no {what}"));
        let config = state.config()?.ok_or_else(|| lost("configuration".to_owned()))?;
        let decision =
            state.decision(record.decision)?.ok_or_else(|| lost(format!("decision {}", record.decision)))?;
        let rows = state.participations(decision.id)?;
        let rounds = rounds::gather(state, &config, &decision)?;
        let ballots = standing_ballots(state, decision.id, decision.rounds)?;
        let agents: Vec<AgentPart> =
            config.roles.iter().map(|role| part(&role.id, &decision, &rows, &ballots)).collect();
        let decided_by = decider(&decision);
        let AtTheEnd { silent, decision: at_the_end } = observed::at_the_end(state, &record, end.last_step)?;
        // A verdict that came later says nothing of how the session fared.
        let then = at_the_end.as_ref().unwrap_or(&decision);
        let observed = observed::observed(then, decider(then), &agents, &rows, &silent);
        let score = Scenario::from_json(&record.scenario)?.expect.check(&observed);
        let path = decision.path.iter().map(|step| Waypoint {
            who: step.who.to_string(),
            deed: step.deed,
            why: step.why.clone(),
            confidence: step.confidence,
        });
        let approval = match decision.phase {
            Phase::Waiting { approval } => Some(approval),
            _ => None,
        };
        Ok(Self {
            session,
            hash,
            store: circumstances.store,
            duration_ms: circumstances.duration_ms,
            decision: Outcome {
                id: decision.id,
                kind: decision.proposal.kind.clone(),
                status: decision.status,
                decided_by,
                path: path.collect(),
            },
            agents,
            expectations: Comparison { held: score.held(), checks: score.checks },
            details: Details {
                title: record.title,
                amount: decision.amount(),
                subject: decision.proposal.subject.clone(),
                initiator: decision.proposal.initiator.clone(),
                reason: decision.reason,
                synthesis: decision.synthesis,
                approval,
                rounds,
            },
            tally: decision.tally,
        })
    }
}

fn part(role: &RoleId, decision: &Decision, rows: &[Participation], ballots: &[Ballot]) -> AgentPart {
    let row = rows.iter().find(|row| row.role == *role);
    let (part, reason) = if decision.proposal.initiator == *role {
        (Part::Initiator, "opened the decision".to_owned())
    } else if let Some(row) = row {
        let part = match row.stance {
            Stance::Assist if decision.lead.as_ref() == Some(role) => Part::Lead,
            Stance::Assist => Part::Assistant,
            Stance::Observe => Part::Observer,
            Stance::Decline => Part::Declined,
        };
        (part, row.reason.clone())
    } else {
        let why = if rows.is_empty() { "was not asked" } else { "gave no answer" };
        (Part::Declined, why.to_owned())
    };
    let ballot = ballots.iter().find(|ballot| ballot.role == *role);
    AgentPart {
        role: role.clone(),
        took_part: part != Part::Declined,
        part,
        reason,
        vote: ballot.map(|ballot| ballot.vote),
        confidence: ballot.map(|ballot| ballot.confidence),
        rationale: ballot.map(|ballot| ballot.rationale.clone()),
    }
}

fn decider(decision: &Decision) -> Option<Decider> {
    match (&decision.decided_by, decision.status) {
        (Some(Party::Role(role)), _) => Some(Decider::Role(role.clone())),
        (Some(Party::Person(_)), _) | (None, Status::Escalated) => Some(Decider::Person),
        (Some(Party::System) | None, _) => None,
    }
}

/// Thousandths as a decimal number. The division is rounded to the nearest double, whose shortest text is the decimal
/// that was meant.
#[expect(clippy::ref_option, clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
fn decimal<S: Serializer>(confidence: &Option<Confidence>, serializer: S) -> Result<S::Ok, S::Error> {
    to_decimal(*confidence).serialize(serializer)
}

fn to_decimal(confidence: Option<Confidence>) -> Option<f64> {
    confidence.map(|confidence| f64::from(confidence.thousandths()) / 1000.0)
}

#[expect(clippy::ref_option, reason = "the signature is serde's")]
fn count<S: Serializer>(tally: &Option<Tally>, serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Count {
        approve: u32,
        reject: u32,
        abstain: u32,
        participants: u32,
        quorum: bool,
        consensus: Option<f64>,
    }
    let count = tally.as_ref().map(|tally| Count {
        approve: tally.approve,
        reject: tally.reject,
        abstain: tally.abstain,
        participants: tally.participants,
        quorum: tally.quorum,
        consensus: to_decimal(tally.consensus),
    });
    count.serialize(serializer)
}
