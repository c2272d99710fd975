//! The picture of who talked to whom: a row for each sender, a column for each recipient and each topic.
//!
//! What always holds: every message is counted in exactly one cell; a shade never says more than the number in it.

use echo_storage::records::{Address, Party};

use super::drawing::{Anchor, Canvas, Picture, pixels, shown, widest};
use super::markup::Markup;
use crate::training::chronicle::Chronicle;
use crate::wording::counted;

/// The side of a cell, in pixels.
const CELL: i64 = 38;
/// The room between roles and topics, in pixels.
const GAP: i64 = 18;
/// How many shades there are.
const SHADES: usize = 4;
/// The room around the picture, in pixels.
const MARGIN: i64 = 8;
/// The sine and cosine of the angle of the columns' names, in percent.
const RISE_PERCENT: (i64, i64) = (77, 65);

/// Who sent how many messages to whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Matrix {
    /// Who sent something: roles in their order, then others.
    pub(super) senders: Vec<Party>,
    /// Whom something could go to: the roles in their order, then the topics that something went to.
    pub(super) columns: Vec<Address>,
    /// A row for each sender, a count for each column.
    pub(super) counts: Vec<Vec<usize>>,
}

impl Matrix {
    /// The matrix of a session.
    pub(super) fn of(chronicle: &Chronicle) -> Self {
        let sent = &chronicle.events.messages;
        let roles = || chronicle.roles.iter().map(|role| role.id.clone());
        let senders = roles().map(Party::Role).chain(chronicle.outsiders());
        let senders: Vec<Party> =
            senders.filter(|party| sent.iter().any(|one| one.message.from == *party)).collect();
        let mut columns: Vec<Address> = roles().map(Address::Role).collect();
        for one in sent {
            if !columns.contains(&one.message.to) {
                columns.push(one.message.to.clone());
            }
        }
        let count = |from: &Party, to: &Address| {
            sent.iter().filter(|one| one.message.from == *from && one.message.to == *to).count()
        };
        let row = |from: &Party| columns.iter().map(|to| count(from, to)).collect();
        let counts = senders.iter().map(row).collect();
        Self { senders, columns, counts }
    }

    /// Draws it.
    pub(super) fn draw(&self, markup: &mut Markup) {
        let rows: Vec<String> = self.senders.iter().map(ToString::to_string).collect();
        let columns: Vec<String> = self.columns.iter().map(ToString::to_string).collect();
        let left = MARGIN + widest(rows.iter().map(String::as_str)).max(60) + 12;
        let slant = widest(columns.iter().map(String::as_str));
        let top = MARGIN + slant * RISE_PERCENT.0 / 100 + 14;
        let right = slant * RISE_PERCENT.1 / 100;
        let gap = if self.roles() < self.columns.len() { GAP } else { 0 };
        let sum = left + pixels(self.columns.len()) * CELL + gap + GAP;
        let total: usize = self.counts.iter().flatten().sum();
        let canvas = Canvas {
            id: "matrix",
            title: "Who talked to whom",
            description: &self.described(total),
            width: (sum + CELL + 8).max(sum + right),
            height: top + pixels(self.senders.len()) * CELL + MARGIN,
        };
        canvas.draw(markup, |picture| {
            for (at, (name, address)) in columns.iter().zip(&self.columns).enumerate() {
                let class = if matches!(address, Address::Role(_)) { "label" } else { "label muted" };
                picture.group("column", name, |picture| {
                    picture.rising(class, self.x(left, at) + CELL / 2, top - 8, &shown(name));
                });
            }
            picture.rising("label strong", sum + CELL / 2, top - 8, "all");
            for (at, (name, counts)) in rows.iter().zip(&self.counts).enumerate() {
                let y = top + pixels(at) * CELL;
                picture.group("row", name, |picture| {
                    picture.text("label", left - 10, y + CELL / 2 + 4, Anchor::End, &shown(name));
                });
                self.row(picture, name, counts, &columns, left, y);
                let all: usize = counts.iter().sum();
                picture.text(
                    "number strong",
                    sum + CELL / 2,
                    y + CELL / 2 + 4,
                    Anchor::Middle,
                    &all.to_string(),
                );
            }
        });
    }

    fn row(
        &self,
        picture: &mut Picture<'_>,
        name: &str,
        counts: &[usize],
        columns: &[String],
        left: i64,
        y: i64,
    ) {
        let most = self.counts.iter().flatten().max().copied().unwrap_or_default();
        for (at, (count, column)) in counts.iter().zip(columns).enumerate() {
            let x = self.x(left, at);
            let title = format!("{name} to {column}: {}", counted(*count, "message"));
            picture.group("cell", &title, |picture| {
                picture.rectangle(shade(*count, most), x + 1, y + 1, CELL - 2, CELL - 2);
                if *count > 0 {
                    let (x, y) = (x + CELL / 2, y + CELL / 2 + 4);
                    picture.text("number", x, y, Anchor::Middle, &count.to_string());
                }
            });
        }
    }

    /// How many columns are roles.
    fn roles(&self) -> usize {
        self.columns.iter().filter(|column| matches!(column, Address::Role(_))).count()
    }

    fn x(&self, left: i64, column: usize) -> i64 {
        let gap = if column >= self.roles() { GAP } else { 0 };
        left + pixels(column) * CELL + gap
    }

    fn described(&self, total: usize) -> String {
        let mut pairs: Vec<String> = Vec::new();
        for (from, counts) in self.senders.iter().zip(&self.counts) {
            for (to, count) in self.columns.iter().zip(counts).filter(|(_, count)| **count > 0) {
                pairs.push(format!("{from} to {to}: {count}"));
            }
        }
        format!("{}. {}", counted(total, "message"), pairs.join("; "))
    }
}

/// The class of a cell: none, or one of the shades up to the most.
fn shade(count: usize, most: usize) -> &'static str {
    if count == 0 {
        return "cell-none";
    }
    match (count * SHADES).div_ceil(most.max(1)) {
        1 => "cell-1",
        2 => "cell-2",
        3 => "cell-3",
        _ => "cell-4",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shades_follow_the_number() {
        let check = |count: usize, most: usize, expected: &str| assert_eq!(shade(count, most), expected);
        check(0, 0, "cell-none");
        check(0, 8, "cell-none");
        check(1, 8, "cell-1");
        check(3, 8, "cell-2");
        check(8, 8, "cell-4");
        check(1, 1, "cell-4");
    }
}
