//! `approve_strategic_initiative`: decides on an initiative, with what it brings back for its cost.
//!
//! The figures are those of [`Returns`]; they say nothing for the caller, whose verdict it is.

use echo_runtime::tool::{Call, Tool};
use echo_runtime::turn::Failure;
use echo_storage::quantities::Usd;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::tools::bounds;
use crate::tools::case::Case;
use crate::tools::deciding::{Asking, Verdict, kind};
use crate::tools::figured::{self, Figured};
use crate::tools::returns::Returns;

const NAME: &str = "approve_strategic_initiative";
const DESCRIPTION: &str = "Decides on a strategic initiative, with its return on investment and its payback worked out. \
Approved at once within your limit of 24 hours; above it, a person is asked.";

const MAX_NAME_CHARS: usize = 200;
const MAX_MONTHS: u64 = 600;

/// The tool.
pub(crate) fn tool() -> Tool {
    Tool::decides(NAME, DESCRIPTION, approve)
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// What it is called, in one line.
    #[schemars(length(min = 1, max = MAX_NAME_CHARS))]
    initiative: String,
    /// What it is about.
    direction: Direction,
    /// What it costs, in US dollars with at most two decimals.
    cost_usd: Usd,
    /// What it is expected to bring each year, in US dollars.
    yearly_return_usd: Usd,
    /// Over how many months it is looked at.
    #[schemars(range(min = 1, max = MAX_MONTHS))]
    horizon_months: u64,
    /// What you decide.
    #[serde(default)]
    verdict: Verdict,
    /// Why.
    #[serde(default)]
    rationale: String,
    /// On what it is decided.
    context: Case,
}

/// What an initiative is about.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Direction {
    /// More of what there is: a plan.
    Growth,
    /// The same for less: a plan.
    Efficiency,
    /// Another direction of the company.
    Course,
    /// An answer to a crisis.
    Crisis,
}

impl Direction {
    fn kind(self) -> &'static str {
        match self {
            Self::Growth | Self::Efficiency => "strategic_planning",
            Self::Course => "company_direction",
            Self::Crisis => "crisis_management",
        }
    }
}

fn approve(call: &mut Call<'_, '_, '_>, arguments: Arguments) -> Result<Figured<Returns>, Failure> {
    let Arguments {
        initiative,
        direction,
        cost_usd,
        yearly_return_usd,
        horizon_months,
        verdict,
        rationale,
        mut context,
    } = arguments;
    bounds::text("initiative", &initiative, MAX_NAME_CHARS)?;
    bounds::number("horizon_months", horizon_months, 1, MAX_MONTHS)?;
    let returns = Returns::of(cost_usd, yearly_return_usd, horizon_months);
    returns.note(&mut context);
    let asking = Asking {
        kind: kind(direction.kind())?,
        subject: initiative.trim().to_owned(),
        budget: Some(cost_usd),
        verdict,
        rationale,
        context,
        matters: Vec::new(),
    };
    figured::decide(call, asking, returns)
}
