//! `send_message`: a message to a role or a topic, in the caller's name.

use std::fmt;

use echo_runtime::mail;
use echo_runtime::tool::{Call, Tool};
use echo_runtime::turn::{Failure, MAX_SUBJECT_CHARS, refuse};
use echo_storage::Query;
use echo_storage::names::MessageId;
use echo_storage::records::{Address, Party};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::mail::{Kind, address};

const NAME: &str = "send_message";
const DESCRIPTION: &str = "Sends a message to a role, to everybody who hears a topic, or to whoever sent the one it answers. It \
comes from you; nobody can be asked to vote or to decide by one.";

/// The tool.
pub(crate) fn tool() -> Tool {
    Tool::computes(NAME, DESCRIPTION, send)
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// A role, such as `cto`, or a topic, such as `messages:all`; without one it goes to whoever sent the message that it
    /// answers, also where that is a person.
    #[serde(default)]
    #[schemars(length(min = 1, max = 64))]
    to: Option<String>,
    /// What it is for.
    #[serde(default)]
    kind: Kind,
    /// What it is about, in one line of at most 255 characters.
    #[schemars(length(min = 1, max = MAX_SUBJECT_CHARS))]
    subject: String,
    /// What it says, at most 64 KiB.
    #[serde(default)]
    content: Map<String, Value>,
    /// The message that it answers, such as `msg-7`.
    #[serde(default)]
    in_reply_to: Option<MessageId>,
}

#[derive(Serialize, JsonSchema)]
struct Sent {
    /// The message's id.
    message: MessageId,
    /// To whom it went.
    to: String,
    /// How many roles receive it; none where it goes to a person.
    recipients: usize,
}

impl fmt::Display for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let recipients = match self.recipients {
            0 => "who finds it among the messages".to_owned(),
            1 => "1 recipient".to_owned(),
            more => format!("{more} recipients"),
        };
        write!(f, "{} is sent to {}, {recipients}", self.message, self.to)
    }
}

/// Who sent a message, as whom an answer goes to.
fn sender(call: &Call<'_, '_, '_>, answered: MessageId) -> Result<Address, Failure> {
    match call.turn.state().message(answered)?.map(|message| message.from) {
        Some(Party::Role(role)) => Ok(Address::Role(role)),
        Some(Party::Person(name)) => Ok(Address::Person(name)),
        Some(Party::System) => {
            refuse(format!("in_reply_to: {answered} is the runtime's own, and wants no answer"))
        }
        None => refuse(format!("in_reply_to: there is no message {answered}")),
    }
}

fn send(call: &mut Call<'_, '_, '_>, arguments: Arguments) -> Result<Sent, Failure> {
    let Arguments { to, kind, subject, content, in_reply_to } = arguments;
    let to = match (to, in_reply_to) {
        (Some(to), _) => address(&to)?,
        (None, Some(answered)) => sender(call, answered)?,
        (None, None) => {
            return refuse("to: name a role or a topic, or in_reply_to the message that it answers");
        }
    };
    let from = Party::Role(call.caller.clone());
    let content = Value::Object(content).to_string();
    let message = mail::compose(call.turn, &from, &to, kind.into(), subject.trim(), &content, in_reply_to)?;
    let recipients = call.turn.config().recipients(&to).len();
    Ok(Sent { message, to: to.to_string(), recipients })
}
