//! The tools of the Senior Developer.

mod fix_bug;
mod implement_feature;
mod mentor_engineer;
mod refactor_code;
mod review_code;

use echo_runtime::tool::Tool;

use super::escalating;

/// All of them, in the order in which they are shown.
pub(crate) fn tools() -> Vec<Tool> {
    vec![
        implement_feature::tool(),
        review_code::tool(),
        refactor_code::tool(),
        fix_bug::tool(),
        mentor_engineer::tool(),
        escalating::tool("escalate_to_senior_architect"),
    ]
}
