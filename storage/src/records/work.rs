//! What roles work on: items that their tools record.

use crate::codec::{Decode, Encode, Record};
use crate::names::{RoleId, WorkId};
use crate::quantities::Timestamp;

/// Something that a role works on: a feature, a debt, a design that is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Work {
    /// Its id: that of the newest recording.
    pub id: WorkId,
    /// Whose.
    pub role: RoleId,
    /// The tool that recorded it; items of one tool are a register.
    pub tool: String,
    /// What it is called; recording again under a title replaces what stood there, and the journal keeps it.
    pub title: String,
    /// What the tool was given and what it worked out, as a JSON object.
    pub facts: String,
    /// When it was recorded.
    pub at: Timestamp,
}
impl Record for Work {}

/// A title as it is compared: without its case and the blanks around it.
pub fn folded(title: &str) -> String {
    title.trim().to_lowercase()
}
