//! `review_operational_metrics`: how the organisation runs, in figures of the store.

use std::fmt;

use echo_runtime::authority;
use echo_runtime::tool::{Look, Tool};
use echo_runtime::turn::Failure;
use schemars::JsonSchema;
use serde::Serialize;

use crate::tools::metrics::agents::{AgentMetrics, agents};
use crate::tools::metrics::decisions::{DecisionMetrics, decisions};
use crate::tools::metrics::mail::{MailMetrics, mail};
use crate::tools::metrics::money::{MoneyMetrics, money};
use crate::tools::metrics::{LastHours, Range, Span, share};

const NAME: &str = "review_operational_metrics";
const DESCRIPTION: &str = "Reviews operations over the last hours: what was decided within your authority, how mail flows and \
what failed, the backlog of each agent, and your money against the limit. It only reads.";

/// The tool.
pub(crate) fn tool() -> Tool {
    Tool::reads(NAME, DESCRIPTION, review)
}

#[derive(Serialize, JsonSchema)]
struct Operations {
    /// The time range.
    range: Span,
    /// What became of decisions of the types that are yours.
    decisions: DecisionMetrics,
    /// What was said and what failed.
    mail: MailMetrics,
    /// Messages handled at last or not failed at all, among those sent, in thousandths; null where none were.
    delivered_share: Option<u16>,
    /// How the agents fare.
    agents: AgentMetrics,
    /// Messages that agents have not handled yet.
    backlog: u64,
    /// What you approved, against your limit.
    money: MoneyMetrics,
}

impl fmt::Display for Operations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { range, decisions, mail, agents, backlog, money, .. } = self;
        write!(f, "{range}\n{decisions}\n{mail}")?;
        if let Some(share) = self.delivered_share {
            write!(f, "; {share} of 1000 without a dead letter")?;
        }
        write!(f, "\nbacklog: {backlog} messages\n{agents}\n{money}")
    }
}

fn review(look: &Look<'_>, LastHours { last_hours }: LastHours) -> Result<Operations, Failure> {
    let range = Range::last(look.state, last_hours)?;
    let is_mine =
        |kind: &echo_storage::names::DecisionType| authority::has_type(&look.config, &look.caller, kind);
    let mail = mail(look.state, range)?;
    let agents = agents(look.state, &look.config, range)?;
    Ok(Operations {
        range: range.words(),
        decisions: decisions(look.state, range, |decision| is_mine(&decision.proposal.kind))?,
        // A dead letter may be older than the range, so that there may be more of them than messages.
        delivered_share: share(mail.messages.saturating_sub(mail.dead_letters), mail.messages),
        mail,
        backlog: agents.each.iter().map(|agent| agent.unread).sum(),
        agents,
        money: money(look.state, &look.config, range, |role| *role == look.caller)?,
    })
}
