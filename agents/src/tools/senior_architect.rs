//! The tools of the Senior Architect.

mod design_system_architecture;
mod evaluate_technology;
mod manage_technical_debt;
mod plan_scalability;
mod review_technical_design;

use echo_runtime::tool::Tool;

use super::escalating;

/// All of them, in the order in which they are shown.
pub(crate) fn tools() -> Vec<Tool> {
    vec![
        design_system_architecture::tool(),
        review_technical_design::tool(),
        evaluate_technology::tool(),
        plan_scalability::tool(),
        manage_technical_debt::tool(),
        escalating::tool("escalate_to_cto"),
    ]
}
