//! `allocate_operations_budget`: gives money of the operations budget, within the caller's limit of 24 hours.

use echo_runtime::tool::Tool;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::tools::allocating::{self, Area};

const DESCRIPTION: &str = "Allocates money of the operations budget. Approved at once within your limit of 24 hours; above \
it, the role above decides.";

/// The tool.
pub(crate) fn tool() -> Tool {
    allocating::tool::<Operations>("allocate_operations_budget", DESCRIPTION)
}

/// What operations spends on.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Operations {
    /// Machines, hosting and networks.
    Infrastructure,
    /// What others supply.
    Vendors,
    /// Licences and tools.
    Tooling,
    /// Offices and equipment.
    Facilities,
    /// Support of customers and of colleagues.
    Support,
    /// What guards against outages.
    Continuity,
}

impl Area for Operations {
    const KIND: &'static str = "operations_budget";

    fn name(self) -> &'static str {
        match self {
            Self::Infrastructure => "infrastructure",
            Self::Vendors => "vendors",
            Self::Tooling => "tooling",
            Self::Facilities => "facilities",
            Self::Support => "support",
            Self::Continuity => "continuity",
        }
    }
}
