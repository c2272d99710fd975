//! Training
mod expectations;
mod scenario;
pub use expectations::{Check, CheckVerdict, Decider, Expectations, Observed, Score};
pub use scenario::{Scenario, ScenarioError};
