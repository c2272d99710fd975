//! `train`: plays a scenario, or has a question decided, and reports on it.
//!
//! What always holds: the scenario is read and the question checked before a store is touched; a session that was
//! started is ended and reported, or the command fails.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use echo_storage::clock::{ClockKind, Stopwatch};

use super::ask::{Asked, Question};
use super::drive::Driver;
use super::files;
use super::place::Place;
use super::{End, Failed, Invocation};
use crate::organisation::{Organisation, Shipped};
use crate::training::{Circumstances, Report, Scenario, progress};

pub(super) const EXAMPLES: &str = "\
Examples:
  echo-org train
  echo-org train ./my-scenario.yaml --virtual-time --seed 7
  echo-org train --ask \"Do we open a second office?\" --budget 250000 --timeline \"6 months\"
  echo-org train --quiet --json > report.json

A store keeps the clock it was made with: --virtual-time is said each time, or never.

--fresh deletes nothing: a store that is at the path is moved to PATH.before-1, or the first
number that is free. A file that is no store, or one that is in use, is refused.

Beside the store, in PATH.sessions/ses-1/ for the first session: report.html (to be opened in a
browser), report.md, report.json and messages.jsonl.

Exit codes: 0 as expected, 1 otherwise than expected or failed, 2 not understood.";

/// What `train` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// A shipped scenario, or a YAML file [default: the first that is shipped]
    #[arg(value_name = "SCENARIO")]
    scenario: Option<String>,
    /// Start with an empty store; one that is there is moved aside, to PATH.before-1
    #[arg(long)]
    fresh: bool,
    /// Live by a virtual clock: nothing waits, and equal seeds give equal journals
    #[arg(long)]
    virtual_time: bool,
    /// Picks the order of events in virtual time [default: 0]
    #[arg(long, value_name = "N", requires = "virtual_time")]
    seed: Option<u64>,
    /// Tell only the result, not how it comes about
    #[arg(long)]
    quiet: bool,
    #[command(flatten)]
    question: Question,
}

/// The help's last part, with what this organisation has to offer.
pub(super) fn help(organisation: &Organisation) -> String {
    let scenarios: Vec<&str> = organisation.scenarios().iter().map(|shipped| shipped.name).collect();
    let roles: Vec<String> = organisation.role_ids().iter().map(ToString::to_string).collect();
    let types: Vec<String> = organisation.decision_types().iter().map(ToString::to_string).collect();
    format!(
        "Scenarios: {}\nRoles: {}\nTypes: {}\n\n{EXAMPLES}",
        scenarios.join(", "),
        roles.join(", "),
        types.join(", ")
    )
}

/// Plays and reports.
pub(super) fn run(invocation: &mut Invocation<'_, '_>, arguments: Arguments) -> Result<End, Failed> {
    let Arguments { scenario, fresh, virtual_time, seed, quiet, mut question } = arguments;
    let organisation = invocation.organisation.clone();
    let Asked { scenario, notes } = match question.ask.take() {
        Some(text) => question.scenario(&text, &organisation)?,
        None => Asked { scenario: read(scenario.as_deref(), &organisation)?, notes: Vec::new() },
    };
    let place = invocation.place()?;
    for note in notes {
        let note = format!("note: {note}");
        if invocation.json { invocation.output.note(&note) } else { invocation.output.text(&note) }
    }
    if fresh && let Some(aside) = place.make_room()? {
        invocation.output.note(&format!("the store that was there is now {}", aside.display()));
    }
    let clock = if virtual_time { ClockKind::Virtual } else { ClockKind::Real };
    let store = Arc::new(place.open_or_make(clock)?);
    let watched = !(quiet || invocation.json);
    let stopwatch = Stopwatch::new();
    let mut driver = Driver::start(organisation.clone(), store.clone(), seed.unwrap_or_default())?;
    driver.activate_all();
    if watched {
        invocation.output.text(&format!("{} agents ready", organisation.role_ids().len()));
    }
    let played = driver.play(&scenario, &mut |entry| {
        for line in progress(entry).iter().filter(|_| watched) {
            invocation.output.text(line);
        }
    });
    let duration_ms = u64::try_from(stopwatch.elapsed().as_millis()).unwrap_or(u64::MAX);
    driver.stop();
    let played = played.map_err(Failed::because)?;
    let circumstances = Circumstances { store: Some(place.shown()), duration_ms };
    let snapshot = store.snapshot().map_err(Failed::because)?;
    let report = Report::of(&snapshot, played, circumstances).map_err(Failed::because)?;
    if invocation.json {
        invocation.output.json(&report);
    } else {
        let before = if watched { "\n" } else { "" };
        invocation.output.text(&format!("{before}{}", report.to_text(&next(&report, &place))));
    }
    let page = files::write(&place, &snapshot, &report)?;
    if !invocation.json {
        invocation.output.text(&format!("\nreport   {}", page.display()));
    }
    Ok(if report.expectations.held { End::Well } else { End::Otherwise })
}

/// What makes sense to type after this.
fn next(report: &Report, place: &Place) -> Vec<String> {
    let mut commands = Vec::new();
    if let Some(approval) = report.details.approval {
        commands.push(place.command(&format!("approve {approval}")));
        commands.push(place.command(&format!("reject {approval} --note \"why\"")));
    }
    commands.push(place.command("replay"));
    commands
}

/// The scenario that is meant: a shipped one by its name, otherwise a file; the default where none is named.
fn read(wanted: Option<&str>, organisation: &Organisation) -> Result<Scenario, Failed> {
    let parse = |source: &str, yaml: &str| {
        let (roles, types) = (organisation.role_ids(), organisation.decision_types());
        Scenario::parse(source, yaml, &roles, &types).map_err(|error| Failed::Usage(error.to_string()))
    };
    let shipped = organisation.scenarios();
    let by_name = match wanted {
        None => shipped.first(),
        Some(name) => shipped.iter().find(|one| one.name == name),
    };
    if let Some(Shipped { name, yaml }) = by_name {
        return parse(name, yaml);
    }
    let wanted = wanted.unwrap_or_default();
    let path = Path::new(wanted);
    if !path.exists() {
        let names: Vec<&str> = shipped.iter().map(|one| one.name).collect();
        return Err(Failed::Usage(format!(
            "there is no scenario and no file `{wanted}`; the scenarios that are shipped are {}",
            names.join(", ")
        )));
    }
    parse(wanted, &text_of(path)?)
}

/// The text of a scenario file, which has a bounded size.
fn text_of(path: &Path) -> Result<String, Failed> {
    let refused = |why: &str| Failed::Usage(format!("cannot read the scenario {}: {why}", path.display()));
    let mut bytes = Vec::new();
    let limit = u64::try_from(Scenario::MAX_BYTES).unwrap_or(u64::MAX);
    let kind = std::fs::metadata(path).map_err(|cause| refused(&cause.to_string()))?;
    if !kind.is_file() {
        return Err(refused("it is not a regular file"));
    }
    File::open(path)
        .and_then(|file| file.take(limit.saturating_add(1)).read_to_end(&mut bytes))
        .map_err(|cause| refused(&cause.to_string()))?;
    if bytes.len() > Scenario::MAX_BYTES {
        return Err(refused(&format!("it has more than {} bytes", Scenario::MAX_BYTES)));
    }
    String::from_utf8(bytes).map_err(|cause| {
        refused(&format!("it is not UTF-8 text, from byte {} on", cause.utf8_error().valid_up_to() + 1))
    })
}
