//! The messages of a session for programs: one JSON object on a line for each, in the order in which they were sent.
//!
//! What always holds: every line is one object with the same fields in the same order; content is JSON and never text of
//! JSON.

use echo_storage::names::{DecisionType, MessageId, RoleId};
use echo_storage::quantities::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::chronicle::{Chronicle, Fate, Sent};
use crate::deliveries::DeliveryState;
use crate::wording::{kind_name, priority_name};

/// A message as a line.
#[derive(Serialize)]
struct Line<'a> {
    id: MessageId,
    step: u64,
    at: String,
    at_ms: Timestamp,
    from: String,
    to: String,
    kind: &'static str,
    subject: &'a str,
    content: Value,
    about: Option<&'a DecisionType>,
    priority: &'static str,
    thread: Option<MessageId>,
    in_reply_to: Option<MessageId>,
    deadline: Option<String>,
    recipients: Vec<Recipient<'a>>,
}

/// What became of a message with one of those whom it reached.
#[derive(Serialize)]
struct Recipient<'a> {
    role: &'a RoleId,
    state: DeliveryState,
    /// The step that handled it or gave it up.
    step: Option<u64>,
    at: Option<String>,
    attempts: u32,
    reason: Option<&'a str>,
}

/// The messages of a session, a line for each.
///
/// # Errors
/// None that is known of: every value has a JSON form.
pub fn messages(chronicle: &Chronicle) -> Result<String, serde_json::Error> {
    let mut text = String::new();
    for sent in &chronicle.events.messages {
        text.push_str(&serde_json::to_string(&line(sent))?);
        text.push('\n');
    }
    Ok(text)
}

fn line(sent: &Sent) -> Line<'_> {
    let message = &sent.message;
    Line {
        id: message.id,
        step: sent.step,
        at: message.at.to_string(),
        at_ms: message.at,
        from: message.from.to_string(),
        to: message.to.to_string(),
        kind: kind_name(message.kind),
        subject: &message.subject,
        content: content(&message.content),
        about: message.about.as_ref(),
        priority: priority_name(message.priority),
        thread: message.thread,
        in_reply_to: message.in_reply_to,
        deadline: message.deadline.map(|deadline| deadline.to_string()),
        recipients: sent.fates.iter().map(recipient).collect(),
    }
}

/// Content is a JSON object; should an old store hold something else, it is the text that it is.
fn content(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}

fn recipient(Fate { delivery, handled }: &Fate) -> Recipient<'_> {
    Recipient {
        role: &delivery.role,
        state: delivery.state,
        step: handled.map(|handled| handled.step),
        at: handled.map(|handled| handled.at.to_string()),
        attempts: delivery.attempts,
        reason: delivery.reason.as_deref(),
    }
}
