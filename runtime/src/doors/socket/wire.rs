//! How messages travel: `tokio-util` frames them with a length of four bytes, `postcard` encodes them.
//!
//! The framing is tokio-util's because it is the one that tokio's own projects use and bounds a frame's length. The
//! encoding is postcard's because it is compact, specified, and reads what it wrote or fails, without guessing; JSON would
//! carry the bytes of values as lists of numbers. The handshake alone is JSON, because it must stay readable to every
//! version, and to people.
//!
//! What always holds: a frame has at most [`MAX_FRAME_BYTES`], and at most [`MAX_HELLO_BYTES`] where it comes from somebody who
//! was not let in yet; a peer that takes longer than [`WRITE_TIMEOUT_MS`] to take
//! a frame is given up.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::codec::{Framed, LengthDelimitedCodec};

/// The largest frame: a value of the largest size, with what stands around it.
pub const MAX_FRAME_BYTES: usize = echo_storage::codec::MAX_VALUE_BYTES + 64 * 1024;

/// The largest frame of a handshake: far more than a version and a token.
pub const MAX_HELLO_BYTES: usize = 4 * 1024;

/// How long a peer may take to take a frame, in milliseconds.
pub const WRITE_TIMEOUT_MS: u64 = 10_000;

/// Why nothing came or went.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WireError {
    /// The other side has closed the connection.
    #[error("the connection was closed by the other side")]
    Closed,
    /// The other side did not take or send anything in time.
    #[error("the other side has not {what} within {after_ms} ms")]
    TimedOut {
        /// What it has not done.
        what: &'static str,
        /// How long it had.
        after_ms: u64,
    },
    /// The connection broke.
    #[error("the connection broke: {0}")]
    Io(#[from] std::io::Error),
    /// What came is not of the protocol.
    #[error("the other side does not speak this protocol: {0}")]
    Malformed(String),
}

/// What both kinds of socket are.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {
    /// The socket as threads use it; nothing where it is none beside a store.
    fn into_unix(self: Box<Self>) -> Option<std::os::unix::net::UnixStream>;
}

impl Stream for tokio::net::UnixStream {
    fn into_unix(self: Box<Self>) -> Option<std::os::unix::net::UnixStream> {
        let stream = self.into_std().ok()?;
        stream.set_nonblocking(false).ok()?;
        Some(stream)
    }
}

impl Stream for tokio::net::TcpStream {
    fn into_unix(self: Box<Self>) -> Option<std::os::unix::net::UnixStream> {
        None
    }
}

/// A connection that carries whole messages.
pub struct Wire {
    framed: Framed<Box<dyn Stream>, LengthDelimitedCodec>,
}

impl Wire {
    /// Carries messages over a stream.
    pub fn new(stream: Box<dyn Stream>) -> Self {
        Self::bounded(stream, MAX_FRAME_BYTES)
    }

    /// Carries messages with a stranger, none of them longer than a handshake's, until it is let in by [`Wire::let_in`].
    pub fn with_stranger(stream: Box<dyn Stream>) -> Self {
        Self::bounded(stream, MAX_HELLO_BYTES)
    }

    fn bounded(stream: Box<dyn Stream>, bytes: usize) -> Self {
        let codec = LengthDelimitedCodec::builder().max_frame_length(bytes).new_codec();
        Self { framed: Framed::new(stream, codec) }
    }

    /// From here on frames may be as long as they ever are.
    pub fn let_in(&mut self) {
        self.framed.codec_mut().set_max_frame_length(MAX_FRAME_BYTES);
    }

    /// The stream, from where on it carries something else. Whoever calls this has sent or answered what says so, and the
    /// other side waits for it, so nothing of this protocol is under way.
    pub fn into_stream(self) -> Box<dyn Stream> {
        self.framed.into_inner()
    }

    /// Sends a message of the protocol.
    pub async fn send(&mut self, message: &impl Serialize) -> Result<(), WireError> {
        let bytes = postcard::to_stdvec(message).map_err(|error| WireError::Malformed(error.to_string()))?;
        self.send_bytes(bytes).await
    }

    /// Waits for a message of the protocol, however long it takes; nothing when the other side has closed.
    pub async fn receive<T: DeserializeOwned>(&mut self) -> Result<Option<T>, WireError> {
        let Some(bytes) = self.framed.next().await.transpose()? else { return Ok(None) };
        postcard::from_bytes(&bytes).map(Some).map_err(|error| WireError::Malformed(error.to_string()))
    }

    /// Sends a message of the handshake.
    pub async fn send_json(&mut self, message: &impl Serialize) -> Result<(), WireError> {
        let bytes = serde_json::to_vec(message).map_err(|error| WireError::Malformed(error.to_string()))?;
        self.send_bytes(bytes).await
    }

    /// Waits for a message of the handshake, a bounded time.
    pub async fn receive_json<T: DeserializeOwned>(&mut self, timeout_ms: u64) -> Result<T, WireError> {
        let next = tokio::time::timeout(Duration::from_millis(timeout_ms), self.framed.next()).await;
        let next = next.map_err(|_| WireError::TimedOut { what: "answered", after_ms: timeout_ms })?;
        let bytes = next.ok_or(WireError::Closed)??;
        serde_json::from_slice(&bytes).map_err(|error| WireError::Malformed(error.to_string()))
    }

    async fn send_bytes(&mut self, bytes: Vec<u8>) -> Result<(), WireError> {
        let sent = self.framed.send(tokio_util::bytes::Bytes::from(bytes));
        match tokio::time::timeout(Duration::from_millis(WRITE_TIMEOUT_MS), sent).await {
            Ok(sent) => Ok(sent?),
            Err(_) => Err(WireError::TimedOut { what: "taken a message", after_ms: WRITE_TIMEOUT_MS }),
        }
    }
}
