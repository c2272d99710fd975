//! `review_organizational_health`: how the whole organisation fares, in figures of the store.

use std::fmt;

use echo_runtime::tool::{Look, Tool};
use echo_runtime::turn::Failure;
use schemars::JsonSchema;
use serde::Serialize;

use crate::tools::metrics::agents::{AgentMetrics, agents};
use crate::tools::metrics::decisions::{DecisionMetrics, decisions};
use crate::tools::metrics::mail::{MailMetrics, mail};
use crate::tools::metrics::money::{MoneyMetrics, money};
use crate::tools::metrics::track::{Track, tracks, words};
use crate::tools::metrics::{LastHours, Range, Span};

const NAME: &str = "review_organizational_health";
const DESCRIPTION: &str = "Reviews the organisation over the last hours: decisions and how they ended, mail and what \
failed, agents that are paused, money against the limits, track records. It only reads.";

/// The tool.
pub(crate) fn tool() -> Tool {
    Tool::reads(NAME, DESCRIPTION, review)
}

#[derive(Serialize, JsonSchema)]
struct Health {
    /// The time range.
    range: Span,
    /// What became of decisions.
    decisions: DecisionMetrics,
    /// What was said and what failed.
    mail: MailMetrics,
    /// How the agents fare.
    agents: AgentMetrics,
    /// What was approved, against the limits.
    money: MoneyMetrics,
    /// How approvals stood, of all time.
    track_records: Vec<Track>,
}

impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { range, decisions, mail, agents, money, track_records } = self;
        write!(f, "{range}\n{decisions}\n{mail}\n{agents}\n{money}\n{}", words(track_records))
    }
}

fn review(look: &Look<'_>, LastHours { last_hours }: LastHours) -> Result<Health, Failure> {
    let range = Range::last(look.state, last_hours)?;
    Ok(Health {
        range: range.words(),
        decisions: decisions(look.state, range, |_| true)?,
        mail: mail(look.state, range)?,
        agents: agents(look.state, &look.config, range)?,
        money: money(look.state, &look.config, range, |_| true)?,
        track_records: tracks(look.state, &look.config, |_| true)?,
    })
}
