//! Damage: a changed byte in the journal is found, and named by the commit that holds it.
//!
//! Goal: nobody replays, approves or reports on a journal that is not what was written. Method: a store is trained,
//! one byte of one journal value is changed wherever the file holds that value, and the journal is replayed; so for every
//! value, at different places within it. The file is only ever read.
#![expect(clippy::unwrap_used, reason = "a test reports what it cannot read by failing")]

use echo_storage::state::{KeyRange, Order};
use echo_storage::table::{JOURNAL, Key};
use echo_storage::{OpenOptions, State, Store};
use echo_tests::Home;

/// A home with a store after the default session, and its journal's values in order, by their first step.
fn trained() -> (Home, Vec<(u64, Vec<u8>)>) {
    let home = Home::default();
    let _ = home.run(&["train"]).exits(0);
    let store = Store::open(&home.store(), &OpenOptions::default()).unwrap();
    let snapshot = store.snapshot().unwrap();
    let all = KeyRange::prefix(Vec::new());
    let rows = snapshot.scan(JOURNAL.id, &all, Order::Ascending, usize::MAX).unwrap();
    (home, rows.into_iter().map(|(key, value)| (u64::from_bytes(&key).unwrap(), value)).collect())
}

/// Where `part` occurs in `bytes`.
fn places(bytes: &[u8], part: &[u8]) -> Vec<usize> {
    bytes.windows(part.len()).enumerate().filter(|(_, window)| *window == part).map(|(at, _)| at).collect()
}

#[test]
fn one_changed_byte_in_any_commit_is_found_and_named() {
    let (home, values) = trained();
    let _ = home.run(&["replay"]).exits(0);
    let whole = std::fs::read(home.store()).unwrap();
    assert!(values.len() > 5, "a session is more than {} commits", values.len());
    for (at, (step, value)) in values.iter().enumerate() {
        let places = places(&whole, value);
        assert!(!places.is_empty(), "step {step} is somewhere in the file");
        // Another place in each value, its first and its last byte among them.
        for offset in [0, value.len() - 1, value.len() / 2, (at + 1) * 7919 % value.len()] {
            let mut damaged = whole.clone();
            for place in &places {
                damaged[place + offset] ^= 0x10;
            }
            std::fs::write(home.store(), &damaged).unwrap();
            let named = format!("`{step}` in table `journal`");
            let _ = home.run(&["replay"]).exits(1).says(&["damaged", &named]);
            assert!(
                std::fs::read(home.store()).unwrap() == damaged,
                "the replay changed the file, step {step}"
            );
        }
    }
    std::fs::write(home.store(), &whole).unwrap();
    let _ = home.run(&["replay"]).exits(0);
}

#[test]
fn a_changed_text_of_the_scenario_is_found() {
    let (home, _) = trained();
    let mut bytes = std::fs::read(home.store()).unwrap();
    let text = b"competitors press harder every quarter";
    let found = places(&bytes, text);
    assert!(found.len() > 1, "the journal and the decision hold the description");
    for place in found {
        bytes[place] = b'C';
    }
    std::fs::write(home.store(), &bytes).unwrap();
    let _ = home.run(&["replay"]).exits(1).says(&["damaged", "in table `"]);
    assert!(std::fs::read(home.store()).unwrap() == bytes, "the replay changed the file");
}
