//! `update_vote`: replaces the caller's ballot while its round is open.
//!
//! What always holds: a role changes its own ballot only, and none of a round that has closed.

use std::fmt;

use echo_runtime::decisions;
use echo_runtime::tool::{Call, Tool};
use echo_runtime::turn::Failure;
use echo_storage::names::DecisionId;
use echo_storage::quantities::Confidence;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::bounds::{self, MAX_TEXT_CHARS};
use super::forms::{self, Vote};

const NAME: &str = "update_vote";
const DESCRIPTION: &str = "Replaces the ballot that the caller has cast in the round that a decision is in. A round closes with \
its last ballot; what was cast in one that has closed stands.";

/// The tool.
pub(crate) fn tool() -> Tool {
    Tool::decides(NAME, DESCRIPTION, update)
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// On which decision, such as `dec-7`.
    decision: DecisionId,
    /// What the ballot says now: approve, reject or abstain.
    vote: Vote,
    /// How sure the caller is, in thousandths: 0 to 1000.
    #[schemars(with = "u16", range(min = 0, max = 1000))]
    confidence: Confidence,
    /// Why, with the facts that counted.
    #[schemars(length(min = 1, max = 4000))]
    rationale: String,
}

#[derive(Serialize, JsonSchema)]
struct Updated {
    /// On which decision.
    decision: DecisionId,
    /// What the ballot said before.
    before: Vote,
    /// What it says now.
    vote: Vote,
    /// What the decision waits for, in words.
    phase: String,
}

impl fmt::Display for Updated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {} instead of {}; next: {}", self.vote, self.decision, self.before, self.phase)
    }
}

fn update(call: &mut Call<'_, '_, '_>, arguments: Arguments) -> Result<Updated, Failure> {
    let Arguments { decision: id, vote, confidence, rationale } = arguments;
    bounds::text("rationale", &rationale, MAX_TEXT_CHARS)?;
    forms::decision(call.turn.state(), id)?;
    let before = decisions::update(call.turn, &call.caller, id, vote.into(), confidence, rationale)?;
    let decision = forms::decision(call.turn.state(), id)?;
    Ok(Updated { decision: id, before: before.into(), vote, phase: forms::phase(&decision.phase) })
}
