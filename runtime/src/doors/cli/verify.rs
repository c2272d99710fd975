//! `verify`: whether everything in the store is what was written, and whether stores keep what they promise.
//!
//! What always holds: no byte of the store changes; a store that a runtime has open is read through it, and what that
//! leaves out is said.

mod crash_sweep;

use echo_storage::StoreError;
use echo_storage::journal::Head;
use echo_storage::verify::{self, Damage, Verified};
use serde::Serialize;

use super::place::Place;
use super::{End, Failed, Invocation, reach, size};
use crate::doors::socket::client::Client;

pub(super) const EXAMPLES: &str = "\
Examples:
  echo-org verify
  echo-org verify --store backup.redb --json
  echo-org verify --crash-sweep --seed 7

Looked at are the checksum of every page and of every value, the journal's chain from its first
step to its head, and every other row, which is compared with what the journal's effects give.
Nothing is decided and nothing is written: a damaged store stays as it is. While a runtime has the
store open it is read through that; then the pages of the file are not looked at.

--crash-sweep looks at no store. It plays the default scenario, three times in a row, on a disk in
memory, with a sync for each commit and with one for several, cuts the power at every operation of
the disk, and after some cuts at every operation of the next opening, lets the disk fail and fill
up, opens what is left each time, and checks that nothing was lost that anybody was told, that the
journal replays, and that the session goes on to the same outcome. It takes minutes; the same seed
does the same again.

Exit codes: 0 no damage, or every promise kept; 1 damage, or a promise broken, each finding with
what helps or how to repeat it, or it could not be verified.";

/// How long to wait for another process to close the store, in milliseconds.
const WAIT_MS: u64 = 2_000;

/// How often a store is verified again that its runtime changed meanwhile.
const TRIES: usize = 5;

/// What `verify --json` says.
#[derive(Serialize)]
struct Told {
    store: String,
    whole: bool,
    /// As far as the journal's chain is whole; like the other figures null where nothing in the file could be read.
    steps: Option<u64>,
    /// Null where the chain is not whole to its end.
    head: Option<String>,
    rows: Option<u64>,
    bytes: Option<u64>,
    file_bytes: Option<u64>,
    found: u64,
    /// The first of them.
    findings: Vec<Finding>,
    unchecked: Vec<String>,
}

#[derive(Serialize)]
struct Finding {
    kind: &'static str,
    table: Option<&'static str>,
    key: Option<String>,
    text: String,
    remedy: &'static str,
}

impl Finding {
    fn of(damage: &Damage) -> Self {
        Self {
            kind: damage.kind(),
            table: damage.table(),
            key: damage.key(),
            text: damage.to_string(),
            remedy: damage.remedy(),
        }
    }
}

/// What `verify` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Cut the power at every moment of sessions in memory, and check what is left; no store is looked at
    #[arg(long)]
    crash_sweep: bool,
    /// Picks the order of events and what survives each power cut [default: 0]
    #[arg(long, value_name = "N", requires = "crash_sweep")]
    seed: Option<u64>,
}

/// Verifies.
pub(super) fn run(invocation: &mut Invocation<'_, '_>, arguments: &Arguments) -> Result<End, Failed> {
    if arguments.crash_sweep {
        return crash_sweep::run(invocation, arguments.seed.unwrap_or_default());
    }
    let place = invocation.place()?;
    let verified = verified(invocation, &place)?;
    let end = if verified.is_whole() { End::Well } else { End::Otherwise };
    if invocation.json {
        let read = |figure: u64| verified.is_readable.then_some(figure);
        invocation.output.json(&Told {
            store: place.shown(),
            whole: verified.is_whole(),
            steps: read(verified.steps),
            head: verified.head.map(|head| head.to_string()),
            rows: read(verified.rows),
            bytes: read(verified.bytes),
            file_bytes: verified.file_bytes,
            found: verified.count,
            findings: verified.findings.iter().map(Finding::of).collect(),
            unchecked: verified.unchecked,
        });
    } else {
        invocation.output.text(&text(&verified));
    }
    Ok(end)
}

fn verified(invocation: &Invocation<'_, '_>, place: &Place) -> Result<Verified, Failed> {
    let mut tries = 0;
    loop {
        if let Some(client) = reach::find(&invocation.surroundings, place)? {
            return through(&client);
        }
        tries += 1;
        match verify::file(place.path(), WAIT_MS) {
            // Its runtime was on its way up when it was looked for.
            Err(StoreError::InUse { .. }) if tries < TRIES => {}
            verified => return verified.map_err(Failed::because),
        }
    }
}

/// Through the runtime. A state that it renewed while it was read is read again.
fn through(client: &Client) -> Result<Verified, Failed> {
    for _ in 0..TRIES {
        client.refresh().map_err(Failed::because)?;
        let before = Head::of(client).map_err(Failed::because)?;
        let mut verified = verify::state(client).map_err(Failed::because)?;
        if Head::of(client).map_err(Failed::because)? == before {
            let pages =
                "the pages of the file, because a runtime has the store open: `stop` it, or verify a backup";
            verified.unchecked.push(pages.to_owned());
            return Ok(verified);
        }
    }
    Err(Failed::Failure(format!(
        "the store changed each of the {TRIES} times it was verified: `stop` its runtime, or verify a backup"
    )))
}

fn text(verified: &Verified) -> String {
    let mut lines: Vec<String> =
        verified.findings.iter().map(|damage| format!("DAMAGED  {damage}")).collect();
    let listed = verified.findings.len() as u64;
    if verified.count > listed {
        lines.push(format!("         and {} more", verified.count - listed));
    }
    let whole = if verified.is_whole() { "no damage" } else { "DAMAGED" };
    let found = match verified.count {
        0 => String::new(),
        1 => " (1 finding)".to_owned(),
        count => format!(" ({count} findings)"),
    };
    let file =
        verified.file_bytes.map(|bytes| format!(", a file of {}", size::shown(bytes))).unwrap_or_default();
    let figures = if verified.is_readable {
        let bytes = size::shown(verified.bytes);
        let whole_to = if verified.head.is_some() { "" } else { " as far as the journal is whole" };
        format!("{} steps{whole_to}, {} rows, {bytes} of keys and values", verified.steps, verified.rows)
    } else {
        "nothing in it can be read".to_owned()
    };
    lines.push(format!("{whole}{found}: {figures}{file}"));
    lines.extend(verified.head.map(|head| format!("head  {head}")));
    lines.extend(verified.unchecked.iter().map(|what| format!("not checked: {what}")));
    lines.join("\n")
}
