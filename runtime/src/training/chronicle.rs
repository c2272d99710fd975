//! The chronicle of a session: everything that is worth reading about it, as plain data.
//!
//! In reading order: [`Chronicle`] and its parts; [`events`] reads the session's steps from the journal; [`rounds`] puts
//! together who voted how, asked what and was absent; [`budgets`] what was spent against which limit.
//!
//! What always holds: a chronicle is a function of the store alone, so the same store gives the same chronicle at any
//! time, and what renders it needs nothing else. It is bounded: what is left out is counted.

mod budgets;
mod events;
pub(super) mod rounds;
#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;

use echo_storage::journal;
use echo_storage::names::{RoleId, SessionId, ThoughtId};
use echo_storage::quantities::{Timestamp, Usd};
use echo_storage::records::{
    Absence, Approval, Ballot, Clarification, Config, Decision, Message, Participation, Party, Phase,
    RoleConfig, Session, SessionEnd, Vote,
};
use echo_storage::{Query, State, StoreError};

use super::report::ReportError;
use crate::deliveries::Delivery;

/// How many messages, thoughts, failures or other events of one kind a chronicle holds at most.
pub(super) const MAX_EVENTS: usize = 10_000;
/// How much content of messages it holds at most, in bytes.
pub(super) const MAX_CONTENT_BYTES: usize = 16 * 1024 * 1024;

/// Everything of a session that is worth reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chronicle {
    /// The session.
    pub session: Session,
    /// How it ended.
    pub end: SessionEnd,
    /// The chain's hash at its last step, in hexadecimal digits.
    pub hash: String,
    /// The roles of the organisation, in their order.
    pub roles: Vec<RoleConfig>,
    /// The decision it was about, as it stands now.
    pub decision: Decision,
    /// Who said whether it takes part, in the order of the roles.
    pub participations: Vec<Participation>,
    /// The rounds of ballots, from the first.
    pub rounds: Vec<Round>,
    /// The question that was put to people, where one was.
    pub approval: Option<Approval>,
    /// What was spent against which limit, in the order of the roles; roles without a limit are left out.
    pub budgets: Vec<Budget>,
    /// What happened between its first and its last step.
    pub events: Events,
}

/// What happened between a session's first and its last step, each kind in the order of the steps.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Events {
    /// When the decision went into which phase.
    pub phases: Vec<PhaseStart>,
    /// The messages that were sent.
    pub messages: Vec<Sent>,
    /// The answers to the question who takes part, and the ballots, by the step that gave them.
    pub marks: Vec<Mark>,
    /// The questions that went to minds.
    pub thoughts: Vec<Thinking>,
    /// The steps that failed.
    pub failures: Vec<FailedStep>,
    /// What became of the breakers of agents.
    pub breakers: Vec<BreakerChange>,
    /// How many more events there were than a chronicle holds.
    pub left_out: usize,
    /// The time of each step at which something above happened, ascending; the first and the last step are among them.
    pub clock: Vec<Moment>,
}

/// A step and its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The step.
    pub step: u64,
    /// When.
    pub at: Timestamp,
}

/// The start of a phase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhaseStart {
    /// Which.
    pub phase: Phase,
    /// With which step.
    pub start: Moment,
}

/// A message and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The message.
    pub message: Message,
    /// The step that sent it.
    pub step: u64,
    /// Whom it reached, in the order of the roles.
    pub fates: Vec<Fate>,
}

/// What became of a message with one of those whom it reached, when the session ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fate {
    /// With whom, and what.
    pub delivery: Delivery,
    /// The step that handled it or gave it up.
    pub handled: Option<Moment>,
}

/// An answer of a role, by the step that gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Whose.
    pub role: RoleId,
    /// In which step.
    pub when: Moment,
    /// What.
    pub what: MarkKind,
}

/// What a role answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarkKind {
    /// It takes part.
    Joined,
    /// It listens or stays away.
    Declined,
    /// It voted.
    Voted {
        /// In which round.
        round: u32,
        /// How.
        vote: Vote,
    },
    /// It asked another role something.
    Asked,
    /// It answered another role.
    Answered,
}

/// A question to a mind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thinking {
    /// Which.
    pub id: ThoughtId,
    /// Whose mind was asked.
    pub role: RoleId,
    /// What for, such as `ballot of round 1`.
    pub about: String,
    /// When it was asked.
    pub asked: Moment,
    /// When it ended; nothing where it had not when the session ended.
    pub ended: Option<Moment>,
    /// The name of the mind that answered, or why none did.
    pub outcome: Result<String, String>,
}

/// A step that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedStep {
    /// Which.
    pub when: Moment,
    /// Whose it was, where it was a role's.
    pub role: Option<RoleId>,
    /// What it was to do.
    pub what: String,
    /// Why it failed.
    pub reason: String,
}

/// What became of an agent's breaker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BreakerChange {
    /// Whose.
    pub role: RoleId,
    /// In which step.
    pub when: Moment,
    /// What, in words.
    pub what: String,
}

/// A round of ballots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Round {
    /// Its number, from 1.
    pub number: u32,
    /// The ballots, in the order of the roles.
    pub ballots: Vec<Ballot>,
    /// What was asked with them, in the order of the askers.
    pub clarifications: Vec<Clarification>,
    /// Who could not be reached.
    pub absences: Vec<Absence>,
    /// Whose vote is another than in the round before.
    pub changes: Vec<Change>,
}

/// A vote that changed from one round to the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Whose.
    pub role: RoleId,
    /// How it voted before.
    pub before: Vote,
    /// How it votes now.
    pub now: Vote,
    /// The facts of others that its ballot names, each with whose it is, the largest effect first.
    pub named: Vec<(RoleId, String)>,
}

/// What a role had approved within the window in which spending counts, against its limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Budget {
    /// Whose.
    pub role: RoleId,
    /// Up to what it may approve within the window.
    pub limit: Usd,
    /// What it had approved when the session ended, the decision at hand not counted.
    pub spent: Usd,
    /// What the decision at hand asks for.
    pub asked: Usd,
    /// Whether that was approved by this role.
    pub is_approved: bool,
}

impl Sent {
    /// What became of it with each of those whom it reached.
    pub fn deliveries(&self) -> impl Iterator<Item = &Delivery> {
        self.fates.iter().map(|fate| &fate.delivery)
    }
}

impl Chronicle {
    /// The chronicle of a session that has ended.
    ///
    /// # Errors
    /// A session that there is not or that goes on, or a store that cannot be read.
    pub fn of(state: &(impl State + ?Sized), id: SessionId) -> Result<Self, ReportError> {
        let session = state.session(id)?.ok_or(ReportError::NoSession(id))?;
        let end = session.end.clone().ok_or(ReportError::NotEnded(id))?;
        let lost = |what: &str| StoreError::Inconsistent(format!("{id} has no {what}"));
        let config = state.config()?.ok_or_else(|| lost("configuration"))?;
        let decision = state.decision(session.decision)?.ok_or_else(|| lost("decision"))?;
        let mut participations = state.participations(decision.id)?;
        participations.sort_by_key(|row| position(&config, &row.role));
        let events = events::gather(state, &config, &session, end.last_step)?;
        let asked = decision.path.iter().any(|step| step.deed == echo_storage::records::Deed::AskedPerson);
        Ok(Self {
            hash: journal::sealed(state, end.last_step)?.hash().to_string(),
            rounds: rounds::gather(state, &config, &decision)?,
            approval: if asked { approval(state, &decision)? } else { None },
            budgets: budgets::gather(state, &config, &decision, &end)?,
            roles: config.roles.clone(),
            participations,
            decision,
            events,
            end,
            session,
        })
    }

    /// How long it took by the store's clock, in milliseconds.
    pub fn duration_ms(&self) -> u64 {
        self.since_start_ms(self.end.at)
    }

    /// How long after the session's start a moment was, in milliseconds.
    pub fn since_start_ms(&self, at: Timestamp) -> u64 {
        at.ms().saturating_sub(self.session.started_at.ms())
    }

    /// Everybody who sent something and is no role, in the order of their first message.
    pub fn outsiders(&self) -> Vec<Party> {
        let mut found = Vec::new();
        for sent in &self.events.messages {
            let from = &sent.message.from;
            if !matches!(from, Party::Role(_)) && !found.contains(from) {
                found.push(from.clone());
            }
        }
        found
    }
}

/// Where a role stands in the order of the roles.
fn position(config: &Config, role: &RoleId) -> usize {
    config.roles.iter().position(|one| one.id == *role).unwrap_or(usize::MAX)
}

/// How many questions to people are read at once.
const READ_APPROVALS: usize = 256;

/// The question to people about a decision.
fn approval(state: &(impl State + ?Sized), decision: &Decision) -> Result<Option<Approval>, StoreError> {
    if let Phase::Waiting { approval } = decision.phase {
        return state.approval(approval);
    }
    let mut before = None;
    loop {
        let page = state.approvals(before, READ_APPROVALS)?;
        before = page.last().map(|approval| approval.id);
        let is_last = page.len() < READ_APPROVALS;
        let found = page.into_iter().find(|approval| approval.decision == decision.id);
        if found.is_some() || is_last {
            return Ok(found);
        }
    }
}
