//! `approve_product_requirement`: decides whether a requirement is built, with what tells that it is done.

use std::fmt;

use echo_runtime::tool::{Call, Tool};
use echo_runtime::turn::{Failure, refuse};
use echo_storage::quantities::Usd;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::prioritize_feature::{MAX_NAME_CHARS, features};
use crate::tools::bounds;
use crate::tools::case::Case;
use crate::tools::deciding::{Asking, Verdict, kind};
use crate::tools::figured::{self, Figured};
use crate::tools::register;

const NAME: &str = "approve_product_requirement";
const DESCRIPTION: &str = "Decides on a requirement, with its acceptance criteria and, where it is part of a feature that \
prioritize_feature recorded, that feature's rank. A change of the roadmap is voted on; a major feature or a pivot goes up; a \
strategic pivot goes to a person.";

const MAX_CRITERIA: usize = 50;
const MAX_CRITERION_CHARS: usize = 500;

/// The tool.
pub(crate) fn tool() -> Tool {
    Tool::decides(NAME, DESCRIPTION, approve)
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// What is required, in one line.
    #[schemars(length(min = 1, max = MAX_NAME_CHARS))]
    requirement: String,
    /// How much of the product it changes.
    scope: Scope,
    /// By what it is told that it is met, a sentence each; they count as criteria of success.
    #[schemars(length(min = 1, max = MAX_CRITERIA))]
    acceptance_criteria: Vec<String>,
    /// The feature it is part of, by the name under which it is recorded; leave it out where there is none.
    #[serde(default)]
    feature: Option<String>,
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

/// How much of the product a requirement changes.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Scope {
    /// Something that there is.
    Change,
    /// A feature as the roadmap has it.
    Feature,
    /// The roadmap itself.
    Roadmap,
    /// A major feature.
    MajorFeature,
    /// The direction of the product.
    Pivot,
    /// The direction of the company.
    StrategicPivot,
}

impl Scope {
    fn matters(self) -> Vec<&'static str> {
        match self {
            Self::Change | Self::Feature => Vec::new(),
            Self::Roadmap => vec!["roadmap"],
            Self::MajorFeature => vec!["major_feature"],
            Self::Pivot => vec!["pivot"],
            Self::StrategicPivot => vec!["strategic_pivot"],
        }
    }
}

#[derive(Serialize, JsonSchema)]
struct Standing {
    /// How many acceptance criteria were given.
    acceptance_criteria: u64,
    /// The RICE score of its feature, in thousandths; null where no feature was named.
    rice_thousandths: Option<u64>,
    /// The rank of its feature, from 1.
    rank: Option<u64>,
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} acceptance criteria", self.acceptance_criteria)?;
        match (self.rank, self.rice_thousandths) {
            (Some(rank), Some(score)) => {
                write!(f, "; its feature has rank {rank}, RICE {}", bounds::decimal(score))
            }
            _ => Ok(()),
        }
    }
}

fn approve(call: &mut Call<'_, '_, '_>, arguments: Arguments) -> Result<Figured<Standing>, Failure> {
    let Arguments { requirement, scope, acceptance_criteria, feature, cost_usd, .. } = arguments;
    let (verdict, rationale, mut context) = (arguments.verdict, arguments.rationale, arguments.context);
    bounds::text("requirement", &requirement, MAX_NAME_CHARS)?;
    bounds::list("acceptance_criteria", &acceptance_criteria, 1, MAX_CRITERIA)?;
    for (place, criterion) in acceptance_criteria.iter().enumerate() {
        bounds::text(&format!("acceptance_criteria[{place}]"), criterion, MAX_CRITERION_CHARS)?;
    }
    let mut standing = Standing {
        acceptance_criteria: acceptance_criteria.len() as u64,
        rice_thousandths: None,
        rank: None,
    };
    if let Some(feature) = feature {
        let all = features(call.turn.state())?;
        let Some(known) = all.iter().find(|one| register::key(&one.name) == register::key(&feature)) else {
            return refuse(format!(
                "feature: `{feature}` is not recorded; record it with prioritize_feature, or leave it out"
            ));
        };
        let score = known.figures.rice().thousandths();
        (standing.rice_thousandths, standing.rank) = (Some(score), Some(known.rank));
        let figures = [("rice_thousandths", score), ("rice_rank", known.rank)];
        context.data.extend(figures.map(|(name, figure)| (name.to_owned(), figure)));
    }
    context.data.insert("acceptance_criteria".to_owned(), standing.acceptance_criteria);
    context.success_criteria.extend(acceptance_criteria);
    let asking = Asking {
        kind: kind("feature_prioritization")?,
        subject: format!("Requirement: {}", requirement.trim()),
        budget: cost_usd,
        verdict,
        rationale,
        context,
        matters: scope.matters(),
    };
    figured::decide(call, asking, standing)
}
