//! `backup`: copies the store into a file, whether a runtime has it open or nobody.
//!
//! What always holds: everything that was acknowledged before is in the copy; a file that is there is replaced only where
//! that is asked for, and only by a whole copy.

use std::path::PathBuf;

use echo_storage::StoreError;
use echo_storage::journal::Head;
use serde::Serialize;

use super::place::{Place, quoted};
use super::{End, Failed, Invocation, reach, size};

pub(super) const EXAMPLES: &str = "\
Examples:
  echo-org backup org-monday.redb
  echo-org backup /backups/org.redb --force

A runtime that has the store open pauses between two commits while the file is copied; reading goes
on. The copy is a store like any other: --store FILE opens it, and to restore it, stop the runtime
and put the copy in the store's place.";

/// How often a store that somebody holds is looked for again: its holder may be about to listen.
const TRIES: usize = 3;

/// What `backup` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The file to make
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Replace a file that is there
    #[arg(long)]
    force: bool,
}

/// What `backup --json` says.
#[derive(Serialize)]
struct Told {
    file: String,
    bytes: u64,
    steps: u64,
    head: String,
}

/// Backs up.
pub(super) fn run(invocation: &mut Invocation<'_, '_>, arguments: &Arguments) -> Result<End, Failed> {
    let place = invocation.place()?;
    // The runtime has a directory of its own.
    let file = std::path::absolute(&arguments.file)
        .map_err(|cause| Failed::Usage(format!("{}: {cause}", arguments.file.display())))?;
    let (bytes, head) = copied(invocation, &place, &file, arguments.force)?;
    let (shown, steps) = (file.display().to_string(), head.step);
    let head = head.hash.to_string();
    if invocation.json {
        invocation.output.json(&Told { file: shown, bytes, steps, head });
    } else {
        let size = size::shown(bytes);
        invocation.output.text(&format!("backup  {shown}, {size}, {steps} steps\nhead    {head}"));
        let command = format!("{} verify --store {}", super::PROGRAM, quoted(&file));
        invocation.output.text(&format!("\nto verify it:  {command}"));
    }
    Ok(End::Well)
}

fn copied(
    invocation: &Invocation<'_, '_>,
    place: &Place,
    file: &std::path::Path,
    replaces: bool,
) -> Result<(u64, Head), Failed> {
    let mut tries = 0;
    loop {
        if let Some(client) = reach::find(&invocation.surroundings, place)? {
            return client.backup(file, replaces).map_err(Failed::because);
        }
        tries += 1;
        match place.read() {
            // Its runtime was on its way up when it was looked for.
            Err(StoreError::InUse { .. }) if tries < TRIES => {}
            store => {
                let copied = store.and_then(|store| store.backup(file, replaces)).map_err(Failed::because)?;
                return Ok((copied.bytes, copied.head));
            }
        }
    }
}
