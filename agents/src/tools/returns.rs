//! What money brings back, where it is said what it brings each year.
//!
//! Return on investment: (what comes back over the horizon − cost) / cost. Payback period: the months until what came back
//! equals the cost. Both undiscounted, as in Brealey, Myers and Allen, Principles of Corporate Finance, chapter 5.

use std::fmt;

use echo_storage::quantities::Usd;
use schemars::JsonSchema;
use serde::Serialize;

use super::case::Case;

/// What an amount of money brings back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Returns {
    /// What it costs.
    pub(crate) cost_usd: Usd,
    /// What it brings each year.
    pub(crate) yearly_return_usd: Usd,
    /// Over how many months it is looked at.
    pub(crate) horizon_months: u64,
    /// The return on investment over the horizon in percent, rounded down; null where it costs nothing.
    pub(crate) return_percent: Option<i64>,
    /// After how many months it has paid for itself, rounded up; null where it never does.
    pub(crate) payback_months: Option<u64>,
}

impl Returns {
    /// What a cost brings back.
    pub(crate) fn of(cost: Usd, yearly: Usd, horizon_months: u64) -> Self {
        let (cost_cents, yearly_cents) = (i128::from(cost.cents()), i128::from(yearly.cents()));
        // Twelfths throughout: nothing is rounded before the end. Amounts are below 10^14 cents, months below 2^64.
        let gain = yearly_cents * i128::from(horizon_months) - 12 * cost_cents;
        let percent = (cost_cents > 0).then(|| (gain * 100).div_euclid(12 * cost_cents));
        let months = (yearly_cents > 0).then(|| (12 * cost_cents + yearly_cents - 1) / yearly_cents);
        Self {
            cost_usd: cost,
            yearly_return_usd: yearly,
            horizon_months,
            return_percent: percent.map(|percent| i64::try_from(percent).unwrap_or(i64::MAX)),
            payback_months: months.map(|months| u64::try_from(months).unwrap_or(u64::MAX)),
        }
    }

    /// Notes the figures in the case, where minds that weigh it find them.
    pub(crate) fn note(&self, case: &mut Case) {
        if self.yearly_return_usd > Usd::ZERO {
            case.data.insert("yearly_return_usd".to_owned(), self.yearly_return_usd.cents() / 100);
        }
        case.data.insert("horizon_months".to_owned(), self.horizon_months);
        if let Some(months) = self.payback_months {
            case.data.insert("payback_months".to_owned(), months);
        }
    }
}

impl fmt::Display for Returns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cost_usd, yearly_return_usd, horizon_months, return_percent, payback_months } = self;
        write!(f, "{cost_usd} for {yearly_return_usd} a year over {horizon_months} months")?;
        if let Some(percent) = return_percent {
            write!(f, ": a return of {percent} %")?;
        }
        match payback_months {
            Some(months) => write!(f, ", paid back after {months} months"),
            None => f.write_str(", never paid back"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_comes_back_or_does_not() {
        let check = |cost, yearly, months, percent, payback| {
            let found = Returns::of(cost, yearly, months);
            assert_eq!((found.return_percent, found.payback_months), (percent, payback), "{found}");
        };
        let usd = Usd::dollars;
        check(usd(0), usd(0), 12, None, None);
        check(usd(0), usd(5), 12, None, Some(0));
        check(usd(100), usd(0), 12, Some(-100), None);
        check(usd(100), usd(100), 12, Some(0), Some(12));
        check(usd(100), usd(99), 12, Some(-1), Some(13));
        check(usd(100), usd(300), 12, Some(200), Some(4));
        check(Usd::MAX, Usd::from_cents(1).unwrap(), 1, Some(-100), Some(1_200_000_000_000_000));
        check(Usd::from_cents(1).unwrap(), Usd::MAX, 600, Some(499_999_999_999_999_900), Some(1));
    }
}
