//! Progress: what each step means for whoever watches a session, in plain lines.
//!
//! | line begins with | says |
//! |---|---|
//! | `1 start` | which session, and what is to be decided |
//! | `2 broadcast` | who is asked |
//! | `3 self-selection` | who takes part, who declines, and why |
//! | `4 proposals` | who votes how in the first round, and how sure |
//! | `4 discussion` | who asks whom what, and who keeps or changes its vote in a later round |
//! | `5 consensus` | the count |
//! | `6 synthesis` | what the count amounts to |
//! | `climbing` | who could not decide it, and why |
//! | `outcome` | how it ended, or for whom it waits |
//! | `agents` | whose breaker opens or closes, and which message was given up |
//!
//! What always holds: the lines are a function of the steps alone, so the same journal reads the same at any time. A step
//! that is of no interest to a watcher gives no line; one that failed always gives one; what is written again as it was
//! gives none.

use std::collections::BTreeMap;

use echo_storage::journal::Entry;
use echo_storage::names::{DecisionId, RoleId};
use echo_storage::records::{
    Absence, Address, Ballot, Clarification, Decision, Deed, Kind, Participation, PathStep, Phase, Receipt,
    Session, Stance, Vote,
};
use echo_storage::{Effect, Input};

use super::breakers::BreakerNews;
use crate::wording::{changed, consensus, count, counted, vote_name};

const START: &str = "1 start";
const BROADCAST: &str = "2 broadcast";
const SELECTION: &str = "3 self-selection";
const PROPOSALS: &str = "4 proposals";
const DISCUSSION: &str = "4 discussion";
const CONSENSUS: &str = "5 consensus";
const SYNTHESIS: &str = "6 synthesis";
const CLIMBING: &str = "climbing";
const OUTCOME: &str = "outcome";
const AGENTS: &str = "agents";

/// The width of the names of phases, in characters.
const PHASE_CHARS: usize = SELECTION.len();

/// Puts steps into words, one after the other.
#[derive(Debug, Default)]
pub struct Progress {
    /// How each role voted last.
    votes: BTreeMap<(DecisionId, RoleId), Vote>,
    /// How far each decision was.
    decisions: BTreeMap<DecisionId, Known>,
    breakers: BreakerNews,
}

/// What was told of a decision.
#[derive(Debug)]
struct Known {
    phase: Phase,
    path: usize,
    absences: usize,
    is_counted: bool,
}

impl Progress {
    /// What the next step means, in lines.
    pub fn lines(&mut self, entry: &Entry) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(reason) = &entry.failure {
            lines.push(format!("step {} failed: {reason}", entry.step));
        }
        for effect in &entry.effects {
            match effect {
                Effect::PutSession(session) if session.end.is_none() => lines.push(started(session)),
                Effect::PutParticipation(row) => lines.push(line(SELECTION, &selected(row))),
                Effect::PutBallot(ballot) => lines.push(self.voted(ballot)),
                // It is told when the question goes out, not when the ballot that brings it is cast.
                Effect::PutClarification(clarification) if clarification.message.is_some() => {
                    lines.push(clarified(clarification));
                }
                Effect::PutAgent(agent) => {
                    let news = self.breakers.of(agent, entry.now);
                    lines.extend(news.map(|what| line(AGENTS, &format!("{} {what}", agent.role))));
                }
                Effect::PutReceipt(receipt) if receipt.dead => lines.push(given_up(receipt)),
                _ => {}
            }
        }
        for effect in &entry.effects {
            if let (Input::StartSession { .. }, Effect::Send(message)) = (&entry.input, effect)
                && let (Address::Topic(_), Kind::Request) = (&message.to, message.kind)
            {
                let what = format!("{} asks everybody: {}", message.from, message.subject);
                lines.push(line(BROADCAST, &what));
            }
        }
        for decision in came_to(&entry.effects) {
            lines.extend(self.moved(decision));
        }
        lines
    }

    fn voted(&mut self, ballot: &Ballot) -> String {
        let Ballot { role, round, confidence, .. } = ballot;
        let before = self.votes.insert((ballot.decision, role.clone()), ballot.vote);
        let vote = vote_name(ballot.vote);
        if *round <= 1 {
            return line(PROPOSALS, &format!("{role} votes {vote}, confidence {confidence}"));
        }
        let deed = match before {
            None => format!("votes {vote}"),
            Some(before) if before == ballot.vote => format!("stays with {vote}"),
            Some(before) => format!("changes {}", changed(before, ballot.vote)),
        };
        line(DISCUSSION, &format!("round {round}: {role} {deed}, confidence {confidence}"))
    }

    /// Where a decision got to in a step.
    fn moved(&mut self, decision: &Decision) -> Vec<String> {
        let Decision { id, phase, path, absences, .. } = decision;
        let now = Known {
            phase: phase.clone(),
            path: path.len(),
            absences: absences.len(),
            is_counted: decision.tally.is_some(),
        };
        let before = self.decisions.insert(*id, now);
        let (is_new_phase, path_told, absences_told, is_counted) = match &before {
            Some(before) => (before.phase != *phase, before.path, before.absences, before.is_counted),
            None => (true, 0, 0, false),
        };
        let mut lines: Vec<String> = absences.iter().skip(absences_told).map(absent).collect();
        if let Phase::Voting { round } = phase
            && is_new_phase
        {
            lines.push(opened(decision, *round));
        }
        // Where nobody is there to sum up the count, the decision has moved on in the step that counted.
        if !is_counted {
            lines
                .extend(decision.tally.iter().map(|tally| line(CONSENSUS, &count(tally, &consensus(tally)))));
        }
        lines.extend(path.iter().skip(path_told).filter_map(|step| walked(decision, step)));
        lines
    }
}

/// The decisions that a step wrote, each as it wrote it last, in that order.
fn came_to(effects: &[Effect]) -> Vec<&Decision> {
    let mut decisions: Vec<&Decision> = Vec::new();
    for effect in effects {
        if let Effect::PutDecision(decision) = effect {
            decisions.retain(|earlier| earlier.id != decision.id);
            decisions.push(decision);
        }
    }
    decisions
}

fn line(phase: &str, what: &str) -> String {
    format!("{phase:<PHASE_CHARS$}  {what}")
}

/// What the rounds are called: the first brings the proposals that the later ones discuss.
fn of_round(round: u32) -> &'static str {
    if round <= 1 { PROPOSALS } else { DISCUSSION }
}

fn started(session: &Session) -> String {
    line(START, &format!("{}, {}: {}", session.id, session.decision, session.title))
}

fn selected(row: &Participation) -> String {
    let what = match row.stance {
        Stance::Assist => "takes part",
        Stance::Observe => "observes",
        Stance::Decline => "declines",
    };
    format!("{} {what}: {}", row.role, row.reason)
}

fn opened(decision: &Decision, round: u32) -> String {
    let lead = decision.lead.as_ref().map(|lead| format!(", {lead} leads")).unwrap_or_default();
    let count = decision.participants.len();
    let plural = if count == 1 { "s" } else { "" };
    line(of_round(round), &format!("round {round}: {count} vote{plural}{lead}"))
}

fn clarified(clarification: &Clarification) -> String {
    let Clarification { asker, inquiry, reply, .. } = clarification;
    let what = match reply {
        None => format!("{asker} asks {}: {}", inquiry.to, inquiry.question),
        Some(reply) => format!("{} to {asker}: {}", inquiry.to, reply.text),
    };
    line(DISCUSSION, &what)
}

fn absent(absence: &Absence) -> String {
    let Absence { role, round, reason } = absence;
    line(of_round(*round), &format!("round {round}: {role} is absent: {reason}"))
}

fn given_up(receipt: &Receipt) -> String {
    let Receipt { message, role, attempts, reason, .. } = receipt;
    let attempts = counted(*attempts as usize, "attempt");
    let what = format!("{message} to {role} is a dead letter after {attempts}: {reason}");
    line(AGENTS, &what)
}

fn walked(decision: &Decision, step: &PathStep) -> Option<String> {
    let PathStep { who, deed, why, .. } = step;
    Some(match deed {
        Deed::Opened => return None,
        Deed::Concluded => line(SYNTHESIS, why),
        Deed::PassedUp => line(CLIMBING, &format!("{who} passes it up: {why}")),
        Deed::AskedPerson => {
            let approval = match &decision.phase {
                Phase::Waiting { approval } => format!(" ({approval})"),
                _ => String::new(),
            };
            line(OUTCOME, &format!("escalated: {} waits for a person{approval}", decision.id))
        }
        Deed::Approved => line(OUTCOME, &format!("approved by {who}: {why}")),
        Deed::Rejected => line(OUTCOME, &format!("rejected by {who}: {why}")),
        Deed::Overrode => line(OUTCOME, &format!("overridden by {who}: {why}")),
    })
}

#[cfg(test)]
mod tests;
