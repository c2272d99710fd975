//! `messages`: lists messages, of all roles or of one, or shows one in full.
//!
//! What always holds: looking changes nothing; a message that is shown here is as unread as it was.

mod one;

use echo_storage::Query;
use echo_storage::names::{MessageId, RoleId};
use echo_storage::records::{Message, Party};
use serde::Serialize;

use super::listing::{self, Listed, Paging};
use super::look::{self, Look};
use super::names::{KindName, word};
use super::table::{Side, Table};
use super::{End, Failed, Invocation};

pub(super) const EXAMPLES: &str = "\
Examples:
  echo-org messages
  echo-org messages msg-12
  echo-org messages --limit 50 --before msg-12

With a ROLE instead of an id: what it sent and what reaches it, and with --unread what it has not
handled yet. `echo-org agents` lists the roles.";

/// What `messages` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The role whose messages are listed, or the message that is shown in full (msg-1)
    #[arg(value_name = "ROLE|ID")]
    subject: Option<String>,
    /// List only what the role has not handled yet
    #[arg(long, requires = "subject")]
    unread: bool,
    #[command(flatten)]
    paging: Paging<MessageId>,
}

/// Messages, newest first.
#[derive(Serialize)]
struct List {
    messages: Vec<Row>,
    next: Option<MessageId>,
}

/// A message in a line.
#[derive(Serialize)]
struct Row {
    message: MessageId,
    sent_at: String,
    from: String,
    to: String,
    kind: KindName,
    subject: String,
}

impl From<Message> for Row {
    fn from(message: Message) -> Self {
        Self {
            message: message.id,
            sent_at: message.at.to_string(),
            from: message.from.to_string(),
            to: message.to.to_string(),
            kind: message.kind.into(),
            subject: message.subject,
        }
    }
}

/// Lists, or shows one.
pub(super) fn run(invocation: &mut Invocation<'_, '_>, arguments: &Arguments) -> Result<End, Failed> {
    let Arguments { subject, unread, paging } = arguments;
    let role = match subject.as_deref() {
        None => None,
        Some(text) => match text.parse::<MessageId>() {
            Ok(_) if *unread => {
                return Err(Failed::Usage("--unread lists the mail of a role, not one message".to_owned()));
            }
            Ok(id) => return one::show(invocation, id),
            Err(_) if text.starts_with("msg-") => {
                return Err(Failed::Usage(format!("`{text}` is no message; an id is of the form msg-1")));
            }
            Err(_) => Some(look::role(&invocation.organisation, "ROLE|ID", text)?),
        },
    };
    let look = Look::open(invocation)?;
    let listed = list(&look, role.as_ref(), *unread, paging)?;
    let next = listed.next;
    let rows: Vec<Row> = listed.rows.into_iter().map(Row::from).collect();
    if invocation.json {
        invocation.output.json(&List { messages: rows, next });
        return Ok(End::Well);
    }
    let mut table = Table::new([
        ("ID", Side::Left),
        ("SENT", Side::Left),
        ("FROM", Side::Left),
        ("TO", Side::Left),
        ("KIND", Side::Left),
        ("SUBJECT", Side::Left),
    ]);
    let any = !rows.is_empty();
    for row in rows {
        let id = row.message.to_string();
        table.row([id, row.sent_at, row.from, row.to, word(&row.kind), row.subject]);
    }
    let of_role = role.iter().map(|role| format!(" {role}"));
    let filter = unread.then(|| " --unread".to_owned());
    let command: String = std::iter::once("messages".to_owned()).chain(of_role).chain(filter).collect();
    let more = next.map(|next| paging.command(&look.place, &command, next));
    let none = match (&role, unread) {
        (Some(role), true) => format!("{role} has no unread mail"),
        (Some(role), false) => format!("{role} has sent nothing, and nothing has reached it"),
        (None, _) => "nobody has sent anything yet".to_owned(),
    };
    listing::tell(invocation, any.then_some(&table), &none, more);
    Ok(End::Well)
}

fn list(
    look: &Look,
    role: Option<&RoleId>,
    unread: bool,
    paging: &Paging<MessageId>,
) -> Result<Listed<Message, MessageId>, Failed> {
    let state = &look.snapshot;
    let role = role.map(|role| look.role(role)).transpose()?;
    let listed = paging.collect(
        |before, limit| state.messages(before, limit),
        |message| message.id,
        |message| match role {
            None => Ok(true),
            Some(role) if unread => state.is_unread(role, message.id),
            Some(role) => Ok(message.from == Party::Role(role.id.clone())
                || look.config.readers(message).contains(&role.id)),
        },
    );
    listed.map_err(Failed::because)
}
