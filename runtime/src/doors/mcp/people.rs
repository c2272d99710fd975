//! People: the tools by which a person answers what waits for one.
//!
//! | tool | what it does |
//! |---|---|
//! | `list_waiting` | lists what waits, without the codes |
//! | `approve`, `reject` | gives the person's answer, with the code of its question |
//!
//! What always holds: these tools are at the door of people alone. A code is known to whoever was shown it by `approvals`
//! or the page, so a model at this door answers nothing that its person has not typed; no answer and no log repeats one.

use std::sync::OnceLock;

use echo_storage::Effect;
use echo_storage::Input;
use echo_storage::codes::Code;
use echo_storage::journal::Entry;
use echo_storage::names::ApprovalId;
use echo_storage::records::Decision;
use jsonschema::Validator;
use rmcp::ErrorData;
use rmcp::model::{CallToolResult, ContentBlock, JsonObject, Tool as Described, ToolAnnotations};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::catalogue::{object, title};
use super::server::Server;
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

/// What of a question is told here. Its code is not.
const TOLD: [&str; 11] = [
    "approval",
    "decision",
    "type",
    "amount_usd",
    "initiator",
    "subject",
    "recommended",
    "why",
    "asked_at",
    "waits_ms",
    "until_at",
];

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
    /// The code that stands beside it in what `echo-org approvals` prints and on the page. Ask the person for it.
    #[schemars(length(min = 8, max = 20))]
    code: String,
    /// What the person adds; a rejection needs a reason.
    #[serde(default)]
    #[schemars(length(max = 2000))]
    note: String,
}

/// What came of an answer.
#[derive(serde::Serialize, JsonSchema)]
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
            "properties": { "waiting": { "type": "array", "items": { "type": "object" } } },
            "required": ["waiting"],
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
                 person is shown: by `echo-org approvals` and on the page. The first answer counts.",
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
        let command = ["approvals", "--limit", "100", "--json"].map(str::to_owned).to_vec();
        let told = match self.told(command).await? {
            Ok(told) => told,
            Err(why) => return Ok(refused(why)),
        };
        let told: Value = serde_json::from_str(&told).unwrap_or_default();
        let all = told.get("approvals").and_then(Value::as_array).cloned().unwrap_or_default();
        let told_of = |one: &Value| {
            let fields = TOLD.iter().filter_map(|name| Some(((*name).to_owned(), one.get(*name)?.clone())));
            Value::Object(fields.collect())
        };
        let waiting: Vec<Value> = all.iter().map(told_of).collect();
        let lines = waiting.iter().map(|one| {
            let word = |name: &str| one.get(name).and_then(Value::as_str).unwrap_or_default();
            format!("{}  {}  {}", word("approval"), word("amount_usd"), word("subject"))
        });
        let lines: Vec<String> = lines.collect();
        let text = if lines.is_empty() { "nothing waits for a person".to_owned() } else { lines.join("\n") };
        let mut result = CallToolResult::success(vec![ContentBlock::text(text)]);
        result.structured_content = Some(json!({ "waiting": waiting }));
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
