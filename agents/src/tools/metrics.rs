//! Metrics over a time range, from the store: what reviews of the organisation are made of.
//!
//! - [`Range`]: the last so many hours, which the reviews take as `last_hours`.
//! - [`decisions::decisions`]: what was opened, how it closed, how long that took, by initiator and by type.
//! - [`mail::mail`]: messages, failures and dead letters.
//! - [`agents::agents`]: how each agent fares now: failures, breakers, mail, questions out, participation.
//! - [`money::money`]: what was approved against the limits.
//! - [`track::tracks`]: how approvals stood.
//!
//! What always holds: everything is read from the state through questions that are bounded, and an answer says which of its
//! bounds was reached, since then it is of the newest part only. A range ends at the last step of the store, not at the
//! clock, so the same state gives the same answer.

pub(crate) mod agents;
pub(crate) mod decisions;
pub(crate) mod mail;
pub(crate) mod money;
pub(crate) mod track;

use echo_runtime::turn::{Failure, refuse};
use echo_storage::Query;
use echo_storage::journal::Head;
use echo_storage::quantities::{Confidence, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How far a review looks back where nothing is said: a week.
pub(crate) const DEFAULT_HOURS: u32 = 168;

/// How far it looks back at most: a year.
pub(crate) const MAX_HOURS: u32 = 8_760;

const HOUR_MS: u64 = 60 * 60 * 1000;

/// What a review is told that asks for nothing but a range.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LastHours {
    /// How many hours back, from the last step of the store; a week unless said.
    #[serde(default = "default_hours")]
    #[schemars(range(min = 1, max = 8_760))]
    pub(crate) last_hours: u32,
}

/// For arguments of which the range is one.
pub(crate) fn default_hours() -> u32 {
    DEFAULT_HOURS
}

/// A time range: from `since` to `until`, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    /// Its first moment.
    pub(crate) since: Timestamp,
    /// Its last moment: that of the newest step.
    pub(crate) until: Timestamp,
}

impl Range {
    /// The last so many hours before the newest step.
    ///
    /// # Errors
    /// Fewer hours than one, or more than [`MAX_HOURS`].
    pub(crate) fn last(state: &(impl Query + ?Sized), last_hours: u32) -> Result<Self, Failure> {
        if !(1..=MAX_HOURS).contains(&last_hours) {
            return refuse(format!("last_hours: it is {last_hours}, and may be 1 to {MAX_HOURS}"));
        }
        // The head knows of what is committed, the newest message of what this batch holds besides.
        let newest = state.messages(None, 1)?.first().map(|message| message.at).unwrap_or_default();
        let until = Head::of(state)?.now.max(newest);
        Ok(Self { since: until.before_ms(u64::from(last_hours) * HOUR_MS), until })
    }

    /// Whether a moment lies in it.
    pub(crate) fn holds(&self, at: Timestamp) -> bool {
        (self.since..=self.until).contains(&at)
    }

    /// The range for people.
    pub(crate) fn words(&self) -> Span {
        Span { since: self.since.to_string(), until: self.until.to_string() }
    }
}

/// A time range as it is shown.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Span {
    /// From when, in UTC.
    pub(crate) since: String,
    /// To when, in UTC: the last step of the store.
    pub(crate) until: String,
}

impl std::fmt::Display for Span {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} to {}", self.since, self.until)
    }
}

/// Part of a whole in thousandths, rounded down; nothing of nothing.
pub(crate) fn share(part: u64, whole: u64) -> Option<u16> {
    let thousandths = u128::from(part) * 1000 / u128::from(std::num::NonZeroU64::new(whole)?.get());
    Some(Confidence::saturating(u64::try_from(thousandths).unwrap_or(u64::MAX)).thousandths())
}

/// The value that so many percent of a sorted list do not exceed, by the nearest-rank method: the value at the rank of
/// ceil(percent / 100 × length), from 1. Source: Hyndman and Fan, Sample Quantiles in Statistical Packages (1996), definition 1.
pub(crate) fn percentile(sorted: &[u64], percent: u32) -> Option<u64> {
    let rank = (sorted.len() * percent.min(100) as usize).div_ceil(100);
    sorted.get(rank.max(1) - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_thousandths_of_something() {
        let check = |part, whole, expected| assert_eq!(share(part, whole), expected, "{part}/{whole}");
        check(0, 0, None);
        check(0, 3, Some(0));
        check(1, 3, Some(333));
        check(2, 3, Some(666));
        check(3, 3, Some(1000));
        check(u64::MAX, u64::MAX, Some(1000));
    }

    #[test]
    fn percentiles_are_by_nearest_rank() {
        let check = |sorted: &[u64], percent, expected| {
            assert_eq!(percentile(sorted, percent), expected, "{sorted:?} {percent}");
        };
        check(&[], 50, None);
        check(&[7], 50, Some(7));
        check(&[7], 0, Some(7));
        check(&[7], 90, Some(7));
        check(&[1, 2], 50, Some(1));
        check(&[1, 2, 3], 50, Some(2));
        check(&[1, 2, 3], 90, Some(3));
        check(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 90, Some(9));
        check(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 100, Some(10));
    }
}
