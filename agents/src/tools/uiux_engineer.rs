//! The tools of the UI/UX Engineer.

mod conduct_user_research;
mod contrast;
mod criteria;
mod design_user_interface;
mod evaluate_accessibility;
mod manage_design_system;
mod review_design_implementation;

use echo_runtime::tool::Tool;

use super::escalating;

/// All of them, in the order in which they are shown.
pub(crate) fn tools() -> Vec<Tool> {
    vec![
        design_user_interface::tool(),
        conduct_user_research::tool(),
        review_design_implementation::tool(),
        manage_design_system::tool(),
        evaluate_accessibility::tool(),
        escalating::tool("escalate_to_product_manager"),
    ]
}
