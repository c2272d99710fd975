//! `agents`: lists the agents with how each is doing, or shows one in full.
//!
//! What always holds: looking changes nothing. The agents are those of the store's configuration, in their order.

mod one;

use echo_storage::Query;
use echo_storage::names::{DecisionType, RoleId};
use echo_storage::quantities::Usd;
use echo_storage::query::MAX_ROWS;
use echo_storage::records::{Agent, Breaker, BreakerState, RoleConfig};
use serde::Serialize;

use super::look::{self, Look};
use super::names::{decimal, word};
use super::table::{Side, Table};
use super::{End, Failed, Invocation, listing};
use crate::authority;

pub(super) const EXAMPLES: &str = "\
Examples:
  echo-org agents
  echo-org agents --json

With a ROLE of that list: what it hears, what it may decide, its tools, its keywords. An agent
is ready, thinking (a question of it is out), paused (it failed too often and goes on by itself),
on trial (its first step after a pause), or given up (`echo-org retry --agent ROLE` starts it).
SPENT is what it has approved in the time in which approvals count against its limit, 24 hours.
STOOD is how many of its approvals stand.";

/// What `agents` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The role that is shown in full
    #[arg(value_name = "ROLE")]
    role: Option<String>,
}

/// The agents, in the order of their roles.
#[derive(Serialize)]
struct List {
    agents: Vec<Summary>,
}

/// How an agent is doing.
#[derive(Serialize)]
pub(super) struct Summary {
    pub(super) role: RoleId,
    title: String,
    /// The next one up; null means a person.
    escalates_to: Option<RoleId>,
    /// Null means that any amount escalates.
    limit_usd: Option<Usd>,
    /// What it approved within the window in which that counts against the limit.
    spent_usd: Usd,
    pub(super) unread: usize,
    pub(super) questions_out: usize,
    track: Vec<Track>,
    /// How many of its steps in a row have failed.
    failures: u32,
    pub(super) state: Condition,
    /// Until when it is paused.
    paused_until_at: Option<String>,
    /// The failure that opened its breaker last.
    pub(super) reason: Option<String>,
}

/// How its approvals of one type fared.
#[derive(Serialize)]
struct Track {
    #[serde(rename = "type")]
    kind: DecisionType,
    stood: u32,
    reversed: u32,
    /// What that counts in its confidence, 0 to 1.
    record: f64,
}

/// Whether an agent works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Condition {
    /// It takes its next message when there is one.
    Ready,
    /// A question to its mind is out.
    Thinking,
    /// Its breaker is open.
    Paused,
    /// Its breaker is open by half: the next step closes it or opens it again.
    OnTrial,
    /// Its breaker opened too often.
    GivenUp,
}

impl Summary {
    /// How the agent of a role is doing.
    pub(super) fn of(look: &Look, role: &RoleConfig) -> Result<Self, Failed> {
        let state = &look.snapshot;
        let agent = state.agent(&role.id).map_err(Failed::because)?;
        let agent = agent.unwrap_or_else(|| Agent::new(role.id.clone()));
        let out = state.thoughts_out(Some(&role.id), MAX_ROWS).map_err(Failed::because)?.len();
        let how = match agent.breaker.as_ref().map(|breaker| &breaker.state) {
            Some(BreakerState::Open { .. }) => Condition::Paused,
            Some(BreakerState::GivenUp) => Condition::GivenUp,
            Some(BreakerState::HalfOpen) => Condition::OnTrial,
            None if out > 0 => Condition::Thinking,
            None => Condition::Ready,
        };
        let until = match &agent.breaker {
            Some(Breaker { state: BreakerState::Open { until, .. }, .. }) => Some(until.to_string()),
            _ => None,
        };
        let track = agent.track.into_iter().map(|track| Track {
            kind: track.kind,
            stood: track.stood,
            reversed: track.reversed,
            record: decimal(authority::track_record(track.stood, track.reversed)),
        });
        Ok(Self {
            role: role.id.clone(),
            title: role.title.clone(),
            escalates_to: role.escalates_to.clone(),
            limit_usd: role.budget_limit,
            spent_usd: authority::spent(state, &look.config, &role.id, look.now).map_err(Failed::because)?,
            unread: state.unread(role, MAX_ROWS).map_err(Failed::because)?.len(),
            questions_out: out,
            track: track.collect(),
            failures: agent.failures,
            state: how,
            paused_until_at: until,
            reason: agent.breaker.map(|breaker| breaker.reason),
        })
    }

    /// Whether it works, in words.
    pub(super) fn state_in_words(&self) -> String {
        let until = self.paused_until_at.iter().map(|until| format!(" until {until}"));
        let reason = self.reason.iter().map(|reason| format!(": {reason}"));
        std::iter::once(word(&self.state)).chain(until).chain(reason).collect()
    }

    /// What it approved and what of that stands, in words.
    fn track_in_words(&self) -> String {
        let stood: u32 = self.track.iter().map(|track| track.stood).sum();
        let all = stood + self.track.iter().map(|track| track.reversed).sum::<u32>();
        if all == 0 { String::new() } else { format!("{stood} of {all}") }
    }

    fn limit_in_words(&self) -> String {
        self.limit_usd.map_or_else(|| "none".to_owned(), |limit| limit.to_string())
    }

    fn escalates_to_in_words(&self) -> String {
        self.escalates_to.as_ref().map_or_else(|| "a person".to_owned(), ToString::to_string)
    }
}

/// Lists, or shows one.
pub(super) fn run(invocation: &mut Invocation<'_, '_>, arguments: &Arguments) -> Result<End, Failed> {
    if let Some(name) = &arguments.role {
        let role = look::role(&invocation.organisation, "ROLE", name)?;
        return one::show(invocation, &role);
    }
    let look = Look::open(invocation)?;
    let agents = look.config.roles.iter().map(|role| Summary::of(&look, role));
    let agents = agents.collect::<Result<Vec<_>, _>>()?;
    if invocation.json {
        invocation.output.json(&List { agents });
        return Ok(End::Well);
    }
    let mut table = Table::new([
        ("ROLE", Side::Left),
        ("TITLE", Side::Left),
        ("ESCALATES TO", Side::Left),
        ("LIMIT", Side::Right),
        ("SPENT", Side::Right),
        ("UNREAD", Side::Right),
        ("ASKED", Side::Right),
        ("STOOD", Side::Right),
        ("FAILED", Side::Right),
        ("STATE", Side::Left),
    ]);
    for agent in &agents {
        table.row([
            agent.role.to_string(),
            agent.title.clone(),
            agent.escalates_to_in_words(),
            agent.limit_in_words(),
            agent.spent_usd.to_string(),
            agent.unread.to_string(),
            agent.questions_out.to_string(),
            agent.track_in_words(),
            agent.failures.to_string(),
            agent.state_in_words(),
        ]);
    }
    listing::tell(invocation, Some(&table), "", None);
    Ok(End::Well)
}
