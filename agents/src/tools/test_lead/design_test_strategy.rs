//! `design_test_strategy`: where to test how much, by risk.
//!
//! Formula: risk-based testing (ISTQB; ISO/IEC/IEEE 29119-1): the risk of an area is `likelihood x impact`, each 1 to 5.
//! The days that there are go to the areas in proportion to their risks, whole days by largest remainder (Hamilton). A risk
//! of 15 or more is high, of 6 or more medium.

use std::cmp::Reverse;
use std::fmt;

use echo_runtime::tool::{Call, Tool};
use echo_runtime::turn::Failure;
use echo_storage::names::WorkId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::tools::bounds::{self, MAX_LINE_CHARS};
use crate::tools::register;

const NAME: &str = "design_test_strategy";
const DESCRIPTION: &str = "Ranks the areas of a product by risk, spreads the days for testing over them, and says which levels of \
test each needs.";

/// How many areas there may be.
const MAX_AREAS: usize = 100;

/// The most days.
const MAX_DAYS: u64 = 100_000;

/// The tool.
pub(crate) fn tool() -> Tool {
    Tool::computes(NAME, DESCRIPTION, design)
}

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// What is tested, in one line.
    #[schemars(length(min = 1, max = 200))]
    subject: String,
    /// Its areas, at most 100.
    #[schemars(length(min = 1, max = 100))]
    areas: Vec<Area>,
    /// How many person days there are for testing.
    #[schemars(range(max = 100_000))]
    days: u64,
}

/// An area of a product.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Area {
    /// What it is called.
    #[schemars(length(min = 1, max = 200))]
    name: String,
    /// How likely it fails, from 1 to 5.
    #[schemars(range(min = 1, max = 5))]
    likelihood: u64,
    /// What a failure does, from 1 to 5.
    #[schemars(range(min = 1, max = 5))]
    impact: u64,
}

impl Area {
    fn risk(&self) -> u64 {
        self.likelihood * self.impact
    }
}

#[derive(Serialize, JsonSchema)]
struct Strategy {
    /// The item of work that was recorded.
    work: WorkId,
    /// The areas, the riskiest first, equals in the order given.
    areas: Vec<Planned>,
}

/// What an area gets.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Planned {
    /// What it is called.
    name: String,
    /// Its risk, from 1 to 25.
    risk: u64,
    /// How high that is.
    class: Class,
    /// How many person days it gets.
    days: u64,
    /// The levels of test that it needs.
    levels: Vec<Level>,
}

/// How high a risk is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Class {
    /// 15 or more.
    High,
    /// 6 or more.
    Medium,
    /// Less.
    Low,
}

/// A level of test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Level {
    /// Of a part alone.
    Unit,
    /// Of parts together.
    Integration,
    /// Of the whole, as users meet it.
    System,
    /// By people who look for what nobody has thought of.
    Exploratory,
}

impl Class {
    fn of(risk: u64) -> Self {
        match risk {
            15.. => Self::High,
            6.. => Self::Medium,
            _ => Self::Low,
        }
    }

    fn levels(self) -> Vec<Level> {
        match self {
            Self::High => vec![Level::Unit, Level::Integration, Level::System, Level::Exploratory],
            Self::Medium => vec![Level::Unit, Level::Integration],
            Self::Low => vec![Level::Unit],
        }
    }
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is recorded", self.work)?;
        for Planned { name, risk, days, .. } in &self.areas {
            write!(f, "\n{name}: risk {risk}, {days} days")?;
        }
        Ok(())
    }
}

fn design(call: &mut Call<'_, '_, '_>, arguments: Arguments) -> Result<Strategy, Failure> {
    bounds::text("subject", &arguments.subject, MAX_LINE_CHARS)?;
    bounds::list("areas", &arguments.areas, 1, MAX_AREAS)?;
    bounds::names("areas", arguments.areas.iter().map(|area| area.name.as_str()))?;
    for (place, area) in arguments.areas.iter().enumerate() {
        bounds::number(&format!("areas[{place}].likelihood"), area.likelihood, 1, 5)?;
        bounds::number(&format!("areas[{place}].impact"), area.impact, 1, 5)?;
    }
    bounds::number("days", arguments.days, 0, MAX_DAYS)?;
    let work = register::record(call, NAME, &arguments.subject, &arguments)?;
    Ok(Strategy { work, areas: plan(&arguments.areas, arguments.days) })
}

/// What each area gets, the riskiest first.
fn plan(areas: &[Area], days: u64) -> Vec<Planned> {
    let all: u64 = areas.iter().map(Area::risk).sum::<u64>().max(1);
    let mut sorted: Vec<&Area> = areas.iter().collect();
    sorted.sort_by_key(|area| Reverse(area.risk()));
    let mut shares: Vec<(u64, u64)> =
        sorted.iter().map(|area| (area.risk() * days / all, area.risk() * days % all)).collect();
    let left = days - shares.iter().map(|(whole, _)| whole).sum::<u64>();
    let mut by_remainder: Vec<&mut (u64, u64)> = shares.iter_mut().collect();
    // The order is stable, so of equal remainders the riskier area, then the one named first, comes first.
    by_remainder.sort_by_key(|share| Reverse(share.1));
    let left = usize::try_from(left).unwrap_or(usize::MAX);
    by_remainder.into_iter().take(left).for_each(|share| share.0 += 1);
    let planned = sorted.into_iter().zip(shares).map(|(area, (days, _))| {
        let class = Class::of(area.risk());
        Planned { name: area.name.trim().to_owned(), risk: area.risk(), class, days, levels: class.levels() }
    });
    planned.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_go_where_the_risk_is() {
        let check = |areas: &[(&str, u64, u64)], days: u64, expected: &[(&str, u64, u64)]| {
            let made = areas.iter().map(|(name, likelihood, impact)| Area {
                name: (*name).to_owned(),
                likelihood: *likelihood,
                impact: *impact,
            });
            let planned = plan(&made.collect::<Vec<_>>(), days);
            let found: Vec<_> = planned.iter().map(|one| (one.name.as_str(), one.risk, one.days)).collect();
            assert_eq!(found, expected, "{areas:?} {days}");
            assert_eq!(planned.iter().map(|one| one.days).sum::<u64>(), days);
        };
        check(&[("a", 1, 1)], 0, &[("a", 1, 0)]);
        check(&[("a", 1, 1), ("b", 5, 5)], 26, &[("b", 25, 25), ("a", 1, 1)]);
        check(&[("a", 1, 1), ("b", 1, 1), ("c", 1, 1)], 2, &[("a", 1, 1), ("b", 1, 1), ("c", 1, 0)]);
        check(&[("a", 2, 2), ("b", 3, 2)], 5, &[("b", 6, 3), ("a", 4, 2)]);
        check(&[("a", 2, 2), ("b", 3, 2)], 4, &[("b", 6, 2), ("a", 4, 2)]);
        check(&[("a", 1, 2), ("b", 1, 1)], 1, &[("a", 2, 1), ("b", 1, 0)]);
    }

    #[test]
    fn risks_have_classes() {
        let check = |risk, expected| assert_eq!(Class::of(risk), expected, "{risk}");
        check(1, Class::Low);
        check(5, Class::Low);
        check(6, Class::Medium);
        check(14, Class::Medium);
        check(15, Class::High);
        check(25, Class::High);
    }
}
