//! `prioritize_feature`: the RICE score of a feature and its rank among those recorded.
//!
//! RICE is reach × impact × confidence / effort (Intercom, "RICE: Simple prioritization for product managers", 2016), with
//! its scales: impact 3, 2, 1, 0.5 or 0.25, confidence 100, 80 or 50 %, effort in person-months. The score is a fraction of
//! whole numbers, and ranks compare fractions, so no two features are ranked by rounding.

use std::fmt;

use echo_runtime::tool::{Call, Tool};
use echo_runtime::turn::Failure;
use echo_storage::Query;
use echo_storage::names::WorkId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::tools::ranking::{Ratio, ranked};
use crate::tools::{bounds, register};

const NAME: &str = "prioritize_feature";
const DESCRIPTION: &str = "Scores a feature by RICE (reach, impact, confidence, effort), records it under its name and \
answers with its rank among all that are recorded. Recording a name again changes it.";

/// The longest name of a feature, in characters.
pub(super) const MAX_NAME_CHARS: usize = 200;
const MAX_REACH: u64 = 1_000_000_000;
/// The most effort, in tenths of a person-month.
pub(super) const MAX_EFFORT_TENTHS: u64 = 10_000;
/// How many features from the top an answer lists.
const SHOWN: usize = 20;

/// The tool.
pub(crate) fn tool() -> Tool {
    Tool::computes(NAME, DESCRIPTION, prioritize)
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// The feature's name.
    #[schemars(length(min = 1, max = MAX_NAME_CHARS))]
    feature: String,
    /// How many people it reaches in a quarter.
    #[schemars(range(min = 0, max = MAX_REACH))]
    reach: u64,
    /// How much it changes for each of them.
    impact: Impact,
    /// How sure these figures are.
    confidence: Sureness,
    /// How much work it is, in tenths of a person-month.
    #[schemars(range(min = 1, max = MAX_EFFORT_TENTHS))]
    effort_tenths: u64,
}

/// How much a feature changes for somebody.
#[derive(Debug, Clone, Copy, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Impact {
    /// Massive: 3.
    Massive,
    /// High: 2.
    High,
    /// Medium: 1.
    Medium,
    /// Low: 0.5.
    Low,
    /// Minimal: 0.25.
    Minimal,
}

impl Impact {
    fn hundredths(self) -> u64 {
        match self {
            Self::Massive => 300,
            Self::High => 200,
            Self::Medium => 100,
            Self::Low => 50,
            Self::Minimal => 25,
        }
    }
}

/// How sure figures are.
#[derive(Debug, Clone, Copy, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Sureness {
    /// Measured: 100 %.
    High,
    /// Some of it measured: 80 %.
    Medium,
    /// Guessed: 50 %.
    Low,
}

impl Sureness {
    fn percent(self) -> u64 {
        match self {
            Self::High => 100,
            Self::Medium => 80,
            Self::Low => 50,
        }
    }
}

/// What the register holds of a feature.
#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
pub(super) struct Figures {
    reach: u64,
    impact: Impact,
    confidence: Sureness,
    pub(super) effort_tenths: u64,
}

impl Figures {
    /// Reach × impact × confidence / effort; of hundredths, percent and tenths ten over ten thousand remains.
    pub(super) fn rice(&self) -> Ratio {
        let value = self.impact.hundredths() * self.confidence.percent();
        Ratio::new(self.reach.saturating_mul(value), self.effort_tenths.saturating_mul(1_000))
    }
}

/// A feature and its place in the register.
#[derive(Debug, Clone)]
pub(super) struct Feature {
    /// Its name.
    pub(super) name: String,
    /// Its figures.
    pub(super) figures: Figures,
    /// Its rank, from 1.
    pub(super) rank: u64,
}

/// The features that are recorded, the best first.
pub(super) fn features(state: &(impl Query + ?Sized)) -> Result<Vec<Feature>, Failure> {
    let items = register::read::<Figures>(state, NAME)?.items;
    let ranked = ranked(items, |item| item.facts.rice(), |item| &item.title);
    let feature = |(rank, item): (u64, register::Item<Figures>)| Feature {
        name: item.title,
        figures: item.facts,
        rank,
    };
    Ok(ranked.into_iter().map(feature).collect())
}

#[derive(Serialize, JsonSchema)]
struct Prioritized {
    /// The item of work that was recorded.
    work: WorkId,
    /// The feature's name.
    feature: String,
    /// Its RICE score, in thousandths, rounded down.
    score_thousandths: u64,
    /// Its rank among the recorded features, from 1.
    rank: u64,
    /// How many are recorded.
    of: u64,
    /// The first twenty of them, the best first.
    ranking: Vec<Ranked>,
}

/// A feature in the ranking.
#[derive(Serialize, JsonSchema)]
struct Ranked {
    /// Its rank.
    rank: u64,
    /// Its name.
    feature: String,
    /// Its RICE score, in thousandths, rounded down.
    score_thousandths: u64,
}

impl fmt::Display for Prioritized {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let score = bounds::decimal(self.score_thousandths);
        write!(f, "{}: RICE {score}, rank {} of {}", self.feature, self.rank, self.of)?;
        for Ranked { rank, feature, score_thousandths } in &self.ranking {
            write!(f, "\n{rank}. {feature}: {}", bounds::decimal(*score_thousandths))?;
        }
        Ok(())
    }
}

fn prioritize(call: &mut Call<'_, '_, '_>, arguments: Arguments) -> Result<Prioritized, Failure> {
    let Arguments { feature, reach, impact, confidence, effort_tenths } = arguments;
    bounds::text("feature", &feature, MAX_NAME_CHARS)?;
    bounds::number("reach", reach, 0, MAX_REACH)?;
    bounds::number("effort_tenths", effort_tenths, 1, MAX_EFFORT_TENTHS)?;
    let figures = Figures { reach, impact, confidence, effort_tenths };
    let work = register::record(call, NAME, &feature, &figures)?;
    let all = features(call.turn.state())?;
    let feature = feature.trim().to_owned();
    let own = all.iter().find(|one| register::key(&one.name) == register::key(&feature));
    let rank = own.map_or(1, |one| one.rank);
    let ranked = |one: &Feature| Ranked {
        rank: one.rank,
        feature: one.name.clone(),
        score_thousandths: one.figures.rice().thousandths(),
    };
    Ok(Prioritized {
        work,
        feature,
        score_thousandths: figures.rice().thousandths(),
        rank,
        of: all.len() as u64,
        ranking: all.iter().take(SHOWN).map(ranked).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rice_is_reach_times_impact_times_confidence_over_effort() {
        let check = |reach, impact, confidence, effort_tenths, expected| {
            let figures = Figures { reach, impact, confidence, effort_tenths };
            assert_eq!(figures.rice().thousandths(), expected, "{figures:?}");
        };
        // 500 people × 3 × 100 % / 2 person-months.
        check(500, Impact::Massive, Sureness::High, 20, 750_000);
        check(1_000, Impact::High, Sureness::Medium, 40, 400_000);
        check(1, Impact::Minimal, Sureness::Low, 10, 125);
        check(1, Impact::Minimal, Sureness::Low, MAX_EFFORT_TENTHS, 0);
        check(0, Impact::Massive, Sureness::High, 1, 0);
        check(MAX_REACH, Impact::Massive, Sureness::High, 1, 30_000_000_000_000);
        check(300, Impact::Low, Sureness::Medium, 5, 240_000);
    }
}
