//! One client on standard input and output.

use echo_tests::Home;
use echo_tests::mcp::{HANDSHAKE, STATELESS, Stdio, introduction, meta};
use serde_json::{Value, json};

use super::{ROLES, allocation, names};

#[test]
fn a_role_has_its_tools_under_their_own_names_and_calls_them_in_its_own() {
    let home = Home::sharing();
    let mut ceo = Stdio::start(&home, &["--role", "ceo"]);
    let about = ceo.shake(HANDSHAKE, &json!({}));
    assert_eq!(about["serverInfo"]["name"], "echo-org");
    assert_eq!(about["protocolVersion"], HANDSHAKE);
    assert!(about["instructions"].as_str().unwrap().contains("You act as the ceo"), "{about}");
    let listed = ceo.ask("tools/list", &json!({}));
    let tools = names(&listed);
    assert!(tools.contains(&"allocate_budget") && tools.contains(&"decision_status"), "{tools:?}");
    assert!(!tools.iter().any(|name| name.starts_with("ceo_")), "{tools:?}");

    let done = ceo.call("allocate_budget", &allocation(1_000));
    assert_eq!(done["isError"], false, "{done}");
    assert_eq!(done["structuredContent"]["status"], "approved", "{done}");
    assert!(done["content"][0]["text"].as_str().unwrap().contains("dec-1 is approved by ceo"), "{done}");
    let status = ceo.call("decision_status", &json!({ "decision": "dec-1" }));
    assert_eq!(status["structuredContent"]["initiator"], "ceo", "{status}");
    let (last, status) = ceo.ends();
    assert!(last.is_empty() && status.success(), "{last:?} {status}");
    let _ = home.run(&["stop"]).exits(0);
}

#[test]
fn without_a_role_every_tool_is_there_with_its_roles_name_before_it() {
    let home = Home::sharing();
    let mut everyone = Stdio::ready(&home, &[]);
    let listed = everyone.ask("tools/list", &json!({}));
    let tools = names(&listed);
    for role in ROLES {
        let own = format!("{role}_decision_status");
        assert!(tools.contains(&own.as_str()), "{own} is missing");
    }
    let done = everyone.call("ceo_allocate_budget", &allocation(1_000));
    assert_eq!(done["structuredContent"]["decided_by"], "ceo", "{done}");
    let seen = everyone.call("test_lead_decision_status", &json!({ "decision": "dec-1" }));
    assert_eq!(seen["isError"], false, "{seen}");
    // The names that clients allow.
    let fits =
        |name: &str| name.len() <= 64 && name.chars().all(|char| char.is_ascii_alphanumeric() || char == '_');
    assert!(tools.iter().all(|name| fits(name)), "{tools:?}");
}

/// Goal: what a tool says of itself is true. Method: each tool's hints are held against what it is.
#[test]
fn tools_tell_the_truth_of_themselves() {
    let home = Home::sharing();
    let mut everyone = Stdio::ready(&home, &[]);
    let listed = everyone.ask("tools/list", &json!({}));
    for tool in listed["tools"].as_array().unwrap() {
        let (name, hints) = (tool["name"].as_str().unwrap(), &tool["annotations"]);
        for schema in ["inputSchema", "outputSchema"] {
            assert_eq!(tool[schema]["type"], "object", "{name}");
        }
        assert!(tool["description"].as_str().is_some_and(|text| text.len() > 20), "{name}");
        if name.ends_with("decision_status") {
            assert_eq!(
                (&hints["readOnlyHint"], &hints["idempotentHint"]),
                (&json!(true), &json!(true)),
                "{name}"
            );
        }
        if name.ends_with("_budget") {
            let told = (&hints["readOnlyHint"], &hints["destructiveHint"], &hints["idempotentHint"]);
            assert_eq!(told, (&json!(false), &json!(true), &json!(false)), "{name}");
        }
    }
}

#[test]
fn arguments_are_held_against_the_schema_and_a_refusal_is_an_answer() {
    let home = Home::sharing();
    let mut ceo = Stdio::ready(&home, &["--role", "ceo"]);
    let mut refused = |arguments: &Value| {
        let answer = ceo.call("allocate_budget", arguments);
        assert_eq!(answer["isError"], true, "{answer}");
        answer["content"][0]["text"].as_str().unwrap().to_owned()
    };
    let mut other = allocation(1_000);
    other["purpose"] = json!("");
    let why = refused(&other);
    assert!(why.starts_with("purpose: "), "{why}");
    // No value is repeated: it may be long, or nobody's business.
    other["purpose"] = json!("secret ".repeat(100));
    let why = refused(&other);
    assert!(why.starts_with("purpose: ") && !why.contains("secret"), "{why}");
    let why = refused(&json!({}));
    assert!(why.contains("area") && why.contains("amount_usd"), "{why}");
    let mut forged = allocation(1_000);
    forged["caller"] = json!("cto");
    let why = refused(&forged);
    assert!(why.contains("caller"), "{why}");
    // Nothing of this was a step.
    let state = home.run(&["decisions", "--json"]).exits(0).json();
    assert_eq!(state["decisions"].as_array().unwrap().len(), 0, "{state}");
}

#[test]
fn a_call_under_a_key_is_done_once() {
    let home = Home::sharing();
    let mut ceo = Stdio::ready(&home, &["--role", "ceo"]);
    let call = json!({
        "name": "allocate_budget", "arguments": allocation(1_000), "_meta": { "echo-org/key": "one" },
    });
    let first = ceo.ask("tools/call", &call);
    let again = ceo.ask("tools/call", &call);
    assert_eq!(first["structuredContent"], again["structuredContent"]);
    assert_eq!(again["structuredContent"]["decision"], "dec-1");
}

#[test]
fn every_version_is_spoken() {
    let home = Home::sharing();
    for version in ["2024-11-05", "2025-03-26", "2025-06-18", HANDSHAKE] {
        let mut client = Stdio::start(&home, &["--role", "cto"]);
        assert_eq!(client.shake(version, &json!({}))["protocolVersion"], version);
        assert!(!names(&client.ask("tools/list", &json!({}))).is_empty());
    }
    let mut client = Stdio::start(&home, &["--role", "cto"]);
    let about = client.ask("server/discover", &json!({ "_meta": meta(&json!({})) }));
    assert!(about["supportedVersions"].as_array().unwrap().contains(&json!(STATELESS)), "{about}");
    let listed = client.ask("tools/list", &json!({ "_meta": meta(&json!({})) }));
    assert!(names(&listed).contains(&"escalate_to_ceo") || !names(&listed).is_empty());
    // An unknown version is answered with one that is known.
    let mut client = Stdio::start(&home, &["--role", "cto"]);
    let about = client.ask("initialize", &introduction("1999-01-01", &json!({})));
    assert_eq!(about["protocolVersion"], HANDSHAKE);
}

#[test]
fn a_client_that_says_all_at_once_gets_all_its_answers() {
    let home = Home::sharing();
    let mut client = Stdio::start(&home, &["--role", "ceo"]);
    let first = client.begin("initialize", &introduction(HANDSHAKE, &json!({})));
    client.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
    let second = client.begin("tools/list", &json!({}));
    let arguments = json!({ "name": "allocate_budget", "arguments": allocation(5) });
    let third = client.begin("tools/call", &arguments);
    let (last, status) = client.ends();
    assert!(status.success());
    let mut ids: Vec<u64> = last.iter().map(|answer| answer["id"].as_u64().unwrap()).collect();
    ids.sort_unstable();
    assert_eq!(ids, [first, second, third], "{last:?}");
    assert!(last.iter().all(|answer| answer.get("error").is_none()), "{last:?}");
}

#[test]
fn what_means_nothing_is_refused_before_anything_is_started() {
    let home = Home::sharing();
    let _ = home.run(&["mcp", "--role", "janitor"]).exits(2).says(&["janitor", "ceo"]);
    let _ = home.run(&["mcp", "--role", "ceo", "--person"]).exits(2);
    // A client that says nothing starts nothing.
    let _ = home.run(&["mcp", "--role", "ceo"]).exits(0);
    assert!(home.files().is_empty(), "{:?}", home.files().keys());
}
