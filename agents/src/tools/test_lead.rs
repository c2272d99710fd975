//! The tools of the Test Lead.

mod approve_release_quality;
mod classify_bug_severity;
mod design_test_strategy;
mod gate;
mod manage_test_automation;
mod review_test_coverage;

use echo_runtime::tool::Tool;

use super::escalating;

/// All of them, in the order in which they are shown.
pub(crate) fn tools() -> Vec<Tool> {
    vec![
        design_test_strategy::tool(),
        review_test_coverage::tool(),
        classify_bug_severity::tool(),
        approve_release_quality::tool(),
        manage_test_automation::tool(),
        escalating::tool("escalate_to_senior_architect"),
    ]
}
