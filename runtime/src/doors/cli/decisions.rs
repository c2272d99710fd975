//! `decisions`: lists decisions, or shows one in full.
//!
//! What always holds: looking changes nothing.

mod one;

use echo_storage::Query;
use echo_storage::names::{DecisionId, DecisionType, RoleId};
use echo_storage::quantities::Usd;
use echo_storage::records::{Decision, Status};
use serde::Serialize;

use super::listing::{self, Paging};
use super::look::Look;
use super::names::word;
use super::table::{Side, Table};
use super::{End, Failed, Invocation};

pub(super) const EXAMPLES: &str = "\
Examples:
  echo-org decisions
  echo-org decisions --status escalated
  echo-org decisions dec-3

`echo-org why dec-3` tells what led to the outcome.";

/// What `decisions` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The decision that is shown in full, such as dec-1
    #[arg(value_name = "ID", conflicts_with_all = ["status", "limit", "before"])]
    id: Option<DecisionId>,
    /// List only those that stand so
    #[arg(long, value_name = "STATUS")]
    status: Option<StatusName>,
    #[command(flatten)]
    paging: Paging<DecisionId>,
}

/// Where a decision stands, as on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum StatusName {
    /// Open, also while it climbs.
    Pending,
    /// Approved by somebody who had the authority.
    Approved,
    /// Rejected.
    Rejected,
    /// Waits for a person.
    Escalated,
}

impl From<StatusName> for Status {
    fn from(name: StatusName) -> Self {
        match name {
            StatusName::Pending => Self::Pending,
            StatusName::Approved => Self::Approved,
            StatusName::Rejected => Self::Rejected,
            StatusName::Escalated => Self::Escalated,
        }
    }
}

/// Decisions, newest first.
#[derive(Serialize)]
struct List {
    decisions: Vec<Row>,
    next: Option<DecisionId>,
}

/// A decision in a line.
#[derive(Serialize)]
struct Row {
    decision: DecisionId,
    status: Status,
    #[serde(rename = "type")]
    kind: DecisionType,
    amount_usd: Usd,
    initiator: RoleId,
    /// Null while it is open.
    decided_by: Option<String>,
    subject: String,
    opened_at: String,
    closed_at: Option<String>,
}

impl From<Decision> for Row {
    fn from(decision: Decision) -> Self {
        Self {
            decision: decision.id,
            status: decision.status,
            amount_usd: decision.amount(),
            kind: decision.proposal.kind.clone(),
            initiator: decision.proposal.initiator.clone(),
            decided_by: decision.decided_by.map(|by| by.to_string()),
            subject: decision.proposal.subject.clone(),
            opened_at: decision.opened_at.to_string(),
            closed_at: decision.closed_at.map(|at| at.to_string()),
        }
    }
}

/// Lists, or shows one.
pub(super) fn run(invocation: &mut Invocation<'_, '_>, arguments: &Arguments) -> Result<End, Failed> {
    if let Some(id) = arguments.id {
        return one::show(invocation, id);
    }
    let look = Look::open(invocation)?;
    let status = arguments.status.map(Status::from);
    let listed = arguments.paging.collect(
        |before, limit| look.snapshot.decisions(before, limit),
        |decision| decision.id,
        |decision| Ok(status.is_none_or(|status| decision.status == status)),
    );
    let listed = listed.map_err(Failed::because)?;
    let next = listed.next;
    let rows: Vec<Row> = listed.rows.into_iter().map(Row::from).collect();
    if invocation.json {
        invocation.output.json(&List { decisions: rows, next });
        return Ok(End::Well);
    }
    let mut table = Table::new([
        ("ID", Side::Left),
        ("STATUS", Side::Left),
        ("TYPE", Side::Left),
        ("AMOUNT", Side::Right),
        ("INITIATOR", Side::Left),
        ("DECIDED BY", Side::Left),
        ("SUBJECT", Side::Left),
    ]);
    let any = !rows.is_empty();
    for row in rows {
        table.row([
            row.decision.to_string(),
            word(&row.status),
            row.kind.to_string(),
            row.amount_usd.to_string(),
            row.initiator.to_string(),
            row.decided_by.unwrap_or_default(),
            row.subject,
        ]);
    }
    let named = status.map(|status| word(&status));
    let command = named.iter().fold("decisions".to_owned(), |line, name| format!("{line} --status {name}"));
    let more = next.map(|next| arguments.paging.command(&look.place, &command, next));
    let none = match &named {
        Some(name) => format!("no decision is {name}"),
        None => "nothing has been put up for decision yet".to_owned(),
    };
    listing::tell(invocation, any.then_some(&table), &none, more);
    Ok(End::Well)
}

/// The decision with this id.
pub(super) fn find(look: &Look, id: DecisionId) -> Result<Decision, Failed> {
    if let Some(found) = look.snapshot.decision(id).map_err(Failed::because)? {
        return Ok(found);
    }
    let latest = look.snapshot.decisions(None, 1).map_err(Failed::because)?;
    Err(listing::unknown(id, latest.first().map(|decision| decision.id), "decisions"))
}
