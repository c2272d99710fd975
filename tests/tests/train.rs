//! Training sessions of the real binary: what comes of them, what people read, and what bad input gets.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test reports what it cannot read by failing")]

use std::io::Read;
use std::process::Stdio;

use echo_storage::clock::ClockKind;
use echo_storage::codec;
use echo_storage::store::{FORMAT, StoreInfo};
use echo_storage::table::{Key, STORE};
use echo_storage::{OpenOptions, Store};
use echo_tests::{Home, Run, scenario};
use serde_json::Value;

/// Those whom the default scenario concerns, in the order of the roles, and those whom it does not.
const CONCERNED: [&str; 4] = ["cto", "operations_head", "product_manager", "senior_architect"];
const NOT_CONCERNED: [&str; 4] = ["chro", "uiux_engineer", "senior_developer", "test_lead"];

/// A decision that every role should like: cheap, complete, its risks answered.
const SOUND: &str = "\
name: monitoring
title: Monitoring of the platform
initiator: ceo
decision:
  type: budget_allocation
  subject: Budget for monitoring the platform
  description: >-
    Operations get monitoring and reliability reports for the infrastructure. Technology and security gain from
    them, and the product gets a feature that customers ask for.
  budget_usd: 120000
  impact: Outages are noticed before customers notice them.
  stakeholders: [operations_head, cto, product_manager]
  timeline: 6 months
  risks:
    - {risk: The alarms are too many to be read, mitigation: Two weeks of tuning before the night shift relies on them}
  alternatives: [Buy the service from a vendor for 200000 USD]
  dependencies: [Two engineers for 6 months]
  success_criteria: [Outages are noticed within 2 minutes, 99.9 % availability]
  data: {load_expected: 8000, load_capacity: 10000}
";

/// Plays a scenario in an empty home.
#[track_caller]
fn play(yaml: &str) -> Value {
    let home = Home::default();
    let file = home.write("scenario.yaml", yaml);
    let arguments = ["train".as_ref(), file.as_os_str(), "--json".as_ref()];
    home.run(&arguments).exits(0).json()
}

/// The roles of a session for which a field has a value.
fn roles(session: &Value, field: &str, value: &Value) -> Vec<String> {
    let agents = session["agents"].as_array().unwrap().iter();
    let with_value = agents.filter(|agent| agent[field] == *value);
    with_value.map(|agent| agent["role"].as_str().unwrap().to_owned()).collect()
}

/// The text of a value that must be one and say something.
#[track_caller]
fn text(value: &Value) -> &str {
    let text = value.as_str().unwrap_or_else(|| panic!("not a text: {value}"));
    assert!(!text.trim().is_empty());
    text
}

/// The scenario without the line that begins with `field`.
fn without(yaml: &str, field: &str) -> String {
    let is_field = |line: &&str| line.trim_start().starts_with(field);
    assert_eq!(yaml.lines().filter(is_field).count(), 1, "{field}");
    yaml.lines().filter(|line| !is_field(line)).fold(String::new(), |text, line| text + line + "\n")
}

/// Goal: the default session does what its scenario expects, and its JSON says so field by field.
/// Method: it is played in an empty home, and everything is looked at that a program may rely on.
#[test]
fn the_default_session_waits_for_a_person() {
    let home = Home::default();
    let session = home.run(&["train", "--json"]).exits(0).json();
    let fields: Vec<&String> = session.as_object().unwrap().keys().collect();
    for field in
        ["session", "hash", "store", "duration_ms", "decision", "tally", "agents", "expectations"]
    {
        assert!(fields.iter().any(|name| *name == field), "no `{field}` in {fields:?}");
    }
    assert_eq!(session["session"], "ses-1");
    assert_eq!(session["store"], home.store().to_str().unwrap());
    assert!(session["duration_ms"].is_number());
    assert_eq!(text(&session["hash"]).len(), 64);

    let decision = &session["decision"];
    assert_eq!(decision["id"], "dec-1");
    assert_eq!(decision["type"], "company_direction");
    assert_eq!(decision["status"], "escalated");
    assert_eq!(decision["decided_by"], "person");
    assert!(!decision["path"].as_array().unwrap().is_empty());

    let tally = &session["tally"];
    assert_eq!((&tally["participants"], &tally["quorum"]), (&4.into(), &true.into()));
    let heads: u64 = ["approve", "reject", "abstain"].map(|vote| tally[vote].as_u64().unwrap()).iter().sum();
    assert_eq!(heads, 4);
    assert!(!tally["consensus"].is_null());

    assert_eq!(roles(&session, "took_part", &true.into()), CONCERNED);
    for agent in session["agents"].as_array().unwrap() {
        text(&agent["reason"]);
        let votes = agent["took_part"] == true;
        assert_eq!(votes, agent["vote"].is_string(), "{agent}");
        assert_eq!(votes, agent["rationale"].is_string(), "{agent}");
        assert_eq!(votes, !agent["confidence"].is_null(), "{agent}");
    }
    for role in NOT_CONCERNED {
        assert!(roles(&session, "as", &"decline".into()).contains(&role.to_owned()), "{role}");
    }
    assert_eq!(session["expectations"]["held"], true);
    assert!(!session["expectations"]["checks"].as_array().unwrap().is_empty());
}

/// Goal: who takes part is the organisation's own judgement. Method: the default scenario without the line that tells
/// some to stay away gives the same participants, and the others decline for want of relevance.
#[test]
fn roles_know_by_themselves_that_they_are_not_concerned() {
    let session = play(&without(&scenario("revenue-growth"), "not_concerned:"));
    assert_eq!(roles(&session, "took_part", &true.into()), CONCERNED);
    let declined = roles(&session, "as", &"decline".into());
    for role in NOT_CONCERNED {
        assert!(declined.contains(&role.to_owned()), "{role}");
    }
    for agent in session["agents"].as_array().unwrap() {
        assert!(!text(&agent["reason"]).contains("told by the author"), "{agent}");
    }
    assert_eq!(session["expectations"]["held"], true);
    let checks = session["expectations"]["checks"].as_array().unwrap();
    assert!(checks.iter().all(|check| check["verdict"] == "held"), "{checks:?}");
}

/// Goal: a person's verdict ends what waits for it, once. Method: the default session is approved, approved and
/// rejected again, and replayed.
#[test]
fn the_first_answer_of_a_person_counts() {
    let home = Home::default();
    let session = home.run(&["train", "--json"]).exits(0).json();
    let waiting = home.run(&["approvals", "--json"]).exits(0).json();
    assert_eq!(waiting.as_array().unwrap().len(), 1, "{waiting}");
    assert_eq!(waiting[0]["decision"], session["decision"]["id"]);
    let approval = text(&waiting[0]["id"]).to_owned();

    let _ = home.run(&["approve", &approval]).exits(0);
    assert_eq!(home.run(&["approvals", "--json"]).exits(0).json(), Value::Array(Vec::new()));
    for again in ["approve", "reject"] {
        let _ = home.run(&[again, &approval]).exits(1).says(&["approved by", "the first answer counts"]);
    }
    let _ = home.run(&["approve", "apr-99"]).exits(1).says(&["apr-99"]);

    let replayed = home.run(&["replay", "--json"]).exits(0).json();
    assert_eq!(replayed["hash"], session["hash"]);
    assert_eq!(replayed["model_calls"], 0);
}

/// Goal: a seed fixes a session. Method: each of some seeds is played twice on stores of their own.
#[test]
fn the_same_seed_gives_the_same_session() {
    let hash = |seed: &str| {
        let arguments = ["train", "--virtual-time", "--seed", seed, "--json"];
        text(&Home::default().run(&arguments).exits(0).json()["hash"]).to_owned()
    };
    for seed in ["0", "1", "2", "7", "42", "1000003", "18446744073709551615"] {
        assert_eq!(hash(seed), hash(seed), "seed {seed}");
    }
}

#[test]
fn a_sound_budget_within_the_limits_is_approved_by_a_role() {
    let session = play(SOUND);
    assert_eq!(session["decision"]["status"], "approved", "{session:#}");
    assert_eq!(session["decision"]["decided_by"], "ceo");
}

#[test]
fn a_reckless_budget_is_rejected() {
    for yaml in [
        SOUND.replace("budget_usd: 120000", "budget_usd: 50000000"),
        scenario("revenue-growth").replace("budget_usd: 2000000", "budget_usd: 50000000").split("expect:").next().unwrap().to_owned(),
    ] {
        let session = play(&yaml);
        assert_eq!(session["decision"]["status"], "rejected", "{session:#}");
        assert_eq!(session["tally"]["approve"], 0);
    }
}

#[test]
fn an_incomplete_proposal_is_rejected_and_says_what_is_missing() {
    let session = play(&without(SOUND, "impact:"));
    assert_eq!(session["decision"]["status"], "rejected", "{session:#}");
    let path = session["decision"]["path"].to_string();
    assert!(path.contains("incomplete") && path.contains("impact"), "{path}");
    assert!(!path.contains("stakeholders"), "{path}");
}
