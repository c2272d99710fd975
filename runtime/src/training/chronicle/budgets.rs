//! What each role had spent against its limit when a session ended.
//!
//! What always holds: money is counted as the limits count it, within the window up to the session's end; what was
//! approved later is left out.

use echo_storage::quantities::{Timestamp, Usd};
use echo_storage::records::{Config, Decision, Party, SessionEnd, Status};
use echo_storage::{Query, State, StoreError};

use super::Budget;
use crate::authority;

/// The budgets of the roles that have a limit, in the order of the roles.
pub(super) fn gather(
    state: &(impl State + ?Sized),
    config: &Config,
    decision: &Decision,
    end: &SessionEnd,
) -> Result<Vec<Budget>, StoreError> {
    let since = authority::window_start(config, end.at);
    let asked = decision.amount();
    let in_session = decision.closed_at.is_some_and(|closed: Timestamp| closed <= end.at);
    let mut budgets = Vec::new();
    for role in &config.roles {
        let Some(limit) = role.budget_limit else { continue };
        let later = state.spent_since(&role.id, end.at.after_ms(1))?;
        let spent = minus(state.spent_since(&role.id, since)?, later);
        let is_approved = in_session
            && decision.status == Status::Approved
            && decision.decided_by == Some(Party::Role(role.id.clone()));
        let spent = if is_approved { minus(spent, asked) } else { spent };
        budgets.push(Budget { role: role.id.clone(), limit, spent, asked, is_approved });
    }
    Ok(budgets)
}

/// The difference of two sums; nothing where it would be less than nothing.
fn minus(sum: Usd, part: Usd) -> Usd {
    // A sum beyond what is taken seriously stays what it is.
    if sum > Usd::MAX {
        return sum;
    }
    Usd::from_cents(sum.cents().saturating_sub(part.cents())).unwrap_or(sum)
}
