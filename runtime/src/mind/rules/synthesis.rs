//! What the votes amount to, in words made of the count and the ballots.
//!
//! What always holds: the text holds figures, roles and what they said, and adds no opinion of its own.

use echo_storage::records::{Ballot, Context, Tally, Vote};

use super::facts::answered;
use super::{NAME, after_opening};
use crate::wording::{quorum, sides};

/// The most characters of somebody's reason that are repeated.
const MAX_REASON_CHARS: usize = 200;

/// The text.
pub(super) fn text(context: &Context, tally: &Tally, ballots: &[Ballot]) -> String {
    let Tally { approve, reject, abstain, participants, .. } = tally;
    let (share, quorum) = (sides(tally), quorum(tally));
    let mut parts = vec![format!(
        "{}: {approve} approve, {reject} reject, {abstain} abstain of {participants} participants; {share}; {quorum}",
        verdict(tally)
    )];
    let objections = ballots.iter().filter(|ballot| ballot.vote == Vote::Reject);
    parts.extend(objections.map(|ballot| format!("{} objects: {}", ballot.role, strongest(ballot))));
    if ballots.iter().all(|ballot| ballot.vote != Vote::Reject) {
        parts.push("no role objects".to_owned());
    }
    let open = context.risks.iter().filter(|risk| !answered(risk)).count();
    parts.push(format!("{open} of {} risks without an answer", context.risks.len()));
    parts.join("; ")
}

/// Recommended, rejected or open.
fn verdict(tally: &Tally) -> &'static str {
    match (tally.recommended, tally.rejected) {
        (true, _) => "recommended",
        (_, true) => "rejected",
        _ => "open",
    }
}

/// What counted most against it: the fact that took off most, otherwise the first thing that the rationale says.
fn strongest(ballot: &Ballot) -> String {
    let against = ballot.facts.iter().filter(|fact| fact.effect < 0).min_by_key(|fact| fact.effect);
    if let Some(fact) = against {
        return format!("{} ({:+})", fact.words, fact.effect);
    }
    let whole = ballot.rationale.as_str();
    let facts = if ballot.mind == NAME { after_opening(whole) } else { whole };
    let first = facts.split("; ").next().unwrap_or_default().trim();
    if first.is_empty() {
        "no reason given".to_owned()
    } else {
        first.chars().take(MAX_REASON_CHARS).collect()
    }
}
