//! How soon what is written must be on the disk.
//!
//! What always holds: order and atomicity are the same on every level; only how much of the end may be lost differs.

use std::fmt;
use std::str::FromStr;

/// The longest that a commit may wait for the disk, in milliseconds: a minute.
pub const MAX_INTERVAL_MS: u64 = 60_000;

/// How soon what is written must be on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// Before anybody is told of it.
    #[default]
    Commit,
    /// At most so many milliseconds later, and when the store is closed.
    Interval {
        /// From 1 to [`MAX_INTERVAL_MS`].
        ms: u64,
    },
    /// Never: the store is made in memory and is gone when it is closed.
    Memory,
}

impl fmt::Display for Durability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Commit => f.write_str("commit"),
            Self::Interval { ms } => write!(f, "interval={ms}"),
            Self::Memory => f.write_str("memory"),
        }
    }
}

impl FromStr for Durability {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let interval = |ms: &str| ms.parse().ok().filter(|ms| (1..=MAX_INTERVAL_MS).contains(ms));
        match text.split_once('=') {
            None if text == "commit" => Ok(Self::Commit),
            None if text == "memory" => Ok(Self::Memory),
            Some(("interval", ms)) => interval(ms).map(|ms| Self::Interval { ms }).ok_or_else(|| {
                format!("an interval has 1 to {MAX_INTERVAL_MS} milliseconds, as in interval=200")
            }),
            _ => Err("it is `commit`, `interval=MS` or `memory`".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_read_as_they_are_written() {
        let check = |text: &str, expected: Option<Durability>| {
            let read = text.parse::<Durability>().ok();
            assert_eq!(read, expected, "{text}");
            assert!(read.is_none_or(|read| read.to_string() == text), "{text}");
        };
        check("commit", Some(Durability::Commit));
        check("memory", Some(Durability::Memory));
        check("interval=200", Some(Durability::Interval { ms: 200 }));
        check("interval=60000", Some(Durability::Interval { ms: MAX_INTERVAL_MS }));
        for text in ["", "interval", "interval=", "interval=0", "interval=60001", "interval=-1", "Commit"] {
            check(text, None);
        }
    }
}
