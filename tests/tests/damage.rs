//! Damage: a changed byte in the journal is found, and named by the step that holds it.
//!
//! Goal: nobody replays, approves or reports on a journal that is not what was written. Method: a store is trained,
//! one byte of one journal value is changed wherever the file holds that value, and the journal is replayed; so for every
//! step, at different places within it. The file is only ever read.
#![expect(clippy::unwrap_used, reason = "a test reports what it cannot read by failing")]

use echo_storage::journal::Head;
use echo_storage::table::{JOURNAL, Key};
use echo_storage::{OpenOptions, State, Store};
use echo_tests::Home;

/// A home with a store after the default session, and the bytes of its journal's values in order.
fn trained() -> (Home, Vec<Vec<u8>>) {
    let home = Home::default();
    let _ = home.run(&["train"]).exits(0);
    let store = Store::open(&home.store(), &OpenOptions::default()).unwrap();
    let snapshot = store.snapshot().unwrap();
    let steps = 1..=Head::of(&snapshot).unwrap().step;
    let values = steps.map(|step| snapshot.read(JOURNAL.id, &step.to_bytes()).unwrap().unwrap());
    let values = values.collect();
    (home, values)
}

/// Where `part` occurs in `bytes`.
fn places(bytes: &[u8], part: &[u8]) -> Vec<usize> {
    bytes.windows(part.len()).enumerate().filter(|(_, window)| *window == part).map(|(at, _)| at).collect()
}

#[test]
fn one_changed_byte_in_any_step_is_found_and_named() {
    let (home, values) = trained();
    let _ = home.run(&["replay"]).exits(0);
    let whole = std::fs::read(home.store()).unwrap();
    for (step, value) in (1_usize..).zip(&values) {
        let places = places(&whole, value);
        assert!(!places.is_empty(), "step {step} is somewhere in the file");
        // Another place in each step, its first and its last byte among them.
        let offset = [0, value.len() - 1, value.len() / 2, step * 7919 % value.len()][step % 4];
        let mut damaged = whole.clone();
        for place in places {
            damaged[place + offset] ^= 0x10;
        }
        std::fs::write(home.store(), &damaged).unwrap();
        let _ = home.run(&["replay"]).exits(1).says(&["damaged", &format!("`{step}` in table `journal`")]);
        assert!(std::fs::read(home.store()).unwrap() == damaged, "the replay changed the file, step {step}");
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
