//! `override_decision`: turns round what a role below has decided.

use std::fmt;

use echo_runtime::decisions;
use echo_runtime::tool::{Call, Tool};
use echo_runtime::turn::Failure;
use echo_storage::names::{DecisionId, RoleId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::tools::bounds::{self, MAX_ENTRIES, MAX_TEXT_CHARS};
use crate::tools::forms::Status;

const NAME: &str = "override_decision";
const DESCRIPTION: &str = "Turns round a decision that a role below you has made: an approval becomes a rejection, a \
rejection an approval where you have the whole authority. Its history is kept, those concerned and those you name are told, \
and a reversed approval costs its approver track record. What a person decided stands.";

/// The tool.
pub(crate) fn tool() -> Tool {
    Tool::decides(NAME, DESCRIPTION, turn_round)
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// Which decision, such as `dec-7`.
    decision: DecisionId,
    /// Why.
    #[serde(deserialize_with = "bounds::free_text")]
    #[schemars(length(min = 1, max = MAX_TEXT_CHARS))]
    reason: String,
    /// Roles that are to be told besides those that the decision concerned.
    #[serde(default, deserialize_with = "bounds::free_list")]
    #[schemars(length(max = MAX_ENTRIES))]
    notify: Vec<RoleId>,
}

#[derive(Serialize, JsonSchema)]
struct Overridden {
    /// Which decision.
    decision: DecisionId,
    /// Where it stands now.
    status: Status,
    /// What was done, by whom, and why.
    why: String,
}

impl fmt::Display for Overridden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {} now: {}", self.decision, self.status, self.why)
    }
}

fn turn_round(call: &mut Call<'_, '_, '_>, arguments: Arguments) -> Result<Overridden, Failure> {
    let Arguments { decision, reason, notify } = arguments;
    let caller = call.caller.clone();
    let decision = decisions::override_decision(call.turn, &caller, decision, &reason, &notify)?;
    let why = decision.path.last().map(|step| step.why.clone()).unwrap_or_default();
    Ok(Overridden { decision: decision.id, status: decision.status.into(), why })
}
