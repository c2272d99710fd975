//! `allocate_…_budget`: what roles that give money from a budget of their own have in common.
//!
//! What always holds: the decision type is that of the budget, whatever the money is for, so the limit of 24 hours counts.

use echo_runtime::tool::{Call, Tool};
use echo_runtime::turn::Failure;
use echo_storage::quantities::Usd;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::bounds;
use super::case::Case;
use super::deciding::{Asking, Decided, Verdict, decide, kind};

/// The longest purpose, in characters.
const MAX_PURPOSE_CHARS: usize = 200;

/// What the money of a budget is for.
pub(crate) trait Area: DeserializeOwned + JsonSchema + Copy + 'static {
    /// The decision type of the budget.
    const KIND: &'static str;

    /// What people call it.
    fn name(self) -> &'static str;
}

/// The tool of this name for a budget.
pub(crate) fn tool<A: Area>(name: &'static str, description: &'static str) -> Tool {
    Tool::decides(name, description, allocate::<A>)
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments<A> {
    /// Where it goes.
    area: A,
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

fn allocate<A: Area>(call: &mut Call<'_, '_, '_>, arguments: Arguments<A>) -> Result<Decided, Failure> {
    let Arguments { area, amount_usd, purpose, verdict, rationale, context } = arguments;
    bounds::text("purpose", &purpose, MAX_PURPOSE_CHARS)?;
    let asking = Asking {
        kind: kind(A::KIND)?,
        subject: format!("{amount_usd} for {}: {}", area.name(), purpose.trim()),
        budget: Some(amount_usd),
        verdict,
        rationale,
        context,
        matters: Vec::new(),
    };
    decide(call, asking)
}
