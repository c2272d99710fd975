//! The tools of the Chief Technology Officer, each with a good and a bad call.
//!
//! Goal: what they decide, work out and refuse is known. Method: calls at a desk.
#![expect(clippy::indexing_slicing, reason = "a test reports what is not there by failing")]

#[path = "support/desk.rs"]
mod desk;

use desk::Desk;
use serde_json::{Value, json};

/// A case on which nothing speaks against deciding.
fn case() -> Value {
    json!({ "description": "What is asked.", "impact": "The team.", "stakeholders": ["cto"] })
}

fn proposal() -> Value {
    json!({
        "proposal": "One build for all services",
        "area": "standards",
        "reach": "one_team",
        "major_migration": false,
        "compliance": false,
        "cost_usd": 60_000,
        "yearly_return_usd": 90_000,
        "horizon_months": 24,
        "context": case(),
    })
}

fn change() -> Value {
    json!({
        "change": "A second region",
        "likelihood": 2,
        "impact": 5,
        "downtime_seconds": 600,
        "objective_millionths": 999_000,
        "rollback": "tested",
        "major_migration": false,
        "compliance": false,
        "cost_usd": 100_000,
        "context": case(),
    })
}

fn with(arguments: Value, field: &str, value: Value) -> Value {
    let mut arguments = arguments;
    arguments[field] = value;
    arguments
}

#[test]
fn a_proposal_goes_the_way_of_what_it_touches() {
    let mut desk = Desk::new();
    let mut check = |arguments: Value, mode: &str, matters: Value| {
        let answer = desk.call("cto", "approve_technical_proposal", &arguments).unwrap();
        assert_eq!(answer["structured"]["mode"], mode, "{answer:#}");
        assert_eq!(answer["structured"]["matters"], matters, "{answer:#}");
        answer
    };
    let decided = check(proposal(), "autonomous", json!([]));
    assert_eq!(decided["structured"]["status"], "approved", "{decided:#}");
    assert_eq!(decided["structured"]["figures"]["return_percent"], 200);
    check(
        with(proposal(), "reach", json!("across_teams")),
        "collaborative",
        json!(["cross_team_architecture"]),
    );
    check(with(proposal(), "area", json!("team_structure")), "hierarchical", json!(["team_structure"]));
    check(with(proposal(), "major_migration", json!(true)), "human", json!(["technology_migration"]));
    check(with(proposal(), "compliance", json!(true)), "human", json!(["compliance"]));
}

#[test]
fn a_proposal_that_does_not_fit_is_refused() {
    let mut desk = Desk::new();
    let mut check = |field: &str, value: Value, expected: &str| {
        let arguments = with(proposal(), field, value);
        let refusal = desk.call("cto", "approve_technical_proposal", &arguments).unwrap_err();
        assert!(refusal.starts_with(expected), "{refusal}");
    };
    check("proposal", json!("  "), "proposal: it has 0 characters");
    check("horizon_months", json!(601), "horizon_months: it is 601, and must be 1 to 600");
    check("area", json!("astrology"), "area: unknown variant");
    check("caller", json!("ceo"), "caller: unknown field");
}

#[test]
fn engineering_money_is_allocated_within_the_limit_and_climbs_above_it() {
    let mut desk = Desk::new();
    let money = |amount: u64| json!({ "area": "security", "amount_usd": amount, "purpose": "An audit", "context": case() });
    let within = desk.call("cto", "allocate_engineering_budget", &money(500_000)).unwrap();
    assert_eq!(within["structured"]["decided_by"], "cto", "{within:#}");
    let above = desk.call("cto", "allocate_engineering_budget", &money(1)).unwrap();
    assert_eq!(above["structured"]["next"], "ceo decides or passes it up", "{above:#}");
    let refusal = desk.call("cto", "allocate_engineering_budget", &money(0)).unwrap_err();
    assert!(refusal.starts_with("budget_usd: "), "{refusal}");
}

#[test]
fn a_change_is_decided_with_its_risk() {
    let mut desk = Desk::new();
    let answer = desk.call("cto", "approve_infrastructure_change", &change()).unwrap();
    let structured = &answer["structured"];
    assert_eq!(structured["status"], "approved", "{answer:#}");
    assert_eq!(
        structured["figures"],
        json!({
            "risk": 10,
            "level": "medium",
            "rollback": "tested",
            "error_budget_seconds": 2_592,
            "within_budget": true,
        })
    );
    let compliance = with(change(), "compliance", json!(true));
    let answer = desk.call("cto", "approve_infrastructure_change", &compliance).unwrap();
    assert_eq!(answer["structured"]["mode"], "human", "{answer:#}");
    let refusal =
        desk.call("cto", "approve_infrastructure_change", &with(change(), "impact", json!(6))).unwrap_err();
    assert_eq!(refusal, "impact: it is 6, and must be 1 to 5");
}

#[test]
fn a_review_of_an_architecture_says_what_can_be_worked_out_and_no_more() {
    let mut desk = Desk::new();
    let part = |name: &str, copies: u64| json!({ "name": name, "available_millionths": 990_000, "copies": copies, "response_ms": 40 });
    let good = json!({
        "architecture": "The shop",
        "parts": [part("front", 2), part("store", 1)],
        "wanted_millionths": 990_000,
    });
    let answer = desk.call("cto", "review_architecture", &good).unwrap();
    let structured = &answer["structured"];
    assert_eq!(structured["answer"], Value::Null);
    assert_eq!(structured["reason"], "no model configured");
    assert_eq!(
        structured["facts"],
        json!([
            "available 98.9901000 % together, against 99.0000000 % wanted, which is not enough",
            "a response takes 80 ms",
            "single points of failure: store",
        ])
    );
    assert_eq!(structured["missing"], json!(["the response time that is wanted", "what is to be looked at"]));
    let again = desk.call("cto", "review_architecture", &good).unwrap();
    assert!(again["text"].as_str().unwrap().contains("asked the same, by cto"), "{again:#}");
    let bad = with(good, "parts", json!([part("a", 1), part("A", 1)]));
    let refusal = desk.call("cto", "review_architecture", &bad).unwrap_err();
    assert_eq!(refusal, "parts[1]: `A` stands there already; name each once");
}

#[test]
fn the_metrics_of_engineering_are_of_its_types_alone() {
    let mut desk = Desk::new();
    desk.call("cto", "approve_technical_proposal", &proposal()).unwrap();
    let other = json!({ "area": "training", "amount_usd": 1_000, "purpose": "A course", "context": case() });
    desk.call("chro", "allocate_hr_budget", &other).unwrap();
    let answer = desk.call("cto", "review_engineering_metrics", &json!({ "last_hours": 1 })).unwrap();
    let structured = &answer["structured"];
    assert_eq!(structured["decisions"]["approved"], 1, "{answer:#}");
    assert_eq!(structured["money"]["approved_usd"], 60_000);
    assert_eq!(structured["money"]["by_role"].as_array().unwrap().len(), 1);
    assert_eq!(structured["track_records"].as_array().unwrap().len(), 1);
    let refusal = desk.call("cto", "review_engineering_metrics", &json!({ "last_hours": 0 })).unwrap_err();
    assert_eq!(refusal, "last_hours: it is 0, and may be 1 to 8760");
}

#[test]
fn what_is_escalated_is_for_the_ceo() {
    let mut desk = Desk::new();
    let mut asking = json!({ "type": "technology_strategy", "subject": "A bet", "reason": "It is large.", "context": case() });
    let answer = desk.call("cto", "escalate_to_ceo", &asking).unwrap();
    assert_eq!(answer["structured"]["next"], "ceo decides or passes it up", "{answer:#}");
    asking["type"] = json!("astrology");
    let refusal = desk.call("cto", "escalate_to_ceo", &asking).unwrap_err();
    assert!(refusal.starts_with("type: nobody has authority"), "{refusal}");
}
