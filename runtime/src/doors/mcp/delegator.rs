//! The delegator: the tools by which somebody has the organisation do a piece of work, without knowing whom it takes.
//!
//! | tool | what it comes to |
//! |---|---|
//! | `start_session` | picks a category of work and its agents; a step |
//! | `delegate_task` | sends a request to one of them; a step |
//! | `spawn_agent`, `shutdown_agent` | takes an agent in, or out; a step |
//! | `end_session` | ends it with a summary; a step |
//! | `session_status`, `list_active_agents` | reads |
//!
//! What always holds: what is done is done in the name of the person who runs the runtime, as a step like any other. This door
//! decides nothing and approves nothing. A refusal is an answer that names what was wrong and what helps.

mod arguments;

use std::fmt::Write;

use echo_storage::names::DelegationId;
use echo_storage::records::{Delegation, DelegationOrder, Party};
use echo_storage::{Input, Query, Snapshot, StoreError};
use rmcp::ErrorData;
use rmcp::model::{CallToolResult, ContentBlock, JsonObject, RequestMetaObject};
use serde_json::{Value, json};

use self::arguments::{Agent, Delegated, Ended, Listed, Named, Started, Which};
use super::calls::key;
use super::server::Server;
use crate::delegations::{self, Standing};
use crate::engine::Asked;
use crate::organisation::Organisation;

pub(super) use self::arguments::described;

/// How many of the newest sessions are looked through for those that are open.
const MAX_LISTED: usize = 100;
/// How many unread messages of an agent are counted.
const MAX_COUNTED: usize = 1_000;
/// The longest subject that is made of a task's beginning, in characters.
const SUBJECT_CHARS: usize = 80;

/// What a call asks for.
enum Asks {
    /// A step.
    Step(DelegationOrder),
    /// How far a session is.
    Status(DelegationId),
    /// Who is active, of one session or of all that are open.
    List(Option<DelegationId>),
}

impl Server {
    /// Calls a tool of the delegator; nothing where there is none of this name.
    pub(super) async fn call_of_delegator(
        &self,
        name: &str,
        arguments: Option<JsonObject>,
        meta: &RequestMetaObject,
    ) -> Option<Result<CallToolResult, ErrorData>> {
        let arguments = Value::Object(arguments.unwrap_or_default());
        if let Err(faults) = arguments::check(name, &arguments)? {
            return Some(Ok(refused(faults)));
        }
        Some(match asks(self.desk().organisation(), name, arguments) {
            Err(why) => Ok(refused(why)),
            Ok(Asks::Step(order)) => self.order(order, meta).await,
            Ok(Asks::Status(id)) => self.reading(move |state| status(state, id).map_err(unread)).await,
            Ok(Asks::List(id)) => {
                let organisation = self.desk().runtime.organisation().clone();
                self.reading(move |state| list(state, &organisation, id).map_err(unread)).await
            }
        })
    }

    /// Runs a step.
    async fn order(
        &self,
        order: DelegationOrder,
        meta: &RequestMetaObject,
    ) -> Result<CallToolResult, ErrorData> {
        let key = key(meta)?;
        let input = Input::Delegate { by: Party::Person(self.desk().person.clone()), order };
        match self.desk().runtime.submit_asked(Asked { key, ..input.into() }).await {
            Err(error) => Ok(refused(error.to_string())),
            Ok(entry) => {
                let reply: Option<Value> = entry.reply().and_then(|reply| serde_json::from_str(reply).ok());
                let reply = reply.ok_or_else(|| {
                    ErrorData::internal_error("it was done, and nothing said what came of it", None)
                })?;
                Ok(told(said(&reply), reply))
            }
        }
    }
}

/// What a call asks for.
///
/// # Errors
/// What of it makes no sense.
fn asks(organisation: &Organisation, name: &str, arguments: Value) -> Result<Asks, String> {
    fn read<A: serde::de::DeserializeOwned>(arguments: Value) -> Result<A, String> {
        serde_path_to_error::deserialize(arguments)
            .map_err(|error| format!("{}: {}", error.path(), error.inner()))
    }
    Ok(match name {
        arguments::START => {
            let Started { task_category, description } = read(arguments)?;
            let picked =
                delegations::pick(organisation.categories(), task_category.as_deref(), &description)?;
            let roles = picked.category.role_ids().map_err(|error| error.to_string())?;
            let (category, because) = (picked.category.name.to_owned(), picked.because);
            Asks::Step(DelegationOrder::Start { description, category, because, roles })
        }
        arguments::DELEGATE => {
            let Delegated { session: delegation, task, subject, agent: role } = read(arguments)?;
            let subject = subject.unwrap_or_else(|| beginning(&task));
            Asks::Step(DelegationOrder::Task { delegation, role, subject, task })
        }
        arguments::SPAWN => {
            let Agent { session: delegation, agent: role } = read(arguments)?;
            Asks::Step(DelegationOrder::Join { delegation, role })
        }
        arguments::SHUTDOWN => {
            let Agent { session: delegation, agent: role } = read(arguments)?;
            Asks::Step(DelegationOrder::Leave { delegation, role })
        }
        arguments::END => {
            let Ended { session: delegation, note } = read(arguments)?;
            Asks::Step(DelegationOrder::End { delegation, note })
        }
        arguments::STATUS => Asks::Status(read::<Named>(arguments)?.session),
        _ => Asks::List(read::<Which>(arguments)?.session),
    })
}

/// The subject of a task that was given none: its first line, cut.
fn beginning(task: &str) -> String {
    let line = task.trim().lines().next().unwrap_or_default();
    line.chars().take(SUBJECT_CHARS).collect()
}

/// What a step has said, for people and models.
fn said(reply: &Value) -> String {
    let text = |name: &str| reply.get(name).and_then(Value::as_str).unwrap_or_default();
    let list = |name: &str| {
        let all = reply.get(name).and_then(Value::as_array).into_iter().flatten();
        all.filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
    };
    let session = text("session");
    if reply.get("summary").is_some() {
        return format!("{session} has ended. {}", text("summary"));
    }
    if reply.get("message").is_some() {
        let (message, agent, because) = (text("message"), text("agent"), text("because"));
        return format!(
            "{message} is sent to {agent} ({because}); it is read when the agent takes it, and answered by a message of that \
             role's, sent with in_reply_to {message}"
        );
    }
    if reply.get("task_category").is_some() {
        let (category, because, agents) = (text("task_category"), text("because"), list("agents"));
        return format!("{session} is started as {category} ({because}); its agents: {agents}");
    }
    let (agents, open) = (list("agents"), list("unanswered"));
    let agents = if agents.is_empty() { "nobody".to_owned() } else { agents };
    let open =
        if open.is_empty() { String::new() } else { format!("; {} has yet to answer {open}", text("agent")) };
    format!("the agents of {session} now: {agents}{open}")
}

/// How far a session is.
fn status(state: &Snapshot, id: DelegationId) -> Result<CallToolResult, StoreError> {
    let Some(delegation) = state.delegation(id)? else { return Ok(unknown(id)) };
    let Some(config) = state.config()? else { return Ok(unknown(id)) };
    let standing = Standing::of(state, &config, &delegation)?;
    let Delegation { description, category, because, started_at, end, .. } = delegation;
    let is_open = end.is_none();
    let text = format!("{id} {}: {standing}", if is_open { "is open" } else { "has ended" });
    let ended = end.map(|end| json!({ "at": end.at.to_string(), "summary": end.summary }));
    let structured = json!({
        "session": id, "is_open": is_open, "description": description, "task_category": category, "because": because,
        "started_at": started_at.to_string(), "ended": ended, "counts": standing.counts(), "agents": standing.agents,
        "tasks": standing.tasks, "decisions": standing.decisions,
    });
    Ok(told(text, structured))
}

/// Who is active, in which sessions, and how much waits for them.
fn list(
    state: &Snapshot,
    organisation: &Organisation,
    id: Option<DelegationId>,
) -> Result<CallToolResult, StoreError> {
    let sessions = match id {
        None => state.delegations(None, MAX_LISTED)?,
        Some(id) => match state.delegation(id)? {
            None => return Ok(unknown(id)),
            Some(one) => vec![one],
        },
    };
    let sessions: Vec<Delegation> = sessions.into_iter().filter(|one| one.end.is_none()).collect();
    let config = state.config()?;
    let mut agents = Vec::new();
    let mut text = String::new();
    for role in organisation.role_ids() {
        let of: Vec<DelegationId> = sessions
            .iter()
            .filter(|one| one.active().any(|active| *active == role))
            .map(|one| one.id)
            .collect();
        if of.is_empty() {
            continue;
        }
        let known = config.as_ref().and_then(|config| config.role(&role));
        let unread =
            known.map(|role| state.unread(role, MAX_COUNTED)).transpose()?.map_or(0, |all| all.len());
        let thinking = state.thoughts_out(Some(&role), MAX_COUNTED)?.len();
        let down = state.agent(&role)?.and_then(|agent| agent.down().map(str::to_owned));
        let names: Vec<String> = of.iter().map(ToString::to_string).collect();
        // Writing to a text cannot fail.
        let _ = writeln!(text, "{role}: in {}; {unread} unread, {thinking} thoughts out", names.join(", "));
        agents.push(Listed { agent: role, sessions: of, unread, thinking, takes_no_mail: down });
    }
    if agents.is_empty() {
        text.push_str("no agent is active in a session");
    }
    Ok(told(text.trim_end().to_owned(), json!({ "agents": agents })))
}

fn unknown(id: DelegationId) -> CallToolResult {
    refused(format!("there is no session {id}; one is started first, which says its id"))
}

fn told(text: String, structured: Value) -> CallToolResult {
    let mut result = CallToolResult::success(vec![ContentBlock::text(text)]);
    result.structured_content = Some(structured);
    result
}

fn refused(why: String) -> CallToolResult {
    CallToolResult::error(vec![ContentBlock::text(why)])
}

#[expect(clippy::needless_pass_by_value, reason = "errors are mapped by it")]
fn unread(error: StoreError) -> ErrorData {
    ErrorData::internal_error(error.to_string(), None)
}
