//! Phrases that every written form of a session uses.
//!
//! What always holds: a phrase is a function of its values, and the same thing has the same name wherever it is read.

use super::chronicle::{Chronicle, Fate};
use super::expectations::{CheckVerdict, Counts, Score};
use super::report::Report;
use crate::deliveries::DeliveryState;
use crate::wording::{consensus, count, counted};

/// A length of time, such as `250 ms`, `1.250 s` or `2 min 5 s`.
pub(super) fn span(ms: u64) -> String {
    let (seconds, rest) = (ms / 1000, ms % 1000);
    match seconds {
        0 => format!("{ms} ms"),
        1..=59 if rest == 0 => format!("{seconds} s"),
        1..=59 => format!("{seconds}.{rest:03} s"),
        60..=3599 if seconds.is_multiple_of(60) => format!("{} min", seconds / 60),
        60..=3599 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}

/// A text with its first letter a capital.
pub(super) fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The outcome as one sentence.
pub(super) fn outcome(report: &Report) -> String {
    format!("{}.", capitalised(&report.outcome()))
}

/// The count in a line, or that there is none.
pub(super) fn tally(report: &Report) -> String {
    let Some(tally) = &report.tally else { return "Nobody was asked for a vote.".to_owned() };
    format!("{}.", count(tally, &consensus(tally)))
}

/// How the checks came out, in a line.
pub(super) fn score(report: &Report) -> String {
    if report.expectations.checks.is_empty() {
        return "nothing was expected, so nothing is scored".to_owned();
    }
    let Counts { held, failed, not_scored } = Score { checks: report.expectations.checks.clone() }.counts();
    format!("{held} held, {failed} failed, {not_scored} not scored")
}

/// The word for what came of a check.
pub(super) fn check_name(verdict: CheckVerdict) -> &'static str {
    match verdict {
        CheckVerdict::Held => "held",
        CheckVerdict::Failed => "failed",
        CheckVerdict::NotScored => "not scored",
    }
}

/// Everything that went wrong, in the order of the steps; empty where nothing did.
pub(super) fn troubles(chronicle: &Chronicle) -> Vec<Trouble> {
    let mut troubles = Vec::new();
    for failed in &chronicle.events.failures {
        let who = failed.role.as_ref().map_or_else(|| "runtime".to_owned(), ToString::to_string);
        let what = format!("could not {}: {}", failed.what, failed.reason);
        troubles.push(Trouble { step: Some(failed.when.step), kind: "failed step", who, what });
    }
    for sent in &chronicle.events.messages {
        for Fate { delivery, handled } in &sent.fates {
            let kind = match delivery.state {
                DeliveryState::Dead => "dead letter",
                DeliveryState::Failed => "failed delivery",
                DeliveryState::Read | DeliveryState::Unread => continue,
            };
            let reason = delivery.reason.as_deref().unwrap_or("no reason was recorded");
            let attempts = counted(delivery.attempts as usize, "attempt");
            let what = format!("{} after {attempts}: {reason}", sent.message.id);
            let step = handled.map(|handled| handled.step);
            troubles.push(Trouble { step, kind, who: delivery.role.to_string(), what });
        }
    }
    for change in &chronicle.events.breakers {
        let (who, what) = (change.role.to_string(), change.what.clone());
        troubles.push(Trouble { step: Some(change.when.step), kind: "breaker", who, what });
    }
    for absence in chronicle.rounds.iter().flat_map(|round| &round.absences) {
        let what = format!("absent in round {}: {}", absence.round, absence.reason);
        troubles.push(Trouble { step: None, kind: "absence", who: absence.role.to_string(), what });
    }
    for thinking in &chronicle.events.thoughts {
        if let Err(reason) = &thinking.outcome {
            let what = format!("no word on {} ({}): {reason}", thinking.about, thinking.id);
            let step = thinking.ended.map(|ended| ended.step);
            troubles.push(Trouble { step, kind: "mind", who: thinking.role.to_string(), what });
        }
    }
    troubles.sort_by_key(|trouble| trouble.step.unwrap_or(u64::MAX));
    troubles
}

/// Something that went wrong.
pub(super) struct Trouble {
    /// In which step, where it was one.
    pub(super) step: Option<u64>,
    /// What kind of trouble it is.
    pub(super) kind: &'static str,
    /// With whom.
    pub(super) who: String,
    /// What.
    pub(super) what: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_read_well() {
        let check = |ms: u64, expected: &str| assert_eq!(span(ms), expected);
        check(0, "0 ms");
        check(999, "999 ms");
        check(1_000, "1 s");
        check(1_250, "1.250 s");
        check(59_999, "59.999 s");
        check(120_000, "2 min");
        check(125_900, "2 min 5 s");
        check(3_600_000, "1 h 0 min");
        check(90_000_000, "25 h 0 min");
    }

    #[test]
    fn sentences_begin_with_a_capital() {
        assert_eq!(capitalised("it is so"), "It is so");
        assert_eq!(capitalised(""), "");
    }
}
