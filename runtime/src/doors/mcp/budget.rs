//! The budget: how many bytes of large messages are worked on at once, over all clients of a runtime.
//!
//! A message that was read takes many times its length in memory: each number of a list becomes a value. So large messages are
//! read one behind the other once there are enough of them, while small ones go on.
//!
//! What always holds: a message larger than [`SMALL_BYTES`] is not read before it has its part of the budget, and keeps it until
//! it is answered. Whoever does not get it in time is told to ask again.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::lines::MAX_LINE_BYTES;

/// How large a message may be that needs no part of the budget, in bytes.
pub(super) const SMALL_BYTES: usize = 16 * 1024;
/// How many bytes of larger ones are worked on at once.
const BUDGET_BYTES: usize = 4 * 1024 * 1024;
/// How long a message waits for its part, in milliseconds.
const WAIT_MS: u64 = 10_000;

const _: () = assert!(
    SMALL_BYTES < MAX_LINE_BYTES && MAX_LINE_BYTES <= BUDGET_BYTES && BUDGET_BYTES <= u32::MAX as usize
);

/// What is told to whoever does not get its part in time.
pub(super) const BUSY: &str = "too many large messages are being worked on: ask again, or say less at once";

/// The budget of a runtime. Its copies are one.
#[derive(Debug, Clone)]
pub(super) struct Budget(Arc<Semaphore>);

/// A message's part of the budget, for as long as it is kept; a small message has none.
#[derive(Debug, Default)]
pub(super) struct Part {
    _permit: Option<OwnedSemaphorePermit>,
}

impl Budget {
    /// All of it.
    pub(super) fn new() -> Self {
        Self(Arc::new(Semaphore::new(BUDGET_BYTES)))
    }

    /// The part that a message of so many bytes needs, once it is free; nothing where it is not in time. Whoever stops waiting
    /// has taken nothing.
    pub(super) async fn part(&self, bytes: usize) -> Option<Part> {
        self.part_within(bytes, Duration::from_millis(WAIT_MS)).await
    }

    pub(super) async fn part_within(&self, bytes: usize, wait: Duration) -> Option<Part> {
        if bytes <= SMALL_BYTES {
            return Some(Part::default());
        }
        // What is longer than a line is refused by its length.
        let bytes = u32::try_from(bytes.min(BUDGET_BYTES)).unwrap_or(u32::MAX);
        let part = self.0.clone().acquire_many_owned(bytes);
        let part = tokio::time::timeout(wait, part).await;
        part.ok().and_then(Result::ok).map(|permit| Part { _permit: Some(permit) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn large_messages_wait_for_each_other_and_small_ones_do_not() {
        let budget = Budget::new();
        let part = |bytes| budget.part_within(bytes, Duration::ZERO);
        let mut kept = Vec::new();
        for _ in 0..BUDGET_BYTES / MAX_LINE_BYTES {
            kept.push(part(MAX_LINE_BYTES).await.unwrap());
        }
        assert!(part(MAX_LINE_BYTES).await.is_none());
        assert!(part(SMALL_BYTES).await.is_some());
        kept.pop();
        assert!(part(MAX_LINE_BYTES).await.is_some());
    }
}
