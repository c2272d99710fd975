//! The cases: what is measured against whom, in which order, and what is aimed for.
//!
//! What always holds: all sides of a case run in the same process on the same disk and take turns, so that whatever else
//! the machine does meets all of them; a figure is the median of its turns; the first turn of each is not counted.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::runtime::Runtime;

use crate::bare::Bare;
use crate::disk::{Disk, written_bytes};
use crate::ours::Ours;
use crate::pair::Pair;
use crate::servers::Servers;
use crate::table::{Aim, line, median, percentile, rate, ratio};
use crate::work::{Bus, Work, calls_during_decisions, float, per_second, round, sequence};

/// How often the sides take turns.
pub(crate) const TURNS: usize = 5;
/// How much shorter than the others a round is whose commits are kept in memory.
const RECORDED_SHARE: u64 = 4;
/// The least part of the rate of the bare database that is aimed for.
const BARE_AIM: Aim = Aim::AtLeast(0.6);
/// How many decisions run while calls are timed.
const BATCH: usize = 64;

/// The cases by name, in their order.
pub(crate) const NAMES: [&str; 6] = ["sequence", "agents", "senders", "broadcast", "decisions", "latency"];

/// What every case needs.
pub(crate) struct Bench {
    pub(crate) runtime: Runtime,
    pub(crate) directory: PathBuf,
    pub(crate) servers: Option<Servers>,
    pub(crate) round_ms: u64,
}

impl Bench {
    /// Runs a case.
    pub(crate) fn run(&self, name: &str) {
        match name {
            "sequence" => self.sequence(),
            "agents" => {
                heading("nine agents to each other", "messages");
                for (in_flight, aim) in [(1, 3.0), (8, 10.0), (32, 15.0)] {
                    let label = format!("{in_flight} in flight each");
                    self.rates(&label, Work::Agents { in_flight }, Aim::AtLeast(aim));
                }
            }
            "senders" => {
                heading("64 senders to nine agents", "messages");
                self.rates("1 in flight each", Work::Senders, Aim::AtLeast(8.0));
            }
            "broadcast" => {
                heading("broadcasts that all nine process", "broadcasts");
                for (in_flight, aim) in [(1, 6.0), (8, 10.0)] {
                    let label = format!("{in_flight} in flight");
                    self.rates(&label, Work::Broadcasts { in_flight }, Aim::AtLeast(aim));
                }
            }
            "decisions" => {
                heading("decision rounds, opened to closed", "decisions");
                for (in_flight, aim) in [(1, Aim::AtLeast(4.0)), (8, Aim::AtLeast(10.0)), (64, Aim::None)] {
                    self.rates(&format!("{in_flight} in flight"), Work::Decisions { in_flight }, aim);
                }
            }
            _ => self.latency(),
        }
    }

    /// A new store's path; whatever an earlier case left is gone.
    fn fresh(&self, name: &str) -> PathBuf {
        let directory = self.directory.join(name);
        let _ = std::fs::remove_dir_all(&directory);
        std::fs::create_dir_all(&directory).expect("a directory can be made");
        directory
    }

    fn pair(&self) -> Option<Arc<Pair>> {
        let servers = self.servers.as_ref()?;
        match self.runtime.block_on(Pair::start(servers)) {
            Ok(pair) => Some(pair),
            Err(error) => {
                println!("SKIPPED: PostgreSQL and Redis: {error}");
                None
            }
        }
    }

    fn sequence(&self) {
        println!("\none message after the other, from one agent to another, p50");
        let directory = self.fresh("sequence");
        let ours = Arc::new(self.runtime.block_on(Ours::start(&directory.join("org.redb"))));
        let pair = self.pair();
        let bare = Bare::create(&directory.join("bare.redb"));
        let mut disk = Disk::create(&directory.join("disk"));
        let (mut acknowledged, mut processed, mut pair_acknowledged, mut pair_processed) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (mut syncs, mut bare_ms, mut messages, mut bytes, mut commits) =
            (Vec::new(), Vec::new(), 0, 0, 0);
        for turn in 0..=TURNS {
            let (written, counted) = (written_bytes(), ours.counts());
            let one = self.runtime.block_on(sequence(&*ours, self.round_ms));
            let count = one.processed.len() as u64;
            let of_round = written_bytes().unwrap_or(0) - written.unwrap_or(0);
            let made = ours.counts().commits - counted.commits;
            let other = pair.as_ref().map(|pair| self.runtime.block_on(sequence(&**pair, self.round_ms)));
            ours.record();
            let recorded = self.runtime.block_on(sequence(&*ours, self.round_ms / RECORDED_SHARE));
            let repeated = bare.repeat(&ours.recorded()).as_secs_f64() * 1e3;
            let synced = disk.sync((of_round / made.max(1)).max(1), one.processed.len());
            if turn == 0 {
                continue;
            }
            acknowledged.extend(one.acknowledged);
            processed.extend(one.processed);
            let other = other.unwrap_or_default();
            pair_acknowledged.extend(other.acknowledged);
            pair_processed.extend(other.processed);
            syncs.extend(synced);
            bare_ms.push(repeated / float(recorded.processed.len() as u64));
            (messages, bytes, commits) = (messages + count, bytes + of_round, commits + made);
        }
        let (acknowledged, processed) = (median(&acknowledged), median(&processed));
        let (sync, bare) = (median(&syncs), median(&bare_ms));
        let of = |figures: &[f64]| (!figures.is_empty()).then(|| median(figures));
        let show = |what: &str, figure: Option<f64>, aim: Aim| {
            println!("  {what:<58}{}", ratio(figure, aim).trim_end());
        };
        show(
            "acknowledged, of the pair's time",
            of(&pair_acknowledged).map(|pair| acknowledged / pair),
            Aim::AtMost(0.8),
        );
        show(
            "processed, of the pair's time",
            of(&pair_processed).map(|pair| processed / pair),
            Aim::AtMost(0.4),
        );
        show("acknowledged, in fdatasyncs of as many bytes", Some(acknowledged / sync), Aim::AtMost(1.6));
        show(
            "rate, of a bare redb's that makes the same commits",
            Some(bare / processed.max(acknowledged)),
            BARE_AIM,
        );
        let ms = |figure: Option<f64>| figure.map_or_else(|| "-".to_owned(), |ms| format!("{ms:.3} ms"));
        println!(
            "  ours: acknowledged {}, processed {}; pair: {}, {}",
            ms(Some(acknowledged)),
            ms(Some(processed)),
            ms(of(&pair_acknowledged)),
            ms(of(&pair_processed))
        );
        println!(
            "  bare redb: {}; fdatasync of {} bytes: {}; {:.2} commits a message",
            ms(Some(bare)),
            bytes / commits.max(1),
            ms(Some(sync)),
            float(commits) / float(messages)
        );
        self.end(ours, pair, &directory);
    }

    /// One line of rates.
    fn rates(&self, label: &str, work: Work, aim: Aim) {
        let directory = self.fresh("rates");
        let ours = Arc::new(self.runtime.block_on(Ours::start(&directory.join("org.redb"))));
        let pair = self.pair();
        let bare = Bare::create(&directory.join("bare.redb"));
        let (mut sent, mut processed, mut pair_sent, mut pair_processed, mut bares) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (mut done, mut all) = (0, [0; 3]);
        for turn in 0..=TURNS {
            let before = ours.counts();
            let one = self.round(&ours, work, self.round_ms);
            let after = ours.counts();
            let other = pair.as_ref().map(|pair| self.round(pair, work, self.round_ms));
            ours.record();
            let recorded = self.runtime.block_on(round(&ours, work, self.round_ms / RECORDED_SHARE));
            let repeated = bare.repeat(&ours.recorded());
            self.runtime.block_on(ours.settled());
            if turn == 0 {
                continue;
            }
            sent.push(one.sent_per_second());
            processed.push(one.processed_per_second());
            pair_sent.extend(other.map(|round| round.sent_per_second()));
            pair_processed.extend(other.map(|round| round.processed_per_second()));
            bares.push(per_second(recorded.count, repeated));
            done += one.count;
            all[0] += after.steps - before.steps;
            all[1] += after.effects - before.effects;
            all[2] += after.commits - before.commits;
        }
        let of = |figures: &[f64]| (!figures.is_empty()).then(|| median(figures));
        let (sent, processed, bare) = (median(&sent), median(&processed), median(&bares));
        let (pair_sent, pair_processed) = (of(&pair_sent), of(&pair_processed));
        // What is sent one at a time is sent when it is processed.
        let waits = matches!(work, Work::Broadcasts { .. } | Work::Decisions { .. });
        let sent_ratio = pair_sent.filter(|_| !waits).map(|pair| sent / pair);
        line(
            &format!("  {label}"),
            &[
                (&ratio(sent_ratio, aim), 24),
                (&ratio(pair_processed.map(|pair| processed / pair), aim), 24),
                (&ratio(Some(processed / bare), BARE_AIM), 24),
                (&rate((!waits).then_some(sent)), 12),
                (&rate(Some(processed)), 11),
                (&rate(pair_sent.filter(|_| !waits)), 12),
                (&rate(pair_processed), 11),
                (&rate(Some(bare)), 9),
            ],
        );
        let each = |count: u64| float(count) / float(done);
        let [steps, effects, commits] = all;
        println!(
            "    ours for each: {:.1} steps, {:.1} effects, {:.3} commits",
            each(steps),
            each(effects),
            each(commits)
        );
        self.end(ours, pair, &directory);
    }

    fn round<B: Bus>(&self, bus: &Arc<B>, work: Work, round_ms: u64) -> crate::work::Round {
        self.runtime.block_on(async {
            let done = round(bus, work, round_ms).await;
            bus.settled().await;
            done
        })
    }

    fn latency(&self) {
        println!("\none caller's calls while {BATCH} decisions run, in milliseconds");
        let directory = self.fresh("latency");
        let ours = Arc::new(self.runtime.block_on(Ours::start(&directory.join("org.redb"))));
        let pair = self.pair();
        let mut all = [const { Vec::new() }; 4];
        for turn in 0..=TURNS {
            let one = self.runtime.block_on(calls_during_decisions(&ours, BATCH, self.round_ms));
            self.runtime.block_on(ours.settled());
            let other = pair
                .as_ref()
                .map(|pair| self.runtime.block_on(calls_during_decisions(pair, BATCH, self.round_ms)));
            let other = other.unwrap_or_default();
            if turn > 0 {
                for (all, figures) in all.iter_mut().zip([one.posts, one.reads, other.posts, other.reads]) {
                    all.extend(figures);
                }
            }
        }
        line(
            "",
            &[
                ("p50, ours/pair", 16),
                ("p99, ours/pair", 16),
                ("ours: p50", 12),
                ("p99", 10),
                ("pair: p50", 12),
                ("p99", 10),
            ],
        );
        let [posts, reads, pair_posts, pair_reads] = &all;
        for (label, ours, pair) in
            [("  a posted message", posts, pair_posts), ("  a read of it", reads, pair_reads)]
        {
            let of = |figures: &[f64], percent| (!figures.is_empty()).then(|| percentile(figures, percent));
            let ms = |figure: Option<f64>| figure.map_or_else(|| "-".to_owned(), |ms| format!("{ms:.3}"));
            let times = |percent| Some(of(ours, percent)? / of(pair, percent)?);
            let short =
                |figure: Option<f64>| figure.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}"));
            line(
                label,
                &[
                    (&short(times(50)), 16),
                    (&short(times(99)), 16),
                    (&ms(of(ours, 50)), 12),
                    (&ms(of(ours, 99)), 10),
                    (&ms(of(pair, 50)), 12),
                    (&ms(of(pair, 99)), 10),
                ],
            );
        }
        self.end(ours, pair, &directory);
    }

    fn end(&self, ours: Arc<Ours>, pair: Option<Arc<Pair>>, directory: &Path) {
        self.runtime.block_on(ours.stop());
        drop(pair);
        // Room for the next case; what is left is gone with the directory of the benchmark.
        let _ = std::fs::remove_dir_all(directory);
    }
}

/// The heads of a table of rates.
fn heading(what: &str, unit: &str) {
    println!("\n{what}: {unit} a second");
    line(
        "",
        &[
            ("sent, ours/pair", 24),
            ("processed, ours/pair", 24),
            ("of bare redb", 24),
            ("ours: sent", 12),
            ("processed", 11),
            ("pair: sent", 12),
            ("processed", 11),
            ("bare", 9),
        ],
    );
}
