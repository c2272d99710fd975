//! Matters: subjects that are not for one role alone to decide, such as a termination or a legal matter.
//!
//! A role's declaration names its matters and who decides each: those concerned by their votes, whoever is above it, or a
//! person. A decision touches a matter because its author says so, by its type, or by its words, so an author may call a
//! decision more than it is and never less.
//!
//! What always holds: the matters of a decision are worked out once, when it is opened, from its proposal alone. A rule
//! applies where the author names its matter, whoever opens the decision; where it is for a person, whose words count in
//! every decision; and else where its role is on the initiator's escalation chain, or on that of a role whose type it is.
//! So whoever opens a termination, it is the one that human resources would have had to put to a person.

use std::collections::BTreeSet;

use echo_storage::names::{Matter, RoleId};
use echo_storage::records::{Config, Course, Decision, MatterRule, Mode, Proposal, RoleConfig};

use crate::authority::chain;
use crate::keywords;

/// What the matters of a decision make of the mode in which it was asked.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Turned {
    /// The mode in force.
    pub(crate) mode: Mode,
    /// Why it is another than was asked; nothing where it is not.
    pub(crate) why: Option<String>,
}

/// The matters that a proposal touches, sorted.
pub fn touched(config: &Config, proposal: &Proposal) -> Vec<Matter> {
    let words = keywords::words(&text(proposal));
    let is_touched = |rule: &MatterRule| {
        proposal.matters.contains(&rule.matter)
            || rule.types.contains(&proposal.kind)
            || !keywords::hits(&words, &rule.words).is_empty()
    };
    let touched = applying(config, proposal).filter(|(_, rule)| is_touched(rule));
    let touched: BTreeSet<Matter> = touched.map(|(_, rule)| rule.matter.clone()).collect();
    touched.into_iter().collect()
}

/// What tells of a matter: what is asked, and how it is to be done. What may go wrong and what else could be done is not
/// what is asked.
fn text(proposal: &Proposal) -> String {
    let context = &proposal.context;
    let one = [&proposal.subject, &context.description, &context.impact, &context.timeline];
    let several = [&context.dependencies, &context.success_criteria, &context.constraints];
    let questions = context.questions.iter().flat_map(|(topic, question)| [topic, question]);
    let all = one.into_iter().chain(several.into_iter().flatten()).chain(questions);
    all.map(String::as_str).collect::<Vec<_>>().join("\n")
}

/// Why a role may not approve a decision by itself because of what it touches; nothing means that nothing speaks against it.
pub(crate) fn obstacle(config: &Config, role: &RoleId, decision: &Decision) -> Option<String> {
    rules(config, decision).find_map(|(owner, rule)| match rule.course {
        Course::Person => Some(format!("{} is always for a person", rule.matter)),
        Course::Up if is_at_or_below(config, role, &owner.id) => {
            Some(format!("{} is always for somebody above {}", rule.matter, owner.id))
        }
        Course::With(_) if decision.tally.is_none() && is_at_or_below(config, role, &owner.id) => {
            Some(format!("{} is for those concerned to vote on first", rule.matter))
        }
        Course::Up | Course::With(_) => None,
    })
}

/// The mode of a decision that is opened: the strictest that its matters ask for.
pub(crate) fn mode(config: &Config, decision: &Decision) -> Turned {
    let (asked, initiator) = (decision.proposal.mode, &decision.proposal.initiator);
    let mut turned = Turned { mode: asked, why: None };
    for (owner, rule) in rules(config, decision) {
        let wanted = match rule.course {
            Course::Person => Mode::Human,
            Course::Up if is_at_or_below(config, initiator, &owner.id) => Mode::Hierarchical,
            Course::With(_) if is_at_or_below(config, initiator, &owner.id) => Mode::Collaborative,
            Course::Up | Course::With(_) => continue,
        };
        if strictness(wanted) > strictness(turned.mode) {
            turned = Turned { mode: wanted, why: Some(rule.matter.to_string()) };
        }
    }
    turned
}

/// The matter for which a role takes part in a decision whatever its keywords say, if there is one.
pub(crate) fn invites<'a>(config: &'a Config, role: &RoleId, decision: &'a Decision) -> Option<&'a Matter> {
    rules(config, decision).find_map(|(_, rule)| match &rule.course {
        Course::With(roles) if roles.contains(role) => Some(&rule.matter),
        _ => None,
    })
}

/// Whether any role knows a matter.
pub(crate) fn is_known(config: &Config, matter: &Matter) -> bool {
    config.roles.iter().flat_map(|role| &role.matters).any(|rule| rule.matter == *matter)
}

/// How far a mode takes a decision out of one role's hands.
fn strictness(mode: Mode) -> u8 {
    match mode {
        Mode::Autonomous => 0,
        Mode::Collaborative => 1,
        Mode::Hierarchical => 2,
        Mode::Human => 3,
    }
}

/// The rules of the matters that a decision touches, each with the role whose it is, in the order of the roles.
fn rules<'a>(
    config: &'a Config,
    decision: &'a Decision,
) -> impl Iterator<Item = (&'a RoleConfig, &'a MatterRule)> {
    // Most decisions touch none, and then nothing need be looked through.
    let rules = (!decision.matters.is_empty()).then(|| applying(config, &decision.proposal));
    rules.into_iter().flatten().filter(|(_, rule)| decision.matters.contains(&rule.matter))
}

/// The rules that apply to a proposal if it touches their matters, each with the role whose it is.
fn applying<'a>(
    config: &'a Config,
    proposal: &'a Proposal,
) -> impl Iterator<Item = (&'a RoleConfig, &'a MatterRule)> {
    let is_above = |role: &RoleId, from: &RoleId| chain(config, from).any(|up| up == role);
    let owners = || config.roles.iter().filter(|owner| owner.may_decide.contains(&proposal.kind));
    let is_near = move |role: &RoleConfig| {
        is_above(&role.id, &proposal.initiator) || owners().any(|owner| is_above(&role.id, &owner.id))
    };
    config.roles.iter().flat_map(move |role| {
        let near = is_near(role);
        let applies = move |rule: &&MatterRule| {
            near || rule.course == Course::Person || proposal.matters.contains(&rule.matter)
        };
        role.matters.iter().filter(applies).map(move |rule| (role, rule))
    })
}

fn is_at_or_below(config: &Config, role: &RoleId, owner: &RoleId) -> bool {
    chain(config, role).any(|up| up == owner)
}
