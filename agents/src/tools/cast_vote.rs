//! `cast_vote`: whoever holds a participant's door votes in its place.
//!
//! What always holds: a role votes for itself only, once a round, and only where it takes part.

use std::fmt;

use echo_runtime::decisions;
use echo_runtime::tool::{Call, Tool};
use echo_runtime::turn::{Failure, refuse};
use echo_storage::names::DecisionId;
use echo_storage::quantities::Confidence;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::bounds::{self, MAX_TEXT_CHARS};
use super::forms::{self, Status, Vote};

const NAME: &str = "cast_vote";
const DESCRIPTION: &str = "Casts the caller's ballot in the round that a decision is in. Only participants vote, once a \
round, and a ballot that is cast stands.";

/// The tool.
pub(crate) fn tool() -> Tool {
    Tool::decides(NAME, DESCRIPTION, cast)
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// On which decision, such as `dec-7`.
    decision: DecisionId,
    /// What the ballot says: approve, reject or abstain.
    vote: Vote,
    /// How sure the caller is, in thousandths: 0 to 1000.
    #[schemars(with = "u16", range(min = 0, max = 1000))]
    confidence: Confidence,
    /// Why, with the facts that counted.
    #[serde(deserialize_with = "bounds::free_text")]
    #[schemars(length(min = 1, max = MAX_TEXT_CHARS))]
    rationale: String,
}

#[derive(Serialize, JsonSchema)]
struct Cast {
    /// On which decision.
    decision: DecisionId,
    /// What the ballot says.
    vote: Vote,
    /// Where the decision stands now.
    status: Status,
    /// What the decision waits for now, in words.
    phase: String,
}

impl fmt::Display for Cast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {} is cast; next: {}", self.vote, self.decision, self.phase)
    }
}

fn cast(call: &mut Call<'_, '_, '_>, arguments: Arguments) -> Result<Cast, Failure> {
    let Arguments { decision: id, vote, confidence, rationale } = arguments;
    if rationale.trim().is_empty() {
        return refuse("rationale: say why");
    }
    forms::decision(call.turn.state(), id)?;
    decisions::cast(call.turn, &call.caller, id, vote.into(), confidence, rationale)?;
    let decision = forms::decision(call.turn.state(), id)?;
    let (status, phase) = (decision.status.into(), forms::phase(&decision.phase));
    Ok(Cast { decision: id, vote, status, phase })
}
