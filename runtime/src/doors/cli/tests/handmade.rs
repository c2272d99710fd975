//! What the commands tell of records that no session of the tiny company leaves: they are written by hand.

use super::*;
use echo_storage::names::{DecisionId, Id, MessageId, RoleId, SessionId, TimerId};
use echo_storage::quantities::{Confidence, Timestamp, Usd};
use echo_storage::records::{
    Absence, Agent, Ballot, Breaker, BreakerState, Clarification, Context, Decision, Deed, Fact, FactKind,
    Inquiry, Mode, Participation, Party, PathStep, Phase, Proposal, Reason, Reply, Session, SessionKind,
    Spend, Stance, Status, Tally, TypeTrack, Vote,
};
use echo_storage::{Effect, Input, OpenOptions, Snapshot, Store};

const NOW: Timestamp = Timestamp::from_ms(1_767_225_600_000);

/// A store into which records are written as no step would.
pub(super) struct Forge(Store);

impl Forge {
    pub(super) fn open(home: &Home) -> Self {
        Self(Store::open(&home.store(), &OpenOptions::default()).unwrap())
    }

    pub(super) fn step(&mut self, effects: Vec<Effect>) {
        let mut batch = self.0.batch().unwrap();
        let now = batch.head().now;
        let mut draft = batch.draft(now);
        for effect in effects {
            draft.emit(effect).unwrap();
        }
        let finished = draft.finish();
        batch.append(Input::Configure(company().config().clone()), None, finished).unwrap();
        self.0.commit(batch).unwrap();
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        self.0.snapshot().unwrap()
    }
}

pub(super) fn role(name: &str) -> RoleId {
    RoleId::new(name).unwrap()
}

pub(super) fn breaker(state: BreakerState) -> Breaker {
    Breaker { state, trips: 2, reason: "the drawer is locked".to_owned(), opened_at: NOW }
}

pub(super) fn agent(name: &str, breaker: Option<Breaker>) -> Agent {
    Agent { failures: if breaker.is_some() { 5 } else { 0 }, breaker, ..Agent::new(role(name)) }
}

/// A home with a store in which nothing but one session has happened.
fn home() -> Home {
    let home = Home::new();
    let _ = home.tells(&["train", "--virtual-time", "--quiet"], 0);
    home
}

fn fact(name: &str, effect: i64, from: Option<&str>) -> Fact {
    let words = format!("{name} counts");
    Fact {
        name: name.to_owned(),
        kind: FactKind::Feasibility,
        words,
        effect,
        unweighed: effect,
        from: from.map(role),
    }
}

fn ballot(round: u32, name: &str, vote: Vote, facts: Vec<Fact>) -> Effect {
    Effect::PutBallot(Ballot {
        decision: DecisionId::from_number(2),
        round,
        role: role(name),
        vote,
        confidence: Confidence::saturating(630),
        rationale: "on the whole".to_owned(),
        facts,
        mind: "rules".to_owned(),
        at: NOW,
    })
}

fn asked(asker: &str, of: &str, answer: Option<&str>) -> Effect {
    let reply = answer.map(|text| Reply {
        text: text.to_owned(),
        figure: Some(40),
        mind: "rules".to_owned(),
        at: NOW,
    });
    let inquiry = Inquiry {
        to: role(of),
        figure: "keys_available".to_owned(),
        question: "How many keys are there?".to_owned(),
    };
    Effect::PutClarification(Clarification {
        message: Some(MessageId::from_number(9)),
        decision: DecisionId::from_number(2),
        round: 1,
        asker: role(asker),
        inquiry,
        reply,
        asked_at: NOW,
    })
}

/// A decision of two rounds, approved by its initiator.
fn discussed() -> Decision {
    let step = |who: Party, deed, why: &str, sure: Option<u64>| PathStep {
        who,
        deed,
        why: why.to_owned(),
        confidence: sure.map(Confidence::saturating),
        at: NOW,
    };
    let chief = || Party::Role(role("chief"));
    Decision {
        id: DecisionId::from_number(2),
        proposal: std::sync::Arc::new(Proposal {
            initiator: role("chief"),
            kind: echo_storage::names::DecisionType::new("purchases").unwrap(),
            mode: Mode::Collaborative,
            matters: Vec::new(),
            opinion: None,
            subject: "A second set of keys \u{202e}sdrawkcab".to_owned(),
            context: Context {
                description: "Keys".to_owned(),
                impact: "Nobody waits".to_owned(),
                stakeholders: vec!["guard".to_owned()],
                budget: Some(Usd::dollars(2_000)),
                ..Context::default()
            },
        }),
        session: None,
        matters: Vec::new(),
        related: Vec::new(),
        mode: Mode::Collaborative,
        status: Status::Approved,
        phase: Phase::Closed,
        deadline: None,
        participants: vec![role("clerk"), role("guard"), role("porter")],
        lead: Some(role("guard")),
        rounds: 2,
        absences: vec![Absence { role: role("porter"), round: 2, reason: "its breaker is open".to_owned() }],
        tally: Some(Tally {
            approve: 2,
            reject: 0,
            abstain: 0,
            participants: 3,
            quorum: true,
            consensus: Some(Confidence::FULL),
            weighted: Some(Confidence::FULL),
            recommended: true,
            rejected: false,
        }),
        synthesis: None,
        reason: Some(Reason::Recommended),
        decided_by: Some(chief()),
        path: vec![
            step(chief(), Deed::Opened, "collaborative decision on purchases, for 2,000 USD", None),
            step(chief(), Deed::Concluded, "recommended: 2 approve", None),
            step(
                chief(),
                Deed::Approved,
                "recommended, and 2,000 USD of purchases within its authority",
                None,
            ),
        ],
        opened_at: NOW,
        closed_at: Some(NOW),
    }
}

/// What was said in the two rounds.
fn discussion() -> Vec<Effect> {
    let part = |name: &str, stance: Stance| {
        Effect::PutParticipation(Participation {
            decision: DecisionId::from_number(2),
            role: role(name),
            stance,
            hits: Vec::new(),
            reason: "it was asked".to_owned(),
            told: false,
            at: NOW,
        })
    };
    vec![
        part("guard", Stance::Assist),
        part("clerk", Stance::Assist),
        ballot(1, "clerk", Vote::Reject, vec![fact("keys", -80, None), fact("cost", 100, None)]),
        ballot(1, "guard", Vote::Approve, Vec::new()),
        ballot(1, "porter", Vote::Abstain, Vec::new()),
        asked("clerk", "guard", Some("40, of an earlier decision")),
        asked("guard", "porter", None),
        ballot(
            2,
            "clerk",
            Vote::Approve,
            vec![
                fact("measure", 15, None),
                fact("keys", 40, Some("guard")),
                fact("cost", 100, None),
                fact("risk", -60, None),
            ],
        ),
        ballot(2, "guard", Vote::Approve, Vec::new()),
    ]
}

#[test]
fn a_discussion_of_several_rounds() {
    let home = home();
    let mut effects = discussion();
    let spend = |decision: u64, dollars: u64, before_ms: u64| {
        Effect::PutSpend(Spend {
            role: role("chief"),
            at: NOW.before_ms(before_ms),
            decision: DecisionId::from_number(decision),
            amount: Usd::dollars(dollars),
        })
    };
    // Its own, an earlier one that counts, one of a day ago, and a later one.
    effects.extend([spend(2, 2_000, 0), spend(1, 500, 1), spend(1, 7_000, 86_400_000), spend(3, 90_000, 0)]);
    effects.push(Effect::PutDecision(discussed()));
    Forge::open(&home).step(effects);
    insta::assert_snapshot!("why_discussed", home.tells(&["why", "dec-2"], 0));
    insta::assert_snapshot!("decision_discussed", home.tells(&["decisions", "dec-2"], 0));
    let why = home.run(&["why", "dec-2", "--json"]);
    assert!(why.stdout.is_ascii(), "what changes directions is escaped: {}", why.stdout);
    insta::assert_snapshot!("why_json", why.stdout);
}

/// Goal: a decision in every phase tells what it waits for, and how to go on. Method: one decision, put into each.
#[test]
fn an_open_decision_tells_what_it_waits_for() {
    let home = home();
    Forge::open(&home).step(discussion());
    let due = Some((NOW.after_ms(60_000), TimerId::from_number(9)));
    let check = |phase: Phase, expected: &str| {
        let deadline = due.filter(|_| phase != Phase::Synthesising);
        let open = Decision {
            phase,
            deadline,
            status: Status::Pending,
            closed_at: None,
            reason: None,
            decided_by: None,
            tally: None,
            ..discussed()
        };
        Forge::open(&home).step(vec![Effect::PutDecision(open)]);
        for command in ["why", "decisions"] {
            let told = home.tells(&[command, "dec-2"], 0);
            let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(words(&told).contains(&words(expected)), "{told}");
            assert!(told.contains("echo-org train --resume"), "{told}");
        }
    };
    let until = "it goes on without them at 2026-01-01 00:01:00 UTC";
    check(
        Phase::Selecting,
        &format!("each role to say whether it takes part; still to come: porter; {until}"),
    );
    check(Phase::Voting { round: 2 }, &format!("the ballots of round 2; still to come: porter; {until}"));
    check(
        Phase::Clarifying { round: 1 },
        &format!("answers to what was asked in round 1; still to come: porter; {until}"),
    );
    check(Phase::Synthesising, "the initiator's words on the count; still to come: chief");
    check(
        Phase::Climbing { at: role("chief") },
        &format!("a role up the chain to decide it or to pass it up; still to come: chief; {until}"),
    );
}

#[test]
fn an_outcome_of_every_kind_is_one_sentence() {
    let home = home();
    let check = |status: Status, reason: Reason, by: Party, expected: &str| {
        let ended = Decision { status, reason: Some(reason), decided_by: Some(by), ..discussed() };
        Forge::open(&home).step(vec![Effect::PutDecision(ended)]);
        let outcome = home.run(&["why", "dec-2", "--json"]).json()["outcome"].as_str().unwrap().to_owned();
        assert_eq!(outcome, expected);
    };
    let chief = || Party::Role(role("chief"));
    check(
        Status::Rejected,
        Reason::VotedDown,
        chief(),
        "dec-2 was rejected: the votes are against it, and a rejection takes no authority.",
    );
    check(
        Status::Rejected,
        Reason::Authority,
        chief(),
        "dec-2 was rejected by chief, which has the authority over purchases for 2,000 USD.",
    );
    check(
        Status::Approved,
        Reason::Person,
        Party::Person("ada".to_owned()),
        "dec-2 was approved by person ada: persons have every authority and no limit.",
    );
    check(
        Status::Rejected,
        Reason::Incomplete { missing: vec!["impact".to_owned()] },
        Party::System,
        "dec-2 was rejected as incomplete before anybody was asked: impact not given.",
    );
}

#[test]
fn agents_in_every_state() {
    let home = home();
    let open = BreakerState::Open { until: NOW.after_ms(30_000), timer: TimerId::from_number(7) };
    let mut guard = agent("guard", Some(breaker(BreakerState::HalfOpen)));
    let kind = echo_storage::names::DecisionType::new("stationery").unwrap();
    guard.track = vec![TypeTrack { kind, stood: 3, reversed: 1 }];
    Forge::open(&home).step(vec![
        Effect::PutAgent(agent("clerk", Some(breaker(open)))),
        Effect::PutAgent(guard),
        Effect::PutAgent(agent("porter", Some(breaker(BreakerState::GivenUp)))),
    ]);
    insta::assert_snapshot!("agents_troubled", home.tells(&["agents"], 0));
    let states = home.run(&["agents", "--json"]).json();
    let states =
        states["agents"].as_array().unwrap().iter().map(|agent| agent["state"].as_str().unwrap().to_owned());
    assert_eq!(states.collect::<Vec<_>>(), ["ready", "paused", "on_trial", "given_up"]);
    let overview = home.tells(&["status"], 0);
    assert!(overview.contains("not ready     porter given up: the drawer is locked"), "{overview}");
    assert!(home.tells(&["agents", "clerk"], 0).contains("paused until 2026-01-01 00:00:30 UTC: the drawer"));
}

#[test]
fn an_interrupted_session_says_how_to_go_on() {
    let home = home();
    let session = Session {
        id: SessionId::from_number(2),
        kind: SessionKind::Training,
        title: "Cut short".to_owned(),
        scenario: "{}".to_owned(),
        decision: DecisionId::from_number(1),
        started_at: NOW,
        first_step: 17,
        end: None,
    };
    Forge::open(&home).step(vec![Effect::PutSession(session)]);
    let told = home.tells(&["sessions", "ses-2"], FAILURE);
    assert!(
        told.contains("ses-2 (Cut short) started at 2026-01-01 00:00:00 UTC and has not ended"),
        "{told}"
    );
    assert!(told.contains("`echo-org train --resume` continues it"), "{told}");
    let list = home.run(&["sessions", "--json"]).json();
    assert_eq!((&list["sessions"][0]["ended_at"], &list["sessions"][0]["hash"]), (&().into(), &().into()));
    assert!(home.tells(&["sessions"], 0).contains("interrupted"));
    let status = home.run(&["status", "--json"]).json();
    assert_eq!(
        (&status["interrupted"][0]["session"], &status["resume"]),
        (&"ses-2".into(), &"echo-org train --resume".into())
    );
}
