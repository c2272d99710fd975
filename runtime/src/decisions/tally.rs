//! The tally: heads counted, and what they amount to.

use echo_storage::quantities::Confidence;
use echo_storage::records::{Ballot, Rules, Tally, Vote};

/// Counts the ballots of `participants` who could have voted.
///
/// Quorum: ballots cast among participants at least [`Rules::quorum`], and at least [`Rules::quorum_ballots`] of
/// them. Consensus: approvals among approvals and rejections, by heads. Recommended: quorum, and consensus at or above
/// [`Rules::consensus`]; rejected the same way round. All of it is exact arithmetic on whole thousandths: shares are compared before they are
/// rounded.
pub fn tally(rules: &Rules, participants: usize, ballots: &[Ballot]) -> Tally {
    let count = |vote: Vote| ballots.iter().filter(|ballot| ballot.vote == vote).count() as u64;
    let weight = |vote: Vote| -> u64 {
        let of_vote = ballots.iter().filter(|ballot| ballot.vote == vote);
        of_vote.map(|ballot| u64::from(ballot.confidence.thousandths())).sum()
    };
    let (approve, reject, abstain) = (count(Vote::Approve), count(Vote::Reject), count(Vote::Abstain));
    let (cast, participants) = (ballots.len() as u64, participants as u64);
    let quorum = cast >= u64::from(rules.quorum_ballots) && reaches(cast, participants, rules.quorum);
    let share = |of: u64, others: u64| {
        let all = of + others;
        (all > 0).then(|| Confidence::saturating(of * 1000 / all))
    };
    let carried = |of: u64, others: u64| quorum && of > 0 && reaches(of, of + others, rules.consensus);
    let narrow = |heads: u64| u32::try_from(heads).unwrap_or(u32::MAX);
    Tally {
        approve: narrow(approve),
        reject: narrow(reject),
        abstain: narrow(abstain),
        participants: narrow(participants),
        quorum,
        consensus: share(approve, reject),
        weighted: share(weight(Vote::Approve), weight(Vote::Reject)),
        recommended: carried(approve, reject),
        rejected: carried(reject, approve),
    }
}

fn reaches(part: u64, whole: u64, share: Confidence) -> bool {
    part * 1000 >= whole * u64::from(share.thousandths())
}

#[cfg(test)]
mod tests {
    use super::*;
    use echo_storage::names::{DecisionId, Id, RoleId};
    use echo_storage::quantities::Timestamp;
    use proptest::prelude::*;

    fn ballot(index: usize, vote: Vote, confidence: u64) -> Ballot {
        Ballot {
            decision: DecisionId::from_number(1),
            round: 1,
            role: RoleId::new(&format!("role_{index}")).unwrap(),
            vote,
            confidence: Confidence::saturating(confidence),
            rationale: String::new(),
            facts: Vec::new(),
            mind: "rules".to_owned(),
            at: Timestamp::default(),
        }
    }

    fn counted(approve: usize, reject: usize, abstain: usize, participants: usize) -> Tally {
        let votes = [(Vote::Approve, approve), (Vote::Reject, reject), (Vote::Abstain, abstain)];
        let votes = votes.into_iter().flat_map(|(vote, heads)| std::iter::repeat_n(vote, heads));
        let ballots: Vec<Ballot> = votes.enumerate().map(|(index, vote)| ballot(index, vote, 500)).collect();
        tally(&Rules::default(), participants, &ballots)
    }

    #[test]
    fn outcomes_at_their_thresholds() {
        // approve, reject, abstain, participants => quorum, recommended, rejected
        let check = |heads: [usize; 4], expected: [bool; 3]| {
            let tally = counted(heads[0], heads[1], heads[2], heads[3]);
            assert_eq!([tally.quorum, tally.recommended, tally.rejected], expected, "{heads:?}");
        };
        check([3, 2, 0, 5], [true, true, false]);
        check([2, 3, 0, 5], [true, false, true]);
        check([1, 1, 0, 2], [true, false, false]);
        check([0, 0, 4, 4], [true, false, false]);
        check([1, 0, 1, 4], [true, true, false]);
        check([1, 0, 0, 1], [false, false, false]);
        check([2, 0, 0, 5], [false, false, false]);
        check([0, 0, 0, 0], [false, false, false]);
        check([2, 1, 0, 3], [true, true, false]);
        check([599, 401, 0, 1000], [true, false, false]);
    }

    proptest! {
        #[test]
        fn the_order_of_ballots_changes_nothing(
            ballots in prop::collection::vec((0_usize..3, 0_u64..=1000), 0..9)
                .prop_map(|rows| rows.into_iter().enumerate().map(|(index, (vote, confidence))| {
                    ballot(index, [Vote::Approve, Vote::Reject, Vote::Abstain][vote], confidence)
                }).collect::<Vec<_>>())
                .prop_flat_map(|ballots| (Just(ballots.clone()), Just(ballots).prop_shuffle())),
        ) {
            let (one, other) = ballots;
            prop_assert_eq!(tally(&Rules::default(), 9, &one), tally(&Rules::default(), 9, &other));
        }
    }
}
