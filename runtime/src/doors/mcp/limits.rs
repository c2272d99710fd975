//! Limits: how much one caller may ask at once and in a while.
//!
//! A caller is a bridge, a session of HTTP, or whoever asks at a door of HTTP without a session.
//!
//! What always holds: a caller beyond its limits is told so at once, with what helps, and costs the others nothing: each
//! has limits of its own. A call that waits for a person keeps nobody from being served: it is counted apart.

use std::sync::{Arc, Mutex, PoisonError};

use echo_storage::clock::Stopwatch;
use rmcp::ErrorData;
use rmcp::model::ErrorCode;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many requests of one caller may be worked on at once.
pub(super) const MAX_AT_ONCE: usize = 64;
/// How many calls of one caller may wait for a person at once; the next one is answered without asking.
pub(super) const MAX_WAITING: usize = 64;
/// How many requests a caller may make in a burst.
pub(super) const BURST: u64 = 2_000;
/// How many requests a second a caller may make in the long run.
pub(super) const PER_SECOND: u64 = 200;

const _: () = assert!(BURST > PER_SECOND && BURST > MAX_AT_ONCE as u64);

/// The code of a request that was not looked at because there were too many: of those that the protocol leaves to servers.
pub(super) const TOO_MANY: ErrorCode = ErrorCode(-32_029);

/// A caller. Its copies are the same one.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    limits: Arc<Limits>,
    /// One of the sessions that there may be, for as long as a copy is kept.
    _seat: Option<Arc<OwnedSemaphorePermit>>,
}

impl Caller {
    /// One that has asked nothing yet.
    pub(super) fn new() -> Self {
        Self { limits: Arc::new(Limits::new()), _seat: None }
    }

    /// One that has asked nothing yet and is a session, which takes a seat.
    pub(super) fn seated(seat: OwnedSemaphorePermit) -> Self {
        Self { limits: Arc::new(Limits::new()), _seat: Some(Arc::new(seat)) }
    }

    /// Its limits.
    pub(super) fn limits(&self) -> &Limits {
        &self.limits
    }
}

/// What one caller has left.
#[derive(Debug)]
pub(super) struct Limits {
    slots: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    bucket: Mutex<Bucket>,
    since: Stopwatch,
}

/// Requests that may still be made, in thousandths, as of a moment.
#[derive(Debug)]
struct Bucket {
    milli: u64,
    at_ms: u64,
}

impl Bucket {
    /// Whether one more request fits in at this moment; if so, it is counted.
    fn take(&mut self, now_ms: u64) -> bool {
        let earned = now_ms.saturating_sub(self.at_ms).saturating_mul(PER_SECOND);
        self.milli = self.milli.saturating_add(earned).min(BURST * 1_000);
        self.at_ms = now_ms;
        let fits = self.milli >= 1_000;
        if fits {
            self.milli -= 1_000;
        }
        fits
    }
}

impl Limits {
    /// Those of a caller that has asked nothing yet.
    fn new() -> Self {
        let bucket = Mutex::new(Bucket { milli: BURST * 1_000, at_ms: 0 });
        let slots = Arc::new(Semaphore::new(MAX_AT_ONCE));
        let waiting = Arc::new(Semaphore::new(MAX_WAITING));
        Self { slots, waiting, bucket, since: Stopwatch::new() }
    }

    /// Lets one more call wait for a person, for as long as what it gives is kept; nothing where too many wait.
    pub(super) fn wait(&self) -> Option<OwnedSemaphorePermit> {
        self.waiting.clone().try_acquire_owned().ok()
    }

    /// Lets one more request in, for as long as what it gives is kept.
    ///
    /// # Errors
    /// There are too many, now or in a while.
    pub(super) fn admit(&self) -> Result<OwnedSemaphorePermit, ErrorData> {
        let now_ms = u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX);
        let slot = self.slots.clone().try_acquire_owned().map_err(|_| {
            refused(format!("{MAX_AT_ONCE} requests are being worked on: wait for an answer, then ask again"))
        })?;
        if !self.bucket.lock().unwrap_or_else(PoisonError::into_inner).take(now_ms) {
            return Err(refused(format!("more than {PER_SECOND} requests a second: ask again in a second")));
        }
        Ok(slot)
    }
}

fn refused(why: String) -> ErrorData {
    ErrorData::new(TOO_MANY, why, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_let_in_and_then_so_many_a_second() {
        let mut bucket = Bucket { milli: BURST * 1_000, at_ms: 0 };
        let mut taken = |now_ms| {
            let mut count = 0;
            while bucket.take(now_ms) {
                count += 1;
            }
            count
        };
        assert_eq!(taken(0), BURST);
        assert_eq!(taken(1_000), PER_SECOND);
        assert_eq!(taken(1_001), PER_SECOND / 1_000);
        assert_eq!(taken(1_000_000_000), BURST);
    }

    #[test]
    fn so_many_are_worked_on_at_once() {
        let limits = Limits::new();
        let mut kept: Vec<_> = (0..MAX_AT_ONCE).map(|_| limits.admit().unwrap()).collect();
        let refused = limits.admit().unwrap_err();
        assert!(refused.message.contains("64 requests"), "{refused:?}");
        kept.pop();
        let _one = limits.admit().unwrap();
    }
}
