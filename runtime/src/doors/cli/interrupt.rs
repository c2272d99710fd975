//! Interrupting: what Ctrl-C, and the signals by which a machine asks a program to end, do to a command that runs the
//! organisation.
//!
//! The first signal asks for an end in order: nothing new is taken up, the runtime stops, the store is closed. The second
//! one ends the process where it stands, which loses nothing that was acknowledged: the store is whole after any crash.
//!
//! What always holds: signals are left to the operating system until a command asks for them with [`listen`].

use std::io::Write;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::watch;

use super::output::printable;
use super::{Failed, INTERRUPTED};
use crate::training::Stop;

/// Signals concern the whole process, so there is one of these.
static LISTENER: OnceLock<watch::Sender<bool>> = OnceLock::new();

/// A picture that changes is on the terminal: whoever writes below it must begin a line of its own.
static PICTURE: AtomicBool = AtomicBool::new(false);

/// Listens for signals from here on. `at_once` is said when the second one ends the process.
pub(super) fn listen(at_once: String) -> Result<Stop, Failed> {
    if let Some(listener) = LISTENER.get() {
        return Ok(listener.subscribe().into());
    }
    let listener = LISTENER.get_or_init(|| watch::Sender::new(false));
    ctrlc::set_handler(move || {
        // Next to a picture the word would be in the way: whoever draws it sees the signal within a moment.
        let is_drawn = PICTURE.load(Ordering::Acquire);
        if listener.send_replace(true) {
            end_at_once(&at_once);
        }
        if !is_drawn {
            say("stopping; once more stops at once");
        }
    })
    .map_err(|cause| Failed::Failure(format!("cannot listen for Ctrl-C: {cause}")))?;
    Ok(listener.subscribe().into())
}

/// Says whether a picture that changes is on the terminal.
pub(super) fn set_picture(is_there: bool) {
    PICTURE.store(is_there, Ordering::Release);
}

fn end_at_once(told: &str) {
    if PICTURE.load(Ordering::Acquire) {
        // It may have been cut off in the middle of a colour.
        let _ = writeln!(std::io::stderr(), "\u{1b}[0m");
    }
    say(told);
    std::process::exit(i32::from(INTERRUPTED));
}

fn say(told: &str) {
    // Where nobody reads this any more, the exit code still tells.
    let _ = writeln!(std::io::stderr(), "{}", printable(told));
}
