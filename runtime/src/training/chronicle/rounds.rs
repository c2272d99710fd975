//! The rounds of a decision: who voted how, asked what, was absent, and changed its mind on whose word.
//!
//! What always holds: a round is there if it has closed or has a ballot, whatever the decision counts; rows stand in the
//! order of the roles.

use echo_storage::records::{Absence, Ballot, Config, Decision, Phase};
use echo_storage::{Query, State, StoreError};

use super::{Change, Round, position};

/// How many rounds are read at most; rules allow fewer.
const MAX_ROUNDS: u32 = 100;

/// The rounds of a decision.
pub(in crate::training) fn gather(
    state: &(impl State + ?Sized),
    config: &Config,
    decision: &Decision,
) -> Result<Vec<Round>, StoreError> {
    let known = match decision.phase {
        Phase::Voting { round } | Phase::Clarifying { round } => decision.rounds.max(round),
        _ => decision.rounds,
    };
    let mut rounds: Vec<Round> = Vec::new();
    for number in 1..=MAX_ROUNDS {
        let mut ballots = state.ballots(decision.id, number)?;
        if ballots.is_empty() && number > known {
            break;
        }
        ballots.sort_by_key(|ballot| position(config, &ballot.role));
        let mut clarifications = state.clarifications(decision.id, number)?;
        clarifications.sort_by_key(|one| position(config, &one.asker));
        let absences = decision.absences.iter().filter(|absence| absence.round == number);
        let absences: Vec<Absence> = absences.cloned().collect();
        let changes = changes(&rounds, &ballots);
        rounds.push(Round { number, ballots, clarifications, absences, changes });
    }
    Ok(rounds)
}

/// Whose vote is another than the last it cast before.
pub(super) fn changes(before: &[Round], ballots: &[Ballot]) -> Vec<Change> {
    let last = |ballot: &Ballot| {
        let rounds = before.iter().rev();
        rounds.flat_map(|round| &round.ballots).find(|earlier| earlier.role == ballot.role)
    };
    let changed = ballots.iter().filter_map(|ballot| {
        let before = last(ballot).filter(|before| before.vote != ballot.vote)?.vote;
        let mut facts: Vec<_> = ballot.facts.iter().filter(|fact| fact.from.is_some()).collect();
        facts.sort_by_key(|fact| std::cmp::Reverse(fact.effect.unsigned_abs()));
        let named = facts.into_iter().filter_map(|fact| Some((fact.from.clone()?, fact.words.clone())));
        Some(Change { role: ballot.role.clone(), before, now: ballot.vote, named: named.collect() })
    });
    changed.collect()
}
