//! How each agent fares: what it fails at, whether it gets mail, what it has yet to do, and how it takes part.

use std::fmt;

use echo_runtime::turn::Failure;
use echo_storage::Query;
use echo_storage::names::RoleId;
use echo_storage::records::{BreakerState, Config, Decision, Party};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Range, decisions};

/// How many unread messages of an agent are counted.
pub(crate) const MAX_UNREAD: usize = 1_000;

/// How many questions of an agent that are out are counted.
pub(crate) const MAX_THOUGHTS: usize = 1_000;

/// How every agent fares.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AgentMetrics {
    /// How many there are.
    pub(crate) agents: u64,
    /// How many are paused after failures in a row, or tried again after a pause.
    pub(crate) paused: u64,
    /// How many are given up until an operator retries them.
    pub(crate) given_up: u64,
    /// Each, in the order of the roles.
    pub(crate) each: Vec<AgentState>,
    /// Whether a bound was reached: 1,000 unread messages or questions of an agent, or 10,000 decisions.
    pub(crate) cut: bool,
}

/// How one agent fares.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AgentState {
    /// Whose.
    pub(crate) role: RoleId,
    /// Whether it gets mail.
    pub(crate) condition: Condition,
    /// Why it gets none; null where it does.
    pub(crate) reason: Option<String>,
    /// How many of its steps in a row have failed.
    pub(crate) failures_in_a_row: u32,
    /// How many messages it has not handled, up to 1,000.
    pub(crate) unread: u64,
    /// How many of its questions to a mind are not answered, up to 1,000.
    pub(crate) thoughts_out: u64,
    /// In how many decisions of the range it voted or could.
    pub(crate) took_part: u64,
    /// In how many of those it could not be reached.
    pub(crate) absent: u64,
    /// How many decisions of the range it decided.
    pub(crate) decided: u64,
}

/// Whether an agent gets mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Condition {
    /// It does.
    Running,
    /// It does again after a pause; the next failure pauses it for longer.
    Probing,
    /// It does not, until the pause is over.
    Paused,
    /// It does not, until an operator retries it.
    GivenUp,
}

impl fmt::Display for AgentMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { agents, paused, given_up, .. } = self;
        write!(f, "agents: {agents}, {paused} paused, {given_up} given up")?;
        for one in &self.each {
            let AgentState { role, failures_in_a_row, unread, thoughts_out, took_part, absent, .. } = one;
            write!(f, "\n{role}: {unread} unread, {thoughts_out} questions out, took part in {took_part}")?;
            if *absent > 0 {
                write!(f, ", absent in {absent}")?;
            }
            if *failures_in_a_row > 0 {
                write!(f, ", {failures_in_a_row} failures in a row")?;
            }
            if let Some(reason) = &one.reason {
                write!(f, ", gets no mail: {reason}")?;
            }
        }
        if self.cut { f.write_str("\na bound was reached: there may be more") } else { Ok(()) }
    }
}

/// How every agent fares now, and in which decisions of the range it took part.
pub(crate) fn agents(
    state: &(impl Query + ?Sized),
    config: &Config,
    range: Range,
) -> Result<AgentMetrics, Failure> {
    let mut each = Vec::new();
    let mut cut = false;
    for role in &config.roles {
        let agent = state.agent(&role.id)?;
        let breaker = agent.as_ref().and_then(|agent| agent.breaker.as_ref());
        let condition = match breaker.map(|breaker| &breaker.state) {
            None => Condition::Running,
            Some(BreakerState::HalfOpen) => Condition::Probing,
            Some(BreakerState::Open { .. }) => Condition::Paused,
            Some(BreakerState::GivenUp) => Condition::GivenUp,
        };
        let unread = state.unread(role, MAX_UNREAD)?.len();
        let thoughts = state.thoughts_out(Some(&role.id), MAX_THOUGHTS)?.len();
        cut |= unread == MAX_UNREAD || thoughts == MAX_THOUGHTS;
        each.push(AgentState {
            role: role.id.clone(),
            condition,
            reason: agent.as_ref().and_then(|agent| agent.down()).map(str::to_owned),
            failures_in_a_row: agent.as_ref().map_or(0, |agent| agent.failures),
            unread: unread as u64,
            thoughts_out: thoughts as u64,
            took_part: 0,
            absent: 0,
            decided: 0,
        });
    }
    cut |= decisions::each(state, range, |decision| each.iter_mut().for_each(|one| one.count(decision)))?;
    let with =
        |condition: &[Condition]| each.iter().filter(|one| condition.contains(&one.condition)).count() as u64;
    let (paused, given_up) = (with(&[Condition::Paused, Condition::Probing]), with(&[Condition::GivenUp]));
    Ok(AgentMetrics { agents: each.len() as u64, paused, given_up, each, cut })
}

impl AgentState {
    fn count(&mut self, decision: &Decision) {
        self.took_part += u64::from(decision.participants.contains(&self.role));
        self.absent += u64::from(decision.absences.iter().any(|absence| absence.role == self.role));
        self.decided +=
            u64::from(matches!(&decision.decided_by, Some(Party::Role(role)) if *role == self.role));
    }
}
