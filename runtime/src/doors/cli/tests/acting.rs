//! The commands that act: sending messages, and having agents try again.

use super::handmade::{Forge, agent, breaker, role};
use super::*;
use echo_storage::names::{Id, MessageId};
use echo_storage::quantities::Timestamp;
use echo_storage::records::{BreakerState, Receipt};
use echo_storage::{Effect, Input};

#[test]
fn messages_are_sent_and_read() {
    let home = Home::new();
    let _ = home.tells(&["train", "--virtual-time", "--quiet"], 0);
    let line = ["send", "me", "messages:all", "--subject", "Closed on Friday", "--text", "Back on Monday."];
    insta::assert_snapshot!("send", home.tells(&line, 0));
    let newest = home.run(&["messages", "--limit", "1", "--json"]).json();
    let first = newest["messages"][0]["message"].as_str().unwrap().to_owned();
    insta::assert_snapshot!("message_sent", home.tells(&["messages", &first], 0));
    let line = ["send", "clerk", "chief", "--subject", "Re: Friday", "--reply-to", &first, "--json"];
    let answer = home.run(&line).json();
    insta::assert_snapshot!("send_json", serde_json::to_string_pretty(&answer).unwrap());
    let second = answer["message"].as_str().unwrap();
    let full = home.run(&["messages", second, "--json"]).json();
    let first = serde_json::Value::String(first);
    assert_eq!((&full["in_reply_to"], &full["thread"]), (&first, &first));
    let full = home.run(&["messages", first.as_str().unwrap(), "--json"]).json();
    assert_eq!(full["answers"], serde_json::json!([second]));
    // What is sent is a step like any other.
    let _ = home.tells(&["replay"], 0);

    let before = home.run(&["status", "--json"]).json()["steps"].clone();
    let told = home.tells(&["send", "me", "chief", "--subject", "x", "--reply-to", "msg-99"], FAILURE);
    assert!(told.contains(&format!("there is no msg-99; the latest is {second}")), "{told}");
    assert_eq!(home.run(&["status", "--json"]).json()["steps"], before, "a refusal leaves no step");
}

fn dead(message: u64, of: &str, dead: bool) -> Effect {
    Effect::PutReceipt(Receipt {
        message: MessageId::from_number(message),
        role: role(of),
        attempts: 3,
        reason: "the drawer is locked".to_owned(),
        dead,
        at: Timestamp::from_ms(1_767_225_600_000),
    })
}

/// A home in which messages were given up, and one agent as a whole.
fn troubled() -> Home {
    let home = Home::new();
    let _ = home.tells(&["train", "--virtual-time", "--quiet"], 0);
    let given_up = breaker(BreakerState::GivenUp);
    let mut forge = Forge::open(&home);
    forge.step(vec![
        dead(1, "clerk", true),
        dead(1, "guard", true),
        dead(2, "chief", false),
        dead(3, "clerk", true),
        Effect::PutAgent(agent("porter", Some(given_up))),
    ]);
    home
}

#[test]
fn what_was_given_up_is_listed() {
    let home = troubled();
    insta::assert_snapshot!("dead_letters", home.tells(&["dead-letters"], 0));
    insta::assert_snapshot!("dead_letters_json", home.tells(&["dead-letters", "guard", "--json"], 0));
    assert_eq!(home.tells(&["dead-letters", "chief"], 0), "no message was given up for chief");
    assert_eq!(home.run(&["status", "--json"]).json()["dead_letters"], 3);
    // A message's recipients are not parted by a page's end.
    let page = home.run(&["dead-letters", "--limit", "1", "--json"]).json();
    assert_eq!((&page["dead_letters"][0]["message"], &page["next"]), (&"msg-3".into(), &"msg-3".into()));
    let page = home.run(&["dead-letters", "--limit", "1", "--before", "msg-3", "--json"]).json();
    assert_eq!(page["dead_letters"].as_array().unwrap().len(), 2);
    assert_eq!(page["next"], serde_json::Value::Null);
}

#[test]
fn only_what_was_given_up_is_retried() {
    let home = troubled();
    let before = home.run(&["status", "--json"]).json()["steps"].clone();
    let check = |line: &[&str], words: &str| {
        let told = home.tells(line, FAILURE);
        assert!(told.contains(words), "{told}");
    };
    check(&["retry", "msg-2"], "msg-2 was given up for nobody; `dead-letters` lists what was");
    check(
        &["retry", "msg-1", "--agent", "chief"],
        "msg-1 was not given up for chief, it was for clerk, guard",
    );
    check(&["retry", "msg-2", "--agent", "chief"], "msg-2 was not given up for chief, it was for nobody");
    check(&["retry", "--agent", "chief"], "nothing was given up for chief, and it is not paused");
    check(&["retry", "msg-99"], "there is no msg-99; the latest is msg-");
    assert_eq!(home.run(&["status", "--json"]).json()["steps"], before, "a refusal leaves no step");

    let calm = Home::new();
    let _ = calm.tells(&["train", "--virtual-time", "--quiet"], 0);
    assert_eq!(calm.tells(&["retry", "--all"], 0), "nothing was given up, and no agent is paused");
}

/// Goal: each retry reaches the journal, with who asked for it. Method: the inputs are read there.
#[test]
fn a_retry_is_ordered_for_each_role() {
    let orders = |line: &[&str]| -> Vec<(String, Option<String>, String)> {
        let home = troubled();
        assert_eq!(home.run(line).code, 0);
        let forge = Forge::open(&home);
        let entries = echo_storage::journal::entries_after(&forge.snapshot(), 0, 1_000).unwrap();
        let retries = entries.into_iter().filter_map(|entry| match entry.input {
            Input::Retry { role, message, person } => {
                Some((role.to_string(), message.map(|id| id.to_string()), person))
            }
            _ => None,
        });
        retries.collect()
    };
    let order =
        |role: &str, message: Option<&str>| (role.to_owned(), message.map(str::to_owned), "ada".to_owned());
    assert_eq!(orders(&["retry", "msg-1"]), [order("clerk", Some("msg-1")), order("guard", Some("msg-1"))]);
    assert_eq!(orders(&["retry", "msg-1", "--agent", "guard"]), [order("guard", Some("msg-1"))]);
    assert_eq!(orders(&["retry", "--agent", "porter"]), [order("porter", None)]);
    assert_eq!(
        orders(&["retry", "--all"]),
        [order("clerk", None), order("guard", None), order("porter", None)]
    );
}

/// Goal: what is tried again is read. Method: all that was given up is retried, and looked at afterwards.
#[test]
fn what_is_retried_is_read() {
    let home = troubled();
    insta::assert_snapshot!(home.tells(&["retry", "--all"], 0), @"
    msg-1 for clerk: read
    msg-3 for clerk: read
    clerk takes mail
    msg-1 for guard: read
    guard takes mail
    porter takes mail
    ");
    assert_eq!(home.tells(&["dead-letters"], 0), "no message was given up");
    assert_eq!(home.run(&["agents", "porter", "--json"]).json()["state"], "ready");
}
