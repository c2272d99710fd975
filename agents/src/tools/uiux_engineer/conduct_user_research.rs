//! `conduct_user_research`: how many people a study needs, and what it has shown.
//!
//! Sources: a test that looks for problems needs the least `n` with `1 - (1 - p)^n` at least the share that is to be found
//! (Nielsen and Landauer, 1993); a survey needs `z^2 / (4 e^2)` people, the most that any share asks for, corrected for a
//! small population by `n / (1 + (n - 1) / N)` (Cochran, Sampling Techniques). Both are rounded up.

use std::fmt;

use echo_runtime::tool::{Call, Tool};
use echo_runtime::turn::{Failure, refuse};
use echo_storage::names::WorkId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::tools::bounds::{self, MAX_LINE_CHARS, MAX_TEXT_CHARS, decimal, share};
use crate::tools::register;

const NAME: &str = "conduct_user_research";
const DESCRIPTION: &str = "Records a study with users and works out how many people it needs; with what has been observed, \
whether that is enough, and the share of people who succeeded.";

/// The largest population.
const MAX_PEOPLE: u64 = 10_000_000_000;

/// What is left to be found, at the start: all of it, in the unit of the sum.
const ALL: u64 = 1_000_000_000_000;

/// The tool.
pub(crate) fn tool() -> Tool {
    Tool::computes(NAME, DESCRIPTION, conduct)
}

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// The study, in one line; recording one of the same name again brings it up to date.
    #[schemars(length(min = 1, max = 200))]
    study: String,
    /// What shall be known afterwards.
    #[schemars(length(min = 1, max = 4000))]
    question: String,
    /// How it is found out.
    method: Method,
    /// What has been observed so far.
    #[serde(default)]
    observed: Option<Observed>,
}

/// How something is found out about users: exactly one of these.
#[derive(Debug, Clone, Copy, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Method {
    /// People are watched at their tasks, to find what is in their way.
    #[serde(default)]
    usability_test: Option<UsabilityTest>,
    /// People are asked, to know a share among all.
    #[serde(default)]
    survey: Option<Survey>,
}

/// People are watched at their tasks.
#[derive(Debug, Clone, Copy, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct UsabilityTest {
    /// How likely a person is to meet a given problem, in percent; 31 on average.
    #[schemars(range(min = 1, max = 100))]
    meets_percent: u64,
    /// Which share of the problems is to be found, in percent.
    #[schemars(range(min = 1, max = 99))]
    find_percent: u64,
}

/// People are asked.
#[derive(Debug, Clone, Copy, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Survey {
    /// How far off the share may be, in percent.
    #[schemars(range(min = 1, max = 50))]
    margin_percent: u64,
    /// How sure that must be.
    sure: Sure,
    /// How many people there are; leave it out where they are too many to count.
    #[serde(default)]
    #[schemars(range(min = 1, max = 10_000_000_000_u64))]
    population: Option<u64>,
}

/// How sure.
#[derive(Debug, Clone, Copy, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Sure {
    /// 90 %.
    Percent90,
    /// 95 %.
    Percent95,
    /// 99 %.
    Percent99,
}

impl Sure {
    /// The quantile of the normal distribution, in thousandths.
    fn z(self) -> u128 {
        match self {
            Self::Percent90 => 1645,
            Self::Percent95 => 1960,
            Self::Percent99 => 2576,
        }
    }
}

/// What has been observed.
#[derive(Debug, Clone, Copy, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Observed {
    /// How many people took part.
    #[schemars(range(max = 10_000_000_000_u64))]
    people: u64,
    /// How many of them got it done, or said yes.
    #[schemars(range(max = 10_000_000_000_u64))]
    succeeded: u64,
}

#[derive(Serialize, JsonSchema)]
struct Study {
    /// The item of work that was recorded.
    work: WorkId,
    /// How many people it needs.
    needed: u64,
    /// How many are lacking; null before anything was observed.
    lacking: Option<u64>,
    /// Those who succeeded among those who took part, in thousandths; null while nobody has.
    success: Option<u64>,
}

impl fmt::Display for Study {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} needs {} people", self.work, self.needed)?;
        if let Some(lacking) = self.lacking {
            write!(f, ", {lacking} are lacking")?;
        }
        self.success.map_or(Ok(()), |success| write!(f, "; success {}", decimal(success)))
    }
}

fn conduct(call: &mut Call<'_, '_, '_>, arguments: Arguments) -> Result<Study, Failure> {
    bounds::text("study", &arguments.study, MAX_LINE_CHARS)?;
    bounds::text("question", &arguments.question, MAX_TEXT_CHARS)?;
    let needed = match (arguments.method.usability_test, arguments.method.survey) {
        (Some(UsabilityTest { meets_percent, find_percent }), None) => {
            bounds::number("method.usability_test.meets_percent", meets_percent, 1, 100)?;
            bounds::number("method.usability_test.find_percent", find_percent, 1, 99)?;
            testers(meets_percent, find_percent)
        }
        (None, Some(Survey { margin_percent, sure, population })) => {
            bounds::number("method.survey.margin_percent", margin_percent, 1, 50)?;
            if let Some(population) = population {
                bounds::number("method.survey.population", population, 1, MAX_PEOPLE)?;
            }
            respondents(margin_percent, sure, population)
        }
        _ => return refuse("method: give either usability_test or survey"),
    };
    if let Some(Observed { people, succeeded }) = arguments.observed {
        bounds::number("observed.people", people, 0, MAX_PEOPLE)?;
        if succeeded > people {
            return refuse(format!("observed.succeeded: it is {succeeded}, and only {people} took part"));
        }
    }
    let lacking = arguments.observed.map(|observed| needed.saturating_sub(observed.people));
    let seen = arguments.observed.filter(|observed| observed.people > 0);
    let success = seen.map(|observed| share(observed.succeeded, observed.people));
    let work = register::record(call, NAME, &arguments.study, &arguments)?;
    Ok(Study { work, needed, lacking, success })
}

/// How many people find that share of the problems.
fn testers(meets_percent: u64, find_percent: u64) -> u64 {
    let wanted = ALL / 100 * (100 - find_percent);
    let (mut missed, mut people) = (ALL, 0);
    while missed > wanted {
        // What is missed is rounded up, so nobody is promised more than is found.
        missed = (missed * (100 - meets_percent)).div_ceil(100);
        people += 1;
    }
    people
}

/// How many people tell a share that closely.
fn respondents(margin_percent: u64, sure: Sure, population: Option<u64>) -> u64 {
    // z^2 / (4 e^2), with z in thousandths and e in hundredths, as an exact fraction.
    let (above, below) = (sure.z() * sure.z(), 400 * u128::from(margin_percent) * u128::from(margin_percent));
    let needed = match population.map(u128::from) {
        None => above.div_ceil(below),
        Some(all) => (above * all).div_ceil(below * all + above - below.min(above)).min(all),
    };
    u64::try_from(needed).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_needs_as_many_as_find_that_share() {
        let check = |meets, find, expected| assert_eq!(testers(meets, find), expected, "{meets} {find}");
        check(31, 85, 6);
        check(31, 84, 5);
        check(50, 75, 2);
        check(50, 76, 3);
        check(100, 99, 1);
        check(1, 99, 459);
        check(99, 1, 1);
    }

    #[test]
    fn a_survey_needs_as_many_as_tell_the_share_that_closely() {
        let check = |margin, sure, population, expected| {
            assert_eq!(respondents(margin, sure, population), expected, "{margin} {sure:?} {population:?}");
        };
        check(5, Sure::Percent95, None, 385);
        check(5, Sure::Percent95, Some(1000), 278);
        check(1, Sure::Percent95, None, 9604);
        check(3, Sure::Percent99, None, 1844);
        check(10, Sure::Percent90, None, 68);
        check(5, Sure::Percent95, Some(1), 1);
        check(50, Sure::Percent90, Some(2), 2);
        check(5, Sure::Percent95, Some(MAX_PEOPLE), 385);
    }
}
