//! Wording: how votes, statuses, deeds, counts and the like are put into words, wherever people read of them.
//!
//! What always holds: a wording is a function of its values, and the same thing has the same name wherever it is read.
//! What is recorded uses some of these words too ([`vote_name`], [`consensus`], [`sides`]): other words there are another
//! meaning of the code, which replays must know of.

use echo_storage::records::{Deed, FactKind, Kind, Mode, Phase, Priority, Status, Tally, Vote};

/// The text within so many characters, cut with a mark where it is longer.
pub(crate) fn shortened(text: &str, chars: usize) -> String {
    if text.chars().count() <= chars {
        return text.to_owned();
    }
    let kept: String = text.chars().take(chars.saturating_sub(1)).collect();
    format!("{}\u{2026}", kept.trim_end())
}

/// The word for a vote.
pub(crate) fn vote_name(vote: Vote) -> &'static str {
    match vote {
        Vote::Approve => "approve",
        Vote::Reject => "reject",
        Vote::Abstain => "abstain",
    }
}

/// A vote that became another.
pub(crate) fn changed(before: Vote, now: Vote) -> String {
    format!("{} to {}", vote_name(before), vote_name(now))
}

/// The word for where a decision stands.
pub(crate) fn status_name(status: Status) -> &'static str {
    match status {
        Status::Pending => "pending",
        Status::Approved => "approved",
        Status::Rejected => "rejected",
        Status::Escalated => "escalated",
    }
}

/// The word for how a decision is made.
pub(crate) fn mode_name(mode: Mode) -> &'static str {
    match mode {
        Mode::Autonomous => "autonomous",
        Mode::Collaborative => "collaborative",
        Mode::Hierarchical => "hierarchical",
        Mode::Human => "human",
    }
}

/// The word for what a person answered.
pub(crate) fn verdict_name(approve: bool) -> &'static str {
    status_name(if approve { Status::Approved } else { Status::Rejected })
}

/// The words for what somebody on a decision's path did.
pub(crate) fn deed_name(deed: Deed) -> &'static str {
    match deed {
        Deed::Opened => "opened",
        Deed::Concluded => "concluded",
        Deed::PassedUp => "passed up",
        Deed::AskedPerson => "asked person",
        Deed::Approved => "approved",
        Deed::Rejected => "rejected",
        Deed::Overrode => "overrode",
    }
}

/// The words for a phase.
pub(crate) fn phase_name(phase: &Phase) -> String {
    match phase {
        Phase::Selecting => "self-selection".to_owned(),
        Phase::Voting { round } => format!("round {round}"),
        Phase::Clarifying { round } => format!("questions of round {round}"),
        Phase::Synthesising => "synthesis".to_owned(),
        Phase::Climbing { at } => format!("climbing: {at}"),
        Phase::Waiting { .. } => "waiting for a person".to_owned(),
        Phase::Closed => "closed".to_owned(),
    }
}

/// The word for what a message is for.
pub(crate) fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Request => "request",
        Kind::Response => "response",
        Kind::Notification => "notification",
        Kind::Escalation => "escalation",
    }
}

/// The word for how urgent a message is.
pub(crate) fn priority_name(priority: Priority) -> &'static str {
    match priority {
        Priority::Low => "low",
        Priority::Normal => "normal",
        Priority::High => "high",
    }
}

/// The word for what a fact is about.
pub(crate) fn fact_kind_name(kind: FactKind) -> &'static str {
    match kind {
        FactKind::Money => "money",
        FactKind::Risk => "risk",
        FactKind::Feasibility => "feasibility",
        FactKind::Outcome => "outcome",
        FactKind::Completeness => "completeness",
        FactKind::Precedent => "precedent",
    }
}

/// A count with its noun, such as `1 vote` or `2 votes`.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// The votes of a count by heads, such as `2 approve, 0 reject, 1 abstain`.
pub(crate) fn heads(tally: &Tally) -> String {
    format!("{} approve, {} reject, {} abstain", tally.approve, tally.reject, tally.abstain)
}

/// Whether enough voted for the count to mean something.
pub(crate) fn quorum(tally: &Tally) -> &'static str {
    if tally.quorum { "quorum reached" } else { "no quorum" }
}

/// What share of those who took a side approve.
pub(crate) fn consensus(tally: &Tally) -> String {
    tally.consensus.map_or_else(|| "nobody took a side".to_owned(), |share| format!("consensus {share}"))
}

/// The same, with the share by confidence where it is known.
pub(crate) fn sides(tally: &Tally) -> String {
    match (tally.consensus, tally.weighted) {
        (Some(_), Some(weighted)) => format!("{}, weighted by confidence {weighted}", consensus(tally)),
        _ => consensus(tally),
    }
}

/// A count in a line, with these words on the sides that were taken.
pub(crate) fn count(tally: &Tally, sides: &str) -> String {
    let participants = counted(tally.participants as usize, "participant");
    format!("{} of {participants}; {}; {sides}", heads(tally), quorum(tally))
}

#[cfg(test)]
mod tests {
    use super::*;
    use echo_storage::quantities::Confidence;

    #[test]
    fn nouns_follow_their_number() {
        assert_eq!((counted(1, "vote"), counted(0, "vote")), ("1 vote".to_owned(), "0 votes".to_owned()));
    }

    #[test]
    fn counts_read_well() {
        let check = |participants: u32, shares: Option<(u64, Option<u64>)>, expected: &str| {
            let tally = Tally {
                approve: 1,
                reject: 0,
                abstain: 0,
                participants,
                quorum: participants > 1,
                consensus: shares.map(|(heads, _)| Confidence::saturating(heads)),
                weighted: shares.and_then(|(_, weighted)| weighted).map(Confidence::saturating),
                recommended: false,
                rejected: false,
            };
            assert_eq!(count(&tally, &sides(&tally)), expected);
        };
        let heads = "1 approve, 0 reject, 0 abstain of";
        check(1, None, &format!("{heads} 1 participant; no quorum; nobody took a side"));
        check(2, Some((500, None)), &format!("{heads} 2 participants; quorum reached; consensus 0.500"));
        let weighted = "consensus 0.500, weighted by confidence 0.610";
        check(2, Some((500, Some(610))), &format!("{heads} 2 participants; quorum reached; {weighted}"));
    }

    #[test]
    fn long_texts_are_cut_with_a_mark() {
        let check = |text: &str, chars: usize, expected: &str| assert_eq!(shortened(text, chars), expected);
        check("abc", 3, "abc");
        check("abcd", 3, "ab\u{2026}");
        check("ab cd", 4, "ab\u{2026}");
        check("\u{e9}\u{e9}\u{e9}", 3, "\u{e9}\u{e9}\u{e9}");
        check("", 3, "");
    }
}
