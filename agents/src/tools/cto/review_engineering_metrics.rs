//! `review_engineering_metrics`: how engineering decides, in figures of the store.
//!
//! Of decisions, track records and money, those of engineering: its types, and the roles that have them.

use std::fmt;

use echo_runtime::tool::{Look, Tool};
use echo_runtime::turn::Failure;
use echo_storage::names::{DecisionType, RoleId};
use schemars::JsonSchema;
use serde::Serialize;

use crate::engineering::TYPES;
use crate::tools::metrics::decisions::{DecisionMetrics, decisions};
use crate::tools::metrics::money::{MoneyMetrics, money};
use crate::tools::metrics::track::{Track, tracks, words};
use crate::tools::metrics::{LastHours, Range, Span};

const NAME: &str = "review_engineering_metrics";
const DESCRIPTION: &str = "Reviews engineering over the last hours: its decisions and how they ended, money against the \
limits, track records. It only reads.";

/// The tool.
pub(crate) fn tool() -> Tool {
    Tool::reads(NAME, DESCRIPTION, review)
}

#[derive(Serialize, JsonSchema)]
struct Engineering {
    /// The time range.
    range: Span,
    /// What became of decisions of engineering's types.
    decisions: DecisionMetrics,
    /// What engineering's roles approved, against their limits.
    money: MoneyMetrics,
    /// How approvals of engineering's types stood, of all time.
    track_records: Vec<Track>,
}

impl fmt::Display for Engineering {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { range, decisions, money, track_records } = self;
        write!(f, "{range}\n{decisions}\n{money}\n{}", words(track_records))
    }
}

fn review(look: &Look<'_>, LastHours { last_hours }: LastHours) -> Result<Engineering, Failure> {
    let range = Range::last(look.state, last_hours)?;
    let is_type = |kind: &DecisionType| TYPES.contains(&kind.as_str());
    let is_builder =
        |role: &RoleId| look.config.role(role).is_some_and(|role| role.may_decide.iter().any(is_type));
    Ok(Engineering {
        range: range.words(),
        decisions: decisions(look.state, range, |decision| is_type(&decision.proposal.kind))?,
        money: money(look.state, &look.config, range, is_builder)?,
        track_records: tracks(look.state, &look.config, is_type)?,
    })
}
