//! What a role takes from the others: the matters they bring up, and the answers to what it asked.
//!
//! What always holds: a role believes no words. A matter that another role cites counts with the figures that the
//! proposal or an answer gives for it, which the role looks at itself, and with [`HEARSAY_PERCENT`] of the weight that it
//! would have in its own domain. What everybody weighs for themselves is not counted again.

use echo_storage::records::{Answer, Ballot, Clarification, Context, Fact, FactKind, FigurePair, Inquiry};

use crate::mind::{KnownFigure, Standing};

use super::facts::{fact, feasibility, figure, pair_name, pair_of};

/// How much of its usual weight a matter has that another role brought up.
const HEARSAY_PERCENT: u32 = 50;

/// A figure that was asked for and that nobody knows.
const UNKNOWN: i64 = -40;

const _: () = assert!(UNKNOWN <= 0 && HEARSAY_PERCENT <= 100);

/// The context with the figures that answers have added to its data. What the author gives is never replaced.
pub(super) fn with_answers(context: &Context, clarifications: &[Clarification]) -> Context {
    let mut context = context.clone();
    for clarification in clarifications {
        let name = &clarification.inquiry.figure;
        let value = clarification.reply.as_ref().and_then(|reply| reply.figure);
        if let Some(value) = value
            && !name.is_empty()
            && figure(&context, name).is_none()
        {
            context.data.push((name.clone(), value));
        }
    }
    context
}

/// Names whose word it is where a fact of the role's own rests on a figure that somebody answered.
pub(super) fn credit(facts: &mut [Fact], context: &Context, clarifications: &[Clarification]) {
    for fact in facts.iter_mut().filter(|fact| fact.kind == FactKind::Feasibility) {
        let Some(pair) = pair_of(&fact.name) else { continue };
        let source = clarifications.iter().find(|one| {
            let name = &one.inquiry.figure;
            let answered = one.reply.as_ref().is_some_and(|reply| reply.figure.is_some());
            answered && (*name == pair.needed || *name == pair.available) && figure(context, name).is_none()
        });
        if let Some(source) = source {
            let from = &source.inquiry.to;
            fact.words = format!("{}, as {from} answered", fact.words);
            fact.from = Some(from.clone());
        }
    }
}

/// What the ballots of the others cite that is not among the role's own facts.
pub(super) fn cited(own: &[Fact], context: &Context, standing: &Standing, proposals: &[Ballot]) -> Vec<Fact> {
    let mut taken: Vec<Fact> = Vec::new();
    for ballot in proposals.iter().filter(|ballot| ballot.role != standing.role) {
        for theirs in ballot.facts.iter().filter(|fact| fact.kind == FactKind::Feasibility) {
            let known = own.iter().chain(&taken).any(|fact| fact.name == theirs.name);
            let pair = pair_of(&theirs.name).filter(|_| !known);
            let percent = standing.concerns.feasibility.saturating_mul(HEARSAY_PERCENT) / 100;
            let Some(seen) = pair.and_then(|pair| feasibility(&pair, context, percent)) else { continue };
            // What a role has from another is that other's, however often it was passed on.
            let origin = theirs.from.as_ref().filter(|from| **from != standing.role);
            let origin = origin.unwrap_or(&ballot.role);
            let words = format!("{origin} cites that {}", seen.words);
            taken.push(Fact { words, from: Some(origin.clone()), ..seen });
        }
    }
    taken
}

/// Figures of the role's domain that it asked for and did not get.
pub(super) fn unknown(context: &Context, standing: &Standing, clarifications: &[Clarification]) -> Vec<Fact> {
    let asked = clarifications.iter().filter(|one| one.asker == standing.role);
    let unanswered = asked.filter(|one| figure(context, &one.inquiry.figure).is_none());
    let facts = unanswered.filter_map(|one| {
        let reply = one.reply.as_ref()?;
        let name = &one.inquiry.figure;
        let pair = half_given(context, standing).into_iter().find(|(_, _, missing)| missing == name)?;
        let words = format!("{name} stays unknown: {} says {}", one.inquiry.to, reply.text);
        let percent = standing.concerns.feasibility;
        Some(fact(&pair_name(&pair.0), FactKind::Feasibility, words, UNKNOWN, percent))
    });
    facts.collect()
}

/// What the role wants to know of the author: a figure of its domain whose counterpart the proposal gives.
pub(super) fn inquiry(
    context: &Context,
    standing: &Standing,
    clarifications: &[Clarification],
    author: &echo_storage::names::RoleId,
) -> Option<Inquiry> {
    let asked = |name: &str| {
        clarifications.iter().any(|one| one.asker == standing.role && one.inquiry.figure == name)
    };
    let wanted = half_given(context, standing).into_iter().find(|(_, _, missing)| !asked(missing));
    let (_, given, missing) = wanted?;
    let value = figure(context, &given).unwrap_or_default();
    let question = format!("what is {missing}? {given} is {value}");
    Some(Inquiry { to: author.clone(), figure: missing, question })
}

/// The answer of a role that is asked for a figure: what the proposal says, or an earlier decision.
pub(super) fn clarify(context: &Context, inquiry: &Inquiry, known: &[KnownFigure]) -> Answer {
    let name = &inquiry.figure;
    if name.is_empty() {
        let text = "the rules answer questions about figures only".to_owned();
        return Answer::Clarification { text, figure: None };
    }
    if let Some(value) = figure(context, name) {
        let text = format!("{name} is {value}, as the proposal says");
        return Answer::Clarification { text, figure: Some(value) };
    }
    match known.first() {
        Some(KnownFigure { decision, value }) => {
            Answer::Clarification { text: format!("{name} was {value} in {decision}"), figure: Some(*value) }
        }
        None => Answer::Clarification {
            text: format!("neither the proposal nor an earlier decision gives {name}"),
            figure: None,
        },
    }
}

/// The pairs of the role's domain of which only one figure is given: the pair, the name that is given, the other.
fn half_given(context: &Context, standing: &Standing) -> Vec<(FigurePair, String, String)> {
    let pairs = standing.concerns.figures.iter().filter_map(|pair| {
        let FigurePair { needed, available } = pair;
        match (figure(context, needed), figure(context, available)) {
            (Some(_), None) => Some((pair.clone(), needed.clone(), available.clone())),
            (None, Some(_)) => Some((pair.clone(), available.clone(), needed.clone())),
            _ => None,
        }
    });
    pairs.collect()
}
