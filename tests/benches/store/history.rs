//! The figures with ever more history, and how long a store with a million messages takes to open after ends of all kinds.
//!
//! What always holds: the history is made by the engine, message by message, each sent and processed, in big batches;
//! the pair gets as many rows. Every case begins with a copy of it. What ends is a process of its own, and so is what opens.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

use echo_runtime::engine::Engine;
use echo_storage::clock::{Clock, Stopwatch};
use echo_storage::quantities::Timestamp;
use echo_storage::{Input, OpenOptions, Store};

use crate::cases::{Bench, Figure, NAMES};
use crate::options::PART;
use crate::ours::{post, takes};
use crate::parts::{HOLD, LOAD, OPEN, Opened};
use crate::table::{line, median};
use crate::work::{AGENTS, Sender, float};

/// How many messages are in the store.
const SIZES: [u64; 3] = [10_000, 100_000, 1_000_000];
/// How many messages are sent, and then processed, in one commit.
const BATCH_MESSAGES: usize = 1_000;
/// How often each end is made and the store opened after it.
const OPENINGS: usize = 3;
/// How long a runtime is left at rest before it is killed, and under load.
const BEFORE_KILL: Duration = Duration::from_secs(3);
/// How long a part may take until it says something.
const PART_LIMIT: Duration = Duration::from_secs(120);

/// The longest openings that are aimed for, in milliseconds.
const AT_REST_AIM_MS: f64 = 10.0;
const UNDER_LOAD_AIM_MS: f64 = 2_000.0;

/// Runs every case with each history, then the openings.
pub(crate) fn history(bench: &mut Bench) {
    let directory = bench.fresh("history");
    let template = directory.join("org.redb");
    let (mut made, mut columns) = (0, Vec::new());
    if let Some(pair) = bench.pair() {
        // The tables are made before there is a history; from then on they stay.
        drop(pair);
    }
    bench.history = Some(template.clone());
    for size in SIZES {
        let stopwatch = Stopwatch::new();
        fill(&template, made, size);
        made = size;
        let seconds = stopwatch.elapsed().as_secs_f64();
        println!("\n== {size} messages, {:.1} MB, made in {seconds:.1} s", megabytes(&template));
        if let Some(pair) = bench.pair() {
            bench.runtime.block_on(pair.fill(size));
        }
        columns.push(NAMES.iter().flat_map(|name| bench.run(name)).collect::<Vec<Figure>>());
    }
    summary(&columns);
    openings(&template);
}

/// Adds messages, each sent and processed.
fn fill(path: &Path, from: u64, to: u64) {
    let organisation = Arc::new(echo_agents::organisation().expect("the organisation fits together"));
    let store = Store::open(path, &OpenOptions::default()).expect("a store can be opened");
    let clock = Arc::new(Clock::new(store.info().clock, Timestamp::default()));
    let engine = Engine::new(organisation.clone(), Arc::new(store), clock);
    let run = |inputs: Vec<Input>| engine.run(&inputs, None).expect("the steps can be committed");
    run(engine.configuration().expect("the store can be read").into_iter().collect());
    let roles = organisation.role_ids();
    let numbers: Vec<u64> = (from..to).collect();
    for batch in numbers.chunks(BATCH_MESSAGES) {
        let posts = batch.iter().map(|number| {
            let place = usize::try_from(*number).expect("a count of messages");
            let (sender, away) = (place % AGENTS, place / AGENTS % (AGENTS - 1) + 1);
            post(&roles, Sender::Agent(sender), (sender + away) % AGENTS, *number)
        });
        let sent = run(posts.collect());
        run(takes(sent.entries.iter().map(|entry| &**entry)));
    }
}

/// Each figure with each history.
fn summary(columns: &[Vec<Figure>]) {
    println!("\nours with so many messages of history, and as a multiple of the pair's");
    let heads = SIZES.map(|size| size.to_string());
    let cells: Vec<(&str, usize)> =
        heads.iter().flat_map(|head| [(head.as_str(), 14), ("/ pair", 9)]).collect();
    line("", &cells);
    let Some(first) = columns.first() else { return };
    for (place, figure) in first.iter().enumerate() {
        let row = columns.iter().filter_map(|column| column.get(place));
        let texts: Vec<String> = row
            .flat_map(|figure| {
                let digits = if figure.ours < 100.0 { 3 } else { 0 };
                let ratio = figure.ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}"));
                [format!("{:.digits$}", figure.ours), ratio]
            })
            .collect();
        let cells: Vec<(&str, usize)> = texts
            .iter()
            .enumerate()
            .map(|(at, text)| (text.as_str(), if at % 2 == 0 { 14 } else { 9 }))
            .collect();
        line(&format!("  {}", figure.label), &cells);
    }
}

/// How long the store takes to open after each kind of end.
fn openings(store: &Path) {
    println!("\na store of {:.1} MB opened after {OPENINGS} ends of each kind, p50", megabytes(store));
    let heads = [("open, ms", 12), ("aim", 10), ("agents ready, ms", 18), ("resident, MB", 14)];
    line("", &heads);
    let ends: [(&str, Option<&str>, f64); 3] = [
        ("  a clean stop", None, AT_REST_AIM_MS),
        ("  kill -9 at rest", Some(HOLD), AT_REST_AIM_MS),
        ("  kill -9 under load", Some(LOAD), UNDER_LOAD_AIM_MS),
    ];
    for (label, part, aim) in ends {
        let opened: Vec<Opened> = (0..OPENINGS)
            .map(|_| {
                if let Some(part) = part {
                    Part::start(part, store).kill_later();
                }
                Part::start(OPEN, store).opened()
            })
            .collect();
        let of = |figure: fn(&Opened) -> f64| median(&opened.iter().map(figure).collect::<Vec<f64>>());
        let open_ms = of(|opened| opened.open_ms);
        let verdict = if open_ms < aim { "within" } else { "above" };
        let cells = [
            (format!("{open_ms:.2}"), 12),
            (format!("< {aim} {verdict}"), 16),
            (format!("{:.2}", of(|opened| opened.ready_ms)), 12),
            (format!("{:.1}", of(|opened| opened.resident_mb)), 14),
        ];
        let cells = cells.each_ref().map(|(cell, width)| (cell.as_str(), *width));
        line(label, &cells);
    }
}

fn megabytes(path: &Path) -> f64 {
    let bytes = std::fs::metadata(path).expect("the store is there").len();
    float(bytes / 1_000) / 1e3
}

/// A process of the benchmark itself, ended at the latest when this is dropped.
struct Part {
    child: Child,
    lines: Receiver<String>,
}

impl Part {
    fn start(part: &str, store: &Path) -> Self {
        let program = std::env::current_exe().expect("a running benchmark has a file");
        let mut child = Command::new(program)
            .args([PART, part])
            .arg(store)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the benchmark can be run again");
        let output = child.stdout.take().expect("its output is piped");
        let (send, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if send.send(line).is_err() {
                    return;
                }
            }
        });
        Self { child, lines }
    }

    fn line(&self) -> String {
        self.lines.recv_timeout(PART_LIMIT).expect("a part says what it has done")
    }

    /// Waits until it says that it is ready, leaves it at that for a while, and kills it.
    fn kill_later(self) {
        self.line();
        let more = self.lines.recv_timeout(BEFORE_KILL);
        assert_eq!(more, Err(RecvTimeoutError::Timeout), "it goes on until it is killed");
    }

    fn opened(self) -> Opened {
        Opened::parse(&self.line()).expect("it says how it opened the store")
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
