//! `escalate_to_…`: what a role puts to those above it. One handler, since the caller's own chain says who that is.

use echo_runtime::tool::{Call, Tool};
use echo_runtime::turn::{Failure, refuse};
use echo_storage::names::DecisionType;
use echo_storage::quantities::Usd;
use echo_storage::records::Mode;
use schemars::JsonSchema;
use serde::Deserialize;

use super::bounds::{self, MAX_TEXT_CHARS};
use super::case::Case;
use super::deciding::{Asking, Decided, Verdict, pass_up};

const DESCRIPTION: &str = "Puts a decision to the role above, with your opinion. That role really decides it, or passes it \
further up; decision_status tells what became of it.";
const DESCRIPTION_HUMAN: &str = "Puts a decision to a person, with your opinion. It waits until one answers, across restarts; \
decision_status tells what became of it.";

/// The tool of this name, for a role that has somebody above it.
pub(crate) fn tool(name: &'static str) -> Tool {
    Tool::decides(name, DESCRIPTION, escalate)
}

/// The tool that asks a person.
pub(crate) fn to_human() -> Tool {
    Tool::decides("escalate_to_human", DESCRIPTION_HUMAN, ask_person)
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// In whose authority it falls: a decision type, such as `technology_strategy`.
    #[serde(rename = "type")]
    kind: DecisionType,
    /// What is asked, in one line of at most 255 characters.
    #[schemars(length(min = 1, max = 255))]
    subject: String,
    /// Why you do not decide it yourself, and what you would do.
    #[schemars(length(min = 1, max = MAX_TEXT_CHARS))]
    reason: String,
    /// What you would decide.
    #[serde(default)]
    opinion: Verdict,
    /// What it costs, in US dollars with at most two decimals; leave it out where it costs nothing.
    #[serde(default)]
    budget_usd: Option<Usd>,
    /// On what it is decided.
    context: Case,
}

fn escalate(call: &mut Call<'_, '_, '_>, arguments: Arguments) -> Result<Decided, Failure> {
    put(call, arguments, Mode::Hierarchical)
}

fn ask_person(call: &mut Call<'_, '_, '_>, arguments: Arguments) -> Result<Decided, Failure> {
    put(call, arguments, Mode::Human)
}

fn put(call: &mut Call<'_, '_, '_>, arguments: Arguments, mode: Mode) -> Result<Decided, Failure> {
    let Arguments { kind, subject, reason, opinion, budget_usd, context } = arguments;
    if reason.trim().is_empty() {
        return refuse("reason: say why it is not for you to decide");
    }
    bounds::text("reason", &reason, MAX_TEXT_CHARS)?;
    let asking = Asking {
        kind,
        subject,
        budget: budget_usd,
        verdict: opinion,
        rationale: reason,
        context,
        matters: Vec::new(),
    };
    pass_up(call, asking, mode)
}
