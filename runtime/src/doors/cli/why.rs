//! `why`: the chain of facts, ballots and authority that led a decision to where it stands.
//!
//! What always holds: everything told is read from the store, nothing is decided again. Limits and thresholds are those
//! of the configuration in force now; what was spent counts as it did when the decision ended.

mod argument;
mod text;

use echo_storage::names::DecisionId;

use self::argument::Argument;
use super::decisions::find;
use super::look::Look;
use super::{End, Failed, Invocation};

pub(super) const EXAMPLES: &str = "\
Examples:
  echo-org why dec-1
  echo-org why dec-1 --json

The numbers beside facts are what each added to the score of whoever cites it, or took off it, in
thousandths. Votes advise and authority decides: a role approves what is of its types, or of those
of a role below it, and what its limit still holds.";

/// What `why` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The decision, such as dec-1
    #[arg(value_name = "DECISION")]
    decision: DecisionId,
}

/// Explains.
pub(super) fn run(invocation: &mut Invocation<'_, '_>, arguments: &Arguments) -> Result<End, Failed> {
    let look = Look::open(invocation)?;
    let decision = find(&look, arguments.decision)?;
    let argument = Argument::of(&look, &decision)?;
    if invocation.json {
        invocation.output.json(&argument);
    } else {
        invocation.output.text(&argument.to_text());
    }
    Ok(End::Well)
}
