//! Properties that hold for any context and any standing.

use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use echo_storage::records::Concerns;

fn any_text() -> impl Strategy<Value = String> {
    let known = select(vec![
        "no more than 2M USD",
        "at most $90k",
        "18 months",
        "3 months",
        "1 month",
        "3 weeks",
        "15 % more revenue",
        "customers leave; the API is slow",
        "",
        " ",
    ]);
    prop_oneof![3 => known.prop_map(str::to_owned), 1 => ".{0,40}"]
}

fn any_timeline() -> impl Strategy<Value = String> {
    prop_oneof![(0_u32..20).prop_map(|months| format!("{months} months")), any_text()]
}

fn any_usd() -> impl Strategy<Value = Usd> {
    prop_oneof![0_u64..=6_000_000, 0_u64..=Usd::MAX.cents() / 100].prop_map(Usd::dollars)
}

fn any_risk() -> impl Strategy<Value = Risk> {
    (any_text(), prop::option::of(any_text())).prop_map(|(risk, mitigation)| Risk { risk, mitigation })
}

fn any_texts() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(any_text(), 0..4)
}

fn any_context() -> impl Strategy<Value = Context> {
    let names = vec!["load_expected", "load_capacity", "open_bugs", "open_bugs_allowed"];
    let figure = prop_oneof![0_u64..40, any::<u64>()];
    let data = prop::collection::vec((select(names).prop_map(str::to_owned), figure), 0..5);
    let texts = [any_texts(), any_texts(), any_texts(), any_texts(), any_texts()];
    let lists = (prop::option::of(any_usd()), prop::collection::vec(any_risk(), 0..5), data, texts);
    (any_text(), any_text(), any_timeline(), lists).prop_map(|(description, impact, timeline, lists)| {
        let (budget, risks, data, texts) = lists;
        let [stakeholders, alternatives, dependencies, success_criteria, constraints] = texts;
        Context {
            description,
            impact,
            stakeholders,
            budget,
            timeline,
            risks,
            alternatives,
            dependencies,
            success_criteria,
            data,
            constraints,
            ..Context::default()
        }
    })
}

fn any_standing() -> impl Strategy<Value = Standing> {
    let status = select(vec![Status::Approved, Status::Rejected, Status::Escalated]);
    let remembered = prop::collection::vec(status.prop_map(outcome_note), 0..6);
    let percent = prop_oneof![4 => 0_u32..300, 2 => 0_u32..5, 1 => any::<u32>()];
    let limit = prop::option::weighted(0.9, prop_oneof![any_usd(), Just(Usd::dollars(1_000_000))]);
    let percents = prop::array::uniform4(percent);
    (select((0..SAMPLES.len()).collect::<Vec<_>>()), percents, limit, any_usd(), remembered, any::<bool>())
        .prop_map(|(role, percents, highest_limit, spent, remembered, inside_authority)| {
            let standing = SAMPLES[role].standing();
            let [money, risk, feasibility, outcome] = percents;
            let concerns = Concerns { money, risk, feasibility, outcome, ..standing.concerns };
            Standing { inside_authority, highest_limit, spent, concerns, remembered, ..standing }
        })
}

/// The score, and the bare sum of all effects: where a score has reached its bound, the sum still tells better from worse.
fn sums(context: &Context, standing: &Standing) -> [i64; 2] {
    [score_of(context, standing), facts_of(context, standing).iter().map(|fact| fact.effect).sum()]
}

/// Whether nothing in `one` is above its counterpart in `other`.
fn at_most(one: [i64; 2], other: [i64; 2]) -> bool {
    one.iter().zip(other).all(|(one, other)| *one <= other)
}

/// The context without one of its ten fields.
fn without(context: &Context, field: usize) -> Context {
    let mut context = context.clone();
    match field {
        0 => context.description.clear(),
        1 => context.impact.clear(),
        2 => context.stakeholders.clear(),
        3 => context.budget = None,
        4 => context.timeline.clear(),
        5 => context.risks.clear(),
        6 => context.alternatives.clear(),
        7 => context.dependencies.clear(),
        8 => context.success_criteria.clear(),
        _ => context.data.clear(),
    }
    context
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn more_cost_never_raises_the_score(context in any_context(), standing in any_standing(), two in [any_usd(), any_usd()]) {
        let sums_of = |budget| sums(&Context { budget: Some(budget), ..context.clone() }, &standing);
        let [one, other] = two;
        prop_assert!(at_most(sums_of(one.max(other)), sums_of(one.min(other))));
    }

    #[test]
    fn more_earlier_spending_never_raises_the_score(context in any_context(), standing in any_standing(), two in [any_usd(), any_usd()]) {
        let sums_of = |spent| sums(&context, &Standing { spent, ..standing.clone() });
        let [one, other] = two;
        prop_assert!(at_most(sums_of(one.max(other)), sums_of(one.min(other))));
    }

    #[test]
    fn one_more_risk_never_raises_the_score(context in any_context(), standing in any_standing(), risk in any_risk()) {
        let mut riskier = context.clone();
        riskier.risks.push(risk);
        prop_assert!(at_most(sums(&riskier, &standing), sums(&context, &standing)));
    }

    #[test]
    fn an_answer_to_a_risk_never_lowers_the_score(
        context in any_context(), standing in any_standing(), risk in any_risk(), answer in any_text(),
    ) {
        let mut open = context.clone();
        open.risks.push(Risk { mitigation: None, ..risk.clone() });
        let mut answered = context;
        answered.risks.push(Risk { mitigation: Some(answer), ..risk });
        prop_assert!(at_most(sums(&open, &standing), sums(&answered, &standing)));
    }

    #[test]
    fn a_missing_field_never_raises_the_confidence(context in any_context(), standing in any_standing(), field in 0..Context::FIELDS) {
        let (_, full, _) = vote(&context, &standing);
        let (_, less, _) = vote(&without(&context, field), &standing);
        prop_assert!(less <= full);
    }

    /// Vote and score agree, a cost that breaks a rule is rejected, and what counted most is named with its figures.
    #[test]
    fn a_ballot_explains_itself(context in any_context(), standing in any_standing()) {
        let (vote, _, rationale) = vote(&context, &standing);
        let facts = facts_of(&context, &standing);
        let score = score(&facts);
        prop_assert!((0..=SCORE_MAX).contains(&score));
        prop_assert!(rationale.starts_with(&opening(None, vote, score)), "{}", rationale);
        if facts.iter().any(|fact| fact.effect == RECKLESS && fact.words.contains("USD")) {
            prop_assert_eq!(vote, Vote::Reject);
        }
        let mut effects: Vec<_> = facts.iter().map(|fact| fact.effect.unsigned_abs()).collect();
        effects.sort_unstable();
        let least = effects.iter().rev().nth(MAX_RATIONALE_FACTS - 1).copied().unwrap_or_default();
        for fact in &facts {
            prop_assert!(fact.effect != 0 && fact.words.contains(|c: char| c.is_ascii_digit()), "{:?}", fact);
            if fact.effect.unsigned_abs() > least {
                let part = format!("{} ({:+})", fact.words, fact.effect);
                prop_assert!(rationale.contains(&part), "{} lacks {}", rationale, part);
            }
        }
        let says = |figure: String| facts.iter().any(|fact| fact.words.contains(&figure));
        if let Some(budget) = context.budget.filter(|_| standing.concerns.money > 2) {
            prop_assert!(says(budget.to_string()));
            prop_assert!(standing.highest_limit.is_none_or(|limit| says(limit.to_string())));
            prop_assert!(standing.highest_limit.is_none() || standing.spent == Usd::ZERO || says(standing.spent.to_string()));
        }
        let open = context.risks.iter().filter(|risk| !facts::answered(risk)).count();
        if open > 0 && standing.concerns.risk > 3 {
            let unanswered = format!("{open} of {} risks unanswered", context.risks.len());
            prop_assert!(says(unanswered));
        }
    }
}
