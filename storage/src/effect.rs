//! Effects: everything a step can do to the organisation.
//!
//! What always holds: an effect is complete. Applying the stored effects of a journal, without deciding anything,
//! gives the same state as deciding again, so a store can be rebuilt after the code has changed.

use crate::codec::{Decode, Encode};
use crate::names::{MessageId, RoleId, ThoughtId};
use crate::quantities::Timestamp;
use crate::records::{
    Agent, Approval, Ballot, Clarification, Config, Decision, Delegation, Memory, Message, Participation,
    Receipt, Request, Session, Spend, Task, Thought, ThoughtState, Timer, Work,
};

/// One thing that a step does. `Put` replaces the record with the same id.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Effect {
    /// This configuration is in force from here on.
    Configure(Config),
    /// A message goes out; it is unread for each recipient until that recipient acknowledges it.
    Send(Message),
    /// A recipient has handled a message.
    Acknowledge {
        /// Who.
        role: RoleId,
        /// What.
        message: MessageId,
    },
    /// A recipient failed to handle a message.
    PutReceipt(Receipt),
    /// A question goes to the minds.
    Think(Thought),
    /// A question needs no answer any more.
    EndThought {
        /// Which.
        thought: ThoughtId,
        /// What became of it: never `Out`.
        state: ThoughtState,
    },
    /// A deadline is set.
    SetTimer(Timer),
    /// A deadline has fired or is of no use any more.
    ClearTimer(Timer),
    /// A decision.
    PutDecision(Decision),
    /// Whether a role takes part.
    PutParticipation(Participation),
    /// A ballot.
    PutBallot(Ballot),
    /// A question between two roles, or its answer.
    PutClarification(Clarification),
    /// A message is unread again for a recipient who had given it up.
    Redeliver {
        /// Who.
        role: RoleId,
        /// What.
        message: MessageId,
    },
    /// A question to people.
    PutApproval(Approval),
    /// Money approved by a role.
    PutSpend(Spend),
    /// Something to remember.
    PutMemory(Memory),
    /// What is known of a role's work.
    PutAgent(Agent),
    /// A session.
    PutSession(Session),
    /// What the one who submitted the input is told, as JSON text.
    Reply(String),
    /// What a caller asked under a key of its own is done.
    PutRequest(Request),
    /// Something that a role works on.
    PutWork(Work),
    /// A deadline is put off, and with it the one that its question, its decision or its approval names.
    PutOff {
        /// The deadline as it was.
        timer: Timer,
        /// When it is due now: later than it was.
        due: Timestamp,
    },
    /// A delegation.
    PutDelegation(Delegation),
    /// A task of a delegation.
    PutTask(Task),
}
