//! Progress: what a step means for whoever watches a session, in plain lines.
//!
//! | line begins with | says |
//! |---|---|
//! | `1 start` | which session, and what is to be decided |
//! | `2 broadcast` | who is asked |
//! | `3 self-selection` | who takes part, who declines, and why |
//! | `4 proposals` | who votes how, and how sure |
//! | `5 consensus` | the count |
//! | `6 synthesis` | what the count amounts to |
//! | `climbing` | who could not decide it, and why |
//! | `outcome` | how it ended, or for whom it waits |
//!
//! What always holds: the lines are a function of the step alone, so the same journal reads the same at any time. A step
//! that is of no interest to a watcher gives no line; one that failed always gives one.

use echo_storage::journal::Entry;
use echo_storage::records::{
    Address, Ballot, Decision, Deed, Kind, Participation, PathStep, Phase, Session, Stance, Tally,
};
use echo_storage::{Effect, Input};

use super::report::vote_name;

const START: &str = "1 start";
const BROADCAST: &str = "2 broadcast";
const SELECTION: &str = "3 self-selection";
const PROPOSALS: &str = "4 proposals";
const CONSENSUS: &str = "5 consensus";
const SYNTHESIS: &str = "6 synthesis";
const CLIMBING: &str = "climbing";
const OUTCOME: &str = "outcome";

/// The width of the names of phases, in characters.
const PHASE_CHARS: usize = SELECTION.len();

/// What a step means, in lines.
pub fn progress(entry: &Entry) -> Vec<String> {
    if let Some(reason) = &entry.failure {
        return vec![format!("step {} failed: {reason}", entry.step)];
    }
    let mut lines = Vec::new();
    for effect in &entry.effects {
        match effect {
            Effect::PutSession(session) if session.end.is_none() => lines.push(started(session)),
            Effect::PutParticipation(row) => lines.push(line(SELECTION, &selected(row))),
            Effect::PutBallot(ballot) => lines.push(line(PROPOSALS, &voted(ballot))),
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
    // A step may write a decision more than once; the last is what it came to.
    let decision = entry.effects.iter().rev().find_map(|effect| match effect {
        Effect::PutDecision(decision) => Some(decision),
        _ => None,
    });
    if let Some(decision) = decision {
        lines.extend(moved(decision));
    }
    lines
}

fn line(phase: &str, what: &str) -> String {
    format!("{phase:<PHASE_CHARS$}  {what}")
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

fn voted(ballot: &Ballot) -> String {
    format!("{} votes {}, confidence {}", ballot.role, vote_name(ballot.vote), ballot.confidence)
}

/// Where a decision got to in a step.
fn moved(decision: &Decision) -> Vec<String> {
    match &decision.phase {
        Phase::Selecting | Phase::Clarifying { .. } => Vec::new(),
        Phase::Voting { round } => {
            let lead = decision.lead.as_ref().map(|lead| format!(", {lead} leads")).unwrap_or_default();
            let count = decision.participants.len();
            vec![line(
                PROPOSALS,
                &format!("round {round}: {count} vote{}{lead}", if count == 1 { "s" } else { "" }),
            )]
        }
        Phase::Synthesising => decision.tally.iter().map(|tally| line(CONSENSUS, &counted(tally))).collect(),
        Phase::Climbing { .. } | Phase::Waiting { .. } | Phase::Closed => {
            latest(&decision.path).iter().filter_map(|step| walked(decision, step)).collect()
        }
    }
}

/// The steps on the path that the last one on it took. One step of the journal has one of them act, and nobody acts
/// in two of them in a row.
fn latest(path: &[PathStep]) -> &[PathStep] {
    let who = path.last().map(|step| &step.who);
    let others = path.iter().rposition(|step| Some(&step.who) != who).map_or(0, |at| at + 1);
    path.get(others..).unwrap_or_default()
}

fn walked(decision: &Decision, step: &PathStep) -> Option<String> {
    let PathStep { who, deed, why, .. } = step;
    Some(match deed {
        Deed::Opened => return None,
        Deed::Concluded if decision.synthesis.is_none() => {
            line(SYNTHESIS, &format!("{why}; synthesis: missing"))
        }
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
    })
}

fn counted(tally: &Tally) -> String {
    let Tally { approve, reject, abstain, participants, .. } = tally;
    let share =
        tally.consensus.map_or_else(|| "nobody took a side".to_owned(), |share| format!("consensus {share}"));
    let quorum = if tally.quorum { "quorum reached" } else { "no quorum" };
    format!(
        "{approve} approve, {reject} reject, {abstain} abstain of {participants} participants; {quorum}; {share}"
    )
}
