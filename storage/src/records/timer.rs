//! Deadlines that survive restarts.

use crate::codec::{Decode, Encode, Record};
use crate::names::{ApprovalId, DecisionId, RoleId, ThoughtId, TimerId};
use crate::quantities::Timestamp;

/// A moment at which something is due.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Timer {
    /// Its id.
    pub id: TimerId,
    /// When it is due.
    pub due: Timestamp,
    /// What is due.
    pub purpose: TimerPurpose,
}
impl Record for Timer {}

/// What is due.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum TimerPurpose {
    /// Roles have had long enough to say whether they take part.
    Selection {
        /// In this decision.
        decision: DecisionId,
    },
    /// A round has been open long enough.
    Round {
        /// Of this decision.
        decision: DecisionId,
        /// This round.
        round: u32,
    },
    /// Those who were asked something with the ballots of a round have had long enough to answer.
    Clarification {
        /// In this decision.
        decision: DecisionId,
        /// With the ballots of this round.
        round: u32,
    },
    /// A role up the chain has had long enough.
    Climb {
        /// With this decision.
        decision: DecisionId,
    },
    /// A question has been out long enough.
    Thought {
        /// This one.
        thought: ThoughtId,
    },
    /// An agent that failed too often has paused long enough.
    Breaker {
        /// This one.
        role: RoleId,
    },
    /// People are to be reminded of a question.
    Reminder {
        /// This one.
        approval: ApprovalId,
    },
    /// A question to people has waited long enough.
    Approval {
        /// This one.
        approval: ApprovalId,
    },
}

impl TimerPurpose {
    /// Whether the organisation is at work until then. Where it only pauses, or waits for people, it is at rest.
    pub fn is_work(&self) -> bool {
        !matches!(self, Self::Breaker { .. }) && !self.is_of_people()
    }

    /// Whether it is people who have so long.
    pub fn is_of_people(&self) -> bool {
        matches!(self, Self::Reminder { .. } | Self::Approval { .. })
    }
}
