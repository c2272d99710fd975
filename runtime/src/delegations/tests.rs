//! Delegations in a tiny company, played on a virtual clock.
//!
//! Goal: a task is a request to an agent of its delegation, its answer is a message, and nothing else is touched. Method: each
//! order is an input as a door would make it; what came of it is read from its reply and from the state.

use std::sync::Arc;

use echo_storage::clock::ClockKind;
use echo_storage::names::Id;
use echo_storage::{Input, Snapshot, Store};
use serde_json::Value;

use super::standing::Counts;
use super::*;
use crate::drivers::simulation::Simulation;
use crate::mind::RulesMind;
use crate::training::samples::company;

const CATEGORIES: &[Category] = &[
    Category { name: "doors", about: "doors", roles: &["guard", "porter"], words: &["lock", "door*"] },
    Category { name: "papers", about: "papers", roles: &["clerk"], words: &["archive", "paper"] },
];

/// A company with a store.
struct House {
    store: Arc<Store>,
    simulation: Simulation,
}

impl House {
    fn new() -> Self {
        let store = Arc::new(Store::in_memory(ClockKind::Virtual).unwrap());
        let company = Arc::new(company().delegating(CATEGORIES).unwrap());
        let simulation = Simulation::new(company, store.clone(), Arc::new(RulesMind), 7).unwrap();
        Self { store, simulation }
    }

    fn state(&self) -> Snapshot {
        self.store.snapshot().unwrap()
    }

    fn submit(&mut self, input: Input) -> Result<Value, String> {
        let entry = self.simulation.submit(input).map_err(|error| error.to_string())?;
        Ok(serde_json::from_str(entry.reply().unwrap()).unwrap())
    }

    fn order(&mut self, order: DelegationOrder) -> Result<Value, String> {
        self.submit(Input::Delegate { by: ada(), order })
    }

    fn start(&mut self, roles: &[&str]) -> DelegationId {
        let reply = self.order(DelegationOrder::Start {
            description: "New locks".to_owned(),
            category: "doors".to_owned(),
            because: "it was named".to_owned(),
            roles: roles.iter().copied().map(role).collect(),
        });
        reply.unwrap()["session"].as_str().unwrap().parse().unwrap()
    }

    fn give(&mut self, delegation: DelegationId, to: Option<&str>) -> Result<Value, String> {
        let (subject, task) = ("Locks".to_owned(), "Count them".to_owned());
        self.order(DelegationOrder::Task { delegation, role: to.map(role), subject, task })
    }

    fn answer(&mut self, from: Party, task: &str) -> String {
        let reply = self.submit(Input::Post {
            from,
            to: Address::Role(role("chief")),
            kind: Kind::Response,
            subject: "Counted".to_owned(),
            content: "{}".to_owned(),
            in_reply_to: Some(task.parse().unwrap()),
        });
        reply.unwrap()["message"].as_str().unwrap().to_owned()
    }

    fn settle(&mut self) {
        self.simulation.settle(&mut |_| {}).unwrap();
    }

    fn standing(&self, id: DelegationId) -> Standing {
        let state = self.state();
        let delegation = state.delegation(id).unwrap().unwrap();
        Standing::of(&state, &state.config().unwrap().unwrap(), &delegation).unwrap()
    }

    fn states(&self, id: DelegationId) -> Vec<TaskState> {
        self.standing(id).tasks.iter().map(|task| task.state).collect()
    }
}

fn ada() -> Party {
    Party::Person("ada".to_owned())
}

fn role(name: &str) -> RoleId {
    RoleId::new(name).unwrap()
}

fn text<'v>(reply: &'v Value, name: &str) -> &'v str {
    reply[name].as_str().unwrap()
}

#[test]
fn a_task_is_a_request_that_waits_is_read_and_is_answered() {
    let mut house = House::new();
    let id = house.start(&["guard", "porter"]);
    let given = house.give(id, Some("guard")).unwrap();
    let task = text(&given, "message").to_owned();
    let message = house.state().message(task.parse().unwrap()).unwrap().unwrap();
    assert_eq!(
        (message.kind, &message.from, &message.to),
        (Kind::Request, &ada(), &Address::Role(role("guard")))
    );
    let content: Value = serde_json::from_str(&message.content).unwrap();
    assert_eq!((&content["session"], &content["task"]), (&json!("del-1"), &json!("Count them")));
    assert_eq!(house.states(id), [TaskState::Waiting]);
    house.settle();
    assert_eq!(house.states(id), [TaskState::Read], "to read a task is not to answer it");
    house.answer(Party::Role(role("clerk")), &task);
    house.answer(ada(), &task);
    assert_eq!(house.states(id), [TaskState::Read], "others do not answer for its agent");
    let answer = house.answer(Party::Role(role("guard")), &task);
    house.answer(Party::Role(role("guard")), &task);
    let standing = house.standing(id);
    assert_eq!(standing.tasks[0].state, TaskState::Answered);
    assert_eq!(standing.tasks[0].answer.unwrap().to_string(), answer, "the first answer counts");
    assert_eq!(standing.counts(), Counts { given: 1, answered: 1, ..Counts::default() });
}

#[test]
fn the_least_busy_gets_a_task_that_names_nobody() {
    let mut house = House::new();
    let id = house.start(&["guard", "porter", "clerk"]);
    for expected in ["guard", "porter", "clerk", "guard"] {
        let given = house.give(id, None).unwrap();
        assert_eq!(text(&given, "agent"), expected, "{given}");
    }
    // Mail of another kind counts as well.
    house.settle();
    let other = house.start(&["guard"]);
    house.give(other, None).unwrap();
    let given = house.give(id, None).unwrap();
    assert_eq!(text(&given, "agent"), "porter");
    assert!(text(&given, "because").contains("the least to do: 0 messages"), "{given}");
    assert!(text(&given, "because").ends_with("and 1 task of this session"), "{given}");
    // What was read is still to be answered.
    house.settle();
    assert_eq!(text(&house.give(id, None).unwrap(), "agent"), "clerk");
}

#[test]
fn only_an_agent_of_the_session_gets_its_tasks() {
    let mut house = House::new();
    let (id, other) = (house.start(&["guard"]), house.start(&["guard", "clerk"]));
    let refused = house.give(id, Some("clerk")).unwrap_err();
    assert!(
        refused.contains("clerk does not belong to del-1: spawn it there first, or name one of guard"),
        "{refused}"
    );
    assert!(house.give(id, Some("janitor")).unwrap_err().contains("there is no role `janitor`"));
    let joined = house.order(DelegationOrder::Join { delegation: id, role: role("clerk") }).unwrap();
    assert_eq!(joined["agents"], json!(["guard", "clerk"]));
    let again = house.order(DelegationOrder::Join { delegation: id, role: role("clerk") }).unwrap_err();
    assert!(again.contains("belongs to del-1 already"), "{again}");
    let task = house.give(id, Some("clerk")).unwrap();
    let left = house.order(DelegationOrder::Leave { delegation: id, role: role("clerk") }).unwrap();
    assert_eq!((&left["agents"], &left["unanswered"]), (&json!(["guard"]), &json!([task["message"]])));
    assert!(house.give(id, Some("clerk")).is_err());
    assert!(house.order(DelegationOrder::Leave { delegation: id, role: role("clerk") }).is_err());
    // The other session and the agent itself are as they were.
    assert_eq!(text(&house.give(other, Some("clerk")).unwrap(), "agent"), "clerk");
    house.settle();
    assert_eq!(house.states(id), [TaskState::Read]);
    assert_eq!(house.states(other), [TaskState::Read]);
    house.order(DelegationOrder::Leave { delegation: id, role: role("guard") }).unwrap();
    assert!(
        house.give(id, None).unwrap_err().contains("no agent any more that the organisation has: spawn one")
    );
    let back = house.order(DelegationOrder::Join { delegation: id, role: role("clerk") }).unwrap();
    assert_eq!(back["agents"], json!(["clerk"]));
}

#[test]
fn what_has_ended_takes_nothing_more() {
    let mut house = House::new();
    let id = house.start(&["guard", "porter"]);
    let task = text(&house.give(id, Some("guard")).unwrap(), "message").to_owned();
    house.give(id, Some("porter")).unwrap();
    house.settle();
    house.answer(Party::Role(role("guard")), &task);
    let ended = house.order(DelegationOrder::End { delegation: id, note: "Enough.".to_owned() }).unwrap();
    assert_eq!(ended["tasks"], json!({ "given": 2, "answered": 1, "read": 1, "waiting": 0, "given_up": 0 }));
    let summary = text(&ended, "summary");
    assert!(summary.starts_with("2 tasks: 1 answered, 1 read, 0 waiting\n"), "{summary}");
    assert!(summary.ends_with("\nEnough."), "{summary}");
    assert!(summary.contains(": Counted)"), "the answer in a line: {summary}");
    let end = house.state().delegation(id).unwrap().unwrap().end.unwrap();
    assert_eq!(end.summary, summary);
    let delegation = id;
    for order in [
        DelegationOrder::Task { delegation, role: None, subject: "x".to_owned(), task: "x".to_owned() },
        DelegationOrder::Join { delegation, role: role("clerk") },
        DelegationOrder::Leave { delegation, role: role("guard") },
        DelegationOrder::End { delegation, note: String::new() },
    ] {
        let refused = house.order(order).unwrap_err();
        assert!(refused.contains("del-1 ended at") && refused.contains("start another"), "{refused}");
    }
    let unknown = house.give(DelegationId::from_number(7), None).unwrap_err();
    assert!(unknown.contains("there is no session del-7"), "{unknown}");
}

/// Goal: whoever gave a task hears of its answer. Method: the agent answers the person, and nobody is written to unasked.
#[test]
fn a_person_who_gave_a_task_is_answered() {
    let mut house = House::new();
    let id = house.start(&["guard"]);
    let task: MessageId = text(&house.give(id, None).unwrap(), "message").parse().unwrap();
    let mut post = |to: &str, in_reply_to: Option<MessageId>| {
        house.submit(Input::Post {
            from: Party::Role(role("guard")),
            to: Address::Person(to.to_owned()),
            kind: Kind::Response,
            subject: "Counted: seven".to_owned(),
            content: "{}".to_owned(),
            in_reply_to,
        })
    };
    for (to, in_reply_to) in [("ada", None), ("eve", Some(task))] {
        let refused = post(to, in_reply_to).unwrap_err();
        assert!(refused.contains("in answer to a message of theirs"), "{refused}");
    }
    post("ada", Some(task)).unwrap();
    assert_eq!(house.states(id), [TaskState::Answered]);
    house.settle();
    let entries = echo_storage::journal::walk(&house.state()).count();
    house.settle();
    assert_eq!(echo_storage::journal::walk(&house.state()).count(), entries, "nobody has mail of it");
}

/// Goal: an agent that the organisation has no more gets no task, and holds up none. Method: the configuration goes on without
/// one of two.
#[test]
fn a_role_that_is_gone_gets_no_task() {
    let mut house = House::new();
    let id = house.start(&["guard", "porter"]);
    house.give(id, Some("guard")).unwrap();
    house.settle();
    let mut config = (*house.state().config().unwrap().unwrap()).clone();
    config.roles.retain(|one| one.id != role("guard"));
    house.simulation.submit(Input::Configure(config)).unwrap();
    for _ in 0..2 {
        assert_eq!(text(&house.give(id, None).unwrap(), "agent"), "porter");
    }
    assert_eq!(house.states(id)[0], TaskState::GivenUp);
    let gone = &house.standing(id).agents[0];
    assert_eq!(gone.takes_no_mail.as_deref(), Some("the organisation has no such role any more"));
    house.order(DelegationOrder::Leave { delegation: id, role: role("guard") }).unwrap();
}

#[test]
fn a_task_is_named_where_it_is_refused() {
    let mut house = House::new();
    let delegation = house.start(&["guard"]);
    let mut check = |task: &str, words: &str| {
        let (task, subject) = (task.to_owned(), "Locks".to_owned());
        let refused = house.order(DelegationOrder::Task { delegation, role: None, subject, task });
        let refused = refused.unwrap_err();
        assert!(refused.contains(words), "{refused}");
    };
    check(" \n", "task: it has 2 characters");
    check(&"x".repeat(MAX_TASK_CHARS + 1), "task: it has 16001 characters");
    check(&"\u{1}".repeat(MAX_TASK_CHARS), "task: with its signs written as JSON it has");
}

#[test]
fn what_makes_no_session_is_refused() {
    let mut house = House::new();
    let long = "x".repeat(MAX_CATEGORY_CHARS + 1);
    for category in ["", &long] {
        let (category, because) = (category.to_owned(), "named".to_owned());
        let order = DelegationOrder::Start {
            description: "x".to_owned(),
            category,
            because,
            roles: vec![role("guard")],
        };
        let refused = house.submit(Input::Delegate { by: ada(), order }).unwrap_err();
        assert!(refused.contains("category: it has"), "{refused}");
    }
    let mut check = |description: &str, roles: &[&str], by: Party, words: &str| {
        let roles = roles.iter().copied().map(role).collect();
        let (category, because) = ("doors".to_owned(), "named".to_owned());
        let order = DelegationOrder::Start { description: description.to_owned(), category, because, roles };
        let refused = house.submit(Input::Delegate { by, order }).unwrap_err();
        assert!(refused.contains(words), "{refused}");
    };
    check(" ", &["guard"], ada(), "say in 1 to 4000");
    check(&"x".repeat(MAX_DESCRIPTION_CHARS + 1), &["guard"], ada(), "4001 characters");
    check("x", &[], ada(), "nobody is picked");
    check("x", &["guard", "guard"], ada(), "guard is picked twice");
    check("x", &["janitor"], ada(), "there is no role `janitor`");
    check("x", &["guard"], Party::System, "nobody delegates in the runtime's own name");
    assert_eq!(house.state().delegations(None, 10).unwrap(), []);
}

#[test]
fn a_category_is_picked_by_name_by_words_or_as_the_default() {
    let check = |named: Option<&str>, description: &str, expected: Result<(&str, &str), &str>| match (
        pick(CATEGORIES, named, description),
        expected,
    ) {
        (Ok(picked), Ok((name, because))) => {
            assert_eq!(picked.category.name, name, "{description}");
            assert!(picked.because.contains(because), "{}", picked.because);
        }
        (Err(why), Err(words)) => assert!(why.contains(words), "{why}"),
        (found, _) => panic!("{description}: {found:?}"),
    };
    check(Some("papers"), "locks on doors", Ok(("papers", "it was named")));
    check(None, "Locks for the doorways", Ok(("doors", "lock, door*")));
    check(None, "Paper for the archive, behind a door", Ok(("papers", "archive, paper")));
    check(None, "A paper door", Ok(("doors", "door*; it tells as much of papers, so name one")));
    check(
        None,
        "Water the plants",
        Ok(("doors", "tells of no category, and this is the default; name one of doors, papers")),
    );
    check(Some("plants"), "x", Err("there is no `plants`; there are doors, papers"));
    assert!(pick(&[], None, "x").unwrap_err().contains("declares no categories"));
}

#[test]
fn categories_that_pick_nobody_are_no_declaration() {
    const NOBODY: &[Category] = &[Category { name: "a", about: "", roles: &[], words: &[] }];
    const STRANGER: &[Category] = &[Category { name: "a", about: "", roles: &["janitor"], words: &[] }];
    const TWICE: &[Category] = &[Category { name: "a", about: "", roles: &["clerk", "clerk"], words: &[] }];
    for (categories, words) in
        [(NOBODY, "picks nobody"), (STRANGER, "picks janitor"), (TWICE, "declared twice")]
    {
        let error = company().delegating(categories).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
    let error = company().delegating(const { &[CATEGORIES[0], CATEGORIES[0]] }).unwrap_err().to_string();
    assert!(error.contains("`doors` is declared twice"), "{error}");
}

/// Goal: a delegation replays. Method: every kind of order, an answer, then everything decided again.
#[test]
fn delegations_replay() {
    let mut house = House::new();
    let id = house.start(&["guard"]);
    house.order(DelegationOrder::Join { delegation: id, role: role("clerk") }).unwrap();
    let task = text(&house.give(id, None).unwrap(), "message").to_owned();
    house.settle();
    house.answer(Party::Role(role("guard")), &task);
    house.order(DelegationOrder::Leave { delegation: id, role: role("guard") }).unwrap();
    house.order(DelegationOrder::End { delegation: id, note: String::new() }).unwrap();
    // The categories are a door's affair: what was picked stands in the input.
    let replayed = crate::replay::replay(&company(), &house.state(), None).unwrap();
    assert_eq!((replayed.decided_again, replayed.applied_only), (replayed.steps, 0));
}
