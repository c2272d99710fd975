//! What sharing a runtime costs: a call through the socket against the same call inside the process, a tool called by an MCP
//! client through a bridge likewise, and a runtime that nobody uses.
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
use echo_storage::journal::{Entry, Head};
use echo_storage::names::RoleId;
use echo_storage::records::{Address as To, Kind, Party};
use echo_storage::{Input, OpenOptions, Store};
use echo_tests::{Home, Program, Running, mcp, processes};

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
const BRIDGE_AIM_MS: f64 = 1.0;
const BRIDGE_AIM_MB: f64 = 10.0;

/// How many calls through a bridge are made in a turn at most.
const MAX_BRIDGED_CALLS: usize = 300;
/// What a tool is told to remember.
const NOTE: &str = "A vendor was late";

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
    bridged(calls);
    idle();
}

/// A tool called by an MCP client on standard input and output, against the same call inside the process.
fn bridged(calls: usize) {
    // No more than a caller may make in a burst.
    let calls = calls.min(MAX_BRIDGED_CALLS);
    let home = Home::new(Program::released()).shared();
    let serving = serve(&home);
    let inside = Inside::start();
    let mut client = mcp::Stdio::ready(&home, &["--role", "ceo"]);
    let (mut in_process, mut through) = (Vec::new(), Vec::new());
    for turn in 0..=TURNS {
        let one = timed(calls, &mut || drop(inside.submit(remember())));
        let other = timed(calls, &mut || {
            let done = client.call("remember", &serde_json::json!({ "text": NOTE }));
            assert_eq!(done.get("isError"), Some(&false.into()), "{done}");
        });
        if turn > 0 {
            in_process.extend(one);
            through.extend(other);
        }
    }
    let (in_process, through) = (median(in_process), median(through));
    let more = through - in_process;
    println!(
        "a tool through stdio: {through:.3} ms, inside {in_process:.3} ms: {more:.3} ms more (aim {BRIDGE_AIM_MS:.1} ms, {})",
        verdict(more, BRIDGE_AIM_MS)
    );
    if let Some(kib) = processes::memory_kib(client.pid(), "VmRSS") {
        let megabytes = f64::from(kib) * 1024.0 / 1e6;
        println!(
            "a bridge: {megabytes:.1} MB resident, pages of the program that others share included (aim {BRIDGE_AIM_MB:.0} MB, {})",
            verdict(megabytes, BRIDGE_AIM_MB)
        );
    }
    inside.stop();
    drop(serving);
}

/// The call of a tool that writes a little.
fn remember() -> Input {
    Input::Call {
        caller: Party::Role(RoleId::new("ceo").expect("it is a name")),
        tool: "remember".to_owned(),
        arguments: serde_json::json!({ "text": NOTE }).to_string(),
    }
}

/// An organisation in this process, on a store of its own.
struct Inside {
    runtime: tokio::runtime::Runtime,
    live: Live,
    _directory: tempfile::TempDir,
}

impl Inside {
    fn start() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory can be made");
        let store = Store::open(&directory.path().join("org.redb"), &OpenOptions::default());
        let store = Arc::new(store.expect("a store can be made"));
        let runtime =
            tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("threads can be had");
        let organisation = Arc::new(echo_agents::organisation().expect("the organisation fits together"));
        let live = runtime.block_on(Live::start(organisation, store, Arc::new(RulesMind)));
        Self { runtime, live: live.expect("the organisation runs"), _directory: directory }
    }

    fn submit(&self, input: Input) -> Entry {
        self.runtime.block_on(self.live.submit(input)).expect("it is done")
    }

    fn stop(self) {
        self.runtime.block_on(self.live.stop()).expect("the runtime stops");
    }
}

/// The medians of both ways, in milliseconds.
fn compare(callers: usize, calls: usize) -> (f64, f64) {
    let home = Home::new(Program::released()).shared();
    let serving = serve(&home);
    let here = Inside::start();
    let (mut inside, mut through) = (Vec::new(), Vec::new());
    // The first turn of each warms up.
    for turn in 0..=TURNS {
        let (one, other) = (calls_inside(&here, callers, calls), calls_through(&home, callers, calls));
        if turn > 0 {
            inside.extend(one);
            through.extend(other);
        }
    }
    here.stop();
    drop(serving);
    (median(inside), median(through))
}

fn calls_inside(here: &Inside, callers: usize, calls: usize) -> Vec<f64> {
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..callers)
            .map(|_| scope.spawn(move || timed(calls, &mut || drop(here.submit(post())))))
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
                    timed(calls, &mut || drop(client.submit(&post()).expect("a message can be posted")))
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("a caller ends well")).collect()
    })
}

/// How long each of so many calls took, in milliseconds.
fn timed(calls: usize, call: &mut dyn FnMut()) -> Vec<f64> {
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
