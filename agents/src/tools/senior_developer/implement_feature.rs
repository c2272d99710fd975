//! `implement_feature`: takes a feature on, if there is time for it.
//!
//! Formula: the expected effort of a task is `(optimistic + 4 likely + pessimistic) / 6` and its variance
//! `((pessimistic - optimistic) / 6)^2` (PERT, 1959); efforts and variances add up, and the margin is one standard
//! deviation of the sum. It fits where effort and margin are within the days that there are.

use std::fmt;

use echo_runtime::tool::{Call, Tool};
use echo_runtime::turn::{Failure, refuse};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::tools::bounds::{self, MAX_LINE_CHARS, decimal};
use crate::tools::case::Case;
use crate::tools::deciding::{Asking, Decided, Verdict, decide, kind};

const NAME: &str = "implement_feature";
const DESCRIPTION: &str = "Takes on the implementation of a feature, if its tasks fit into the days that there are, by a \
three-point estimate. One that changes the architecture is voted on.";

/// How many tasks a feature may have.
const MAX_TASKS: usize = 100;

/// The most days of a task.
const MAX_DAYS: u64 = 1_000;

/// The most days there can be.
const MAX_AVAILABLE: u64 = 1_000_000;

/// The tool.
pub(crate) fn tool() -> Tool {
    Tool::decides(NAME, DESCRIPTION, implement)
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// The feature, in one line.
    #[schemars(length(min = 1, max = 200))]
    feature: String,
    /// What has to be done, at most 100 tasks.
    #[schemars(length(min = 1, max = 100))]
    tasks: Vec<Task>,
    /// How many person days there are.
    #[schemars(range(max = 1_000_000))]
    available_person_days: u64,
    /// Whether it changes how parts of the system fit together.
    #[serde(default)]
    changes: Changes,
    /// Why, beside the figures.
    #[serde(default)]
    rationale: String,
    /// On what it is decided.
    context: Case,
}

/// A task, in whole person days.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Task {
    /// What is done.
    #[schemars(length(min = 1, max = 200))]
    name: String,
    /// If all goes well.
    #[schemars(range(max = 1000))]
    optimistic_days: u64,
    /// Most likely.
    #[schemars(range(max = 1000))]
    likely_days: u64,
    /// If all goes wrong.
    #[schemars(range(max = 1000))]
    pessimistic_days: u64,
}

/// What a feature changes.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Changes {
    /// Code within its part of the system.
    #[default]
    Code,
    /// How parts of the system fit together.
    Architecture,
}

#[derive(Serialize, JsonSchema)]
struct Taken {
    /// The expected effort, in thousandths of a person day.
    effort: u64,
    /// One standard deviation, in thousandths of a person day, rounded up.
    margin: u64,
    /// Whether both fit into the days that there are.
    fits: bool,
    /// What became of it.
    decided: Decided,
}

impl fmt::Display for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fits = if self.fits { "fits" } else { "does not fit" };
        writeln!(
            f,
            "{} person days, give or take {}: it {fits}",
            decimal(self.effort),
            decimal(self.margin)
        )?;
        self.decided.fmt(f)
    }
}

fn implement(call: &mut Call<'_, '_, '_>, arguments: Arguments) -> Result<Taken, Failure> {
    let Arguments { feature, tasks, available_person_days, changes, rationale, mut context } = arguments;
    bounds::text("feature", &feature, MAX_LINE_CHARS)?;
    bounds::list("tasks", &tasks, 1, MAX_TASKS)?;
    bounds::names("tasks", tasks.iter().map(|task| task.name.as_str()))?;
    bounds::number("available_person_days", available_person_days, 0, MAX_AVAILABLE)?;
    for (place, task) in tasks.iter().enumerate() {
        bounds::number(&format!("tasks[{place}].pessimistic_days"), task.pessimistic_days, 0, MAX_DAYS)?;
        if task.optimistic_days > task.likely_days || task.likely_days > task.pessimistic_days {
            return refuse(format!("tasks[{place}]: optimistic, likely and pessimistic days must not fall"));
        }
    }
    let (effort, margin) = estimate(&tasks);
    let fits = effort + margin <= available_person_days * 1000;
    context.data.insert("effort_person_days".to_owned(), (effort + margin).div_ceil(1000));
    context.data.insert("available_person_days".to_owned(), available_person_days);
    let figures = format!(
        "{} person days, give or take {}, of {available_person_days}",
        decimal(effort),
        decimal(margin)
    );
    let asking = Asking {
        kind: kind("implementation")?,
        subject: format!("Implement {}", feature.trim()),
        budget: None,
        verdict: if fits { Verdict::Approve } else { Verdict::Reject },
        rationale: bounds::with_figures(&figures, &rationale),
        context,
        matters: match changes {
            Changes::Code => Vec::new(),
            Changes::Architecture => vec!["feature_architecture"],
        },
    };
    Ok(Taken { effort, margin, fits, decided: decide(call, asking)? })
}

/// The expected effort and one standard deviation, in thousandths of a day, both rounded up.
fn estimate(tasks: &[Task]) -> (u64, u64) {
    let sixths = |task: &Task| task.optimistic_days + 4 * task.likely_days + task.pessimistic_days;
    let spread = |task: &Task| (task.pessimistic_days - task.optimistic_days).pow(2);
    let (effort, variance): (u64, u64) = (tasks.iter().map(sixths).sum(), tasks.iter().map(spread).sum());
    // The deviation is sqrt(variance) / 6; a square that is rounded up under the root is one whose root is.
    let squared = (variance * 1_000_000).div_ceil(36);
    let root = squared.isqrt();
    ((effort * 1000).div_ceil(6), if root * root < squared { root + 1 } else { root })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn estimates_are_those_of_three_points() {
        let check = |tasks: &[[u64; 3]], expected: (u64, u64)| {
            let made = tasks.iter().map(|[optimistic_days, likely_days, pessimistic_days]| Task {
                name: "t".to_owned(),
                optimistic_days: *optimistic_days,
                likely_days: *likely_days,
                pessimistic_days: *pessimistic_days,
            });
            assert_eq!(estimate(&made.collect::<Vec<_>>()), expected, "{tasks:?}");
        };
        check(&[[0, 0, 0]], (0, 0));
        check(&[[5, 5, 5]], (5000, 0));
        check(&[[1, 4, 7]], (4000, 1000));
        check(&[[1, 2, 9]], (3000, 1334));
        check(&[[1, 4, 7], [1, 4, 7]], (8000, 1415));
        check(&[[0, 0, 1]], (167, 167));
        check(&vec![[0, 1000, 1000]; MAX_TASKS], (83_333_334, 1_666_667));
    }
}
