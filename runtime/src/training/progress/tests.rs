//! Progress in words: what a discussion, breakers and dead letters look like to whoever watches.

use echo_storage::Input;
use echo_storage::names::{ApprovalId, Id, MessageId, SessionId, TimerId};
use echo_storage::quantities::{Confidence, Timestamp};
use echo_storage::records::{
    Agent, Breaker, BreakerState, Context, Inquiry, Mode, Party, PathStep as Step, Proposal, Reply, Status,
    Tally, Vote,
};

use super::*;

fn role(id: &str) -> RoleId {
    id.parse().unwrap()
}

fn at(second: u64) -> Timestamp {
    Timestamp::from_ms(second * 1000)
}

fn decision(phase: Phase) -> Decision {
    let proposal = Proposal {
        initiator: role("chief"),
        kind: "purchases".parse().unwrap(),
        mode: Mode::Collaborative,
        matters: Vec::new(),
        opinion: None,
        subject: "Locks".to_owned(),
        context: Context::default(),
    };
    Decision {
        id: DecisionId::from_number(1),
        proposal: std::sync::Arc::new(proposal),
        session: Some(SessionId::from_number(1)),
        matters: Vec::new(),
        related: Vec::new(),
        mode: Mode::Collaborative,
        status: Status::Pending,
        phase,
        deadline: None,
        participants: vec![role("clerk"), role("guard")],
        lead: Some(role("clerk")),
        rounds: 0,
        absences: Vec::new(),
        tally: None,
        synthesis: None,
        reason: None,
        decided_by: None,
        path: Vec::new(),
        opened_at: at(0),
        closed_at: None,
    }
}

fn ballot(who: &str, round: u32, vote: Vote) -> Effect {
    Effect::PutBallot(Ballot {
        decision: DecisionId::from_number(1),
        round,
        role: role(who),
        vote,
        confidence: Confidence::saturating(740),
        rationale: String::new(),
        facts: Vec::new(),
        mind: "rules".to_owned(),
        at: at(0),
    })
}

fn breaker(state: Option<BreakerState>) -> Effect {
    let reason = "the handler panicked".to_owned();
    let breaker = state.map(|state| Breaker { state, trips: 1, reason, opened_at: at(0) });
    Effect::PutAgent(Agent { breaker, ..Agent::new(role("clerk")) })
}

fn step(who: &str, deed: Deed) -> Step {
    let (who, why) = (Party::Role(role(who)), "too dear".to_owned());
    Step { who, deed, why, confidence: None, at: at(0) }
}

/// What is said of these effects, one step each.
fn told(effects: Vec<Effect>) -> String {
    told_of_steps(effects.into_iter().map(|effect| vec![effect]).collect())
}

/// What is said of these steps.
fn told_of_steps(steps: Vec<Vec<Effect>>) -> String {
    let mut progress = Progress::default();
    let mut lines = Vec::new();
    for (step, effects) in (1..).zip(steps) {
        let input = Input::Timer { due: at(0), timer: TimerId::from_number(1) };
        lines.extend(progress.lines(&Entry { step, now: at(0), input, failure: None, effects }));
    }
    lines.join("\n")
}

#[test]
fn a_discussion() {
    let mut second = decision(Phase::Voting { round: 2 });
    let opened = Effect::PutDecision(second.clone());
    second.absences.push(Absence {
        role: role("porter"),
        round: 2,
        reason: "its breaker is open".to_owned(),
    });
    let inquiry =
        Inquiry { to: role("chief"), figure: "budget".to_owned(), question: "What is left?".to_owned() };
    let asked = Clarification {
        message: Some(MessageId::from_number(9)),
        decision: DecisionId::from_number(1),
        round: 1,
        asker: role("guard"),
        inquiry,
        reply: None,
        asked_at: at(0),
    };
    let reply = Reply { text: "40,000 USD".to_owned(), figure: None, mind: String::new(), at: at(1) };
    let answered = Clarification { reply: Some(reply), ..asked.clone() };
    let lines = told(vec![
        Effect::PutDecision(decision(Phase::Voting { round: 1 })),
        ballot("clerk", 1, Vote::Approve),
        ballot("guard", 1, Vote::Abstain),
        Effect::PutDecision(decision(Phase::Clarifying { round: 1 })),
        Effect::PutClarification(asked),
        Effect::PutClarification(answered),
        opened,
        Effect::PutDecision(second.clone()),
        Effect::PutDecision(second),
        ballot("clerk", 2, Vote::Approve),
        ballot("guard", 2, Vote::Reject),
        ballot("porter", 2, Vote::Approve),
    ]);
    insta::assert_snapshot!(lines, @r"
    4 proposals       round 1: 2 vote, clerk leads
    4 proposals       clerk votes approve, confidence 0.740
    4 proposals       guard votes abstain, confidence 0.740
    4 discussion      guard asks chief: What is left?
    4 discussion      chief to guard: 40,000 USD
    4 discussion      round 2: 2 vote, clerk leads
    4 discussion      round 2: porter is absent: its breaker is open
    4 discussion      round 2: clerk stays with approve, confidence 0.740
    4 discussion      round 2: guard changes abstain to reject, confidence 0.740
    4 discussion      round 2: porter votes approve, confidence 0.740
    ");
}

#[test]
fn a_way_up_is_told_once() {
    let mut climbing = decision(Phase::Climbing { at: role("chief") });
    climbing.path = vec![step("clerk", Deed::Opened), step("clerk", Deed::PassedUp)];
    let mut waiting = decision(Phase::Waiting { approval: ApprovalId::from_number(3) });
    waiting.path = climbing.path.clone();
    waiting.path.extend([step("chief", Deed::PassedUp), step("chief", Deed::AskedPerson)]);
    let put = |decision: &Decision| Effect::PutDecision(decision.clone());
    let lines = told(vec![put(&climbing), put(&climbing), put(&waiting), put(&waiting)]);
    insta::assert_snapshot!(lines, @r"
    climbing          clerk passes it up: too dear
    climbing          chief passes it up: too dear
    outcome           escalated: dec-1 waits for a person (apr-3)
    ");
}

#[test]
fn breakers_and_dead_letters() {
    let open = || Some(BreakerState::Open { until: at(30), timer: TimerId::from_number(1) });
    let receipt = |attempts, dead| {
        let reason = "out of order".to_owned();
        let message = MessageId::from_number(12);
        Effect::PutReceipt(Receipt { message, role: role("clerk"), attempts, reason, dead, at: at(0) })
    };
    let lines = told(vec![
        breaker(None),
        receipt(1, false),
        receipt(3, true),
        breaker(open()),
        breaker(open()),
        breaker(Some(BreakerState::HalfOpen)),
        breaker(None),
        breaker(None),
        breaker(Some(BreakerState::GivenUp)),
    ]);
    insta::assert_snapshot!(lines, @r"
    agents            msg-12 to clerk is a dead letter after 3 attempts: out of order
    agents            clerk pauses for 30 s, its breaker is open: the handler panicked
    agents            clerk tries again after its pause
    agents            clerk works again: its breaker has closed
    agents            clerk is given up until an operator retries it: the handler panicked
    ");
}

/// A step that several decisions are written in, some more than once, is told of each as it was written last; the count
/// is told even where nobody is there to sum it up.
#[test]
fn each_decision_of_a_step_is_told_as_it_was_written_last() {
    let tally = Tally {
        approve: 1,
        reject: 0,
        abstain: 1,
        participants: 2,
        quorum: true,
        consensus: Some(Confidence::saturating(1000)),
        weighted: None,
        recommended: true,
        rejected: false,
    };
    let first = decision(Phase::Voting { round: 1 });
    let counted = Decision { phase: Phase::Synthesising, tally: Some(tally), ..first.clone() };
    let mut climbing = Decision { phase: Phase::Climbing { at: role("chief") }, ..counted.clone() };
    climbing.path = vec![step("clerk", Deed::Concluded), step("clerk", Deed::PassedUp)];
    let second = Decision { id: DecisionId::from_number(2), ..first.clone() };
    let put = |decision: &Decision| Effect::PutDecision(decision.clone());
    let lines = told_of_steps(vec![
        vec![put(&decision(Phase::Selecting)), put(&first), put(&second)],
        vec![put(&counted), put(&second), put(&climbing)],
        vec![put(&climbing)],
    ]);
    insta::assert_snapshot!(lines, @r"
    4 proposals       round 1: 2 vote, clerk leads
    4 proposals       round 1: 2 vote, clerk leads
    5 consensus       1 approve, 0 reject, 1 abstain of 2 participants; quorum reached; consensus 1.000
    6 synthesis       too dear
    climbing          clerk passes it up: too dear
    ");
}
