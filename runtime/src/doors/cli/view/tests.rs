//! The picture of a session: what it shows at each moment and width, and how it is brought onto a terminal.

pub(in crate::doors::cli) mod terminal;

use std::sync::Arc;

use echo_storage::Store;
use echo_storage::clock::ClockKind;
use echo_storage::journal::Entry;
use echo_storage::names::{Id, MessageId, RoleId, TimerId};
use echo_storage::quantities::{Confidence, Timestamp};
use echo_storage::records::{
    Absence, Agent, Ballot, Breaker, BreakerState, Clarification, Decision, Inquiry, Phase, Receipt, Reply,
    ThoughtKind, Vote,
};
use echo_storage::{Effect, Input};
use ratatui::Terminal as Drawn;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use self::terminal::Terminal;
use super::model::View;
use super::screen::Screen;
use crate::drivers::simulation::Simulation;
use crate::mind::RulesMind;
use crate::training::samples::{LOCKS, company};
use crate::training::{Play, Playing, Scenario, Stop, simulate};

/// The steps of a session of the tiny company.
fn session() -> Vec<Entry> {
    let company = company();
    let scenario = Scenario::parse("test", LOCKS, &company.role_ids(), &company.decision_types()).unwrap();
    let store = Arc::new(Store::in_memory(ClockKind::Virtual).unwrap());
    let mut simulation = Simulation::new(Arc::new(company), store, Arc::new(RulesMind), 7).unwrap();
    let mut steps = Vec::new();
    let watcher = &mut |entry: &Entry| steps.push(entry.clone());
    let playing = Playing { what: Play::New(&scenario), watcher, stop: Stop::never() };
    simulate(&mut simulation, playing).unwrap();
    steps
}

fn view() -> View {
    View::new(company().config(), ClockKind::Real, false)
}

/// The picture at this width, with quotes around each row.
fn shown(view: &View, columns: u16, now: Timestamp) -> String {
    let height = u16::try_from(view.agents.len()).unwrap() + 4;
    let mut drawn = Drawn::new(TestBackend::new(columns - 1, height)).unwrap();
    drawn.draw(|frame| view.render(frame.buffer_mut(), now)).unwrap();
    drawn.backend().to_string()
}

fn later(moment: Timestamp, ms: u64) -> Timestamp {
    Timestamp::from_ms(moment.ms() + ms)
}

/// A session whose votes are being taken, and what is said of it from then on.
struct Discussion {
    view: View,
    decision: Decision,
    now: Timestamp,
}

impl Discussion {
    /// Right behind the step that opened the first round.
    fn new() -> Self {
        let mut view = view();
        let decision = session().iter().find_map(|entry| {
            view.apply(entry);
            entry.effects.iter().find_map(|effect| match effect {
                Effect::PutDecision(decision) if matches!(decision.phase, Phase::Voting { .. }) => {
                    Some(decision.clone())
                }
                _ => None,
            })
        });
        let now = view.latest();
        Self { view, decision: decision.unwrap(), now }
    }

    /// A step a second later.
    fn step(&mut self, effects: Vec<Effect>) {
        self.now = later(self.now, 1_000);
        let input = Input::Timer { due: self.now, timer: TimerId::from_number(1) };
        let step = self.view.steps + 1;
        self.view.apply(&Entry { step, now: self.now, input, failure: None, effects });
    }

    fn ballot(&mut self, role: &str, round: u32, vote: Vote, confidence: u64) {
        let ballot = Ballot {
            decision: self.decision.id,
            round,
            role: role.parse().unwrap(),
            vote,
            confidence: Confidence::saturating(confidence),
            rationale: String::new(),
            facts: Vec::new(),
            mind: "rules".to_owned(),
            at: self.now,
        };
        let unread = self.view.agents.iter().find(|row| row.role == ballot.role).unwrap().unread.clone();
        let read = unread.into_iter().map(|message| {
            let role = ballot.role.clone();
            Effect::Acknowledge { role, message }
        });
        let mut effects: Vec<Effect> = read.collect();
        effects.push(Effect::PutBallot(ballot));
        self.step(effects);
    }

    fn phase(&mut self, phase: Phase, change: impl FnOnce(&mut Decision)) {
        self.decision.phase = phase;
        self.decision.deadline = Some((later(self.now, 61_000), TimerId::from_number(9)));
        change(&mut self.decision);
        let decision = self.decision.clone();
        self.step(vec![Effect::PutDecision(decision)]);
    }

    fn agent(&mut self, role: &str, state: BreakerState) {
        let reason = "the handler panicked: \u{1b}[2Jout\nof order".to_owned();
        let breaker = Some(Breaker { state, trips: 1, reason, opened_at: self.now });
        let agent = Agent { failures: 5, breaker, ..Agent::new(role.parse().unwrap()) };
        self.step(vec![Effect::PutAgent(agent)]);
    }
}

/// Goal: each moment of a session reads well. Method: the picture after some of the steps of a real one, at 80 columns.
#[test]
fn a_session_from_its_start_to_its_end() {
    let mut view = view();
    let mut pictures = Vec::new();
    for entry in session() {
        view.apply(&entry);
        let shows = |wanted: fn(&Phase) -> bool| {
            entry
                .effects
                .iter()
                .any(|effect| matches!(effect, Effect::PutDecision(one) if wanted(&one.phase)))
        };
        if shows(|_| true) || entry.effects.iter().any(|effect| matches!(effect, Effect::PutSession(_))) {
            pictures.push(format!("step {}\n{}", view.steps, shown(&view, 80, later(entry.now, 1_250))));
        }
    }
    insta::assert_snapshot!(pictures.join("\n"));
}

/// Goal: what is discussed over several rounds reads well at each width. Method: steps that have roles change their
/// votes, ask each other, stay away and fail.
#[test]
fn a_discussion_at_each_width() {
    let mut discussion = Discussion::new();
    discussion.ballot("clerk", 1, Vote::Approve, 740);
    discussion.ballot("guard", 1, Vote::Reject, 1_000);
    let inquiry = Inquiry {
        to: "chief".parse().unwrap(),
        figure: "budget_left".to_owned(),
        question: "how much of the budget is left for locks this year?".to_owned(),
    };
    let asked = Clarification {
        message: Some(MessageId::from_number(9)),
        decision: discussion.decision.id,
        round: 1,
        asker: "guard".parse().unwrap(),
        inquiry,
        reply: None,
        asked_at: discussion.now,
    };
    discussion.phase(Phase::Clarifying { round: 1 }, |decision| decision.rounds = 1);
    discussion.step(vec![Effect::PutClarification(asked.clone())]);
    let mut pictures = vec![shown(&discussion.view, 80, discussion.now)];
    let reply = Reply { text: "all of it".to_owned(), figure: None, mind: String::new(), at: discussion.now };
    discussion.step(vec![Effect::PutClarification(Clarification { reply: Some(reply), ..asked })]);
    discussion.phase(Phase::Voting { round: 2 }, |decision| {
        let reason = "its breaker is open".to_owned();
        decision.absences.push(Absence { role: "clerk".parse().unwrap(), round: 2, reason });
    });
    discussion.agent(
        "clerk",
        BreakerState::Open { until: later(discussion.now, 30_000), timer: TimerId::from_number(4) },
    );
    discussion.agent("porter", BreakerState::GivenUp);
    let receipt = Receipt {
        message: MessageId::from_number(1),
        role: "porter".parse().unwrap(),
        attempts: 3,
        reason: String::new(),
        dead: true,
        at: discussion.now,
    };
    discussion.step(vec![Effect::PutReceipt(receipt)]);
    pictures.extend([60, 80, 120].map(|columns| shown(&discussion.view, columns, discussion.now)));
    discussion.agent("clerk", BreakerState::HalfOpen);
    discussion.ballot("guard", 2, Vote::Abstain, 500);
    pictures.push(shown(&discussion.view, 80, discussion.now));
    insta::assert_snapshot!(pictures.join("\n"));
}

/// Goal: no size of a terminal and no text of others stops the picture. Method: every size up to one with room for all,
/// with a title of wide characters and control codes.
#[test]
fn every_size_is_shown_or_left_alone() {
    let mut discussion = Discussion::new();
    let mut session = discussion.view.session.clone().unwrap();
    session.title = "\u{1b}]0;x\u{7}新しい錠 e\u{301}\u{200d}👩‍👩‍👧 ".repeat(9);
    discussion.step(vec![Effect::PutSession(session)]);
    for rows in 0..40 {
        for columns in 0..140 {
            let picture = discussion.view.picture(columns, rows, discussion.now);
            assert_eq!(picture.is_some(), rows >= 16 && columns >= 40, "{columns}x{rows}");
            let Some(picture) = picture else { continue };
            assert!(picture.area.width < columns && picture.area.height < rows);
            let is_control = |symbol: &str| symbol.chars().any(char::is_control);
            assert!(!picture.content().iter().any(|cell| is_control(cell.symbol())));
        }
    }
    for columns in 0..40 {
        let mut picture = Buffer::empty(Rect::new(0, 0, columns, 5));
        discussion.view.render(&mut picture, discussion.now);
    }
}

/// Goal: what an agent waits for is seen. Method: the session's own steps, each with what is unread and thought about.
#[test]
fn mail_and_thoughts_come_and_go() {
    let mut view = view();
    let (mut most_unread, mut most_out) = (0, 0);
    for entry in session() {
        view.apply(&entry);
        most_unread = most_unread.max(view.agents.iter().map(|row| row.unread.len()).sum());
        for thought in view.thoughts.clone() {
            most_out = most_out.max(view.thoughts.len());
            let row = view.agents.iter().find(|row| row.role == thought.role).unwrap();
            let said = super::words::doing(&view, row, later(thought.asked_at, 61_500)).words;
            let expected = match &thought.kind {
                ThoughtKind::Ballot { round: 0, .. } => "is asked to decide",
                ThoughtKind::Ballot { .. } => "thinks about its ballot, round 1",
                ThoughtKind::Synthesis => "sums up the votes",
                other => panic!("not asked in this session: {other:?}"),
            };
            assert!(said == format!("{expected}, 1:01"), "{said}");
        }
    }
    // The chief does not read what it has said itself.
    assert_eq!((most_unread, most_out), (3, 2));
    let unread = view.agents.iter().filter(|row| !row.unread.is_empty());
    assert_eq!(unread.map(|row| &row.role).collect::<Vec<_>>(), Vec::<&RoleId>::new());
    assert!(view.thoughts.is_empty());
}

fn picture(rows: &[&str]) -> Buffer {
    Buffer::with_lines(rows.iter().copied())
}

/// Goal: lines stay and the picture below them is replaced. Method: what is written goes to a terminal of a few lines of
/// code, whose rows are compared.
#[test]
fn the_picture_follows_the_lines() {
    let mut terminal = Terminal::new(20);
    let mut screen = Screen::new(true);
    let mut check = |bytes: &str, expected: &[&str], cursor: (usize, usize)| {
        terminal.write(bytes);
        assert_eq!(terminal.rows(), expected, "{bytes:?}");
        assert_eq!(terminal.cursor(), cursor, "{bytes:?}");
    };
    check(&screen.paint("one\n", 20, None), &["one"], (1, 0));
    check(
        &screen.paint("two\n", 20, Some(&picture(&["aa", "bb", "cc"]))),
        &["one", "two", "aa", "bb", "cc"],
        (4, 0),
    );
    assert_eq!(screen.paint("", 20, Some(&picture(&["aa", "bb", "cc"]))), "");
    check(
        &screen.paint("", 20, Some(&picture(&["aa", "b", "cc"]))),
        &["one", "two", "aa", "b", "cc"],
        (4, 0),
    );
    let three = ["one", "two", "three", "x"];
    check(&screen.paint("three\n", 20, Some(&picture(&["x"]))), &three, (3, 0));
    // What is typed is echoed into the last row and gone with the next change.
    check("^C\r", &["one", "two", "three", "^C"], (3, 0));
    check(&screen.paint("", 20, Some(&picture(&["y"]))), &["one", "two", "three", "y"], (3, 0));
    check(&screen.paint("", 20, None), &["one", "two", "three"], (3, 0));
    check(&screen.paint("", 20, Some(&picture(&["y", "z"]))), &["one", "two", "three", "y", "z"], (4, 0));
    check(&screen.clear("end\n"), &["one", "two", "three", "end"], (4, 0));
    assert_eq!(screen.clear(""), "");
}

/// Goal: a terminal that has become narrower is left without remains. Method: one that breaks its rows anew.
#[test]
fn a_narrower_terminal_breaks_the_picture_and_gets_a_new_one() {
    let mut terminal = Terminal::new(20);
    let mut screen = Screen::new(true);
    terminal.write(&screen.paint(
        "line\n",
        20,
        Some(&picture(&["1234567890123456789", "short", "1234567890123456789"])),
    ));
    terminal.resize(7);
    assert_eq!(terminal.rows().len(), 1 + 3 + 1 + 3);
    terminal.write(&screen.paint("", 7, Some(&picture(&["a", "b"]))));
    assert_eq!(terminal.rows(), ["line", "a", "b"]);
}

#[test]
fn colours_are_left_out_where_they_are_not_wanted() {
    let mut discussion = Discussion::new();
    discussion.ballot("clerk", 1, Vote::Approve, 740);
    let picture = discussion.view.picture(80, 24, discussion.now).unwrap();
    let painted = |has_colours| Screen::new(has_colours).paint("", 80, Some(&picture));
    for code in ["\u{1b}[31m", "\u{1b}[32m", "\u{1b}[33m", "\u{1b}[36m"] {
        assert!(!painted(false).contains(code));
    }
    assert!(painted(true).contains("\u{1b}[32m"));
    let rows = |bytes: &str| {
        let mut terminal = Terminal::new(80);
        terminal.write(bytes);
        terminal.rows()
    };
    assert_eq!(rows(&painted(false)), rows(&painted(true)));
    for row in painted(true).split('\n').map(|row| row.trim_end_matches('\r')) {
        assert!(!row.contains('\u{1b}') || row.ends_with("\u{1b}[0m"), "{row:?}");
    }
}
