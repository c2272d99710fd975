//! `allocate_budget`: gives money to a department, within the caller's limit of 24 hours.

use echo_runtime::tool::Tool;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::tools::allocating::{self, Area};

const DESCRIPTION: &str = "Allocates money to a department. Approved at once within your limit of 24 hours; above it, a \
person is asked.";

/// The tool.
pub(crate) fn tool() -> Tool {
    allocating::tool::<Department>("allocate_budget", DESCRIPTION)
}

/// A department.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Department {
    /// Engineering.
    Engineering,
    /// Product.
    Product,
    /// Operations.
    Operations,
    /// Human resources.
    HumanResources,
    /// Marketing.
    Marketing,
    /// Sales.
    Sales,
    /// What belongs to no department alone.
    Company,
}

impl Area for Department {
    fn parts(self) -> (&'static str, &'static str) {
        let name = match self {
            Self::Engineering => "engineering",
            Self::Product => "product",
            Self::Operations => "operations",
            Self::HumanResources => "human resources",
            Self::Marketing => "marketing",
            Self::Sales => "sales",
            Self::Company => "the company",
        };
        ("budget_allocation", name)
    }
}
