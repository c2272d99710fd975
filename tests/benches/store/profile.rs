//! Where a step's time goes, as far as it can be told from outside: nine agents with 32 messages in flight each.
//!
//! The same messages go three ways, each on a store of its own: step by step by hand on one thread, which tells deciding
//! from journaling from committing; through the engine, which adds its checks; through the live runtime, which adds
//! queues, actors and the dispatcher, on as many threads as it likes.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use echo_runtime::engine::{Engine, Outcome};
use echo_runtime::organisation::Organisation;
use echo_storage::clock::{Clock, ClockKind, Stopwatch};
use echo_storage::journal::Entry;
use echo_storage::quantities::Timestamp;
use echo_storage::{Input, OpenOptions, Store};

use crate::cases::Bench;
use crate::ours::{Ours, post, takes};
use crate::table::line;
use crate::work::{AGENTS, Sender, Work, float, round};

/// How many messages each agent has in flight.
const IN_FLIGHT: usize = 32;

/// The time of one kind of step, by what was done.
#[derive(Debug, Default, Clone, Copy)]
struct Times {
    steps: u64,
    decide: Duration,
    journal: Duration,
    commit: Duration,
}

impl Times {
    fn plus(self, other: Self) -> Self {
        Self {
            steps: self.steps + other.steps,
            decide: self.decide + other.decide,
            journal: self.journal + other.journal,
            commit: self.commit + other.commit,
        }
    }
}

/// Prints the profile.
pub(crate) fn profile(bench: &Bench) {
    let organisation = Arc::new(echo_agents::organisation().expect("the organisation fits together"));
    println!("\nnine agents to each other, {IN_FLIGHT} in flight each: microseconds a step");
    let (posts, takes) = by_hand(&organisation, &bench.fresh("by-hand"), bench.round_ms);
    let both = posts.plus(takes);
    line("", &[("post", 10), ("take", 10), ("both", 10)]);
    let row = |label: &str, part: fn(&Times) -> Duration| {
        let cells = [posts, takes, both].map(|times| format!("{:.2}", micros(part(&times), times.steps)));
        let [post, take, both] = &cells;
        line(label, &[(post, 10), (take, 10), (both, 10)]);
    };
    row("  decide and apply", |times| times.decide);
    row("  journal: encode, hash", |times| times.journal);
    row("  commit", |times| times.commit);
    row("  by hand, in all", |times| times.decide + times.journal + times.commit);
    let (steps, time) = through_engine(&organisation, &bench.fresh("engine"), bench.round_ms);
    line("  through the engine", &[("", 20), (&format!("{:.2}", micros(time, steps)), 10)]);
    let ours = Arc::new(bench.runtime.block_on(Ours::start(&bench.fresh("live").join("org.redb"))));
    let before = ours.counts();
    let live = bench.runtime.block_on(round(&ours, Work::Agents { in_flight: IN_FLIGHT }, bench.round_ms));
    let made = ours.counts().since(before);
    line(
        "  through the live runtime",
        &[("", 20), (&format!("{:.2}", micros(live.processed, made.steps)), 10)],
    );
    println!(
        "  live: {} commits with {:.1} steps each",
        made.commits,
        float(made.steps) / float(made.commits)
    );
    bench.runtime.block_on(ours.stop());
}

fn micros(time: Duration, steps: u64) -> f64 {
    time.as_secs_f64() * 1e6 / float(steps)
}

fn open(directory: &Path) -> Arc<Store> {
    let store = Store::open(&directory.join("org.redb"), &OpenOptions::default());
    Arc::new(store.expect("a store can be opened"))
}

/// A batch of messages, each agent's to the others in turn.
fn posts(organisation: &Organisation, number: u64) -> Vec<Input> {
    let roles = organisation.role_ids();
    let inputs = (0..AGENTS * IN_FLIGHT).map(|slot| {
        let from = slot % AGENTS;
        let to = (from + slot / AGENTS % (AGENTS - 1) + 1) % AGENTS;
        post(&roles, Sender::Agent(from), to, number)
    });
    inputs.collect()
}

fn by_hand(organisation: &Organisation, directory: &Path, round_ms: u64) -> (Times, Times) {
    let store = open(directory);
    steps(&store, organisation, vec![Input::Configure(organisation.config().clone())]);
    let (mut of_posts, mut of_takes) = (Times::default(), Times::default());
    let (stopwatch, mut number) = (Stopwatch::new(), 0);
    while stopwatch.elapsed() < Duration::from_millis(round_ms) {
        let (entries, times) = steps(&store, organisation, posts(organisation, number));
        of_posts = of_posts.plus(times);
        let (_, times) = steps(&store, organisation, takes(entries.iter().map(|entry| &**entry)));
        of_takes = of_takes.plus(times);
        number += 1;
    }
    (of_posts, of_takes)
}

/// Steps in one commit, each part of them timed.
fn steps(store: &Store, organisation: &Organisation, inputs: Vec<Input>) -> (Vec<Arc<Entry>>, Times) {
    let mut batch = store.batch().expect("the store can be read");
    let (mut entries, mut times) = (Vec::new(), Times::default());
    let now: Timestamp = Clock::Real.now();
    for input in inputs {
        let stopwatch = Stopwatch::new();
        let mut draft = batch.draft(now);
        organisation.decide(&mut draft, &input).expect("the step can be decided");
        let finished = draft.finish();
        let decided = stopwatch.elapsed();
        let entry = batch.append(input, None, finished).expect("the step can be appended");
        times.decide += decided;
        times.journal += stopwatch.elapsed().saturating_sub(decided);
        times.steps += 1;
        entries.push(entry);
    }
    let stopwatch = Stopwatch::new();
    store.commit(batch).expect("the batch can be committed");
    times.commit = stopwatch.elapsed();
    (entries, times)
}

fn through_engine(organisation: &Arc<Organisation>, directory: &Path, round_ms: u64) -> (u64, Duration) {
    let clock = Arc::new(Clock::new(ClockKind::Real, Timestamp::default()));
    let engine = Engine::new(organisation.clone(), open(directory), clock);
    let run = |inputs: Vec<Input>| engine.run(&inputs, None).expect("the steps can be committed");
    run(vec![Input::Configure(organisation.config().clone())]);
    let (mut steps, mut time) = (0, Duration::ZERO);
    let (round, mut number) = (Stopwatch::new(), 0);
    while round.elapsed() < Duration::from_millis(round_ms) {
        let inputs = posts(organisation, number);
        let stopwatch = Stopwatch::new();
        let posted = run(inputs);
        time += stopwatch.elapsed();
        let inputs = takes(posted.entries.iter().map(|entry| &**entry));
        let stopwatch = Stopwatch::new();
        let taken = run(inputs);
        time += stopwatch.elapsed();
        let done = posted.outcomes.iter().chain(&taken.outcomes);
        steps += done.filter(|outcome| matches!(outcome, Outcome::Done(_))).count() as u64;
        number += 1;
    }
    (steps, time)
}
