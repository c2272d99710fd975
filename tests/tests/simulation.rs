//! Whole runs by a seed and a virtual clock, in this process.
//!
//! Goal: what must hold for every decision, whatever is proposed and in whatever order things happen. Method: the nine
//! roles and the rules mind under the simulation driver, over generated proposals, seeds and disk faults.
#![expect(clippy::unwrap_used, reason = "a test reports what it cannot read by failing")]

use std::sync::Arc;

use echo_runtime::authority;
use echo_runtime::decisions::standing_ballots;
use echo_runtime::drivers::simulation::Simulation;
use echo_runtime::mind::RulesMind;
use echo_runtime::organisation::Organisation;
use echo_runtime::replay::replay;
use echo_runtime::training::{Play, Playing, Scenario, Stop, simulate};
use echo_storage::clock::{ClockKind, VIRTUAL_EPOCH};
use echo_storage::disk::MemoryDisk;
use echo_storage::journal::{self, Entry, Head};
use echo_storage::names::{DecisionType, RoleId};
use echo_storage::quantities::Usd;
use echo_storage::records::{Context, Decision, Mode, Party, Phase, Proposal, Reason, Risk, Status, Vote};
use echo_storage::{Effect, Input, Query, Store};
use proptest::prelude::*;

fn organisation() -> Arc<Organisation> {
    Arc::new(echo_agents::organisation().unwrap())
}

/// A proposal that concerns engineers, testers and operations, and is sound as it stands.
fn sound() -> Proposal {
    Proposal {
        initiator: RoleId::new("cto").unwrap(),
        kind: DecisionType::new("infrastructure_architecture").unwrap(),
        mode: Mode::Collaborative,
        matters: Vec::new(),
        subject: "Renew the deployment infrastructure".to_owned(),
        context: Context {
            description:
                "Monitoring, deployment and reliability of the architecture are renewed with testing and \
                          quality coverage; the api design and integration stay."
                    .to_owned(),
            impact: "Outages end sooner".to_owned(),
            stakeholders: vec!["operations".to_owned()],
            budget: Some(Usd::dollars(120_000)),
            timeline: "6 months".to_owned(),
            risks: vec![Risk {
                risk: "the move interrupts the service".to_owned(),
                mitigation: Some("it is done service by service".to_owned()),
            }],
            alternatives: vec!["leave it".to_owned()],
            dependencies: vec!["the hosting contract".to_owned()],
            success_criteria: vec!["99.9 % availability".to_owned(), "recovery within 10 minutes".to_owned()],
            data: vec![("load_expected".to_owned(), 700), ("load_capacity".to_owned(), 1_000)],
            ..Context::default()
        },
    }
}

struct Run {
    store: Arc<Store>,
    decision: Decision,
    /// The ballots that stand at the end.
    votes: Vec<(String, Vote, String)>,
    /// Everything that was said, round by round.
    said: Vec<String>,
}

fn run(proposal: Proposal, seed: u64) -> Run {
    let store = Arc::new(Store::in_memory(ClockKind::Virtual).unwrap());
    let mut simulation = Simulation::new(organisation(), store.clone(), Arc::new(RulesMind), seed).unwrap();
    play(&mut simulation, proposal);
    finished(store)
}

fn play(simulation: &mut Simulation, proposal: Proposal) {
    let scenario = "{}".to_owned();
    simulation.submit(Input::StartSession { title: "test".to_owned(), scenario, proposal }).unwrap();
    simulation.settle(&mut |_| {}).unwrap();
}

fn finished(store: Arc<Store>) -> Run {
    let state = store.snapshot().unwrap();
    let session = state.sessions(None, 1).unwrap().remove(0);
    let decision = state.decision(session.decision).unwrap().unwrap();
    let ballots = standing_ballots(&state, decision.id, decision.rounds).unwrap();
    let votes = ballots.into_iter().map(|b| (b.role.to_string(), b.vote, b.rationale)).collect();
    let mut said = Vec::new();
    for round in 1..=decision.rounds {
        for b in state.ballots(decision.id, round).unwrap() {
            said.push(format!(
                "{round} {} {:?} {} {} {:?}",
                b.role, b.vote, b.confidence, b.rationale, b.facts
            ));
        }
        for c in state.clarifications(decision.id, round).unwrap() {
            let answer = c.reply.map(|reply| (reply.text, reply.figure, reply.mind));
            said.push(format!("{round} {} {:?} {answer:?}", c.asker, c.inquiry));
        }
    }
    Run { store, decision, votes, said }
}

/// What must hold of every finished run.
fn check(run: &Run) {
    let state = run.store.snapshot().unwrap();
    let config = state.config().unwrap().unwrap();
    let Decision { status, phase, decided_by, proposal, .. } = &run.decision;
    assert!(matches!(phase, Phase::Closed | Phase::Waiting { .. }), "{phase:?}");
    if *status == Status::Approved {
        let Some(Party::Role(role)) = decided_by else { panic!("approved by {decided_by:?}") };
        let limit = config.role(role).unwrap().budget_limit.unwrap_or_default();
        assert!(authority::has_type(&config, role, &proposal.kind), "{role} lacks {}", proposal.kind);
        assert!(run.decision.amount() <= limit, "{} above {limit}", run.decision.amount());
        assert_eq!(state.spent_since(role, VIRTUAL_EPOCH).unwrap(), run.decision.amount());
    }
    assert!(state.thoughts_out(None, 1).unwrap().is_empty());
    assert_eq!(state.timers(1).unwrap(), []);
    let waits = matches!(phase, Phase::Waiting { .. });
    assert_eq!(state.people_timers(9).unwrap().len(), if waits { 2 } else { 0 }, "a reminder and a deadline");
    for role in &config.roles {
        assert!(state.unread(role, 1).unwrap().is_empty(), "{} has unread mail", role.id);
    }
    each_message_is_handled_once(&state);
    let replayed = replay(&organisation(), &state, None).unwrap();
    let head = Head::of(&state).unwrap();
    assert_eq!((replayed.steps, replayed.decided_again, replayed.head), (head.step, head.step, head.hash));
}

/// Judged from the journal alone: no recipient acknowledges a message twice.
fn each_message_is_handled_once(state: &echo_storage::Snapshot) {
    let mut handled = std::collections::BTreeSet::new();
    for next in journal::walk(state) {
        for effect in next.unwrap().0.effects {
            if let Effect::Acknowledge { role, message } = effect {
                assert!(handled.insert((role.clone(), message)), "{role} handled {message} twice");
            }
        }
    }
}

#[test]
fn a_sound_proposal_within_limits_is_approved_by_its_initiator() {
    let run = run(sound(), 1);
    check(&run);
    assert_eq!(run.decision.status, Status::Approved, "{:#?}", run.decision.path);
    assert_eq!(run.decision.decided_by, Some(Party::Role(RoleId::new("cto").unwrap())));
    assert_eq!(run.decision.reason, Some(Reason::Recommended));
}

#[test]
fn what_exceeds_the_initiator_is_decided_by_the_first_above_who_may() {
    let mut proposal = sound();
    proposal.initiator = RoleId::new("senior_developer").unwrap();
    let run = run(proposal, 1);
    check(&run);
    assert_eq!(
        run.decision.decided_by,
        Some(Party::Role(RoleId::new("cto").unwrap())),
        "{:#?}",
        run.decision.path
    );
}

#[test]
fn ten_pieces_do_not_pass_where_the_whole_would_not() {
    let store = Arc::new(Store::in_memory(ClockKind::Virtual).unwrap());
    let mut simulation = Simulation::new(organisation(), store.clone(), Arc::new(RulesMind), 7).unwrap();
    let mut approved_by_cto = 0;
    for _ in 0..5 {
        play(&mut simulation, sound());
        let decision = finished(store.clone()).decision;
        approved_by_cto += u64::from(decision.decided_by == Some(Party::Role(RoleId::new("cto").unwrap())));
    }
    assert_eq!(approved_by_cto, 4, "five times 120,000 USD exceed 500,000 USD");
    let spent = store.snapshot().unwrap().spent_since(&RoleId::new("cto").unwrap(), VIRTUAL_EPOCH).unwrap();
    assert_eq!(spent, Usd::dollars(480_000));
}

#[test]
fn without_impact_it_is_rejected_as_incomplete_and_forgotten() {
    let mut proposal = sound();
    proposal.context.impact = "  ".to_owned();
    let run = run(proposal.clone(), 1);
    check(&run);
    assert_eq!(run.decision.reason, Some(Reason::Incomplete { missing: vec!["impact".to_owned()] }));
    let tag = format!("outcome {}", proposal.kind);
    assert!(run.store.snapshot().unwrap().remembered(&tag, 1).unwrap().is_empty());
}

#[test]
fn the_same_seed_gives_the_same_chain_and_another_seed_the_same_outcome() {
    let mut hashes = std::collections::BTreeSet::new();
    for seed in 0..8 {
        let (one, other) = (run(sound(), seed), run(sound(), seed));
        let head = |run: &Run| Head::of(&run.store.snapshot().unwrap()).unwrap().hash.to_string();
        assert_eq!(head(&one), head(&other), "seed {seed}");
        assert_eq!(one.votes, run(sound(), 0).votes, "seed {seed}");
        hashes.insert(head(&one));
    }
    assert!(hashes.len() > 1, "the seed picks no order");
}

/// Method: the disk fails at every one of its operations in turn; the process is then gone, the disk is mended, the
/// store opened again and the session continued.
#[test]
fn whatever_moment_the_disk_fails_the_session_ends_as_if_it_had_not() {
    let expected = run(sound(), 3);
    let mut failed_at = 0;
    for operations in 0.. {
        let disk = MemoryDisk::new();
        let open = || Store::on_memory_disk(&disk, ClockKind::Virtual);
        let simulation = |store| Simulation::new(organisation(), Arc::new(store), Arc::new(RulesMind), 3);
        let start = |simulation: &mut Simulation| {
            let (title, scenario, proposal) = ("test".to_owned(), "{}".to_owned(), sound());
            simulation.submit(Input::StartSession { title, scenario, proposal })
        };
        let mut first = simulation(open().unwrap()).unwrap();
        start(&mut first).unwrap();
        disk.fail_after(operations * 7);
        let outcome = first.settle(&mut |_| {});
        drop(first);
        disk.heal();
        failed_at += u32::from(outcome.is_err());
        let store = Arc::new(open().unwrap());
        Simulation::new(organisation(), store.clone(), Arc::new(RulesMind), 3)
            .unwrap()
            .settle(&mut |_| {})
            .unwrap();
        let run = finished(store);
        check(&run);
        assert_eq!((&run.decision.status, &run.votes), (&expected.decision.status, &expected.votes));
        if outcome.is_ok() {
            break;
        }
    }
    assert!(failed_at > 10, "only {failed_at} faults were met");
}

/// Figures of several domains; sometimes one of two that belong together is missing, so that it is asked for.
fn data() -> impl Strategy<Value = Vec<(String, u64)>> {
    let names = ["load_expected", "load_capacity", "customers_needed", "customers_reachable", "open_bugs"];
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    let some = prop::sample::subsequence(names, 0..=5);
    some.prop_flat_map(|names| names.into_iter().map(|name| (Just(name), 1_u64..40)).collect::<Vec<_>>())
}

fn proposals() -> impl Strategy<Value = Proposal> {
    let kinds =
        ["infrastructure_architecture", "product_budget", "budget_allocation", "hiring", "code_review"];
    let initiators = ["ceo", "cto", "product_manager", "senior_developer", "chro", "test_lead"];
    let texts = prop::collection::vec(
        prop::sample::select(vec![
            "testing quality",
            "architecture api",
            "deployment monitoring",
            "hiring talent",
            "product roadmap",
            "ui usability",
            "implementation code",
            "strategy growth",
            "bug",
            "nothing in particular",
        ]),
        1..5,
    );
    let risks = prop::collection::vec(("[a-z]{3,8} (cost|api|bug)", any::<bool>()), 0..6);
    (
        prop::sample::select(kinds.to_vec()),
        prop::sample::select(initiators.to_vec()),
        texts,
        prop::option::of(0_u64..4_000_000),
        risks,
        any::<[bool; 5]>(),
        data(),
    )
        .prop_map(|(kind, initiator, texts, budget, risks, given, data)| {
            let mut proposal = sound();
            proposal.kind = DecisionType::new(kind).unwrap();
            proposal.initiator = RoleId::new(initiator).unwrap();
            let context = &mut proposal.context;
            context.description = texts.join(". ");
            // Whoever asks for money says how much.
            let spends = kind.contains("budget");
            let budget = if spends { Some(budget.unwrap_or(1).max(1)) } else { budget };
            context.budget = budget.map(Usd::dollars);
            context.risks = risks
                .into_iter()
                .map(|(risk, answered)| Risk { risk, mitigation: answered.then(|| "insured".to_owned()) })
                .collect();
            if !given[0] {
                context.timeline.clear();
            }
            if !given[1] {
                context.alternatives.clear();
            }
            if !given[2] {
                context.success_criteria.clear();
            }
            context.data = if given[3] { data } else { Vec::new() };
            if !given[4] {
                context.impact.clear();
            }
            proposal
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_proposal_ends_with_authority_or_waits_for_a_person(proposal in proposals(), seed in 0_u64..1000) {
        check(&run(proposal, seed));
    }

    #[test]
    fn the_order_of_arrival_changes_nothing(proposal in proposals(), seeds in any::<[u64; 2]>()) {
        let (one, other) = (run(proposal.clone(), seeds[0]), run(proposal, seeds[1]));
        prop_assert_eq!(&one.said, &other.said);
        prop_assert_eq!(&one.votes, &other.votes);
        let path = |run: &Run| run.decision.path.iter().map(|step| format!("{} {:?} {}", step.who, step.deed, step.why)).collect::<Vec<_>>();
        prop_assert_eq!(path(&one), path(&other));
        prop_assert_eq!(one.decision.tally, other.decision.tally);
        prop_assert_eq!(one.decision.status, other.decision.status);
        prop_assert_eq!(one.decision.decided_by, other.decision.decided_by);
    }

    #[test]
    fn more_cost_or_risk_never_turns_a_rejection_into_an_approval(
        proposal in proposals(),
        more in 1_u64..30_000_000,
        risks in 1_usize..5,
    ) {
        let before = run(proposal.clone(), 5).decision.status;
        let mut dearer = proposal.clone();
        // Where no cost was stated, stating one is not more cost but more to decide on.
        dearer.context.budget = dearer.context.budget.map(|budget| budget.plus(Usd::dollars(more)));
        let mut riskier = proposal;
        riskier.context.risks.extend((0..risks).map(|n| Risk { risk: format!("risk {n}"), mitigation: None }));
        if before == Status::Rejected {
            prop_assert_ne!(run(dearer, 5).decision.status, Status::Approved);
            prop_assert_ne!(run(riskier, 5).decision.status, Status::Approved);
        }
    }

    #[test]
    fn a_mitigation_never_lowers_approval(proposal in proposals()) {
        let approvals = |run: &Run| run.votes.iter().filter(|(_, vote, _)| *vote == Vote::Approve).count();
        let before = run(proposal.clone(), 5);
        let mut answered = proposal;
        for risk in &mut answered.context.risks {
            risk.mitigation.get_or_insert_with(|| "insured".to_owned());
        }
        let after = run(answered, 5);
        prop_assert!(approvals(&after) >= approvals(&before));
        if before.decision.status == Status::Approved {
            prop_assert_eq!(after.decision.status, Status::Approved);
        }
    }
}

/// Method: a session is started and its process gone before anything else happens; the next one starts on its store.
#[test]
fn an_interrupted_session_is_finished_before_the_next_one_starts() {
    let yaml = include_str!("../../agents/scenarios/revenue-growth.yaml");
    let (roles, types) = (organisation().role_ids(), organisation().decision_types());
    let scenario = Scenario::parse("revenue-growth.yaml", yaml, &roles, &types).unwrap();
    let store = Arc::new(Store::in_memory(ClockKind::Virtual).unwrap());
    let simulation = || Simulation::new(organisation(), store.clone(), Arc::new(RulesMind), 1).unwrap();
    let (title, json, proposal) = ("left alone".to_owned(), scenario.to_json(), sound());
    simulation().submit(Input::StartSession { title, scenario: json, proposal }).unwrap();
    let watcher = &mut |_: &Entry| {};
    let playing = Playing { what: Play::New(&scenario), watcher, stop: Stop::never() };
    simulate(&mut simulation(), playing).unwrap();
    let state = store.snapshot().unwrap();
    let sessions = state.sessions(None, 3).unwrap();
    let ends: Vec<u64> = sessions.iter().rev().map(|one| one.end.as_ref().unwrap().last_step).collect();
    assert_eq!(ends.len(), 2);
    assert!(ends[0] < sessions[0].first_step && sessions[0].first_step < ends[1]);
    assert_eq!(state.decision(sessions[1].decision).unwrap().unwrap().status, Status::Approved);
}
