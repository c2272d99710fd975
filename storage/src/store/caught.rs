//! Where the database may stop on a damaged page: caught at one place, and told as damage.
//!
//! What always holds: a panic of the database ends neither thread nor program and prints nothing; it is an error that
//! names the file.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Once;

use crate::StoreError;

thread_local! {
    /// How many calls of the database are going on in this thread.
    static CALLS: Cell<u32> = const { Cell::new(0) };
}

/// Counts a call for as long as it lives.
struct Calling;

impl Calling {
    fn new() -> Self {
        static SILENCED: Once = Once::new();
        // A hook cannot be set while this thread panics, and then nobody reads what it says either.
        if !std::thread::panicking() {
            SILENCED.call_once(|| {
                let before = std::panic::take_hook();
                std::panic::set_hook(Box::new(move |panic| {
                    if CALLS.try_with(Cell::get).unwrap_or_default() == 0 {
                        before(panic);
                    }
                }));
            });
        }
        CALLS.with(|calls| calls.set(calls.get() + 1));
        Self
    }
}

impl Drop for Calling {
    fn drop(&mut self) {
        CALLS.with(|calls| calls.set(calls.get() - 1));
    }
}

/// Runs a call of the database on the file at `path`.
pub(super) fn caught<T, E: Into<redb::Error>>(
    path: &Path,
    call: impl FnOnce() -> Result<T, E>,
) -> Result<T, StoreError> {
    let damaged = |cause: String| StoreError::DamagedFile { path: path.to_owned(), cause };
    match unpanicked(call) {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(match error.into() {
            redb::Error::Io(cause) if is_of_damage(&cause) => damaged(cause.to_string()),
            disk @ (redb::Error::Io(_)
            | redb::Error::Backend(_)
            | redb::Error::PreviousIo
            | redb::Error::DatabaseClosed
            | redb::Error::TransactionInProgress) => StoreError::Database(disk.to_string()),
            // Tables are opened with the types they were made with, so that all else is what the file says wrongly.
            other => damaged(other.to_string()),
        }),
        Err(panic) => Err(damaged(panic)),
    }
}

/// What the call gave, or what it panicked with.
pub(super) fn unpanicked<T>(call: impl FnOnce() -> T) -> Result<T, String> {
    let calling = Calling::new();
    let done = catch_unwind(AssertUnwindSafe(call));
    drop(calling);
    done.map_err(|panic| {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
        let first = text.lines().next().unwrap_or_default();
        format!("the database stopped at a damaged page: {first}")
    })
}

/// Whether a failure to read is one of what is in the file, not of the disk.
pub(super) fn is_of_damage(cause: &std::io::Error) -> bool {
    matches!(cause.kind(), std::io::ErrorKind::InvalidData | std::io::ErrorKind::UnexpectedEof)
}
