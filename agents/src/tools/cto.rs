//! The tools of the Chief Technology Officer.

mod allocate_engineering_budget;
mod approve_infrastructure_change;
mod approve_technical_proposal;
mod review_architecture;
mod review_engineering_metrics;

use echo_runtime::tool::Tool;

use super::escalating;

/// All of them, in the order in which they are shown.
pub(crate) fn tools() -> Vec<Tool> {
    vec![
        approve_technical_proposal::tool(),
        allocate_engineering_budget::tool(),
        review_architecture::tool(),
        approve_infrastructure_change::tool(),
        review_engineering_metrics::tool(),
        escalating::tool("escalate_to_ceo"),
    ]
}
