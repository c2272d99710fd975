//! The commands by which people look into a store and act in it, of the real binary with its nine agents.

use std::process::{Command, Stdio};
use std::sync::Arc;

use echo_runtime::drivers::simulation::Simulation;
use echo_runtime::mind::RulesMind;
use echo_runtime::organisation::Organisation;
use echo_runtime::role::Role;
use echo_runtime::turn::{Failure, Turn};
use echo_storage::clock::ClockKind;
use echo_storage::names::RoleId;
use echo_storage::records::{Address, Kind, Message, Party};
use echo_storage::{Input, OpenOptions, Store};
use echo_tests::{Home, role};
use serde_json::Value;

const QUESTION: &str = "Shall the deployment infrastructure get monitoring, testing and a new api design?";

/// A home in which the default session waits for a person, and another question was approved.
fn lived_in() -> Home {
    let home = Home::default();
    let _ = home.run(&["train", "--virtual-time", "--quiet"]).exits(0);
    let ask = ["train", "--virtual-time", "--quiet", "--ask", QUESTION, "--initiator", "cto"];
    let more = ["--type", "infrastructure_architecture", "--budget", "90000"];
    let _ = home.run(&[ask.as_slice(), more.as_slice()].concat()).exits(0);
    home
}

#[track_caller]
fn json(home: &Home, line: &[&str]) -> Value {
    let run = home.run(&[line, &["--json"]].concat()).exits(0);
    assert_eq!(run.stderr, "", "{line:?}");
    run.json()
}

/// Goal: who looks changes nothing. Method: every reading command runs, and the store's bytes are compared.
#[test]
fn looking_leaves_the_store_as_it_is() {
    let home = lived_in();
    let before = std::fs::read(home.store()).unwrap();
    for line in [
        &["status"] as &[&str],
        &["agents"],
        &["agents", "cto"],
        &["messages"],
        &["messages", "cto"],
        &["messages", "cto", "--unread"],
        &["messages", "msg-1"],
        &["decisions"],
        &["decisions", "dec-1"],
        &["why", "dec-1"],
        &["why", "dec-2"],
        &["sessions"],
        &["sessions", "ses-1"],
        &["dead-letters"],
        &["approvals"],
        &["replay"],
        &["replay", "--session", "ses-1"],
        &["report"],
        &["report", "ses-1"],
        &["scenarios"],
    ] {
        let text = home.run(line).exits(0);
        assert!(!text.stdout.trim().is_empty(), "{line:?}");
        json(&home, line);
    }
    assert!(std::fs::read(home.store()).unwrap() == before, "a command that looks changed the file");
}

#[test]
fn the_nine_agents_are_told_of_in_their_order() {
    let home = lived_in();
    let agents = json(&home, &["agents"])["agents"].clone();
    let roles: Vec<&str> =
        agents.as_array().unwrap().iter().map(|agent| agent["role"].as_str().unwrap()).collect();
    assert_eq!(roles[..3], ["ceo", "cto", "chro"]);
    assert_eq!(roles.len(), 9);
    assert_eq!((&agents[1]["spent_usd"], &agents[1]["state"]), (&90_000.into(), &"ready".into()));
    assert_eq!(agents[1]["track"][0]["stood"], 1);
    let one = json(&home, &["agents", "cto"]);
    let tools = one["tools"].as_array().unwrap();
    assert!(tools.iter().any(|tool| tool["name"] == "decision_status" && tool["only_reads"] == true));
    assert!(one["may_decide_for_others"].as_array().unwrap().contains(&"code_review".into()));
    assert!(one["hears"].as_array().unwrap().iter().any(|heard| heard["topic"] == "messages:all"));
}

#[test]
fn an_outcome_is_explained() {
    let home = lived_in();
    let why = json(&home, &["why", "dec-2"]);
    assert_eq!((&why["status"], &why["decided_by"]), (&"approved".into(), &"cto".into()));
    assert_eq!(
        (&why["authority"][0]["role"], &why["authority"][0]["decided"]),
        (&"cto".into(), &true.into())
    );
    assert_eq!(why["authority"][0]["spent_usd"], 0, "its own amount does not count against it");
    assert_eq!(why["ballots"].as_array().unwrap().len(), 2);
    let text = home.run(&["why", "dec-1"]).exits(0).stdout;
    for words in
        ["waits for a person", "2,000,000 USD exceeds its limit of 1,000,000 USD", "echo-org approvals"]
    {
        assert!(text.contains(words), "no `{words}` in\n{text}");
    }
    let _ = home.run(&["why", "dec-9"]).exits(1).says(&["there is no dec-9; the latest is dec-2"]);
}

/// Goal: a message that a person sends is read at once, also in real time. Method: it goes to everybody in a store of
/// each clock.
#[test]
fn a_message_is_read_before_the_command_ends() {
    for clock in [&["--virtual-time"] as &[&str], &[]] {
        let home = Home::default();
        let _ = home.run(&["send", "me", "ceo", "--subject", "Hello"]).exits(1).says(&["no store", "train"]);
        assert!(home.files().is_empty());
        let _ = home.run(&[&["train", "--quiet"], clock].concat()).exits(0);
        let line =
            ["send", "me", "messages:leadership", "--subject", "Figures", "--content", "{\"load\": 8000}"];
        let sent = json(&home, &line);
        let deliveries = sent["deliveries"].as_array().unwrap();
        assert_eq!(deliveries.len(), 4, "{sent}");
        assert!(deliveries.iter().all(|one| one["state"] == "read"), "{sent}");
        let message = json(&home, &["messages", sent["message"].as_str().unwrap()]);
        assert_eq!(message["content"]["load"], 8000);
        let _ = home.run(&["replay"]).exits(0);
    }
}

#[test]
fn a_template_plays_as_it_is() {
    let home = Home::default();
    let written = home.run(&["scenarios", "new", "my-question"]).exits(0);
    assert!(written.stdout.contains("echo-org train ./my-question.yaml"), "{}", written.told());
    let before = std::fs::read(home.path().join("my-question.yaml")).unwrap();
    let _ = home.run(&["scenarios", "new", "my-question"]).exits(1).says(&["is there already"]);
    assert_eq!(std::fs::read(home.path().join("my-question.yaml")).unwrap(), before);
    let session = json(&home, &["train", "./my-question.yaml", "--virtual-time"]);
    assert_eq!(session["decision"]["status"], "approved", "{session:#}");
    assert_eq!(session["tally"]["quorum"], true);
}

#[test]
fn nothing_is_given_up_in_a_sound_store() {
    let home = lived_in();
    assert_eq!(json(&home, &["dead-letters"])["dead_letters"], Value::Array(Vec::new()));
    let _ = home.run(&["retry", "msg-1"]).exits(1).says(&["msg-1 was given up for nobody"]);
    let _ = home.run(&["retry", "--all"]).exits(0);
    let failure = home.run(&["retry", "--agent", "cto", "--json"]).exits(1);
    assert_eq!(failure.stdout, "");
    let failure: Value = serde_json::from_str(&failure.stderr).unwrap();
    assert_eq!(failure["error"]["kind"], "failure");
}

/// Panics on what is called bad.
fn picky(turn: &mut Turn<'_, '_>, role: &RoleId, message: &Message) -> Result<(), Failure> {
    assert!(message.subject != "bad", "it is bad");
    turn.role(role).map(drop)
}

/// Goal: what an agent has given up is found, and tried again with success once its cause is gone. Method: the store is
/// made with a role that panics on the message; the binary's own does not.
#[test]
fn a_dead_letter_is_listed_retried_and_read() {
    let home = Home::default();
    let roles: Vec<Role> = echo_agents::ROLES
        .iter()
        .map(|one| Role { on_message: (one.id == "cto").then_some(picky as _), ..one.clone() })
        .collect();
    let organisation = Organisation::new(&roles, Vec::new, echo_agents::SCENARIOS).unwrap();
    std::fs::create_dir_all(home.store().parent().unwrap()).unwrap();
    let options = OpenOptions { clock: Some(ClockKind::Virtual), ..OpenOptions::default() };
    let store = Arc::new(Store::open(&home.store(), &options).unwrap());
    let mut simulation = Simulation::new(Arc::new(organisation), store, Arc::new(RulesMind), 1).unwrap();
    for subject in ["bad", "good"] {
        let input = Input::Post {
            from: Party::Person("me".to_owned()),
            to: Address::Role(role("cto")),
            kind: Kind::Notification,
            subject: subject.to_owned(),
            content: "{}".to_owned(),
            in_reply_to: None,
        };
        simulation.submit(input).unwrap();
    }
    simulation.settle(&mut |_| {}).unwrap();
    drop(simulation);

    let state = |message: &str| json(&home, &["messages", message])["deliveries"][0]["state"].clone();
    assert_eq!((state("msg-1"), state("msg-2")), ("dead".into(), "read".into()));
    let dead = json(&home, &["dead-letters"])["dead_letters"].clone();
    assert_eq!(dead.as_array().unwrap().len(), 1, "{dead}");
    assert_eq!((&dead[0]["message"], &dead[0]["role"]), (&"msg-1".into(), &"cto".into()));
    let text = home.run(&["status"]).exits(0).stdout;
    assert!(text.contains("echo-org dead-letters"), "{text}");
    let _ = home.run(&["retry", "msg-1", "--agent", "ceo"]).exits(1).says(&["was for cto"]);

    let retried = json(&home, &["retry", "msg-1"]);
    let delivery = &retried["retried"][0]["deliveries"][0];
    assert_eq!((&delivery["message"], &delivery["state"]), (&"msg-1".into(), &"read".into()), "{retried}");
    assert_eq!(state("msg-1"), "read");
    assert_eq!(json(&home, &["dead-letters"])["dead_letters"], Value::Array(Vec::new()));
    let _ = home.run(&["retry", "msg-1"]).exits(1).says(&["msg-1 was given up for nobody"]);
    let _ = home.run(&["replay"]).exits(0);
}

/// Goal: the scripts and pages that are made are such that their readers accept them. Method: the readers are asked,
/// where this machine has them.
#[test]
fn shells_and_manuals_accept_what_is_made_for_them() {
    let home = Home::default();
    let script = home.write("completions.bash", &home.run(&["completions", "bash"]).exits(0).stdout);
    check_with("bash", &["-n", script.to_str().unwrap()]);
    let script = home.write("_echo-org", &home.run(&["completions", "zsh"]).exits(0).stdout);
    check_with("zsh", &["-n", script.to_str().unwrap()]);
    let script = home.write("echo-org.fish", &home.run(&["completions", "fish"]).exits(0).stdout);
    check_with("fish", &["--no-execute", script.to_str().unwrap()]);
    let pages = home.run(&["man", "--output", "man"]).exits(0).stdout;
    assert!(pages.lines().count() > 15, "{pages}");
    for page in pages.lines().map(|page| home.path().join(page)) {
        let page = page.to_str().unwrap();
        check_with("mandoc", &["-Tlint", "-W", "error", page]);
        check_with("man", &["--warnings=w", "-l", page]);
    }
    assert!(!home.store().exists());
}

/// Runs a program that must find nothing wrong. Says so where there is none.
#[track_caller]
fn check_with(program: &str, arguments: &[&str]) {
    let run = Command::new(program).args(arguments).stdin(Stdio::null()).output();
    match run {
        Ok(output) => {
            let told = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success() && told.trim().is_empty(), "{program} {arguments:?}: {told}");
        }
        Err(_) => eprintln!("SKIPPED: there is no `{program}` here to read what was made for it"),
    }
}
