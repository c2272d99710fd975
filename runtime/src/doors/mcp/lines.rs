//! Messages as lines: one JSON text on each, bounded in size.
//!
//! [`Splitter`] finds the lines in what comes in, for a bridge as well as for a server; `Lines` is the transport of a
//! server whose client is a bridge.
//!
//! What always holds: a line that is too long, or is no message, is answered as such and skipped, and the next one is read
//! as if it had not been there. So is a request whose id another one has that is being answered. While answers wait to be taken nothing more is read, so a client that does not read makes
//! nothing grow; after half a minute it is given up. Where the runtime leaves nothing more is read, and what was is answered.
//! No task outlives its connection for longer than its last words may take.

mod splitter;

use std::collections::{HashMap, VecDeque};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rmcp::RoleServer;
use rmcp::model::{
    ClientJsonRpcMessage, ClientNotification, ClientRequest, ErrorCode, GetMeta, ProtocolVersion, RequestId,
    ServerJsonRpcMessage,
};
use rmcp::transport::Transport;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

pub use splitter::{Found, Splitter};

use super::budget::{BUSY, Budget, Part};
use super::limits::TOO_MANY;
use super::taken::{TAKE_MS, Taken};
use crate::doors::socket::wire::Stream;
use crate::tool::MAX_ARGUMENTS_BYTES;
use crate::training::Stop;

/// The longest message that a client may send, in bytes. Arguments may take four times their length, as another client may write them.
pub const MAX_LINE_BYTES: usize = 4 * MAX_ARGUMENTS_BYTES;

/// How many answers may wait to be taken before nothing more is read.
const MAX_WAITING: usize = 64;

/// How many bytes they may have together before nothing more is read.
const MAX_WAITING_BYTES: usize = 1024 * 1024;

/// How many cancelled requests keep their ids, the latest of them.
const MAX_CANCELLED: usize = 64;

/// How long the last answers have to be taken when a connection ends, in milliseconds.
pub(in crate::doors) const LAST_WORDS_MS: u64 = 5_000;

/// Why a line is no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoMessage {
    /// It is longer than [`MAX_LINE_BYTES`].
    TooLong,
    /// It is no JSON.
    NoJson,
    /// It is a list of messages; the protocol has had none since 2025-06-18.
    Batch,
    /// It is JSON, and no request, notification or answer.
    Other,
    /// There was no room for one so large.
    Busy,
}

impl NoMessage {
    /// What a line is that could not be read as a message, and the id that it gives itself.
    pub(super) fn of(line: &[u8]) -> (Self, Value) {
        match serde_json::from_slice::<Value>(line) {
            Err(_) => (Self::NoJson, Value::Null),
            Ok(Value::Array(_)) => (Self::Batch, Value::Null),
            Ok(value) => {
                let id = value.get("id").filter(|id| id.is_string() || id.is_i64() || id.is_u64());
                (Self::Other, id.cloned().unwrap_or(Value::Null))
            }
        }
    }

    /// The answer to such a line.
    pub fn answer(self, id: &Value) -> Vec<u8> {
        let (code, why) = match self {
            Self::TooLong => (
                ErrorCode::INVALID_REQUEST,
                format!("a message has at most {MAX_LINE_BYTES} bytes; this one was skipped"),
            ),
            Self::NoJson => (ErrorCode::PARSE_ERROR, "the line is not JSON; it was skipped".to_owned()),
            Self::Batch => {
                (ErrorCode::INVALID_REQUEST, "send each message of a batch on a line of its own".to_owned())
            }
            Self::Busy => (TOO_MANY, BUSY.to_owned()),
            Self::Other => {
                let why = "this is no request, notification or answer of JSON-RPC 2.0 as MCP has them";
                (ErrorCode::INVALID_REQUEST, why.to_owned())
            }
        };
        line(&json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code.0, "message": why } }))
    }
}

/// A message with the end of its line.
pub fn line(message: &impl serde::Serialize) -> Vec<u8> {
    // What is written here are values of JSON, which can always be written.
    let mut line = serde_json::to_vec(message).unwrap_or_default();
    line.push(b'\n');
    line
}

/// The ids of a client's requests that no other request may have now.
#[derive(Default)]
struct Open {
    /// Those of requests that are being answered, and what each has of the budget.
    asked: HashMap<RequestId, Part>,
    /// Those of requests that were cancelled: the SDK would take what is left of one for the answer to the next of its id.
    cancelled: VecDeque<RequestId>,
}

impl Open {
    /// Whether a request may have this id; if so, it has it from here on.
    fn begin(&mut self, id: &RequestId, part: Part) -> bool {
        let is_free = !self.cancelled.contains(id) && !self.asked.contains_key(id);
        if is_free {
            self.asked.insert(id.clone(), part);
        }
        is_free
    }

    fn cancel(&mut self, id: &RequestId) {
        if self.asked.remove(id).is_some() {
            self.cancelled.truncate(MAX_CANCELLED - 1);
            self.cancelled.push_front(id.clone());
        }
    }

    /// The request that this answers, if any, has its answer.
    fn answered(&mut self, message: &ServerJsonRpcMessage) {
        let id = match message {
            ServerJsonRpcMessage::Response(response) => Some(&response.id),
            ServerJsonRpcMessage::Error(error) => error.id.as_ref(),
            ServerJsonRpcMessage::Request(_) | ServerJsonRpcMessage::Notification(_) => None,
        };
        if let Some(id) = id {
            self.asked.remove(id);
        }
    }
}

/// The answer to a request whose id another has that is being answered: the SDK would answer one of the two alone.
fn taken(id: &RequestId) -> Vec<u8> {
    let why = "a request with this id is being answered or was cancelled: give each its own";
    let error = json!({ "code": ErrorCode::INVALID_REQUEST.0, "message": why });
    line(&json!({ "jsonrpc": "2.0", "id": id, "error": error }))
}

/// A line that waits to be taken, and is counted for as long.
struct Waiting {
    line: Vec<u8>,
    bytes: watch::Sender<usize>,
}

impl Waiting {
    fn new(line: Vec<u8>, bytes: watch::Sender<usize>) -> Self {
        bytes.send_modify(|bytes| *bytes += line.len());
        Self { line, bytes }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.bytes.send_modify(|bytes| *bytes -= self.line.len());
    }
}

/// The lines of a connection, as the transport of a server.
pub(super) struct Lines {
    read: BufReader<tokio::io::ReadHalf<Box<dyn Stream>>>,
    splitter: Splitter,
    /// Answers to lines that are no messages, or are none that could be answered.
    refusals: VecDeque<Vec<u8>>,
    /// Whether the client has said how it speaks; what comes before and is no request is not for anybody.
    has_begun: bool,
    open: Arc<Mutex<Open>>,
    budget: Budget,
    /// A line that waits for its part of the budget.
    found: Option<Found>,
    written: Option<mpsc::Sender<Waiting>>,
    /// How many bytes wait to be taken.
    bytes: watch::Sender<usize>,
    writer: Option<JoinHandle<()>>,
    /// The runtime leaves.
    leave: Stop,
}

impl Drop for Lines {
    fn drop(&mut self) {
        // What was answered last is still written, also where the connection ends before its client said how it speaks.
        self.written = None;
        let last = last_words(self.writer.take());
        match Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(last)),
            // Its runtime has ended, and the writer with it.
            Err(_) => drop(last),
        }
    }
}

/// Waits for the writer, so long and no longer.
async fn last_words(writer: Option<JoinHandle<()>>) {
    if let Some(mut writer) = writer
        && tokio::time::timeout(Duration::from_millis(LAST_WORDS_MS), &mut writer).await.is_err()
    {
        // Whoever does not take the last answers in time does without them.
        writer.abort();
    }
}

impl Lines {
    /// The lines of a stream, until the runtime leaves.
    pub(super) fn of(stream: Box<dyn Stream>, budget: Budget, leave: Stop) -> Self {
        Self::taken_within(stream, budget, leave, Duration::from_millis(TAKE_MS))
    }

    /// As [`Lines::of`], of a client that has so long to take anything of what waits for it.
    fn taken_within(stream: Box<dyn Stream>, budget: Budget, leave: Stop, within: Duration) -> Self {
        let (read, write) = tokio::io::split(stream);
        let write = Taken::within(write, within);
        let (written, waiting) = mpsc::channel(MAX_WAITING);
        Self {
            read: BufReader::new(read),
            splitter: Splitter::new(MAX_LINE_BYTES),
            refusals: VecDeque::new(),
            has_begun: false,
            open: Arc::default(),
            budget,
            found: None,
            written: Some(written),
            bytes: watch::Sender::new(0),
            writer: Some(tokio::spawn(write_all(write, waiting))),
            leave,
        }
    }

    /// The message on a line, if one is there and anybody waits for it.
    fn message(&mut self, found: Found, part: Part) -> Option<ClientJsonRpcMessage> {
        let line = match found {
            Found::TooLong(_) => {
                self.refusals.push_back(NoMessage::TooLong.answer(&Value::Null));
                return None;
            }
            Found::Line(line) if line.trim_ascii().is_empty() => return None,
            Found::Line(line) => line,
        };
        let Ok(message) = serde_json::from_slice::<ClientJsonRpcMessage>(&line) else {
            let (what, id) = NoMessage::of(&line);
            self.refusals.push_back(what.answer(&id));
            return None;
        };
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        match &message {
            ClientJsonRpcMessage::Request(request) => {
                if !open.begin(&request.id, part) {
                    self.refusals.push_back(taken(&request.id));
                    return None;
                }
                self.has_begun |= begins(&request.request);
                Some(message)
            }
            ClientJsonRpcMessage::Notification(told) => {
                if let ClientNotification::CancelledNotification(cancelled) = &told.notification
                    && let Some(id) = &cancelled.params.request_id
                {
                    open.cancel(id);
                }
                self.has_begun.then_some(message)
            }
            // The SDK ends a connection that begins with anything but a request.
            _ => self.has_begun.then_some(message),
        }
    }
}

/// Whether a request says how its client speaks: by the handshake of old, or in itself.
fn begins(request: &ClientRequest) -> bool {
    match request {
        ClientRequest::InitializeRequest(_) => true,
        ClientRequest::DiscoverRequest(_) | ClientRequest::PingRequest(_) => false,
        other => {
            let meta = other.get_meta();
            meta.missing_required_keys(&ProtocolVersion::V_2026_07_28).is_empty()
                && meta.protocol_version().is_some_and(|one| ProtocolVersion::KNOWN_VERSIONS.contains(&one))
        }
    }
}

/// Writes what waits, one after the other, until there is nobody left who could have more or nobody takes it.
async fn write_all(mut to: impl AsyncWrite + Unpin, mut waiting: mpsc::Receiver<Waiting>) {
    while let Some(waiting) = waiting.recv().await {
        if to.write_all(&waiting.line).await.is_err() || to.flush().await.is_err() {
            return;
        }
    }
    // The other side reads to the end either way.
    let _ = to.shutdown().await;
}

impl Transport<RoleServer> for Lines {
    type Error = io::Error;

    fn send(
        &mut self,
        item: rmcp::service::TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = Result<(), io::Error>> + Send + 'static {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).answered(&item);
        let (written, bytes) = (self.written.clone(), self.bytes.clone());
        async move {
            let line = Waiting::new(line(&item), bytes);
            // What it was made of is let go before it is waited for.
            drop(item);
            let written = written.ok_or(io::ErrorKind::NotConnected)?;
            written.send(line).await.map_err(|_| io::ErrorKind::BrokenPipe.into())
        }
    }

    /// The next message. Whoever stops waiting for it loses nothing: what was read is kept.
    async fn receive(&mut self) -> Option<ClientJsonRpcMessage> {
        loop {
            let written = self.written.as_ref()?;
            let mut bytes = self.bytes.subscribe();
            let room = async {
                // The sender is this one's, so it does not end.
                let _ = bytes.wait_for(|bytes| *bytes < MAX_WAITING_BYTES).await;
                written.reserve().await.ok()
            };
            let room = tokio::select! {
                room = room => room?,
                // It was given up.
                () = written.closed() => return None,
                () = self.leave.wait() => return None,
            };
            if let Some(refusal) = self.refusals.pop_front() {
                room.send(Waiting::new(refusal, self.bytes.clone()));
                continue;
            }
            drop(room);
            if self.found.is_none() {
                self.found = Some(tokio::select! {
                    found = next(&mut self.read, &mut self.splitter) => found?,
                    // It was given up.
                    () = written.closed() => return None,
                    () = self.leave.wait() => return None,
                });
            }
            let bytes = self.found.as_ref().map_or(0, Found::bytes);
            let part = tokio::select! {
                part = self.budget.part(bytes) => part,
                () = written.closed() => return None,
                () = self.leave.wait() => return None,
            };
            let found = self.found.take()?;
            match part {
                Some(part) => {
                    if let Some(message) = self.message(found, part) {
                        return Some(message);
                    }
                }
                None => self.refusals.push_back(NoMessage::Busy.answer(&id_of(&found))),
            }
        }
    }

    async fn close(&mut self) -> Result<(), io::Error> {
        self.written = None;
        last_words(self.writer.take()).await;
        Ok(())
    }
}

/// The id that a line gives itself, without reading the rest of it into memory.
fn id_of(found: &Found) -> Value {
    #[derive(serde::Deserialize)]
    struct Only {
        id: Option<RequestId>,
    }
    let Found::Line(line) = found else { return Value::Null };
    let only = serde_json::from_slice::<Only>(line).ok().and_then(|only| only.id);
    only.map_or(Value::Null, |id| json!(id))
}

/// The next line; nothing at the end or when the connection breaks. An end without a newline ends a line as well.
async fn next(read: &mut BufReader<impl AsyncRead + Unpin>, splitter: &mut Splitter) -> Option<Found> {
    loop {
        let bytes = read.fill_buf().await.ok()?;
        if bytes.is_empty() {
            return splitter.end();
        }
        let (taken, found) = splitter.push(bytes);
        read.consume(taken);
        if found.is_some() {
            return found;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::budget::SMALL_BYTES;
    use super::*;

    #[test]
    fn a_line_that_is_no_message_is_answered_as_what_it_is() {
        let check = |line: &str, expected: NoMessage, id: Value| {
            assert_eq!(NoMessage::of(line.as_bytes()), (expected, id), "{line}");
        };
        check("{", NoMessage::NoJson, Value::Null);
        check("[]", NoMessage::Batch, Value::Null);
        check("3", NoMessage::Other, Value::Null);
        check(r#"{"id": 7, "method": 3}"#, NoMessage::Other, json!(7));
        check(r#"{"id": {}, "method": "x"}"#, NoMessage::Other, Value::Null);
        let answer: Value = serde_json::from_slice(&NoMessage::NoJson.answer(&Value::Null)).unwrap();
        assert_eq!(answer["error"]["code"], -32_700);
        assert_eq!(answer["id"], Value::Null);
    }

    #[test]
    fn an_id_is_free_again_once_it_was_answered_and_not_when_it_was_cancelled() {
        let mut open = Open::default();
        let id = |number: usize| RequestId::Number(i64::try_from(number).unwrap());
        let answer =
            |number| serde_json::from_value(json!({ "jsonrpc": "2.0", "id": number, "result": {} })).unwrap();
        assert!(open.begin(&id(1), Part::default()));
        assert!(!open.begin(&id(1), Part::default()));
        open.answered(&answer(2));
        assert!(!open.begin(&id(1), Part::default()));
        open.answered(&answer(1));
        assert!(open.begin(&id(1), Part::default()));
        // One that nobody has is cancelled in vain.
        open.cancel(&id(9));
        open.cancel(&id(1));
        assert!(!open.begin(&id(1), Part::default()) && open.begin(&id(9), Part::default()));
        for number in 100..100 + MAX_CANCELLED {
            assert!(open.begin(&id(number), Part::default()));
            open.cancel(&id(number));
        }
        assert!(open.begin(&id(1), Part::default()), "it has been long ago");
        assert_eq!((open.asked.len(), open.cancelled.len()), (2, MAX_CANCELLED));
    }

    /// Goal: a client that never reads is given up, and its writer with it. Method: a pair of sockets, requests that have
    /// answers until nothing more is taken, and a short while to take them in.
    #[test]
    fn a_client_that_never_reads_is_given_up() {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let (mut ours, theirs) = tokio::net::UnixStream::pair().unwrap();
            let within = Duration::from_millis(200);
            let mut lines = Lines::taken_within(Box::new(theirs), Budget::new(), Stop::never(), within);
            // Each is refused, and the refusals fill what the system keeps for their reader.
            let asks = tokio::spawn(async move {
                while ours.write_all(b"{\n").await.is_ok() {}
                ours
            });
            let given_up = tokio::time::timeout(Duration::from_secs(20), lines.receive()).await;
            assert!(given_up.unwrap().is_none());
            let writer = lines.writer.take().unwrap();
            tokio::time::timeout(Duration::from_millis(LAST_WORDS_MS), writer).await.unwrap().unwrap();
            drop(lines);
            let _ours = asks.await.unwrap();
        });
    }

    /// Goal: a large request keeps its part of the budget until it is answered, and a small one has none. Method: whether all
    /// of the budget can be had meanwhile.
    #[test]
    fn a_large_request_keeps_its_part_of_the_budget_until_it_is_answered() {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let (mut ours, theirs) = tokio::net::UnixStream::pair().unwrap();
            let budget = Budget::new();
            let mut lines = Lines::of(Box::new(theirs), budget.clone(), Stop::never());
            let said = |id: u64, bytes: usize| {
                let params = json!({ "name": "recall", "arguments": { "words": "x".repeat(bytes) } });
                line(&json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params }))
            };
            let asks = tokio::spawn(async move {
                ours.write_all(&said(1, 10)).await.unwrap();
                ours.write_all(&said(2, SMALL_BYTES)).await.unwrap();
                ours
            });
            let is_whole = async || budget.part_within(usize::MAX, Duration::ZERO).await.is_some();
            lines.has_begun = true;
            assert!(lines.receive().await.is_some() && is_whole().await);
            assert!(lines.receive().await.is_some() && !is_whole().await);
            let answer = json!({ "jsonrpc": "2.0", "id": 2, "result": {} });
            lines.send(serde_json::from_value(answer).unwrap()).await.unwrap();
            assert!(is_whole().await);
            let _ours = asks.await.unwrap();
        });
    }

    #[test]
    fn nothing_is_read_from_where_a_runtime_leaves() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (mut ours, theirs) = tokio::net::UnixStream::pair().unwrap();
            let (leave, leaves) = tokio::sync::watch::channel(false);
            let mut lines = Lines::of(Box::new(theirs), Budget::new(), leaves.into());
            ours.write_all(b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\n").await.unwrap();
            assert!(lines.receive().await.is_some());
            leave.send_replace(true);
            assert!(lines.receive().await.is_none());
        });
    }
}
