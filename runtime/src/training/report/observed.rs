//! What a session came to, as far as an author can expect something of it.
//!
//! What always holds: only what a role judged by itself counts as its judgement.

use std::collections::BTreeSet;

use echo_storage::journal;
use echo_storage::names::RoleId;
use echo_storage::records::{Decision, Participation, Party, Reason, Session, Stance};
use echo_storage::{Effect, Input, State, StoreError};

use super::{AgentPart, Part};
use crate::training::expectations::{Decider, Observed};

/// How many steps of the journal are read at once.
const READ_STEPS: usize = 256;

/// What only the journal tells of a session.
#[derive(Default)]
pub(super) struct AtTheEnd {
    /// The roles whose decline is no judgement: they were too late, their mind gave no answer, or their agent was down.
    /// Their participation was then written by a deadline, by the news of a failure, or with the question itself.
    pub(super) silent: BTreeSet<RoleId>,
    /// The decision as it was when the session ended.
    pub(super) decision: Option<Decision>,
}

pub(super) fn at_the_end(
    state: &(impl State + ?Sized),
    session: &Session,
    last_step: u64,
) -> Result<AtTheEnd, StoreError> {
    let mut found = AtTheEnd::default();
    let mut after = session.first_step.saturating_sub(1);
    loop {
        let entries = journal::entries_after(state, after, READ_STEPS)?;
        let Some(last) = entries.last().map(|entry| entry.step) else { return Ok(found) };
        after = last;
        for entry in entries.into_iter().take_while(|entry| entry.step <= last_step) {
            let missed = matches!(
                entry.input,
                Input::Timer { .. } | Input::StartSession { .. } | Input::Answer { answer: Err(_), .. }
            );
            let missed = missed || entry.failure.is_some();
            for effect in entry.effects {
                match effect {
                    Effect::PutParticipation(row) if missed && row.decision == session.decision => {
                        found.silent.insert(row.role);
                    }
                    Effect::PutDecision(decision) if decision.id == session.decision => {
                        found.decision = Some(decision);
                    }
                    _ => {}
                }
            }
        }
        if last >= last_step {
            return Ok(found);
        }
    }
}

/// What a session came to.
pub(super) fn observed(
    decision: &Decision,
    decided_by: Option<Decider>,
    agents: &[AgentPart],
    rows: &[Participation],
    silent: &BTreeSet<RoleId>,
) -> Observed {
    let taking_part = agents.iter().filter(|agent| agent.took_part && agent.part != Part::Initiator);
    let declined = rows.iter().filter(|row| row.stance == Stance::Decline);
    let (told, own): (Vec<_>, Vec<_>) = declined.partition(|row| row.told);
    let judged = own.into_iter().filter(|row| !silent.contains(&row.role));
    Observed {
        participating: taking_part.map(|agent| agent.role.clone()).collect(),
        declined_for_relevance: judged.map(|row| row.role.clone()).collect(),
        told: told.into_iter().map(|row| row.role.clone()).collect(),
        quorum: decision.tally.as_ref().map(|tally| tally.quorum),
        status: decision.status,
        decided_by,
        reason: decision.reason.as_ref().map(|reason| reason_name(reason).to_owned()),
        mode: decision.mode,
        path: path(decision),
    }
}

/// The roles on a decision's path, each once for each time that it came there.
fn path(decision: &Decision) -> Vec<RoleId> {
    let mut roles: Vec<RoleId> = Vec::new();
    for step in &decision.path {
        if let Party::Role(role) = &step.who
            && roles.last() != Some(role)
        {
            roles.push(role.clone());
        }
    }
    roles
}

/// The word for why a decision ended as it did.
fn reason_name(reason: &Reason) -> &'static str {
    match reason {
        Reason::Recommended => "recommended",
        Reason::VotedDown => "voted_down",
        Reason::Incomplete { .. } => "incomplete",
        Reason::Authority => "authority",
        Reason::Person => "person",
        Reason::Unanswered => "unanswered",
        Reason::Overridden => "overridden",
    }
}
