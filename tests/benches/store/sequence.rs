//! One durable message after the other, from one agent to another: how long each takes, and what of that is the disk's.
//!
//! What always holds: the next message goes out when the one before is acknowledged and processed, on every side. The sides
//! take turns every few messages, because a disk that others use is fast and slow by turns.

use crate::cases::{BARE_AIM, Bench, Figure, RECORDED_SHARE, TURNS};
use crate::disk::{Disk, written_bytes};
use crate::table::{Aim, median, ratio};
use crate::work::{Sequence, float, sequence};

/// How long a turn is at most, in milliseconds.
const SLICE_MS: u64 = 50;

/// The figures of the turns; times in milliseconds.
#[derive(Default)]
struct Turns {
    acknowledged: Vec<f64>,
    processed: Vec<f64>,
    pair_acknowledged: Vec<f64>,
    pair_processed: Vec<f64>,
    bare: Vec<f64>,
    sync: Vec<f64>,
    messages: u64,
    commits: u64,
    bytes: u64,
}

/// Runs the case.
pub(crate) fn run(bench: &Bench) -> Vec<Figure> {
    println!("\none message after the other from one agent to another, p50");
    let sides = bench.sides();
    let mut disk = Disk::create(&sides.directory.join("disk"));
    let mut turns = Turns::default();
    let rounds = |round_ms: u64| bench.runtime.block_on(sequence(&*sides.ours, round_ms));
    let slice_ms = bench.round_ms.min(SLICE_MS);
    let slices = TURNS as u64 * bench.round_ms / slice_ms;
    for turn in 0..=slices {
        let (written, before) = (written_bytes(), sides.ours.counts());
        let one = rounds(slice_ms);
        let bytes = written_bytes().unwrap_or(0) - written.unwrap_or(0);
        let commits = sides.ours.counts().commits - before.commits;
        let other = sides.pair.as_ref().map(|pair| bench.runtime.block_on(sequence(&**pair, slice_ms)));
        let sync = disk.sync((bytes / commits.max(1)).max(1), one.processed.len());
        let bare = sides.bare.as_ref().map(|bare| {
            sides.ours.record();
            let recorded = rounds(slice_ms / RECORDED_SHARE);
            bare.repeat(&sides.ours.recorded()).as_secs_f64() * 1e3 / float(recorded.processed.len() as u64)
        });
        if turn > 0 {
            turns.add(&one, other.as_ref(), &sync, bare);
            turns.messages += one.processed.len() as u64;
            turns.commits += commits;
            turns.bytes += bytes;
        }
    }
    bench.end(sides);
    turns.show();
    vec![
        Figure {
            label: "one sender: acknowledged, ms".to_owned(),
            ours: median(&turns.acknowledged),
            ratio: share(&turns.acknowledged, &turns.pair_acknowledged),
        },
        Figure {
            label: "one sender: processed, ms".to_owned(),
            ours: median(&turns.processed),
            ratio: share(&turns.processed, &turns.pair_processed),
        },
    ]
}

impl Turns {
    fn add(&mut self, one: &Sequence, other: Option<&Sequence>, sync: &[f64], bare: Option<f64>) {
        self.acknowledged.push(median(&one.acknowledged));
        self.processed.push(median(&one.processed));
        self.pair_acknowledged.extend(other.map(|other| median(&other.acknowledged)));
        self.pair_processed.extend(other.map(|other| median(&other.processed)));
        self.sync.push(median(sync));
        self.bare.extend(bare);
    }

    fn show(&self) {
        let line = |what: &str, figure: Option<f64>, aim: Aim| {
            println!("  {what:<58}{}", ratio(figure, aim).trim_end());
        };
        let whole: Vec<f64> =
            self.acknowledged.iter().zip(&self.processed).map(|(one, other)| one.max(*other)).collect();
        line(
            "acknowledged, of the pair's time",
            share(&self.acknowledged, &self.pair_acknowledged),
            Aim::AtMost(0.8),
        );
        line("processed, of the pair's time", share(&self.processed, &self.pair_processed), Aim::AtMost(0.4));
        line(
            "acknowledged, in fdatasyncs of as many bytes",
            share(&self.acknowledged, &self.sync),
            Aim::AtMost(1.6),
        );
        line("rate, of a bare redb's that makes the same commits", share(&self.bare, &whole), BARE_AIM);
        let ms = |figures: &[f64]| {
            if figures.is_empty() { "-".to_owned() } else { format!("{:.3} ms", median(figures)) }
        };
        println!(
            "  ours: acknowledged {}, processed {}; pair: {}, {}",
            ms(&self.acknowledged),
            ms(&self.processed),
            ms(&self.pair_acknowledged),
            ms(&self.pair_processed)
        );
        println!(
            "  bare redb: {} on average; fdatasync of {} bytes: {}; {:.2} commits a message",
            ms(&self.bare),
            self.bytes / self.commits.max(1),
            ms(&self.sync),
            float(self.commits) / float(self.messages)
        );
    }
}

/// The median of what one side took of another's time in the same turn.
fn share(one: &[f64], other: &[f64]) -> Option<f64> {
    let shares: Vec<f64> = one.iter().zip(other).map(|(one, other)| one / other).collect();
    (!shares.is_empty()).then(|| median(&shares))
}
