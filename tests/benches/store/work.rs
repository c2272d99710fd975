//! The work that is measured, and the load that makes it: the same code drives every side.
//!
//! What always holds: a slot does one thing at a time; whatever was begun before a round's end is waited for, and the
//! time of a round ends with the last of it.

use std::collections::HashMap;
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use echo_storage::clock::Stopwatch;
use tokio::sync::{Notify, oneshot};

/// How many agents there are.
pub(crate) const AGENTS: usize = 9;
/// How many send from outside in the case of that name.
pub(crate) const SENDERS: usize = 64;

/// What a message says besides its number: about 500 bytes of JSON with it.
const TEXT: &str = "The platform carries ten thousand users today and twice as many are expected before the end of \
the year. The plan is to move the sessions out of the database first, then to split reading from writing, and to look at \
the figures again after each step. What is needed is a word on the order of the steps, on who watches the figures while \
they are taken, and on what would make us turn back. Answers by Thursday are early enough; until then nothing changes.";

/// A message's content.
pub(crate) fn content(number: u64) -> String {
    format!(r#"{{"number":{number},"topic":"platform","text":"{TEXT}"}}"#)
}

/// Who sends a message.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Sender {
    /// One of the agents, by its place among them.
    Agent(usize),
    /// Somebody outside, by number.
    Outside(usize),
}

/// What a round does, over and over.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Work {
    /// Every agent sends to the others in turn, with so many of its messages not yet acknowledged.
    Agents { in_flight: usize },
    /// Many from outside send to the agents in turn, each one message at a time.
    Senders,
    /// Somebody sends to everybody; the next goes out when all have processed it.
    Broadcasts { in_flight: usize },
    /// Decisions from their opening to their close.
    Decisions { in_flight: usize },
}

/// What carries messages and decisions.
pub(crate) trait Bus: Send + Sync + 'static {
    /// Sends a message to one agent, durably, and gives its number.
    fn post(&self, from: Sender, to: usize, number: u64) -> impl Future<Output = u64> + Send;
    /// Sends a message to all agents, durably, and gives its number.
    fn broadcast(&self, number: u64) -> impl Future<Output = u64> + Send;
    /// Opens a decision, durably, and gives its number.
    fn decide(&self, number: u64) -> impl Future<Output = u64> + Send;
    /// Reads a message by its number.
    fn read(&self, message: u64) -> impl Future<Output = ()> + Send;
    /// Waits until nothing is left to do.
    fn settled(&self) -> impl Future<Output = ()> + Send;
    /// What was processed.
    fn tracker(&self) -> &Tracker;
}

/// What is waited for by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Awaiting {
    /// Nothing: messages are counted.
    #[default]
    Nothing,
    /// Messages that everybody has processed.
    Messages,
    /// Decisions that are closed.
    Decisions,
}

/// Counts what was processed, and tells those who wait.
pub(crate) struct Tracker {
    stopwatch: Stopwatch,
    processed: AtomicU64,
    /// When the last one was, in nanoseconds of the stopwatch.
    last_ns: AtomicU64,
    changed: Notify,
    awaited: Mutex<(Awaiting, HashMap<u64, Seen>)>,
}

#[derive(Default)]
struct Seen {
    times: usize,
    told: Option<oneshot::Sender<()>>,
}

impl Tracker {
    pub(crate) fn new() -> Self {
        Self {
            stopwatch: Stopwatch::new(),
            processed: AtomicU64::new(0),
            last_ns: AtomicU64::new(0),
            changed: Notify::new(),
            awaited: Mutex::default(),
        }
    }

    /// A recipient has processed a message.
    pub(crate) fn processed(&self, message: u64) {
        self.mark(Awaiting::Messages, message, AGENTS);
    }

    /// A decision is closed.
    pub(crate) fn closed(&self, decision: u64) {
        self.mark(Awaiting::Decisions, decision, 1);
    }

    fn mark(&self, what: Awaiting, id: u64, wanted: usize) {
        let mut awaited = self.awaited.lock().unwrap_or_else(PoisonError::into_inner);
        // While decisions are awaited, the messages they lead to do not count, and the other way round.
        let counts = match awaited.0 {
            Awaiting::Nothing => what == Awaiting::Messages,
            awaiting => awaiting == what,
        };
        if !counts {
            return;
        }
        if awaited.0 != Awaiting::Nothing {
            let seen = awaited.1.entry(id).or_default();
            seen.times += 1;
            if seen.times == wanted
                && let Some(told) = seen.told.take()
            {
                awaited.1.remove(&id);
                let _ = told.send(());
            }
        }
        drop(awaited);
        self.last_ns.store(self.now_ns(), Ordering::Release);
        self.processed.fetch_add(1, Ordering::AcqRel);
        self.changed.notify_waiters();
    }

    fn await_what(&self, what: Awaiting) {
        *self.awaited.lock().unwrap_or_else(PoisonError::into_inner) = (what, HashMap::new());
    }

    /// Waits until this was processed by all, or is closed.
    async fn complete(&self, id: u64, wanted: usize) {
        let waiting = {
            let mut awaited = self.awaited.lock().unwrap_or_else(PoisonError::into_inner);
            let seen = awaited.1.entry(id).or_default();
            if seen.times >= wanted {
                awaited.1.remove(&id);
                return;
            }
            let (told, waiting) = oneshot::channel();
            seen.told = Some(told);
            waiting
        };
        waiting.await.expect("the bus goes on");
    }

    /// Waits until so many were processed since the start.
    async fn reaches(&self, count: u64) {
        loop {
            let changed = self.changed.notified();
            if self.count() >= count {
                return;
            }
            changed.await;
        }
    }

    fn count(&self) -> u64 {
        self.processed.load(Ordering::Acquire)
    }

    fn now_ns(&self) -> u64 {
        u64::try_from(self.stopwatch.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

/// What came of a round.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Round {
    /// How many messages, broadcasts or decisions.
    pub(crate) count: u64,
    /// When the last was acknowledged.
    pub(crate) sent: Duration,
    /// When the last was processed by whoever it was for.
    pub(crate) processed: Duration,
}

impl Round {
    /// How many were acknowledged in a second.
    pub(crate) fn sent_per_second(&self) -> f64 {
        per_second(self.count, self.sent)
    }

    /// How many were processed in a second.
    pub(crate) fn processed_per_second(&self) -> f64 {
        per_second(self.count, self.processed)
    }
}

/// A count in a time as a rate.
pub(crate) fn per_second(count: u64, time: Duration) -> f64 {
    float(count) / time.as_secs_f64()
}

/// A count as a figure to calculate with.
pub(crate) fn float(count: u64) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}

/// One round of work.
pub(crate) async fn round<B: Bus>(bus: &Arc<B>, work: Work, round_ms: u64) -> Round {
    let tracker = bus.tracker();
    tracker.await_what(match work {
        Work::Agents { .. } | Work::Senders => Awaiting::Nothing,
        Work::Broadcasts { .. } => Awaiting::Messages,
        Work::Decisions { .. } => Awaiting::Decisions,
    });
    let (before, started_ns) = (tracker.count(), tracker.now_ns());
    let slots = match work {
        Work::Agents { in_flight } => AGENTS * in_flight,
        Work::Senders => SENDERS,
        Work::Broadcasts { in_flight } | Work::Decisions { in_flight } => in_flight,
    };
    let stopwatch = Stopwatch::new();
    let tasks: Vec<_> =
        (0..slots).map(|slot| tokio::spawn(run_slot(bus.clone(), work, slot, stopwatch, round_ms))).collect();
    let mut count = 0;
    for task in tasks {
        count += task.await.expect("a slot ends well");
    }
    let sent = stopwatch.elapsed();
    let each = if matches!(work, Work::Broadcasts { .. }) { AGENTS as u64 } else { 1 };
    tracker.reaches(before + count * each).await;
    let processed = Duration::from_nanos(tracker.last_ns.load(Ordering::Acquire).saturating_sub(started_ns));
    Round { count, sent, processed }
}

async fn run_slot<B: Bus>(bus: Arc<B>, work: Work, slot: usize, since: Stopwatch, round_ms: u64) -> u64 {
    let mut count = 0;
    while count == 0 || since.elapsed() < Duration::from_millis(round_ms) {
        match work {
            Work::Agents { .. } => {
                let from = slot % AGENTS;
                let away = usize::try_from(count).unwrap_or(0) % (AGENTS - 1) + 1;
                bus.post(Sender::Agent(from), (from + away) % AGENTS, count).await;
            }
            Work::Senders => {
                let to = (slot + usize::try_from(count).unwrap_or(0)) % AGENTS;
                bus.post(Sender::Outside(slot), to, count).await;
            }
            Work::Broadcasts { .. } => {
                let id = bus.broadcast(count).await;
                bus.tracker().complete(id, AGENTS).await;
            }
            Work::Decisions { .. } => {
                let id = bus.decide(count).await;
                bus.tracker().complete(id, 1).await;
            }
        }
        count += 1;
    }
    count
}

/// How long messages took in sequence, in milliseconds.
#[derive(Debug, Default)]
pub(crate) struct Sequence {
    /// Until acknowledged.
    pub(crate) acknowledged: Vec<f64>,
    /// Until processed.
    pub(crate) processed: Vec<f64>,
}

/// Messages from one agent to another, each sent when the one before is acknowledged and processed.
pub(crate) async fn sequence<B: Bus>(bus: &B, round_ms: u64) -> Sequence {
    let (tracker, stopwatch) = (bus.tracker(), Stopwatch::new());
    tracker.await_what(Awaiting::Nothing);
    let mut all = Sequence::default();
    let mut number = 0;
    while number == 0 || stopwatch.elapsed() < Duration::from_millis(round_ms) {
        let (before, started_ns) = (tracker.count(), tracker.now_ns());
        bus.post(Sender::Agent(0), 1, number).await;
        let acknowledged_ns = tracker.now_ns();
        tracker.reaches(before + 1).await;
        let processed_ns = tracker.last_ns.load(Ordering::Acquire);
        let ms = |end_ns: u64| Duration::from_nanos(end_ns.saturating_sub(started_ns)).as_secs_f64() * 1e3;
        all.acknowledged.push(ms(acknowledged_ns));
        all.processed.push(ms(processed_ns));
        number += 1;
    }
    all
}

/// How long calls took while decisions ran, in milliseconds.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    /// To post a message.
    pub(crate) posts: Vec<f64>,
    /// To read it.
    pub(crate) reads: Vec<f64>,
}

/// One caller posts and reads while batches of decisions run.
pub(crate) async fn calls_during_decisions<B: Bus>(bus: &Arc<B>, in_flight: usize, round_ms: u64) -> Calls {
    let background = bus.clone();
    let decisions = tokio::spawn(async move {
        round(&background, Work::Decisions { in_flight }, round_ms).await;
    });
    let stopwatch = Stopwatch::new();
    let mut calls = Calls::default();
    let mut number = 0;
    while number == 0 || stopwatch.elapsed() < Duration::from_millis(round_ms) {
        let call = Stopwatch::new();
        // The first of those from outside whose connection no agent uses.
        let message = bus.post(Sender::Outside(AGENTS), 1, number).await;
        calls.posts.push(call.elapsed().as_secs_f64() * 1e3);
        let call = Stopwatch::new();
        bus.read(message).await;
        calls.reads.push(call.elapsed().as_secs_f64() * 1e3);
        number += 1;
    }
    decisions.await.expect("the decisions end well");
    calls
}
