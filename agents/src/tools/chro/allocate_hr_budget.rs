//! `allocate_hr_budget`: gives money for people, within the caller's limit of 24 hours.
//!
//! Human resources have no budget type of their own: each area falls in the authority that it is about, and every approval
//! counts against the one limit.

use echo_runtime::tool::{Call, Tool};
use echo_runtime::turn::{Failure, refuse};
use echo_storage::quantities::Usd;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::tools::bounds;
use crate::tools::case::Case;
use crate::tools::deciding::{Asking, Decided, Verdict, decide, kind};

const NAME: &str = "allocate_hr_budget";
const DESCRIPTION: &str = "Allocates money for people. Approved at once within your limit of 24 hours; above it, the role \
above decides.";

const MAX_PURPOSE_CHARS: usize = 200;

/// The tool.
pub(crate) fn tool() -> Tool {
    Tool::decides(NAME, DESCRIPTION, allocate)
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// Where it goes.
    area: Area,
    /// How much, in US dollars with at most two decimals.
    amount_usd: Usd,
    /// What for, in one line.
    #[schemars(length(min = 1, max = MAX_PURPOSE_CHARS))]
    purpose: String,
    /// What you decide.
    #[serde(default)]
    verdict: Verdict,
    /// Why.
    #[serde(default)]
    rationale: String,
    /// On what it is decided.
    context: Case,
}

/// What human resources spend on.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Area {
    /// Finding people.
    Recruitment,
    /// Courses and conferences.
    Training,
    /// What people get besides their pay.
    Benefits,
    /// What brings people together.
    Culture,
    /// Help in conflicts.
    Mediation,
}

impl Area {
    /// The type, and what people call it.
    fn parts(self) -> (&'static str, &'static str) {
        match self {
            Self::Recruitment => ("hiring", "recruitment"),
            Self::Training => ("performance_management", "training"),
            Self::Benefits => ("hr_policy", "benefits"),
            Self::Culture => ("team_culture", "culture"),
            Self::Mediation => ("conflict_resolution", "mediation"),
        }
    }
}

fn allocate(call: &mut Call<'_, '_, '_>, arguments: Arguments) -> Result<Decided, Failure> {
    let Arguments { area, amount_usd, purpose, verdict, rationale, context } = arguments;
    bounds::text("purpose", &purpose, MAX_PURPOSE_CHARS)?;
    if amount_usd == Usd::ZERO {
        return refuse("amount_usd: it is nothing; say how much");
    }
    let (type_name, area) = area.parts();
    let asking = Asking {
        kind: kind(type_name)?,
        subject: format!("{amount_usd} for {area}: {}", purpose.trim()),
        budget: Some(amount_usd),
        verdict,
        rationale,
        context,
        matters: Vec::new(),
    };
    decide(call, asking)
}
