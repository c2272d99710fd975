//! The picture of a session's course: a lane for each agent, bands for the phases, and on them messages, answers,
//! ballots, thoughts and failures.
//!
//! What always holds: what came later is never drawn further left. Each step takes the same room and each wait takes room
//! in proportion to its length, so nothing that happened at one moment falls onto one point, and a wait is seen as one;
//! where nobody waited, only the steps count, and the axis says so.

use echo_storage::records::{Address, Party};

use super::drawing::{Anchor, Canvas, Picture, pixels, shown, widest, width_of};
use super::markup::Markup;
use crate::deliveries::DeliveryState;
use crate::training::chronicle::{Chronicle, Mark, MarkKind, Moment};
use crate::training::phrases::span;
use crate::wording::{counted, phase_name, vote_name};

/// The width of the picture, in pixels.
const WIDTH: i64 = 1060;
/// The height of a lane, in pixels.
const LANE: i64 = 34;
/// The room above the lanes, for the names of phases, in pixels.
const TOP: i64 = 34;
/// The room below them, for the axis, in pixels.
const BOTTOM: i64 = 48;
/// The room at the left and the right edge, in pixels.
const MARGIN: i64 = 12;
/// The share of the axis that the steps divide among themselves where there are waits, in percent.
const STEPS_PERCENT: u64 = 50;
/// The least distance between two times on the axis, in pixels.
const TICK_DISTANCE: i64 = 84;

/// The places of steps on the axis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Axis {
    clock: Vec<Moment>,
    left: i64,
    width: i64,
}

impl Axis {
    /// An axis over these moments, which ascend, from `left` on.
    pub(super) fn new(clock: Vec<Moment>, left: i64, width: i64) -> Self {
        Self { clock, left, width }
    }

    /// How long the whole took, in milliseconds.
    pub(super) fn length_ms(&self) -> u64 {
        let (first, last) = (self.clock.first(), self.clock.last());
        let at = |moment: Option<&Moment>| moment.map_or(0, |moment| moment.at.ms());
        at(last).saturating_sub(at(first))
    }

    /// Where a moment lies.
    pub(super) fn x(&self, when: Moment) -> i64 {
        let place = self.clock.partition_point(|moment| moment.step < when.step) as u64;
        let steps = (self.clock.len() as u64).saturating_sub(1).max(1);
        let length = self.length_ms();
        let start = self.clock.first().map_or(0, |moment| moment.at.ms());
        let share = if length == 0 { 100 } else { STEPS_PERCENT };
        let of_steps = part(self.width, place * share, steps * 100);
        let waited = when.at.ms().saturating_sub(start).min(length);
        let of_time = if length == 0 { 0 } else { part(self.width, waited * (100 - share), length * 100) };
        self.left + of_steps + of_time
    }
}

/// The share of a width, rounded down.
fn part(width: i64, of: u64, whole: u64) -> i64 {
    let share = i128::from(width) * i128::from(of) / i128::from(whole.max(1));
    i64::try_from(share).unwrap_or(width)
}

/// Draws the course of a session.
pub(super) fn draw(chronicle: &Chronicle, markup: &mut Markup) {
    let lanes = lanes(chronicle);
    let left = MARGIN + widest(lanes.iter().map(String::as_str)) + 14;
    let axis = Axis::new(chronicle.events.clock.clone(), left, WIDTH - left - 3 * MARGIN);
    let bottom = TOP + pixels(lanes.len()) * LANE;
    let took = span(axis.length_ms());
    let events = &chronicle.events;
    let description = format!(
        "{} over {took}: {}, {}, {} to minds, {}.",
        counted(events.phases.len(), "phase"),
        counted(events.messages.len(), "message"),
        counted(events.marks.len(), "answer"),
        counted(events.thoughts.len(), "question"),
        counted(events.failures.len(), "failed step"),
    );
    let canvas = Canvas {
        id: "timeline",
        title: "The course of the session",
        description: &description,
        width: WIDTH,
        height: bottom + BOTTOM,
    };
    canvas.draw(markup, |picture| {
        bands(chronicle, picture, &axis, bottom);
        for (at, name) in lanes.iter().enumerate() {
            let y = middle(at);
            picture.line("lane", (left - 4, y), (WIDTH - 2 * MARGIN, y));
            picture.text("label", left - 12, y + 4, Anchor::End, &shown(name));
        }
        happenings(chronicle, picture, &axis, &lanes);
        scale(chronicle, picture, &axis, bottom);
    });
}

/// Who has a lane: the roles in their order, then everybody else who sent something.
fn lanes(chronicle: &Chronicle) -> Vec<String> {
    let roles = chronicle.roles.iter().map(|role| role.id.to_string());
    roles.chain(chronicle.outsiders().iter().map(ToString::to_string)).collect()
}

fn middle(lane: usize) -> i64 {
    TOP + pixels(lane) * LANE + LANE / 2
}

fn bands(chronicle: &Chronicle, picture: &mut Picture<'_>, axis: &Axis, bottom: i64) {
    let phases = &chronicle.events.phases;
    let end = axis.clock.last().map_or(axis.left, |last| axis.x(*last)) + MARGIN;
    for (at, phase) in phases.iter().enumerate() {
        let x = axis.x(phase.start) - 6;
        let until = phases.get(at + 1).map_or(end, |next| axis.x(next.start) - 6);
        let class = if at % 2 == 0 { "band" } else { "band other" };
        let name = phase_name(&phase.phase);
        let since = span(chronicle.since_start_ms(phase.start.at));
        let title = format!("{name}, from step {} on, after {since}", phase.start.step);
        picture.group("phase", &title, |picture| {
            picture.rectangle(class, x, 4, until - x, bottom - 4);
            let number = (at + 1).to_string();
            let room = until - x - 10;
            let label = [name.as_str(), number.as_str()].into_iter().find(|label| width_of(label) <= room);
            if let Some(label) = label {
                picture.text("phase-name", x + 6, 22, Anchor::Start, label);
            }
        });
    }
}

fn happenings(chronicle: &Chronicle, picture: &mut Picture<'_>, axis: &Axis, lanes: &[String]) {
    let events = &chronicle.events;
    let lane = |name: &str| lanes.iter().position(|lane| lane == name).map(middle);
    for thinking in &events.thoughts {
        let Some(y) = lane(thinking.role.as_str()) else { continue };
        let until = thinking.ended.or_else(|| axis.clock.last().copied()).unwrap_or(thinking.asked);
        let took = span(until.at.ms().saturating_sub(thinking.asked.at.ms()));
        let (class, by) = match &thinking.outcome {
            Ok(mind) => ("thought", format!("answered by {mind}")),
            Err(reason) => ("thought failed", reason.clone()),
        };
        let title = format!("{} thinks about {}: {took}, {by}", thinking.role, thinking.about);
        let (from, to) = (axis.x(thinking.asked), axis.x(until));
        picture.group(class, &title, |picture| {
            picture.rectangle("bar", from, y - 6, (to - from).max(3), 12);
        });
    }
    for sent in &events.messages {
        let message = &sent.message;
        let Some(y) = lane(&message.from.to_string()) else { continue };
        let x = axis.x(Moment { step: sent.step, at: message.at });
        let title = format!("{}: {} to {}: {}", message.id, message.from, message.to, message.subject);
        let is_dead = sent.deliveries().any(|delivery| delivery.state == DeliveryState::Dead);
        picture.group(if is_dead { "message dead" } else { "message" }, &title, |picture| {
            match &message.to {
                Address::Role(role) => {
                    if let Some(to) =
                        lane(role.as_str()).filter(|_| message.from != Party::Role(role.clone()))
                    {
                        let sign = if to > y { 1 } else { -1 };
                        picture.line("wire", (x, y), (x, to - 5 * sign));
                        picture.shape(
                            "tip",
                            &[(x - 4, to - 9 * sign), (x + 4, to - 9 * sign), (x, to - 2 * sign)],
                        );
                    }
                    picture.circle("dot", x, y, 4);
                }
                Address::Topic(_) | Address::Person(_) => {
                    picture.circle("dot wide", x, y, 6);
                    picture.circle("dot", x, y, 3);
                }
            }
        });
    }
    for mark in &events.marks {
        let Some(y) = lane(mark.role.as_str()) else { continue };
        let title = format!("{} {}, step {}", mark.role, marked(mark), mark.when.step);
        let x = axis.x(mark.when);
        picture.group("answer", &title, |picture| answer(picture, mark, x, y));
    }
    for failed in &events.failures {
        let Some(y) = failed.role.as_ref().and_then(|role| lane(role.as_str())) else { continue };
        let x = axis.x(failed.when);
        let title = format!("step {} failed: {}", failed.when.step, failed.reason);
        picture.group("failure", &title, |picture| {
            picture.line("cross", (x - 6, y - 6), (x + 6, y + 6));
            picture.line("cross", (x - 6, y + 6), (x + 6, y - 6));
        });
    }
}

fn answer(picture: &mut Picture<'_>, mark: &Mark, x: i64, y: i64) {
    let triangle = [(x - 6, y + 5), (x + 6, y + 5), (x, y - 6)];
    match mark.what {
        MarkKind::Voted { vote, .. } => picture.vote(vote, x, y, 8),
        MarkKind::Joined => picture.shape("joined", &triangle),
        MarkKind::Declined => picture.shape("declined", &triangle),
        MarkKind::Asked => picture.text("said", x, y + 5, Anchor::Middle, "?"),
        MarkKind::Answered => picture.text("said", x, y + 5, Anchor::Middle, "!"),
    }
}

/// What a role did, in words.
fn marked(mark: &Mark) -> String {
    match mark.what {
        MarkKind::Joined => "takes part".to_owned(),
        MarkKind::Declined => "does not vote".to_owned(),
        MarkKind::Voted { round, vote } => format!("votes {} in round {round}", vote_name(vote)),
        MarkKind::Asked => "asks something".to_owned(),
        MarkKind::Answered => "answers".to_owned(),
    }
}

/// The axis: times where somebody waited, numbers of steps where nobody did.
fn scale(chronicle: &Chronicle, picture: &mut Picture<'_>, axis: &Axis, bottom: i64) {
    let waits = axis.length_ms() > 0;
    let mut last = (i64::MIN / 2, String::new());
    for moment in &axis.clock {
        let x = axis.x(*moment);
        let label =
            if waits { span(chronicle.since_start_ms(moment.at)) } else { format!("step {}", moment.step) };
        // One time for all the steps of a moment.
        if x - last.0 < TICK_DISTANCE || label == last.1 {
            continue;
        }
        picture.line("tick", (x, bottom), (x, bottom + 5));
        let anchor = if x + TICK_DISTANCE > WIDTH { Anchor::End } else { Anchor::Start };
        picture.text("axis", x, bottom + 19, anchor, &label);
        last = (x, label);
    }
    let says = if waits {
        "after the start of the session; each step takes the same room, each wait as much as it is long"
    } else {
        "in the order of the steps: by the store's clock the whole session took 0 ms"
    };
    picture.text("axis note", axis.left, bottom + 39, Anchor::Start, says);
}

#[cfg(test)]
mod tests {
    use super::*;
    use echo_storage::quantities::Timestamp;
    use proptest::prelude::*;

    fn clock(times: &[u64]) -> Vec<Moment> {
        let moment = |(step, at): (u64, &u64)| Moment { step, at: Timestamp::from_ms(*at) };
        (1..).zip(times).map(moment).collect()
    }

    #[test]
    fn steps_and_waits_share_the_axis() {
        let check = |times: &[u64], expected: &[i64]| {
            let axis = Axis::new(clock(times), 100, 100);
            let places: Vec<i64> = axis.clock.iter().map(|moment| axis.x(*moment)).collect();
            assert_eq!(places, expected, "{times:?}");
        };
        check(&[7, 7, 7], &[100, 150, 200]);
        check(&[0, 0, 1000], &[100, 125, 200]);
        check(&[0, 1000, 1000], &[100, 175, 200]);
        check(&[5], &[100]);
        check(&[], &[]);
    }

    proptest! {
        #[test]
        fn what_came_later_is_never_further_left(mut times in prop::collection::vec(any::<u32>(), 1..40)) {
            times.sort_unstable();
            let times: Vec<u64> = times.into_iter().map(u64::from).collect();
            let axis = Axis::new(clock(&times), 10, 500);
            let places: Vec<i64> = axis.clock.iter().map(|moment| axis.x(*moment)).collect();
            prop_assert!(places.windows(2).all(|pair| pair[0] <= pair[1]), "{places:?}");
            prop_assert!(places.iter().all(|x| (10..=510).contains(x)), "{places:?}");
        }
    }
}
