//! Damage: what is not as it was written is found, named, and left as it is.
//!
//! Goal: nobody replays, approves or reports on a store that is not what was written. Method: a store is trained and then
//! damaged: one byte of one journal value, wherever the file holds that value, for every value; single bits at random
//! places over the whole file; rows of tables, behind the journal's back. The file is only ever read.
#![expect(clippy::unwrap_used, reason = "a test reports what it cannot read by failing")]

use std::path::Path;

use echo_storage::state::{KeyRange, Order, Row};
use echo_storage::table::{self, JOURNAL, Key};
use echo_storage::{OpenOptions, State, Store, StoreError, verify};
use echo_tests::{Home, Running};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A home with a store after the default session, twice, and its journal's values in order, by their first step.
fn trained() -> (Home, Vec<(u64, Vec<u8>)>) {
    let home = Home::default();
    let _ = home.run(&["train"]).exits(0);
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
    assert!(home.run(&["verify"]).exits(0).stdout.starts_with("no damage: "));
    let whole = std::fs::read(home.store()).unwrap();
    assert!(values.len() > 5, "two sessions are more than {} commits", values.len());
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
            let verified = home.run(&["verify", "--json"]).exits(1);
            let findings = verified.json()["findings"].as_array().unwrap().clone();
            let is_this = |found: &serde_json::Value| {
                found["kind"] == "value"
                    && found["table"] == "journal"
                    && found["key"] == format!("step {step}")
            };
            assert!(findings.iter().any(is_this), "{}", verified.told());
            assert!(home.run(&["verify"]).exits(1).stdout.contains("DAMAGED  a page of the file"));
            assert!(std::fs::read(home.store()).unwrap() == damaged, "verify changed the file, step {step}");
        }
    }
    std::fs::write(home.store(), &whole).unwrap();
    let _ = home.run(&["replay"]).exits(0);
}

#[test]
fn a_fresh_start_moves_a_store_aside_that_does_not_open() {
    let (home, _) = trained();
    let whole = std::fs::read(home.store()).unwrap();
    std::fs::write(home.store(), &whole[..whole.len() / 2]).unwrap();
    let _ = home.run(&["train"]).exits(1).says(&["is damaged", "`train --fresh` move it aside"]);
    let _ = home.run(&["train", "--fresh"]).exits(0).says(&["org.redb.before-1"]);
    let aside = home.store().with_file_name("org.redb.before-1");
    assert!(std::fs::read(aside).unwrap() == whole[..whole.len() / 2]);
    // What is no store of ours is not moved.
    std::fs::write(home.store(), "a letter").unwrap();
    let _ = home.run(&["train", "--fresh"]).exits(1).says(&["is not a store", "was left as it is"]);
    assert_eq!(std::fs::read(home.store()).unwrap(), b"a letter");
}

#[test]
fn of_a_file_that_does_not_open_no_figures_are_told() {
    let (home, _) = trained();
    let whole = std::fs::read(home.store()).unwrap();
    std::fs::write(home.store(), &whole[..whole.len() / 2]).unwrap();
    let told = home.run(&["verify"]).exits(1).stdout;
    assert!(told.contains("DAMAGED (1 finding): nothing in it can be read, a file of "), "{told}");
    assert!(!told.contains(" steps") && !told.contains("head"), "{told}");
    let told = home.run(&["verify", "--json"]).exits(1).json();
    for figure in ["steps", "head", "rows", "bytes"] {
        assert!(told[figure].is_null(), "{figure}: {told}");
    }
}

/// Method: the decision that a person answers is damaged, so that every step that answers it meets the damage.
#[test]
fn whoever_meets_damage_is_told_what_is_damaged_and_what_helps() {
    let (home, _) = trained();
    let code = home.code("apr-1");
    let home = home.shared();
    let mut bytes = std::fs::read(home.store()).unwrap();
    for place in places(&bytes, b"competitors press harder every quarter") {
        bytes[place] ^= 1;
    }
    std::fs::write(home.store(), &bytes).unwrap();
    let remedies = ["with `verify`", "restore a backup", "`train --fresh`"];
    let of_decision = [["`dec-1` in table `decisions`"].as_slice(), &remedies].concat();
    // Through a runtime in the background, at each start of one.
    for _ in 0..2 {
        let met = home.run(&["approve", "apr-1", &code]).exits(1).says(&of_decision);
        assert!(!met.stderr.contains("a write failed"), "{}", met.told());
    }
    let mut host = Running::new(&home, &["serve"]);
    host.reaches("process ");
    let _ = home.run(&["approve", "apr-1", &code]).exits(1).says(&of_decision);
    let _ = host.ends().exits(1).says(&of_decision);
    let _ = home.run(&["train"]).exits(1).says(&[["in table `sessions`"].as_slice(), &remedies].concat());
    let _ = home.run(&["stop"]).exits(0);
}

#[test]
fn what_cannot_be_a_store_is_refused_and_left_as_it_is() {
    let home = Home::default();
    std::fs::create_dir(home.path().join("directory")).unwrap();
    std::os::unix::fs::symlink("nowhere.redb", home.path().join("link")).unwrap();
    let pipe = std::process::Command::new("mkfifo").arg(home.path().join("pipe")).status();
    assert!(pipe.unwrap().success());
    for (name, found) in [
        ("directory", "(a directory)"),
        ("link", "(a link to a file that is not there)"),
        ("pipe", "(no regular file)"),
    ] {
        for command in ["status", "train", "serve", "verify"] {
            let refused = home.run(&[command, "--store", name]).exits(1);
            assert!(
                refused.stderr.contains("is not a store of this program"),
                "{command}: {}",
                refused.told()
            );
            assert!(refused.stderr.contains(found), "{command}: {}", refused.told());
        }
    }
    let below = home.run(&["status", "--store", "pipe/org.redb"]).exits(1);
    assert!(below.stderr.contains("cannot look for pipe/org.redb"), "{}", below.told());
    assert!(home.path().join("link").is_symlink() && !home.path().join("nowhere.redb").exists());
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

/// How many bits are flipped, one at a time.
const FLIPS: u64 = 400;

/// Every row of a file, read without a check.
fn rows(path: &Path) -> Result<Vec<Row>, StoreError> {
    let options = OpenOptions { create: false, read_only: true, ..OpenOptions::default() };
    let store = Store::open(path, &options)?;
    let snapshot = store.snapshot()?;
    let all = KeyRange::prefix(Vec::new());
    let tables = table::ALL.iter().map(|id| snapshot.scan(*id, &all, Order::Ascending, usize::MAX));
    Ok(tables.collect::<Result<Vec<_>, _>>()?.concat())
}

/// Goal: no flipped bit makes a wrong answer, a crash or a change. Method: bits are flipped one at a time over the whole
/// file; each is found, or the file's content is the same to the last row. Set `SEED` to repeat a run, `FLIPS` for a longer
/// one.
#[test]
fn a_flipped_bit_anywhere_is_found_or_harmless() {
    let (home, _) = trained();
    let path = home.store();
    let whole = std::fs::read(&path).unwrap();
    let content = rows(&path).unwrap();
    let number = |name: &str| std::env::var(name).ok().map(|number| number.parse::<u64>().unwrap());
    let seed = number("SEED").unwrap_or_else(|| u64::from(std::process::id()));
    let flips = number("FLIPS").unwrap_or(FLIPS);
    println!("SEED={seed} FLIPS={flips}");
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let (mut found, mut harmless) = (0, 0);
    for _ in 0..flips {
        let bit = random.next_u64() % (whole.len() as u64 * 8);
        let (at, mask) = (usize::try_from(bit / 8).unwrap(), 1_u8 << (bit % 8));
        let mut damaged = whole.clone();
        damaged[at] ^= mask;
        std::fs::write(&path, &damaged).unwrap();
        match verify::file(&path, 0) {
            Ok(verified) if verified.is_whole() => {
                harmless += 1;
                assert!(rows(&path).unwrap() == content, "bit {bit} changed the content and was not found");
            }
            Ok(_) => found += 1,
            // A bit of the first page: it does not look like a store any more.
            Err(error) => {
                assert!(at < 4096, "bit {bit}: {error}");
                found += 1;
            }
        }
        // Whatever a plain reading makes of it, it does not crash; a wrong value does not get past its own checksum.
        drop(rows(&path));
        assert!(std::fs::read(&path).unwrap() == damaged, "verifying bit {bit} changed the file");
    }
    println!("{flips} bits flipped: {found} found, {harmless} in space that nothing uses");
    assert!(found > 0 && harmless > 0, "the flips hit too little of the file");
}
