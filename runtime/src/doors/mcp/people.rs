//! People: the tools by which a person answers what waits for one.
//!
//! | tool | what it does |
//! |---|---|
//! | `list_waiting` | lists what waits, without the codes |
//! | `approve`, `reject` | gives the person's answer, with the code of its question |
//!
//! What always holds: these tools are at the door of people alone. A code is known to whoever was shown it by the command
//! `approvals`, so a model at this door answers nothing that its person has not typed; no answer and no log repeats one. A
//! list that is cut says so, and one that cannot be read is an error.

use std::fmt::Write;
use std::sync::OnceLock;

use echo_storage::codes::Code;
use echo_storage::journal::Entry;
use echo_storage::names::ApprovalId;
use echo_storage::quantities::Timestamp;
use echo_storage::query::MAX_ROWS;
use echo_storage::records::Decision;
use echo_storage::{Effect, Input, Query, State, StoreError};
use jsonschema::Validator;
use rmcp::ErrorData;
use rmcp::model::{CallToolResult, ContentBlock, JsonObject, Tool as Described, ToolAnnotations};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::catalogue::{object, title};
use super::server::Server;
use crate::doors::cli::{Question, question};
use crate::engine::Asked;
use crate::tool;

/// The name of this door, as the store records it.
const DOOR: &str = "MCP client";

/// The tool that lists.
const LIST: &str = "list_waiting";
/// The tool that says yes.
const APPROVE: &str = "approve";
/// The tool that says no.
const REJECT: &str = "reject";

/// How many questions are listed.
const MAX_LISTED: usize = 100;
/// The longest note of an answer, in characters.
const MAX_NOTE_CHARS: usize = 2_000;

/// A question as it is listed here. Its code is not.
#[derive(Serialize)]
struct Listed {
    approval: ApprovalId,
    #[serde(flatten)]
    question: Question,
}

/// What waits, oldest first.
#[derive(Serialize)]
struct List {
    waiting: Vec<Listed>,
    /// How many more wait.
    more: usize,
}

/// Nothing is asked for.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// An answer.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Answer {
    /// The question, such as `apr-1`.
    id: ApprovalId,
    /// The code that stands beside it in what `echo-org approvals` prints. Ask the person for it.
    #[schemars(length(min = 8, max = 20))]
    code: String,
    /// What the person adds; a rejection needs a reason.
    #[serde(default)]
    #[schemars(length(max = MAX_NOTE_CHARS))]
    note: String,
}

/// What came of an answer.
#[derive(Serialize, JsonSchema)]
struct Given {
    /// The question.
    approval: ApprovalId,
    /// Its decision, as it stands now.
    decision: String,
    /// Where it stands now.
    status: String,
    /// In whose name it was answered.
    person: String,
}

/// A tool of people.
struct PersonTool {
    described: Described,
    validator: Option<Validator>,
}

fn tool_of<A: JsonSchema>(
    name: &'static str,
    about: &'static str,
    output: Value,
    hints: ToolAnnotations,
) -> PersonTool {
    let schema = schemars::schema_for!(A).to_value();
    let validator = jsonschema::validator_for(&schema).ok();
    let described = Described::new(name, about, object(schema))
        .with_title(title(name))
        .with_raw_output_schema(object(output))
        .annotate(hints);
    PersonTool { described, validator }
}

/// The tools, made when they are first needed.
fn tools() -> &'static [PersonTool] {
    static TOOLS: OnceLock<Vec<PersonTool>> = OnceLock::new();
    TOOLS.get_or_init(|| {
        let given = || schemars::schema_for!(Given).to_value();
        let hints = |name: &str| ToolAnnotations::with_title(title(name)).open_world(false);
        let answers = |name: &str| hints(name).read_only(false).destructive(true).idempotent(false);
        let waiting = json!({
            "type": "object",
            "properties": {
                "waiting": { "type": "array", "items": { "type": "object" }, "maxItems": MAX_LISTED },
                "more": { "type": "integer", "minimum": 0, "description": "How many more wait." },
            },
            "required": ["waiting", "more"],
        });
        vec![
            tool_of::<Nothing>(
                LIST,
                "Lists the questions that wait for a person, the oldest first: what is asked, what it costs, how the votes \
                 went and why a person is asked. The codes by which they are answered stand elsewhere, for the person.",
                waiting,
                hints(LIST).read_only(true).destructive(false).idempotent(true),
            ),
            tool_of::<Answer>(
                APPROVE,
                "Approves what waits for a person, in the person's name. Needs the code of the question, which only the \
                 person is shown, by `echo-org approvals`. The first answer counts.",
                given(),
                answers(APPROVE),
            ),
            tool_of::<Answer>(
                REJECT,
                "Rejects what waits for a person, in the person's name and with the person's reason. Needs the code of the \
                 question, as an approval does. The first answer counts.",
                given(),
                answers(REJECT),
            ),
        ]
    })
}

/// The tools as the protocol describes them.
pub(super) fn described() -> Vec<Described> {
    tools().iter().map(|tool| tool.described.clone()).collect()
}

/// A verdict of a person.
pub(super) struct Verdict {
    /// The question.
    pub(super) approval: ApprovalId,
    /// Yes or no.
    pub(super) approve: bool,
    /// The code that was typed.
    pub(super) code: String,
    /// What was added.
    pub(super) note: String,
}

impl Server {
    /// Calls a tool of people; nothing where there is none of this name.
    pub(super) async fn call_of_people(
        &self,
        name: &str,
        arguments: Option<JsonObject>,
    ) -> Option<Result<CallToolResult, ErrorData>> {
        let tool = tools().iter().find(|tool| tool.described.name == name)?;
        let arguments = Value::Object(arguments.unwrap_or_default());
        Some(match tool::faults(tool.validator.as_ref(), &arguments) {
            Some(faults) => Ok(refused(faults)),
            None if name == LIST => self.waiting().await,
            None => self.give(arguments, name == APPROVE).await,
        })
    }

    async fn waiting(&self) -> Result<CallToolResult, ErrorData> {
        let now = self.desk().runtime.now();
        let list = self.reading(move |state| list(state, now).map_err(|error| unread(&error))).await?;
        let text = list_text(&list);
        let mut result = CallToolResult::success(vec![ContentBlock::text(text)]);
        let unwritten = |error: serde_json::Error| ErrorData::internal_error(error.to_string(), None);
        result.structured_content = Some(serde_json::to_value(list).map_err(unwritten)?);
        Ok(result)
    }

    async fn give(&self, arguments: Value, approve: bool) -> Result<CallToolResult, ErrorData> {
        let Ok(Answer { id, code, note }) = serde_json::from_value(arguments) else {
            return Ok(refused("id: a question has an id such as apr-1".to_owned()));
        };
        let verdict = Verdict { approval: id, approve, code, note };
        Ok(match self.answer_for_person(verdict).await {
            Err(why) => refused(why),
            Ok(decision) => {
                let status = crate::wording::status_name(decision.status).to_owned();
                let person = self.desk().person.clone();
                let text = format!("{} is {status}, by {person}", decision.id);
                let given = Given { approval: id, decision: decision.id.to_string(), status, person };
                let mut result = CallToolResult::success(vec![ContentBlock::text(text)]);
                result.structured_content = serde_json::to_value(given).ok();
                result
            }
        })
    }

    /// Gives a person's answer; the decision as it stands then, or why the answer was not taken.
    pub(super) async fn answer_for_person(&self, verdict: Verdict) -> Result<Decision, String> {
        let Verdict { approval, approve, code, note } = verdict;
        if !approve && note.trim().is_empty() {
            return Err("note: a rejection needs a reason".to_owned());
        }
        let code: Code = code.trim().parse().map_err(|error| format!("code: {error}"))?;
        let (person, door) = (self.desk().person.clone(), DOOR.to_owned());
        let input = Input::Verdict { approval, approve, person, door, note };
        let entry = self.desk().runtime.submit_asked(Asked::from(input).with_code(Some(code))).await;
        let entry = entry.map_err(|error| error.to_string())?;
        decided(&entry)
            .cloned()
            .ok_or_else(|| format!("{approval} was answered, and nothing said what came of it"))
    }
}

/// What waits at a moment.
fn list(state: &dyn State, now: Timestamp) -> Result<List, StoreError> {
    let mut ids = state.approvals_out(None, MAX_ROWS)?;
    let more = ids.len().saturating_sub(MAX_LISTED);
    ids.truncate(MAX_LISTED);
    let waiting = ids.into_iter().map(|approval| {
        let question = question(state, now, approval)?;
        Ok(Listed { approval, question })
    });
    Ok(List { waiting: waiting.collect::<Result<_, StoreError>>()?, more })
}

fn unread(error: &StoreError) -> ErrorData {
    ErrorData::internal_error(format!("what waits could not be read: {error}"), None)
}

fn list_text(list: &List) -> String {
    let Some(end) = list.waiting.last() else { return "nothing waits for a person".to_owned() };
    let mut text = String::new();
    for Listed { approval, question } in &list.waiting {
        let Question { kind, subject, amount_usd, initiator, why, .. } = question;
        // Writing into a text cannot fail.
        let _ = writeln!(text, "{approval}  {amount_usd}  {subject}");
        let _ = writeln!(text, "  {kind}, asked by {initiator}; why a person: {why}");
    }
    if list.more > 0 {
        let _ = write!(
            text,
            "{} more wait, which `echo-org approvals --after {}` lists",
            list.more, end.approval
        );
    }
    text.trim_end().to_owned()
}

/// The decision that a step has left where it stands.
pub(super) fn decided(entry: &Entry) -> Option<&Decision> {
    entry.effects.iter().rev().find_map(|effect| match effect {
        Effect::PutDecision(decision) => Some(decision),
        _ => None,
    })
}

fn refused(why: String) -> CallToolResult {
    CallToolResult::error(vec![ContentBlock::text(why)])
}
