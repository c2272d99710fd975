//! Training: a scenario is played by the organisation, watched while it is played, and reported on afterwards.
//!
//! In reading order:
//!
//! - [`Scenario`] is what is played, read from a YAML file that people write.
//! - [`Expectations`] is what its author expects to come of it.
//! - [`simulate`] and [`play`] run it, or the rest of it, on either driver, as [`Playing`] says.
//! - [`Progress`] puts each step into words while it runs.
//! - [`Report`] is what came of it, as data and as text.
//! - [`Chronicle`] is everything that is worth reading of it; [`markdown()`] and [`page()`] write that down for people,
//!   [`messages()`] its messages for programs.
//!
//! What always holds: only [`simulate`] and [`play`] change anything. A session's report and chronicle are functions of
//! the store it was played in, so whoever has the store can have them again.

mod asked;
mod breakers;
mod chronicle;
mod expectations;
mod mailing;
mod markdown;
mod page;
mod phrases;
mod progress;
mod report;
#[cfg(test)]
pub(crate) mod samples;
mod scenario;
mod session;
#[cfg(test)]
mod tests;

pub use chronicle::{
    BreakerChange, Budget, Change, Chronicle, Events, FailedStep, Fate, Mark, MarkKind, Moment, PhaseStart,
    Round, Sent, Thinking,
};
pub use expectations::{Check, CheckVerdict, Counts, Decider, Expectations, Observed, Score};
pub use mailing::messages;
pub use markdown::markdown;
pub use page::page;
pub use progress::Progress;
pub use report::{
    AgentPart, Circumstances, Comparison, Details, Outcome, Part, Report, ReportError, Waypoint,
};
pub use scenario::{Scenario, ScenarioError};
pub use session::{Play, Played, Playing, Stop, Watcher, for_each_after, interrupted, play, simulate};
