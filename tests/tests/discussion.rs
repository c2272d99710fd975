//! Discussion: votes that change for a reason, and questions between roles.
//!
//! Goal: a role that cannot know something by itself learns it from another, and says from whom. Method: pairs of
//! scenarios that differ in one figure, under the simulation driver with generated figures and seeds.
#![expect(clippy::unwrap_used, reason = "a test reports what it cannot read by failing")]

use std::sync::{Arc, Mutex};

use echo_runtime::drivers::simulation::Simulation;
use echo_runtime::mind::{Asking, Mind, Question, RulesMind};
use echo_runtime::organisation::Organisation;
use echo_runtime::training::{Play, Playing, Scenario, Stop, simulate};
use echo_storage::clock::ClockKind;
use echo_storage::journal::Entry;
use echo_storage::names::{Id, ThoughtId};
use echo_storage::records::{Ballot, Clarification, Decision, Party, Phase, Status, Vote};
use echo_storage::{Input, Query, Store};
use echo_tests::move_the_platform;
use proptest::prelude::*;

/// The move of the platform, with these figures.
fn scenario(name: &str, data: &str) -> Scenario {
    let yaml = move_the_platform(name, data);
    let organisation = echo_agents::organisation().unwrap();
    Scenario::parse(name, &yaml, &organisation.role_ids(), &organisation.decision_types()).unwrap()
}

struct Run {
    decision: Decision,
    rounds: Vec<Vec<Ballot>>,
    asked: Vec<Clarification>,
}

fn play(scenarios: &[Scenario], seed: u64, mind: Arc<dyn Mind>) -> Run {
    play_in(echo_agents::organisation().unwrap(), scenarios, seed, mind)
}

fn play_in(organisation: Organisation, scenarios: &[Scenario], seed: u64, mind: Arc<dyn Mind>) -> Run {
    let store = Arc::new(Store::in_memory(ClockKind::Virtual).unwrap());
    let organisation = Arc::new(organisation);
    let mut simulation = Simulation::new(organisation, store.clone(), mind, seed).unwrap();
    for scenario in scenarios {
        let watcher = &mut |_: &Entry| {};
        let playing = Playing { what: Play::New(scenario), watcher, stop: Stop::never() };
        simulate(&mut simulation, playing).unwrap();
    }
    let state = store.snapshot().unwrap();
    let decision = state.decisions(None, 1).unwrap().remove(0);
    let rounds = 1..=decision.rounds;
    let asked = rounds.clone().flat_map(|round| state.clarifications(decision.id, round).unwrap()).collect();
    let rounds = rounds.map(|round| state.ballots(decision.id, round).unwrap()).collect();
    Run { decision, rounds, asked }
}

impl Run {
    fn ballots(&self, role: &str) -> Vec<&Ballot> {
        let of_role = |round: &'_ Vec<Ballot>| round.iter().position(|ballot| ballot.role.as_str() == role);
        self.rounds.iter().filter_map(|round| round.get(of_role(round)?)).collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// The load is no figure of the product manager's domain; the architect's and the head of operations' it is.
    #[test]
    fn a_vote_changes_for_a_fact_that_another_role_cites(
        capacity in 10_u64..1_000_000,
        short_percent in 30_u64..500,
        seed in any::<u64>(),
    ) {
        let expected = capacity + capacity * short_percent / 100;
        let within = scenario("within", &format!("load_expected: {capacity}, load_capacity: {capacity}"));
        let short = scenario("short", &format!("load_expected: {expected}, load_capacity: {capacity}"));

        let run = play(&[short], seed, Arc::new(RulesMind));
        let ballots = run.ballots("product_manager");
        let (first, last) = (ballots[0], ballots[1]);
        prop_assert_eq!(first.vote, Vote::Approve, "{}", first.rationale);
        prop_assert_ne!(last.vote, Vote::Approve, "{}", last.rationale);
        let cited = format!("cites that load_expected {expected} far exceeds load_capacity {capacity}");
        prop_assert!(last.rationale.contains(&cited), "{}", last.rationale);
        prop_assert!(last.rationale.contains(", approve before: "), "{}", last.rationale);
        let fact = last.facts.iter().find(|fact| fact.from.is_some()).unwrap();
        let citing = run.ballots(fact.from.as_ref().unwrap().as_str())[0];
        prop_assert!(citing.facts.iter().any(|theirs| theirs.name == fact.name && theirs.from.is_none()));
        prop_assert_ne!(run.decision.status, Status::Approved);

        let run = play(&[within], seed, Arc::new(RulesMind));
        prop_assert!(run.ballots("product_manager").iter().all(|ballot| ballot.vote == Vote::Approve));
    }
}

#[test]
fn a_missing_figure_is_asked_for_and_found_in_an_earlier_decision() {
    let earlier = scenario("earlier", "load_expected: 10, load_capacity: 700");
    let later = scenario("later", "load_expected: 2000");
    let run = play(&[earlier, later], 3, Arc::new(RulesMind));
    let first = run.asked.iter().find(|one| one.asker.as_str() == "senior_architect").unwrap();
    assert_eq!((first.round, first.inquiry.to.as_str()), (1, "cto"));
    assert_eq!(first.inquiry.question, "what is load_capacity? load_expected is 2000");
    assert_eq!(first.reply.as_ref().unwrap().text, "load_capacity was 700 in dec-1");
    let last = *run.ballots("senior_architect").last().unwrap();
    assert!(last.rationale.contains("load_expected 2000 far exceeds load_capacity 700, as cto answered"));
}

#[test]
fn a_figure_that_nobody_knows_counts_against_it() {
    let run = play(&[scenario("unknown", "load_expected: 2000")], 3, Arc::new(RulesMind));
    let last = *run.ballots("operations_head").last().unwrap();
    let unknown = "load_capacity stays unknown: cto says neither the proposal nor an earlier decision gives load_capacity";
    assert!(last.rationale.contains(unknown), "{}", last.rationale);
    assert_eq!(run.asked.len(), 2, "each asks once: {:?}", run.asked);
}

/// The rules, but whoever is asked something, or in a later round asked for a ballot, hangs.
struct Hanging(fn(&Question) -> bool);

impl Mind for Hanging {
    fn name(&self) -> &'static str {
        "hanging"
    }

    fn ask<'a>(&'a self, question: &'a Question) -> Asking<'a> {
        if self.0(question) {
            Asking::Later(Box::pin(std::future::pending()))
        } else {
            RulesMind.ask(question)
        }
    }
}

#[test]
fn a_question_without_an_answer_does_not_hold_up_the_next_round() {
    let asked = |question: &Question| matches!(question, Question::Clarification { .. });
    let run = play(&[scenario("silent", "load_expected: 2000")], 3, Arc::new(Hanging(asked)));
    assert_eq!(run.asked.len(), 2);
    for one in &run.asked {
        // One waits for the other's place at the same mind; both are known to have no answer.
        let text = &one.reply.as_ref().unwrap().text;
        assert!(text.contains("no answer"), "{text}");
    }
    assert!(run.decision.rounds >= 2);
    assert!(matches!(run.decision.phase, Phase::Closed | Phase::Waiting { .. }));
}

#[test]
fn a_role_that_falls_silent_keeps_the_vote_it_has_cast() {
    let later = |question: &Question| match question {
        Question::Ballot { standing, round, .. } => *round > 1 && standing.role.as_str() == "product_manager",
        _ => false,
    };
    let run =
        play(&[scenario("silent", "load_expected: 90, load_capacity: 10")], 3, Arc::new(Hanging(later)));
    assert!(run.decision.rounds > 1);
    let ballots = run.ballots("product_manager");
    assert_eq!((ballots.len(), ballots[0].vote), (1, Vote::Approve));
    let absent = run.decision.absences.iter().find(|one| one.round == 2).unwrap();
    assert_eq!(
        (absent.role.as_str(), absent.reason.as_str()),
        ("product_manager", "the mind gave no answer: no answer within 120000 ms")
    );
    assert_eq!(run.decision.tally.unwrap().approve, 1);
}

/// The rules, keeping what they are asked.
#[derive(Default)]
struct Keeping(Mutex<Vec<Question>>);

impl Mind for Keeping {
    fn name(&self) -> &'static str {
        "keeping"
    }

    fn ask<'a>(&'a self, question: &'a Question) -> Asking<'a> {
        self.0.lock().unwrap().push(question.clone());
        RulesMind.ask(question)
    }
}

/// Goal: after a crash the same is asked again, however late. Method: whatever is asked in two sessions with rounds, with
/// figures that are asked for, and with an earlier outcome, is made once more of the state at their end.
#[test]
fn a_question_is_the_same_whenever_it_is_made() {
    let mind = Arc::new(Keeping::default());
    let store = Arc::new(Store::in_memory(ClockKind::Virtual).unwrap());
    let organisation = Arc::new(echo_agents::organisation().unwrap());
    let mut simulation = Simulation::new(organisation, store.clone(), mind.clone(), 3).unwrap();
    for (name, data) in
        [("known", "load_expected: 90, load_capacity: 10"), ("unknown", "load_expected: 2000")]
    {
        let scenario = scenario(name, data);
        let watcher = &mut |_: &Entry| {};
        let playing = Playing { what: Play::New(&scenario), watcher, stop: Stop::never() };
        simulate(&mut simulation, playing).unwrap();
    }
    let (state, asked) = (store.snapshot().unwrap(), mind.0.lock().unwrap());
    let thoughts = (1..).map_while(|number| state.thought(ThoughtId::from_number(number)).unwrap());
    let (mut ballots, mut later, mut clarifications, mut syntheses) = (0, 0, 0, 0);
    for thought in thoughts {
        let question = Question::of(&state, &thought).unwrap().unwrap();
        assert!(asked.contains(&question), "{} was asked otherwise: {question:?}", thought.id);
        match question {
            Question::Ballot { round: 1, .. } => ballots += 1,
            Question::Ballot { .. } => later += 1,
            Question::Clarification { .. } => clarifications += 1,
            Question::Synthesis { .. } => syntheses += 1,
            Question::Relevance { .. } => {}
        }
    }
    let all = [ballots, later, clarifications, syntheses];
    assert!(all.iter().all(|count| *count > 0), "there were questions of each kind: {all:?}");
}

/// Goal: a question that nobody waits for any more keeps no agent from its mail. Method: minds that never vote are asked,
/// and callers at the roles' doors vote in their place.
#[test]
fn questions_end_with_the_round_that_they_were_asked_for() {
    let ballots = |question: &Question| matches!(question, Question::Ballot { .. });
    let store = Arc::new(Store::in_memory(ClockKind::Virtual).unwrap());
    let organisation = Arc::new(echo_agents::organisation().unwrap());
    let mind = Arc::new(Hanging(ballots));
    let mut simulation = Simulation::new(organisation, store.clone(), mind, 3).unwrap();
    let Scenario { title, proposal, .. } = scenario("doors", "load_expected: 10, load_capacity: 10");
    let started = Input::StartSession { title, scenario: "{}".to_owned(), proposal };
    simulation.submit(started).unwrap();
    let of_test = store.clone();
    let out = move || {
        let state = of_test.snapshot().unwrap();
        let out = state.thoughts_out(None, 100).unwrap();
        out.into_iter()
            .filter(|id| {
                ballots(&Question::of(&state, &state.thought(*id).unwrap().unwrap()).unwrap().unwrap())
            })
            .count()
    };
    simulation.settle_until(&|| out() == 3, &mut |_| {}).unwrap();
    let decision = store.snapshot().unwrap().decisions(None, 1).unwrap().remove(0);
    assert_eq!((out(), decision.participants.len()), (3, 3));
    for role in decision.participants {
        let arguments = format!(
            r#"{{"decision": "{}", "vote": "approve", "confidence": 900, "rationale": "seen it"}}"#,
            decision.id
        );
        let caller = Party::Role(role);
        simulation.submit(Input::Call { caller, tool: "cast_vote".to_owned(), arguments }).unwrap();
    }
    assert_eq!(out(), 0, "the round has closed");
}

#[test]
fn there_are_no_more_rounds_than_the_rules_allow() {
    // It is discussed for as long as it may be: a figure is asked for, and votes change.
    let check = |rounds: u32| {
        let mut config = echo_agents::organisation().unwrap().config().clone();
        config.rules.rounds = rounds;
        let organisation = echo_agents::organisation().unwrap().with_config(config).unwrap();
        let earlier = scenario("earlier", "load_expected: 10, load_capacity: 700");
        let later = scenario("later", "load_expected: 2000");
        let run = play_in(organisation, &[earlier, later], 3, Arc::new(RulesMind));
        assert_eq!((run.decision.rounds, run.rounds.len()), (rounds, rounds as usize));
        // What could not be answered before another vote is not asked.
        assert!(run.asked.iter().all(|one| one.round < rounds && one.reply.is_some()), "{:?}", run.asked);
    };
    check(1);
    check(2);
    check(3);
}
