//! `plan_scalability`: how many instances a growing load needs, and when those that run do not suffice any more.
//!
//! Little's law, L = λ W (Little, "A proof for the queuing formula L = λW", Operations Research, 1961): requests in service
//! are requests a second × seconds a request. An instance serves so many at a time and is filled to a target utilisation
//! only; so instances = ⌈λ W / (concurrency × utilisation)⌉. The load grows by a percentage each month, compounded, rounded up.

use std::fmt;

use echo_runtime::tool::{Call, Tool};
use echo_runtime::turn::Failure;
use echo_storage::names::WorkId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::tools::{bounds, register};

const NAME: &str = "plan_scalability";
const DESCRIPTION: &str = "Works out by Little's law how many instances of a component its load needs, now and as it grows \
month by month, and from which month on those that run do not suffice.";

const MAX_NAME_CHARS: usize = 100;
const MAX_RATE: u64 = 100_000_000;
const MAX_MS: u64 = 3_600_000;
const MAX_CONCURRENCY: u64 = 1_000_000;
const MAX_GROWTH_PERCENT: u64 = 100;
const MAX_MONTHS: u64 = 36;
const MAX_INSTANCES: u64 = 1_000_000;
/// The target utilisation where none is given: at 80 % work waits four times as long as it takes.
const USUAL_PERCENT: u64 = 80;

/// The tool.
pub(crate) fn tool() -> Tool {
    Tool::computes(NAME, DESCRIPTION, plan)
}

#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// Which component.
    #[schemars(length(min = 1, max = MAX_NAME_CHARS))]
    component: String,
    /// How many requests come in a second, at the peak.
    #[schemars(range(min = 1, max = MAX_RATE))]
    requests_per_second: u64,
    /// How long a request is served, in milliseconds on average.
    #[schemars(range(min = 1, max = MAX_MS))]
    service_ms: u64,
    /// How many requests an instance serves at a time.
    #[schemars(range(min = 1, max = MAX_CONCURRENCY))]
    concurrency: u64,
    /// How far an instance is filled, in percent.
    #[serde(default = "usual_percent")]
    #[schemars(range(min = 1, max = 100))]
    utilisation_percent: u64,
    /// By how much the load grows in a month, in percent.
    #[schemars(range(min = 0, max = MAX_GROWTH_PERCENT))]
    growth_percent: u64,
    /// For how many months.
    #[schemars(range(min = 1, max = MAX_MONTHS))]
    months: u64,
    /// How many instances run now.
    #[schemars(range(min = 0, max = MAX_INSTANCES))]
    instances: u64,
}

fn usual_percent() -> u64 {
    USUAL_PERCENT
}

#[derive(Serialize, JsonSchema)]
struct Plan {
    /// The item of work that was recorded.
    work: WorkId,
    /// Requests in service at once now, in thousandths.
    in_service_thousandths: u64,
    /// The need now and behind each month.
    months: Vec<Need>,
    /// Behind how many months those that run do not suffice; 0 is now, null is not within the months.
    exhausted_in_months: Option<u64>,
}

/// What a load needs.
#[derive(Debug, Serialize, JsonSchema)]
struct Need {
    /// Behind how many months.
    month: u64,
    /// Requests in a second.
    requests_per_second: u64,
    /// Instances.
    instances: u64,
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} requests in service at once; ", bounds::decimal(self.in_service_thousandths))?;
        match self.exhausted_in_months {
            Some(0) => write!(f, "the instances that run do not suffice now")?,
            Some(month) => write!(f, "the instances that run do not suffice from month {month} on")?,
            None => write!(f, "the instances that run suffice throughout")?,
        }
        for Need { month, requests_per_second, instances } in &self.months {
            write!(f, "\nmonth {month}: {requests_per_second} requests a second, {instances} instances")?;
        }
        Ok(())
    }
}

#[expect(clippy::needless_pass_by_value, reason = "a handler takes its arguments")]
fn plan(call: &mut Call<'_, '_, '_>, arguments: Arguments) -> Result<Plan, Failure> {
    bounds::text("component", &arguments.component, MAX_NAME_CHARS)?;
    bounds::number("requests_per_second", arguments.requests_per_second, 1, MAX_RATE)?;
    bounds::number("service_ms", arguments.service_ms, 1, MAX_MS)?;
    bounds::number("concurrency", arguments.concurrency, 1, MAX_CONCURRENCY)?;
    bounds::number("utilisation_percent", arguments.utilisation_percent, 1, 100)?;
    bounds::number("growth_percent", arguments.growth_percent, 0, MAX_GROWTH_PERCENT)?;
    bounds::number("months", arguments.months, 1, MAX_MONTHS)?;
    bounds::number("instances", arguments.instances, 0, MAX_INSTANCES)?;
    let work = register::record(call, NAME, &arguments.component, &arguments)?;
    let months = needs(&arguments);
    let exhausted = months.iter().find(|need| need.instances > arguments.instances);
    Ok(Plan {
        work,
        in_service_thousandths: arguments.requests_per_second.saturating_mul(arguments.service_ms),
        exhausted_in_months: exhausted.map(|need| need.month),
        months,
    })
}

fn needs(arguments: &Arguments) -> Vec<Need> {
    // At most 10^8 × 2^36, far from the end of 128 bits, and of 64.
    let mut rate = u128::from(arguments.requests_per_second);
    let full = u128::from(arguments.concurrency) * u128::from(arguments.utilisation_percent);
    let mut needs = Vec::new();
    for month in 0..=arguments.months {
        // Milliseconds and percent: λ W / 1000 over concurrency × utilisation / 100.
        let instances = (rate * u128::from(arguments.service_ms)).div_ceil(full.max(1) * 10);
        let whole = |number: u128| u64::try_from(number).unwrap_or(u64::MAX);
        needs.push(Need { month, requests_per_second: whole(rate), instances: whole(instances) });
        rate = (rate * u128::from(100 + arguments.growth_percent)).div_ceil(100);
    }
    needs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instances_follow_from_littles_law() {
        let check = |rate, ms, concurrency, percent, growth, expected: &[(u64, u64)]| {
            let arguments = Arguments {
                component: String::new(),
                requests_per_second: rate,
                service_ms: ms,
                concurrency,
                utilisation_percent: percent,
                growth_percent: growth,
                months: expected.len() as u64 - 1,
                instances: 0,
            };
            let found: Vec<(u64, u64)> =
                needs(&arguments).iter().map(|need| (need.requests_per_second, need.instances)).collect();
            assert_eq!(found, expected, "{arguments:?}");
        };
        // 1000 × 0.2 s = 200 in service; 10 × 80 % = 8 for each instance.
        check(1_000, 200, 10, 80, 10, &[(1_000, 25), (1_100, 28), (1_210, 31)]);
        check(1_000, 200, 10, 100, 0, &[(1_000, 20), (1_000, 20)]);
        check(1, 1, 1, 100, 100, &[(1, 1), (2, 1), (4, 1)]);
        check(1, 1_001, 1, 100, 1, &[(1, 2), (2, 3)]);
        let most = 100_000_000;
        check(most, MAX_MS, 1, 1, 100, &[(most, 36_000_000_000_000), (2 * most, 72_000_000_000_000)]);
    }
}
