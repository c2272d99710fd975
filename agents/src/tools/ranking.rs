//! Ranks: what several registers and comparisons have in common.
//!
//! What always holds: fractions are compared exactly, never as rounded numbers; equals share a rank and the next one counts
//! them (1, 2, 2, 4), and stand in the order of their names.

use std::cmp::Ordering;

/// A fraction of whole numbers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ratio {
    top: u64,
    bottom: u64,
}

impl Ratio {
    /// `top / bottom`; a bottom of nothing counts as one.
    pub(crate) fn new(top: u64, bottom: u64) -> Self {
        Self { top, bottom: bottom.max(1) }
    }

    /// In thousandths, rounded down, and to the largest number that there is.
    pub(crate) fn thousandths(self) -> u64 {
        let thousandths = u128::from(self.top) * 1_000 / u128::from(self.bottom);
        u64::try_from(thousandths).unwrap_or(u64::MAX)
    }
}

impl Ord for Ratio {
    fn cmp(&self, other: &Self) -> Ordering {
        let (this, that) = (u128::from(self.top), u128::from(other.top));
        (this * u128::from(other.bottom)).cmp(&(that * u128::from(self.bottom)))
    }
}

impl PartialOrd for Ratio {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ratio {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Ratio {}

/// Items with their ranks, the highest key first.
pub(crate) fn ranked<T, K: Ord>(
    mut items: Vec<T>,
    key: impl Fn(&T) -> K,
    name: fn(&T) -> &str,
) -> Vec<(u64, T)> {
    items.sort_by(|a, b| key(b).cmp(&key(a)).then_with(|| name(a).cmp(name(b))));
    let mut ranked: Vec<(u64, T)> = Vec::with_capacity(items.len());
    for (place, item) in (1..).zip(items) {
        let rank = match ranked.last() {
            Some((rank, before)) if key(before) == key(&item) => *rank,
            _ => place,
        };
        ranked.push((rank, item));
    }
    ranked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equals_share_a_rank_and_the_next_one_counts_them() {
        let check = |items: &[(&'static str, u64, u64)], expected: &[(u64, &str)]| {
            let found = ranked(items.to_vec(), |item| Ratio::new(item.1, item.2), |item| item.0);
            let found: Vec<(u64, &str)> = found.iter().map(|(rank, item)| (*rank, item.0)).collect();
            assert_eq!(found, expected);
        };
        check(&[], &[]);
        check(&[("a", 1, 1)], &[(1, "a")]);
        check(
            &[("d", 1, 9), ("c", 2, 4), ("b", 1, 2), ("a", 5, 1)],
            &[(1, "a"), (2, "b"), (2, "c"), (4, "d")],
        );
        // A difference that thousandths do not show.
        check(&[("a", 1, 1_000_001), ("b", 1, 1_000_000)], &[(1, "b"), (2, "a")]);
        check(&[("a", u64::MAX, 1), ("b", u64::MAX, u64::MAX)], &[(1, "a"), (2, "b")]);
    }

    #[test]
    fn fractions_round_down_and_never_overflow() {
        let check = |top, bottom, expected| assert_eq!(Ratio::new(top, bottom).thousandths(), expected);
        check(0, 5, 0);
        check(2, 3, 666);
        check(7, 0, 7_000);
        check(u64::MAX, 1, u64::MAX);
    }
}
