//! The tools of the Chief Human Resources Officer.

mod allocate_hr_budget;
mod approve_hiring_request;
mod conduct_performance_review;
mod resolve_hr_issue;
mod review_team_health;

use echo_runtime::tool::Tool;

use super::escalating;

/// All of them, in the order in which they are shown.
pub(crate) fn tools() -> Vec<Tool> {
    vec![
        approve_hiring_request::tool(),
        conduct_performance_review::tool(),
        allocate_hr_budget::tool(),
        resolve_hr_issue::tool(),
        review_team_health::tool(),
        escalating::tool("escalate_to_ceo"),
    ]
}
