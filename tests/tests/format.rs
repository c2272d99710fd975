//! The file format of today: a store that was written once is read by every later program.
//!
//! Goal: a program that cannot read what an earlier one wrote is noticed before it is released. Method: a small store lies
//! among the fixtures and is opened, verified, replayed, and read.
//!
//! When the format changes on purpose: raise `FORMAT` in `storage/src/store.rs`, say in `storage/README.md` what becomes of
//! older files, keep the old fixture for as long as they are read, and write one of the new format:
//! `cargo test -p echo-tests --test format -- --ignored`.
#![expect(clippy::unwrap_used, reason = "a test reports what it cannot read by failing")]

use std::path::PathBuf;

use echo_storage::store::FORMAT;
use echo_storage::{OpenOptions, Store, verify};
use echo_tests::{Home, root};

fn fixture() -> PathBuf {
    root().join(format!("tests/fixtures/format-{FORMAT}.redb"))
}

/// A home whose store is a copy of the fixture: a test leaves the fixture as it is, and no lock beside it.
fn home() -> Home {
    let home = Home::default();
    std::fs::create_dir_all(home.store().parent().unwrap()).unwrap();
    std::fs::copy(fixture(), home.store()).unwrap();
    home
}

#[test]
fn the_fixture_is_read_as_it_was_written() {
    let home = home();
    let options = OpenOptions { create: false, read_only: true, ..OpenOptions::default() };
    let store = Store::open(&home.store(), &options).unwrap();
    assert_eq!(store.info().format, FORMAT);
    drop(store);
    let verified = verify::file(&home.store(), 0).unwrap();
    assert!(verified.is_whole() && verified.steps > 20, "{verified:?}");
    let replayed = home.run(&["replay", "--json"]).exits(0).json();
    assert_eq!((&replayed["equal"], &replayed["applied_only"]), (&true.into(), &0.into()));
    assert_eq!(replayed["head"].as_str(), Some(&*verified.head.unwrap().to_string()));
    let decision = home.run(&["decisions", "dec-1", "--json"]).exits(0).json();
    assert_eq!(decision["initiator"], "ceo", "{decision}");
    let message = home.run(&["messages", "msg-1", "--json"]).exits(0).json();
    assert_eq!((&message["message"], &message["from"]), (&"msg-1".into(), &"ceo".into()), "{message}");
    // It goes on where it stopped.
    let _ = home.run(&["send", "me", "cto", "--subject", "Later"]).exits(0);
    assert!(verify::file(&home.store(), 0).unwrap().is_whole());
}

#[test]
#[ignore = "writes the fixture anew, which is done when the format changes"]
fn write_the_fixture() {
    let home = Home::default();
    let _ = home.run(&["train", "--virtual-time", "--quiet"]).exits(0);
    let _ = home.run(&["send", "me", "cto", "--subject", "A letter"]).exits(0);
    std::fs::create_dir_all(fixture().parent().unwrap()).unwrap();
    std::fs::copy(home.store(), fixture()).unwrap();
}
