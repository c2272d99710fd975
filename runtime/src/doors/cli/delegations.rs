//! `delegations`: lists the pieces of work that the delegator found agents for, or shows one with what became of its tasks.
//!
//! What always holds: what is shown is read from the messages themselves.

use echo_storage::Query;
use echo_storage::names::{DelegationId, RoleId};
use echo_storage::records::Delegation;
use serde::Serialize;

use super::listing::{self, Paging};
use super::look::Look;
use super::table::{Side, Table};
use super::{End, Failed, Invocation};
use crate::delegations::Standing;
use crate::text_page::TextPage;

pub(super) const EXAMPLES: &str = "\
Examples:
  echo-org delegations
  echo-org delegations del-1

A client of `echo-org mcp --delegator` begins one with `start_session`. A task is a message, and so is
its answer: `echo-org messages msg-3` shows either in full.";

/// What `delegations` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The delegation that is shown in full, such as del-1
    #[arg(value_name = "ID", conflicts_with_all = ["limit", "before"])]
    id: Option<DelegationId>,
    #[command(flatten)]
    paging: Paging<DelegationId>,
}

/// Delegations, newest first.
#[derive(Serialize)]
struct List {
    delegations: Vec<Row>,
    next: Option<DelegationId>,
}

/// A delegation in brief.
#[derive(Serialize)]
struct Row {
    delegation: DelegationId,
    is_open: bool,
    task_category: String,
    /// Who belongs to it now.
    agents: Vec<RoleId>,
    by: String,
    started_at: String,
    description: String,
}

/// A delegation in full.
#[derive(Serialize)]
struct Full {
    #[serde(flatten)]
    row: Row,
    /// Why its agents were picked by that category.
    because: String,
    /// When it ended; null while it is open.
    ended_at: Option<String>,
    /// What was said at its end.
    summary: Option<String>,
    #[serde(flatten)]
    standing: Standing,
}

impl From<&Delegation> for Row {
    fn from(delegation: &Delegation) -> Self {
        Self {
            delegation: delegation.id,
            is_open: delegation.end.is_none(),
            task_category: delegation.category.clone(),
            agents: delegation.active().cloned().collect(),
            by: delegation.by.to_string(),
            started_at: delegation.started_at.to_string(),
            description: delegation.description.clone(),
        }
    }
}

impl Row {
    fn state(&self) -> &'static str {
        if self.is_open { "open" } else { "ended" }
    }

    fn agents(&self) -> String {
        let names: Vec<&str> = self.agents.iter().map(RoleId::as_str).collect();
        if names.is_empty() { "nobody".to_owned() } else { names.join(", ") }
    }
}

/// Lists, or shows one.
pub(super) fn run(invocation: &mut Invocation<'_, '_>, arguments: &Arguments) -> Result<End, Failed> {
    let look = Look::open(invocation)?;
    if let Some(id) = arguments.id {
        return show(invocation, &look, id);
    }
    let listed = arguments.paging.collect(
        |before, limit| look.snapshot.delegations(before, limit),
        |delegation| delegation.id,
        |_| Ok(true),
    );
    let listed = listed.map_err(Failed::because)?;
    let next = listed.next;
    let rows: Vec<Row> = listed.rows.iter().map(Row::from).collect();
    if invocation.json {
        invocation.output.json(&List { delegations: rows, next });
        return Ok(End::Well);
    }
    let mut table = Table::new([
        ("ID", Side::Left),
        ("STATE", Side::Left),
        ("CATEGORY", Side::Left),
        ("AGENTS", Side::Left),
        ("STARTED", Side::Left),
        ("WHAT", Side::Left),
    ]);
    for row in &rows {
        table.row([
            row.delegation.to_string(),
            row.state().to_owned(),
            row.task_category.clone(),
            row.agents(),
            row.started_at.clone(),
            row.description.clone(),
        ]);
    }
    let more = next.map(|next| arguments.paging.command(&look.place, "delegations", next));
    let none = "nothing was delegated yet";
    listing::tell(invocation, (!rows.is_empty()).then_some(&table), none, more);
    Ok(End::Well)
}

fn show(invocation: &mut Invocation<'_, '_>, look: &Look, id: DelegationId) -> Result<End, Failed> {
    let found = look.snapshot.delegation(id).map_err(Failed::because)?;
    let Some(delegation) = found else {
        let latest = look.snapshot.delegations(None, 1).map_err(Failed::because)?;
        return Err(listing::unknown(id, latest.first().map(|one| one.id), "delegations"));
    };
    let standing = Standing::of(&look.snapshot, &look.config, &delegation).map_err(Failed::because)?;
    let row = Row::from(&delegation);
    let Delegation { because, end, .. } = delegation;
    let (ended_at, summary) = end.map(|end| (end.at.to_string(), end.summary)).unzip();
    let full = Full { row, because, ended_at, summary, standing };
    if invocation.json {
        invocation.output.json(&full);
        return Ok(End::Well);
    }
    invocation.output.text(&text(&full));
    Ok(End::Well)
}

fn text(full: &Full) -> String {
    let Full { row, because, ended_at, summary, standing } = full;
    let mut page = TextPage::default();
    page.hanging(&format!("{}  ", row.delegation), &row.description);
    page.heading("STANDS");
    let ended = ended_at.as_ref().map(|at| format!(", ended {at}")).unwrap_or_default();
    page.named(&[
        ("state", row.state().to_owned()),
        ("asked by", row.by.clone()),
        ("category", format!("{} ({because})", row.task_category)),
        ("times", format!("started {}{ended}", row.started_at)),
        ("agents", row.agents()),
    ]);
    page.heading("TASKS");
    for line in standing.to_string().lines() {
        page.indented(line);
    }
    if let Some(summary) = summary {
        page.heading("AT ITS END");
        for line in summary.lines() {
            page.indented(line);
        }
    }
    page.into_text()
}
