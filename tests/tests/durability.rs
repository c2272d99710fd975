//! The levels of durability, of the real binary.
//!
//! Goal: each level keeps what it promises, and the weaker ones promise less only where they say so. Method: a copy of the
//! file, taken while the runtime is up, is what a loss of power would leave.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test reports what it cannot read by failing"
)]

use std::path::Path;

use echo_storage::clock::Stopwatch;
use echo_storage::names::{Id, MessageId};
use echo_storage::{OpenOptions, Query, Store, verify};
use echo_tests::{Home, RUN_LIMIT, Running};

/// Whether a copy of the file as it is now holds this message.
fn is_on_disk(home: &Home, number: u64) -> bool {
    let copy = home.path().join("copy.redb");
    std::fs::copy(home.store(), &copy).unwrap();
    let options = OpenOptions { create: false, read_only: true, ..OpenOptions::default() };
    // A copy that was taken in the middle of a commit may not open, and is taken again.
    let Ok(store) = Store::open(&copy, &options) else { return false };
    let found = store.snapshot().and_then(|state| state.message(MessageId::from_number(number)));
    found.is_ok_and(|message| message.is_some())
}

fn post(home: &Home) -> u64 {
    let sent = home.run(&["send", "me", "cto", "--subject", "News", "--json"]).exits(0).json();
    sent["message"].as_str().unwrap().trim_start_matches("msg-").parse().unwrap()
}

#[test]
fn what_waits_for_the_disk_is_there_after_the_interval_and_after_a_stop() {
    let home = Home::sharing();
    let mut host = Running::new(&home, &["serve", "--durability", "interval=20"]);
    host.reaches("process ");
    let first = post(&home);
    // The disk is written by another process, which tells nobody.
    let since = Stopwatch::new();
    while !is_on_disk(&home, first) {
        assert!(since.elapsed() < RUN_LIMIT, "it never came to the disk");
    }
    let _ = home.run(&["stop"]).exits(0);
    assert!(host.ends().status.success());
    let mut host = Running::new(&home, &["serve", "--durability", "interval=60000"]);
    host.reaches("process ");
    let second = post(&home);
    assert!(!is_on_disk(&home, second), "it waits for a minute");
    let _ = home.run(&["messages", &format!("msg-{second}")]).exits(0);
    let _ = home.run(&["stop"]).exits(0);
    assert!(host.ends().status.success());
    assert!(is_on_disk(&home, second));
    assert!(verify::file(&home.store(), 0).unwrap().is_whole());
}

#[test]
fn memory_leaves_nothing_behind() {
    let home = Home::sharing();
    let played = home.run(&["train", "--durability", "memory", "--quiet"]).exits(0);
    assert!(played.stdout.contains("dec-1"), "{}", played.told());
    assert!(home.files().is_empty(), "{:?}", home.files().keys());
    let _ = home.run(&["train", "--durability", "memory", "--fresh"]).exits(2).says(&["leave --fresh"]);
    let _ = home.run(&["train", "--durability", "interval=0"]).exits(2).says(&["interval=200"]);
    let mut host = Running::new(&home, &["serve", "--durability", "memory"]);
    host.reaches("process ");
    let number = post(&home);
    let _ = home.run(&["messages", &format!("msg-{number}")]).exits(0);
    let _ = home.run(&["backup", "copy.redb"]).exits(1).says(&["lies in memory"]);
    assert!(home.run(&["status"]).exits(0).stdout.contains("in memory"));
    let _ = home.run(&["stop"]).exits(0);
    assert!(host.ends().status.success());
    assert!(!home.store().exists() && !Path::new(&home.path().join("copy.redb")).exists());
    let _ = home.run(&["status"]).exits(1).says(&["no store"]);
}
