//! The nouns: everything the organisation knows, as plain data.
//!
//! What always holds: a record is only data. It says nothing of how it comes about (the runtime's `decide` does) and
//! nothing of where it lies (`table` does). Enums are closed and new variants are added at their end, because the
//! position of a variant is what the file holds.

mod config;
mod decision;
mod delegation;
mod discussion;
mod memory;
mod message;
mod request;
mod session;
mod thought;
mod timer;
mod work;

pub use config::{Concerns, Config, Course, FigurePair, MatterRule, RoleConfig, Rules, Subscription};
pub use decision::{
    Absence, Agent, Approval, Breaker, BreakerState, Context, Decision, Deed, Mode, Opinion, Participation,
    PathStep, Phase, Proposal, Reason, Risk, Spend, Stance, Status, Tally, TypeTrack, Verdict,
};
pub use delegation::{Delegation, DelegationEnd, DelegationOrder, Member, Task};
pub use discussion::{Ballot, Clarification, Fact, FactKind, Inquiry, Reply, Vote};
pub use memory::{Memory, OutcomeNote};
pub use message::{Address, Cursor, Kind, MAX_READ_BEYOND, Message, MessageRef, Party, Priority, Receipt};
pub use request::Request;
pub use session::{Session, SessionEnd, SessionKind};
pub use thought::{Answer, Position, Thought, ThoughtKind, ThoughtState};
pub use timer::{Timer, TimerPurpose};
pub use work::{Work, folded};
