//! Requests that callers ask under keys of their own.

use crate::codec::{Decode, Encode, Record};
use crate::records::Party;

/// A request that is done, so that asking again under the same key gives the same answer.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Request {
    /// Who asked.
    pub caller: Party,
    /// Under which key of its own.
    pub key: String,
    /// The step that answered; its entry in the journal says what was asked.
    pub step: u64,
}
impl Record for Request {}
