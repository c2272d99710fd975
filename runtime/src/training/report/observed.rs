//! What a session came to, as far as an author can expect something of it.
//!
//! What always holds: only what a role judged by itself counts as its judgement.

use std::collections::BTreeSet;

use echo_storage::journal;
use echo_storage::names::RoleId;
use echo_storage::records::{Decision, Participation, Reason, Session, Stance};
use echo_storage::{Effect, Input, State, StoreError};

use super::{AgentPart, Part};
use crate::training::expectations::{Decider, Observed};

/// How many steps of the journal are read at once.
const READ_STEPS: usize = 256;

/// The roles whose decline is no judgement: they were too late, their mind gave no answer, or their agent was down. Their
/// participation was then written by a deadline, by the news of a failure, or with the question itself.
pub(super) fn silent(
    state: &impl State,
    session: &Session,
    last_step: u64,
) -> Result<BTreeSet<RoleId>, StoreError> {
    let mut silent = BTreeSet::new();
    let mut after = session.first_step.saturating_sub(1);
    loop {
        let entries = journal::entries_after(state, after, READ_STEPS)?;
        let Some(last) = entries.last().map(|entry| entry.step) else { return Ok(silent) };
        after = last;
        let failed = entries.iter().take_while(|entry| entry.step <= last_step).filter(|entry| {
            let missed = matches!(
                entry.input,
                Input::Timer { .. } | Input::StartSession { .. } | Input::Answer { answer: Err(_), .. }
            );
            missed || entry.failure.is_some()
        });
        for effect in failed.flat_map(|entry| &entry.effects) {
            if let Effect::PutParticipation(row) = effect
                && row.decision == session.decision
            {
                silent.insert(row.role.clone());
            }
        }
        if last >= last_step {
            return Ok(silent);
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
    }
}

/// The word for why a decision ended as it did.
fn reason_name(reason: &Reason) -> &'static str {
    match reason {
        Reason::Recommended => "recommended",
        Reason::VotedDown => "voted_down",
        Reason::Incomplete { .. } => "incomplete",
        Reason::Authority => "authority",
        Reason::Person => "person",
    }
}
