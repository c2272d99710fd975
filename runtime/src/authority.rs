//! Authority: who may approve what, in one function that every approval passes through.
//!
//! What always holds: an approval in a step's effects comes from one role that has the decision's type and its whole
//! amount, on top of what it approved in the last 24 hours, or from a person's own verdict. [`guard`] checks the
//! finished effects of every step, so no path through the deciding code, no model's answer, no message and no tool's
//! argument gets around it. Limits change by configuration alone.

use echo_storage::input::Input;
use echo_storage::names::{DecisionType, RoleId};
use echo_storage::quantities::{Confidence, Timestamp, Usd};
use echo_storage::records::{Config, Decision, Mode, Party, Spend, Status};
use echo_storage::{Draft, Effect, Query, State};

use crate::matters;
use crate::turn::{Failure, refuse};

/// Approvals that a track record begins with: a prior of 900 thousandths worth this many decisions.
const PRIOR_DECISIONS: u64 = 10;
const PRIOR_STOOD_TENTHS: u64 = 90;

/// Whether a role has authority over a type: its own, or that of a role below it on the escalation chain.
pub fn has_type(config: &Config, role: &RoleId, kind: &DecisionType) -> bool {
    config
        .roles
        .iter()
        .any(|owner| owner.may_decide.contains(kind) && chain(config, &owner.id).any(|up| up == role))
}

/// A role and those above it, from below. It ends where a person is next, or where a chain would bite its tail.
pub fn chain<'a>(config: &'a Config, from: &'a RoleId) -> impl Iterator<Item = &'a RoleId> {
    let up = |role: &&'a RoleId| config.role(role).and_then(|role| role.escalates_to.as_ref());
    std::iter::successors(Some(from), up).take(config.roles.len())
}

/// Whether a role stands above another on that one's escalation chain.
pub fn is_above(config: &Config, role: &RoleId, other: &RoleId) -> bool {
    role != other && chain(config, other).any(|up| up == role)
}

/// What a role has approved within the window in which it counts.
pub fn spent(
    state: &(impl State + ?Sized),
    config: &Config,
    role: &RoleId,
    now: Timestamp,
) -> Result<Usd, Failure> {
    Ok(state.spent_since(role, window_start(config, now))?)
}

/// The first moment whose approvals still count at another.
pub fn window_start(config: &Config, now: Timestamp) -> Timestamp {
    // The window is open at its old end: what was approved exactly 24 hours ago counts no more.
    now.before_ms(config.rules.spending_window_ms).after_ms(1)
}

/// Why a role may not approve a decision of this amount; nothing means that it may. The amount is the decision's own, or
/// that of several that are approved together.
pub fn obstacle(
    state: &(impl State + ?Sized),
    config: &Config,
    role: &RoleId,
    decision: &Decision,
    amount: Usd,
    now: Timestamp,
) -> Result<Option<String>, Failure> {
    let kind = &decision.proposal.kind;
    if !has_type(config, role, kind) {
        return Ok(Some(format!("{role} has no authority over {kind}")));
    }
    if decision.mode == Mode::Human {
        return Ok(Some(format!("{} is for a person", decision.id)));
    }
    if let Some(obstacle) = matters::obstacle(config, role, decision) {
        return Ok(Some(obstacle));
    }
    if amount == Usd::ZERO {
        return Ok(None);
    }
    let Some(limit) = config.role(role).and_then(|role| role.budget_limit) else {
        return Ok(Some(format!("{role} may approve no money, and this takes {amount}")));
    };
    let spent = spent(state, config, role, now)?;
    if spent.plus(amount) <= limit {
        return Ok(None);
    }
    let earlier =
        if spent == Usd::ZERO { String::new() } else { format!(" on top of {spent} in the last 24 hours") };
    Ok(Some(format!("{amount}{earlier} exceeds the limit of {role}, {limit}")))
}

/// The track record of a role for a type, in thousandths: approvals that stand among all of its approvals, begun with
/// nine of ten that stand.
pub fn track_record(stood: u32, reversed: u32) -> Confidence {
    let (stood, reversed) = (u64::from(stood), u64::from(reversed));
    // Tenths of an approval throughout, so that the prior of 9 in 10 is whole.
    Confidence::saturating((PRIOR_STOOD_TENTHS + 10 * stood) * 100 / (PRIOR_DECISIONS + stood + reversed))
}

/// Checks the effects of a decided step against the state before it.
///
/// # Errors
/// An approval without authority, a second end of a decision, a configuration that was not configured, or a key that
/// nobody asked under: the step fails as a whole.
pub fn guard(input: &Input, draft: &Draft<'_>) -> Result<(), Failure> {
    let before = draft.before();
    let mut approved: Vec<(&RoleId, Usd)> = Vec::new();
    let mut settled = Vec::new();
    for effect in draft.effects() {
        match effect {
            Effect::Configure(_) if !matches!(input, Input::Configure(_)) => {
                return refuse("limits and roles change by configuration only");
            }
            // They are recorded behind this check, by the engine, which knows who asked.
            Effect::PutRequest(_) => {
                return refuse("a key is recorded for whoever asked under it, not by a step");
            }
            Effect::PutSpend(spend) => check_spend(draft, spend)?,
            Effect::PutDecision(decision) => {
                let earlier = before.decision(decision.id)?;
                if settled.contains(&decision.id) {
                    return refuse(format!("{} is decided already", decision.id));
                }
                check_change(input, draft, earlier.as_ref(), decision)?;
                if is_settled(decision.status) {
                    settled.push(decision.id);
                }
                if decision.status == Status::Approved {
                    if !decision.proposal.context.missing().is_empty() {
                        return refuse(format!("{} is incomplete, and cannot be approved", decision.id));
                    }
                    let role = check_approval(input, draft, decision, &approved)?;
                    approved.extend(role.map(|role| (role, decision.amount())));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn is_settled(status: Status) -> bool {
    matches!(status, Status::Approved | Status::Rejected)
}

/// What a decision asks and touches is fixed when it is opened; what is decided is decided, unless a role above the one
/// that decided turns it round by a tool of its own.
fn check_change(
    input: &Input,
    draft: &Draft<'_>,
    earlier: Option<&Decision>,
    decision: &Decision,
) -> Result<(), Failure> {
    let Some(config) = draft.before().config()? else { return refuse("no configuration, no authority") };
    let Some(earlier) = earlier else {
        // In the same step it may be written more than once, always with what it asks.
        if decision.matters != matters::touched(&config, &decision.proposal) {
            return refuse(format!("{} does not name the matters that it touches", decision.id));
        }
        return Ok(());
    };
    if earlier.proposal != decision.proposal || earlier.matters != decision.matters {
        return refuse(format!("what {} asks cannot be changed", decision.id));
    }
    if !is_settled(earlier.status) {
        return Ok(());
    }
    let overrides = match (input, &earlier.decided_by, &decision.decided_by) {
        (
            Input::Call { caller: Party::Role(caller), .. },
            Some(Party::Role(decider)),
            Some(Party::Role(by)),
        ) => caller == by && is_above(&config, by, decider) && is_settled(decision.status),
        _ => false,
    };
    let goes_on = decision.path.len() > earlier.path.len() && decision.path.starts_with(&earlier.path);
    if overrides && goes_on && earlier.status != decision.status {
        return Ok(());
    }
    refuse(format!("{} is decided already", decision.id))
}

/// Money is recorded once, in the step that approves it, and never rewritten.
fn check_spend(draft: &Draft<'_>, spend: &Spend) -> Result<(), Failure> {
    let of_decision =
        |effect: &&Effect| matches!(effect, Effect::PutSpend(one) if one.decision == spend.decision);
    let recorded = draft.effects().iter().filter(of_decision).count();
    let approves = draft.effects().iter().any(|effect| {
        matches!(effect, Effect::PutDecision(decision) if decision.id == spend.decision
            && decision.status == Status::Approved && decision.amount() == spend.amount)
    });
    if recorded == 1 && approves && spend.at == draft.now() {
        return Ok(());
    }
    refuse(format!("the money of {} is recorded once, when it is approved", spend.decision))
}

/// The role that approves, after checking that it may; nothing where a person does.
fn check_approval<'a>(
    input: &Input,
    draft: &Draft<'_>,
    decision: &'a Decision,
    in_this_step: &[(&RoleId, Usd)],
) -> Result<Option<&'a RoleId>, Failure> {
    let before = draft.before();
    match &decision.decided_by {
        Some(Party::Role(role)) => {
            let Some(config) = before.config()? else { return refuse("no configuration, no authority") };
            let together = in_this_step.iter().filter(|(other, _)| *other == role);
            let amount = together.fold(decision.amount(), |sum, (_, amount)| sum.plus(*amount));
            if let Some(obstacle) = obstacle(before, &config, role, decision, amount, draft.now())? {
                return refuse(format!("{} cannot be approved: {obstacle}", decision.id));
            }
            let recorded = draft.effects().iter().any(|effect| {
                matches!(effect, Effect::PutSpend(spend) if spend.role == *role
                    && spend.decision == decision.id && spend.amount == decision.amount())
            });
            if decision.amount() > Usd::ZERO && !recorded {
                return refuse(format!(
                    "{} is approved without counting its money against a limit",
                    decision.id
                ));
            }
            Ok(Some(role))
        }
        Some(Party::Person(person)) => match input {
            Input::Verdict { approval, approve: true, person: says, .. }
                if says == person
                    && before
                        .approval(*approval)?
                        .is_some_and(|asked| asked.decision == decision.id && asked.verdict.is_none()) =>
            {
                Ok(None)
            }
            _ => refuse(format!("{} is approved by a person without that person's verdict", decision.id)),
        },
        _ => refuse(format!("{} is approved by nobody with authority", decision.id)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_track_record_starts_at_900_and_is_earned() {
        let check = |stood, reversed, expected| {
            assert_eq!(track_record(stood, reversed).thousandths(), expected, "{stood} {reversed}");
        };
        check(0, 0, 900);
        check(10, 0, 950);
        check(0, 10, 450);
        check(5, 5, 700);
        check(u32::MAX, 0, 999);
    }
}
