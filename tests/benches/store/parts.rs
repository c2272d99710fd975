//! The parts that the benchmark plays in processes of their own: those whose end is measured, and that which opens a store.
//!
//! What always holds: a part says when it has got where it should, in one line.

use std::path::Path;
use std::sync::Arc;

use echo_storage::clock::Stopwatch;
use echo_storage::journal::Head;
use echo_storage::{OpenOptions, Store};
use echo_tests::processes;
use tokio::runtime::Runtime;

use crate::ours::Ours;
use crate::work::{Bus, Work, round, sequence};

/// Opens a store and says how long that took.
pub(crate) const OPEN: &str = "open";
/// Works, comes to rest, and stays so.
pub(crate) const HOLD: &str = "hold";
/// Works without end.
pub(crate) const LOAD: &str = "load";

/// How long a part works before it says that it is ready, in milliseconds.
const WARM_MS: u64 = 1_000;
/// How many messages each agent has in flight.
const IN_FLIGHT: usize = 32;

/// How a store was opened.
#[derive(Debug)]
pub(crate) struct Opened {
    /// Until the store could be read.
    pub(crate) open_ms: f64,
    /// Until all agents were ready, after that.
    pub(crate) ready_ms: f64,
    /// What the process had in memory then.
    pub(crate) resident_mb: f64,
}

impl Opened {
    /// What a part has said.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let mut figures = line.split(' ').map(|figure| figure.parse().ok());
        let mut next = || figures.next().flatten();
        Some(Self { open_ms: next()?, ready_ms: next()?, resident_mb: next()? })
    }
}

/// Plays a part.
pub(crate) fn play(runtime: &Runtime, part: &str, path: &Path) {
    match part {
        OPEN => open(runtime, path),
        HOLD => runtime.block_on(hold(path)),
        LOAD => runtime.block_on(load(path)),
        _ => println!("there is no part `{part}`"),
    }
}

fn open(runtime: &Runtime, path: &Path) {
    let stopwatch = Stopwatch::new();
    let store = Store::open(path, &OpenOptions::default()).expect("the store can be opened");
    Head::of(&store.snapshot().expect("the store can be read")).expect("the store can be read");
    let opened = stopwatch.elapsed();
    let ours = Arc::new(runtime.block_on(Ours::on(store)));
    let ready = stopwatch.elapsed().saturating_sub(opened);
    let resident = processes::memory_kib(std::process::id(), "VmRSS").map_or(f64::NAN, f64::from);
    runtime.block_on(ours.stop());
    // Said last: whoever reads it may end this process.
    println!("{} {} {}", opened.as_secs_f64() * 1e3, ready.as_secs_f64() * 1e3, resident * 1024.0 / 1e6);
}

async fn hold(path: &Path) {
    let ours = Ours::start(path).await;
    sequence(&ours, WARM_MS).await;
    ours.settled().await;
    println!("ready");
    std::future::pending::<()>().await;
}

async fn load(path: &Path) {
    let ours = Arc::new(Ours::start(path).await);
    round(&ours, Work::Agents { in_flight: IN_FLIGHT }, WARM_MS).await;
    println!("ready");
    round(&ours, Work::Agents { in_flight: IN_FLIGHT }, u64::MAX).await;
}
