//! As a user of a desktop client would: the configuration written, and what it says run.
//!
//! Goal: the client's file is all that it takes. Method: the written file is read as a client reads it, and the program in it
//! started as a client starts it; a budget is allocated, a vote held, an approval given.

use echo_storage::clock::Stopwatch;
use echo_tests::mcp::Stdio;
use echo_tests::{Home, RUN_LIMIT};
use serde_json::{Value, json};

use super::allocation;

/// The arguments behind `mcp` of an entry in a client's file.
fn arguments(file: &Value, key: &str, name: &str, home: &Home) -> Vec<String> {
    let entry = &file[key][name];
    assert_eq!(entry["command"], home.program().path().display().to_string(), "{file}");
    let all: Vec<String> =
        entry["args"].as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect();
    assert_eq!(all[0], "mcp");
    assert!(all.iter().all(|one| !one.contains("org.redb") || one.starts_with('/')), "{all:?}");
    all[1..].to_vec()
}

#[test]
fn a_desktop_client_is_set_up_and_used() {
    let home = Home::sharing();
    let path = home.path().join(".config/Claude/claude_desktop_config.json");
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, r#"{"theme": "dark", "mcpServers": {"files": {"command": "files"}}}"#).unwrap();
    let printed = home.run(&["connect", "claude-desktop", "--role", "ceo"]).exits(0).json();
    assert_eq!(printed["mcpServers"]["echo-ceo"]["args"][3], "--role", "{printed}");
    assert!(std::fs::read_to_string(&path).unwrap().len() < 100, "printing changes nothing");

    let write =
        ["connect", "claude-desktop", "--role", "ceo", "--role", "cto", "--person", "--write", "--json"];
    let written = home.run(&write).exits(0).json();
    assert_eq!((&written["changed"], written["backup"].is_string()), (&json!(true), true), "{written}");
    let again = home.run(&write).exits(0).json();
    assert_eq!((&again["changed"], &again["backup"]), (&json!(false), &Value::Null), "{again}");
    let file: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!((&file["theme"], &file["mcpServers"]["files"]["command"]), (&json!("dark"), &json!("files")));

    let start = |name: &str| {
        let arguments = arguments(&file, "mcpServers", name, &home);
        Stdio::ready(&home, &arguments.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let mut ceo = start("echo-ceo");
    let done = ceo.call("allocate_budget", &allocation(1_000));
    assert_eq!(done["structuredContent"]["status"], "approved", "{done}");
    let opened = ceo.call(
        "initiate_decision",
        &json!({
            "type": "infrastructure_architecture",
            "subject": "Move the deployment infrastructure to a new architecture with monitoring",
            "description": "Deployment, infrastructure, testing and api design change",
            "impact": "Releases take minutes",
            "stakeholders": ["cto"],
            "budget_usd": 90_000,
        }),
    );
    let decision = opened["structuredContent"]["decision"].clone();
    let stopwatch = Stopwatch::new();
    let voted = loop {
        assert!(stopwatch.elapsed() < RUN_LIMIT, "{decision} is pending for ever");
        let status = ceo.call("decision_status", &json!({ "decision": decision }));
        if status["structuredContent"]["status"] != "pending" {
            break status;
        }
    };
    assert!(voted["structuredContent"]["ballots"].as_array().unwrap().len() > 1, "{voted}");
    let asked = ceo.call("allocate_budget", &allocation(2_000_000));
    assert_eq!(asked["structuredContent"]["status"], "escalated", "{asked}");
    let all = home.run(&["approvals", "--json"]).exits(0).json();
    let one = &all["approvals"][0];
    let mut person = start("echo-person");
    let given = person.call("approve", &json!({ "id": one["approval"], "code": one["code"] }));
    assert_eq!(given["structuredContent"]["status"], "approved", "{given}");

    let doctor = home.run(&["doctor", "--json"]).json();
    let clients = doctor["findings"].as_array().unwrap().iter().filter(|one| one["about"] == "client");
    assert!(clients.clone().all(|one| one["level"] == "ok"), "{doctor}");
    assert_eq!(clients.count(), 3, "{doctor}");
}

#[test]
fn projects_have_files_of_their_own_and_a_broken_one_is_left_alone() {
    let home = Home::sharing();
    for (client, file, key) in
        [("claude-code", ".mcp.json", "mcpServers"), ("vscode", ".vscode/mcp.json", "servers")]
    {
        let _ = home.run(&["connect", client, "--write"]).exits(0);
        let path = home.path().join(file);
        let text: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        assert_eq!(arguments(&text, key, "echo", &home).len(), 2, "{text}");
        std::fs::write(&path, "// mine\n{}").unwrap();
        let _ = home
            .run(&["connect", client, "--write"])
            .exits(1)
            .says(&["was left as it is", "without --write"]);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "// mine\n{}");
    }
    let _ = home.run(&["connect", "notepad"]).exits(2);
    let _ = home.run(&["connect", "vscode", "--role", "janitor"]).exits(2).says(&["janitor"]);
}
