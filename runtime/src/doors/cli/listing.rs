//! Lists that are read page by page, the newest first.
//!
//! What always holds: a list that is filtered is read on, in bounded pages, until it is full or at its end; it says how
//! to get the next page if and only if there is more.

use std::fmt::Display;
use std::str::FromStr;

use echo_storage::StoreError;

use super::place::Place;
use super::table::Table;
use super::{Failed, Invocation};

/// The most that one list shows.
const MAX_LIMIT: i64 = 1_000;
/// How much a list shows unless told otherwise; the help says the same.
const DEFAULT_LIMIT: u16 = 20;
/// How many rows are read at once.
const MAX_READ_ROWS: usize = 256;

/// Which page of a list is wanted.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Options of a list")]
pub(super) struct Paging<I>
where
    I: FromStr + Clone + Send + Sync + 'static,
    I::Err: Into<Box<dyn std::error::Error + Send + Sync + 'static>>,
{
    /// How many to list, 1 to 1000
    #[arg(long, value_name = "N", default_value_t = DEFAULT_LIMIT,
        value_parser = clap::value_parser!(u16).range(1..=MAX_LIMIT))]
    limit: u16,
    /// List what is older than this one
    #[arg(long, value_name = "ID", value_parser = |text: &str| text.parse::<I>())]
    before: Option<I>,
}

/// A page of a list.
#[derive(Debug)]
pub(super) struct Listed<T, I> {
    /// The rows, newest first.
    pub(super) rows: Vec<T>,
    /// The last of them, where there are more behind it.
    pub(super) next: Option<I>,
}

impl<I> Paging<I>
where
    I: FromStr + Copy + PartialEq + Display + Send + Sync + 'static,
    I::Err: Into<Box<dyn std::error::Error + Send + Sync + 'static>>,
{
    /// Lists those rows that are wanted. `read` gives so many rows from behind the one named, newest first. Rows with the
    /// same id belong together: they are never parted, so that a page may hold more than was asked for.
    pub(super) fn collect<T>(
        &self,
        mut read: impl FnMut(Option<I>, usize) -> Result<Vec<T>, StoreError>,
        id: impl Fn(&T) -> I,
        mut wanted: impl FnMut(&T) -> Result<bool, StoreError>,
    ) -> Result<Listed<T, I>, StoreError> {
        let limit = usize::from(self.limit);
        let (mut before, mut rows) = (self.before, Vec::<T>::new());
        let mut size = (limit + 1).min(MAX_READ_ROWS);
        loop {
            let mut page = read(before, size)?;
            let is_last = page.len() < size;
            if !is_last && let Some(last) = page.last().map(&id) {
                // Behind the last row there may be more of its id, which the next page would skip.
                let whole = page.iter().position(|row| id(row) == last).unwrap_or_default();
                if whole > 0 {
                    page.truncate(whole);
                } else {
                    size = size.saturating_mul(2);
                    continue;
                }
            }
            for row in page {
                let this = id(&row);
                before = Some(this);
                if !wanted(&row)? {
                    continue;
                }
                let last = rows.last().map(&id);
                if rows.len() >= limit && last != Some(this) {
                    return Ok(Listed { rows, next: last });
                }
                rows.push(row);
            }
            if is_last {
                return Ok(Listed { rows, next: None });
            }
            size = size.max(2).saturating_mul(2).min(MAX_READ_ROWS);
        }
    }

    /// How many are listed.
    pub(super) fn limit(&self) -> usize {
        usize::from(self.limit)
    }

    /// The command that shows the next page; `command` is the one that shows this list, with its filters.
    pub(super) fn command(&self, place: &Place, command: &str, next: I) -> String {
        let limit =
            if self.limit == DEFAULT_LIMIT { String::new() } else { format!(" --limit {}", self.limit) };
        place.command(&format!("{command}{limit} --before {next}"))
    }
}

/// Writes a list for people: its table, or that there is nothing in it, and how to get the next page.
pub(super) fn tell<const N: usize>(
    invocation: &mut Invocation<'_, '_>,
    table: Option<&Table<N>>,
    none: &str,
    more: Option<String>,
) {
    match table {
        Some(table) => {
            let text = table.to_text(invocation.output.columns());
            invocation.output.text(&text);
        }
        None => invocation.output.text(none),
    }
    if let Some(command) = more {
        invocation.output.text(&format!("\nmore: {command}"));
    }
}

/// The failure where there is no record of this id; `latest` is the newest that there is.
pub(super) fn unknown<I: Display>(id: I, latest: Option<I>, plural: &str) -> Failed {
    Failed::Failure(match latest {
        Some(latest) => format!("there is no {id}; the latest is {latest}"),
        None => format!("there is no {id}; there are no {plural} yet"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: no row is lost or told twice, whatever the limit and the filter. Method: a list of ids, some of them with
    /// several rows, is read page by page.
    #[test]
    fn pages_part_nothing_and_stop_at_nothing() {
        // (id, part), newest first; every third id has up to twelve rows.
        let rows: Vec<(u64, u64)> = (1..=900_u64)
            .rev()
            .flat_map(|id| (0..if id % 3 == 0 { id % 13 } else { 1 }).map(move |part| (id, part)))
            .collect();
        let read = |before: Option<u64>, limit: usize| {
            let older = rows.iter().filter(|(id, _)| before.is_none_or(|before| *id < before));
            Ok(older.take(limit).copied().collect::<Vec<_>>())
        };
        let check = |limit: u16, every: u64| {
            let (mut before, mut seen) = (None, Vec::new());
            loop {
                let paging = Paging { limit, before };
                let listed = paging.collect(read, |row| row.0, |row| Ok(row.0 % every == 0)).unwrap();
                let surplus = listed.rows.len().saturating_sub(limit.into());
                assert!(surplus < 13, "{limit} {every}");
                assert!(listed.next.is_none() || listed.rows.len() >= limit.into(), "{limit} {every}");
                seen.extend(listed.rows);
                before = listed.next;
                if before.is_none() {
                    break;
                }
            }
            let expected: Vec<_> = rows.iter().filter(|row| row.0 % every == 0).copied().collect();
            assert_eq!(seen, expected, "{limit} {every}");
        };
        for limit in [1, 2, 7, 255, 256, 257, 1000] {
            for every in [1, 2, 3, 39, 450, 5000] {
                check(limit, every);
            }
        }
    }
}
