//! `manage_resource_allocation`: who works how much on what, and how busy that makes them.
//!
//! Utilisation is assigned hours / capacity. How long work waits for a resource as busy as that is told by the waiting
//! factor utilisation / (1 − utilisation) of a single queue (M/M/1; Kleinrock, Queueing Systems, 1975): 80 % busy means
//! that work waits four times as long as it takes, 100 % that the queue has no end.

use std::fmt;

use echo_runtime::tool::{Call, Tool};
use echo_runtime::turn::Failure;
use echo_storage::names::WorkId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::tools::ranking::{Ratio, ranked};
use crate::tools::{bounds, register};

const NAME: &str = "manage_resource_allocation";
const DESCRIPTION: &str = "Assigns hours of a week of a team, person or machine to a piece of work, and answers with all \
that it is assigned to, how busy that makes it and how long work waits for it. No hours release it.";

const MAX_NAME_CHARS: usize = 100;
const MAX_HOURS: u64 = 100_000;
/// From which utilisation on a resource is tight, in thousandths: work then waits four times as long as it takes.
const TIGHT: u64 = 800;

/// The tool.
pub(crate) fn tool() -> Tool {
    Tool::computes(NAME, DESCRIPTION, assign)
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// The team, person or machine.
    #[schemars(length(min = 1, max = MAX_NAME_CHARS))]
    resource: String,
    /// How many hours it has in a week.
    #[schemars(range(min = 1, max = MAX_HOURS))]
    capacity_hours: u64,
    /// What it works on.
    #[schemars(length(min = 1, max = MAX_NAME_CHARS))]
    work: String,
    /// How many hours of a week it works on that; 0 releases it.
    #[schemars(range(min = 0, max = MAX_HOURS))]
    hours: u64,
}

/// What the register holds of an assignment.
#[derive(Serialize, Deserialize)]
struct Assignment {
    resource: String,
    work: String,
    hours: u64,
}

#[derive(Serialize, JsonSchema)]
struct Allocation {
    /// The item of work that was recorded.
    work: WorkId,
    /// The resource.
    resource: String,
    /// How many hours it has in a week.
    capacity_hours: u64,
    /// How many of them are assigned.
    assigned_hours: u64,
    /// Assigned hours among those it has, in thousandths.
    utilisation_thousandths: u64,
    /// How many times as long as it takes work waits, in thousandths; null where the queue has no end.
    waiting_factor_thousandths: Option<u64>,
    /// What that means.
    state: State,
    /// What it is assigned to, the most hours first.
    assignments: Vec<Share>,
}

/// A resource's share in a piece of work.
#[derive(Serialize, JsonSchema)]
struct Share {
    /// What it works on.
    work: String,
    /// Hours of a week.
    hours: u64,
}

/// How busy a resource is.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum State {
    /// Below 80 %.
    Free,
    /// From 80 % to 100 %.
    Tight,
    /// Above 100 %.
    Over,
}

impl fmt::Display for Allocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.state {
            State::Free => "free for more",
            State::Tight => "tight",
            State::Over => "over its capacity",
        };
        let (assigned, capacity) = (self.assigned_hours, self.capacity_hours);
        write!(f, "{}: {assigned} of {capacity} hours of a week, {state}", self.resource)?;
        if let Some(factor) = self.waiting_factor_thousandths {
            write!(f, "; work waits {} times as long as it takes", bounds::decimal(factor))?;
        }
        for Share { work, hours } in &self.assignments {
            write!(f, "\n- {work}: {hours}")?;
        }
        Ok(())
    }
}

fn assign(call: &mut Call<'_, '_, '_>, arguments: Arguments) -> Result<Allocation, Failure> {
    let Arguments { resource, capacity_hours, work, hours } = arguments;
    bounds::text("resource", &resource, MAX_NAME_CHARS)?;
    bounds::number("capacity_hours", capacity_hours, 1, MAX_HOURS)?;
    bounds::text("work", &work, MAX_NAME_CHARS)?;
    bounds::number("hours", hours, 0, MAX_HOURS)?;
    let (resource, work) = (resource.trim().to_owned(), work.trim().to_owned());
    let assignment = Assignment { resource: resource.clone(), work: work.clone(), hours };
    let id = register::record(call, NAME, &format!("{resource} / {work}"), &assignment)?;
    let items = register::read::<Assignment>(call.turn.state(), NAME)?.items.into_iter();
    let own =
        items.map(|item| item.facts).filter(|one| register::key(&one.resource) == register::key(&resource));
    let shares = own.filter(|one| one.hours > 0).map(|one| Share { work: one.work, hours: one.hours });
    let shares = ranked(shares.collect(), |share| share.hours, |share| &share.work);
    let assignments: Vec<Share> = shares.into_iter().map(|(_, share)| share).collect();
    let assigned_hours = assignments.iter().fold(0, |sum: u64, share| sum.saturating_add(share.hours));
    Ok(Allocation {
        work: id,
        resource,
        capacity_hours,
        assigned_hours,
        utilisation_thousandths: bounds::share(assigned_hours, capacity_hours),
        waiting_factor_thousandths: waiting_factor(assigned_hours, capacity_hours),
        state: state(assigned_hours, capacity_hours),
        assignments,
    })
}

/// Utilisation / (1 − utilisation), which is assigned / free.
fn waiting_factor(assigned: u64, capacity: u64) -> Option<u64> {
    let free = capacity.checked_sub(assigned).filter(|free| *free > 0)?;
    Some(Ratio::new(assigned, free).thousandths())
}

fn state(assigned: u64, capacity: u64) -> State {
    if assigned > capacity {
        State::Over
    } else if Ratio::new(assigned, capacity) >= Ratio::new(TIGHT, 1_000) {
        State::Tight
    } else {
        State::Free
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_waits_the_longer_the_busier_it_finds_a_resource() {
        let check = |assigned, capacity, factor, expected| {
            assert_eq!(waiting_factor(assigned, capacity), factor, "{assigned}/{capacity}");
            assert_eq!(state(assigned, capacity), expected, "{assigned}/{capacity}");
        };
        check(0, 40, Some(0), State::Free);
        check(20, 40, Some(1_000), State::Free);
        check(31, 40, Some(3_444), State::Free);
        check(32, 40, Some(4_000), State::Tight);
        check(39, 40, Some(39_000), State::Tight);
        check(40, 40, None, State::Tight);
        check(41, 40, None, State::Over);
        check(u64::MAX, 1, None, State::Over);
    }
}
