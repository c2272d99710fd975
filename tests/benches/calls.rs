//! What sharing a runtime costs: a call through the socket against the same call inside the process, and a runtime that
//! nobody uses.
//!
//! `cargo bench -p echo-tests --bench calls -- 50` makes fifty calls of each caller in each turn instead of two hundred.
//! A call posts a small message and is answered when that is on the disk. Both ways take turns, each on a store of its own
//! on the same disk, so that whatever else the disk has to do meets both.
#![expect(clippy::expect_used, reason = "a benchmark that cannot measure says so and ends")]

use std::sync::Arc;

use echo_runtime::doors::socket::address::Address;
use echo_runtime::doors::socket::client::{Client, Found};
use echo_runtime::drivers::live::Live;
use echo_runtime::mind::RulesMind;
use echo_storage::clock::Stopwatch;
use echo_storage::journal::Head;
use echo_storage::names::RoleId;
use echo_storage::records::{Address as To, Kind, Party};
use echo_storage::{Input, OpenOptions, Store};
use echo_tests::{Home, Program, Running, processes};

const DEFAULT_CALLS: usize = 200;

/// How many call at once.
const CALLERS: [usize; 2] = [1, 50];
/// How often the two ways take turns.
const TURNS: usize = 4;
/// How long nobody uses a runtime while its processor time is counted, in milliseconds.
const IDLE_MS: u64 = 5_000;
/// How many ticks of processor time Linux counts in a second.
const TICKS_PER_SECOND: f64 = 100.0;

/// What is aimed for, on two cores.
const RATIO_AIM: f64 = 2.0;
const MEMORY_AIM_MB: f64 = 30.0;
const IDLE_AIM_PERCENT: f64 = 0.5;

fn main() {
    // Cargo adds arguments of its own, which are no numbers.
    let calls = std::env::args().skip(1).find_map(|argument| argument.parse().ok());
    let calls: usize = calls.unwrap_or(DEFAULT_CALLS).max(1);
    // Built first, so that what the build says does not stand between the figures.
    let _ = Program::released();
    println!("{calls} calls of each caller in each of {TURNS} turns; medians");
    println!("{:<12}{:>16}{:>20}{:>10}{:>8}", "callers", "inside, ms", "through socket, ms", "ratio", "aim");
    for callers in CALLERS {
        let (inside, through) = compare(callers, calls);
        let ratio = through / inside;
        println!(
            "{callers:<12}{inside:>16.3}{through:>20.3}{ratio:>10.2}{RATIO_AIM:>8.1}   {}",
            verdict(ratio, RATIO_AIM)
        );
    }
    idle();
}

/// The medians of both ways, in milliseconds.
fn compare(callers: usize, calls: usize) -> (f64, f64) {
    let home = Home::new(Program::released()).shared();
    let serving = serve(&home);
    let directory = tempfile::tempdir().expect("a temporary directory can be made");
    let store = Store::open(&directory.path().join("org.redb"), &OpenOptions::default());
    let store = Arc::new(store.expect("a store can be made"));
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("threads can be had");
    let organisation = Arc::new(echo_agents::organisation().expect("the organisation fits together"));
    let live = runtime.block_on(Live::start(organisation, store, Arc::new(RulesMind)));
    let live = live.expect("the organisation runs");
    let (mut inside, mut through) = (Vec::new(), Vec::new());
    // The first turn of each warms up.
    for turn in 0..=TURNS {
        let (one, other) =
            (calls_inside(&runtime, &live, callers, calls), calls_through(&home, callers, calls));
        if turn > 0 {
            inside.extend(one);
            through.extend(other);
        }
    }
    runtime.block_on(live.stop()).expect("the runtime stops");
    drop(serving);
    (median(inside), median(through))
}

fn calls_inside(runtime: &tokio::runtime::Runtime, live: &Live, callers: usize, calls: usize) -> Vec<f64> {
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..callers)
            .map(|_| {
                scope.spawn(move || {
                    let call = || runtime.block_on(live.submit(post())).expect("a message can be posted");
                    timed(calls, &|| drop(call()))
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("a caller ends well")).collect()
    })
}

fn calls_through(home: &Home, callers: usize, calls: usize) -> Vec<f64> {
    let clients: Vec<Client> = (0..callers).map(|_| connect(home)).collect();
    std::thread::scope(|scope| {
        let threads: Vec<_> = clients
            .iter()
            .map(|client| {
                scope.spawn(move || {
                    timed(calls, &|| drop(client.submit(&post()).expect("a message can be posted")))
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("a caller ends well")).collect()
    })
}

/// How long each of so many calls took, in milliseconds.
fn timed(calls: usize, call: &dyn Fn()) -> Vec<f64> {
    let one = |_| {
        let stopwatch = Stopwatch::new();
        call();
        stopwatch.elapsed().as_secs_f64() * 1e3
    };
    (0..calls).map(one).collect()
}

/// What a runtime takes that nobody uses.
fn idle() {
    let home = Home::new(Program::released()).shared();
    let serving = serve(&home);
    let client = connect(&home);
    let head = Head::of(&client).expect("the store can be read").step;
    let mut follower = client.follow(head).expect("the runtime can be followed");
    let pid = serving.pid();
    let (stopwatch, before) = (Stopwatch::new(), processes::ticks(pid));
    let happened = follower.next(IDLE_MS).expect("the runtime stays");
    assert!(happened.is_none(), "nobody uses it: {happened:?}");
    let (seconds, after) = (stopwatch.elapsed().as_secs_f64(), processes::ticks(pid));
    let (Some(before), Some(after), Some(kib)) = (before, after, processes::memory_kib(pid, "VmRSS")) else {
        println!("SKIPPED: this system does not tell what a process takes");
        return;
    };
    let ticks = u32::try_from(after - before).map_or(f64::INFINITY, f64::from);
    let percent = ticks / TICKS_PER_SECOND / seconds * 100.0;
    println!(
        "idle runtime: {percent:.2} % of a core over {seconds:.1} s (aim {IDLE_AIM_PERCENT} %, {})",
        verdict(percent, IDLE_AIM_PERCENT)
    );
    let megabytes = f64::from(kib) * 1024.0 / 1e6;
    println!(
        "idle runtime: {megabytes:.1} MB resident (aim {MEMORY_AIM_MB:.0} MB, {})",
        verdict(megabytes, MEMORY_AIM_MB)
    );
}

fn serve(home: &Home) -> Running {
    let mut serving = Running::new(home, &["serve"]);
    serving.reaches("process ");
    serving
}

fn connect(home: &Home) -> Client {
    let address = Address::of(&home.store(), home.path()).expect("the home can be looked at");
    match Client::connect(&address).expect("the runtime listens") {
        Found::Host(client) => client,
        Found::Left => unreachable!("it is of this version"),
    }
}

fn post() -> Input {
    Input::Post {
        from: Party::Person("somebody".to_owned()),
        to: To::Role(RoleId::new("ceo").expect("it is a name")),
        kind: Kind::Notification,
        subject: "A small message".to_owned(),
        content: "{}".to_owned(),
        in_reply_to: None,
    }
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

fn verdict(figure: f64, aim: f64) -> &'static str {
    if figure <= aim { "within" } else { "above" }
}
