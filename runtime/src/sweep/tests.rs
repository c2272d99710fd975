//! The sweep on the tiny company: that it does what it says, and that strikes are what they claim to be.

use echo_storage::table;

use super::life::{live, open};
use super::*;
use crate::training::samples::{DESKS, company};

fn desks() -> Company {
    let organisation = Arc::new(company());
    let (roles, types) = (organisation.role_ids(), organisation.decision_types());
    let scenario = Scenario::parse("desks.yaml", DESKS, &roles, &types).unwrap();
    Company { organisation, scenario, sessions: 2, rhythm: Rhythm::Steps }
}

fn sweep(seed: u64, bounds: Bounds, sabotage: Option<Sabotage>) -> Figures {
    let Company { organisation, scenario, .. } = desks();
    Sweep { organisation, scenario, seed, bounds, sabotage }.run(&mut |_| {}).unwrap()
}

#[test]
fn a_sound_store_survives_and_the_same_seed_finds_the_same() {
    let figures = sweep(7, Bounds::SAMPLE, None);
    assert_eq!(figures.described, Vec::<String>::new());
    assert_eq!(figures, sweep(7, Bounds::SAMPLE, None));
    assert!(figures.recovery_cuts > 30, "{figures:?}");
    assert!(figures.commits > 10 && figures.power_cuts >= 2 * figures.commits, "{figures:?}");
    assert!(
        figures.io_errors > 20 && figures.full_disks > 20 && figures.failed_syncs.trials > 8,
        "{figures:?}"
    );
}

/// Method: the same session plays on a disk that fails at an operation, and is recorded whole and repeated up to it.
#[test]
fn a_recording_repeated_up_to_an_operation_is_the_disk_as_it_was_there() {
    for rhythm in Rhythm::ALL {
        repeats(&Company { rhythm, ..desks() });
    }
}

fn repeats(company: &Company) {
    let recording = Recording::make(company, 3, None).unwrap();
    for operation in (0..recording.operations.len()).step_by(7) {
        let (lived, repeated) = (recording.disk(), recording.disk());
        lived.fail_after(operation as u64);
        let mut told = Vec::new();
        if let Ok(store) = open(company, &lived) {
            let _ = live(company, &store, &lived, 3, &mut told);
        }
        for one in recording.operations.iter().take(operation) {
            repeated.repeat(one).unwrap();
        }
        assert_eq!(lived.bytes(), repeated.bytes(), "operation {operation}");
        assert_eq!(told.last().copied(), recording.told_by(operation as u64), "operation {operation}");
    }
}

#[test]
fn cascades_put_many_steps_into_a_commit() {
    let one = Recording::make(&desks(), 1, None).unwrap();
    let many = Recording::make(&Company { rhythm: Rhythm::Cascades, ..desks() }, 1, None).unwrap();
    assert_eq!(one.outcome, many.outcome);
    assert!(many.commits.len() * 2 < one.commits.len(), "{} and {}", many.commits.len(), one.commits.len());
}

#[test]
fn commits_that_wait_for_a_flush_share_its_syncs() {
    let each = Recording::make(&desks(), 1, None).unwrap();
    let shared = Recording::make(&Company { rhythm: Rhythm::Flushes(5), ..desks() }, 1, None).unwrap();
    assert_eq!(each.outcome, shared.outcome);
    assert_eq!(each.told.last().unwrap().step, shared.told.last().unwrap().step);
    assert!(shared.told.len() * 3 < each.told.len(), "{} and {}", shared.told.len(), each.told.len());
    assert!(shared.states.len() == each.states.len(), "each commit leaves a state of its own");
}

#[test]
fn opening_and_closing_take_no_more_operations_than_are_struck() {
    for rhythm in Rhythm::ALL {
        let company = Company { rhythm, ..desks() };
        let recording = Recording::make(&company, 3, None).unwrap();
        let disk = recording.disk();
        for (seed, operation) in recording.operations.iter().enumerate() {
            let left = disk.cut(seed as u64);
            drop(open(&company, &left).unwrap());
            assert!(left.operations() < plan::RECOVERY_OPERATIONS, "{seed}: {}", left.operations());
            disk.repeat(operation).unwrap();
        }
    }
}

#[test]
fn each_defect_is_found() {
    let check = |sabotage, words: &[&str]| {
        let found =
            sweep(5, Bounds { errors: Some(0), recoveries: Some(0), ..Bounds::SAMPLE }, Some(sabotage));
        let all = found.described.join("\n");
        assert!(found.violations > 0, "{sabotage:?}");
        assert!(words.iter().all(|word| all.contains(word)), "{sabotage:?}: {all}");
        assert!(all.lines().all(|line| line.starts_with("seed 5, commits of ")), "{all}");
    };
    check(Sabotage::SyncRemoved, &["was told with the hash"]);
    check(Sabotage::ToldBeforeCommit, &["was told with the hash", "the journal does not hold it"]);
    for table in [table::INBOX.id, table::JOURNAL.id] {
        check(Sabotage::TableApart(table), &["the store is damaged"]);
    }
}
