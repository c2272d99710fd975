//! `conduct_performance_review`: rates somebody's goals by their weights, and decides what follows.
//!
//! The rating is the weighted sum of the goals' ratings (weighted sum model: Fishburn 1967), with weights in percent that
//! add up to 100; so it is exact in hundredths. It says nothing for the caller, whose verdict it is.

use std::fmt;

use echo_runtime::tool::{Call, Tool};
use echo_runtime::turn::{Failure, refuse};
use echo_storage::quantities::Usd;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::tools::bounds;
use crate::tools::case::Case;
use crate::tools::deciding::{Asking, Verdict, kind};
use crate::tools::figured::{self, Figured};

const NAME: &str = "conduct_performance_review";
const DESCRIPTION: &str = "Rates somebody's goals by their weights and decides what follows. A promotion is voted on by the \
managers; a termination goes to a person.";

const MAX_NAME_CHARS: usize = 100;
const MAX_GOALS: usize = 20;

/// The tool.
pub(crate) fn tool() -> Tool {
    Tool::decides(NAME, DESCRIPTION, review)
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// Who is reviewed.
    #[schemars(length(min = 1, max = MAX_NAME_CHARS))]
    employee: String,
    /// The period, such as `2026 Q3`.
    #[schemars(length(min = 1, max = MAX_NAME_CHARS))]
    period: String,
    /// The goals; their weights add up to 100.
    #[schemars(length(min = 1, max = MAX_GOALS))]
    goals: Vec<Goal>,
    /// What follows.
    consequence: Consequence,
    /// What that costs in a year, in US dollars with at most two decimals; leave it out where it costs nothing.
    #[serde(default)]
    cost_usd: Option<Usd>,
    /// What you decide.
    #[serde(default)]
    verdict: Verdict,
    /// Why.
    #[serde(default)]
    rationale: String,
    /// On what it is decided.
    context: Case,
}

/// A goal.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Goal {
    /// Which.
    #[schemars(length(min = 1, max = MAX_NAME_CHARS))]
    name: String,
    /// How much it counts, in percent.
    #[schemars(range(min = 1, max = 100))]
    weight_percent: u64,
    /// How it was met: 1 (not at all) to 5 (far beyond).
    #[schemars(range(min = 1, max = 5))]
    rating: u64,
}

/// What follows of a review.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Consequence {
    /// Nothing changes.
    Nothing,
    /// More pay.
    Raise,
    /// A higher position.
    Promotion,
    /// A plan by which it is to become better.
    ImprovementPlan,
    /// The end of the employment.
    Termination,
}

impl Consequence {
    fn name(self) -> &'static str {
        match self {
            Self::Nothing => "no change",
            Self::Raise => "a raise",
            Self::Promotion => "a promotion",
            Self::ImprovementPlan => "an improvement plan",
            Self::Termination => "termination",
        }
    }

    fn matters(self) -> Vec<&'static str> {
        match self {
            Self::Promotion => vec!["promotion"],
            Self::Termination => vec!["termination"],
            Self::Nothing | Self::Raise | Self::ImprovementPlan => Vec::new(),
        }
    }
}

#[derive(Serialize, JsonSchema)]
struct Rating {
    /// The weighted rating in hundredths: 100 to 500.
    rating_hundredths: u64,
    /// The goals that were not met, rated 1 or 2.
    not_met: Vec<String>,
}

impl fmt::Display for Rating {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rated {}.{:02} of 5", self.rating_hundredths / 100, self.rating_hundredths % 100)?;
        if self.not_met.is_empty() { Ok(()) } else { write!(f, "; not met: {}", self.not_met.join(", ")) }
    }
}

fn review(call: &mut Call<'_, '_, '_>, arguments: Arguments) -> Result<Figured<Rating>, Failure> {
    let Arguments { employee, period, goals, consequence, cost_usd, verdict, rationale, mut context } =
        arguments;
    bounds::text("employee", &employee, MAX_NAME_CHARS)?;
    bounds::text("period", &period, MAX_NAME_CHARS)?;
    let rating = rate(&goals)?;
    context.data.insert("rating_hundredths".to_owned(), rating.rating_hundredths);
    let asking = Asking {
        kind: kind("performance_management")?,
        subject: format!("Review of {}, {}: {}", employee.trim(), period.trim(), consequence.name()),
        budget: cost_usd,
        verdict,
        rationale,
        context,
        matters: consequence.matters(),
    };
    figured::decide(call, asking, rating)
}

fn rate(goals: &[Goal]) -> Result<Rating, Failure> {
    bounds::list("goals", goals, 1, MAX_GOALS)?;
    for (place, goal) in goals.iter().enumerate() {
        let path = |field: &str| format!("goals[{place}].{field}");
        bounds::text(&path("name"), &goal.name, MAX_NAME_CHARS)?;
        bounds::number(&path("weight_percent"), goal.weight_percent, 1, 100)?;
        bounds::number(&path("rating"), goal.rating, 1, 5)?;
    }
    bounds::names("goals", goals.iter().map(|goal| goal.name.as_str()))?;
    let weights: u64 = goals.iter().map(|goal| goal.weight_percent).sum();
    if weights != 100 {
        return refuse(format!("goals: their weights add up to {weights}; they must add up to 100"));
    }
    let not_met = goals.iter().filter(|goal| goal.rating <= 2).map(|goal| goal.name.trim().to_owned());
    Ok(Rating {
        rating_hundredths: goals.iter().map(|goal| goal.weight_percent * goal.rating).sum(),
        not_met: not_met.collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goals_are_rated_by_their_weights() {
        let check = |goals: &[(&str, u64, u64)], expected: &str| {
            let goals: Vec<Goal> = goals
                .iter()
                .map(|(name, weight_percent, rating)| Goal {
                    name: (*name).to_owned(),
                    weight_percent: *weight_percent,
                    rating: *rating,
                })
                .collect();
            let found = rate(&goals).map_or_else(|failure| failure.to_string(), |rating| rating.to_string());
            assert_eq!(found, expected);
        };
        check(&[("a", 100, 1)], "rated 1.00 of 5; not met: a");
        check(&[("a", 100, 5)], "rated 5.00 of 5");
        check(&[("a", 33, 4), ("b", 67, 2)], "rated 2.66 of 5; not met: b");
        check(&[], "goals: it has 0 entries, and needs 1 to 20");
        check(&[("a", 50, 3), ("b", 51, 3)], "goals: their weights add up to 101; they must add up to 100");
        check(&[("a", 50, 3), ("A", 50, 3)], "goals[1]: `A` stands there already; name each once");
        check(&[("a", 100, 6)], "goals[0].rating: it is 6, and must be 1 to 5");
    }
}
