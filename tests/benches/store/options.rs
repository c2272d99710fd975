//! What the benchmark is told on its command line.

use std::path::PathBuf;

use crate::cases::NAMES;

/// How long a round takes unless it is told otherwise, in milliseconds.
const DEFAULT_ROUND_MS: u64 = 500;
/// Before the other arguments of a process that the benchmark starts of itself.
pub(crate) const PART: &str = "--part";

/// What to do.
#[derive(Debug)]
pub(crate) enum Mode {
    /// Compare, in the cases of these names.
    Compare(Vec<&'static str>),
    /// Compare with ever more messages in the store, and open it after ends of all kinds.
    History,
    /// Tell where a step's time goes.
    Profile,
    /// Be the process whose end is measured, or that measures an opening: which part, and with which store.
    Part(String, PathBuf),
}

/// The command line.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) mode: Mode,
    pub(crate) round_ms: u64,
}

impl Options {
    /// Reads the arguments.
    ///
    /// # Errors
    /// One that is not understood, with what would be.
    pub(crate) fn parse(arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let (mut round_ms, mut names, mut mode) = (DEFAULT_ROUND_MS, Vec::new(), None);
        // Cargo adds an argument of its own.
        let mut arguments = arguments.filter(|argument| argument != "--bench");
        while let Some(argument) = arguments.next() {
            let known = NAMES.into_iter().find(|name| *name == argument);
            match (argument.as_str(), argument.parse(), known) {
                (_, Ok(number), _) => round_ms = number,
                (_, _, Some(name)) => names.push(name),
                ("history", ..) => mode = Some(Mode::History),
                ("profile", ..) => mode = Some(Mode::Profile),
                (PART, ..) => {
                    let (part, store) = (arguments.next(), arguments.next());
                    mode = part.zip(store).map(|(part, store)| Mode::Part(part, store.into()));
                }
                _ => {
                    let cases = NAMES.join(", ");
                    return Err(format!(
                        "`{argument}` is not understood: give the milliseconds of a round, cases ({cases}), `history` \
                        or `profile`"
                    ));
                }
            }
        }
        let all = if names.is_empty() { NAMES.to_vec() } else { names };
        Ok(Self { mode: mode.unwrap_or(Mode::Compare(all)), round_ms: round_ms.max(1) })
    }
}
