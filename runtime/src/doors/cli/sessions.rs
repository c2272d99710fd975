//! `sessions`: lists sessions, or gives the report of one again.
//!
//! What always holds: a report is made from the store, so it can be had again as long as there is the store.

use echo_storage::names::{DecisionId, SessionId};
use echo_storage::records::{Session, Status};
use echo_storage::{Query, StoreError, journal};
use serde::Serialize;

use super::listing::{self, Paging};
use super::look::Look;
use super::names::word;
use super::table::{Side, Table};
use super::{APPROVALS, End, Failed, Invocation, RESUME};
use crate::training::{Circumstances, Report};

pub(super) const EXAMPLES: &str = "\
Examples:
  echo-org sessions
  echo-org sessions ses-1
  echo-org sessions ses-1 --json > report.json

A session that has no end was interrupted; `echo-org train --resume` continues it.";

/// How much of a hash the table shows; a report shows all of it.
const SHORT_HASH_CHARS: usize = 12;

/// What `sessions` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The session whose report is wanted, such as ses-1
    #[arg(value_name = "ID", conflicts_with_all = ["limit", "before"])]
    id: Option<SessionId>,
    #[command(flatten)]
    paging: Paging<SessionId>,
}

/// Sessions, newest first.
#[derive(Serialize)]
struct List {
    sessions: Vec<Row>,
    next: Option<SessionId>,
}

/// A session in a line.
#[derive(Serialize)]
struct Row {
    session: SessionId,
    title: String,
    decision: DecisionId,
    /// Where its decision stands now.
    status: Option<Status>,
    steps: u64,
    /// The journal's hash at its last step; null where it was interrupted.
    hash: Option<String>,
    started_at: String,
    /// Null where it was interrupted.
    ended_at: Option<String>,
}

/// Lists, or reports.
pub(super) fn run(invocation: &mut Invocation<'_, '_>, arguments: &Arguments) -> Result<End, Failed> {
    let look = Look::open(invocation)?;
    if let Some(id) = arguments.id {
        return report(invocation, &look, id);
    }
    let read = |before, limit| look.snapshot.sessions(before, limit);
    let listed = arguments.paging.collect(read, |session| session.id, |_| Ok(true));
    let listed = listed.map_err(Failed::because)?;
    let next = listed.next;
    let rows = listed.rows.into_iter().map(|session| row(&look, session)).collect::<Result<Vec<_>, _>>();
    let rows = rows.map_err(Failed::because)?;
    if invocation.json {
        invocation.output.json(&List { sessions: rows, next });
        return Ok(End::Well);
    }
    let mut table = Table::new([
        ("ID", Side::Left),
        ("STARTED", Side::Left),
        ("ENDED", Side::Left),
        ("STEPS", Side::Right),
        ("DECISION", Side::Left),
        ("STATUS", Side::Left),
        ("HASH", Side::Left),
        ("TITLE", Side::Left),
    ]);
    let any = !rows.is_empty();
    let open = if look.is_playing { "being played" } else { "interrupted" };
    for row in rows {
        table.row([
            row.session.to_string(),
            row.started_at,
            row.ended_at.unwrap_or_else(|| open.to_owned()),
            row.steps.to_string(),
            row.decision.to_string(),
            row.status.map(|status| word(&status)).unwrap_or_default(),
            row.hash.iter().flat_map(|hash| hash.chars()).take(SHORT_HASH_CHARS).collect(),
            row.title,
        ]);
    }
    let more = next.map(|next| arguments.paging.command(&look.place, "sessions", next));
    listing::tell(invocation, any.then_some(&table), "no session has been played yet", more);
    Ok(End::Well)
}

fn row(look: &Look, session: Session) -> Result<Row, StoreError> {
    let last_step = session.end.as_ref().map_or(look.head.step, |end| end.last_step);
    let sealed =
        session.end.as_ref().map(|end| journal::sealed(&look.snapshot, end.last_step)).transpose()?;
    Ok(Row {
        session: session.id,
        title: session.title,
        decision: session.decision,
        status: look.snapshot.decision(session.decision)?.map(|decision| decision.status),
        steps: last_step.saturating_sub(session.first_step).saturating_add(1),
        hash: sealed.map(|sealed| sealed.hash().to_string()),
        started_at: session.started_at.to_string(),
        ended_at: session.end.map(|end| end.at.to_string()),
    })
}

/// The report of a session that has ended.
fn report(invocation: &mut Invocation<'_, '_>, look: &Look, id: SessionId) -> Result<End, Failed> {
    let Some(session) = look.snapshot.session(id).map_err(Failed::because)? else {
        let latest = look.snapshot.sessions(None, 1).map_err(Failed::because)?;
        return Err(listing::unknown(id, latest.first().map(|session| session.id), "sessions"));
    };
    let Some(end) = &session.end else {
        let (title, started, decision) = (&session.title, session.started_at, session.decision);
        return Err(Failed::Failure(format!(
            "{id} ({title}) started at {started} and has not ended, so there is no report of it yet; `{}` continues \
             it, `{}` shows how far its decision has got",
            look.place.command(RESUME),
            look.place.command(&format!("decisions {decision}"))
        )));
    };
    let duration_ms = end.at.ms().saturating_sub(session.started_at.ms());
    let circumstances = Circumstances { store: Some(look.place.shown()), duration_ms };
    let report = Report::of(&look.snapshot, id, circumstances).map_err(Failed::because)?;
    if invocation.json {
        invocation.output.json(&report);
        return Ok(End::Well);
    }
    let answers = report.details.approval.iter().map(|_| APPROVALS.to_owned());
    let more = [format!("why {}", session.decision), format!("replay --session {id}")];
    let next: Vec<String> = answers.chain(more).map(|command| look.place.command(&command)).collect();
    invocation.output.text(&report.to_text(&next));
    Ok(End::Well)
}
