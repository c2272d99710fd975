//! Decisions that rest on figures a tool worked out: they stand in the decision's path and in the answer.

use std::fmt;

use echo_runtime::tool::Call;
use echo_runtime::turn::Failure;
use schemars::JsonSchema;
use serde::Serialize;

use super::bounds;
use super::deciding::{self, Asking, Decided};

/// What became of a decision, and the figures behind it.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Figured<F> {
    #[serde(flatten)]
    decided: Decided,
    /// What was worked out from the arguments and the store.
    figures: F,
}

impl<F: fmt::Display> fmt::Display for Figured<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}", self.decided, self.figures)
    }
}

/// Decides in the caller's name, as far as its authority goes, and tells the figures.
pub(crate) fn decide<F: fmt::Display>(
    call: &mut Call<'_, '_, '_>,
    mut asking: Asking,
    figures: F,
) -> Result<Figured<F>, Failure> {
    asking.rationale = bounds::with_figures(&figures.to_string(), &asking.rationale);
    Ok(Figured { decided: deciding::decide(call, asking)?, figures })
}
