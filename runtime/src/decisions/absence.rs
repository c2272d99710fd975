//! Absence: what a decision does when an agent that it waits for cannot be reached.
//!
//! An agent cannot be reached when its breaker is open, or when the message that asked it is a dead letter.
//!
//! What always holds: nothing waits for an agent that is known not to answer, and the record says that it was missing
//! and why. When it is back, what it was asked meanwhile changes nothing any more.

use echo_storage::names::RoleId;
use echo_storage::records::{Absence, Decision, Phase};
use echo_storage::{Effect, Query};

use crate::mail::Ask;
use crate::turn::{Failure, Turn};

use super::{climb, discussion, selection, voting};

/// An agent that was asked something cannot be reached.
pub fn unreachable(turn: &mut Turn<'_, '_>, role: &RoleId, ask: &Ask, why: &str) -> Result<(), Failure> {
    let Some(mut decision) = turn.state().decision(ask.decision())? else { return Ok(()) };
    let reason = why.to_owned();
    match ask {
        Ask::TakePart { .. } => selection::unreachable(turn, decision, role, reason),
        Ask::Vote { round, .. } => {
            let voted = turn.state().ballots(decision.id, *round)?.iter().any(|one| one.role == *role);
            if decision.phase != (Phase::Voting { round: *round })
                || !decision.participants.contains(role)
                || voted
            {
                return Ok(());
            }
            note(&mut decision, role, *round, reason);
            turn.emit(Effect::PutDecision(decision.clone()))?;
            voting::close_if_complete(turn, decision, *round)
        }
        Ask::Clarify { round, asker, .. } => {
            discussion::unreachable(turn, decision, role, *round, asker, reason)
        }
        Ask::Decide { .. } => climb::unreachable(turn, decision, role, why),
    }
}

/// Whether a participant is known to be missing in a round. It stays missing there, also when it is back before the
/// round has closed: otherwise it would depend on the speed of the others whether its vote counts.
pub(super) fn is_noted(decision: &Decision, role: &RoleId, round: u32) -> bool {
    decision.absences.iter().any(|one| one.role == *role && one.round == round)
}

/// Notes that a participant was missing in a round, once.
pub(super) fn note(decision: &mut Decision, role: &RoleId, round: u32, reason: String) {
    if !is_noted(decision, role, round) {
        decision.absences.push(Absence { role: role.clone(), round, reason });
    }
}
