//! The files of a session: what people and programs read of it afterwards, in a directory beside the store.
//!
//! | file | for |
//! |---|---|
//! | `report.html` | people with a browser: one page, complete in itself |
//! | `report.md` | people with an editor |
//! | `report.json` | programs: what `train --json` prints |
//! | `messages.jsonl` | programs: a line for each message |
//!
//! What always holds: a file is there whole or not at all, because it gets its name when it is written. Nothing in them is
//! lost with them: they are written from the store and can be written again.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use echo_storage::State;
use echo_storage::records::Session;

use super::Failed;
use super::place::Place;
use crate::training::{Chronicle, Report, markdown, messages, page};

/// What a file is called while it is written.
const UNFINISHED: &str = "unfinished";

/// Writes the files of a session and says where its page is.
///
/// # Errors
/// The store could not be read, or the files not be written; what was there before is left as it was.
pub(super) fn write(place: &Place, state: &dyn State, report: &Report) -> Result<PathBuf, Failed> {
    let chronicle = Chronicle::of(state, report.session).map_err(Failed::because)?;
    let json = serde_json::to_string_pretty(report).map_err(Failed::because)?;
    let files = [
        ("report.md", markdown(&chronicle, report)),
        ("report.json", format!("{json}\n")),
        ("messages.jsonl", messages(&chronicle).map_err(Failed::because)?),
        ("report.html", page(&chronicle, report)),
    ];
    let directory = place.sessions().join(report.session.to_string());
    let directory = std::path::absolute(&directory).unwrap_or(directory);
    let made = DirBuilder::new().recursive(true).mode(0o700).create(&directory);
    made.map_err(|cause| failed(place, report, &directory, &cause))?;
    for (name, content) in &files {
        replace(&directory, name, content)
            .map_err(|cause| failed(place, report, &directory.join(name), &cause))?;
    }
    Ok(directory.join("report.html"))
}

/// How long a session took by the store's clock: what is left of how long people waited for it.
pub(super) fn duration_ms(session: &Session) -> u64 {
    session.end.as_ref().map_or(0, |end| end.at.ms().saturating_sub(session.started_at.ms()))
}

/// Gives a file a content, at once.
fn replace(directory: &Path, name: &str, content: &str) -> io::Result<()> {
    // Others may be writing the same file: each writes a whole one of its own, and the last one stays.
    let unfinished = directory.join(format!("{name}.{}.{UNFINISHED}", std::process::id()));
    let written = std::fs::write(&unfinished, content)
        .and_then(|()| std::fs::rename(&unfinished, directory.join(name)));
    if written.is_err() {
        // What matters is why it could not be written.
        let _ = std::fs::remove_file(&unfinished);
    }
    written
}

fn failed(place: &Place, report: &Report, path: &Path, cause: &io::Error) -> Failed {
    let session = report.session;
    Failed::Failure(format!(
        "{session} is whole in the store, but its report could not be written: cannot write {}: {cause}; make room there \
         and let this user write there, then write it with `{}`",
        path.display(),
        place.command(&format!("report {session}"))
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Method: what another process is writing cannot be written to here.
    #[test]
    fn half_a_file_of_another_is_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir(directory.path().join("report.md.unfinished")).unwrap();
        let half = directory.path().join("report.md.1.unfinished");
        std::fs::write(&half, "half").unwrap();
        for content in ["first", "second"] {
            replace(directory.path(), "report.md", content).unwrap();
            assert_eq!(std::fs::read_to_string(directory.path().join("report.md")).unwrap(), content);
        }
        assert_eq!(std::fs::read_to_string(half).unwrap(), "half");
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 3);
    }
}
