//! `approve_hiring_request`: decides on hiring, by what it costs in its first year.
//!
//! First-year cost: heads × (salary × (1 + overhead) + cost of hiring), rounded up to the cent (cost per hire as in the
//! ANSI/SHRM standard 06001.2012, on top of pay with its overhead).

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

const NAME: &str = "approve_hiring_request";
const DESCRIPTION: &str =
    "Decides on hiring, with the cost of the first year worked out. An executive hire goes up.";

const MAX_NAME_CHARS: usize = 100;
const MAX_HEADS: u64 = 1_000;
const MAX_OVERHEAD_PERCENT: u64 = 200;

/// The tool.
pub(crate) fn tool() -> Tool {
    Tool::decides(NAME, DESCRIPTION, approve)
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// What they are hired as.
    #[schemars(length(min = 1, max = MAX_NAME_CHARS))]
    position: String,
    /// For which team.
    #[schemars(length(min = 1, max = MAX_NAME_CHARS))]
    team: String,
    /// At which level.
    level: Level,
    /// How many.
    #[schemars(range(min = 1, max = MAX_HEADS))]
    heads: u64,
    /// The yearly salary of each, in US dollars with at most two decimals.
    salary_usd: Usd,
    /// What comes on top of the salary, in percent of it.
    #[schemars(range(min = 0, max = MAX_OVERHEAD_PERCENT))]
    overhead_percent: u64,
    /// What finding and bringing in each of them costs.
    #[serde(default)]
    hiring_cost_usd: Usd,
    /// What you decide.
    #[serde(default)]
    verdict: Verdict,
    /// Why.
    #[serde(default)]
    rationale: String,
    /// On what it is decided.
    context: Case,
}

/// At which level somebody is hired.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Level {
    /// Who does the work.
    Contributor,
    /// Who leads a team.
    Manager,
    /// Who leads the company.
    Executive,
}

#[derive(Serialize, JsonSchema)]
struct Cost {
    /// How many.
    heads: u64,
    /// What all of them cost in the first year.
    first_year_usd: Usd,
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to hire, {} in the first year", self.heads, self.first_year_usd)
    }
}

fn approve(call: &mut Call<'_, '_, '_>, mut arguments: Arguments) -> Result<Figured<Cost>, Failure> {
    let (mut context, rationale) =
        (std::mem::take(&mut arguments.context), std::mem::take(&mut arguments.rationale));
    let Arguments { position, team, level, heads, salary_usd, overhead_percent, hiring_cost_usd, .. } =
        &arguments;
    bounds::text("position", position, MAX_NAME_CHARS)?;
    bounds::text("team", team, MAX_NAME_CHARS)?;
    bounds::number("heads", *heads, 1, MAX_HEADS)?;
    bounds::number("overhead_percent", *overhead_percent, 0, MAX_OVERHEAD_PERCENT)?;
    if *salary_usd == Usd::ZERO {
        return refuse("salary_usd: it is nothing; say what each of them earns in a year");
    }
    let Some(first_year_usd) = first_year(*heads, *salary_usd, *overhead_percent, *hiring_cost_usd) else {
        return refuse(format!("salary_usd: with all that is added it is more than {}", Usd::MAX));
    };
    let is_executive = *level == Level::Executive;
    let subject = format!("Hire {heads} × {} for {}", position.trim(), team.trim());
    context.data.insert("hires".to_owned(), *heads);
    let asking = Asking {
        kind: kind(if is_executive { "c_suite_hiring" } else { "hiring" })?,
        subject,
        budget: Some(first_year_usd),
        verdict: arguments.verdict,
        rationale,
        context,
        matters: if is_executive { vec!["executive_hire"] } else { Vec::new() },
    };
    figured::decide(call, asking, Cost { heads: *heads, first_year_usd })
}

/// What the first year costs; nothing where it is more than is taken seriously.
fn first_year(heads: u64, salary: Usd, overhead_percent: u64, hiring: Usd) -> Option<Usd> {
    let pay = u128::from(salary.cents()) * (100 + u128::from(overhead_percent));
    let each = pay + 100 * u128::from(hiring.cents());
    let cents = (u128::from(heads) * each).div_ceil(100);
    u64::try_from(cents).ok().and_then(Usd::from_cents)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_year_costs_pay_with_overhead_and_hiring() {
        let check = |heads, salary: &str, overhead, hiring: &str, expected: Option<&str>| {
            let usd = |text| Usd::parse(text).unwrap();
            let found = first_year(heads, usd(salary), overhead, usd(hiring)).map(|found| found.to_string());
            assert_eq!(found.as_deref(), expected);
        };
        check(1, "100000", 0, "0", Some("100,000 USD"));
        check(2, "100000", 30, "5000", Some("270,000 USD"));
        check(1, "0.01", 1, "0", Some("0.02 USD"));
        check(1_000, "1000000000", 0, "0", Some("1,000,000,000,000 USD"));
        check(1_000, "1000000000", 0, "0.01", None);
        check(1_000, "1000000000000", 200, "1000000000000", None);
    }
}
