//! Inputs: everything that can change the organisation.

use crate::codec::{Decode, Encode};
use crate::names::{ApprovalId, MessageId, RoleId, SessionId, ThoughtId, TimerId};
use crate::quantities::Timestamp;
use crate::records::{Address, Answer, Config, DelegationOrder, Fact, Kind, Party, Proposal};

/// Something that happened and that the organisation answers with one step. The list is closed: whoever wants to
/// know what can change a store reads it here.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Input {
    /// The program runs with another configuration than the last one recorded.
    Configure(Config),
    /// An agent takes its next message.
    Take {
        /// Whose agent.
        role: RoleId,
        /// Which message.
        message: MessageId,
    },
    /// A tool is called.
    Call {
        /// By whom, as the door knows.
        caller: Party,
        /// The tool's name.
        tool: String,
        /// Its arguments, as JSON text.
        arguments: String,
    },
    /// A mind has answered, or failed to.
    Answer {
        /// Which question.
        thought: ThoughtId,
        /// Which mind.
        mind: String,
        /// The answer, or why there is none.
        answer: Result<Answer, String>,
    },
    /// A deadline has passed.
    Timer {
        /// The moment it was due.
        due: Timestamp,
        /// Which.
        timer: TimerId,
    },
    /// A person decides what was put to them.
    Verdict {
        /// Which question.
        approval: ApprovalId,
        /// Yes or no.
        approve: bool,
        /// Who.
        person: String,
        /// Through which door.
        door: String,
        /// What they add.
        note: String,
    },
    /// An operator starts a training session.
    StartSession {
        /// Its title, for people.
        title: String,
        /// The scenario, as JSON text.
        scenario: String,
        /// What is to be decided in it.
        proposal: Proposal,
    },
    /// The session's decision has got as far as it gets, and all mail is read.
    EndSession {
        /// Which.
        session: SessionId,
    },
    /// A message is sent through a door, in the name of whoever the door stands for.
    Post {
        /// Who sends it.
        from: Party,
        /// To whom.
        to: Address,
        /// What for.
        kind: Kind,
        /// One line.
        subject: String,
        /// A JSON object, as text.
        content: String,
        /// The message it answers.
        in_reply_to: Option<MessageId>,
    },
    /// The organisation runs again after a while in which nobody ran it. That while counts in no deadline.
    TakeUp {
        /// For how long nothing happened, in milliseconds.
        away_ms: u64,
    },
    /// An operator has an agent try again: one dead letter, or all of them and its breaker as well.
    Retry {
        /// Whose agent.
        role: RoleId,
        /// Which dead letter; nothing means all, and the breaker.
        message: Option<MessageId>,
        /// Who says so.
        person: String,
    },
    /// Further deadlines are put off, from where the step before left off.
    PutOff {
        /// For how long nothing happened, in milliseconds.
        away_ms: u64,
        /// The last deadline that was put off, by the moment it was due and its id; those before it follow.
        before: (Timestamp, TimerId),
    },
    /// Somebody has the organisation do a piece of work, or goes on with one.
    Delegate {
        /// Who, as the door knows.
        by: Party,
        /// What is asked.
        order: DelegationOrder,
    },
}

impl Input {
    /// In whose name it is asked; nothing where nobody asks it.
    pub fn caller(&self) -> Option<Party> {
        match self {
            Self::Call { caller, .. } => Some(caller.clone()),
            Self::Post { from, .. } => Some(from.clone()),
            Self::Delegate { by, .. } => Some(by.clone()),
            Self::Verdict { person, .. } | Self::Retry { person, .. } => Some(Party::Person(person.clone())),
            Self::Configure(_)
            | Self::Take { .. }
            | Self::Answer { .. }
            | Self::Timer { .. }
            | Self::StartSession { .. }
            | Self::EndSession { .. }
            | Self::TakeUp { .. }
            | Self::PutOff { .. } => None,
        }
    }

    /// What a mind that answers says on its ballot, if it does: the rationale and the facts.
    pub(crate) fn balloted(&self) -> Option<(&str, &[Fact])> {
        match self {
            Self::Answer { answer: Ok(Answer::Ballot { rationale, facts, .. }), .. } => {
                Some((rationale, facts))
            }
            _ => None,
        }
    }

    /// The content of the message that it posts, if it does.
    pub(crate) fn content(&self) -> Option<&str> {
        match self {
            Self::Post { content, .. } => Some(content),
            _ => None,
        }
    }
}
