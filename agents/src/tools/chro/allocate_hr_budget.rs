//! `allocate_hr_budget`: gives money for people, within the caller's limit of 24 hours.
//!
//! Human resources have no budget type of their own: each area falls in the authority that it is about, and every approval
//! counts against the one limit.

use echo_runtime::tool::Tool;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::tools::allocating::{self, Area};

const DESCRIPTION: &str = "Allocates money for people. Approved at once within your limit of 24 hours; above it, the role \
above decides.";

/// The tool.
pub(crate) fn tool() -> Tool {
    allocating::tool::<People>("allocate_hr_budget", DESCRIPTION)
}

/// What human resources spend on.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum People {
    /// Finding people.
    Recruitment,
    /// Courses and conferences.
    Training,
    /// What people get besides their pay.
    Benefits,
    /// What brings people together.
    Culture,
    /// Help in conflicts.
    Mediation,
}

impl Area for People {
    fn parts(self) -> (&'static str, &'static str) {
        match self {
            Self::Recruitment => ("hiring", "recruitment"),
            Self::Training => ("performance_management", "training"),
            Self::Benefits => ("hr_policy", "benefits"),
            Self::Culture => ("team_culture", "culture"),
            Self::Mediation => ("conflict_resolution", "mediation"),
        }
    }
}
