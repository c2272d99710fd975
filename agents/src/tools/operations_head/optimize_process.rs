//! `optimize_process`: decides on a change of a process, by the time that it saves.
//!
//! Saved time is runs × (minutes before − minutes after); the change has paid for itself after effort / saved time (the
//! payback period of capital budgeting, in hours of work instead of money).

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

const NAME: &str = "optimize_process";
const DESCRIPTION: &str = "Decides on a change of a process, by the time that it saves and how soon it has paid for itself. \
What reaches beyond operations is voted on by everyone concerned.";

const MAX_NAME_CHARS: usize = 100;
const MAX_RUNS: u64 = 1_000_000_000;
const MAX_MINUTES: u64 = 1_000_000;
const MAX_EFFORT_HOURS: u64 = 1_000_000;

/// The tool.
pub(crate) fn tool() -> Tool {
    Tool::decides(NAME, DESCRIPTION, optimize)
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// Which process.
    #[schemars(length(min = 1, max = MAX_NAME_CHARS))]
    process: String,
    /// What changes, in one line.
    #[schemars(length(min = 1, max = MAX_NAME_CHARS))]
    change: String,
    /// Whom it reaches.
    reach: Reach,
    /// How often it runs in a month.
    #[schemars(range(min = 1, max = MAX_RUNS))]
    runs_per_month: u64,
    /// How many minutes of work a run takes now.
    #[schemars(range(min = 0, max = MAX_MINUTES))]
    minutes_before: u64,
    /// How many it will take.
    #[schemars(range(min = 0, max = MAX_MINUTES))]
    minutes_after: u64,
    /// How many hours of work the change itself takes.
    #[schemars(range(min = 0, max = MAX_EFFORT_HOURS))]
    effort_hours: u64,
    /// What it costs besides, in US dollars with at most two decimals; leave it out where it costs nothing.
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

/// Whom a process reaches.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Reach {
    /// Operations alone.
    Operations,
    /// Other functions as well.
    CrossFunctional,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Saving {
    /// Minutes of work saved in a month; below nothing where the change adds work.
    saved_minutes_per_month: i64,
    /// After how many months it has paid for its own effort, in thousandths, rounded up; null where it never does.
    payback_months_thousandths: Option<u64>,
}

impl fmt::Display for Saving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} minutes saved in a month; ", self.saved_minutes_per_month)?;
        match self.payback_months_thousandths {
            Some(months) => write!(f, "paid for after {} months", bounds::decimal(months)),
            None => write!(f, "it never pays for itself"),
        }
    }
}

fn optimize(call: &mut Call<'_, '_, '_>, arguments: Arguments) -> Result<Figured<Saving>, Failure> {
    bounds::text("process", &arguments.process, MAX_NAME_CHARS)?;
    bounds::text("change", &arguments.change, MAX_NAME_CHARS)?;
    bounds::number("runs_per_month", arguments.runs_per_month, 1, MAX_RUNS)?;
    bounds::number("minutes_before", arguments.minutes_before, 0, MAX_MINUTES)?;
    bounds::number("minutes_after", arguments.minutes_after, 0, MAX_MINUTES)?;
    bounds::number("effort_hours", arguments.effort_hours, 0, MAX_EFFORT_HOURS)?;
    let saving = saving(&arguments);
    let Arguments { process, change, reach, cost_usd, verdict, rationale, mut context, .. } = arguments;
    let figures = [
        ("runs_per_month", arguments.runs_per_month),
        ("minutes_before", arguments.minutes_before),
        ("minutes_after", arguments.minutes_after),
        ("effort_hours", arguments.effort_hours),
    ];
    context.data.extend(figures.map(|(name, figure)| (name.to_owned(), figure)));
    let matters = match reach {
        Reach::Operations => Vec::new(),
        Reach::CrossFunctional => vec!["cross_functional_process"],
    };
    let asking = Asking {
        kind: kind("process_optimization")?,
        subject: format!("Process {}: {}", process.trim(), change.trim()),
        budget: cost_usd,
        verdict,
        rationale,
        context,
        matters,
    };
    figured::decide(call, asking, saving)
}

fn saving(arguments: &Arguments) -> Saving {
    let minutes = |per_run: u64| per_run.saturating_mul(arguments.runs_per_month);
    let (before, after) = (minutes(arguments.minutes_before), minutes(arguments.minutes_after));
    let saved = before.saturating_sub(after);
    let effort = u128::from(arguments.effort_hours) * 60 * 1_000;
    let payback = (saved > 0).then(|| effort.div_ceil(u128::from(saved)));
    Saving {
        saved_minutes_per_month: before.cast_signed().saturating_sub(after.cast_signed()),
        payback_months_thousandths: payback.and_then(|months| u64::try_from(months).ok()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_pays_for_itself_by_the_time_it_saves() {
        let check = |runs, before, after, effort, expected| {
            let arguments = serde_json::json!({
                "process": "p", "change": "c", "reach": "operations", "runs_per_month": runs,
                "minutes_before": before, "minutes_after": after, "effort_hours": effort,
                "context": { "description": "d" },
            });
            let Saving { saved_minutes_per_month, payback_months_thousandths } =
                saving(&serde_json::from_value(arguments).unwrap());
            assert_eq!((saved_minutes_per_month, payback_months_thousandths), expected);
        };
        check(100, 30, 10, 100, (2_000, Some(3_000)));
        check(100, 30, 10, 0, (2_000, Some(0)));
        check(7, 1, 0, 1, (7, Some(8_572)));
        check(100, 10, 10, 5, (0, None));
        check(100, 10, 30, 5, (-2_000, None));
        check(MAX_RUNS, MAX_MINUTES, 0, 1, (1_000_000_000_000_000, Some(1)));
        check(1, 1, 0, MAX_EFFORT_HOURS, (1, Some(60_000_000_000)));
    }
}
