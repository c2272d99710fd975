//! Facts about what a proposal costs: against the limits, by the month, and under the ceilings that its constraints set.
//!
//! What always holds: no effect rises with the budget or with what was spent before. Beyond [`FAR_ABOVE_PERCENT`] of the
//! highest limit, and above a stated ceiling, the cost is [`RECKLESS`] whatever a role's concerns are.

use echo_storage::quantities::Usd;
use echo_storage::records::{Context, Fact, FactKind};

use crate::mind::Standing;

use super::facts::{MAX_WEIGHT_PERCENT, USUAL_PERCENT, fact};
use super::{RECKLESS, figures};

/// Budget and spending at most [`WELL_WITHIN_PERCENT`] of the highest limit.
const WELL_WITHIN: i64 = 100;
/// At most the limit.
const WITHIN: i64 = 50;
/// At most [`ABOVE_PERCENT`] of it.
const ABOVE: i64 = -40;
/// At most [`FAR_ABOVE_PERCENT`] of it.
const FAR_ABOVE: i64 = -200;
/// Nobody on the chain has a limit, so that nobody can say what is much.
const NO_LIMIT: i64 = -40;

/// The name of the fact that the cost is judged by the limits.
const AGAINST_LIMIT: &str = "cost against the limit";
/// The name of the fact that the cost is judged by the ceilings which the constraints state.
const CEILING: &str = "stated ceiling";

const WHOLE_PERCENT: u128 = 100;
const WELL_WITHIN_PERCENT: u128 = 50;
const ABOVE_PERCENT: u128 = 200;
const FAR_ABOVE_PERCENT: u128 = 500;

/// A month costs at most a quarter of the highest limit.
const STEADY: i64 = 40;
/// At most two quarters.
const FAST: i64 = -40;
/// More.
const VERY_FAST: i64 = -80;

const FAST_PERCENT: u128 = 200;
/// What part of the highest limit a month may cost.
const MONTHS_IN_LIMIT: u64 = 4;

/// The budget keeps to the lowest ceiling that the constraints state.
const UNDER_CEILING: i64 = 70;

const _: () = assert!(WELL_WITHIN >= WITHIN && WITHIN >= ABOVE && ABOVE >= FAR_ABOVE);
const _: () = assert!(STEADY >= FAST && FAST >= VERY_FAST && UNDER_CEILING >= RECKLESS);
// The heaviest weight does not make a lesser excess worse than a reckless one.
const _: () = assert!(FAR_ABOVE * MAX_WEIGHT_PERCENT as i64 / 100 >= RECKLESS);

/// The facts about this budget.
pub(super) fn facts(budget: Usd, context: &Context, standing: &Standing) -> Vec<Fact> {
    let percent = standing.concerns.money;
    let pace = standing.highest_limit.and_then(|limit| pace(budget, &context.timeline, limit, percent));
    let ceiling = context.constraints.iter().filter_map(|text| figures::ceiling(text)).min();
    let ceiling = ceiling.map(|ceiling| under_ceiling(budget, ceiling, percent));
    [Some(against_limit(budget, standing)), pace, ceiling].into_iter().flatten().collect()
}

fn against_limit(budget: Usd, standing: &Standing) -> Fact {
    let percent = standing.concerns.money;
    let Some(limit) = standing.highest_limit else {
        let words = format!("{budget} finds no limit on my chain to be judged by");
        return fact(AGAINST_LIMIT, FactKind::Money, words, NO_LIMIT, percent);
    };
    let total = budget.plus(standing.spent);
    let (effect, percent) = match percent_of(total, limit) {
        used if used <= WELL_WITHIN_PERCENT => (WELL_WITHIN, percent),
        used if used <= WHOLE_PERCENT => (WITHIN, percent),
        used if used <= ABOVE_PERCENT => (ABOVE, percent),
        used if used <= FAR_ABOVE_PERCENT => (FAR_ABOVE, percent),
        _ => (RECKLESS, USUAL_PERCENT),
    };
    let share = share(total, limit);
    let words = if standing.spent == Usd::ZERO {
        format!("{budget} is {share} the highest limit on my chain, {limit}")
    } else {
        let spent = standing.spent;
        format!("{budget} and the {spent} spent before are {share} the highest limit on my chain, {limit}")
    };
    fact(AGAINST_LIMIT, FactKind::Money, words, effect, percent)
}

/// What a month costs, where the timeline says how long it takes.
fn pace(budget: Usd, timeline: &str, limit: Usd, percent: u32) -> Option<Fact> {
    let month = usd(figures::duration(timeline)?.by_month(budget.cents())?);
    let quarter = usd(u128::from(limit.cents() / MONTHS_IN_LIMIT));
    let effect = match percent_of(month, quarter) {
        used if used <= WHOLE_PERCENT => STEADY,
        used if used <= FAST_PERCENT => FAST,
        _ => VERY_FAST,
    };
    let words =
        format!("{month} a month is {} a quarter of the highest limit, {quarter}", share(month, quarter));
    Some(fact("monthly cost", FactKind::Money, words, effect, percent))
}

fn under_ceiling(budget: Usd, ceiling: Usd, percent: u32) -> Fact {
    if budget > ceiling {
        let words = format!("{budget} breaks the constraint of at most {ceiling}");
        fact(CEILING, FactKind::Money, words, RECKLESS, USUAL_PERCENT)
    } else {
        let words = format!("{budget} keeps to the constraint of at most {ceiling}");
        fact(CEILING, FactKind::Money, words, UNDER_CEILING, percent)
    }
}

/// Cents as an amount; beyond the largest amount nothing is told apart any more.
fn usd(cents: u128) -> Usd {
    u64::try_from(cents).ok().and_then(Usd::from_cents).unwrap_or(Usd::MAX)
}

/// How many percent of `whole` `part` is, rounded up, so that 100 means at most the whole.
fn percent_of(part: Usd, whole: Usd) -> u128 {
    parts_of(part, whole, WHOLE_PERCENT)
}

fn parts_of(part: Usd, whole: Usd, parts: u128) -> u128 {
    match (part.cents(), whole.cents()) {
        (0, _) => 0,
        (_, 0) => u128::MAX,
        (part, whole) => (u128::from(part) * parts).div_ceil(u128::from(whole)),
    }
}

/// The same in words: `12 % of` or `2.0 times`.
fn share(part: Usd, whole: Usd) -> String {
    if whole == Usd::ZERO && part > whole {
        return "beyond".to_owned();
    }
    let percent = percent_of(part, whole);
    // Rounded up like the percentage that is judged by, so the least of all is not told as a whole one.
    if percent == 1 && parts_of(part, whole, WHOLE_PERCENT * 10) < 10 {
        return "less than 1 % of".to_owned();
    }
    if percent <= WHOLE_PERCENT {
        return format!("{percent} % of");
    }
    let tenths = parts_of(part, whole, 10);
    format!("{}.{} times", tenths / 10, tenths % 10)
}
