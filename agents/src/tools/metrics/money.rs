//! What was approved, against the limits.
//!
//! What always holds: an approval that was turned round later still counts, as it does against the limit.

use std::fmt;

use echo_runtime::authority;
use echo_runtime::turn::Failure;
use echo_storage::Query;
use echo_storage::names::RoleId;
use echo_storage::quantities::Usd;
use echo_storage::query::MAX_ROWS;
use echo_storage::records::Config;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Range, share};

/// What was approved in a range.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct MoneyMetrics {
    /// By all roles.
    pub(crate) approved_usd: Usd,
    /// Each role with a limit or with approvals, in the order of the roles.
    pub(crate) by_role: Vec<RoleMoney>,
    /// Whether a role had more than 10,000 approvals in the range, and the newest of them were not counted.
    pub(crate) cut: bool,
}

/// What one role approved.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RoleMoney {
    /// Which.
    pub(crate) role: RoleId,
    /// In how many decisions.
    pub(crate) approvals: u64,
    /// In the range.
    pub(crate) approved_usd: Usd,
    /// What counts against its limit at the range's end.
    pub(crate) counted_usd: Usd,
    /// Its limit; null where it may approve no money.
    pub(crate) limit_usd: Option<Usd>,
    /// What counts among its limit, in thousandths; null without a limit.
    pub(crate) used: Option<u16>,
}

impl fmt::Display for MoneyMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "money: {} approved", self.approved_usd)?;
        for one in self.by_role.iter().filter(|one| one.approvals > 0) {
            let RoleMoney { role, approvals, approved_usd, counted_usd, limit_usd, .. } = one;
            let limit = limit_usd.unwrap_or_default();
            write!(
                f,
                "\n{role}: {approved_usd} in {approvals}; {counted_usd} of its limit of {limit} is used"
            )?;
        }
        if self.cut {
            f.write_str("\na role has more than 10,000 approvals: not all were counted")
        } else {
            Ok(())
        }
    }
}

/// What was approved in a range, by those roles that are wanted.
pub(crate) fn money(
    state: &(impl Query + ?Sized),
    config: &Config,
    range: Range,
    is_wanted: impl Fn(&RoleId) -> bool,
) -> Result<MoneyMetrics, Failure> {
    let mut money = MoneyMetrics { approved_usd: Usd::ZERO, by_role: Vec::new(), cut: false };
    let counts_since = authority::window_start(config, range.until);
    for role in config.roles.iter().filter(|role| is_wanted(&role.id)) {
        let spending = state.spending_since(&role.id, range.since)?;
        money.cut |= spending.len() == MAX_ROWS;
        let approved = spending.iter().fold(Usd::ZERO, |sum, spend| sum.plus(spend.amount));
        let counted = state.spent_since(&role.id, counts_since)?;
        money.approved_usd = money.approved_usd.plus(approved);
        if role.budget_limit.is_none() && spending.is_empty() {
            continue;
        }
        money.by_role.push(RoleMoney {
            role: role.id.clone(),
            approvals: spending.len() as u64,
            approved_usd: approved,
            counted_usd: counted,
            limit_usd: role.budget_limit,
            used: role.budget_limit.and_then(|limit| share(counted.cents(), limit.cents())),
        });
    }
    Ok(money)
}
