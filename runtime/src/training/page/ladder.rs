//! The picture of the way to the outcome, as a ladder: who had it, from the lowest rung up, what they did and why.
//!
//! What always holds: a rung is one who acted, with all they did in a row; the rung above is whoever had it next. The
//! numbers give the order.

use echo_storage::records::{PathStep, Status};

use super::drawing::{Anchor, Canvas, LINE, Picture, pixels, shown, wrapped};
use super::markup::Markup;
use crate::training::chronicle::Chronicle;
use crate::wording::deed_name;

/// The width of the picture, in pixels.
const WIDTH: i64 = 640;
/// Where the text of a rung begins, in pixels.
const TEXT: i64 = 44;
/// Where the reasons begin, in pixels.
const REASON: i64 = 150;
/// How many lines a reason has at most; the table below the picture tells all of it.
const REASON_LINES: usize = 4;
/// The room between rungs, in pixels.
const GAP: i64 = 26;
/// The room within a rung, in pixels.
const PADDING: i64 = 12;
/// The room around the picture, in pixels.
const MARGIN: i64 = 8;

/// One who acted, and all they did in a row.
struct Rung {
    who: String,
    deeds: Vec<Deed>,
    /// Whether it is not yet known what they do.
    is_open: bool,
}

/// Something that one did.
struct Deed {
    number: String,
    what: String,
    why: Vec<String>,
}

impl Deed {
    fn height(&self) -> i64 {
        pixels(self.why.len().max(1)) * LINE + 6
    }
}

impl Rung {
    fn height(&self) -> i64 {
        2 * PADDING + LINE + 4 + self.deeds.iter().map(Deed::height).sum::<i64>()
    }
}

/// Draws the way to the outcome.
pub(super) fn draw(chronicle: &Chronicle, markup: &mut Markup) {
    let mut rungs = rungs(&chronicle.decision.path);
    if chronicle.decision.status == Status::Escalated {
        let id =
            chronicle.approval.as_ref().map(|approval| format!(" ({})", approval.id)).unwrap_or_default();
        let why = wrapped(&format!("has not answered yet{id}"), WIDTH - REASON - 40, REASON_LINES);
        let deed = Deed { number: String::new(), what: "is asked".to_owned(), why };
        rungs.push(Rung { who: "a person".to_owned(), deeds: vec![deed], is_open: true });
    }
    rungs.reverse();
    let gaps = GAP * (pixels(rungs.len()) - 1).max(0);
    let canvas = Canvas {
        id: "ladder",
        title: "The way to the outcome",
        description: &described(&chronicle.decision.path),
        width: WIDTH,
        height: 2 * MARGIN + rungs.iter().map(Rung::height).sum::<i64>() + gaps,
    };
    canvas.draw(markup, |picture| {
        let mut y = MARGIN;
        for (at, rung) in rungs.iter().enumerate() {
            let height = rung.height();
            if at + 1 < rungs.len() {
                let (x, foot) = (WIDTH / 2, y + height);
                picture.line("arrow", (x, foot + GAP), (x, foot + 10));
                picture.shape("arrow-tip", &[(x - 6, foot + 11), (x + 6, foot + 11), (x, foot + 3)]);
            }
            draw_rung(picture, rung, y, height);
            y += height + GAP;
        }
    });
}

fn draw_rung(picture: &mut Picture<'_>, rung: &Rung, top: i64, height: i64) {
    let class = if rung.is_open { "rung open" } else { "rung" };
    picture.rectangle(class, MARGIN, top, WIDTH - 2 * MARGIN, height);
    let mut y = top + PADDING + LINE - 4;
    picture.text("label strong", 2 * MARGIN + 4, y, Anchor::Start, &shown(&rung.who));
    y += LINE + 4;
    for deed in &rung.deeds {
        if !deed.number.is_empty() {
            picture.circle("number-disc", 2 * MARGIN + 12, y - 4, 9);
            picture.text("number-letter", 2 * MARGIN + 12, y, Anchor::Middle, &deed.number);
        }
        picture.text("label", TEXT, y, Anchor::Start, &deed.what);
        for (at, line) in deed.why.iter().enumerate() {
            picture.text("why", REASON, y + pixels(at) * LINE, Anchor::Start, line);
        }
        y += deed.height();
    }
}

/// The rungs from the lowest up.
fn rungs(path: &[PathStep]) -> Vec<Rung> {
    let mut rungs: Vec<Rung> = Vec::new();
    for (number, step) in (1..).zip(path) {
        let who = step.who.to_string();
        let sure = step.confidence.map(|sure| format!(" [confidence {sure}]")).unwrap_or_default();
        let why = wrapped(&format!("{}{sure}", step.why), WIDTH - REASON - 3 * MARGIN, REASON_LINES);
        let deed = Deed { number: i32::to_string(&number), what: deed_name(step.deed).to_owned(), why };
        match rungs.last_mut().filter(|rung| rung.who == who) {
            Some(rung) => rung.deeds.push(deed),
            None => rungs.push(Rung { who, deeds: vec![deed], is_open: false }),
        }
    }
    rungs
}

fn described(path: &[PathStep]) -> String {
    let steps = (1..).zip(path).map(|(number, step): (i32, &PathStep)| {
        format!("{number}. {} {}: {}", step.who, deed_name(step.deed), step.why)
    });
    steps.collect::<Vec<_>>().join(". ")
}
