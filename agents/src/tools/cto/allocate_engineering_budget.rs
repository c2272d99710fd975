//! `allocate_engineering_budget`: gives money of the engineering budget, within the caller's limit of 24 hours.

use echo_runtime::tool::Tool;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::tools::allocating::{self, Area};

const DESCRIPTION: &str = "Allocates money of the engineering budget. Approved at once within your limit of 24 hours; above \
it, the role above decides.";

/// The tool.
pub(crate) fn tool() -> Tool {
    allocating::tool::<Engineering>("allocate_engineering_budget", DESCRIPTION)
}

/// What engineering spends on.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Engineering {
    /// Machines, hosting and networks.
    Infrastructure,
    /// Licences and tools.
    Tooling,
    /// What guards against attacks.
    Security,
    /// Tests and their machines.
    Quality,
    /// Trying out what is new.
    Research,
    /// Courses and conferences.
    Training,
    /// Developers from outside.
    Contractors,
}

impl Area for Engineering {
    const KIND: &'static str = "engineering_budget";

    fn name(self) -> &'static str {
        match self {
            Self::Infrastructure => "infrastructure",
            Self::Tooling => "tooling",
            Self::Security => "security",
            Self::Quality => "quality",
            Self::Research => "research",
            Self::Training => "training",
            Self::Contractors => "contractors",
        }
    }
}
