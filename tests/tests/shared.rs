//! Many processes of the real binary that share one store.
//!
//! Goal: whatever the processes do and whoever dies, one process has the store open, everybody is answered or told what to
//! do, and nothing that was acknowledged is lost. Method: real processes, real signals, bare connections; what is waited
//! for is a line, a file or what the runtime says of itself. In `crowd`, twenty-seven processes around one session.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test reports what it cannot read by failing"
)]

#[path = "shared/bare.rs"]
mod bare;
#[path = "shared/crowd.rs"]
mod crowd;
#[path = "shared/deaths.rs"]
mod deaths;
#[path = "shared/doors.rs"]
mod doors;
#[path = "shared/versions.rs"]
mod versions;

use std::path::Path;

use echo_runtime::doors::socket::address::Address;
use echo_runtime::doors::socket::client::{Client, Found};
use echo_storage::Input;
use echo_storage::clock::Stopwatch;
use echo_storage::journal::{self, Entry};
use echo_tests::{Home, RUN_LIMIT, move_the_platform, processes};

/// Writes a question with a discussion into a home: votes that change, and a figure that is asked for.
fn scenario_in(home: &Home) -> String {
    let yaml = move_the_platform("move", "load_expected: 2000");
    home.write("move.yaml", &yaml).display().to_string()
}

/// So slow that no session at this pace ends while a test is at it, in milliseconds.
const SLOW_MS: &str = "30000";

/// Where the socket of a home's store is.
fn address(home: &Home) -> Address {
    address_of(home, &home.store())
}

fn address_of(home: &Home, store: &Path) -> Address {
    Address::of(store, &home.path().join("echo-org")).unwrap()
}

/// A connection to the runtime of a home.
fn client(home: &Home) -> Client {
    match Client::connect(&address(home)).unwrap() {
        Found::Host(client) => client,
        Found::Left => panic!("it left"),
    }
}

/// The process of the runtime of a home.
fn pid(home: &Home) -> u32 {
    client(home).welcome().pid
}

/// Looks again and again until it is so, for as long as a run of the binary may take.
#[track_caller]
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let stopwatch = Stopwatch::new();
    while !is_so() {
        assert!(stopwatch.elapsed() < RUN_LIMIT, "waited in vain until {what}");
        std::thread::yield_now();
    }
}

/// One process, the runtime, has the store open.
#[track_caller]
fn one_has_it_open(home: &Home) {
    if processes::ARE_KNOWN {
        let holders: Vec<u32> = processes::with_file(&home.store()).into_iter().collect();
        assert_eq!(holders, [pid(home)]);
    }
}

fn entries(home: &Home) -> Vec<Entry> {
    journal::entries_after(&client(home), 0, usize::MAX).unwrap()
}

/// Which sessions started and ended, in order.
fn stages(home: &Home) -> Vec<&'static str> {
    let stage = |entry: &Entry| match entry.input {
        Input::StartSession { .. } => Some("start"),
        Input::EndSession { .. } => Some("end"),
        _ => None,
    };
    entries(home).iter().filter_map(stage).collect()
}

/// A store in which a session was played, and no runtime.
fn cold() -> (Home, String) {
    let home = Home::default();
    let scenario = scenario_in(&home);
    let _ = home.run(&["train", &scenario, "--quiet"]).exits(0);
    (home.shared(), scenario)
}

/// Goal: however many come at once, one runtime starts and all are answered. Method: twenty commands of all kinds on a
/// store that nobody has open; the log beside the store tells how many runtimes there were.
#[test]
fn twenty_commands_at_once_start_one_runtime() {
    let (home, scenario) = cold();
    let train = ["train", &scenario, "--json"];
    let post = ["send", "me", "messages:all", "--subject", "All at once", "--json"];
    let mut lines: Vec<&[&str]> = Vec::new();
    for _ in 0..4 {
        lines.extend([
            &train[..],
            &post,
            &["status", "--json"],
            &["decisions", "--json"],
            &["agents", "--json"],
        ]);
    }
    std::thread::scope(|scope| {
        let runs: Vec<_> = lines.iter().map(|line| scope.spawn(|| home.run(line))).collect();
        for run in runs {
            assert!(run.join().unwrap().exits(0).json().is_object());
        }
    });
    one_has_it_open(&home);
    let log = std::fs::read_to_string(address(&home).log).unwrap();
    let served: Vec<&str> = log.lines().filter(|line| line.contains(" serves ")).collect();
    assert_eq!(served.len(), 1, "{log}");
    assert!(served.concat().starts_with(&format!("process {} ", pid(&home))), "{log}");
    assert_eq!(stages(&home), ["start", "end"].repeat(5));
    let messages = home.run(&["messages", "--limit", "1000", "--json"]).exits(0).json();
    let sent =
        messages["messages"].as_array().unwrap().iter().filter(|one| one["subject"] == "All at once").count();
    assert_eq!(sent, 4);
    let _ = home.run(&["replay"]).exits(0);
}

#[test]
fn two_sessions_at_once_are_played_one_after_the_other() {
    let home = Home::sharing();
    let scenario = scenario_in(&home);
    let train = || home.run(&["train", &scenario, "--json"]).exits(0).json()["session"].clone();
    let (one, other) = std::thread::scope(|scope| {
        let (one, other) = (scope.spawn(train), scope.spawn(train));
        (one.join().unwrap(), other.join().unwrap())
    });
    let mut sessions = [one, other].map(|session| session.as_str().unwrap().to_owned());
    sessions.sort();
    assert_eq!(sessions, ["ses-1", "ses-2"]);
    assert_eq!(stages(&home), ["start", "end", "start", "end"]);
    for session in sessions {
        assert!(home.path().join(format!("data/echo-org/org.redb.sessions/{session}/report.html")).exists());
    }
}
