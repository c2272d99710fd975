//! Asking: a decision that waits for a person is put to the person in front of the client, where the client can do that.
//!
//! | era | how |
//! |---|---|
//! | with a handshake | the call waits for the client's answer to `elicitation/create`, a bounded time, and tells its progress |
//! | without | the call is answered as one that needs input; called again with that, it goes on where it was |
//!
//! What always holds: the question is in the queue first and stays there until somebody has answered it, here or elsewhere.
//! Whoever answers first, the call ends then, and says where the decision stands at its end, not at its beginning; a client
//! whose user is asked is told when nobody waits for the answer any more. The person types the question's code, which no
//! message of this door holds, so that a client that answers by itself answers nothing. Called again, a call is not made
//! again: it is found by the step that made it, which must be the caller's own and of the same arguments.

use std::collections::BTreeMap;
use std::time::Duration;

use echo_storage::journal::{self, Entry};
use echo_storage::names::ApprovalId;
use echo_storage::records::{Decision, Status};
use echo_storage::{Query, StoreError};
use rmcp::model::{
    CallToolResponse, ClientResult, ElicitRequest, ElicitRequestParams, ElicitResult, ElicitationAction,
    InputRequest, InputRequiredResult, ProgressNotificationParam, ProtocolVersion, ServerRequest,
};
use rmcp::service::{Peer, PeerRequestOptions, RequestContext, RequestHandle};
use rmcp::{ErrorData, RoleServer};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;

use super::calls::Answer;
use super::people::{Verdict, decided};
use super::server::Server;
use crate::wording::status_name;

/// How long a call waits for a person, in milliseconds: less than the minute after which common clients give a call up.
const WAIT_MS: u64 = 50_000;
/// How long a call that waits lets pass between two looks at whether its question waits still, in milliseconds.
const LOOK_AGAIN_MS: u64 = 100;
/// What a client is told whose user is asked no longer.
const NOT_WAITED_FOR: &str = "nobody waits for this answer any more";
/// How often it says meanwhile that it waits, in milliseconds.
const PROGRESS_MS: u64 = 5_000;
/// The name of the one thing that is asked for.
pub(super) const VERDICT: &str = "verdict";

/// What a person has typed.
#[derive(Deserialize)]
struct Typed {
    answer: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    note: String,
}

/// What an answer of a tool says of the question that waits.
#[derive(Deserialize)]
struct Waits {
    approval: Option<ApprovalId>,
    why: Option<String>,
}

/// The question that an answer says to wait for a person, if one does.
fn waits(answer: &Answer) -> Option<(ApprovalId, String)> {
    let waits = Waits::deserialize(&answer.structured).ok()?;
    Some((waits.approval?, waits.why.unwrap_or_default()))
}

/// What is asked, as the protocol has it.
fn question(approval: ApprovalId, why: &str, entry: &Entry) -> Option<ElicitRequestParams> {
    let schema = json!({
        "type": "object",
        "properties": {
            "answer": {
                "type": "string", "title": "Your answer", "enum": ["approve", "reject", "later"], "default": "later",
            },
            "code": {
                "type": "string", "title": "Code",
                "description": format!("The code of {approval}, which `echo-org approvals` shows"), "maxLength": 20,
            },
            "note": {
                "type": "string", "title": "Note", "description": "A rejection needs a reason", "maxLength": 2000,
            },
        },
        "required": ["answer"],
    });
    let about = decided(entry).map(|decision| {
        let (id, subject, amount) = (decision.id, &decision.proposal.subject, decision.amount());
        format!(
            "{id}, \u{201c}{subject}\u{201d}, for {amount}, put forward by {}: ",
            decision.proposal.initiator
        )
    });
    let message = format!(
        "{approval} waits for a person: {}{why}. Answer here with its code, or later from the command line; until then it stays \
         in the queue.",
        about.unwrap_or_default()
    );
    let requested_schema = serde_json::from_value(schema).ok()?;
    Some(ElicitRequestParams::FormElicitationParams { meta: None, message, requested_schema })
}

/// Whether a client can ask its user to fill in a form. Whoever says neither which kinds it knows knows forms.
fn can_ask(context: &RequestContext<RoleServer>) -> bool {
    let elicitation = context.client_capabilities().and_then(|capabilities| capabilities.elicitation);
    elicitation.is_some_and(|kinds| kinds.form.is_some() || kinds.url.is_none())
}

/// Whether a request is of the era in which there is no handshake, and servers ask nothing by themselves.
pub(super) fn has_no_handshake(context: &RequestContext<RoleServer>) -> bool {
    context.protocol_version().is_some_and(|version| version >= ProtocolVersion::V_2026_07_28)
}

/// A question that a client puts to its user; it is taken back when nobody waits for it any more.
struct Put(Option<RequestHandle<RoleServer>>);

impl Put {
    /// Has a client put a question; nothing where it cannot be told.
    async fn to(peer: &Peer<RoleServer>, question: ElicitRequestParams) -> Option<Self> {
        let question = ServerRequest::ElicitRequest(ElicitRequest::new(question));
        let put = peer.send_request_with_option(question, PeerRequestOptions::no_options()).await;
        put.ok().map(|put| Self(Some(put)))
    }

    /// What its user says. A client that fails to ask is as one that cannot: the question stays in the queue.
    async fn said(&mut self) -> Option<ElicitResult> {
        let said = (&mut self.0.as_mut()?.rx).await;
        self.0 = None;
        match said {
            Ok(Ok(ClientResult::ElicitResult(said))) => Some(said),
            _ => None,
        }
    }
}

impl Drop for Put {
    fn drop(&mut self) {
        if let (Some(put), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
            // A client that does not hear it has gone.
            runtime.spawn(async { put.cancel(Some(NOT_WAITED_FOR.to_owned())).await });
        }
    }
}

impl Server {
    /// The answer to a call, after its person was asked where one is needed and can be asked. While that is waited for, the
    /// call's slot is free for others.
    pub(super) async fn ask_person(
        &self,
        mut answer: Answer,
        entry: &Entry,
        slot: OwnedSemaphorePermit,
        context: &RequestContext<RoleServer>,
    ) -> CallToolResponse {
        let Some((approval, why)) = waits(&answer).filter(|_| can_ask(context)) else {
            return answer.into_result().into();
        };
        if !self.is_open(approval).await {
            // Made before under the same key, and answered since.
            self.look_again(&mut answer, entry).await;
            return answer.into_result().into();
        }
        let Some(question) = question(approval, &why, entry) else { return answer.into_result().into() };
        if has_no_handshake(context) {
            let asked = InputRequest::Elicitation(ElicitRequest::new(question));
            let asked = BTreeMap::from([(VERDICT.to_owned(), asked)]);
            return InputRequiredResult::new(Some(asked), Some(entry.step.to_string())).into();
        }
        let Some(_waits) = self.limits().wait() else { return answer.into_result().into() };
        drop(slot);
        if let Some(typed) = self.wait_for_person(approval, question, context).await {
            self.take(&mut answer, approval, typed).await;
        }
        self.look_again(&mut answer, entry).await;
        answer.into_result().into()
    }

    /// Waits for what the client's person says; nothing where nobody says anything in time, somebody has answered elsewhere,
    /// or the runtime leaves.
    async fn wait_for_person(
        &self,
        approval: ApprovalId,
        question: ElicitRequestParams,
        context: &RequestContext<RoleServer>,
    ) -> Option<ElicitResult> {
        let mut put = Put::to(&context.peer, question).await?;
        let mut limit = std::pin::pin!(tokio::time::sleep(Duration::from_millis(WAIT_MS)));
        let mut elsewhere = std::pin::pin!(self.answered(approval));
        let token = context.meta.get_progress_token();
        let mut told = 0.0;
        loop {
            tokio::select! {
                said = put.said() => return said,
                () = &mut limit => return None,
                () = &mut elsewhere => return None,
                () = self.leaves() => return None,
                () = tokio::time::sleep(Duration::from_millis(PROGRESS_MS)), if token.is_some() => {
                    told += 1.0;
                    if let Some(token) = token.clone() {
                        let progress = ProgressNotificationParam::new(token, told).with_message("waiting for a person");
                        // Whoever does not hear it has gone, which the wait finds out.
                        let _ = context.peer.notify_progress(progress).await;
                    }
                }
            }
        }
    }

    /// Waits until a question waits no longer, whoever answered it.
    async fn answered(&self, approval: ApprovalId) {
        let mut head = self.desk().runtime.head();
        loop {
            // Marked as seen before reading: what is committed meanwhile wakes this loop once more.
            head.borrow_and_update();
            if !self.is_open(approval).await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(LOOK_AGAIN_MS)).await;
            if head.changed().await.is_err() {
                return;
            }
        }
    }

    /// Whether a question waits still. One that cannot be read is as one that does not: whoever asks for it next finds out.
    async fn is_open(&self, approval: ApprovalId) -> bool {
        let read = self.reading(move |state| state.approval(approval).map_err(unread)).await;
        read.is_ok_and(|approval| approval.is_some_and(|approval| approval.waits()))
    }

    /// Puts where the decision of a call stands by now into its answer, where it has gone on since.
    async fn look_again(&self, answer: &mut Answer, entry: &Entry) {
        let Some(before) = decided(entry).cloned() else { return };
        let id = before.id;
        let Ok(Some(now)) = self.reading(move |state| state.decision(id).map_err(unread)).await else {
            return;
        };
        if (now.status, &now.decided_by) == (before.status, &before.decided_by) {
            return;
        }
        stands_now(&mut answer.structured, &now);
        let by = now.decided_by.as_ref().map(|by| format!(", by {by}")).unwrap_or_default();
        answer.text = format!("{}\nby now {id} is {}{by}", answer.text, status_name(now.status));
    }

    /// Goes on with a call that needed input.
    pub(super) async fn resume(
        &self,
        state: &str,
        made: (&str, &str, &Value),
        said: Option<&Value>,
    ) -> Result<CallToolResponse, ErrorData> {
        let unknown =
            || ErrorData::invalid_params("requestState: this is not the state of a call of yours", None);
        let step: u64 = state.parse().map_err(|_| unknown())?;
        let before = step.checked_sub(1).ok_or_else(unknown)?;
        let entry = self
            .reading(move |state| {
                let entries = journal::entries_after(state, before, 1);
                entries.map_err(unread)
            })
            .await?
            .pop()
            .ok_or_else(unknown)?;
        if !is_that_call(&entry, made) {
            return Err(unknown());
        }
        let answer = entry.reply().and_then(|reply| serde_json::from_str::<Answer>(reply).ok());
        let mut answer = answer.ok_or_else(unknown)?;
        if let Some((approval, _)) = waits(&answer)
            && let Some(said) = said.and_then(|said| ElicitResult::deserialize(said).ok())
        {
            self.take(&mut answer, approval, said).await;
        }
        self.look_again(&mut answer, &entry).await;
        Ok(answer.into_result().into())
    }

    /// Takes what a person has said, and tells in the answer whether it counted.
    async fn take(&self, answer: &mut Answer, approval: ApprovalId, said: ElicitResult) {
        if said.action != ElicitationAction::Accept {
            return;
        }
        let Some(Typed { answer: verdict, code, note }) =
            said.content.and_then(|content| serde_json::from_value(content).ok())
        else {
            return;
        };
        let approve = match verdict.as_str() {
            "approve" => true,
            "reject" => false,
            _ => return,
        };
        let given = self.answer_for_person(Verdict { approval, approve, code, note }).await;
        let words = match given {
            Ok(_) => format!("asked here, {} has answered", self.desk().person),
            Err(why) => format!("the answer that was given here was not taken: {why}"),
        };
        answer.text = format!("{}\n{words}", answer.text);
    }
}

/// Why something could not be read.
#[expect(clippy::needless_pass_by_value, reason = "what an error is mapped by takes it")]
fn unread(error: StoreError) -> ErrorData {
    ErrorData::internal_error(error.to_string(), None)
}

/// Whether a step was this call: by this role, of this tool, with these arguments.
fn is_that_call(entry: &Entry, (role, tool, arguments): (&str, &str, &Value)) -> bool {
    let echo_storage::Input::Call { caller, tool: called, arguments: given } = &entry.input else {
        return false;
    };
    let given: Option<Value> = serde_json::from_str(given).ok();
    caller.to_string() == role
        && called == tool
        && given.as_ref() == Some(arguments)
        && decided(entry).is_some()
}

/// Puts where a decision stands by now into an answer that says where it stood.
fn stands_now(structured: &mut Value, decision: &Decision) {
    let is_closed = matches!(decision.status, Status::Approved | Status::Rejected);
    let now = [
        ("status", json!(status_name(decision.status))),
        ("decided_by", json!(decision.decided_by.as_ref().map(ToString::to_string))),
        ("why", json!(decision.path.last().map(|step| step.why.clone()).unwrap_or_default())),
        ("approval", Value::Null),
        ("next", json!(if is_closed { "it is decided" } else { "it goes on" })),
    ];
    if let Some(fields) = structured.as_object_mut() {
        for (name, value) in now {
            if fields.contains_key(name) {
                fields.insert(name.to_owned(), value);
            }
        }
    }
}
