//! Messages as callers see them: what `send_message` and `read_messages` share.

use echo_runtime::turn::Failure;
use echo_storage::names::{MessageId, RoleId, Topic};
use echo_storage::records::{self, Address};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What a message is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    /// Wants something done or answered.
    Request,
    /// Answers a request.
    Response,
    /// Tells something.
    #[default]
    Notification,
    /// Hands a decision up.
    Escalation,
}

impl From<Kind> for records::Kind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Request => Self::Request,
            Kind::Response => Self::Response,
            Kind::Notification => Self::Notification,
            Kind::Escalation => Self::Escalation,
        }
    }
}

impl From<records::Kind> for Kind {
    fn from(kind: records::Kind) -> Self {
        match kind {
            records::Kind::Request => Self::Request,
            records::Kind::Response => Self::Response,
            records::Kind::Notification => Self::Notification,
            records::Kind::Escalation => Self::Escalation,
        }
    }
}

/// A message.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Letter {
    /// Its id.
    message: MessageId,
    /// Who sent it: a role, `person` and a name, or `system`.
    from: String,
    /// A role or a topic.
    to: String,
    /// What it is for.
    kind: Kind,
    /// What it is about, in one line.
    pub(super) subject: String,
    /// What it says.
    content: Map<String, Value>,
    /// The message that it answers.
    in_reply_to: Option<MessageId>,
    /// When it was sent, in UTC.
    at: String,
    /// Whether the agent has yet to handle it.
    pub(super) unread: bool,
}

impl Letter {
    /// A stored message.
    pub(super) fn new(message: records::Message, unread: bool) -> Self {
        Self {
            message: message.id,
            from: message.from.to_string(),
            to: message.to.to_string(),
            kind: message.kind.into(),
            subject: message.subject,
            content: serde_json::from_str(&message.content).unwrap_or_default(),
            in_reply_to: message.in_reply_to,
            at: message.at.to_string(),
            unread,
        }
    }

    /// In one line.
    pub(super) fn line(&self) -> String {
        let new = if self.unread { ", unread" } else { "" };
        format!("{} from {} to {}{new}: {}", self.message, self.from, self.to, self.subject)
    }
}

/// A role, or a topic, which has a colon in its name.
pub(super) fn address(text: &str) -> Result<Address, Failure> {
    let text = text.trim();
    let parsed = if text.contains(':') {
        Topic::new(text).map(Address::Topic)
    } else {
        RoleId::new(text).map(Address::Role)
    };
    parsed.map_err(|error| Failure::Refused(format!("to: {error}")))
}
