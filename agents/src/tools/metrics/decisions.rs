//! What became of decisions: opened and closed, by whom and of what type, and how long it took.

use std::collections::BTreeMap;
use std::fmt;

use echo_runtime::turn::Failure;
use echo_storage::Query;
use echo_storage::records::{Decision, Deed, Reason, Status};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Range, percentile, share};

/// How many decisions are looked at: the newest.
pub(crate) const MAX_DECISIONS: usize = 10_000;

/// How many are read at a time.
const PAGE: usize = 200;

/// What became of decisions in a range.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct DecisionMetrics {
    /// How many were opened in the range.
    pub(crate) opened: u64,
    /// How many of those are open still.
    pub(crate) open: u64,
    /// How many of those wait for a person.
    pub(crate) waiting_for_person: u64,
    /// How many ended in the range, whenever they were opened.
    pub(crate) closed: u64,
    /// How many of the closed were approved.
    pub(crate) approved: u64,
    /// How many of the closed were rejected on their merits.
    pub(crate) rejected: u64,
    /// How many of the closed were rejected because required fields were missing; they count in no share.
    pub(crate) incomplete: u64,
    /// How many of the closed had been turned round by a role above.
    pub(crate) overridden: u64,
    /// Approved among approved and rejected, in thousandths; null where there are none.
    pub(crate) approval_share: Option<u16>,
    /// Passed up or put to a person, among those opened and complete, in thousandths; null where there are none.
    pub(crate) escalation_share: Option<u16>,
    /// The median time from opening to end of those closed and complete, in milliseconds, by nearest rank.
    pub(crate) close_median_ms: Option<u64>,
    /// What nine in ten of them did not exceed, in milliseconds, by nearest rank.
    pub(crate) close_p90_ms: Option<u64>,
    /// By who opened them, sorted.
    pub(crate) by_initiator: Vec<Part>,
    /// By type, sorted.
    pub(crate) by_type: Vec<Part>,
    /// Whether there were more than the 10,000 newest decisions, and older ones were not looked at.
    pub(crate) cut: bool,
}

/// The decisions of one initiator or type.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Part {
    /// Whose, or of which type.
    pub(crate) name: String,
    /// How many were opened in the range.
    pub(crate) opened: u64,
    /// How many ended in it.
    pub(crate) closed: u64,
    /// How many of those were approved.
    pub(crate) approved: u64,
}

impl fmt::Display for DecisionMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { opened, open, waiting_for_person, closed, approved, rejected, incomplete, .. } = self;
        write!(
            f,
            "decisions: {opened} opened ({open} open, of them {waiting_for_person} with a person), {closed} closed \
             ({approved} approved, {rejected} rejected, {incomplete} incomplete)"
        )?;
        if let Some(share) = self.approval_share {
            write!(f, "; {share} of 1000 approved")?;
        }
        if let Some(share) = self.escalation_share {
            write!(f, "; {share} of 1000 escalated")?;
        }
        if let (Some(median), Some(p90)) = (self.close_median_ms, self.close_p90_ms) {
            write!(f, "; closed after {median} ms at the median, {p90} ms at the 90th percentile")?;
        }
        if self.cut {
            write!(f, "; only the newest {MAX_DECISIONS} decisions were looked at")
        } else {
            Ok(())
        }
    }
}

/// The decisions that a review counts: those of the newest [`MAX_DECISIONS`] that were opened or that ended in the range, the
/// newest first, and whether there were older ones that were not looked at.
pub(crate) fn each(
    state: &(impl Query + ?Sized),
    range: Range,
    tell: impl FnMut(&Decision),
) -> Result<bool, Failure> {
    each_of_newest(state, range, MAX_DECISIONS, tell)
}

fn each_of_newest(
    state: &(impl Query + ?Sized),
    range: Range,
    bound: usize,
    mut tell: impl FnMut(&Decision),
) -> Result<bool, Failure> {
    let (mut before, mut seen) = (None, 0);
    while seen < bound {
        let page = state.decisions(before, PAGE.min(bound - seen))?;
        let Some(last) = page.last() else { return Ok(false) };
        before = Some(last.id);
        seen += page.len();
        for decision in &page {
            if range.holds(decision.opened_at) || decision.closed_at.is_some_and(|at| range.holds(at)) {
                tell(decision);
            }
        }
    }
    Ok(!state.decisions(before, 1)?.is_empty())
}

/// What became of those decisions in the range that are wanted, such as those of some types.
pub(crate) fn decisions(
    state: &(impl Query + ?Sized),
    range: Range,
    is_wanted: impl Fn(&Decision) -> bool,
) -> Result<DecisionMetrics, Failure> {
    let mut counts = Counts::default();
    let cut = each(state, range, |decision| {
        if is_wanted(decision) {
            counts.add(range, decision);
        }
    })?;
    Ok(DecisionMetrics { cut, ..counts.finish() })
}

#[derive(Default)]
struct Counts {
    metrics: DecisionMetrics,
    opened_complete: u64,
    escalated: u64,
    durations: Vec<u64>,
    by_initiator: BTreeMap<String, Part>,
    by_type: BTreeMap<String, Part>,
}

impl Counts {
    fn add(&mut self, range: Range, decision: &Decision) {
        let metrics = &mut self.metrics;
        let is_incomplete = matches!(decision.reason, Some(Reason::Incomplete { .. }));
        let opened = range.holds(decision.opened_at);
        let closed = decision.closed_at.filter(|at| range.holds(*at));
        let is_approved = closed.is_some() && decision.status == Status::Approved;
        if opened {
            metrics.opened += 1;
            metrics.open += u64::from(decision.closed_at.is_none());
            metrics.waiting_for_person += u64::from(decision.status == Status::Escalated);
            let climbs = |deed| matches!(deed, Deed::PassedUp | Deed::AskedPerson);
            if !is_incomplete {
                self.opened_complete += 1;
                self.escalated += u64::from(decision.path.iter().any(|step| climbs(step.deed)));
            }
        }
        if let Some(at) = closed {
            metrics.closed += 1;
            metrics.overridden += u64::from(decision.reason == Some(Reason::Overridden));
            metrics.approved += u64::from(is_approved);
            metrics.incomplete += u64::from(is_incomplete);
            metrics.rejected += u64::from(!is_approved && !is_incomplete);
            if !is_incomplete {
                self.durations.push(at.ms().saturating_sub(decision.opened_at.ms()));
            }
        }
        let (initiator, kind) = (&decision.proposal.initiator, &decision.proposal.kind);
        for (parts, name) in
            [(&mut self.by_initiator, initiator.as_str()), (&mut self.by_type, kind.as_str())]
        {
            let part = parts.entry(name.to_owned()).or_default();
            part.opened += u64::from(opened);
            part.closed += u64::from(closed.is_some());
            part.approved += u64::from(is_approved);
        }
    }

    fn finish(mut self) -> DecisionMetrics {
        self.durations.sort_unstable();
        let named = |parts: BTreeMap<String, Part>| {
            parts.into_iter().map(|(name, part)| Part { name, ..part }).collect()
        };
        DecisionMetrics {
            approval_share: share(self.metrics.approved, self.metrics.approved + self.metrics.rejected),
            escalation_share: share(self.escalated, self.opened_complete),
            close_median_ms: percentile(&self.durations, 50),
            close_p90_ms: percentile(&self.durations, 90),
            by_initiator: named(self.by_initiator),
            by_type: named(self.by_type),
            ..self.metrics
        }
    }
}

#[cfg(test)]
mod tests;
