//! What the organisation remembers.

use crate::codec::{Decode, Encode, Record};
use crate::names::{DecisionId, DecisionType, MemoryId, RoleId};
use crate::quantities::{Timestamp, Usd};
use crate::records::{Party, Status};

/// Something worth knowing later.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Memory {
    /// Its id.
    pub id: MemoryId,
    /// Who remembers it.
    pub by: Party,
    /// The name under which it was remembered, if it has one; the newest of a name counts.
    pub name: Option<String>,
    /// What it is found by, sorted.
    pub tags: Vec<String>,
    /// What is remembered, in words.
    pub text: String,
    /// The outcome it records, where it records one.
    pub outcome: Option<OutcomeNote>,
    /// When it was made.
    pub at: Timestamp,
}
impl Record for Memory {}

/// How a decision ended, in figures that later decisions can use.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct OutcomeNote {
    /// Which decision.
    pub decision: DecisionId,
    /// Of which type.
    pub kind: DecisionType,
    /// Who opened it.
    pub initiator: RoleId,
    /// How it ended.
    pub status: Status,
    /// What it cost.
    pub amount: Usd,
    /// Why it ended so, in words.
    pub why: String,
}
