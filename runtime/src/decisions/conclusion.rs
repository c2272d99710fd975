//! The conclusion: the ballots are counted, the initiator puts the count into words, and what follows follows.
//!
//! What always holds: the conclusion is drawn from the count alone; the initiator's words are for people, and where its
//! agent gives none the record says so.

use echo_storage::records::{Answer, Decision, Deed, Party, Phase, Reason, Tally, ThoughtKind};

use crate::authority;
use crate::supervision;
use crate::turn::{Failure, Turn};
use crate::wording::consensus;

use super::voting::standing_ballots;
use super::{climb, close, cut, enter, path_step, tally};

/// The ballots that stand are counted, and the initiator is asked for its words on them.
pub(super) fn count(turn: &mut Turn<'_, '_>, mut decision: Decision) -> Result<(), Failure> {
    let ballots = standing_ballots(turn.state(), decision.id, decision.rounds)?;
    let tally = tally(&turn.config().rules, decision.participants.len(), &ballots);
    decision.tally = Some(tally);
    // The thought's own deadline ends this phase; where its answer and that fail, a person is asked.
    enter(turn, &mut decision, Phase::Synthesising, None)?;
    let initiator = decision.proposal.initiator.clone();
    if let Some(why) = supervision::down(turn, &initiator)? {
        return draw(turn, decision, Err(why));
    }
    turn.think(&initiator, decision.id, ThoughtKind::Synthesis)
}

/// The initiator's mind has put the count into words, or has not.
pub(super) fn synthesised(
    turn: &mut Turn<'_, '_>,
    decision: Decision,
    answer: &Result<Answer, String>,
) -> Result<(), Failure> {
    if decision.phase != Phase::Synthesising {
        return Ok(());
    }
    let text = match answer {
        Ok(Answer::Synthesis { text }) => Ok(text.clone()),
        Ok(_) => Err("the mind answered another question".to_owned()),
        Err(reason) => Err(format!("the mind gave no answer: {reason}")),
    };
    draw(turn, decision, text)
}

/// Draws the conclusion.
fn draw(
    turn: &mut Turn<'_, '_>,
    mut decision: Decision,
    text: Result<String, String>,
) -> Result<(), Failure> {
    let Some(tally) = decision.tally.clone() else { return Ok(()) };
    let initiator = decision.proposal.initiator.clone();
    let party = Party::Role(initiator.clone());
    let mut why = in_words(&tally);
    match text {
        Ok(mut text) => {
            cut(&mut text);
            decision.synthesis = Some(text);
        }
        Err(reason) => why = format!("{why}; synthesis: missing, {reason}"),
    }
    decision.path.push(path_step(turn, party.clone(), Deed::Concluded, why, None));
    if tally.rejected {
        return close::rejected(turn, decision, Reason::VotedDown, &party);
    }
    if tally.recommended {
        let amount = decision.amount();
        let obstacle =
            authority::obstacle(turn.state(), turn.config(), &initiator, &decision, amount, turn.now())?;
        let Some(obstacle) = obstacle else {
            return close::approved(turn, decision, Reason::Recommended, &initiator, None);
        };
        decision.path.push(path_step(turn, party, Deed::PassedUp, obstacle, None));
    } else {
        let why = "the votes do not carry it".to_owned();
        decision.path.push(path_step(turn, party, Deed::PassedUp, why, None));
    }
    climb::up(turn, decision, &initiator)
}

fn in_words(tally: &Tally) -> String {
    let share = consensus(tally);
    let result = match (tally.quorum, tally.rejected, tally.recommended) {
        (false, ..) => "no quorum",
        (_, true, _) => "rejected",
        (_, _, true) => "recommended",
        _ => "open",
    };
    format!(
        "{result}: {} approve, {} reject, {} abstain of {} participants, {share}",
        tally.approve, tally.reject, tally.abstain, tally.participants
    )
}
