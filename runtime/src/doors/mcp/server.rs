//! The server: one for every door, whatever carries its messages.
//!
//! What always holds: every request is answered. One that is cancelled stops being waited for; one whose handler panics is
//! told so; one beyond its caller's limits is refused at once.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use echo_storage::Snapshot;
use futures_util::FutureExt;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, CompleteRequestParams, CompleteResult,
    CompletionInfo, ContentBlock, CustomRequest, CustomResult, ErrorCode, GetPromptRequestParams,
    GetPromptResponse, Implementation, ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult,
    ListToolsResult, PaginatedRequestParams, ReadResourceRequestParams, ReadResourceResponse,
    ServerCapabilities, ServerConfig, Tool,
};
use rmcp::service::{NotificationContext, RequestContext};
use rmcp::{ErrorData, RoleServer, ServerHandler};
use serde_json::Value;
use tokio::sync::OwnedSemaphorePermit;

use super::budget::Budget;
use super::calls::{self, Called};
use super::catalogue::Catalogue;
use super::door::Door;
use super::limits::{Caller, Limits};
use super::lines::Lines;
use super::{asking, delegator, people, prompts, resources};
use crate::doors::socket::wire::Stream;
use crate::drivers::live::Handle;
use crate::organisation::Organisation;
use crate::training::Stop;
use crate::wording::shortened;

/// The name by which clients know this server.
const NAME: &str = "echo-org";

/// How much of what a client sent is repeated to it where it is refused, in characters.
const QUOTED_CHARS: usize = 100;

/// A name, a method or an address as it is repeated to the client that sent it.
pub(super) fn quoted(text: &str) -> String {
    shortened(text, QUOTED_CHARS)
}

/// What the servers of a runtime share.
#[derive(Debug)]
pub struct Desk {
    pub(super) runtime: Handle,
    pub(super) catalogue: Catalogue,
    /// In whose name people's answers are given: who runs the runtime, since nobody else can reach it.
    pub(super) person: String,
    /// What large messages share, whoever sends them.
    pub(super) budget: Budget,
}

impl Desk {
    /// That of a runtime.
    pub fn new(runtime: Handle, person: String) -> Arc<Self> {
        let catalogue = Catalogue::of(runtime.organisation().clone());
        Arc::new(Self { runtime, catalogue, person, budget: Budget::new() })
    }

    /// The organisation that is served.
    pub fn organisation(&self) -> &Organisation {
        self.runtime.organisation()
    }
}

/// A server at a door. Its copies are the same caller's.
#[derive(Debug, Clone)]
pub struct Server {
    desk: Arc<Desk>,
    door: Door,
    caller: Caller,
    /// The runtime leaves.
    leave: Stop,
}

impl Server {
    /// A server at a door, for a caller that has asked nothing yet.
    pub fn at(door: Door, desk: Arc<Desk>) -> Self {
        Self::for_caller(Caller::new(), door, desk, Stop::never())
    }

    /// A server at a door, for this caller, of a runtime that says when it leaves.
    pub(super) fn for_caller(caller: Caller, door: Door, desk: Arc<Desk>, leave: Stop) -> Self {
        Self { desk, door, caller, leave }
    }

    pub(super) fn limits(&self) -> &Limits {
        self.caller.limits()
    }

    /// Waits until the runtime leaves.
    pub(super) async fn leaves(&self) {
        self.leave.clone().wait().await;
    }

    pub(super) fn desk(&self) -> &Desk {
        &self.desk
    }

    pub(super) fn door(&self) -> &Door {
        &self.door
    }

    /// Serves a client whose messages are lines, until it has gone or the runtime leaves; what is being worked on then is
    /// answered, and what waits for a person waits no longer.
    pub async fn serve_lines(mut self, stream: Box<dyn Stream>, leave: Stop) {
        self.leave = leave.clone();
        let budget = self.desk.budget.clone();
        let begun = Box::pin(rmcp::serve_server(self, Lines::of(stream, budget, leave))).await;
        let running = match begun {
            Ok(running) => running,
            Err(error) => {
                tracing::debug!(%error, "a client went away before it had said how it speaks");
                return;
            }
        };
        // How it ended is of no use to anybody: the client has gone.
        let _ = running.waiting().await;
    }

    /// Works on a request: within the limits, until it is cancelled, and whatever its handler does.
    async fn work<T>(
        &self,
        context: &RequestContext<RoleServer>,
        work: impl Future<Output = Result<T, ErrorData>>,
    ) -> Result<T, ErrorData> {
        let _slot = self.limits().admit()?;
        Self::attend(context, work).await
    }

    /// Works on a request that was let in.
    async fn attend<T>(
        context: &RequestContext<RoleServer>,
        work: impl Future<Output = Result<T, ErrorData>>,
    ) -> Result<T, ErrorData> {
        tokio::select! {
            done = AssertUnwindSafe(work).catch_unwind() => done.unwrap_or_else(|_| Err(panicked())),
            () = context.ct.cancelled() => Err(ErrorData::internal_error("the request was cancelled", None)),
        }
    }

    /// Reads the state of the last commit, on a thread where that may take its time.
    pub(super) async fn reading<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Snapshot) -> Result<T, ErrorData> + Send + 'static,
    ) -> Result<T, ErrorData> {
        let state = self.desk.runtime.snapshot();
        let state = state.map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
        self.blocking(move || read(&state)).await
    }

    /// Does what may take its time on a thread for that.
    pub(super) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, ErrorData> + Send + 'static,
    ) -> Result<T, ErrorData> {
        tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| Err(panicked()))
    }

    async fn answer_call(
        &self,
        request: CallToolRequestParams,
        slot: OwnedSemaphorePermit,
        context: &RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let CallToolRequestParams { name, arguments, input_responses, request_state, .. } = request;
        if let Some(why) = calls::too_long(arguments.as_ref()) {
            return Ok(CallToolResult::error(vec![ContentBlock::text(why)]).into());
        }
        if self.door == Door::Person
            && let Some(called) = self.call_of_people(&name, arguments.clone()).await
        {
            return called.map(CallToolResponse::from);
        }
        if self.door == Door::Delegator
            && let Some(called) = self.call_of_delegator(&name, arguments.clone(), &context.meta).await
        {
            return called.map(CallToolResponse::from);
        }
        let Some((role, tool)) = self.desk.catalogue.find(&self.door, &name) else {
            let name = quoted(&name);
            let why = format!("there is no tool `{name}` at this door; tools/list names those there are");
            return Err(ErrorData::invalid_params(why, None));
        };
        if let Some(state) = request_state {
            let arguments = Value::Object(arguments.unwrap_or_default());
            let said = input_responses.as_ref().and_then(|said| said.get(asking::VERDICT));
            return self.resume(&state, (role.as_str(), tool.name(), &arguments), said).await;
        }
        Ok(match self.call((role, tool), arguments, &context.meta).await? {
            Called::Done(answer, Some(entry)) => {
                Box::pin(self.ask_person(answer, &entry, slot, context)).await
            }
            Called::Done(answer, None) => answer.into_result().into(),
            Called::Refused(why) => CallToolResult::error(vec![ContentBlock::text(why)]).into(),
        })
    }

    /// The tools at this door.
    fn tools(&self) -> Vec<Tool> {
        match self.door {
            Door::Person => people::described(),
            Door::Delegator => delegator::described(self.desk.organisation()),
            Door::Role(_) | Door::Everyone => self.desk.catalogue.seen(&self.door),
        }
    }

    /// Refuses what people's door has nothing of.
    fn agents_only<T>(&self, there: impl FnOnce() -> T) -> Result<T, ErrorData> {
        if self.door == Door::Person {
            let why = "the door of people has tools alone: what can be read of the organisation is at the other doors";
            return Err(ErrorData::invalid_params(why, None));
        }
        Ok(there())
    }
}

/// What is said of a handler that did not come to its end.
fn panicked() -> ErrorData {
    let why =
        "the request could not be worked on: its handler stopped unexpectedly; nothing else is affected";
    ErrorData::internal_error(why, None)
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let capabilities = match self.door {
            Door::Person => ServerCapabilities::builder().enable_tools().build(),
            Door::Delegator => ServerCapabilities::builder().enable_tools().enable_resources().build(),
            Door::Role(_) | Door::Everyone => ServerCapabilities::builder()
                .enable_tools()
                .enable_resources()
                .enable_prompts()
                .enable_completions()
                .build(),
        };
        let implementation = Implementation::new(NAME, env!("CARGO_PKG_VERSION")).with_title("ECHO");
        ServerConfig::new(capabilities)
            .with_server_info(implementation)
            .with_instructions(instructions(&self.door))
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        self.work(&context, async { Ok(ListToolsResult::with_all_items(self.tools())) }).await
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let slot = self.limits().admit()?;
        Self::attend(&context, self.answer_call(request, slot, &context)).await
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        self.work(&context, async { self.agents_only(resources::list) }).await
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        self.work(&context, async { self.agents_only(resources::templates) }).await
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let read = async { self.agents_only(|| self.read(request.uri))?.await.map(Into::into) };
        self.work(&context, read).await
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        self.work(&context, async { Ok(ListPromptsResult::with_all_items(self.prompts())) }).await
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        self.work(&context, async { self.prompt(request).await.map(Into::into) }).await
    }

    /// Completes what a role's name begins with; what is not known has no completion.
    async fn complete(
        &self,
        request: CompleteRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        let complete = async {
            let CompleteRequestParams { argument, .. } = request;
            let roles = self.desk.organisation().role_ids().into_iter().map(String::from);
            let fits =
                roles.filter(|role| argument.name == prompts::ROLE && role.starts_with(&argument.value));
            let values = CompletionInfo::new(fits.collect());
            let values = values.map_err(|why| ErrorData::internal_error(why, None))?;
            Ok(CompleteResult::new(values))
        };
        self.work(&context, complete).await
    }

    async fn on_custom_request(
        &self,
        request: CustomRequest,
        context: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        let refused = async { Err(unknown(&request.method, asking::has_no_handshake(&context))) };
        self.work(&context, refused).await
    }

    // The SDK would write to the log that a client has come.
    async fn on_initialized(&self, _: NotificationContext<RoleServer>) {}
}

/// What is said to a request that the SDK did not know. One of a known name had parameters that it could not read.
fn unknown(method: &str, has_no_handshake: bool) -> ErrorData {
    const KNOWN: [&str; 11] = [
        "initialize",
        "server/discover",
        "tools/list",
        "tools/call",
        "resources/list",
        "resources/templates/list",
        "resources/read",
        "prompts/list",
        "prompts/get",
        "completion/complete",
        "subscriptions/listen",
    ];
    let is_gone = has_no_handshake && method == "initialize";
    if KNOWN.contains(&method) && !is_gone {
        return ErrorData::invalid_params(
            format!("the params of {method} are not as the protocol has them"),
            None,
        );
    }
    ErrorData::new(ErrorCode::METHOD_NOT_FOUND, format!("there is no method {}", quoted(method)), None)
}

/// What a client may tell its model about this server.
fn instructions(door: &Door) -> String {
    match door {
        Door::Role(role) => format!(
            "You act as the {role} of an organisation of agents. Each call of a tool is that role's own word: within its \
             authority it is decided at once, beyond it the decision climbs or waits for a person, and the answer says which. \
             A refusal names what was wrong and what helps."
        ),
        Door::Everyone => "Tools of every role in an organisation of agents; a tool's name begins with the role that calls it. \
                           Each call is that role's own word: within its authority it is decided at once, beyond it the \
                           decision climbs or waits for a person, and the answer says which."
            .to_owned(),
        Door::Person => "What waits for a person in an organisation of agents, and that person's answers. An answer needs the \
                         code that `echo-org approvals` shows to people: ask the person for it, never guess."
            .to_owned(),
        Door::Delegator => "Picks the agents that a piece of work needs and gives them tasks, in the name of the person who set \
                            this up. Start a session with what is to be done, delegate tasks in it, look at its status, and \
                            end it. What is decided is decided by the agents, within their authority; what they did can be read \
                            as resources."
            .to_owned(),
    }
}
