//! The picture of what each role spent against its limit.
//!
//! What always holds: all bars have one scale. Amounts far beyond every limit are cut with a mark, and the figures beside
//! the bar are always whole.

use echo_storage::quantities::Usd;

use super::drawing::{Anchor, Canvas, Picture, pixels, shown, widest};
use super::markup::Markup;
use crate::training::chronicle::Budget;

/// The width of the scale, in pixels.
const SCALE: i64 = 440;
/// The height of a row, in pixels.
const ROW: i64 = 52;
/// The height of a bar, in pixels.
const BAR: i64 = 18;
/// The room around the picture, in pixels.
const MARGIN: i64 = 8;
/// The scale ends at so many times the highest limit, in percent, if amounts go further.
const BEYOND_PERCENT: u64 = 250;

/// Draws the budgets.
pub(super) fn draw(budgets: &[Budget], markup: &mut Markup) {
    let left = MARGIN + widest(budgets.iter().map(|budget| budget.role.as_str())).max(60) + 14;
    let canvas = Canvas {
        id: "spending",
        title: "Spending against limits",
        description: &described(budgets),
        width: left + SCALE + 4 * MARGIN,
        height: MARGIN + pixels(budgets.len()) * ROW,
    };
    let end = end_of_scale(budgets);
    canvas.draw(markup, |picture| {
        for (at, budget) in budgets.iter().enumerate() {
            let y = MARGIN + pixels(at) * ROW;
            let title = format!("{}: {}", budget.role, figures(budget));
            picture.group("budget", &title, |picture| row(picture, budget, left, y, end));
        }
    });
}

fn row(picture: &mut Picture<'_>, budget: &Budget, left: i64, y: i64, end: u64) {
    let Budget { role, limit, spent, asked, is_approved } = budget;
    let (spent_to, all_to) = (place(*spent, end), place(spent.plus(*asked), end));
    picture.text("label", left - 14, y + BAR, Anchor::End, &shown(role.as_str()));
    picture.rectangle("scale", left, y + 4, SCALE, BAR);
    picture.rectangle("spent", left, y + 4, spent_to, BAR);
    let class = match (*is_approved, spent.plus(*asked) > *limit) {
        (true, _) => "asked approved",
        (false, true) => "asked beyond",
        (false, false) => "asked within",
    };
    picture.rectangle(class, left + spent_to, y + 4, all_to - spent_to, BAR);
    if spent.plus(*asked).cents() > end {
        let x = left + SCALE;
        picture.shape("more", &[(x + 4, y + 5), (x + 4, y + 21), (x + 14, y + 13)]);
    }
    let limit_at = left + place(*limit, end);
    picture.line("limit", (limit_at, y), (limit_at, y + BAR + 8));
    picture.text("small", left, y + BAR + 20, Anchor::Start, &figures(budget));
}

/// Where the scale ends, in cents.
fn end_of_scale(budgets: &[Budget]) -> u64 {
    let most = budgets.iter().map(|budget| budget.spent.plus(budget.asked)).max().unwrap_or_default();
    let limit = budgets.iter().map(|budget| budget.limit).max().unwrap_or_default();
    let bound = limit.cents().saturating_mul(BEYOND_PERCENT) / 100;
    most.max(limit).cents().min(bound.max(limit.cents())).max(1)
}

/// How far an amount reaches, in pixels.
fn place(amount: Usd, end: u64) -> i64 {
    let share = i128::from(SCALE) * i128::from(amount.cents().min(end)) / i128::from(end.max(1));
    i64::try_from(share).unwrap_or(SCALE)
}

fn figures(budget: &Budget) -> String {
    let Budget { limit, spent, asked, is_approved, .. } = budget;
    let end = if *is_approved {
        "approved".to_owned()
    } else if spent.plus(*asked) > *limit {
        "beyond".to_owned()
    } else {
        "within".to_owned()
    };
    format!("{spent} spent, {asked} asked now; limit {limit}: {end}")
}

fn described(budgets: &[Budget]) -> String {
    let rows = budgets.iter().map(|budget| format!("{}: {}", budget.role, figures(budget)));
    rows.collect::<Vec<_>>().join(". ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use echo_storage::names::RoleId;

    #[test]
    fn the_scale_ends_where_it_can_still_be_read() {
        let check = |limit: u64, spent: u64, asked: u64, expected: u64| {
            let budget = Budget {
                role: RoleId::new("chief").unwrap(),
                limit: Usd::dollars(limit),
                spent: Usd::dollars(spent),
                asked: Usd::dollars(asked),
                is_approved: false,
            };
            assert_eq!(end_of_scale(&[budget]), expected * 100);
        };
        check(100, 0, 50, 100);
        check(100, 60, 50, 110);
        check(100, 0, 200, 200);
        check(100, 0, 5_000, 250);
        assert_eq!(end_of_scale(&[]), 1);
    }
}
