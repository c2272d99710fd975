//! `allocate_budget`: gives money to a department, within the caller's limit of 24 hours.

use echo_runtime::tool::{Call, Tool};
use echo_runtime::turn::Failure;
use echo_storage::quantities::Usd;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::tools::bounds;
use crate::tools::case::Case;
use crate::tools::deciding::{Asking, Decided, Verdict, decide, kind};

const NAME: &str = "allocate_budget";
const DESCRIPTION: &str = "Allocates money to a department. Approved at once within your limit of 24 hours; above it, a \
person is asked.";

const MAX_PURPOSE_CHARS: usize = 200;

/// The tool.
pub(crate) fn tool() -> Tool {
    Tool::decides(NAME, DESCRIPTION, allocate)
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// Who gets it.
    department: Department,
    /// How much, in US dollars with at most two decimals.
    amount_usd: Usd,
    /// What for, in one line.
    #[schemars(length(min = 1, max = MAX_PURPOSE_CHARS))]
    purpose: String,
    /// What you decide.
    #[serde(default)]
    verdict: Verdict,
    /// Why.
    #[serde(default)]
    rationale: String,
    /// On what it is decided.
    context: Case,
}

/// A department.
#[derive(Debug, Clone, Copy, Deserialize, Serialize, JsonSchema)]
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

impl Department {
    fn name(self) -> &'static str {
        match self {
            Self::Engineering => "engineering",
            Self::Product => "product",
            Self::Operations => "operations",
            Self::HumanResources => "human resources",
            Self::Marketing => "marketing",
            Self::Sales => "sales",
            Self::Company => "the company",
        }
    }
}

fn allocate(call: &mut Call<'_, '_, '_>, arguments: Arguments) -> Result<Decided, Failure> {
    let Arguments { department, amount_usd, purpose, verdict, rationale, context } = arguments;
    bounds::text("purpose", &purpose, MAX_PURPOSE_CHARS)?;
    let asking = Asking {
        kind: kind("budget_allocation")?,
        subject: format!("{amount_usd} for {}: {}", department.name(), purpose.trim()),
        budget: Some(amount_usd),
        verdict,
        rationale,
        context,
        matters: Vec::new(),
    };
    decide(call, asking)
}
