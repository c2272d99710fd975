//! The tools of the Chief Executive Officer.

mod allocate_budget;
mod approve_strategic_initiative;
mod initiate_decision;
mod override_decision;
mod review_organizational_health;

use echo_runtime::tool::Tool;

use super::escalating;

/// All of them, in the order in which they are shown.
pub(crate) fn tools() -> Vec<Tool> {
    vec![
        approve_strategic_initiative::tool(),
        allocate_budget::tool(),
        escalating::to_human(),
        review_organizational_health::tool(),
        initiate_decision::tool(),
        override_decision::tool(),
    ]
}
