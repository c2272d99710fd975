//! What each agent is doing, and what the session waits for, in words.
//!
//! What always holds: everything is said in words or letters; colour only repeats it.

use echo_storage::names::RoleId;
use echo_storage::quantities::Timestamp;
use echo_storage::records::{BreakerState, Deed, Party, Phase, Stance, Status, Thought, ThoughtKind, Vote};

use super::model::{AgentRow, Mark, View};
use crate::wording;

/// Thousandths of a whole.
pub(super) const WHOLE: u64 = 1000;

/// How something is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    /// It is at work.
    Busy,
    /// It speaks for the proposal, or went well.
    For,
    /// It speaks against the proposal.
    Against,
    /// It needs attention.
    Trouble,
    /// It is as it is.
    Plain,
    /// It matters little now.
    Quiet,
}

/// What somebody is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Doing {
    pub(super) words: String,
    pub(super) tone: Tone,
    /// A bar, in thousandths of its length.
    pub(super) bar: Option<u64>,
}

impl Doing {
    fn new(tone: Tone, words: impl Into<String>) -> Self {
        Self { words: words.into(), tone, bar: None }
    }
}

/// What an agent is doing now: what keeps it from work first, then what it works on, then what it has done.
pub(super) fn doing(view: &View, row: &AgentRow, now: Timestamp) -> Doing {
    let urgent = down(row, now).or_else(|| view.thought_of(&row.role).map(|thought| thinking(thought, now)));
    urgent.or_else(|| working(view, row)).unwrap_or_else(|| done(view, row))
}

/// Why it does nothing at all, if that is so.
fn down(row: &AgentRow, now: Timestamp) -> Option<Doing> {
    let breaker = row.agent.as_ref()?.breaker.as_ref()?;
    let reason = &breaker.reason;
    Some(match &breaker.state {
        BreakerState::Open { until, .. } => {
            let left = duration(until.ms().saturating_sub(now.ms()));
            Doing::new(Tone::Trouble, format!("down for {left}: {reason}"))
        }
        BreakerState::GivenUp => Doing::new(Tone::Trouble, format!("down until it is retried: {reason}")),
        BreakerState::HalfOpen => return None,
    })
}

fn thinking(thought: &Thought, now: Timestamp) -> Doing {
    let taken = now.ms().saturating_sub(thought.asked_at.ms());
    let whole = thought.deadline.ms().saturating_sub(thought.asked_at.ms());
    let about = match &thought.kind {
        ThoughtKind::Relevance { .. } => "thinks whether it is concerned".to_owned(),
        ThoughtKind::Ballot { round: 0, .. } => "is asked to decide".to_owned(),
        ThoughtKind::Ballot { round, .. } => format!("thinks about its ballot, round {round}"),
        ThoughtKind::Clarification { asker, .. } => format!("thinks what to tell {asker}"),
        ThoughtKind::Synthesis => "sums up the votes".to_owned(),
    };
    let words = format!("{about}, {}", duration(taken));
    Doing { bar: Some(share(taken, whole)), ..Doing::new(Tone::Busy, words) }
}

/// What it has to do.
fn working(view: &View, row: &AgentRow) -> Option<Doing> {
    if let (Some(failure), Some(message)) = (&row.failure, row.unread.first()) {
        return Some(Doing::new(Tone::Trouble, format!("failed on {message}: {failure}")));
    }
    if let Some(message) = row.unread.first() {
        let more = row.unread.len().saturating_sub(1);
        let more = if more == 0 { String::new() } else { format!(", {more} more wait") };
        return Some(Doing::new(Tone::Busy, format!("reading {message}{more}")));
    }
    let waits = view.clarifications.iter().find(|one| one.asker == row.role && one.reply.is_none())?;
    Some(Doing::new(Tone::Plain, format!("asks {}: {}", waits.inquiry.to, waits.inquiry.question)))
}

/// What it did last.
fn done(view: &View, row: &AgentRow) -> Doing {
    let Some(decision) = &view.decision else { return Doing::new(Tone::Quiet, "idle") };
    let of_role = |who: &Party| *who == Party::Role(row.role.clone());
    // Why it went up to a person says more than that it did.
    let says_why = |deed| !matches!(deed, Deed::Opened | Deed::AskedPerson);
    let step = decision.path.iter().rev().find(|step| of_role(&step.who) && says_why(step.deed));
    if let Some(step) = step {
        let (tone, deed) = match step.deed {
            Deed::Approved => (Tone::For, "approved it"),
            Deed::Rejected => (Tone::Against, "rejected it"),
            Deed::PassedUp => (Tone::Plain, "passed it up"),
            Deed::Overrode => (Tone::Plain, "overrode it"),
            Deed::Concluded | Deed::Opened | Deed::AskedPerson => (Tone::Plain, "summed up the votes"),
        };
        return Doing::new(tone, format!("{deed}: {}", step.why));
    }
    let round = view.round();
    if view.mark(row, round) == Mark::Absent {
        let absence = decision.absences.iter().rfind(|one| one.role == row.role);
        let reason = absence.map_or("", |absence| absence.reason.as_str());
        return Doing::new(Tone::Trouble, format!("absent in round {round}: {reason}"));
    }
    if let Some(ballot) = row.ballots.iter().max_by_key(|ballot| ballot.round) {
        let earlier =
            if ballot.round < round { format!(" in round {}", ballot.round) } else { String::new() };
        let (verb, tone) = match ballot.vote {
            Vote::Approve => ("voted approve", Tone::For),
            Vote::Reject => ("voted reject", Tone::Against),
            Vote::Abstain => ("abstained", Tone::Plain),
        };
        let words = format!("{verb} {}{earlier}", ballot.confidence);
        return Doing { bar: Some(ballot.confidence.thousandths().into()), ..Doing::new(tone, words) };
    }
    if let Some(participation) = &row.participation {
        let (tone, stance) = match participation.stance {
            Stance::Assist => (Tone::Plain, "takes part"),
            Stance::Observe => (Tone::Quiet, "observes"),
            Stance::Decline => (Tone::Quiet, "declined"),
        };
        return Doing::new(tone, format!("{stance}: {}", participation.reason));
    }
    if decision.proposal.initiator == row.role {
        return Doing::new(Tone::Plain, "asks, and waits for the votes");
    }
    Doing::new(Tone::Quiet, "idle")
}

/// What the session waits for.
pub(super) fn waiting(view: &View) -> Doing {
    let Some(decision) = &view.decision else {
        return Doing::new(Tone::Quiet, "nothing has been asked yet");
    };
    let initiator = &decision.proposal.initiator;
    match &decision.phase {
        Phase::Selecting => {
            let asked = view.agents.iter().filter(|row| row.role != *initiator).count();
            let said = view.agents.iter().filter(|row| row.participation.is_some()).count();
            Doing::new(Tone::Busy, format!("who takes part? {said} of {asked} have said"))
        }
        Phase::Voting { round } => {
            let marks: Vec<Mark> = view.agents.iter().map(|row| view.mark(row, *round)).collect();
            let count = |wanted: fn(&Mark) -> bool| marks.iter().filter(|mark| wanted(mark)).count();
            let voted = count(|mark| matches!(mark, Mark::Voted(_)));
            let absent = count(|mark| *mark == Mark::Absent);
            let absent = if absent == 0 { String::new() } else { format!(", {absent} absent") };
            let of = decision.participants.len();
            Doing::new(Tone::Busy, format!("round {round}: {voted} of {of} votes are in{absent}"))
        }
        Phase::Clarifying { round } => {
            let asked = view.clarifications.iter().filter(|one| one.round == *round);
            let (answered, open): (Vec<_>, Vec<_>) = asked.partition(|one| one.reply.is_some());
            let all = answered.len() + open.len();
            let words = format!("after round {round}: {} of {all} questions are answered", answered.len());
            Doing::new(Tone::Busy, words)
        }
        Phase::Synthesising => {
            let count = decision.tally.as_ref().map(|tally| {
                let quorum = if tally.quorum { "quorum" } else { "no quorum" };
                format!("{}, {quorum}: ", wording::heads(tally))
            });
            Doing::new(Tone::Busy, format!("{}{initiator} sums up", count.unwrap_or_default()))
        }
        Phase::Climbing { at } => Doing::new(Tone::Busy, format!("climbing: {at} is asked to decide")),
        Phase::Waiting { approval } => {
            Doing::new(Tone::Trouble, format!("escalated: waits for a person ({approval})"))
        }
        Phase::Closed => {
            let by = decision.decided_by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
            match decision.status {
                Status::Approved => Doing::new(Tone::For, format!("approved{by}")),
                Status::Rejected => Doing::new(Tone::Against, format!("rejected{by}")),
                Status::Pending | Status::Escalated => Doing::new(Tone::Plain, "closed"),
            }
        }
    }
}

/// Who leads, among those who take part.
pub(super) fn is_lead(view: &View, role: &RoleId) -> bool {
    view.decision.as_ref().is_some_and(|decision| decision.lead.as_ref() == Some(role))
}

/// A duration as people say it: `1.2 s` below a minute, `4:38` above.
pub(super) fn duration(ms: u64) -> String {
    let seconds = ms / 1000;
    match seconds {
        0..60 => format!("{seconds}.{} s", ms % 1000 / 100),
        60..3600 => format!("{}:{:02}", seconds / 60, seconds % 60),
        _ => format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60),
    }
}

/// A part of a whole, in thousandths.
pub(super) fn share(part: u64, whole: u64) -> u64 {
    part.saturating_mul(WHOLE).checked_div(whole).unwrap_or(WHOLE).min(WHOLE)
}
