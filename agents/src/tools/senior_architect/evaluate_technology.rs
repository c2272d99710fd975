//! `evaluate_technology`: options compared by weighted criteria.
//!
//! The weighted sum model (Fishburn, "Additive utilities with incomplete product set", Operations Research, 1967; Triantaphyllou,
//! "Multi-criteria decision making methods", 2000): Σ weight × score / Σ weight, all scores on one scale from 0 to 10. An
//! option below the least score that a criterion accepts is out, however good it is otherwise.

use std::collections::BTreeMap;
use std::fmt;

use echo_runtime::tool::{Call, Tool};
use echo_runtime::turn::{Failure, refuse};
use echo_storage::names::WorkId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::tools::ranking::{Ratio, ranked};
use crate::tools::{bounds, register};

const NAME: &str = "evaluate_technology";
const DESCRIPTION: &str = "Compares technologies by weighted criteria: the weighted score of each, its rank, by how much the \
best leads, and who is out for a score below the least that a criterion accepts.";

const MAX_NAME_CHARS: usize = 100;
const MAX_CRITERIA: usize = 20;
const MAX_OPTIONS: usize = 20;
const MAX_WEIGHT: u64 = 100;
const MAX_SCORE: u64 = 10;

/// The tool.
pub(crate) fn tool() -> Tool {
    Tool::computes(NAME, DESCRIPTION, evaluate)
}

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// What for, in one line.
    #[schemars(length(min = 1, max = MAX_NAME_CHARS))]
    purpose: String,
    /// By what they are compared.
    #[schemars(length(min = 1, max = MAX_CRITERIA))]
    criteria: Vec<Criterion>,
    /// What is compared.
    #[schemars(length(min = 1, max = MAX_OPTIONS))]
    options: Vec<Candidate>,
}

/// By what technologies are compared.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Criterion {
    /// Its name.
    #[schemars(length(min = 1, max = MAX_NAME_CHARS))]
    name: String,
    /// How much it counts beside the others.
    #[schemars(range(min = 1, max = MAX_WEIGHT))]
    weight: u64,
    /// The least score that it accepts.
    #[serde(default)]
    #[schemars(range(min = 0, max = MAX_SCORE))]
    at_least: u64,
}

/// A technology that is compared.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Candidate {
    /// Its name.
    #[schemars(length(min = 1, max = MAX_NAME_CHARS))]
    name: String,
    /// Its score from 0 to 10 by the name of each criterion.
    scores: BTreeMap<String, u64>,
}

#[derive(Serialize, JsonSchema)]
struct Evaluation {
    /// The item of work that was recorded.
    work: WorkId,
    /// The options that no criterion puts out, the best first.
    ranking: Vec<Scored>,
    /// The options that are out.
    out: Vec<Out>,
    /// By how much the best leads the next, in thousandths of a score; null where there are not two.
    lead_thousandths: Option<u64>,
}

/// An option with its score.
#[derive(Debug, Serialize, JsonSchema)]
struct Scored {
    /// Its rank.
    rank: u64,
    /// Its name.
    option: String,
    /// Its weighted score, in thousandths, rounded down.
    score_thousandths: u64,
}

/// An option that is out.
#[derive(Debug, Serialize, JsonSchema)]
struct Out {
    /// Its name.
    option: String,
    /// By which criterion, and with which score.
    why: String,
}

impl fmt::Display for Evaluation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lead = self.lead_thousandths;
        match (self.ranking.first(), lead) {
            (Some(best), Some(lead)) => write!(f, "{} is ahead by {}", best.option, bounds::decimal(lead))?,
            (Some(best), None) => write!(f, "{} is the only one left", best.option)?,
            (None, _) => write!(f, "every option is out")?,
        }
        for Scored { rank, option, score_thousandths } in &self.ranking {
            write!(f, "\n{rank}. {option}: {}", bounds::decimal(*score_thousandths))?;
        }
        for Out { option, why } in &self.out {
            write!(f, "\nout: {option}, {why}")?;
        }
        Ok(())
    }
}

#[expect(clippy::needless_pass_by_value, reason = "a handler takes its arguments")]
fn evaluate(call: &mut Call<'_, '_, '_>, arguments: Arguments) -> Result<Evaluation, Failure> {
    check(&arguments)?;
    let work = register::record(call, NAME, &arguments.purpose, &arguments)?;
    let (ranking, out) = compare(&arguments);
    let lead_thousandths = match ranking.as_slice() {
        [best, next, ..] => Some(best.score_thousandths - next.score_thousandths),
        _ => None,
    };
    Ok(Evaluation { work, ranking, out, lead_thousandths })
}

fn check(arguments: &Arguments) -> Result<(), Failure> {
    let Arguments { purpose, criteria, options } = arguments;
    bounds::text("purpose", purpose, MAX_NAME_CHARS)?;
    bounds::list("criteria", criteria, 1, MAX_CRITERIA)?;
    bounds::names("criteria", criteria.iter().map(|one| one.name.as_str()))?;
    for (place, criterion) in criteria.iter().enumerate() {
        bounds::text(&format!("criteria[{place}].name"), &criterion.name, MAX_NAME_CHARS)?;
        bounds::number(&format!("criteria[{place}].weight"), criterion.weight, 1, MAX_WEIGHT)?;
        bounds::number(&format!("criteria[{place}].at_least"), criterion.at_least, 0, MAX_SCORE)?;
    }
    bounds::list("options", options, 1, MAX_OPTIONS)?;
    bounds::names("options", options.iter().map(|one| one.name.as_str()))?;
    for (place, option) in options.iter().enumerate() {
        bounds::text(&format!("options[{place}].name"), &option.name, MAX_NAME_CHARS)?;
        for (name, score) in &option.scores {
            let path = format!("options[{place}].scores.{name}");
            bounds::number(&path, *score, 0, MAX_SCORE)?;
            if !criteria.iter().any(|criterion| criterion.name == *name) {
                return refuse(format!("{path}: there is no such criterion; score those of `criteria`"));
            }
        }
        if let Some(lacking) = criteria.iter().find(|one| !option.scores.contains_key(&one.name)) {
            return refuse(format!("options[{place}].scores: `{}` is not scored; score each", lacking.name));
        }
    }
    Ok(())
}

fn compare(arguments: &Arguments) -> (Vec<Scored>, Vec<Out>) {
    let criteria = &arguments.criteria;
    let weights = criteria.iter().map(|one| one.weight).sum();
    let (mut left, mut out) = (Vec::new(), Vec::new());
    for option in &arguments.options {
        let score = |one: &Criterion| option.scores.get(&one.name).copied().unwrap_or(0);
        if let Some(fails) = criteria.iter().find(|one| score(one) < one.at_least) {
            let why = format!("{} for {}, at least {} is needed", score(fails), fails.name, fails.at_least);
            out.push(Out { option: option.name.clone(), why });
        } else {
            let sum = criteria.iter().map(|one| one.weight * score(one)).sum();
            left.push((option.name.as_str(), Ratio::new(sum, weights)));
        }
    }
    let scored = |(rank, (name, score)): (u64, (&str, Ratio))| Scored {
        rank,
        option: name.to_owned(),
        score_thousandths: score.thousandths(),
    };
    (ranked(left, |one| one.1, |one| one.0).into_iter().map(scored).collect(), out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weighted_sum_ranks_and_a_least_score_puts_out() {
        let check = |options: &[(&str, u64, u64)], ranking: &[(u64, &str, u64)], out: &[&str]| {
            let option = |(name, a, b): &(&str, u64, u64)| serde_json::json!({ "name": name, "scores": { "a": a, "b": b } });
            let arguments = serde_json::json!({
                "purpose": "p",
                "criteria": [{ "name": "a", "weight": 2 }, { "name": "b", "weight": 1, "at_least": 3 }],
                "options": options.iter().map(option).collect::<Vec<_>>(),
            });
            let (found, lost) = compare(&serde_json::from_value(arguments).unwrap());
            let found: Vec<_> =
                found.iter().map(|one| (one.rank, one.option.as_str(), one.score_thousandths)).collect();
            assert_eq!(found, ranking);
            assert_eq!(lost.iter().map(|one| one.option.as_str()).collect::<Vec<_>>(), out);
        };
        check(&[("x", 10, 10), ("y", 0, 3)], &[(1, "x", 10_000), (2, "y", 1_000)], &[]);
        check(
            &[("y", 5, 4), ("x", 4, 6), ("z", 5, 5)],
            &[(1, "z", 5_000), (2, "x", 4_666), (2, "y", 4_666)],
            &[],
        );
        check(&[("x", 10, 2), ("y", 0, 3)], &[(1, "y", 1_000)], &["x"]);
        check(&[("x", 10, 0)], &[], &["x"]);
    }
}
