//! `allocate_…_budget`: what roles that give money from a budget of their own have in common.
//!
//! What always holds: every area says in which decision type it falls, so that the caller's limit of 24 hours counts; nothing
//! is no amount.

use echo_runtime::tool::{Call, Tool};
use echo_runtime::turn::{Failure, refuse};
use echo_storage::quantities::Usd;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::bounds::{self, MAX_LINE_CHARS, MAX_TEXT_CHARS};
use super::case::Case;
use super::deciding::{Asking, Decided, Verdict, decide, kind};

/// What the money of a budget is for.
pub(crate) trait Area: DeserializeOwned + JsonSchema + Copy + 'static {
    /// The decision type that it falls in, and what people call it.
    fn parts(self) -> (&'static str, &'static str);
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
    #[schemars(length(min = 1, max = MAX_LINE_CHARS))]
    purpose: String,
    /// What you decide.
    #[serde(default)]
    verdict: Verdict,
    /// Why.
    #[serde(default, deserialize_with = "bounds::free_text")]
    #[schemars(length(max = MAX_TEXT_CHARS))]
    rationale: String,
    /// On what it is decided.
    context: Case,
}

fn allocate<A: Area>(call: &mut Call<'_, '_, '_>, arguments: Arguments<A>) -> Result<Decided, Failure> {
    let Arguments { area, amount_usd, purpose, verdict, rationale, context } = arguments;
    bounds::text("purpose", &purpose, MAX_LINE_CHARS)?;
    if amount_usd == Usd::ZERO {
        return refuse("amount_usd: it is nothing; say how much");
    }
    let (type_name, area) = area.parts();
    let asking = Asking {
        kind: kind(type_name)?,
        subject: format!("{amount_usd} for {area}: {}", purpose.trim()),
        budget: Some(amount_usd),
        verdict,
        rationale,
        context,
        matters: Vec::new(),
    };
    decide(call, asking)
}
