//! `status`: the store and the organisation in it, on one screen.
//!
//! What always holds: looking changes nothing, and makes no store.

use echo_storage::clock::ClockKind;
use echo_storage::names::{ApprovalId, DecisionId, SessionId};
use echo_storage::query::MAX_ROWS;
use echo_storage::records::Status;
use echo_storage::{Query, State, StoreError};
use serde::Serialize;

use super::agents::{Condition, Summary};
use super::look::Look;
use super::{End, Failed, Invocation, RESUME, size};
use crate::text_page::TextPage;
use crate::training;
use crate::wording::counted;

pub(super) const EXAMPLES: &str = "\
Examples:
  echo-org status
  echo-org status --json";

/// How many rows are read at once.
const READ_ROWS: usize = 256;
/// How many of those that wait for a person are named in the text.
const MAX_NAMED: usize = 5;
/// How many of them programs are told.
const MAX_WAITING: usize = 100;

/// The store and what is in it.
#[derive(Serialize)]
struct Overview {
    store: String,
    /// Nothing where it lies in memory.
    file_bytes: Option<u64>,
    format: u32,
    clock: ClockName,
    organisation: String,
    created_at: String,
    steps: u64,
    /// The journal's hash at its last step.
    head: String,
    /// Null where there is no step yet.
    last_step_at: Option<String>,
    agents: Agents,
    decisions: Counts,
    /// What waits for a person, oldest first, the first of them.
    waiting: Vec<Waiting>,
    /// How much waits for a person.
    waiting_count: usize,
    unread: usize,
    questions_out: usize,
    timers: usize,
    next_timer_at: Option<String>,
    dead_letters: usize,
    /// Sessions without an end among the latest, oldest first.
    interrupted: Vec<Interrupted>,
    /// The command that continues them, or watches the one that is being played.
    resume: Option<String>,
    /// Whether the runtime is playing the first of them.
    is_playing: bool,
}

/// The clock that the store lives by.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum ClockName {
    Real,
    Virtual,
}

/// How many agents are in which state.
#[derive(Default, Serialize)]
struct Agents {
    ready: usize,
    thinking: usize,
    /// Those that are not: paused, on trial or given up, in words.
    troubled: Vec<String>,
}

/// Decisions by where they stand.
#[derive(Default, Serialize)]
struct Counts {
    pending: usize,
    approved: usize,
    rejected: usize,
    escalated: usize,
}

/// A question to people.
#[derive(Serialize)]
struct Waiting {
    approval: ApprovalId,
    decision: DecisionId,
    subject: String,
}

/// A session without an end.
#[derive(Serialize)]
struct Interrupted {
    session: SessionId,
    title: String,
    started_at: String,
}

/// Tells.
pub(super) fn run(invocation: &mut Invocation<'_, '_>) -> Result<End, Failed> {
    let look = Look::open(invocation)?;
    let overview = overview(&look)?;
    if invocation.json {
        invocation.output.json(&overview);
    } else {
        invocation.output.text(&text(&overview, &look));
    }
    Ok(End::Well)
}

fn overview(look: &Look) -> Result<Overview, Failed> {
    let state = &look.snapshot;
    let file_bytes = match std::fs::metadata(look.place.path()) {
        // Then its runtime holds it in memory.
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => None,
        Err(cause) => {
            return Err(Failed::Failure(format!("cannot look at {}: {cause}", look.place.shown())));
        }
        Ok(file) => Some(file.len()),
    };
    let summaries: Vec<Summary> =
        look.config.roles.iter().map(|role| Summary::of(look, role)).collect::<Result<_, _>>()?;
    let mut agents = Agents::default();
    for one in &summaries {
        match one.state {
            Condition::Ready => agents.ready += 1,
            Condition::Thinking => agents.thinking += 1,
            Condition::Paused | Condition::OnTrial | Condition::GivenUp => {
                agents.troubled.push(format!("{} {}", one.role, one.state_in_words()));
            }
        }
    }
    let interrupted = interrupted(state).map_err(Failed::because)?;
    let info = &look.info;
    Ok(Overview {
        store: look.place.shown(),
        file_bytes,
        format: info.format,
        clock: match info.clock {
            ClockKind::Real => ClockName::Real,
            ClockKind::Virtual => ClockName::Virtual,
        },
        organisation: info.organisation.clone(),
        created_at: info.created_at.to_string(),
        steps: look.head.step,
        head: look.head.hash.to_string(),
        last_step_at: (look.head.step > 0).then(|| look.head.now.to_string()),
        unread: summaries.iter().map(|one| one.unread).sum(),
        questions_out: summaries.iter().map(|one| one.questions_out).sum(),
        agents,
        decisions: counts(state).map_err(Failed::because)?,
        waiting: waiting(state).map_err(Failed::because)?,
        waiting_count: state.approvals_out(None, MAX_ROWS).map_err(Failed::because)?.len(),
        timers: state.timers(MAX_ROWS).map_err(Failed::because)?.len()
            + state.people_timers(MAX_ROWS).map_err(Failed::because)?.len(),
        next_timer_at: state.next_timer().map_err(Failed::because)?.map(|timer| timer.due.to_string()),
        dead_letters: super::dead_letters::count(state)?,
        resume: (!interrupted.is_empty())
            .then(|| look.place.command(if look.is_playing { "watch" } else { RESUME })),
        is_playing: look.is_playing,
        interrupted,
    })
}

fn counts(state: &dyn State) -> Result<Counts, StoreError> {
    let (mut counts, mut before) = (Counts::default(), None);
    loop {
        let page = state.decisions(before, READ_ROWS)?;
        for decision in &page {
            match decision.status {
                Status::Pending => counts.pending += 1,
                Status::Approved => counts.approved += 1,
                Status::Rejected => counts.rejected += 1,
                Status::Escalated => counts.escalated += 1,
            }
        }
        before = page.last().map(|decision| decision.id);
        if page.len() < READ_ROWS {
            return Ok(counts);
        }
    }
}

fn waiting(state: &dyn State) -> Result<Vec<Waiting>, StoreError> {
    let mut open = Vec::new();
    for id in state.approvals_out(None, MAX_WAITING)? {
        let Some(approval) = state.approval(id)? else { continue };
        let decision = state.decision(approval.decision)?;
        let subject = decision.map(|decision| decision.proposal.subject.clone()).unwrap_or_default();
        open.push(Waiting { approval: id, decision: approval.decision, subject });
    }
    Ok(open)
}

fn interrupted(state: &dyn State) -> Result<Vec<Interrupted>, StoreError> {
    let interrupted = training::interrupted(state)?.into_iter().map(|session| Interrupted {
        session: session.id,
        title: session.title,
        started_at: session.started_at.to_string(),
    });
    Ok(interrupted.collect())
}

fn text(overview: &Overview, look: &Look) -> String {
    let Overview { agents, decisions, waiting, .. } = overview;
    let mut page = TextPage::default();
    page.heading("STORE");
    page.line(&format!("  file          {}", overview.store));
    let clock = match overview.clock {
        ClockName::Real => "the machine's clock",
        ClockName::Virtual => "a virtual clock",
    };
    let last = overview.last_step_at.as_ref().map(|at| format!(", the last {at}")).unwrap_or_default();
    page.named(&[
        (
            "size        ",
            format!(
                "{}, format {}",
                overview.file_bytes.map_or_else(|| "in memory".to_owned(), size::shown),
                overview.format
            ),
        ),
        ("organisation", format!("{}, since {}, on {clock}", overview.organisation, overview.created_at)),
        ("steps       ", format!("{}{last}", overview.steps)),
        ("head        ", overview.head.clone()),
    ]);
    page.heading("ORGANISATION");
    let next = overview.next_timer_at.as_ref().map(|at| format!(", the next {at}")).unwrap_or_default();
    page.named(&[
        ("agents      ", format!("{} ready, {} thinking", agents.ready, agents.thinking)),
        (
            "decisions   ",
            format!(
                "{} pending, {} approved, {} rejected, {} escalated",
                decisions.pending, decisions.approved, decisions.rejected, decisions.escalated
            ),
        ),
        ("mail        ", counted(overview.unread, "unread message")),
        ("questions   ", format!("{} out", overview.questions_out)),
        ("timers      ", format!("{}{next}", overview.timers)),
        ("dead letters", overview.dead_letters.to_string()),
    ]);
    for troubled in &agents.troubled {
        page.hanging("  not ready     ", troubled);
    }
    if !waiting.is_empty() {
        page.heading("WAITS FOR A PERSON");
        for Waiting { approval, decision, subject } in waiting.iter().take(MAX_NAMED) {
            page.hanging(&format!("  {approval}  {decision}  "), subject);
        }
        let more = overview.waiting_count.saturating_sub(MAX_NAMED);
        if more > 0 {
            page.indented(&format!("and {more} more"));
        }
    }
    if !overview.interrupted.is_empty() {
        page.heading(if overview.is_playing { "BEING PLAYED" } else { "INTERRUPTED" });
        for Interrupted { session, title, started_at } in overview.interrupted.iter().take(MAX_NAMED) {
            page.hanging(&format!("  {session}  "), &format!("{title}, started {started_at}"));
        }
    }
    let open = (!waiting.is_empty()).then_some("approvals");
    let dead = (overview.dead_letters > 0).then_some("dead-letters");
    let troubled = (!agents.troubled.is_empty()).then_some("agents");
    let commands = open.into_iter().chain(dead).chain(troubled).map(|command| look.place.command(command));
    page.next(&overview.resume.iter().cloned().chain(commands).collect::<Vec<_>>());
    page.into_text()
}
