//! Sessions: a stretch of the organisation's life that somebody started and wants to read about afterwards.

use crate::codec::{Decode, Encode, Record};
use crate::names::{DecisionId, SessionId};
use crate::quantities::Timestamp;

/// What kind of stretch it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum SessionKind {
    /// A scenario, played through.
    Training,
}

/// A session.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// What kind it is.
    pub kind: SessionKind,
    /// Its title, for people; no mind sees it.
    pub title: String,
    /// The scenario it plays, as JSON text, expectations included.
    pub scenario: String,
    /// The decision it is about.
    pub decision: DecisionId,
    /// When it started.
    pub started_at: Timestamp,
    /// The step that started it.
    pub first_step: u64,
    /// How it ended.
    pub end: Option<SessionEnd>,
}
impl Record for Session {}

/// How a session ended.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct SessionEnd {
    /// When.
    pub at: Timestamp,
    /// The step that ended it; the chain's hash at this step is the session's.
    pub last_step: u64,
}
