//! The tools of the Senior Architect as callers meet them.
//!
//! Goal: what each accepts, refuses and answers is known. Method: a good call and bad ones at a desk, in the caller's name.
#![expect(clippy::unwrap_used, reason = "a test reports what is not there by failing")]

#[path = "support/desk.rs"]
mod desk;

use desk::Desk;
use serde_json::{Value, json};

const ROLE: &str = "senior_architect";

/// A call that differs from a good one in one field.
fn with(good: &Value, field: &str, value: Value) -> Value {
    let mut changed = good.clone();
    changed.as_object_mut().unwrap().insert(field.to_owned(), value);
    changed
}

fn system() -> Value {
    json!({
        "system": "Billing",
        "components": [{ "name": "api", "needs": ["store"] }, { "name": "store" }],
        "qualities": [{ "quality": "security", "goal": "no card number is kept" }],
    })
}

#[test]
fn a_design_is_asked_for_and_none_made_up() {
    let mut desk = Desk::new();
    let answer = desk.call(ROLE, "design_system_architecture", &system()).unwrap()["structured"].clone();
    let facts = json!(["2 components with 1 dependencies", "can be built in this order: store, api"]);
    assert_eq!(answer["facts"], facts);
    let missing = [
        "purpose",
        "constraints",
        "a goal for performance",
        "a goal for reliability",
        "a goal for maintainability",
    ];
    assert_eq!(answer["missing"], json!(missing));
    assert_eq!((&answer["answer"], &answer["reason"]), (&Value::Null, &json!("no model configured")));
    let again = desk.call(ROLE, "design_system_architecture", &system()).unwrap()["structured"].clone();
    assert_eq!(again["facts"].as_array().unwrap().len(), 3, "{again:#}");
}

fn review(scope: &str, resolved: bool) -> Value {
    json!({
        "design": "Billing 2", "scope": scope, "verdict": "approve",
        "findings": [
            { "what": "It loses orders", "severity": "major", "resolved": resolved },
            { "what": "A name misleads", "severity": "minor" },
        ],
        "context": { "description": "The design", "impact": "All orders", "stakeholders": ["customers"] },
    })
}

#[test]
fn a_design_goes_the_way_of_its_scope_and_not_with_a_major_finding_open() {
    let mut desk = Desk::new();
    let mut check = |scope: &str, mode: &str, status: &str| {
        let answer = desk.call(ROLE, "review_technical_design", &review(scope, true)).unwrap();
        let structured = &answer["structured"];
        assert_eq!(structured["mode"], mode, "{answer:#}");
        assert_eq!(structured["status"], status, "{answer:#}");
        assert_eq!(structured["figures"], json!({ "open_major": 0, "open_minor": 1, "resolved": 1 }));
    };
    check("component", "autonomous", "approved");
    check("system_architecture", "collaborative", "pending");
    check("major_architectural_change", "hierarchical", "pending");
    let refusal = desk.call(ROLE, "review_technical_design", &review("component", false)).unwrap_err();
    assert_eq!(refusal, "verdict: 1 major findings are open; resolve them, or reject the design");
    let rejected = with(&review("component", false), "verdict", json!("reject"));
    let answer = desk.call(ROLE, "review_technical_design", &rejected).unwrap();
    assert_eq!(answer["structured"]["status"], "rejected", "{answer:#}");
}

fn comparison() -> Value {
    json!({
        "purpose": "A queue",
        "criteria": [{ "name": "speed", "weight": 2 }, { "name": "upkeep", "weight": 1, "at_least": 3 }],
        "options": [
            { "name": "A", "scores": { "speed": 4, "upkeep": 6 } },
            { "name": "B", "scores": { "speed": 5, "upkeep": 5 } },
            { "name": "C", "scores": { "speed": 10, "upkeep": 2 } },
        ],
    })
}

#[test]
fn technologies_are_compared_by_weight() {
    let mut desk = Desk::new();
    let answer = desk.call(ROLE, "evaluate_technology", &comparison()).unwrap();
    assert_eq!(answer["structured"]["lead_thousandths"], 334, "{answer:#}");
    let text = "B is ahead by 0.334\n1. B: 5.000\n2. A: 4.666\nout: C, 2 for upkeep, at least 3 is needed";
    assert_eq!(answer["text"], text);
}

fn load() -> Value {
    json!({
        "component": "api", "requests_per_second": 1_000, "service_ms": 200, "concurrency": 10,
        "growth_percent": 10, "months": 2, "instances": 28,
    })
}

#[test]
fn a_growing_load_exhausts_what_runs() {
    let mut desk = Desk::new();
    let answer = desk.call(ROLE, "plan_scalability", &load()).unwrap();
    assert_eq!(answer["structured"]["exhausted_in_months"], 2);
    assert_eq!(answer["structured"]["in_service_thousandths"], 200_000);
    let text = "200.000 requests in service at once; the instances that run do not suffice from month 2 on\n\
        month 0: 1000 requests a second, 25 instances\n\
        month 1: 1100 requests a second, 28 instances\n\
        month 2: 1210 requests a second, 31 instances";
    assert_eq!(answer["text"], text);
    let enough = desk.call(ROLE, "plan_scalability", &with(&load(), "instances", json!(31))).unwrap();
    assert_eq!(enough["structured"]["exhausted_in_months"], Value::Null);
}

fn debt(name: &str, repair: u64, monthly: u64) -> Value {
    json!({ "debt": name, "repair_hours": repair, "hours_per_month": monthly, "system_hours": 1_000 })
}

#[test]
fn debts_are_ranked_and_paid() {
    let mut desk = Desk::new();
    desk.call(ROLE, "manage_technical_debt", &debt("Old client", 100, 10)).unwrap();
    let answer = desk.call(ROLE, "manage_technical_debt", &debt("No tests", 20, 8)).unwrap();
    let text = "2 open, 0 paid: 120 hours of repair, 18 hours each month; debt ratio 0.120, rated C\n\
        1. No tests: 0.400\n2. Old client: 0.100";
    assert_eq!(answer["text"], text);
    let paid = with(&debt("no tests", 20, 8), "state", json!("paid"));
    let answer = desk.call(ROLE, "manage_technical_debt", &paid).unwrap()["structured"].clone();
    assert_eq!((&answer["open"], &answer["paid"], &answer["rating"]), (&json!(1), &json!(1), &json!("B")));
}

#[test]
fn bad_calls_are_refused_with_their_path() {
    let mut desk = Desk::new();
    let mut check = |tool: &str, call: &Value, expected: &str| {
        let refusal = desk.call(ROLE, tool, call).unwrap_err();
        assert!(refusal.starts_with(expected), "{tool}: {refusal}");
    };
    let tool = "design_system_architecture";
    let lost = json!([{ "name": "api", "needs": ["store"] }]);
    check(tool, &with(&system(), "components", lost), "components[0].needs[0]: `store` is no component");
    let twice = json!([{ "name": "api" }, { "name": "API" }]);
    check(tool, &with(&system(), "components", twice), "components[1]: `API`");
    check(tool, &with(&system(), "system", json!("")), "system: it has 0 characters");
    let tool = "review_technical_design";
    check(tool, &with(&review("component", true), "findings", json!([{ "what": "x" }])), "findings[0]: ");
    let tool = "evaluate_technology";
    let lacking = json!([{ "name": "A", "scores": { "speed": 1 } }]);
    check(tool, &with(&comparison(), "options", lacking), "options[0].scores: `upkeep` is not scored");
    let high = json!([{ "name": "A", "scores": { "speed": 11, "upkeep": 1 } }]);
    check(tool, &with(&comparison(), "options", high), "options[0].scores.speed: it is 11");
    let other = json!([{ "name": "A", "scores": { "speed": 1, "upkeep": 1, "fame": 1 } }]);
    check(tool, &with(&comparison(), "options", other), "options[0].scores.fame: there is no such criterion");
    check("plan_scalability", &with(&load(), "months", json!(37)), "months: it is 37");
    check(
        "plan_scalability",
        &with(&load(), "utilisation_percent", json!(0)),
        "utilisation_percent: it is 0",
    );
    check("manage_technical_debt", &debt("x", 0, 1), "repair_hours: it is 0");
    check(
        "manage_technical_debt",
        &with(&debt("x", 1, 1), "system_hours", json!(0)),
        "system_hours: it is 0",
    );
}
