//! What the figures are told in: ratios first, each beside what is aimed for.

use std::fmt::Write;

/// What is aimed for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Aim {
    /// A figure at least so large.
    AtLeast(f64),
    /// A figure at most so large.
    AtMost(f64),
    /// Nothing.
    None,
}

impl Aim {
    /// What is aimed for and whether the figure gets there.
    fn beside(self, figure: f64) -> String {
        match self {
            Self::AtLeast(aim) => format!(">= {aim:<4} {}", if figure >= aim { "reached" } else { "below" }),
            Self::AtMost(aim) => format!("<= {aim:<4} {}", if figure <= aim { "within" } else { "above" }),
            Self::None => String::new(),
        }
    }
}

/// A ratio with its aim, or the place of one that could not be measured.
pub(crate) fn ratio(figure: Option<f64>, aim: Aim) -> String {
    figure.map_or_else(|| "-".to_owned(), |figure| format!("{figure:>6.2} {:<15}", aim.beside(figure)))
}

/// How wide the first cell of a line is.
const FIRST: usize = 44;

/// A line of cells, the first on the left.
pub(crate) fn line(first: &str, cells: &[(&str, usize)]) {
    let mut line = format!("{first:<FIRST$}");
    for (cell, width) in cells {
        let _ = write!(line, "{cell:>width$}");
    }
    println!("{}", line.trim_end());
}

/// A rate for people.
pub(crate) fn rate(per_second: Option<f64>) -> String {
    per_second.map_or_else(|| "-".to_owned(), |rate| format!("{rate:.0}"))
}

/// The middle of the figures.
pub(crate) fn median(figures: &[f64]) -> f64 {
    percentile(figures, 50)
}

/// The figure below which so many percent of the figures are.
pub(crate) fn percentile(figures: &[f64], percent: usize) -> f64 {
    let mut figures = figures.to_vec();
    figures.sort_by(f64::total_cmp);
    let place = (figures.len() * percent / 100).min(figures.len().saturating_sub(1));
    figures.get(place).copied().unwrap_or(f64::NAN)
}
