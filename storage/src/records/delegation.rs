//! Delegations: work that somebody has the organisation do, by agents that were picked for it.

use crate::codec::{Decode, Encode, Record};
use crate::names::{DelegationId, MessageId, RoleId};
use crate::quantities::Timestamp;
use crate::records::Party;

/// A piece of work with the agents that were picked for it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Delegation {
    /// Its id.
    pub id: DelegationId,
    /// What is to be done, for people and agents.
    pub description: String,
    /// The category that its agents were picked by.
    pub category: String,
    /// Why that one.
    pub because: String,
    /// Who began it.
    pub by: Party,
    /// When.
    pub started_at: Timestamp,
    /// Who was picked, in the order of joining; one that has left and joined again stands here once.
    pub members: Vec<Member>,
    /// How it ended.
    pub end: Option<DelegationEnd>,
}
impl Record for Delegation {}

impl Delegation {
    /// The agents that belong to it now.
    pub fn active(&self) -> impl Iterator<Item = &RoleId> {
        self.members.iter().filter(|member| member.left_at.is_none()).map(|member| &member.role)
    }
}

/// An agent of a delegation.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Member {
    /// Whose agent.
    pub role: RoleId,
    /// Since when.
    pub since: Timestamp,
    /// When it was taken out, where it was.
    pub left_at: Option<Timestamp>,
}

/// How a delegation ended.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct DelegationEnd {
    /// When.
    pub at: Timestamp,
    /// What came of it, in words.
    pub summary: String,
}

/// A task of a delegation: a request that was sent to one of its agents.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Task {
    /// The request.
    pub message: MessageId,
    /// Of which delegation.
    pub delegation: DelegationId,
    /// To whom.
    pub role: RoleId,
    /// Its subject.
    pub subject: String,
    /// When it was given.
    pub at: Timestamp,
    /// The first message by which that role answered it.
    pub answer: Option<MessageId>,
}
impl Record for Task {}

/// What is asked of a delegation.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum DelegationOrder {
    /// Begin one.
    Start {
        /// What is to be done.
        description: String,
        /// The category that fits it.
        category: String,
        /// Why that one.
        because: String,
        /// Who is picked.
        roles: Vec<RoleId>,
    },
    /// Give a task to one of its agents.
    Task {
        /// Of which.
        delegation: DelegationId,
        /// To whom; nothing means the least busy.
        role: Option<RoleId>,
        /// One line.
        subject: String,
        /// What is to be done, in full.
        task: String,
    },
    /// Take another agent in.
    Join {
        /// Into which.
        delegation: DelegationId,
        /// Whom.
        role: RoleId,
    },
    /// Take an agent out.
    Leave {
        /// Out of which.
        delegation: DelegationId,
        /// Whom.
        role: RoleId,
    },
    /// End it.
    End {
        /// Which.
        delegation: DelegationId,
        /// What the one who ends it adds.
        note: String,
    },
}
