//! The tools of the Chief Technology Officer.

use echo_runtime::tool::Tool;

use super::escalating;

/// All of them, in the order in which they are shown.
pub(crate) fn tools() -> Vec<Tool> {
    vec![escalating::tool("escalate_to_ceo")]
}
