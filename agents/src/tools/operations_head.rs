//! The tools of the Head of Operations.

mod allocate_operations_budget;
mod approve_vendor_contract;
mod manage_resource_allocation;
mod optimize_process;
mod review_operational_metrics;

use echo_runtime::tool::Tool;

use super::escalating;

/// All of them, in the order in which they are shown.
pub(crate) fn tools() -> Vec<Tool> {
    vec![
        approve_vendor_contract::tool(),
        optimize_process::tool(),
        allocate_operations_budget::tool(),
        review_operational_metrics::tool(),
        manage_resource_allocation::tool(),
        escalating::tool("escalate_to_ceo"),
    ]
}
