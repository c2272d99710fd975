//! Time and randomness: the one module that may ask the machine for either.
//!
//! What always holds: nothing that decides or applies calls this module. The engine stamps each step with
//! [`Clock::now`]; a replay uses the recorded stamps; a test moves a virtual clock.
#![expect(clippy::disallowed_methods, reason = "this is the module that the ban points to")]

use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::codec::{Decode, Encode};
use crate::quantities::Timestamp;

/// Where every virtual clock begins: 2026-01-01 00:00 UTC.
pub const VIRTUAL_EPOCH: Timestamp = Timestamp::from_ms(1_767_225_600_000);

/// Which clock a store lives by; chosen when the store is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum ClockKind {
    /// The machine's own.
    Real,
    /// One that moves only when told to, from [`VIRTUAL_EPOCH`].
    Virtual,
}

/// Tells the time of a store.
#[derive(Debug)]
pub enum Clock {
    /// The machine's own.
    Real,
    /// Moves only by [`Clock::advance_to`].
    Virtual(Mutex<Timestamp>),
}

impl Clock {
    /// A clock of the kind, set to `start` at the earliest where it is virtual.
    pub fn new(kind: ClockKind, start: Timestamp) -> Self {
        match kind {
            ClockKind::Real => Self::Real,
            ClockKind::Virtual => Self::Virtual(Mutex::new(start.max(VIRTUAL_EPOCH))),
        }
    }

    /// The present moment by this clock.
    pub fn now(&self) -> Timestamp {
        match self {
            Self::Real => {
                let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                Timestamp::from_ms(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
            }
            Self::Virtual(now) => *now.lock().unwrap_or_else(std::sync::PoisonError::into_inner),
        }
    }

    /// Moves a virtual clock forward; a real one, and a moment that has passed, are left alone.
    pub fn advance_to(&self, moment: Timestamp) {
        if let Self::Virtual(now) = self {
            let mut now = now.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            *now = moment.max(*now);
        }
    }
}

/// Measures how long something took; for reports to people, never for decisions.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts measuring.
    #[expect(clippy::new_without_default, reason = "a default stopwatch would hide that it reads the clock")]
    pub fn new() -> Self {
        Self(Instant::now())
    }

    /// The time since the start.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// Lets `ms` milliseconds pass; for bounded waits on another process, where there is no event to wait for.
pub fn pause_ms(ms: u64) {
    std::thread::sleep(Duration::from_millis(ms));
}

/// A random number from the operating system: 128 bits as 32 hexadecimal digits.
///
/// # Errors
/// The operating system's own, where it has no randomness to give.
pub fn random_hex() -> std::io::Result<String> {
    random_bytes().map(|bytes| format!("{:032x}", u128::from_be_bytes(bytes)))
}

/// Random bytes from the operating system.
///
/// # Errors
/// As [`random_hex`].
pub(crate) fn random_bytes<const N: usize>() -> std::io::Result<[u8; N]> {
    let mut bytes = [0_u8; N];
    getrandom::fill(&mut bytes).map_err(std::io::Error::other)?;
    Ok(bytes)
}
