//! How statuses, votes and phases look to callers, in arguments and answers alike.
//!
//! What always holds: each enum here has the names of its record, one to one, so what a caller reads is what the store
//! holds.

use std::fmt;

use echo_runtime::turn::Failure;
use echo_storage::Query;
use echo_storage::names::DecisionId;
use echo_storage::records::{self, Decision, Phase};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a decision stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    /// Open, also while it climbs.
    Pending,
    /// Approved by somebody who had the authority.
    Approved,
    /// Rejected.
    Rejected,
    /// Waits for a person.
    Escalated,
}

impl From<records::Status> for Status {
    fn from(status: records::Status) -> Self {
        match status {
            records::Status::Pending => Self::Pending,
            records::Status::Approved => Self::Approved,
            records::Status::Rejected => Self::Rejected,
            records::Status::Escalated => Self::Escalated,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Escalated => "escalated",
        })
    }
}

/// How a decision is made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Mode {
    /// The initiator decides, within its authority.
    Autonomous,
    /// Those concerned vote.
    #[default]
    Collaborative,
    /// Those above the initiator decide, one after the other.
    Hierarchical,
    /// A person decides.
    Human,
}

impl From<records::Mode> for Mode {
    fn from(mode: records::Mode) -> Self {
        match mode {
            records::Mode::Autonomous => Self::Autonomous,
            records::Mode::Collaborative => Self::Collaborative,
            records::Mode::Hierarchical => Self::Hierarchical,
            records::Mode::Human => Self::Human,
        }
    }
}

impl From<Mode> for records::Mode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Autonomous => Self::Autonomous,
            Mode::Collaborative => Self::Collaborative,
            Mode::Hierarchical => Self::Hierarchical,
            Mode::Human => Self::Human,
        }
    }
}

/// What a ballot says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Vote {
    /// In favour.
    Approve,
    /// Against.
    Reject,
    /// Neither.
    Abstain,
}

impl From<records::Vote> for Vote {
    fn from(vote: records::Vote) -> Self {
        match vote {
            records::Vote::Approve => Self::Approve,
            records::Vote::Reject => Self::Reject,
            records::Vote::Abstain => Self::Abstain,
        }
    }
}

impl From<Vote> for records::Vote {
    fn from(vote: Vote) -> Self {
        match vote {
            Vote::Approve => Self::Approve,
            Vote::Reject => Self::Reject,
            Vote::Abstain => Self::Abstain,
        }
    }
}

impl fmt::Display for Vote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Approve => "approve",
            Self::Reject => "reject",
            Self::Abstain => "abstain",
        })
    }
}

/// What a decision waits for, in words.
pub(crate) fn phase(phase: &Phase) -> String {
    match phase {
        Phase::Selecting => "each role says whether it takes part".to_owned(),
        Phase::Voting { round } => format!("the participants vote in round {round}"),
        Phase::Clarifying { round } => format!("clarifying what was asked in round {round}"),
        Phase::Synthesising => "the initiator puts the tally into words".to_owned(),
        Phase::Climbing { at } => format!("{at} decides or passes it up"),
        Phase::Waiting { approval } => format!("a person answers {approval}"),
        Phase::Closed => "it is decided".to_owned(),
    }
}

/// A decision that a caller named.
pub(crate) fn decision(state: &(impl Query + ?Sized), id: DecisionId) -> Result<Decision, Failure> {
    let unknown = || Failure::Refused(format!("decision: there is no {id}"));
    state.decision(id)?.ok_or_else(unknown)
}
