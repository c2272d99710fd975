//! What a role takes from the others.

use echo_storage::names::RoleId;
use echo_storage::records::{Ballot, Clarification, FactKind, Inquiry, Reply};

use super::*;

fn role(id: &str) -> RoleId {
    RoleId::new(id).unwrap()
}

/// The load and what there is for it, which the second sample weighs and the fifth does not.
fn load() -> Context {
    Context {
        data: vec![("load_expected".to_owned(), 13), ("load_capacity".to_owned(), 10)],
        ..Context::default()
    }
}

/// A ballot that cites the load, as its own or as somebody else's.
fn citing(id: &str, from: Option<&str>) -> Ballot {
    let fact = Fact {
        name: "load_expected against load_capacity".to_owned(),
        kind: FactKind::Feasibility,
        words: "not believed".to_owned(),
        effect: -999,
        unweighed: -999,
        from: from.map(role),
    };
    Ballot {
        decision: DecisionId::from_number(1),
        round: 1,
        role: role(id),
        vote: Vote::Reject,
        confidence: Confidence::FULL,
        rationale: String::new(),
        facts: vec![fact],
        mind: NAME.to_owned(),
        at: Timestamp::from_ms(0),
    }
}

/// What the sample heard, in words with its effect, and whose it is.
fn heard(sample: usize, context: &Context, proposals: &[Ballot]) -> Vec<(String, String)> {
    let standing = SAMPLES[sample].standing();
    match ballot(&brief(context.clone()), &standing, proposals, &[]) {
        Answer::Ballot { facts, .. } => facts
            .into_iter()
            .filter_map(|fact| Some((format!("{} ({:+})", fact.words, fact.effect), fact.from?.to_string())))
            .collect(),
        other => panic!("{other:?}"),
    }
}

/// The product manager, to whom the load means nothing by itself.
const LISTENER: usize = 4;
/// The CTO, who looks at the load anyway.
const EXPERT: usize = 1;

#[test]
fn a_cited_matter_counts_half_by_the_figures_and_names_whose_it_is() {
    let words = "senior_architect cites that load_expected 13 far exceeds load_capacity 10 (-72)";
    let expected = vec![(words.to_owned(), "senior_architect".to_owned())];
    assert_eq!(heard(LISTENER, &load(), &[citing("senior_architect", None)]), expected);
    // Twice is once, and passed on it is still the architect's.
    let twice = [citing("operations_head", Some("senior_architect")), citing("senior_architect", None)];
    assert_eq!(heard(LISTENER, &load(), &twice), expected);
    let passed_on = [citing("operations_head", Some("senior_architect"))];
    assert_eq!(heard(LISTENER, &load(), &passed_on), expected);
}

#[test]
fn words_without_figures_and_what_one_knows_oneself_count_nothing() {
    assert_eq!(heard(LISTENER, &Context::default(), &[citing("senior_architect", None)]), []);
    assert_eq!(heard(EXPERT, &load(), &[citing("senior_architect", None)]), []);
    assert_eq!(heard(LISTENER, &load(), &[citing("product_manager", None)]), []);
}

fn answered(figure: &str, value: Option<u64>) -> Clarification {
    let reply = Reply {
        text: "as far as I know".to_owned(),
        figure: value,
        mind: NAME.to_owned(),
        at: Timestamp::from_ms(0),
    };
    Clarification {
        decision: DecisionId::from_number(1),
        round: 1,
        asker: role(SAMPLES[EXPERT].id),
        inquiry: Inquiry { to: role("ceo"), figure: figure.to_owned(), question: String::new() },
        reply: Some(reply),
        message: None,
        asked_at: Timestamp::from_ms(0),
    }
}

#[test]
fn half_a_pair_is_asked_for_once_and_counts_as_it_is_answered() {
    let half = Context { data: vec![("load_expected".to_owned(), 13)], ..Context::default() };
    let standing = SAMPLES[EXPERT].standing();
    let check = |clarifications: &[Clarification], asks: Option<&str>, says: &str| match ballot(
        &brief(half.clone()),
        &standing,
        &[],
        clarifications,
    ) {
        Answer::Ballot { inquiry, rationale, .. } => {
            assert_eq!(inquiry.as_ref().map(|inquiry| inquiry.figure.as_str()), asks);
            assert!(rationale.contains(says), "{rationale}");
        }
        other => panic!("{other:?}"),
    };
    check(&[], Some("load_capacity"), "abstain at 500: no fact");
    check(
        &[answered("load_capacity", Some(10))],
        None,
        "load_expected 13 far exceeds load_capacity 10, as ceo answered (-224)",
    );
    check(
        &[answered("load_capacity", None)],
        None,
        "load_capacity stays unknown: ceo says as far as I know (-56)",
    );
    // What the author gave is not replaced by an answer.
    let context = discussion::with_answers(&load(), &[answered("load_capacity", Some(99))]);
    assert_eq!(context.data, load().data);
}

#[test]
fn an_objection_names_what_counted_most_against_it() {
    let mut objector = citing("senior_architect", None);
    objector.rationale = "reject at 300: a good thing (+28); a bad thing (-80)".to_owned();
    let fact = |words: &str, effect| Fact { words: words.to_owned(), effect, ..objector.facts[0].clone() };
    objector.facts = vec![fact("a good thing", 28), fact("a bad thing", -80), fact("a flaw", -5)];
    let tally = Tally {
        approve: 0,
        reject: 1,
        abstain: 0,
        participants: 1,
        quorum: false,
        consensus: None,
        weighted: None,
        recommended: false,
        rejected: false,
    };
    let question = Question::Synthesis { brief: brief(load()), tally, ballots: vec![objector] };
    let Answer::Synthesis { text } = answer(&question) else { panic!("another answer") };
    assert!(text.contains("senior_architect objects: a bad thing (-80);"), "{text}");
}
