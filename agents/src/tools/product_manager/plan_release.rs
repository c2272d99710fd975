//! `plan_release`: which of the recorded features a release takes, within the work that there is.
//!
//! What must be in comes first; then the features are taken in the order of their RICE scores, each that still fits. RICE
//! is value for effort, so this is the greedy rule for a knapsack by density (Dantzig, "Discrete-variable extremum
//! problems", Operations Research, 1957). What another release has taken is left out.

use std::collections::BTreeMap;
use std::fmt;

use echo_runtime::tool::{Call, Tool};
use echo_runtime::turn::{Failure, refuse};
use echo_storage::names::WorkId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::prioritize_feature::{Feature, MAX_NAME_CHARS, features};
use crate::tools::{bounds, register};

const NAME: &str = "plan_release";
const DESCRIPTION: &str = "Fills a release with the features that prioritize_feature recorded, the best first, within the \
work that there is; what must be in comes before all. Planning a release again under its name changes it.";

const MAX_CAPACITY_TENTHS: u64 = 1_000_000;
const MAX_MUST_HAVES: usize = 100;

/// The tool.
pub(crate) fn tool() -> Tool {
    Tool::computes(NAME, DESCRIPTION, plan)
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// The release's name.
    #[schemars(length(min = 1, max = MAX_NAME_CHARS))]
    release: String,
    /// How much work can be done for it, in tenths of a person-month.
    #[schemars(range(min = 1, max = MAX_CAPACITY_TENTHS))]
    capacity_tenths: u64,
    /// Features that must be in, by the names under which they are recorded.
    #[serde(default)]
    #[schemars(length(max = MAX_MUST_HAVES))]
    must_have: Vec<String>,
}

/// What the register holds of a release.
#[derive(Serialize, Deserialize)]
struct Planned {
    features: Vec<String>,
}

#[derive(Serialize, JsonSchema)]
struct Plan {
    /// The item of work that was recorded.
    work: WorkId,
    /// The release's name.
    release: String,
    /// What it takes, in the order in which it was taken.
    included: Vec<Included>,
    /// What it does not take, the best first.
    left_out: Vec<LeftOut>,
    /// How much work that is, in tenths of a person-month.
    used_tenths: u64,
    /// How much work there is, in tenths of a person-month.
    capacity_tenths: u64,
}

/// A feature that a release takes.
#[derive(Debug, Serialize, JsonSchema)]
struct Included {
    /// Its name.
    feature: String,
    /// Its rank by RICE.
    rank: u64,
    /// Its RICE score, in thousandths, rounded down.
    score_thousandths: u64,
    /// Its work, in tenths of a person-month.
    effort_tenths: u64,
    /// Whether it must be in.
    must_have: bool,
}

/// A feature that a release does not take.
#[derive(Debug, Serialize, JsonSchema)]
struct LeftOut {
    /// Its name.
    feature: String,
    /// Its rank by RICE.
    rank: u64,
    /// Why.
    why: String,
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (used, capacity) = (self.used_tenths, self.capacity_tenths);
        write!(f, "{}: {used} of {capacity} tenths of a person-month", self.release)?;
        for Included { feature, rank, effort_tenths, must_have, .. } in &self.included {
            let must = if *must_have { ", must have" } else { "" };
            write!(f, "\n+ {feature}: rank {rank}, {effort_tenths}{must}")?;
        }
        for LeftOut { feature, rank, why } in &self.left_out {
            write!(f, "\n- {feature}: rank {rank}, {why}")?;
        }
        Ok(())
    }
}

fn plan(call: &mut Call<'_, '_, '_>, arguments: Arguments) -> Result<Plan, Failure> {
    let Arguments { release, capacity_tenths, must_have } = arguments;
    bounds::text("release", &release, MAX_NAME_CHARS)?;
    bounds::number("capacity_tenths", capacity_tenths, 1, MAX_CAPACITY_TENTHS)?;
    bounds::list("must_have", &must_have, 0, MAX_MUST_HAVES)?;
    bounds::names("must_have", must_have.iter().map(String::as_str))?;
    let features = features(call.turn.state())?;
    let mut taken = BTreeMap::new();
    for item in register::read::<Planned>(call.turn.state(), NAME)?.items {
        if register::key(&item.title) != register::key(&release) {
            taken.extend(item.facts.features.iter().map(|name| (register::key(name), item.title.clone())));
        }
    }
    let (included, left_out) = fill(features, &taken, capacity_tenths, &must_have)?;
    let names = included.iter().map(|one| one.feature.clone()).collect();
    let work = register::record(call, NAME, &release, &Planned { features: names })?;
    let used_tenths = included.iter().map(|one| one.effort_tenths).sum();
    Ok(Plan { work, release: release.trim().to_owned(), included, left_out, used_tenths, capacity_tenths })
}

/// What a release takes and leaves; `taken` says which release has a feature already.
fn fill(
    features: Vec<Feature>,
    taken: &BTreeMap<String, String>,
    capacity_tenths: u64,
    must_have: &[String],
) -> Result<(Vec<Included>, Vec<LeftOut>), Failure> {
    for (place, name) in must_have.iter().enumerate() {
        if let Some(release) = taken.get(&register::key(name)) {
            return refuse(format!(
                "must_have[{place}]: `{name}` is in {release}; plan that without it first"
            ));
        }
        if !features.iter().any(|feature| register::key(&feature.name) == register::key(name)) {
            return refuse(format!(
                "must_have[{place}]: `{name}` is not recorded; record it with prioritize_feature"
            ));
        }
    }
    let is_must =
        |feature: &Feature| must_have.iter().any(|one| register::key(one) == register::key(&feature.name));
    let (musts, others): (Vec<Feature>, Vec<Feature>) = features.into_iter().partition(is_must);
    let needed: u64 = musts.iter().map(|feature| feature.figures.effort_tenths).sum();
    let Some(mut free) = capacity_tenths.checked_sub(needed) else {
        return refuse(format!(
            "must_have: it takes {needed} tenths of a person-month; capacity_tenths is {capacity_tenths}"
        ));
    };
    let mut included: Vec<Included> = musts.into_iter().map(|feature| include(feature, true)).collect();
    let mut left_out = Vec::new();
    for feature in others {
        let effort = feature.figures.effort_tenths;
        if let Some(release) = taken.get(&register::key(&feature.name)) {
            let why = format!("it is in {release}");
            left_out.push(LeftOut { feature: feature.name, rank: feature.rank, why });
        } else if let Some(rest) = free.checked_sub(effort) {
            free = rest;
            included.push(include(feature, false));
        } else {
            let why = format!("it takes {effort}, and {free} are free");
            left_out.push(LeftOut { feature: feature.name, rank: feature.rank, why });
        }
    }
    Ok((included, left_out))
}

fn include(feature: Feature, must_have: bool) -> Included {
    Included {
        rank: feature.rank,
        score_thousandths: feature.figures.rice().thousandths(),
        effort_tenths: feature.figures.effort_tenths,
        feature: feature.name,
        must_have,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_must_be_in_comes_first_and_then_what_fits_by_rank() {
        let check = |capacity, must: &[&str], expected: Result<(&[&str], &[&str]), &str>| {
            let feature = |(rank, (name, effort)): (u64, (&str, u64))| {
                let figures = serde_json::json!({
                    "reach": 10, "impact": "low", "confidence": "low", "effort_tenths": effort,
                });
                Feature { name: name.to_owned(), figures: serde_json::from_value(figures).unwrap(), rank }
            };
            let features = (1..).zip([("A", 5), ("B", 10), ("C", 3), ("D", 1)]).map(feature).collect();
            let taken = BTreeMap::from([("d".to_owned(), "R0".to_owned())]);
            let must: Vec<String> = must.iter().map(|name| (*name).to_owned()).collect();
            match (fill(features, &taken, capacity, &must), expected) {
                (Ok((included, left_out)), Ok((inside, outside))) => {
                    let found: Vec<&str> = included.iter().map(|one| one.feature.as_str()).collect();
                    assert_eq!(found, inside, "{capacity}");
                    let found: Vec<&str> = left_out.iter().map(|one| one.feature.as_str()).collect();
                    assert_eq!(found, outside, "{capacity}");
                }
                (Err(failure), Err(part)) => assert!(failure.to_string().contains(part), "{failure}"),
                (found, _) => panic!("{found:?}"),
            }
        };
        check(8, &[], Ok((&["A", "C"], &["B", "D"])));
        check(15, &[], Ok((&["A", "B"], &["C", "D"])));
        check(18, &[], Ok((&["A", "B", "C"], &["D"])));
        check(2, &[], Ok((&[], &["A", "B", "C", "D"])));
        check(13, &["b"], Ok((&["B", "C"], &["A", "D"])));
        check(9, &["b"], Err("must_have: it takes 10 tenths"));
        check(9, &["a", "d"], Err("must_have[1]: `d` is in R0"));
        check(9, &["E"], Err("must_have[0]: `E` is not recorded"));
    }
}
