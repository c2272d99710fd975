//! `read_messages`: the caller's mail, the newest first.
//!
//! What always holds: it only reads. What the agent has yet to handle stays unread, because handling it is the agent's own
//! step, with whatever the message asks of it.

use std::fmt;

use echo_runtime::tool::{Look, Tool};
use echo_runtime::turn::{Failure, refuse};
use echo_storage::Query;
use echo_storage::records::Message;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::bounds;
use super::mail::Letter;

const NAME: &str = "read_messages";
const DESCRIPTION: &str = "Shows the caller's mail, the newest first: what its agent has yet to handle, and what it has handled. \
Looking at a message does not mark it as read: the agent handles its mail itself.";

/// The most messages of an answer.
const MAX_MESSAGES: u64 = 100;

/// How many messages of everybody's are looked through for those of the caller: the newest.
const SEARCHED_MESSAGES: usize = 1_000;

/// The tool.
pub(crate) fn tool() -> Tool {
    Tool::reads(NAME, DESCRIPTION, read)
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// How many at most, 1 to 100; 20 unless said.
    #[serde(default = "usual_number")]
    #[schemars(range(min = 1, max = 100))]
    limit: u64,
    /// Whether only what is unread is wanted.
    #[serde(default)]
    only_unread: bool,
}

#[derive(Serialize, JsonSchema)]
struct Mail {
    /// The messages, the newest first.
    messages: Vec<Letter>,
    /// How many of them are unread.
    unread: usize,
}

impl fmt::Display for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} messages, {} unread", self.messages.len(), self.unread)?;
        self.messages.iter().try_for_each(|letter| write!(f, "\n{}", letter.line()))
    }
}

fn usual_number() -> u64 {
    20
}

fn read(look: &Look<'_>, arguments: Arguments) -> Result<Mail, Failure> {
    let Arguments { limit, only_unread } = arguments;
    bounds::number("limit", limit, 1, MAX_MESSAGES)?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let Some(role) = look.config.role(&look.caller) else {
        return refuse(format!("there is no role `{}`", look.caller));
    };
    // A message is unread from the oldest on, so the newest of them are found by asking for each.
    let recent = look.state.messages(None, SEARCHED_MESSAGES)?;
    let is_mine = |message: &Message| look.config.recipients(&message.to).contains(&look.caller);
    let mut letters = Vec::new();
    for message in recent.into_iter().filter(is_mine) {
        let unread = look.state.is_unread(role, message.id)?;
        if unread || !only_unread {
            letters.push(Letter::new(message, unread));
        }
        if letters.len() == limit {
            break;
        }
    }
    let unread = letters.iter().filter(|letter| letter.unread).count();
    Ok(Mail { messages: letters, unread })
}
