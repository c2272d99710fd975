//! Messages, who sends them and how far each recipient has read.

use std::fmt;
use std::ops::Range;

use crate::codec::{Decode, Encode, Record};
use crate::names::{DecisionType, MessageId, RoleId, Topic};
use crate::quantities::Timestamp;

/// Somebody who acts. It is set by the door through which a call came, never by an argument of the call.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum Party {
    /// An agent, acting for its role.
    Role(RoleId),
    /// A human being, by the name under which the door knows them.
    Person(String),
    /// The runtime itself: a timer, a training session.
    System,
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Role(role) => role.fmt(f),
            Self::Person(name) => write!(f, "person {name}"),
            Self::System => f.write_str("system"),
        }
    }
}

/// To whom a message goes.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Address {
    /// One role's inbox.
    Role(RoleId),
    /// A topic: one entry, and a cursor for each role that hears it.
    Topic(Topic),
    /// A person, in answer to a message of theirs: it stands among the messages, and no agent is woken by it.
    Person(String),
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Role(role) => role.fmt(f),
            Self::Topic(topic) => topic.fmt(f),
            Self::Person(name) => write!(f, "person {name}"),
        }
    }
}

/// What a message is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum Kind {
    /// Wants something done or answered.
    Request,
    /// Answers a request.
    Response,
    /// Tells something.
    Notification,
    /// Hands a decision up.
    Escalation,
}

/// How urgent the sender holds a message to be; it does not change the order of mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum Priority {
    /// Can wait.
    Low,
    /// As usual.
    Normal,
    /// Soon.
    High,
}

/// A message between agents.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// Who sent it.
    pub from: Party,
    /// To whom it goes.
    pub to: Address,
    /// What it is for.
    pub kind: Kind,
    /// One line, at most 255 characters.
    pub subject: String,
    /// A JSON object, as text.
    pub content: String,
    /// The type of the decision it is about, by which listeners of a topic choose.
    pub about: Option<DecisionType>,
    /// How urgent it is.
    pub priority: Priority,
    /// The first message of the conversation it belongs to.
    pub thread: Option<MessageId>,
    /// Until when an answer is of use.
    pub deadline: Option<Timestamp>,
    /// The message it answers.
    pub in_reply_to: Option<MessageId>,
    /// When it was sent.
    pub at: Timestamp,
}

/// Where a message's content stands: it is stored once, as an effect in the journal.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct MessageRef {
    /// The step that sent it.
    pub step: u64,
    /// Which of the step's effects it is, from 0.
    pub effect: u32,
    /// Where it stands in its topic, where it went to one.
    pub topic: Option<(Topic, u64)>,
}
impl Record for MessageRef {}

/// How far a role has read a topic.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct Cursor {
    /// The number of the first entry that is not yet read.
    pub next: u64,
    /// Entries behind `next` that were read out of order, ascending.
    pub read_beyond: Vec<u64>,
}
impl Record for Cursor {}

/// How many entries a cursor notes that were read out of order. An agent that stands still while others say what it is not
/// meant to hear collects them; beyond, what it skipped is moved into its inbox, entry by entry.
pub const MAX_READ_BEYOND: usize = 1_024;

impl Cursor {
    /// Whether the entry has been read.
    pub fn has_read(&self, entry: u64) -> bool {
        entry < self.next || self.read_beyond.binary_search(&entry).is_ok()
    }

    /// Marks the entry as read.
    pub fn mark(&mut self, entry: u64) {
        if self.has_read(entry) {
            return;
        }
        let place = self.read_beyond.partition_point(|other| *other < entry);
        self.read_beyond.insert(place, entry);
        self.close_up();
    }

    /// Goes on behind the first entries that are not yet read, where more is noted than may be; those entries are then to
    /// be found elsewhere.
    pub fn skip(&mut self) -> Range<u64> {
        let from = self.next;
        if self.read_beyond.len() > MAX_READ_BEYOND
            && let Some(first) = self.read_beyond.first()
        {
            self.next = *first;
            let skipped = from..self.next;
            self.close_up();
            return skipped;
        }
        from..from
    }

    fn close_up(&mut self) {
        let in_order =
            self.read_beyond.iter().enumerate().take_while(|(at, entry)| **entry == self.next + *at as u64);
        let read = in_order.count();
        self.read_beyond.drain(..read);
        self.next += read as u64;
    }
}

/// What became of a message that a recipient failed to handle.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Receipt {
    /// The message.
    pub message: MessageId,
    /// The recipient.
    pub role: RoleId,
    /// How often it failed.
    pub attempts: u32,
    /// Why it failed last.
    pub reason: String,
    /// Whether it was given up: a dead letter.
    pub dead: bool,
    /// When it failed last.
    pub at: Timestamp,
}
impl Record for Receipt {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_cursor_skips_what_it_cannot_note() {
        let mut cursor = Cursor::default();
        let mut skipped = Vec::new();
        // Every second entry is read, and the others wait.
        for entry in (1..=4 * MAX_READ_BEYOND as u64).step_by(2) {
            cursor.mark(entry);
            skipped.extend(cursor.skip());
            assert!(cursor.read_beyond.len() <= MAX_READ_BEYOND);
            assert_eq!(cursor.skip().count(), 0);
        }
        assert_eq!(skipped, (0..skipped.len() as u64).map(|one| 2 * one).collect::<Vec<_>>());
        assert_eq!(skipped.len(), MAX_READ_BEYOND);
        assert!(!cursor.has_read(cursor.next) && cursor.has_read(cursor.next - 2));
    }

    proptest! {
        /// Whatever the order in which entries are read, the cursor ends behind the last and holds no gap.
        #[test]
        fn a_cursor_forgets_its_gaps_when_they_close(order in Just((0_u64..40).collect::<Vec<_>>()).prop_shuffle()) {
            let mut cursor = Cursor::default();
            for (read, entry) in order.iter().enumerate() {
                prop_assert!(!cursor.has_read(*entry));
                cursor.mark(*entry);
                cursor.mark(*entry);
                prop_assert!(cursor.has_read(*entry));
                prop_assert_eq!(cursor.next + cursor.read_beyond.len() as u64, read as u64 + 1);
            }
            prop_assert_eq!(cursor, Cursor { next: 40, read_beyond: vec![] });
        }
    }
}
