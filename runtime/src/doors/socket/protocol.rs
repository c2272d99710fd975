//! What client and host say to each other.
//!
//! First a handshake in JSON that stays the same for ever, so that any two versions understand at least that much. Then
//! requests, each answered by one response, or by a stream of them where the request says so.
//!
//! What always holds: requests and responses are read by both sides with the same [`PROTOCOL`] number only. Values,
//! inputs and steps travel as the bytes that the store's own codec gives them, so there is one encoding of the
//! organisation's records and not two.

use serde::{Deserialize, Serialize};

use crate::doors::mcp::door::Door;

/// The number of the requests and responses below. It grows with every change of them.
pub const PROTOCOL: u32 = 5;

/// What a client says first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// The number of the protocol that it speaks.
    pub protocol: u32,
    /// The version of its program.
    pub version: String,
    /// What it wants.
    pub want: Want,
    /// What the host's file of its token holds; wanted on TCP only, where no file's mode guards the door.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

/// What a client wants of the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Want {
    /// To talk.
    Talk,
    /// To take its place, if nothing is going on: the host is of an older version.
    LeaveIfIdle,
}

/// What the host answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// The number of the protocol that it speaks.
    pub protocol: u32,
    /// The version of its program.
    pub version: String,
    /// Its process.
    pub pid: u32,
    /// What comes of it.
    pub answer: WelcomeAnswer,
}

/// What comes of a handshake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WelcomeAnswer {
    /// Requests may come.
    Talk,
    /// The two speak different protocols; the connection ends.
    OtherProtocol,
    /// The host leaves; the connection ends.
    Leaving,
    /// The host stays, because something is going on; the connection ends.
    Busy,
    /// The token is missing or wrong; the connection ends.
    Forbidden,
}

/// What a client asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// Reads a value of the connection's snapshot, which the first reading takes and [`Request::Refresh`] renews.
    Read {
        /// The number of the table.
        table: u8,
        /// The key.
        key: Vec<u8>,
    },
    /// Reads rows of the connection's snapshot.
    Scan {
        /// The number of the table.
        table: u8,
        /// The first key.
        start: Vec<u8>,
        /// The key behind the last; nothing means to the end.
        end: Option<Vec<u8>>,
        /// From the largest key down.
        descending: bool,
        /// At most how many.
        limit: u64,
    },
    /// Lets the connection's snapshot go; the next reading takes a new one.
    Refresh,
    /// Runs one input, as the store's codec encodes it; answered when it is durable.
    Submit(Vec<u8>),
    /// Waits until the organisation has nothing left to do, at most so long.
    Settle {
        /// In milliseconds.
        at_most_ms: u64,
    },
    /// Starts a session of this scenario, as JSON, and sees it to its end whether the client stays or not; answered when
    /// it is started. Sessions are played one after the other.
    Play {
        /// The scenario.
        scenario: String,
    },
    /// Goes on with an interrupted session, likewise.
    Resume {
        /// The number of the session.
        session: u64,
    },
    /// Streams every step behind this one, until the client goes away.
    Follow {
        /// The number of the last step that is known.
        after: u64,
    },
    /// Copies the store into a file, between two commits.
    Backup {
        /// Where to, as the bytes of a whole path.
        to: Vec<u8>,
        /// Whether a file that is there may be replaced.
        replaces: bool,
    },
    /// What the host says of itself.
    About,
    /// The host finishes what it has begun and leaves.
    Stop,
    /// As [`Request::Submit`], under a key of the caller's: asked again, it is not done again, and answered the same.
    SubmitOnce {
        /// The key.
        key: String,
        /// The input.
        input: Vec<u8>,
    },
    /// As [`Request::SubmitOnce`], with the code of the question that a verdict answers.
    Answer {
        /// The key.
        key: String,
        /// The input.
        input: Vec<u8>,
        /// The code, as people are shown it.
        code: String,
    },
    /// From the answer on, the connection carries the lines of an MCP client that comes through this door.
    Mcp(Door),
}

/// What the host answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Response {
    /// To [`Request::Read`].
    Value(Option<Vec<u8>>),
    /// To [`Request::Scan`]. Fewer than asked for where they would be too large for one response; then `more`.
    Rows {
        /// Keys and values, in order.
        rows: Vec<(Vec<u8>, Vec<u8>)>,
        /// Whether the limit is not reached and there may be more.
        more: bool,
    },
    /// To [`Request::Submit`] and [`Request::Play`]: the step that answered it; of [`Request::Follow`]: a step. As the
    /// store's codec encodes it.
    Step(Vec<u8>),
    /// It is done, and there is nothing to tell.
    Done,
    /// To [`Request::Backup`].
    BackedUp {
        /// How large the copy is, in bytes.
        bytes: u64,
        /// The end of its journal, as the store's codec encodes it.
        head: Vec<u8>,
    },
    /// To [`Request::About`].
    About(About),
    /// It was not done.
    Failed {
        /// Whether asking in another way could help.
        kind: FailureKind,
        /// Why, and what helps.
        text: String,
    },
}

/// Why something was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FailureKind {
    /// The organisation refused it.
    Refused,
    /// The store failed.
    Store,
    /// The runtime is leaving; the next one may do it.
    Stopped,
}

/// What a host says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// Its process.
    pub pid: u32,
    /// The version of its program.
    pub version: String,
    /// The file of the store.
    pub store: String,
    /// How long it has been up, in milliseconds.
    pub up_ms: u64,
    /// How many connections it has, this one included.
    pub connections: u64,
    /// How many sessions it is playing.
    pub playing: u64,
    /// After how many idle milliseconds it leaves.
    pub idle_leave_ms: u64,
}
