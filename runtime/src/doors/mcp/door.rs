//! Doors: which tools a client sees, and in whose name it calls them.
//!
//! What always holds: a door is chosen by whoever sets a client up, never by what the client sends later. The door of
//! people has no tool of an agent, and no door of an agent has a tool of people, so that a model which holds all the
//! agents' tools cannot approve what it asked for itself. The delegator's door has neither: it sends requests and decides
//! nothing.

use std::fmt;

use echo_storage::names::RoleId;
use serde::{Deserialize, Serialize};

/// A door.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Door {
    /// One role: its tools under their own names.
    Role(RoleId),
    /// Every role: the tools of each, prefixed with its name.
    Everyone,
    /// People: what waits for them, and their answers.
    Person,
    /// The delegator: it picks who is needed for a piece of work, and gives them tasks in the name of its person.
    Delegator,
}

impl Door {
    /// Where it is on HTTP.
    pub fn path(&self) -> String {
        match self {
            Self::Role(role) => format!("/mcp/{role}"),
            Self::Everyone => "/mcp".to_owned(),
            Self::Person => "/mcp/person".to_owned(),
            Self::Delegator => "/mcp/delegator".to_owned(),
        }
    }
}

impl fmt::Display for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Role(role) => role.fmt(f),
            Self::Everyone => f.write_str("every role"),
            Self::Person => f.write_str("people"),
            Self::Delegator => f.write_str("the delegator"),
        }
    }
}
