//! `approve_infrastructure_change`: decides on a change of what everything runs on, with its risk and its downtime.
//!
//! Risk: likelihood × impact, each 1 to 5 (the consequence/likelihood matrix of IEC 31010:2019, B.10.3), where to 5
//! is low, to 11 medium and above that high, which are bounds of our own. Downtime:
//! against the error budget, (1 − objective) × 30 days (Google, Site Reliability Engineering, chapter 3).

use std::fmt;

use echo_runtime::tool::{Call, Tool};
use echo_runtime::turn::Failure;
use echo_storage::quantities::Usd;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::tools::bounds;
use crate::tools::case::Case;
use crate::tools::deciding::{Asking, Verdict, kind};
use crate::tools::figured::{self, Figured};

const NAME: &str = "approve_infrastructure_change";
const DESCRIPTION: &str = "Decides on a change of the infrastructure, with its risk and its share of the error budget worked \
out. A major migration and compliance go to a person.";

const MAX_NAME_CHARS: usize = 200;
const MAX_DOWNTIME_SECONDS: u64 = 30 * 24 * 60 * 60;
/// An objective is in millionths, so that 99.999 % is whole.
const MAX_OBJECTIVE: u64 = 1_000_000;

/// The tool.
pub(crate) fn tool() -> Tool {
    Tool::decides(NAME, DESCRIPTION, approve)
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// What is changed, in one line.
    #[schemars(length(min = 1, max = MAX_NAME_CHARS))]
    change: String,
    /// How likely it goes wrong: 1 (hardly) to 5 (almost certainly).
    #[schemars(range(min = 1, max = 5))]
    likelihood: u64,
    /// How bad that would be: 1 (nobody notices) to 5 (the company stands still).
    #[schemars(range(min = 1, max = 5))]
    impact: u64,
    /// For how many seconds the service is planned to be down.
    #[schemars(range(min = 0, max = MAX_DOWNTIME_SECONDS))]
    downtime_seconds: u64,
    /// The availability that the service has as its objective, in millionths: 999000 is 99.9 %.
    #[schemars(range(min = 0, max = MAX_OBJECTIVE))]
    objective_millionths: u64,
    /// How it is taken back.
    rollback: Rollback,
    /// Whether it moves what the company runs on to another technology.
    major_migration: bool,
    /// Whether it touches what law or a standard demands.
    compliance: bool,
    /// What it costs, in US dollars with at most two decimals; leave it out where it costs nothing.
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

/// How a change is taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Rollback {
    /// It was tried.
    Tested,
    /// It is written down and was not tried.
    Planned,
    /// It cannot be.
    None,
}

/// How great a risk is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Level {
    /// To 5.
    Low,
    /// To 11.
    Medium,
    /// To 25.
    High,
}

#[derive(Serialize, JsonSchema)]
struct Danger {
    /// Likelihood × impact, 1 to 25.
    risk: u64,
    /// How great that is.
    level: Level,
    /// How it is taken back.
    rollback: Rollback,
    /// How many seconds of downtime the objective allows in 30 days.
    error_budget_seconds: u64,
    /// Whether the planned downtime is within that.
    within_budget: bool,
}

impl fmt::Display for Danger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = match self.level {
            Level::Low => "low",
            Level::Medium => "medium",
            Level::High => "high",
        };
        let rollback = match self.rollback {
            Rollback::Tested => "a tested rollback",
            Rollback::Planned => "a rollback that was not tried",
            Rollback::None => "no rollback",
        };
        let within = if self.within_budget { "within" } else { "beyond" };
        let (risk, budget) = (self.risk, self.error_budget_seconds);
        write!(f, "risk {risk} of 25, {level}, with {rollback}; downtime {within} the {budget} s of 30 days")
    }
}

fn approve(call: &mut Call<'_, '_, '_>, mut arguments: Arguments) -> Result<Figured<Danger>, Failure> {
    let (mut context, rationale) =
        (std::mem::take(&mut arguments.context), std::mem::take(&mut arguments.rationale));
    let Arguments { change, likelihood, impact, downtime_seconds, objective_millionths, .. } = &arguments;
    bounds::text("change", change, MAX_NAME_CHARS)?;
    bounds::number("likelihood", *likelihood, 1, 5)?;
    bounds::number("impact", *impact, 1, 5)?;
    bounds::number("downtime_seconds", *downtime_seconds, 0, MAX_DOWNTIME_SECONDS)?;
    bounds::number("objective_millionths", *objective_millionths, 0, MAX_OBJECTIVE)?;
    let danger = danger(*likelihood, *impact, *downtime_seconds, *objective_millionths, arguments.rollback);
    context.data.insert("risk_of_25".to_owned(), danger.risk);
    context.data.insert("downtime_seconds".to_owned(), *downtime_seconds);
    context.data.insert("error_budget_seconds".to_owned(), danger.error_budget_seconds);
    let touched = [(arguments.major_migration, "technology_migration"), (arguments.compliance, "compliance")];
    let asking = Asking {
        kind: kind("infrastructure_architecture")?,
        subject: change.trim().to_owned(),
        budget: arguments.cost_usd,
        verdict: arguments.verdict,
        rationale,
        context,
        matters: touched.into_iter().filter(|(is, _)| *is).map(|(_, matter)| matter).collect(),
    };
    figured::decide(call, asking, danger)
}

fn danger(likelihood: u64, impact: u64, downtime: u64, objective: u64, rollback: Rollback) -> Danger {
    let risk = likelihood.saturating_mul(impact);
    let level = match risk {
        0..=5 => Level::Low,
        6..=11 => Level::Medium,
        _ => Level::High,
    };
    let budget = MAX_DOWNTIME_SECONDS * (MAX_OBJECTIVE - objective.min(MAX_OBJECTIVE)) / MAX_OBJECTIVE;
    Danger { risk, level, rollback, error_budget_seconds: budget, within_budget: downtime <= budget }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn risk_and_downtime_are_worked_out() {
        let check = |likelihood, impact, downtime, objective, expected| {
            let Danger { risk, level, error_budget_seconds, within_budget, .. } =
                danger(likelihood, impact, downtime, objective, Rollback::None);
            assert_eq!((risk, level, error_budget_seconds, within_budget), expected);
        };
        check(1, 1, 0, 1_000_000, (1, Level::Low, 0, true));
        check(1, 5, 1, 1_000_000, (5, Level::Low, 0, false));
        check(2, 3, 2_592, 999_000, (6, Level::Medium, 2_592, true));
        check(3, 4, 2_593, 999_000, (12, Level::High, 2_592, false));
        check(5, 5, 2_592_000, 0, (25, Level::High, 2_592_000, true));
        check(2, 5, 25, 999_990, (10, Level::Medium, 25, true));
    }
}
