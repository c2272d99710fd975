//! What sessions came to, without what may differ between two runs of it: times, and the order of independent steps.

use std::collections::BTreeSet;

use echo_storage::{Effect, Query, State, StoreError, journal};

/// How many sessions are looked at.
const MAX_SESSIONS: usize = 100;

/// What sessions came to, line by line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Outcome(Vec<String>);

impl Outcome {
    /// Of the sessions in this state.
    pub(super) fn of(state: &dyn State) -> Result<Self, StoreError> {
        let mut lines = Vec::new();
        let sessions = state.sessions(None, MAX_SESSIONS)?;
        let ended = sessions.iter().filter(|session| session.end.is_some()).count();
        lines.push(format!("{} sessions, {ended} of them ended", sessions.len()));
        for session in sessions {
            let Some(one) = state.decision(session.decision)? else { continue };
            lines.push(format!(
                "{} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
                one.id,
                one.status,
                one.phase,
                one.tally,
                one.reason,
                one.decided_by,
                one.absences,
                one.synthesis
            ));
            lines.extend(one.path.iter().map(|step| format!("{} {:?} {}", step.who, step.deed, step.why)));
            for row in state.participations(one.id)? {
                lines.push(format!("{} {:?} {}", row.role, row.stance, row.reason));
            }
            for round in 1..=one.rounds {
                for b in state.ballots(one.id, round)? {
                    lines.push(format!("{round} {} {:?} {} {}", b.role, b.vote, b.confidence, b.rationale));
                }
                for asked in state.clarifications(one.id, round)? {
                    let reply = asked.reply.map(|reply| (reply.text, reply.figure));
                    lines.push(format!("{round} {} {:?} {reply:?}", asked.asker, asked.inquiry));
                }
            }
        }
        Ok(Self(lines))
    }

    /// The first line in which another one differs.
    pub(super) fn difference(&self, other: &Self) -> Option<String> {
        let lines = self.0.len().max(other.0.len());
        let line = (0..lines).find(|line| self.0.get(*line) != other.0.get(*line))?;
        let shown = |outcome: &Self| outcome.0.get(line).cloned().unwrap_or_else(|| "nothing".to_owned());
        Some(format!("expected `{}`, found `{}`", shown(self), shown(other)))
    }
}

/// The first message that a role acknowledged twice, judged from the journal alone.
pub(super) fn acknowledged_twice(state: &dyn State) -> Result<Option<String>, StoreError> {
    let mut handled = BTreeSet::new();
    for next in journal::walk(state) {
        let (entry, _) = next?;
        for effect in entry.effects {
            if let Effect::Acknowledge { role, message } = effect
                && !handled.insert((role.clone(), message))
            {
                return Ok(Some(format!(
                    "{role} acknowledged {message} twice, again in step {}",
                    entry.step
                )));
            }
        }
    }
    Ok(None)
}
