//! `dead-letters`: lists the messages that were given up.
//!
//! What always holds: a message that was given up for several roles has a row for each.

use echo_storage::names::{MessageId, RoleId};
use echo_storage::records::Receipt;
use echo_storage::{Query, State, StoreError};
use serde::Serialize;

use super::listing::{self, Paging};
use super::look::{self, Look};
use super::table::{Side, Table};
use super::{End, Failed, Invocation};

pub(super) const EXAMPLES: &str = "\
Examples:
  echo-org dead-letters
  echo-org dead-letters --json

A message becomes a dead letter when handling it has failed too often; its agent goes on with the
next. With a ROLE only its own are listed. `echo-org retry msg-12` has it tried again.";

/// How many rows are read at once.
const READ_ROWS: usize = 256;

/// What `dead-letters` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// List only what was given up for this role
    #[arg(value_name = "ROLE")]
    role: Option<String>,
    #[command(flatten)]
    paging: Paging<MessageId>,
}

/// Dead letters, newest message first.
#[derive(Serialize)]
struct List {
    dead_letters: Vec<Row>,
    next: Option<MessageId>,
}

/// A dead letter of one role.
#[derive(Serialize)]
struct Row {
    message: MessageId,
    role: RoleId,
    attempts: u32,
    /// When it failed last.
    failed_at: String,
    /// Why it failed last.
    reason: String,
    subject: String,
}

/// Lists.
pub(super) fn run(invocation: &mut Invocation<'_, '_>, arguments: &Arguments) -> Result<End, Failed> {
    let role = arguments.role.as_deref();
    let role = role.map(|name| look::role(&invocation.organisation, "ROLE", name)).transpose()?;
    let look = Look::open(invocation)?;
    let listed = arguments.paging.collect(
        |before, limit| look.snapshot.receipts(before, limit),
        |receipt| receipt.message,
        |receipt| Ok(receipt.dead && role.as_ref().is_none_or(|role| receipt.role == *role)),
    );
    let listed = listed.map_err(Failed::because)?;
    let next = listed.next;
    let rows = listed.rows.into_iter().map(|receipt| row(&look.snapshot, receipt));
    let rows = rows.collect::<Result<Vec<_>, _>>().map_err(Failed::because)?;
    if invocation.json {
        invocation.output.json(&List { dead_letters: rows, next });
        return Ok(End::Well);
    }
    let mut table = Table::new([
        ("ID", Side::Left),
        ("RECIPIENT", Side::Left),
        ("ATTEMPTS", Side::Right),
        ("FAILED", Side::Left),
        ("SUBJECT", Side::Left),
        ("REASON", Side::Left),
    ]);
    let newest = rows.first().map(|row| row.message);
    for row in rows {
        table.row([
            row.message.to_string(),
            row.role.to_string(),
            row.attempts.to_string(),
            row.failed_at,
            row.subject,
            row.reason,
        ]);
    }
    let of_role = role.iter().map(|role| format!(" {role}"));
    let command: String = std::iter::once("dead-letters".to_owned()).chain(of_role).collect();
    let more = next.map(|next| arguments.paging.command(&look.place, &command, next));
    let none = role.map_or_else(
        || "no message was given up".to_owned(),
        |role| format!("no message was given up for {role}"),
    );
    listing::tell(invocation, newest.is_some().then_some(&table), &none, more);
    if let Some(newest) = newest {
        invocation.output.text(&format!("\n{}", look.place.command(&format!("retry {newest}"))));
    }
    Ok(End::Well)
}

fn row(state: &dyn State, receipt: Receipt) -> Result<Row, StoreError> {
    let subject = state.message(receipt.message)?.map(|message| message.subject).unwrap_or_default();
    Ok(Row {
        message: receipt.message,
        role: receipt.role,
        attempts: receipt.attempts,
        failed_at: receipt.at.to_string(),
        reason: receipt.reason,
        subject,
    })
}

/// Every dead letter, oldest first.
pub(super) fn all(state: &dyn State) -> Result<Vec<Receipt>, Failed> {
    let (mut dead, mut before) = (Vec::new(), None);
    loop {
        let mut size = READ_ROWS;
        // A message's rows come together, or the next page would skip those that were left.
        let page = loop {
            let mut page = state.receipts(before, size).map_err(Failed::because)?;
            if page.len() < size {
                dead.extend(page.into_iter().filter(|receipt| receipt.dead));
                dead.reverse();
                return Ok(dead);
            }
            let last = page.last().map(|receipt| receipt.message);
            page.retain(|receipt| Some(receipt.message) != last);
            if !page.is_empty() {
                break page;
            }
            size = size.saturating_mul(2);
        };
        before = page.last().map(|receipt| receipt.message);
        dead.extend(page.into_iter().filter(|receipt| receipt.dead));
    }
}

/// How many there are.
pub(super) fn count(state: &dyn State) -> Result<usize, Failed> {
    Ok(all(state)?.len())
}
