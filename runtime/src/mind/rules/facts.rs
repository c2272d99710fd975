//! The facts that a ballot is scored by, and what each adds or takes off.
//!
//! What always holds: a fact has an effect other than nothing and names the figures it rests on. Only names and figures
//! enter its words, never free text of the context. The role's concerns scale effects one by one, before they are
//! counted together, so that rounding never turns the better case into the worse one.

use echo_storage::names::DecisionType;
use echo_storage::records::Proposal;
use echo_storage::records::{Concerns, Context, Fact, FactKind, FigurePair, Risk, Status};

use super::money;
use crate::keywords::{hits, words};
use crate::mind::Standing;

/// The most that a role's concerns multiply an effect by.
pub(super) const MAX_WEIGHT_PERCENT: u32 = 400;

/// The weight of what concerns every role alike.
pub(super) const USUAL_PERCENT: u32 = 100;

/// A risk that nothing answers, in any domain but the role's own.
const RISK_UNANSWERED: i64 = -30;
/// The same in the role's own domain.
const RISK_UNANSWERED_MINE: i64 = -60;
/// A risk with an answer.
const RISK_ANSWERED: i64 = -5;
/// The same in the role's own domain.
const RISK_ANSWERED_MINE: i64 = -10;

/// What is needed is there.
const FEASIBLE: i64 = 40;
/// It is not, by at most [`SHORT_PERCENT`].
const SHORT: i64 = -80;
/// It is not, by more.
const FAR_SHORT: i64 = -160;
/// Up to how much more than there is may be needed for a shortage to be an ordinary one.
const SHORT_PERCENT: u128 = 20;

/// A success criterion that can be measured.
const MEASURABLE: i64 = 40;
/// How many of them count.
const MAX_MEASURABLE: usize = 3;

/// A field of the context beyond those that are required.
const FIELD_GIVEN: i64 = 15;
/// How many fields are required.
const REQUIRED_FIELDS: usize = 3;
/// The fields that have facts of their own and do not count as given again.
const JUDGED_FIELDS: [&str; 2] = ["budget", "risks"];

/// An earlier decision of the type that was approved.
const APPROVED_BEFORE: i64 = 15;
/// How many of them count.
const MAX_APPROVED_BEFORE: usize = 2;
/// An earlier decision of the type that was rejected.
const REJECTED_BEFORE: i64 = -40;
/// How many of them count.
const MAX_REJECTED_BEFORE: usize = 3;

/// Whoever puts it forward is against it itself.
const ADVISED_AGAINST: i64 = -500;

// Even the highest score does not approve what its own author is against.
const _: () = assert!(super::SCORE_MAX + ADVISED_AGAINST < super::APPROVE_AT);
// An answer never makes a risk worse, and the role's own domain never makes it better.
const _: () = assert!(RISK_UNANSWERED <= RISK_ANSWERED && RISK_ANSWERED <= 0);
const _: () = assert!(RISK_UNANSWERED_MINE <= RISK_ANSWERED_MINE && RISK_ANSWERED_MINE <= RISK_ANSWERED);
const _: () = assert!(RISK_UNANSWERED_MINE <= RISK_UNANSWERED && FAR_SHORT <= SHORT && SHORT <= FEASIBLE);

/// What stands between the names of two figures in the name of a fact about both.
const AGAINST: &str = " against ";

/// A fact of a role's own: what it is about, what it says, and its effect as the role's concerns weigh it.
pub(super) fn fact(name: &str, kind: FactKind, words: String, unweighed: i64, percent: u32) -> Fact {
    let effect = weighed(unweighed, percent);
    Fact { name: name.to_owned(), kind, words, effect, unweighed, from: None }
}

/// The name of a fact about two figures that belong together.
pub(super) fn pair_name(pair: &FigurePair) -> String {
    format!("{}{AGAINST}{}", pair.needed, pair.available)
}

/// The two figures that a fact of this name is about, if it is about two.
pub(super) fn pair_of(name: &str) -> Option<FigurePair> {
    let (needed, available) = name.split_once(AGAINST)?;
    Some(FigurePair { needed: needed.to_owned(), available: available.to_owned() })
}

/// Every fact of a role's own with an effect.
pub(super) fn facts(context: &Context, kind: &DecisionType, standing: &Standing) -> Vec<Fact> {
    let money = context.budget.map(|budget| money::facts(budget, context, standing)).unwrap_or_default();
    let others = [
        risks(context, standing, false),
        risks(context, standing, true),
        outcome(context, &standing.concerns),
        completeness(context),
        remembered(kind, standing, Status::Approved),
        remembered(kind, standing, Status::Rejected),
    ];
    let figures = &standing.concerns.figures;
    let feasibility =
        figures.iter().filter_map(|pair| feasibility(pair, context, standing.concerns.feasibility));
    let facts = money.into_iter().chain(others.into_iter().flatten()).chain(feasibility);
    facts.filter(|fact| fact.effect != 0).collect()
}

/// Whoever puts it forward is against it: then nothing outweighs that by itself.
pub(super) fn advised_against(proposal: &Proposal) -> Option<Fact> {
    let opinion = proposal.opinion.as_ref().filter(|opinion| !opinion.approve)?;
    let why = opinion.rationale.trim();
    let because = if why.is_empty() { String::new() } else { format!(": {why}") };
    let words = format!("{} advises against it{because}", proposal.initiator);
    Some(fact("the initiator's own verdict", FactKind::Risk, words, ADVISED_AGAINST, USUAL_PERCENT))
}

/// An effect as a role weighs it that has this percentage for its kind.
pub(super) fn weighed(effect: i64, percent: u32) -> i64 {
    effect * i64::from(percent.min(MAX_WEIGHT_PERCENT)) / 100
}

/// Whether something answers the risk.
pub(super) fn answered(risk: &Risk) -> bool {
    risk.mitigation.as_deref().is_some_and(|mitigation| !mitigation.trim().is_empty())
}

fn times(effect: i64, count: usize) -> i64 {
    effect.saturating_mul(i64::try_from(count).unwrap_or(i64::MAX))
}

/// The risks with an answer, or those without.
fn risks(context: &Context, standing: &Standing, with_answer: bool) -> Option<Fact> {
    let (usual, in_domain) = if with_answer {
        (RISK_ANSWERED, RISK_ANSWERED_MINE)
    } else {
        (RISK_UNANSWERED, RISK_UNANSWERED_MINE)
    };
    let (mut count, mut mine, mut found) = (0, 0, Vec::new());
    for risk in context.risks.iter().filter(|risk| answered(risk) == with_answer) {
        let keywords = hits(&words(&risk.risk), &standing.keywords);
        count += 1;
        mine += usize::from(!keywords.is_empty());
        found.extend(keywords);
    }
    if count == 0 {
        return None;
    }
    let percent = standing.concerns.risk;
    let effect =
        times(weighed(usual, percent), count - mine).saturating_add(times(weighed(in_domain, percent), mine));
    let answer = if with_answer { "answered" } else { "unanswered" };
    let mut words = format!("{count} of {} risks {answer}", context.risks.len());
    if mine > 0 {
        found.sort_unstable();
        found.dedup();
        words = format!("{words}, {mine} of them in my domain ({})", found.join(", "));
    }
    let name = format!("{answer} risks");
    let unweighed = times(usual, count - mine).saturating_add(times(in_domain, mine));
    Some(Fact { name, kind: FactKind::Risk, words, effect, unweighed, from: None })
}

/// Whether what is needed is there, where the context's data say both.
pub(super) fn feasibility(pair: &FigurePair, context: &Context, percent: u32) -> Option<Fact> {
    let FigurePair { needed: needed_name, available: available_name } = pair;
    let (needed, available) = (figure(context, needed_name)?, figure(context, available_name)?);
    let over = u128::from(needed.saturating_sub(available));
    let (effect, verdict) = if over == 0 {
        (FEASIBLE, "is within")
    } else if over * 100 <= u128::from(available) * SHORT_PERCENT {
        (SHORT, "exceeds")
    } else {
        (FAR_SHORT, "far exceeds")
    };
    let words = format!("{needed_name} {needed} {verdict} {available_name} {available}");
    Some(fact(&pair_name(pair), FactKind::Feasibility, words, effect, percent))
}

/// A figure of the context's data.
pub(super) fn figure(context: &Context, name: &str) -> Option<u64> {
    context.data.iter().find(|(other, _)| other == name).map(|(_, figure)| *figure)
}

/// How many success criteria hold a figure by which they can be measured.
fn outcome(context: &Context, concerns: &Concerns) -> Option<Fact> {
    let criteria = &context.success_criteria;
    let measurable = criteria.iter().filter(|text| text.contains(|c: char| c.is_ascii_digit())).count();
    let counted = measurable.min(MAX_MEASURABLE);
    (measurable > 0).then(|| Fact {
        name: "success criteria".to_owned(),
        kind: FactKind::Outcome,
        words: format!("{measurable} of {} success criteria can be measured", criteria.len()),
        effect: times(weighed(MEASURABLE, concerns.outcome), counted),
        unweighed: times(MEASURABLE, counted),
        from: None,
    })
}

/// How much there is to decide on beyond what is required.
fn completeness(context: &Context) -> Option<Fact> {
    let fields = context.fields();
    let given = fields.iter().filter(|(name, given)| *given && !JUDGED_FIELDS.contains(name)).count();
    let beyond = given.saturating_sub(REQUIRED_FIELDS);
    let words = format!("{given} of {} other fields given", Context::FIELDS - JUDGED_FIELDS.len());
    let effect = times(FIELD_GIVEN, beyond);
    (beyond > 0).then(|| fact("completeness", FactKind::Completeness, words, effect, USUAL_PERCENT))
}

/// How earlier decisions of the type ended.
fn remembered(kind: &DecisionType, standing: &Standing, status: Status) -> Option<Fact> {
    let count = standing.remembered.iter().filter(|note| note.kind == *kind && note.status == status).count();
    let (each, most, ended) = match status {
        Status::Approved => (APPROVED_BEFORE, MAX_APPROVED_BEFORE, "approved"),
        Status::Rejected => (REJECTED_BEFORE, MAX_REJECTED_BEFORE, "rejected"),
        Status::Pending | Status::Escalated => return None,
    };
    let decisions = if count == 1 { "decision" } else { "decisions" };
    let words = format!("{count} earlier {decisions} of {kind} {ended}");
    let (name, effect) = (format!("earlier decisions {ended}"), times(each, count.min(most)));
    (count > 0).then(|| fact(&name, FactKind::Precedent, words, effect, USUAL_PERCENT))
}
