//! `verify`: checks that a store keeps what it promises.
//!
//! What always holds: nobody's store is changed.

mod crash_sweep;

use super::{End, Failed, Invocation};

pub(super) const EXAMPLES: &str = "\
Examples:
  echo-org verify --crash-sweep
  echo-org verify --crash-sweep --seed 7 --json

--crash-sweep plays the default scenario on a disk in memory, cuts the power at every operation of
every commit, lets the disk fail and fill up, opens the store again each time and checks that
nothing was lost that anybody was told, that the journal replays, and that the session goes on to
the same outcome. It needs no store and takes minutes; the same seed does the same again.
Exit codes: 0 every promise was kept, 1 one was not, each with the line that tells where.";

/// What `verify` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Cut the power at every moment of a session in memory, and check what is left
    #[arg(long, required = true)]
    crash_sweep: bool,
    /// Picks the order of events and what survives each power cut [default: 0]
    #[arg(long, value_name = "N", requires = "crash_sweep")]
    seed: Option<u64>,
}

/// Checks.
pub(super) fn run(invocation: &mut Invocation<'_, '_>, arguments: &Arguments) -> Result<End, Failed> {
    debug_assert!(arguments.crash_sweep, "the parser asks for it");
    crash_sweep::run(invocation, arguments.seed.unwrap_or_default())
}
