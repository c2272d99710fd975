//! Calls: what a call of an agent's tool comes to.
//!
//! What always holds: arguments have so many bytes and no more, and are checked against the published schema before anything else sees them; a tool that only
//! reads is answered from a snapshot, and any other is a step in the name of the door's role. What the organisation refuses
//! is an answer that says so, which a model can read and mend, and no failure of the protocol.

use echo_storage::Input;
use echo_storage::journal::Entry;
use echo_storage::names::RoleId;
use echo_storage::records::Party;
use rmcp::ErrorData;
use rmcp::model::{CallToolResult, ContentBlock, JsonObject, RequestMetaObject};
use serde::Deserialize;
use serde_json::Value;

use super::server::Server;
use crate::drivers::RuntimeError;
use crate::engine::Asked;
use crate::tool::{self, Tool};
use crate::turn::Failure;

/// Under which name a request's `_meta` may carry a key: what is asked again under it is not done again.
pub(super) const KEY: &str = "echo-org/key";

/// The key of a call, where it has one.
///
/// # Errors
/// It is no text.
pub(super) fn key(meta: &RequestMetaObject) -> Result<Option<String>, ErrorData> {
    match meta.get(KEY) {
        None => Ok(None),
        Some(Value::String(key)) => Ok(Some(key.clone())),
        Some(_) => Err(ErrorData::invalid_params(format!("_meta.{KEY} is a text"), None)),
    }
}

/// What a tool has answered.
#[derive(Debug, Deserialize)]
pub(super) struct Answer {
    /// For programs.
    pub(super) structured: Value,
    /// For people and models.
    pub(super) text: String,
}

impl Answer {
    /// The answer as the protocol carries it.
    pub(super) fn into_result(self) -> CallToolResult {
        let mut result = CallToolResult::success(vec![ContentBlock::text(self.text)]);
        result.structured_content = Some(self.structured);
        result
    }
}

/// What a call came to.
pub(super) enum Called {
    /// It was answered; by a step unless the tool only reads.
    Done(Answer, Option<Entry>),
    /// It was refused or failed, for this reason.
    Refused(String),
}

impl Server {
    /// Calls a tool in the name of a role.
    pub(super) async fn call(
        &self,
        (role, tool): (RoleId, &Tool),
        arguments: Option<JsonObject>,
        meta: &RequestMetaObject,
    ) -> Result<Called, ErrorData> {
        let arguments = Value::Object(arguments.unwrap_or_default());
        if let Err(failure) = tool.check(&arguments) {
            return Ok(refused(&failure));
        }
        if tool.only_reads() {
            let name = tool.name();
            return self.look(role, name, arguments).await;
        }
        let key = key(meta)?;
        let input = Input::Call {
            caller: Party::Role(role),
            tool: tool.name().to_owned(),
            arguments: arguments.to_string(),
        };
        match self.desk().runtime.submit_asked(Asked { key, ..input.into() }).await {
            Ok(entry) => {
                let answer = entry.reply().and_then(|reply| serde_json::from_str(reply).ok());
                let answer = answer.ok_or_else(|| {
                    let why = format!("{} was called, and nothing said what came of it", tool.name());
                    ErrorData::internal_error(why, None)
                })?;
                Ok(Called::Done(answer, Some(entry)))
            }
            Err(error) => Ok(Called::Refused(told(&error))),
        }
    }

    /// Answers from a snapshot, on a thread where reading may take its time.
    async fn look(&self, role: RoleId, name: &'static str, arguments: Value) -> Result<Called, ErrorData> {
        let organisation = self.desk().runtime.organisation().clone();
        self.reading(move |state| {
            let tool = organisation.tools(&role).iter().find(|tool| tool.name() == name);
            let Some(tool) = tool else { return Ok(Called::Refused(format!("{role} has no tool `{name}`"))) };
            match tool.look(state, role.clone(), arguments) {
                Ok(answer) => {
                    let unread =
                        |error: serde_json::Error| ErrorData::internal_error(error.to_string(), None);
                    Ok(Called::Done(serde_json::from_value(answer).map_err(unread)?, None))
                }
                Err(failure) => Ok(refused(&failure)),
            }
        })
        .await
    }
}

/// Why arguments are too long to be looked at, if they are.
pub(super) fn too_long(arguments: Option<&JsonObject>) -> Option<String> {
    // What is written here are values of JSON, which can always be written.
    let bytes = serde_json::to_vec(arguments?).unwrap_or_default().len();
    tool::too_long(bytes)
}

fn refused(failure: &Failure) -> Called {
    Called::Refused(failure.to_string())
}

/// Why the runtime did not do it, and what helps.
fn told(error: &RuntimeError) -> String {
    match error {
        RuntimeError::Stopped | RuntimeError::Lost(_) => {
            format!("{error}; whether it was done is not known: look before you call again")
        }
        RuntimeError::Refused(_) | RuntimeError::Store(_) => error.to_string(),
    }
}
