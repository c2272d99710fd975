//! A chronicle for the tests in which everything happens: three rounds, a vote that changes, a question that is answered
//! and one that is not, an agent that fails and is absent, a dead letter and a mind that does not answer.

use std::sync::Arc;

use echo_storage::Store;
use echo_storage::clock::ClockKind;
use echo_storage::journal::Entry;
use echo_storage::names::{Id, MessageId, RoleId, ThoughtId};
use echo_storage::quantities::{Confidence, Timestamp, Usd};
use echo_storage::records::{
    Absence, Ballot, Clarification, Fact, FactKind, Inquiry, Party, Reply, Risk, Verdict, Vote,
};

use super::rounds::changes;
use super::{BreakerChange, Chronicle, FailedStep, Fate, Mark, MarkKind, Moment, Round, Thinking};
use crate::deliveries::DeliveryState;
use crate::drivers::simulation::Simulation;
use crate::mind::RulesMind;
use crate::training::report::{Circumstances, Report};
use crate::training::samples::{LOCKS, company};
use crate::training::{Play, Played, Playing, Scenario, Stop, simulate};

/// What a session in virtual time gives: a round of two votes that agree, and a person who is asked.
pub(crate) fn plain() -> (Chronicle, Report) {
    let company = Arc::new(company());
    let scenario = Scenario::parse("test", LOCKS, &company.role_ids(), &company.decision_types()).unwrap();
    let store = Arc::new(Store::in_memory(ClockKind::Virtual).unwrap());
    let mut simulation = Simulation::new(company, store.clone(), Arc::new(RulesMind), 7).unwrap();
    let playing = Playing { what: Play::New(&scenario), watcher: &mut |_: &Entry| {}, stop: Stop::never() };
    let Played::Ended(session) = simulate(&mut simulation, playing).unwrap() else {
        panic!("it was stopped")
    };
    let snapshot = store.snapshot().unwrap();
    let report = Report::of(&snapshot, session, Circumstances::default()).unwrap();
    (Chronicle::of(&snapshot, session).unwrap(), report)
}

/// The same with a discussion of three rounds, and with failures.
pub(crate) fn discussed() -> (Chronicle, Report) {
    let (mut chronicle, report) = plain();
    let mut rounds: Vec<Round> = Vec::new();
    let mut add = |number: u32, ballots: Vec<Ballot>, clarifications: Vec<Clarification>| {
        let changes = changes(&rounds, &ballots);
        rounds.push(Round { number, ballots, clarifications, absences: Vec::new(), changes });
    };
    let keys = fact("answered risks", FactKind::Risk, "1 of 1 risks answered", -90, None);
    let cost =
        fact("cost a month", FactKind::Money, "25,000 USD a month is a quarter of the limit", 80, None);
    let from_clerk = fact("archive", FactKind::Outcome, "no paper was lost in 12 months", 140, Some("clerk"));
    add(
        1,
        vec![
            ballot(1, "clerk", Vote::Approve, 630, vec![cost.clone()]),
            ballot(1, "guard", Vote::Reject, 700, vec![keys.clone()]),
        ],
        vec![clarification(1, "guard", "clerk", "How many papers were lost?", Some("None in 12 months."))],
    );
    add(
        2,
        vec![
            ballot(2, "clerk", Vote::Approve, 640, vec![cost]),
            ballot(2, "guard", Vote::Approve, 610, vec![from_clerk, keys]),
        ],
        vec![clarification(2, "clerk", "porter", "Who carries the old locks away?", None)],
    );
    add(3, vec![ballot(3, "clerk", Vote::Approve, 650, Vec::new())], Vec::new());
    let absence =
        Absence { role: role("guard"), round: 3, reason: "its breaker is open: panicked: no key".to_owned() };
    rounds[2].absences.push(absence.clone());
    chronicle.decision.rounds = 3;
    chronicle.decision.absences = vec![absence];
    chronicle.rounds = rounds;
    chronicle.budgets[1].spent = Usd::dollars(4_200);
    troubled(&mut chronicle);
    (chronicle, report)
}

/// An agent fails, its breaker opens, its mail is given up, and a mind is waited for in vain.
fn troubled(chronicle: &mut Chronicle) {
    let events = &mut chronicle.events;
    let start = chronicle.session.started_at;
    let last = chronicle.end.last_step;
    let moment = |after: u64, ms: u64| Moment { step: last + after, at: start.after_ms(ms) };
    let reason = "panicked: no key".to_owned();
    for (after, ms) in [(1, 1_000), (2, 3_000), (3, 7_000)] {
        let (what, reason) = ("take msg-5".to_owned(), reason.clone());
        events.failures.push(FailedStep { when: moment(after, ms), role: Some(role("guard")), what, reason });
    }
    let what = "pauses for 30 s, its breaker is open: panicked: no key".to_owned();
    events.breakers.push(BreakerChange { role: role("guard"), when: moment(3, 7_000), what });
    let to_guard = events.messages.iter_mut().flat_map(|sent| &mut sent.fates);
    let dead = to_guard.filter(|fate| fate.delivery.role == role("guard")).last().unwrap();
    dead.delivery.state = DeliveryState::Dead;
    dead.delivery.attempts = 3;
    dead.delivery.reason = Some(reason);
    dead.handled = Some(moment(3, 7_000));
    let mark = |name: &str, what, when| Mark { role: role(name), when, what };
    events.marks.push(mark("guard", MarkKind::Asked, moment(0, 0)));
    events.marks.push(mark("clerk", MarkKind::Answered, moment(4, 9_000)));
    let vote = MarkKind::Voted { round: 2, vote: Vote::Reject };
    events.marks.push(mark("guard", vote, moment(4, 9_000)));
    events.thoughts.push(Thinking {
        id: ThoughtId::from_number(90),
        role: role("porter"),
        about: "its answer to clerk".to_owned(),
        asked: moment(4, 9_000),
        ended: Some(moment(5, 129_000)),
        outcome: Err("the deadline has passed".to_owned()),
    });
    events
        .clock
        .extend([(1, 1_000), (2, 3_000), (3, 7_000), (4, 9_000), (5, 129_000)].map(|(a, b)| moment(a, b)));
    chronicle.end.last_step = last + 5;
    chronicle.end.at = start.after_ms(129_000);
}

/// The same, in which every text that somebody could have written is this one.
pub(crate) fn written(text: &str) -> (Chronicle, Report) {
    let (mut chronicle, mut report) = discussed();
    let texts = || vec![text.to_owned()];
    let decision = &mut chronicle.decision;
    let proposal = std::sync::Arc::make_mut(&mut decision.proposal);
    let context = &mut proposal.context;
    for one in [&mut context.description, &mut context.impact, &mut context.timeline] {
        text.clone_into(one);
    }
    context.stakeholders = texts();
    context.alternatives = texts();
    context.dependencies = texts();
    context.success_criteria = texts();
    context.constraints = texts();
    context.risks = vec![Risk { risk: text.to_owned(), mitigation: Some(text.to_owned()) }];
    text.clone_into(&mut proposal.subject);
    text.clone_into(&mut chronicle.session.title);
    decision.synthesis = Some(text.to_owned());
    for step in &mut decision.path {
        text.clone_into(&mut step.why);
        step.who = Party::Person(text.to_owned());
    }
    for role in &mut chronicle.roles {
        text.clone_into(&mut role.title);
    }
    for round in &mut chronicle.rounds {
        for ballot in &mut round.ballots {
            text.clone_into(&mut ballot.rationale);
            text.clone_into(&mut ballot.mind);
            for fact in &mut ballot.facts {
                text.clone_into(&mut fact.name);
                text.clone_into(&mut fact.words);
            }
        }
        for one in &mut round.clarifications {
            text.clone_into(&mut one.inquiry.question);
            if let Some(reply) = &mut one.reply {
                text.clone_into(&mut reply.text);
            }
        }
        for absence in &mut round.absences {
            text.clone_into(&mut absence.reason);
        }
        for named in round.changes.iter_mut().flat_map(|change| &mut change.named) {
            text.clone_into(&mut named.1);
        }
    }
    let approval = chronicle.approval.as_mut().unwrap();
    let [person, door, note] = [text, text, text].map(str::to_owned);
    approval.verdict =
        Some(Verdict { approve: true, person, door, note, at: chronicle.end.at.after_ms(60_000) });
    for sent in &mut chronicle.events.messages {
        text.clone_into(&mut sent.message.subject);
        text.clone_into(&mut sent.message.content);
        sent.message.from = Party::Person(text.to_owned());
        for Fate { delivery, .. } in &mut sent.fates {
            delivery.reason = Some(text.to_owned());
        }
    }
    for thinking in &mut chronicle.events.thoughts {
        text.clone_into(&mut thinking.about);
        thinking.outcome = thinking.outcome.clone().map(|_| text.to_owned()).map_err(|_| text.to_owned());
    }
    for failed in &mut chronicle.events.failures {
        text.clone_into(&mut failed.what);
        text.clone_into(&mut failed.reason);
    }
    for change in &mut chronicle.events.breakers {
        text.clone_into(&mut change.what);
    }
    for agent in &mut report.agents {
        text.clone_into(&mut agent.reason);
    }
    for check in &mut report.expectations.checks {
        for one in [&mut check.what, &mut check.expected, &mut check.found] {
            text.clone_into(one);
        }
    }
    (chronicle, report)
}

fn role(name: &str) -> RoleId {
    RoleId::new(name).unwrap()
}

fn fact(name: &str, kind: FactKind, words: &str, effect: i64, from: Option<&str>) -> Fact {
    let (name, words, from) = (name.to_owned(), words.to_owned(), from.map(role));
    Fact { name, kind, words, effect, unweighed: effect, from }
}

fn ballot(round: u32, name: &str, vote: Vote, sure: u64, facts: Vec<Fact>) -> Ballot {
    Ballot {
        decision: Id::from_number(1),
        round,
        role: role(name),
        vote,
        confidence: Confidence::saturating(sure),
        rationale: format!("the reasons of {name} in round {round}"),
        facts,
        mind: "rules".to_owned(),
        at: Timestamp::default(),
    }
}

fn clarification(round: u32, asker: &str, to: &str, question: &str, answer: Option<&str>) -> Clarification {
    let (text, at) = (answer.map(str::to_owned), Timestamp::default());
    Clarification {
        message: Some(MessageId::from_number(9)),
        decision: Id::from_number(1),
        round,
        asker: role(asker),
        inquiry: Inquiry { to: role(to), figure: String::new(), question: question.to_owned() },
        reply: text.map(|text| Reply { text, figure: None, mind: "rules".to_owned(), at }),
        asked_at: at,
    }
}
