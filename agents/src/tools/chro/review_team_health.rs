//! `review_team_health`: how each agent fares, in figures of the store.

use std::fmt;

use echo_runtime::tool::{Look, Tool};
use echo_runtime::turn::Failure;
use schemars::JsonSchema;
use serde::Serialize;

use crate::tools::metrics::agents::{AgentMetrics, agents};
use crate::tools::metrics::mail::{MailMetrics, mail};
use crate::tools::metrics::{LastHours, Range, Span};

const NAME: &str = "review_team_health";
const DESCRIPTION: &str = "Reviews how each agent fares: failures in a row, pauses, unread mail, questions that are out, and \
in which decisions of the last hours it took part. It only reads.";

/// The tool.
pub(crate) fn tool() -> Tool {
    Tool::reads(NAME, DESCRIPTION, review)
}

#[derive(Serialize, JsonSchema)]
struct Team {
    /// The time range of participation and mail; all else is as of now.
    range: Span,
    /// How the agents fare.
    agents: AgentMetrics,
    /// What was said and what failed.
    mail: MailMetrics,
}

impl fmt::Display for Team {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}\n{}", self.range, self.agents, self.mail)
    }
}

fn review(look: &Look<'_>, LastHours { last_hours }: LastHours) -> Result<Team, Failure> {
    let range = Range::last(look.state, last_hours)?;
    Ok(Team {
        range: range.words(),
        agents: agents(look.state, &look.config, range)?,
        mail: mail(look.state, range)?,
    })
}
