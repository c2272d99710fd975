//! `train --all`: plays every shipped scenario, and tells in a table what came of each.
//!
//! What always holds: each is played in a fresh store in a directory of its own, so that none of them sees what another
//! left; what was in a directory from an earlier time is moved aside, as by `--fresh`; one that comes otherwise than
//! expected does not keep the others from being played.

use std::sync::Arc;

use echo_storage::clock::Stopwatch;
use echo_storage::{Durability, Store};
use serde::Serialize;

use super::{Arguments, Wanted, interrupted, perform, read, to_start};
use crate::doors::cli::place::Place;
use crate::doors::cli::table::{Side, Table};
use crate::doors::cli::{End, Failed, Invocation, files, listing};
use crate::training::{CheckVerdict, Circumstances, Decider, Played, Report};
use crate::wording::status_name;

/// What came of the scenarios, in the order in which they are shipped.
#[derive(Serialize)]
struct List {
    scenarios: Vec<Row>,
}

/// What came of a scenario.
#[derive(Serialize)]
struct Row {
    scenario: &'static str,
    status: &'static str,
    /// Null where nobody decided it.
    decided_by: Option<Decider>,
    /// Whether nothing came otherwise than expected.
    held: bool,
    checks: usize,
    failed: Vec<String>,
    /// Null where nothing was left behind.
    store: Option<String>,
    /// How long it took to play, in milliseconds.
    duration_ms: u64,
}

/// Plays all and tells.
pub(super) fn run(invocation: &mut Invocation<'_, '_>, arguments: &Arguments) -> Result<End, Failed> {
    let base = invocation.place()?;
    let mut rows = Vec::new();
    for shipped in invocation.organisation.clone().scenarios() {
        rows.push(play(invocation, arguments, &base.of_scenario(shipped.name), shipped.name)?);
    }
    let held = rows.iter().all(|row| row.held);
    if invocation.json {
        invocation.output.json(&List { scenarios: rows });
    } else {
        tell(invocation, &rows);
    }
    Ok(if held { End::Well } else { End::Otherwise })
}

fn play(
    invocation: &mut Invocation<'_, '_>,
    arguments: &Arguments,
    place: &Place,
    name: &'static str,
) -> Result<Row, Failed> {
    let scenario = read(Some(name), &invocation.organisation)?;
    let leaves_nothing = arguments.durability == Some(Durability::Memory);
    let stopwatch = Stopwatch::new();
    let (wanted, store): (Wanted, Arc<Store>) = to_start(invocation, arguments, Box::new(scenario), place)?;
    let played = perform(invocation, arguments, &wanted, place, &store, &mut Vec::new())?;
    let Played::Ended(session) = played else {
        return Err(Failed::Interrupted(interrupted(played, place)));
    };
    let duration_ms = u64::try_from(stopwatch.elapsed().as_millis()).unwrap_or(u64::MAX);
    let shown = (!leaves_nothing).then(|| place.shown());
    let circumstances = Circumstances { store: shown.clone(), duration_ms };
    let state = store.snapshot().map_err(Failed::because)?;
    let report = Report::of(&state, session, circumstances).map_err(Failed::because)?;
    if !leaves_nothing {
        files::write(place, &state, &report)?;
    }
    let checks = &report.expectations.checks;
    let failed = checks.iter().filter(|check| check.verdict == CheckVerdict::Failed);
    let failed =
        failed.map(|check| format!("{}: expected {}, found {}", check.what, check.expected, check.found));
    Ok(Row {
        scenario: name,
        status: status_name(report.decision.status),
        decided_by: report.decision.decided_by.clone(),
        held: report.expectations.held,
        checks: checks.len(),
        failed: failed.collect(),
        store: shown,
        duration_ms,
    })
}

fn tell(invocation: &mut Invocation<'_, '_>, rows: &[Row]) {
    let mut table = Table::new([
        ("SCENARIO", Side::Left),
        ("OUTCOME", Side::Left),
        ("DECIDED BY", Side::Left),
        ("EXPECTATIONS", Side::Left),
        ("TIME", Side::Right),
    ]);
    for row in rows {
        let by = row.decided_by.as_ref().map(ToString::to_string).unwrap_or_default();
        let held = match row.failed.len() {
            0 => format!("{} held", row.checks),
            failed => format!("{failed} of {} FAILED", row.checks),
        };
        let time = format!("{}.{:03} s", row.duration_ms / 1000, row.duration_ms % 1000);
        table.row([row.scenario.to_owned(), row.status.to_owned(), by, held, time]);
    }
    listing::tell(invocation, Some(&table), "", None);
    for row in rows {
        for failed in &row.failed {
            invocation.output.text(&format!("{}: {failed}", row.scenario));
        }
    }
    let stores: Vec<&str> = rows.iter().filter_map(|row| row.store.as_deref()).collect();
    if let Some(first) = stores.first() {
        invocation.output.text(&format!("\nlook into one with --store {first}"));
    }
}
