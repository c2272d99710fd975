//! `allocate_product_budget`: gives money of the product budget, within the caller's limit of 24 hours.

use echo_runtime::tool::Tool;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::tools::allocating::{self, Area};

const DESCRIPTION: &str = "Allocates money of the product budget. Approved at once within your limit of 24 hours; above \
it, the role above decides.";

/// The tool.
pub(crate) fn tool() -> Tool {
    allocating::tool::<Product>("allocate_product_budget", DESCRIPTION)
}

/// What product management spends on.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Product {
    /// Building features.
    Development,
    /// Studies with users and of the market.
    Research,
    /// Interfaces and their design.
    Design,
    /// Bringing a release to its users.
    Launch,
    /// Measuring how the product is used.
    Analytics,
}

impl Area for Product {
    const KIND: &'static str = "product_budget";

    fn name(self) -> &'static str {
        match self {
            Self::Development => "development",
            Self::Research => "research",
            Self::Design => "design",
            Self::Launch => "launch",
            Self::Analytics => "analytics",
        }
    }
}
