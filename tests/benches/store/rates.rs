//! How much is done in a second: messages, broadcasts, decisions.
//!
//! What always holds: sent means acknowledged as durable; processed means that whoever it was for has handled it, durably as
//! well, and a round lasts until that is so of all that was sent in it.

use std::sync::Arc;

use crate::cases::{BARE_AIM, Bench, Figure, RECORDED_SHARE, Sides, TURNS};
use crate::ours::Counts;
use crate::table::{Aim, line, median, rate, ratio};
use crate::work::{Bus, Round, Work, float, per_second, round};

/// The figures of the turns.
#[derive(Default)]
struct Turns {
    ours: Vec<Round>,
    pair: Vec<Round>,
    bare: Vec<f64>,
    done: u64,
    counts: Counts,
}

/// The heads of a table of rates.
pub(crate) fn heading(what: &str) {
    println!("\n{what}");
    let heads = [
        ("sent, ours/pair", 24),
        ("processed, ours/pair", 24),
        ("of bare redb", 24),
        ("ours: sent", 12),
        ("processed", 11),
        ("pair: sent", 12),
        ("processed", 11),
        ("bare", 9),
    ];
    line("", &heads);
}

/// Runs a case, and prints its line.
pub(crate) fn run(bench: &Bench, label: &str, work: Work, aim: Aim) -> Figure {
    let sides = bench.sides();
    let mut turns = Turns::default();
    for turn in 0..=TURNS {
        let before = sides.ours.counts();
        let one = settled_round(bench, &sides.ours, work);
        let counts = sides.ours.counts().since(before);
        let other = sides.pair.as_ref().map(|pair| settled_round(bench, pair, work));
        let bare = repeated(bench, &sides, work);
        if turn > 0 {
            turns.ours.push(one);
            turns.pair.extend(other);
            turns.bare.extend(bare);
            turns.done += one.count;
            turns.counts = turns.counts.plus(counts);
        }
    }
    bench.end(sides);
    turns.show(label, work, aim)
}

fn settled_round<B: Bus>(bench: &Bench, bus: &Arc<B>, work: Work) -> Round {
    bench.runtime.block_on(async {
        let done = round(bus, work, bench.round_ms).await;
        bus.settled().await;
        done
    })
}

/// The rate at which the bare database repeats the commits of a round.
fn repeated(bench: &Bench, sides: &Sides, work: Work) -> Option<f64> {
    let bare = sides.bare.as_ref()?;
    sides.ours.record();
    let recorded = bench.runtime.block_on(round(&sides.ours, work, bench.round_ms / RECORDED_SHARE));
    let repeated = bare.repeat(&sides.ours.recorded());
    bench.runtime.block_on(sides.ours.settled());
    Some(per_second(recorded.count, repeated))
}

impl Turns {
    fn show(&self, label: &str, work: Work, aim: Aim) -> Figure {
        // What is sent one at a time is sent when it is processed.
        let waits = matches!(work, Work::Broadcasts { .. } | Work::Decisions { .. });
        let (sent, processed) = (rates(&self.ours, Round::sent_per_second), self.processed());
        let pair_sent = rates(&self.pair, Round::sent_per_second);
        let pair_processed = rates(&self.pair, Round::processed_per_second);
        let of_pair = times(&processed, &pair_processed);
        let unless_it_waits = |figures: &[f64]| rate(if waits { None } else { middle(figures) });
        let cells = [
            (ratio(times(&sent, &pair_sent).filter(|_| !waits), aim), 24),
            (ratio(of_pair, aim), 24),
            (ratio(times(&processed, &self.bare), BARE_AIM), 24),
            (unless_it_waits(&sent), 12),
            (rate(middle(&processed)), 11),
            (unless_it_waits(&pair_sent), 12),
            (rate(middle(&pair_processed)), 11),
            (rate(middle(&self.bare)), 9),
        ];
        let cells = cells.each_ref().map(|(cell, width)| (cell.as_str(), *width));
        line(&format!("  {label}"), &cells);
        let each = |count: u64| float(count) / float(self.done);
        println!(
            "    ours for each: {:.1} steps with {:.1} effects, {:.3} commits",
            each(self.counts.steps),
            each(self.counts.effects),
            each(self.counts.commits)
        );
        Figure { label: format!("{label}, a second"), ours: median(&processed), ratio: of_pair }
    }

    fn processed(&self) -> Vec<f64> {
        rates(&self.ours, Round::processed_per_second)
    }
}

fn rates(rounds: &[Round], rate: fn(&Round) -> f64) -> Vec<f64> {
    rounds.iter().map(rate).collect()
}

fn middle(figures: &[f64]) -> Option<f64> {
    (!figures.is_empty()).then(|| median(figures))
}

/// The median of how many times one side's rate is another's in the same turn.
fn times(one: &[f64], other: &[f64]) -> Option<f64> {
    let ratios: Vec<f64> = one.iter().zip(other).map(|(one, other)| one / other).collect();
    middle(&ratios)
}
