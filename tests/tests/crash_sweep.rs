//! The crash sweep in small: a session of the nine roles whose power is cut in the middle of every commit.
//!
//! Goal: whatever moment the power is cut, the disk fails or fills up, nothing is lost that anybody was told, no half of a
//! commit is left, and the session goes on to the same outcome; and a store that breaks this promise is found out. Method:
//! `echo_runtime::sweep` with a sample of the operations of each commit; `echo-org verify --crash-sweep` takes them all. The
//! seed is printed; `ECHO_TEST_SEED` repeats it.
#![expect(clippy::unwrap_used, reason = "a test reports what it cannot read by failing")]

use std::sync::Arc;

use echo_runtime::sweep::{Bounds, Figures, Sabotage, Sweep};
use echo_runtime::training::Scenario;
use echo_storage::clock::random_hex;
use echo_storage::table::{self, TableId};

fn seed() -> u64 {
    let given = std::env::var("ECHO_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed =
        given.unwrap_or_else(|| u64::from_str_radix(random_hex().unwrap().get(..15).unwrap(), 16).unwrap());
    println!("ECHO_TEST_SEED={seed}");
    seed
}

fn sweep(bounds: Bounds, sabotage: Option<Sabotage>) -> Figures {
    let organisation = Arc::new(echo_agents::organisation().unwrap());
    let (roles, types) = (organisation.role_ids(), organisation.decision_types());
    let yaml = organisation.scenarios().first().unwrap().yaml;
    let scenario = Scenario::parse("the default", yaml, &roles, &types).unwrap();
    Sweep { organisation, scenario, seed: seed(), bounds, sabotage }.run(&mut |_| {}).unwrap()
}

#[test]
fn nothing_that_was_told_is_lost() {
    let figures = sweep(Bounds::SAMPLE, None);
    println!("{figures:#?}");
    assert_eq!(figures.violations, 0, "{}", figures.described.join("\n"));
    // A sweep that does nothing finds nothing.
    assert_eq!(figures.runs, 3);
    assert!(figures.recovery_cuts >= 30, "{} recoveries", figures.recovery_cuts);
    assert!(figures.commits >= 30, "{} commits", figures.commits);
    assert!(figures.operations >= 8 * figures.commits, "{} operations", figures.operations);
    assert!(figures.power_cuts >= 2 * figures.commits, "{} cuts", figures.power_cuts);
    assert!(figures.second_cuts * 6 >= figures.power_cuts, "{} second cuts", figures.second_cuts);
    assert!(figures.io_errors >= 25, "{} errors", figures.io_errors);
    assert!(figures.full_disks >= 25, "{} full disks", figures.full_disks);
    assert!(figures.failed_syncs.trials >= 12, "{:?}", figures.failed_syncs);
}

/// What a store with this defect is found to break.
fn broken_by(sabotage: Sabotage) -> Figures {
    let few = Bounds {
        operations_per_commit: Some(1),
        recoveries: Some(0),
        errors: Some(0),
        failed_syncs: Some(0),
        ..Bounds::SAMPLE
    };
    let figures = sweep(few, Some(sabotage));
    assert!(figures.violations > 0, "{sabotage:?} was not found");
    println!("{sabotage:?}: {} violations in {} cuts", figures.violations, figures.power_cuts);
    figures
}

#[test]
fn a_sync_that_does_nothing_is_found() {
    let figures = broken_by(Sabotage::SyncRemoved);
    assert!(figures.violations * 2 > figures.power_cuts, "{} of {}", figures.violations, figures.power_cuts);
}

#[test]
fn an_answer_before_the_commit_is_found() {
    let figures = broken_by(Sabotage::ToldBeforeCommit);
    assert!(figures.described.iter().all(|one| one.contains("was told")), "{:#?}", figures.described);
}

#[test]
fn a_table_written_outside_the_transaction_is_found() {
    let tables: [TableId; 2] = [table::JOURNAL.id, table::VOTES.id];
    for table in tables {
        let figures = broken_by(Sabotage::TableApart(table));
        let told = figures.described.join("\n");
        assert!(told.contains("damaged") || told.contains("of no commit"), "{told}");
    }
}
