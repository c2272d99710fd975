//! Messages as lines: one JSON text on each, bounded in size.
//!
//! [`Splitter`] finds the lines in what comes in, for a bridge as well as for a server; `Lines` is the transport of a
//! server whose client is a bridge.
//!
//! What always holds: a line that is too long, or is no message, is answered as such and skipped, and the next one is read
//! as if it had not been there. While answers wait to be taken nothing more is read, so a client that does not read makes
//! nothing grow.

mod splitter;

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use rmcp::RoleServer;
use rmcp::model::{ClientJsonRpcMessage, ClientRequest, ErrorCode, GetMeta, ProtocolVersion};
use rmcp::transport::Transport;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

pub use splitter::{Found, Splitter};

use crate::doors::socket::wire::Stream;

/// The longest message that a client may send, in bytes. The largest arguments of a tool are a quarter of it.
pub const MAX_LINE_BYTES: usize = 1024 * 1024;

/// How many answers may wait to be taken before nothing more is read.
const MAX_WAITING: usize = 64;

/// How long the last answers have to be taken when a connection ends, in milliseconds.
const LAST_WORDS_MS: u64 = 5_000;

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

/// The lines of a connection, as the transport of a server.
pub(super) struct Lines {
    read: BufReader<tokio::io::ReadHalf<Box<dyn Stream>>>,
    splitter: Splitter,
    /// Answers to lines that are no messages.
    refusals: VecDeque<Vec<u8>>,
    /// Whether the client has said how it speaks; what comes before and is no request is not for anybody.
    has_begun: bool,
    written: Option<mpsc::Sender<Vec<u8>>>,
    writer: Option<JoinHandle<()>>,
}

impl Lines {
    /// The lines of a stream.
    pub(super) fn of(stream: Box<dyn Stream>) -> Self {
        let (read, write) = tokio::io::split(stream);
        let (written, waiting) = mpsc::channel(MAX_WAITING);
        Self {
            read: BufReader::new(read),
            splitter: Splitter::new(MAX_LINE_BYTES),
            refusals: VecDeque::new(),
            has_begun: false,
            written: Some(written),
            writer: Some(tokio::spawn(write_all(write, waiting))),
        }
    }

    /// The message on a line, if one is there and anybody waits for it.
    fn message(&mut self, found: Found) -> Option<ClientJsonRpcMessage> {
        let line = match found {
            Found::TooLong => {
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
        match &message {
            ClientJsonRpcMessage::Request(request) => {
                self.has_begun |= begins(&request.request);
                Some(message)
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
async fn write_all(mut to: impl AsyncWrite + Unpin, mut waiting: mpsc::Receiver<Vec<u8>>) {
    while let Some(line) = waiting.recv().await {
        if to.write_all(&line).await.is_err() || to.flush().await.is_err() {
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
        let written = self.written.clone();
        async move {
            let line = line(&item);
            let written = written.ok_or(io::ErrorKind::NotConnected)?;
            written.send(line).await.map_err(|_| io::ErrorKind::BrokenPipe.into())
        }
    }

    /// The next message. Whoever stops waiting for it loses nothing: what was read is kept.
    async fn receive(&mut self) -> Option<ClientJsonRpcMessage> {
        loop {
            let room = self.written.as_ref()?.reserve().await.ok()?;
            if let Some(refusal) = self.refusals.pop_front() {
                room.send(refusal);
                continue;
            }
            drop(room);
            let found = next(&mut self.read, &mut self.splitter).await?;
            if let Some(message) = self.message(found) {
                return Some(message);
            }
        }
    }

    async fn close(&mut self) -> Result<(), io::Error> {
        self.written = None;
        if let Some(writer) = self.writer.take() {
            // Whoever does not take the last answers in time does without them.
            let _ = tokio::time::timeout(Duration::from_millis(LAST_WORDS_MS), writer).await;
        }
        Ok(())
    }
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
}
