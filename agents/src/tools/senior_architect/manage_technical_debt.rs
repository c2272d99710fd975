//! `manage_technical_debt`: the register of technical debt, ranked by what is best paid first.
//!
//! Debts are ranked by cost of delay over duration (CD3; Reinertsen, "The principles of product development flow", 2009): the
//! hours that a debt costs each month over the hours that its repair takes. The ratio of debt is that of SQALE (Letouzey,
//! "The SQALE method", 2012): all hours of repair over the hours that building anew would take, rated A to E at 5, 10, 20 and 50 %.

use std::fmt;

use echo_runtime::tool::{Call, Tool};
use echo_runtime::turn::Failure;
use echo_storage::names::WorkId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::tools::ranking::{Ratio, ranked};
use crate::tools::{bounds, register};

const NAME: &str = "manage_technical_debt";
const DESCRIPTION: &str = "Records a technical debt, changes it or marks it as paid, and answers with all open debts ranked \
by what they cost each month over what their repair takes, and with the ratio of debt where the size of the system is given.";

const MAX_NAME_CHARS: usize = 200;
const MAX_HOURS: u64 = 1_000_000;
const MAX_SYSTEM_HOURS: u64 = 1_000_000_000;
/// How many debts from the top an answer lists.
const SHOWN: usize = 50;

/// The tool.
pub(crate) fn tool() -> Tool {
    Tool::computes(NAME, DESCRIPTION, manage)
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// The debt's name; a name that is recorded changes that debt.
    #[schemars(length(min = 1, max = MAX_NAME_CHARS))]
    debt: String,
    /// Whether it is still there.
    #[serde(default)]
    state: State,
    /// How many hours of work its repair takes.
    #[schemars(range(min = 1, max = MAX_HOURS))]
    repair_hours: u64,
    /// How many hours of work it costs each month that it stays.
    #[schemars(range(min = 0, max = MAX_HOURS))]
    hours_per_month: u64,
    /// How many hours it would take to build the system anew; leave it out where nobody knows.
    #[serde(default)]
    #[schemars(range(min = 1, max = MAX_SYSTEM_HOURS))]
    system_hours: Option<u64>,
}

/// Whether a debt is there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum State {
    /// It is.
    #[default]
    Open,
    /// It was repaired.
    Paid,
}

/// What the register holds of a debt.
#[derive(Deserialize, Serialize)]
struct Debt {
    state: State,
    repair_hours: u64,
    hours_per_month: u64,
}

#[derive(Serialize, JsonSchema)]
struct Debts {
    /// The item of work that was recorded.
    work: WorkId,
    /// The first fifty open debts, what is best paid first at the top.
    ranking: Vec<Ranked>,
    /// How many are open.
    open: u64,
    /// How many are paid.
    paid: u64,
    /// What the repair of all that is open takes, in hours.
    repair_hours: u64,
    /// What all that is open costs each month, in hours.
    hours_per_month: u64,
    /// That repair over building the system anew, in thousandths; null where its size was not given.
    debt_ratio_thousandths: Option<u64>,
    /// The rating of that.
    rating: Option<Rating>,
}

/// A debt in the ranking.
#[derive(Serialize, JsonSchema)]
struct Ranked {
    /// Its rank.
    rank: u64,
    /// Its name.
    debt: String,
    /// What it costs each month, in hours.
    hours_per_month: u64,
    /// What its repair takes, in hours.
    repair_hours: u64,
    /// The first over the second, in thousandths, rounded down.
    priority_thousandths: u64,
}

/// How a ratio of debt is rated.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
enum Rating {
    /// At most 5 %.
    A,
    /// At most 10 %.
    B,
    /// At most 20 %.
    C,
    /// At most 50 %.
    D,
    /// More than that.
    E,
}

impl fmt::Display for Debts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { open, paid, repair_hours, hours_per_month, .. } = self;
        write!(
            f,
            "{open} open, {paid} paid: {repair_hours} hours of repair, {hours_per_month} hours each month"
        )?;
        if let (Some(ratio), Some(rating)) = (self.debt_ratio_thousandths, self.rating) {
            write!(f, "; debt ratio {}, rated {rating:?}", bounds::decimal(ratio))?;
        }
        for Ranked { rank, debt, priority_thousandths, .. } in &self.ranking {
            write!(f, "\n{rank}. {debt}: {}", bounds::decimal(*priority_thousandths))?;
        }
        Ok(())
    }
}

fn manage(call: &mut Call<'_, '_, '_>, arguments: Arguments) -> Result<Debts, Failure> {
    let Arguments { debt, state, repair_hours, hours_per_month, system_hours } = arguments;
    bounds::text("debt", &debt, MAX_NAME_CHARS)?;
    bounds::number("repair_hours", repair_hours, 1, MAX_HOURS)?;
    bounds::number("hours_per_month", hours_per_month, 0, MAX_HOURS)?;
    if let Some(hours) = system_hours {
        bounds::number("system_hours", hours, 1, MAX_SYSTEM_HOURS)?;
    }
    let work = register::record(call, NAME, &debt, &Debt { state, repair_hours, hours_per_month })?;
    let items = register::read::<Debt>(call.turn.state(), NAME)?.items;
    let (open, paid): (Vec<_>, Vec<_>) = items.into_iter().partition(|item| item.facts.state == State::Open);
    let repair_hours = open.iter().map(|item| item.facts.repair_hours).sum();
    let hours_per_month = open.iter().map(|item| item.facts.hours_per_month).sum();
    let ratio = system_hours.map(|hours| Ratio::new(repair_hours, hours));
    let count = open.len() as u64;
    let ranking = ranked(open, |item| priority(&item.facts), |item| &item.title).into_iter();
    let row = |(rank, item): (u64, register::Item<Debt>)| Ranked {
        rank,
        hours_per_month: item.facts.hours_per_month,
        repair_hours: item.facts.repair_hours,
        priority_thousandths: priority(&item.facts).thousandths(),
        debt: item.title,
    };
    Ok(Debts {
        work,
        ranking: ranking.take(SHOWN).map(row).collect(),
        open: count,
        paid: paid.len() as u64,
        repair_hours,
        hours_per_month,
        debt_ratio_thousandths: ratio.map(Ratio::thousandths),
        rating: ratio.map(rating),
    })
}

fn priority(debt: &Debt) -> Ratio {
    Ratio::new(debt.hours_per_month, debt.repair_hours)
}

fn rating(ratio: Ratio) -> Rating {
    let bounds = [(5, Rating::A), (10, Rating::B), (20, Rating::C), (50, Rating::D)];
    let within = bounds.into_iter().find(|(percent, _)| ratio <= Ratio::new(*percent, 100));
    within.map_or(Rating::E, |(_, rating)| rating)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_of_debt_is_rated_by_its_bounds() {
        let check = |repair, system, expected| {
            assert_eq!(rating(Ratio::new(repair, system)), expected, "{repair}/{system}");
        };
        check(0, 1, Rating::A);
        check(50, 1_000, Rating::A);
        check(51, 1_000, Rating::B);
        check(100, 1_000, Rating::B);
        check(200, 1_000, Rating::C);
        check(201, 1_000, Rating::D);
        check(500, 1_000, Rating::D);
        check(500_001, 1_000_000, Rating::E);
        check(u64::MAX, 1, Rating::E);
    }

    #[test]
    fn what_costs_most_for_its_repair_is_paid_first() {
        let check = |first: (u64, u64), second: (u64, u64), expected| {
            let debt =
                |(hours_per_month, repair_hours)| Debt { state: State::Open, repair_hours, hours_per_month };
            assert_eq!(priority(&debt(first)).cmp(&priority(&debt(second))), expected);
        };
        check((10, 100), (5, 10), std::cmp::Ordering::Less);
        check((10, 100), (1, 10), std::cmp::Ordering::Equal);
        check((0, 1), (0, MAX_HOURS), std::cmp::Ordering::Equal);
        check((MAX_HOURS, 1), (MAX_HOURS, 2), std::cmp::Ordering::Greater);
    }
}
