//! `manage_test_automation`: the register of test suites: what is automated, what is flaky, what pays back first.
//!
//! Formula: automation saves `manual minutes x runs a month - upkeep` each month and costs its effort; it pays back after
//! `effort / saved` months, rounded up. A run is flaky when its result changes while the code does not: flakiness is flaky
//! runs / runs (Luo et al., 2014). Suites are ranked by when they pay back; those that never do come last, equals by name.

use std::fmt;

use echo_runtime::tool::{Call, Tool};
use echo_runtime::turn::{Failure, refuse};
use echo_storage::names::WorkId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::tools::bounds::{self, MAX_LINE_CHARS, decimal, share};
use crate::tools::register;

const NAME: &str = "manage_test_automation";
const DESCRIPTION: &str = "Records a suite of tests and answers with the register: how much is automated, how flaky it is, and \
which suite to automate first by when that pays back.";

/// The largest count of anything.
const MAX_COUNT: u64 = 1_000_000;

/// The tool.
pub(crate) fn tool() -> Tool {
    Tool::computes(NAME, DESCRIPTION, manage)
}

#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// The suite; recording one of the same name again changes it.
    #[schemars(length(min = 1, max = 200))]
    suite: String,
    /// How many tests it has.
    #[schemars(range(max = 1_000_000))]
    tests: u64,
    /// How many of these run by themselves.
    #[schemars(range(max = 1_000_000))]
    automated: u64,
    /// How many automated runs were looked at for flakiness.
    #[serde(default)]
    #[schemars(range(max = 1_000_000))]
    runs: u64,
    /// How many of these were flaky.
    #[serde(default)]
    #[schemars(range(max = 1_000_000))]
    flaky_runs: u64,
    /// How many minutes the tests that are not automated take a person, each time.
    #[serde(default)]
    #[schemars(range(max = 1_000_000))]
    manual_minutes: u64,
    /// How often they are run each month.
    #[serde(default)]
    #[schemars(range(max = 1_000_000))]
    runs_a_month: u64,
    /// How many minutes automating them would take.
    #[serde(default)]
    #[schemars(range(max = 1_000_000))]
    effort_minutes: u64,
    /// How many minutes a month keeping them working would take.
    #[serde(default)]
    #[schemars(range(max = 1_000_000))]
    upkeep_minutes_a_month: u64,
}

#[derive(Serialize, JsonSchema)]
struct Automation {
    /// The item that was recorded.
    work: WorkId,
    /// Automated tests among all, in thousandths, rounded down.
    automated: u64,
    /// Flaky runs among all that were looked at, in thousandths, rounded down; null where none was.
    flaky: Option<u64>,
    /// The suites, those that pay back first before the others.
    suites: Vec<Suite>,
    /// How many items of the register could not be read.
    unread: usize,
}

/// A suite.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Suite {
    /// What it is called.
    name: String,
    /// Automated tests among all, in thousandths, rounded down.
    automated: u64,
    /// Flaky runs among those that were looked at, in thousandths, rounded down; null where none was.
    flaky: Option<u64>,
    /// What automating the rest saves each month, in minutes.
    saves_minutes_a_month: u64,
    /// After how many months that pays back; null if never, or if nothing is left to automate.
    pays_back_months: Option<u64>,
}

impl fmt::Display for Automation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is recorded; automated {}", self.work, decimal(self.automated))?;
        if let Some(flaky) = self.flaky {
            write!(f, ", flaky {}", decimal(flaky))?;
        }
        for suite in &self.suites {
            write!(f, "\n{}: automated {}", suite.name, decimal(suite.automated))?;
            if let Some(months) = suite.pays_back_months {
                write!(f, ", the rest pays back after {months} months")?;
            }
        }
        Ok(())
    }
}

fn manage(call: &mut Call<'_, '_, '_>, arguments: Arguments) -> Result<Automation, Failure> {
    bounds::text("suite", &arguments.suite, MAX_LINE_CHARS)?;
    for (path, count) in [
        ("tests", arguments.tests),
        ("runs", arguments.runs),
        ("manual_minutes", arguments.manual_minutes),
        ("runs_a_month", arguments.runs_a_month),
        ("effort_minutes", arguments.effort_minutes),
        ("upkeep_minutes_a_month", arguments.upkeep_minutes_a_month),
    ] {
        bounds::number(path, count, 0, MAX_COUNT)?;
    }
    for (path, part, of, whole) in [
        ("automated", arguments.automated, "tests", arguments.tests),
        ("flaky_runs", arguments.flaky_runs, "runs", arguments.runs),
    ] {
        if part > whole {
            return refuse(format!("{path}: it is {part}, and cannot exceed {of}, {whole}"));
        }
    }
    let work = register::record(call, NAME, &arguments.suite, &arguments)?;
    let register = register::read::<Arguments>(call.turn.state(), NAME)?;
    let items: Vec<Arguments> = register.items.into_iter().map(|item| item.facts).collect();
    let sum = |of: fn(&Arguments) -> u64| items.iter().map(of).fold(0, u64::saturating_add);
    let automated = share(sum(|item| item.automated), sum(|item| item.tests));
    let flaky = flakiness(sum(|item| item.flaky_runs), sum(|item| item.runs));
    Ok(Automation { work, automated, flaky, suites: ranked(&items), unread: register.unread })
}

fn flakiness(flaky: u64, runs: u64) -> Option<u64> {
    (runs > 0).then(|| share(flaky, runs))
}

/// The suites, those that pay back first before the others.
fn ranked(items: &[Arguments]) -> Vec<Suite> {
    let suite = |item: &Arguments| {
        let saves = (item.manual_minutes * item.runs_a_month).saturating_sub(item.upkeep_minutes_a_month);
        let left = item.automated < item.tests;
        Suite {
            name: item.suite.trim().to_owned(),
            automated: share(item.automated, item.tests),
            flaky: flakiness(item.flaky_runs, item.runs),
            saves_minutes_a_month: saves,
            pays_back_months: (left && saves > 0).then(|| item.effort_minutes.div_ceil(saves)),
        }
    };
    let mut suites: Vec<Suite> = items.iter().map(suite).collect();
    let rank = |suite: &Suite| (suite.pays_back_months.is_none(), suite.pays_back_months);
    suites.sort_by(|one, other| (rank(one), &one.name).cmp(&(rank(other), &other.name)));
    suites
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_pays_back_first_comes_first() {
        let item =
            |suite: &str, automated, manual_minutes, effort_minutes, upkeep_minutes_a_month| Arguments {
                suite: suite.to_owned(),
                tests: 10,
                automated,
                runs: 0,
                flaky_runs: 0,
                manual_minutes,
                runs_a_month: 10,
                effort_minutes,
                upkeep_minutes_a_month,
            };
        let check = |items: &[Arguments], expected: &[(&str, Option<u64>)]| {
            let suites = ranked(items);
            let found: Vec<_> = suites.iter().map(|one| (one.name.as_str(), one.pays_back_months)).collect();
            assert_eq!(found, expected);
        };
        check(&[], &[]);
        check(&[item("a", 0, 10, 1000, 0)], &[("a", Some(10))]);
        check(&[item("a", 0, 10, 1001, 50)], &[("a", Some(21))]);
        check(&[item("a", 0, 10, 1, 100)], &[("a", None)]);
        check(&[item("a", 10, 10, 1, 0)], &[("a", None)]);
        let many =
            [item("d", 0, 0, 1, 0), item("c", 0, 1, 30, 0), item("b", 0, 1, 20, 0), item("a", 0, 1, 30, 0)];
        check(&many, &[("b", Some(2)), ("a", Some(3)), ("c", Some(3)), ("d", None)]);
        let most = [item("a", 0, MAX_COUNT, MAX_COUNT, 0)];
        check(&most, &[("a", Some(1))]);
    }
}
