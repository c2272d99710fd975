//! One message in full: what it says, what it belongs to, and what became of it with everyone whom it reaches.
//!
//! What always holds: whoever sent a message to a topic is not among those whom it reaches.

use echo_storage::Query;
use echo_storage::names::{DecisionType, MessageId};
use echo_storage::records::{Message, Priority};
use serde::Serialize;

use crate::deliveries::Delivery;
use crate::doors::cli::look::{self, Look};
use crate::doors::cli::names::{KindName, word};
use crate::doors::cli::{End, Failed, Invocation, listing};
use crate::text_page::{INDENT, TextPage};

/// How many later messages are looked through for answers to one.
const MAX_LOOKED_THROUGH: usize = 1_000;

/// A message in full.
#[derive(Serialize)]
struct Full {
    message: MessageId,
    sent_at: String,
    from: String,
    to: String,
    kind: KindName,
    subject: String,
    /// A JSON object.
    content: serde_json::Value,
    /// The type of the decision it is about.
    about: Option<DecisionType>,
    priority: PriorityName,
    /// The first message of the conversation.
    thread: Option<MessageId>,
    in_reply_to: Option<MessageId>,
    /// The answers to it among the messages that came soon after it, oldest first.
    answers: Vec<MessageId>,
    /// Until when an answer is of use.
    deadline_at: Option<String>,
    deliveries: Vec<Delivery>,
}

/// How urgent its sender holds it to be.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum PriorityName {
    Low,
    Normal,
    High,
}

/// Shows a message.
pub(super) fn show(invocation: &mut Invocation<'_, '_>, id: MessageId) -> Result<End, Failed> {
    let look = Look::open(invocation)?;
    let Some(message) = look.snapshot.message(id).map_err(Failed::because)? else {
        let latest = look.snapshot.messages(None, 1).map_err(Failed::because)?;
        return Err(listing::unknown(id, latest.first().map(|message| message.id), "messages"));
    };
    let full = full(&look, message)?;
    if invocation.json {
        invocation.output.json(&full);
    } else {
        invocation.output.text(&text(&full));
    }
    Ok(End::Well)
}

fn full(look: &Look, message: Message) -> Result<Full, Failed> {
    let deliveries = look::deliveries(&look.snapshot, &look.config, &message);
    Ok(Full {
        deliveries: deliveries.map_err(Failed::because)?,
        answers: answers(look, message.id)?,
        message: message.id,
        sent_at: message.at.to_string(),
        from: message.from.to_string(),
        to: message.to.to_string(),
        kind: message.kind.into(),
        subject: message.subject,
        // Content is a JSON object; should an old store hold something else, it is shown as the text that it is.
        content: serde_json::from_str(&message.content).unwrap_or(serde_json::Value::String(message.content)),
        about: message.about,
        priority: match message.priority {
            Priority::Low => PriorityName::Low,
            Priority::Normal => PriorityName::Normal,
            Priority::High => PriorityName::High,
        },
        thread: message.thread,
        in_reply_to: message.in_reply_to,
        deadline_at: message.deadline.map(|deadline| deadline.to_string()),
    })
}

/// The answers to a message among those that came soon after it.
fn answers(look: &Look, id: MessageId) -> Result<Vec<MessageId>, Failed> {
    use echo_storage::names::Id;

    let first = id.number() + 1;
    let mut answers = Vec::new();
    for number in first..first.saturating_add(MAX_LOOKED_THROUGH as u64) {
        let later = look.snapshot.message(MessageId::from_number(number)).map_err(Failed::because)?;
        let Some(later) = later else { break };
        if later.in_reply_to == Some(id) {
            answers.push(later.id);
        }
    }
    Ok(answers)
}

fn text(full: &Full) -> String {
    let mut page = TextPage::default();
    page.hanging(&format!("{}  ", full.message), &full.subject);
    page.heading("SENT");
    let mut rows = vec![
        ("from", full.from.clone()),
        ("to", full.to.clone()),
        ("at", full.sent_at.clone()),
        ("kind", word(&full.kind)),
        ("priority", word(&full.priority)),
    ];
    let more = [
        ("about", full.about.as_ref().map(ToString::to_string)),
        ("answer until", full.deadline_at.clone()),
        ("thread", full.thread.map(|thread| thread.to_string())),
        ("answers", full.in_reply_to.map(|answered| answered.to_string())),
        ("answered by", (!full.answers.is_empty()).then(|| listed(&full.answers))),
    ];
    rows.extend(more.into_iter().filter_map(|(name, text)| Some((name, text?))));
    page.named(&rows);
    page.heading("CONTENT");
    let content = serde_json::to_string_pretty(&full.content).unwrap_or_default();
    for line in content.lines() {
        page.line(&format!("{INDENT}{line}"));
    }
    page.heading("REACHES");
    if full.deliveries.is_empty() {
        page.indented(&format!("nobody: none of those who listen to {} listens for this", full.to));
    }
    let width = full.deliveries.iter().map(|one| one.role.as_str().len()).max().unwrap_or_default();
    for Delivery { role, state, attempts, reason } in &full.deliveries {
        let failed = match (attempts, reason) {
            (0, _) | (_, None) => String::new(),
            (1, Some(reason)) => format!("failed once: {reason}"),
            (times, Some(reason)) => format!("failed {times} times: {reason}"),
        };
        page.hanging(&format!("{INDENT}{:<width$}  {:<6}  ", role.as_str(), word(state)), &failed);
    }
    page.into_text()
}

fn listed(ids: &[MessageId]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
