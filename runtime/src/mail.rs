//! Mail: what an agent does with its next message.
//!
//! What always holds: a message that is taken is acknowledged in the same step as whatever it leads to. What a message
//! asks of an agent stands in its content as an [`Ask`]; a message that asks nothing is read and that is all.

use echo_storage::Effect;
use echo_storage::Query;
use echo_storage::names::{DecisionId, MessageId, RoleId};
use echo_storage::records::{Address, Kind, Message, Party};
use serde::{Deserialize, Serialize};

use crate::decisions;
use crate::role::OnMessage;
use crate::supervision;
use crate::turn::{Failure, MAX_SUBJECT_CHARS, Outgoing, Turn, refuse};

/// Topics of the bus. Besides these each role has its inbox, which is no topic.
pub mod topics {
    /// Everybody hears it.
    pub const ALL: &str = "messages:all";
    /// The leadership hears it.
    pub const LEADERSHIP: &str = "messages:leadership";
    /// A decision was opened.
    pub const DECISIONS_NEW: &str = "decisions:new";
    /// A round of voting began.
    pub const DECISIONS_VOTE_REQUIRED: &str = "decisions:vote_required";
    /// A decision was approved or rejected.
    pub const DECISIONS_COMPLETED: &str = "decisions:completed";
    /// A decision waits for a person.
    pub const DECISIONS_ESCALATED: &str = "decisions:escalated";
    /// An agent is paused, given up, or works again.
    pub const AGENTS_STATUS: &str = "agents:status";
}

/// The longest content of a message that comes in through a door, in bytes.
pub const MAX_CONTENT_BYTES: usize = 64 * 1024;

/// What a message asks of the agent that takes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum Ask {
    /// Say whether you take part in a decision.
    TakePart {
        /// Which.
        decision: DecisionId,
    },
    /// Vote.
    Vote {
        /// On what.
        decision: DecisionId,
        /// In which round, from 1.
        round: u32,
    },
    /// Answer what another role wants to know before it votes again.
    Clarify {
        /// About which decision.
        decision: DecisionId,
        /// With the ballots of which round it was asked, from 1.
        round: u32,
        /// Who asks.
        asker: RoleId,
    },
    /// Decide what those below could not, or pass it up.
    Decide {
        /// What.
        decision: DecisionId,
    },
}

impl Ask {
    /// The content of a message that asks this.
    pub fn to_content(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// The decision that waits for what is asked.
    pub fn decision(&self) -> DecisionId {
        match self {
            Self::TakePart { decision }
            | Self::Vote { decision, .. }
            | Self::Clarify { decision, .. }
            | Self::Decide { decision } => *decision,
        }
    }

    /// What a message asks, if it asks anything.
    pub fn of(message: &Message) -> Option<Self> {
        serde_json::from_str(&message.content).ok()
    }
}

/// A role takes a message: its own handler sees it first, then what it asks is done.
pub fn take(
    turn: &mut Turn<'_, '_>,
    role: &RoleId,
    id: MessageId,
    handler: Option<OnMessage>,
) -> Result<(), Failure> {
    turn.role(role)?;
    let Some(message) = turn.state().message(id)? else { return refuse(format!("there is no message {id}")) };
    turn.emit(Effect::Acknowledge { role: role.clone(), message: id })?;
    supervision::went_well(turn, role)?;
    if let Some(handler) = handler {
        handler(turn, role, &message)?;
    }
    match Ask::of(&message) {
        Some(Ask::TakePart { decision }) => decisions::asked_to_take_part(turn, role, decision),
        Some(Ask::Vote { decision, round }) => decisions::asked_to_vote(turn, role, decision, round),
        Some(Ask::Clarify { decision, round, asker }) => {
            decisions::asked_to_clarify(turn, role, decision, round, &asker)
        }
        Some(Ask::Decide { decision }) => decisions::asked_to_decide(turn, role, decision),
        None => Ok(()),
    }
}

/// A message comes in through a door, in the name of whoever the door stands for.
///
/// # Errors
/// A sender or a recipient that there is not, a subject that is empty or too long, content that is no JSON object, an
/// answer to a message that there is not.
pub fn post(
    turn: &mut Turn<'_, '_>,
    from: &Party,
    to: &Address,
    kind: Kind,
    subject: &str,
    content: &str,
    in_reply_to: Option<MessageId>,
) -> Result<(), Failure> {
    let id = compose(turn, from, to, kind, subject, content, in_reply_to)?;
    turn.reply(&serde_json::json!({ "message": id }))
}

/// Sends a message in the name of whoever a door stands for, and gives its id; for a tool, which answers by itself.
///
/// # Errors
/// As those of [`post`].
pub fn compose(
    turn: &mut Turn<'_, '_>,
    from: &Party,
    to: &Address,
    kind: Kind,
    subject: &str,
    content: &str,
    in_reply_to: Option<MessageId>,
) -> Result<MessageId, Failure> {
    match from {
        Party::Role(role) => drop(turn.role(role)?),
        Party::Person(_) => {}
        Party::System => return refuse("from: nobody posts in the runtime's own name"),
    }
    match to {
        Address::Role(role) => drop(turn.role(role)?),
        Address::Topic(topic) if turn.config().recipients(to).is_empty() => {
            return refuse(format!("to: nobody hears {topic}"));
        }
        Address::Topic(_) => {}
        Address::Person(name) => {
            let asked = in_reply_to.map(|id| turn.state().message(id)).transpose()?.flatten();
            if asked.is_none_or(|asked| asked.from != Party::Person(name.clone())) {
                return refuse(
                    "to: a person is written to in answer to a message of theirs: name it as in_reply_to",
                );
            }
        }
    }
    let chars = subject.chars().count();
    if chars == 0 || chars > MAX_SUBJECT_CHARS {
        return refuse(format!("subject: it has {chars} characters, and needs 1 to {MAX_SUBJECT_CHARS}"));
    }
    if content.len() > MAX_CONTENT_BYTES {
        return refuse(format!("content: it has {} bytes, and may have {MAX_CONTENT_BYTES}", content.len()));
    }
    let content: serde_json::Value = serde_json::from_str(content)
        .map_err(|error| Failure::Refused(format!("content: it is no JSON: {error}")))?;
    let Some(object) = content.as_object() else { return refuse("content: it must be a JSON object") };
    // What an agent is asked to do comes from the decisions themselves; nobody asks in their name.
    if object.contains_key("ask") {
        return refuse("content: `ask` is how the runtime asks for votes and decisions; use another name");
    }
    if let Some(id) = in_reply_to
        && turn.state().message(id)?.is_none()
    {
        return refuse(format!("in_reply_to: there is no message {id}"));
    }
    turn.send(Outgoing {
        from: from.clone(),
        to: to.clone(),
        kind,
        subject: subject.to_owned(),
        content,
        about: None,
        deadline: None,
        in_reply_to,
    })
}
