//! The tools: a file for each, and what they share.
//!
//! What always holds: whoever calls is known from the door, so no tool has an argument that names the caller; a field
//! that a tool does not know is refused, never ignored.
#![expect(
    clippy::needless_pass_by_value,
    reason = "a handler owns its arguments, whether it keeps them or not"
)]

mod ai_consult;
mod allocating;
mod bounds;
mod case;
mod cast_vote;
pub(crate) mod ceo;
pub(crate) mod chro;
pub(crate) mod cto;
mod deciding;
mod decision_status;
mod escalating;
mod figured;
mod forms;
mod generating;
mod mail;
mod metrics;
pub(crate) mod operations_head;
pub(crate) mod product_manager;
mod ranking;
mod read_messages;
mod recall;
mod register;
mod remember;
mod returns;
mod review_proposal;
mod send_clarification;
mod send_message;
pub(crate) mod senior_architect;
pub(crate) mod senior_developer;
mod severity;
pub(crate) mod test_lead;
pub(crate) mod uiux_engineer;
mod update_vote;

use echo_runtime::tool::Tool;

/// The tools that every role has.
pub(crate) fn common() -> Vec<Tool> {
    vec![
        ai_consult::tool(),
        send_message::tool(),
        read_messages::tool(),
        cast_vote::tool(),
        update_vote::tool(),
        review_proposal::tool(),
        send_clarification::tool(),
        remember::tool(),
        recall::tool(),
        decision_status::tool(),
    ]
}
