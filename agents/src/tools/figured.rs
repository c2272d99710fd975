//! Decisions that rest on figures a tool worked out: the answer states them beside what became of the decision.

use std::fmt;

use echo_runtime::tool::Call;
use echo_runtime::turn::Failure;
use schemars::JsonSchema;
use serde::Serialize;

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
pub(crate) fn decide<F>(
    call: &mut Call<'_, '_, '_>,
    asking: Asking,
    figures: F,
) -> Result<Figured<F>, Failure> {
    Ok(Figured { decided: deciding::decide(call, asking)?, figures })
}
