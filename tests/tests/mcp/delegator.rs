//! The delegator's door, by the real binary.
//!
//! Goal: a piece of work is done by agents that its client need not know, through messages that are real, and outlives the
//! runtime. Method: one client delegates, another answers through the role's door; the runtime is stopped in between.

use echo_tests::Home;
use echo_tests::mcp::{Stdio, request};
use serde_json::{Value, json};

use super::http::{Serving, session};
use super::names;

const TOOLS: [&str; 7] = [
    "start_session",
    "list_active_agents",
    "delegate_task",
    "spawn_agent",
    "shutdown_agent",
    "session_status",
    "end_session",
];

/// The structured answer of a call that was done.
#[track_caller]
fn done(client: &mut Stdio, tool: &str, arguments: &Value) -> Value {
    let answer = client.call(tool, arguments);
    assert_ne!(answer["isError"], true, "{tool}: {answer}");
    answer["structuredContent"].clone()
}

/// Why a call was refused.
#[track_caller]
fn refused(client: &mut Stdio, tool: &str, arguments: &Value) -> String {
    let answer = client.call(tool, arguments);
    assert_eq!(answer["isError"], true, "{tool}: {answer}");
    answer["content"][0]["text"].as_str().unwrap().to_owned()
}

#[test]
fn a_piece_of_work_is_picked_for_delegated_answered_and_ended() {
    let home = Home::sharing();
    let mut client = Stdio::ready(&home, &["--delegator"]);
    let listed = client.ask("tools/list", &json!({}));
    assert_eq!(names(&listed), TOOLS);
    let about = listed["tools"][0]["description"].as_str().unwrap();
    assert!(about.contains("quick_fix (a small mend: senior_developer)"), "{about}");

    let started =
        done(&mut client, "start_session", &json!({ "description": "Fix the typo on the start page" }));
    assert_eq!(
        (&started["session"], &started["task_category"]),
        (&json!("del-1"), &json!("quick_fix")),
        "{started}"
    );
    assert_eq!(started["agents"], json!(["senior_developer"]));
    assert!(started["because"].as_str().unwrap().contains("fix, typo"), "{started}");
    let default = done(&mut client, "start_session", &json!({ "description": "Water the plants" }));
    assert!(default["because"].as_str().unwrap().contains("this is the default"), "{default}");
    let named = json!({ "description": "Fix it", "task_category": "strategic" });
    assert_eq!(
        done(&mut client, "start_session", &named)["agents"],
        json!(["ceo", "cto", "product_manager"])
    );
    let why =
        refused(&mut client, "start_session", &json!({ "description": "x", "task_category": "gardening" }));
    assert!(why.contains("there is no `gardening`"), "{why}");

    let task = json!({ "session": "del-1", "task": "Mend `recieve`.\nIt is on the start page." });
    let given = done(&mut client, "delegate_task", &task);
    assert_eq!(given["agent"], "senior_developer", "{given}");
    let message = given["message"].as_str().unwrap().to_owned();
    let shown = home.run(&["messages", &message, "--json"]).exits(0).json();
    assert_eq!(
        (&shown["kind"], &shown["subject"]),
        (&json!("request"), &json!("Mend `recieve`.")),
        "{shown}"
    );
    let other = json!({ "session": "del-1", "task": "x", "agent": "cto" });
    assert!(refused(&mut client, "delegate_task", &other).contains("spawn it there first"));
    let spawned = done(&mut client, "spawn_agent", &json!({ "session": "del-1", "agent": "cto" }));
    assert_eq!(spawned["agents"], json!(["senior_developer", "cto"]));
    assert_eq!(done(&mut client, "delegate_task", &other)["agent"], "cto");

    let mut developer = Stdio::ready(&home, &["--role", "senior_developer"]);
    let answer = json!({ "kind": "response", "subject": "Mended", "in_reply_to": message });
    let answered = developer.call("send_message", &answer);
    assert_eq!(answered["isError"], false, "{answered}");
    assert!(answered["structuredContent"]["to"].as_str().unwrap().starts_with("person "), "{answered}");
    let _ = home.run(&["stop"]).exits(0);
    // The next runtime knows it all, and its agents take what waits.
    let status = done(&mut client, "session_status", &json!({ "session": "del-1" }));
    assert_eq!((&status["is_open"], &status["counts"]["answered"]), (&json!(true), &json!(1)), "{status}");
    assert_eq!(status["tasks"][0]["answer"], answered["structuredContent"]["message"], "{status}");
    let active = done(&mut client, "list_active_agents", &json!({}));
    let cto = active["agents"].as_array().unwrap().iter().find(|one| one["agent"] == "cto").unwrap().clone();
    assert_eq!(cto["sessions"], json!(["del-3", "del-1"]), "{active}");
    let left = done(&mut client, "shutdown_agent", &json!({ "session": "del-1", "agent": "cto" }));
    assert_eq!(left["agents"], json!(["senior_developer"]));
    let active = done(&mut client, "list_active_agents", &json!({}));
    let cto = active["agents"].as_array().unwrap().iter().find(|one| one["agent"] == "cto").unwrap().clone();
    assert_eq!(cto["sessions"], json!(["del-3"]), "another session is as it was: {active}");

    let ended = done(&mut client, "end_session", &json!({ "session": "del-1", "note": "Thanks." }));
    assert!(ended["summary"].as_str().unwrap().starts_with("2 tasks: 1 answered"), "{ended}");
    let listed = home.run(&["delegations", "--json"]).exits(0).json();
    let stands: Vec<_> =
        listed["delegations"].as_array().unwrap().iter().map(|one| &one["is_open"]).collect();
    assert_eq!(stands, [true, true, false], "the newest first: {listed}");
    let shown = home.run(&["delegations", "del-1"]).exits(0).stdout;
    for words in ["ended", "senior_developer", "answered by msg-", "Thanks."] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    let _ = home.run(&["delegations", "del-9"]).exits(1).says(&["del-9", "del-3"]);
    assert!(refused(&mut client, "delegate_task", &task).contains("del-1 ended at"));
    let replayed = home.run(&["replay", "--json"]).exits(0).json();
    assert_eq!((&replayed["equal"], &replayed["applied_only"]), (&json!(true), &json!(0)), "{replayed}");
}

#[test]
fn a_task_under_a_key_is_given_once_and_nobody_else_gives_any() {
    let home = Home::sharing();
    let mut client = Stdio::ready(&home, &["--delegator"]);
    done(&mut client, "start_session", &json!({ "description": "Fix a bug" }));
    let params = json!({
        "name": "delegate_task", "arguments": { "session": "del-1", "task": "Mend it" },
        "_meta": { "echo-org/key": "once" },
    });
    let (one, two) = (client.ask("tools/call", &params), client.ask("tools/call", &params));
    assert_eq!(one, two);
    let status = done(&mut client, "session_status", &json!({ "session": "del-1" }));
    assert_eq!(status["counts"]["given"], 1, "{status}");
    for wrong in [json!({}), json!({ "session": "ses-1" }), json!({ "session": "del-1", "by": "ceo" })] {
        let _ = refused(&mut client, "session_status", &wrong);
    }
    for tool in ["approve", "ceo_allocate_budget", "allocate_budget", "send_message"] {
        let told = client.message("tools/call", &json!({ "name": tool, "arguments": {} }));
        assert!(told["error"]["message"].as_str().unwrap().contains("no tool"), "{told}");
    }
    assert!(client.ask("resources/read", &json!({ "uri": "echo://decisions" })).get("contents").is_some());
    let mut everyone = Stdio::ready(&home, &[]);
    let listed = everyone.ask("tools/list", &json!({}));
    assert!(names(&listed).iter().all(|name| !TOOLS.contains(name)));
}

#[test]
fn the_delegator_is_a_door_on_http_as_well() {
    let home = Home::sharing();
    let serving = Serving::start(&home);
    let client = session(&serving.client("/mcp/delegator"));
    let reply = client.post(&request(3, "tools/list", &json!({})));
    assert_eq!(names(reply.result()), TOOLS);
    let params = json!({ "name": "start_session", "arguments": { "description": "Hire two engineers" } });
    let reply = client.post(&request(4, "tools/call", &params));
    assert_eq!(reply.result()["structuredContent"]["agents"], json!(["ceo", "chro"]), "{reply:?}");
}
