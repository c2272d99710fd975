//! The tools: a file for each, and what they share.
//!
//! What always holds: whoever calls is known from the door, so no tool has an argument that names the caller; a field
//! that a tool does not know is refused, never ignored.

pub(crate) mod cast_vote;
pub(crate) mod decision_status;
mod forms;
pub(crate) mod initiate_decision;

use echo_runtime::tool::Tool;

/// The tools that every role has.
pub(crate) fn common() -> Vec<Tool> {
    vec![cast_vote::tool(), decision_status::tool()]
}
