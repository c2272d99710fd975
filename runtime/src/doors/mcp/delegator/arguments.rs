//! The delegator's tools as clients are told of them, and their arguments.

use std::fmt::Write;
use std::sync::OnceLock;

use echo_storage::names::{DelegationId, RoleId};
use jsonschema::Validator;
use rmcp::model::{Tool as Described, ToolAnnotations};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::delegations::Category;
use crate::doors::mcp::catalogue::{object, title};
use crate::organisation::Organisation;
use crate::tool::faults;

pub(super) const START: &str = "start_session";
pub(super) const LIST: &str = "list_active_agents";
pub(super) const DELEGATE: &str = "delegate_task";
pub(super) const SPAWN: &str = "spawn_agent";
pub(super) const SHUTDOWN: &str = "shutdown_agent";
pub(super) const STATUS: &str = "session_status";
pub(super) const END: &str = "end_session";

/// What is to be done.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Started {
    /// The category of the work; without one it is told by the words of the description.
    #[serde(default)]
    #[schemars(length(min = 1, max = 64))]
    pub(super) task_category: Option<String>,
    /// What is to be done.
    #[schemars(length(min = 1, max = 4000))]
    pub(super) description: String,
}

/// A task.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Delegated {
    /// The session, such as `del-1`.
    pub(super) session: DelegationId,
    /// What the agent is to do, in full.
    #[schemars(length(min = 1, max = 16_000))]
    pub(super) task: String,
    /// One line; without one, the beginning of the task.
    #[serde(default)]
    #[schemars(length(min = 1, max = 255))]
    pub(super) subject: Option<String>,
    /// Which agent of the session; without one, the least busy.
    #[serde(default)]
    pub(super) agent: Option<RoleId>,
}

/// An agent of a session.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Agent {
    /// The session, such as `del-1`.
    pub(super) session: DelegationId,
    /// The role of the agent.
    pub(super) agent: RoleId,
}

/// A session.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Named {
    /// The session, such as `del-1`.
    pub(super) session: DelegationId,
}

/// A session, or all of them.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    /// The session, such as `del-1`; without one, every session that is open, of the hundred newest.
    #[serde(default)]
    pub(super) session: Option<DelegationId>,
}

/// The end of a session.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Ended {
    /// The session, such as `del-1`.
    pub(super) session: DelegationId,
    /// What is to be added to its summary.
    #[serde(default)]
    #[schemars(length(max = 2000))]
    pub(super) note: String,
}

/// An agent that is active in a session.
#[derive(Serialize, JsonSchema)]
pub(super) struct Listed {
    /// Whose.
    pub(super) agent: RoleId,
    /// In which sessions.
    pub(super) sessions: Vec<DelegationId>,
    /// How many messages it has not taken yet.
    pub(super) unread: usize,
    /// How many questions to its mind are out.
    pub(super) thinking: usize,
    /// Why it takes no mail now, if it takes none.
    pub(super) takes_no_mail: Option<String>,
}

/// A tool.
struct OneTool {
    name: &'static str,
    about: &'static str,
    schema: Value,
    validator: Option<Validator>,
    /// What its answer always has.
    answers: &'static [&'static str],
    only_reads: bool,
}

fn tool_of<A: JsonSchema>(
    name: &'static str,
    only_reads: bool,
    answers: &'static [&'static str],
    about: &'static str,
) -> OneTool {
    let schema = schemars::schema_for!(A).to_value();
    let validator = jsonschema::validator_for(&schema).ok();
    OneTool { name, about, schema, validator, answers, only_reads }
}

/// The tools, made when they are first needed.
fn tools() -> &'static [OneTool] {
    static TOOLS: OnceLock<Vec<OneTool>> = OnceLock::new();
    TOOLS.get_or_init(|| {
        vec![
            tool_of::<Started>(
                START,
                false,
                &["session", "task_category", "because", "agents"],
                "Starts a session for a piece of work: picks its category, by the words of the description where none is \
                 named, and with it the agents. No mind is asked; the answer says which words counted, or that none did and \
                 the default was taken. No agent is told before a task is delegated to it.",
            ),
            tool_of::<Which>(
                LIST,
                true,
                &["agents"],
                "Lists the agents that belong to a session, or to any that is open, with how much waits for each.",
            ),
            tool_of::<Delegated>(
                DELEGATE,
                false,
                &["session", "message", "agent", "because"],
                "Sends a task to an agent of a session, as a request in the name of the person who set this up: to the one \
                 named, or to the least busy. Says the message's id. The agent reads it in the order of its mail. The built-in \
                 mind answers no task by itself: an answer comes from whoever acts through that role's door.",
            ),
            tool_of::<Agent>(
                SPAWN,
                false,
                &["session", "agent", "agents", "unanswered"],
                "Takes an agent into a session. Each role has one agent, which exists already and starts to work with its \
                 first message: no process and no second agent comes into being.",
            ),
            tool_of::<Agent>(
                SHUTDOWN,
                false,
                &["session", "agent", "agents", "unanswered"],
                "Takes an agent out of a session: it gets no further task there. It is not stopped: it goes on with its mail, \
                 with the tasks that it has, which the answer names, and with other sessions.",
            ),
            tool_of::<Named>(
                STATUS,
                true,
                &["session", "is_open", "counts", "agents", "tasks", "decisions"],
                "Tells how far a session is, from the messages themselves: its agents, each task with whether it waits, was \
                 read, was answered or was given up, and the decisions that its agents have opened since.",
            ),
            tool_of::<Ended>(
                END,
                false,
                &["session", "tasks", "summary"],
                "Ends a session, and says what came of its tasks. It takes no task and no agent afterwards; what was sent stays \
                 sent.",
            ),
        ]
    })
}

/// What of arguments does not fit a tool, if anything; nothing at all where there is no such tool.
pub(super) fn check(name: &str, arguments: &Value) -> Option<Result<(), String>> {
    let tool = tools().iter().find(|tool| tool.name == name)?;
    Some(faults(tool.validator.as_ref(), arguments).map_or(Ok(()), Err))
}

/// The tools as the protocol describes them, with the categories of this organisation.
pub(in crate::doors::mcp) fn described(organisation: &Organisation) -> Vec<Described> {
    tools().iter().map(|tool| describe(tool, organisation.categories())).collect()
}

fn describe(tool: &OneTool, categories: &[Category]) -> Described {
    let mut about = tool.about.to_owned();
    let mut schema = tool.schema.clone();
    if tool.name == START && !categories.is_empty() {
        about.push_str(" The categories, the default first:");
        for Category { name, about: what, roles, .. } in categories {
            // Writing to a text cannot fail.
            let _ = write!(about, " {name} ({what}: {});", roles.join(", "));
        }
        let names: Vec<&str> = categories.iter().map(|category| category.name).collect();
        if let Some(category) = schema.pointer_mut("/properties/task_category").and_then(Value::as_object_mut)
        {
            category.insert("examples".to_owned(), json!(names));
        }
    }
    let fields = tool.answers.iter().map(|name| ((*name).to_owned(), json!({})));
    let fields: serde_json::Map<String, Value> = fields.collect();
    let output = json!({ "type": "object", "properties": fields, "required": tool.answers });
    let hints = ToolAnnotations::with_title(title(tool.name))
        .read_only(tool.only_reads)
        .destructive(tool.name == END)
        .idempotent(tool.only_reads)
        .open_world(false);
    Described::new(tool.name, about, object(schema))
        .with_title(title(tool.name))
        .with_raw_output_schema(object(output))
        .annotate(hints)
}
