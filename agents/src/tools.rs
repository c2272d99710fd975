//! The tools: a file for each, and what they share.
//!
//! What always holds: whoever calls is known from the door, so no tool has an argument that names the caller; a field
//! that a tool does not know is refused, never ignored.

mod case;
mod cast_vote;
pub(crate) mod ceo;
pub(crate) mod chro;
pub(crate) mod cto;
mod deciding;
mod decision_status;
mod escalating;
mod forms;
mod generating;
pub(crate) mod operations_head;
pub(crate) mod product_manager;
mod recall;
mod register;
mod remember;
pub(crate) mod senior_architect;
pub(crate) mod senior_developer;
pub(crate) mod test_lead;
pub(crate) mod uiux_engineer;

use echo_runtime::tool::Tool;

/// The tools that every role has.
pub(crate) fn common() -> Vec<Tool> {
    vec![cast_vote::tool(), decision_status::tool(), remember::tool(), recall::tool()]
}
