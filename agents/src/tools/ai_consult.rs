//! `ai_consult`: a question to the model behind the caller's role.

use echo_runtime::tool::{Call, Tool};
use echo_runtime::turn::{Failure, refuse};
use echo_storage::Query;
use echo_storage::names::DecisionType;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::bounds::{self, MAX_TEXT_CHARS};
use super::generating::{Generated, Wanted, generate};
use super::register::MAX_TITLE_CHARS;

const NAME: &str = "ai_consult";
const DESCRIPTION: &str = "Asks the model behind your role one question. The question is recorded, and the answer holds what the \
store knows about your role; the words come from a model.";

/// How many entries the context may have.
const MAX_CONTEXT: usize = 50;

/// How many of the newest decisions are looked through.
const SEARCHED_DECISIONS: usize = 100;

/// The tool.
pub(crate) fn tool() -> Tool {
    Tool::generates(NAME, DESCRIPTION, consult)
}

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// What kind of answer is wanted.
    query_type: QueryType,
    /// The question.
    #[schemars(length(min = 1, max = 4000))]
    question: String,
    /// What is to be known for it, by name, at most 50 entries.
    #[serde(default)]
    context: Map<String, Value>,
}

/// What kind of answer is wanted.
#[derive(Debug, Clone, Copy, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum QueryType {
    /// What follows from what is known.
    Analysis,
    /// What to do.
    Recommendation,
    /// What is good and bad about something.
    Review,
    /// Something explained.
    Explanation,
    /// What else could be done.
    Brainstorm,
}

impl QueryType {
    fn name(self) -> &'static str {
        match self {
            Self::Analysis => "analysis",
            Self::Recommendation => "recommendation",
            Self::Review => "review",
            Self::Explanation => "explanation",
            Self::Brainstorm => "brainstorm",
        }
    }
}

fn consult(call: &mut Call<'_, '_, '_>, arguments: Arguments) -> Result<Generated, Failure> {
    bounds::text("question", &arguments.question, MAX_TEXT_CHARS)?;
    if arguments.context.len() > MAX_CONTEXT {
        let entries = arguments.context.len();
        return refuse(format!("context: it has {entries} entries, and may have {MAX_CONTEXT}"));
    }
    let role = call.turn.role(&call.caller)?;
    let limit = role.budget_limit.map_or_else(|| "no money".to_owned(), |limit| limit.to_string());
    let types: Vec<&str> = role.may_decide.iter().map(DecisionType::as_str).collect();
    let recent = call.turn.state().decisions(None, SEARCHED_DECISIONS)?;
    let own = recent.iter().filter(|decision| decision.proposal.initiator == call.caller).count();
    let part = recent.iter().filter(|decision| decision.participants.contains(&call.caller)).count();
    let facts = vec![
        format!("{} may decide {} and approve {limit} in 24 hours", call.caller, types.join(", ")),
        format!("of the newest {} decisions it opened {own} and took part in {part}", recent.len()),
    ];
    let missing = if arguments.context.is_empty() { vec!["context".to_owned()] } else { Vec::new() };
    let title = format!("{}: {}", arguments.query_type.name(), arguments.question.trim());
    let title: String = title.chars().take(MAX_TITLE_CHARS).collect();
    generate(call, Wanted { tool: NAME, title: &title, facts, missing }, &arguments)
}
