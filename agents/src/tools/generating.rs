//! What the tools have in common whose answer comes from a mind.
//!
//! What always holds: without a model no prose is made up. The item of work is recorded, and the answer holds what the store
//! knows about it, what is missing, and why there is no answer.

use std::fmt;

use echo_runtime::tool::Call;
use echo_runtime::turn::Failure;
use echo_storage::Query;
use echo_storage::names::WorkId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::register;

/// Why there is no answer: the built-in rules answer no such question.
const NO_MODEL: &str = "no model configured";

/// What is wanted of a mind.
pub(crate) struct Wanted<'a> {
    /// The tool.
    pub(crate) tool: &'static str,
    /// What it is about, in one line.
    pub(crate) title: &'a str,
    /// What the tool worked out from its arguments and the store, a sentence each.
    pub(crate) facts: Vec<String>,
    /// What a good answer would need and was not given, a phrase each.
    pub(crate) missing: Vec<String>,
}

/// What the caller is told.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Generated {
    /// The item of work that was recorded.
    pub(crate) work: WorkId,
    /// What is known about it.
    pub(crate) facts: Vec<String>,
    /// What a good answer would need and was not given.
    pub(crate) missing: Vec<String>,
    /// A mind's answer; nothing without one.
    pub(crate) answer: Option<String>,
    /// Why there is none.
    pub(crate) reason: Option<String>,
}

impl fmt::Display for Generated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is recorded", self.work)?;
        for fact in &self.facts {
            write!(f, "\n- {fact}")?;
        }
        if !self.missing.is_empty() {
            write!(f, "\nmissing: {}", self.missing.join(", "))?;
        }
        match (&self.answer, &self.reason) {
            (Some(answer), _) => write!(f, "\n{answer}"),
            (None, Some(reason)) => write!(f, "\nno answer: {reason}"),
            (None, None) => Ok(()),
        }
    }
}

/// Records what is wanted, with the tool's arguments, and answers with what is known.
pub(crate) fn generate<A: Serialize>(
    call: &mut Call<'_, '_, '_>,
    wanted: Wanted<'_>,
    arguments: &A,
) -> Result<Generated, Failure> {
    let Wanted { tool, title, mut facts, missing } = wanted;
    if let Some(item) = call.turn.state().work_titled(tool, title)? {
        facts.push(format!("{} of {} asked the same, by {}", item.id, item.at, item.role));
    }
    let work = register::record(call, tool, title, arguments)?;
    Ok(Generated { work, facts, missing, answer: None, reason: Some(NO_MODEL.to_owned()) })
}
