//! The picture of the votes: a row for each participant, a column for each round.
//!
//! What always holds: a vote is told by its shape, its letter and its word, so it reads without colour; a vote that is
//! not there says whether its role was absent or silent.

use echo_storage::names::RoleId;
use echo_storage::records::{Ballot, Vote};

use super::drawing::{Anchor, Canvas, Picture, pixels, shown, widest};
use super::markup::Markup;
use crate::training::chronicle::{Chronicle, Round};
use crate::wording::{changed, vote_name};

/// The width of a round, in pixels.
const ROUND: i64 = 188;
/// The room between rounds, for the mark of a change, in pixels.
const GAP: i64 = 30;
/// The height of a row, in pixels.
const ROW: i64 = 54;
/// The room above the rows, in pixels.
const TOP: i64 = 30;
/// The room around the picture, in pixels.
const MARGIN: i64 = 8;
/// The width of the bar of a confidence of 1, in pixels.
const BAR: i64 = 84;

/// Draws the votes of a session.
pub(super) fn draw(chronicle: &Chronicle, markup: &mut Markup) {
    let (participants, rounds) = (&chronicle.decision.participants, &chronicle.rounds);
    let left = MARGIN + widest(participants.iter().map(RoleId::as_str)).max(60) + 14;
    let height = TOP + pixels(participants.len()) * ROW + MARGIN;
    let canvas = Canvas {
        id: "votes",
        title: "Votes by round",
        description: &described(participants, rounds),
        width: left + pixels(rounds.len()) * (ROUND + GAP) - GAP + MARGIN,
        height,
    };
    canvas.draw(markup, |picture| {
        for (at, round) in rounds.iter().enumerate() {
            let x = left + pixels(at) * (ROUND + GAP);
            picture.text("label strong", x, 18, Anchor::Start, &format!("round {}", round.number));
        }
        for (at, role) in participants.iter().enumerate() {
            let y = TOP + pixels(at) * ROW;
            picture.text("label", left - 14, y + ROW / 2, Anchor::End, &shown(role.as_str()));
            row(picture, role, rounds, left, y);
        }
    });
}

fn row(picture: &mut Picture<'_>, role: &RoleId, rounds: &[Round], left: i64, y: i64) {
    for (at, round) in rounds.iter().enumerate() {
        let x = left + pixels(at) * (ROUND + GAP);
        let ballot = round.ballots.iter().find(|ballot| ballot.role == *role);
        let change = round.changes.iter().find(|change| change.role == *role);
        let said = told(role, round, ballot);
        picture.group("vote", &said, |picture| match ballot {
            Some(ballot) => cast(picture, ballot, change.is_some(), x, y),
            None => missing(picture, round, role, x, y),
        });
        if let Some(change) = change {
            picture.group("change", &changed(change.before, change.now), |picture| {
                let (tip, y) = (x - 5, y + ROW / 2 - 4);
                picture.line("arrow", (x - GAP + 5, y), (tip - 6, y));
                picture.shape("arrow-tip", &[(tip - 8, y - 6), (tip - 8, y + 6), (tip, y)]);
            });
        }
    }
}

fn cast(picture: &mut Picture<'_>, ballot: &Ballot, is_changed: bool, x: i64, y: i64) {
    let (frame, word) = match (ballot.vote, is_changed) {
        (Vote::Approve, false) => ("ballot approve", "approve"),
        (Vote::Approve, true) => ("ballot approve changed", "approve, changed"),
        (Vote::Reject, false) => ("ballot reject", "reject"),
        (Vote::Reject, true) => ("ballot reject changed", "reject, changed"),
        (Vote::Abstain, false) => ("ballot abstain", "abstain"),
        (Vote::Abstain, true) => ("ballot abstain changed", "abstain, changed"),
    };
    picture.rectangle(frame, x, y, ROUND, ROW - 8);
    picture.vote(ballot.vote, x + 20, y + 23, 10);
    picture.text("vote-name", x + 40, y + 19, Anchor::Start, word);
    let sure = i64::from(ballot.confidence.thousandths());
    picture.rectangle("sure-all", x + 40, y + 28, BAR, 7);
    picture.rectangle("sure", x + 40, y + 28, BAR * sure / 1000, 7);
    picture.text("small", x + 40 + BAR + 8, y + 36, Anchor::Start, &ballot.confidence.to_string());
}

fn missing(picture: &mut Picture<'_>, round: &Round, role: &RoleId, x: i64, y: i64) {
    let word = if is_absent(round, role) { "absent" } else { "no vote" };
    picture.rectangle("ballot none", x, y, ROUND, ROW - 8);
    picture.text("vote-name muted", x + 40, y + 27, Anchor::Start, word);
}

fn is_absent(round: &Round, role: &RoleId) -> bool {
    round.absences.iter().any(|absence| absence.role == *role)
}

fn told(role: &RoleId, round: &Round, ballot: Option<&Ballot>) -> String {
    let absence = round.absences.iter().find(|absence| absence.role == *role);
    match (ballot, absence) {
        (Some(ballot), _) => {
            format!(
                "{role}, round {}: {}, confidence {}",
                round.number,
                vote_name(ballot.vote),
                ballot.confidence
            )
        }
        (None, Some(absence)) => format!("{role}, round {}: absent, {}", round.number, absence.reason),
        (None, None) => format!("{role}, round {}: no vote", round.number),
    }
}

fn described(participants: &[RoleId], rounds: &[Round]) -> String {
    let rows = rounds.iter().flat_map(|round| {
        participants
            .iter()
            .map(|role| told(role, round, round.ballots.iter().find(|ballot| ballot.role == *role)))
    });
    rows.collect::<Vec<_>>().join(". ")
}
