//! How long a caller waits while the organisation is busy: a message posted and read while decisions run.
//!
//! What always holds: the caller has a connection to the pair that nobody else uses.

use crate::cases::{Bench, Figure, TURNS};
use crate::table::{line, percentile};
use crate::work::calls_during_decisions;

/// How many decisions run at a time.
const BATCH: usize = 64;

/// Runs the case.
pub(crate) fn run(bench: &Bench) -> Vec<Figure> {
    println!("\none caller's calls while {BATCH} decisions run, in milliseconds");
    let sides = bench.sides();
    let (mut posts, mut reads) = (Calls::default(), Calls::default());
    for turn in 0..=TURNS {
        let one = bench.runtime.block_on(calls_during_decisions(&sides.ours, BATCH, bench.round_ms));
        let other = sides
            .pair
            .as_ref()
            .map(|pair| bench.runtime.block_on(calls_during_decisions(pair, BATCH, bench.round_ms)));
        if turn > 0 {
            posts.ours.extend(one.posts);
            reads.ours.extend(one.reads);
            let other = other.unwrap_or_default();
            posts.pair.extend(other.posts);
            reads.pair.extend(other.reads);
        }
    }
    bench.end(sides);
    let heads = [
        ("p50, ours/pair", 16),
        ("p99, ours/pair", 16),
        ("ours: p50", 12),
        ("p99", 10),
        ("pair: p50", 12),
        ("p99", 10),
    ];
    line("", &heads);
    vec![posts.show("a posted message"), reads.show("a read of it")]
}

/// The times of one kind of call, in milliseconds.
#[derive(Default)]
struct Calls {
    ours: Vec<f64>,
    pair: Vec<f64>,
}

impl Calls {
    fn show(&self, label: &str) -> Figure {
        let of = |figures: &[f64], percent| (!figures.is_empty()).then(|| percentile(figures, percent));
        let ratio = |percent| Some(of(&self.ours, percent)? / of(&self.pair, percent)?);
        let digits = |figure: Option<f64>, digits: usize| {
            figure.map_or_else(|| "-".to_owned(), |figure| format!("{figure:.digits$}"))
        };
        let cells = [
            (digits(ratio(50), 2), 16),
            (digits(ratio(99), 2), 16),
            (digits(of(&self.ours, 50), 3), 12),
            (digits(of(&self.ours, 99), 3), 10),
            (digits(of(&self.pair, 50), 3), 12),
            (digits(of(&self.pair, 99), 3), 10),
        ];
        let cells = cells.each_ref().map(|(cell, width)| (cell.as_str(), *width));
        line(&format!("  {label}"), &cells);
        Figure {
            label: format!("{label}, beside decisions, p99 ms"),
            ours: percentile(&self.ours, 99),
            ratio: ratio(99),
        }
    }
}
