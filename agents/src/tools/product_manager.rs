//! The tools of the Product Manager.

mod allocate_product_budget;
mod approve_product_requirement;
mod plan_release;
mod prioritize_feature;
mod review_user_feedback;

use echo_runtime::tool::Tool;

use super::escalating;

/// All of them, in the order in which they are shown.
pub(crate) fn tools() -> Vec<Tool> {
    vec![
        prioritize_feature::tool(),
        approve_product_requirement::tool(),
        allocate_product_budget::tool(),
        review_user_feedback::tool(),
        plan_release::tool(),
        escalating::tool("escalate_to_ceo"),
    ]
}
