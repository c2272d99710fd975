//! The tools of the Chief Executive Officer, each with a good and a bad call.
//!
//! Goal: what they decide, work out and refuse is known. Method: calls at a desk.

#[path = "support/desk.rs"]
mod desk;

use desk::Desk;
use serde_json::{Value, json};

/// A case on which nothing speaks against deciding.
fn case() -> Value {
    json!({ "description": "What is asked.", "impact": "The team.", "stakeholders": ["cto"] })
}

fn initiative() -> Value {
    json!({
        "initiative": "A second plant",
        "direction": "growth",
        "cost_usd": 600_000,
        "yearly_return_usd": 300_000,
        "horizon_months": 36,
        "context": case(),
    })
}

#[test]
fn an_initiative_is_decided_with_its_returns() {
    let mut desk = Desk::new();
    let answer = desk.call("ceo", "approve_strategic_initiative", &initiative()).unwrap();
    let structured = &answer["structured"];
    assert_eq!(structured["status"], "approved", "{answer:#}");
    assert_eq!(structured["decided_by"], "ceo");
    assert_eq!(structured["figures"]["return_percent"], 50);
    assert_eq!(structured["figures"]["payback_months"], 24);
    let again = desk.call("ceo", "approve_strategic_initiative", &initiative()).unwrap();
    assert_eq!(again["structured"]["status"], "escalated", "together they are above the limit: {again:#}");
}

#[test]
fn an_initiative_without_a_horizon_or_a_name_is_refused() {
    let mut desk = Desk::new();
    let mut check = |field: &str, value: Value, expected: &str| {
        let mut arguments = initiative();
        arguments[field] = value;
        let refusal = desk.call("ceo", "approve_strategic_initiative", &arguments).unwrap_err();
        assert_eq!(refusal, expected);
    };
    check("horizon_months", json!(0), "horizon_months: it is 0, and must be 1 to 600");
    check("initiative", json!(""), "initiative: it has 0 characters, and needs 1 to 200");
}

#[test]
fn the_health_of_the_organisation_is_what_the_store_says() {
    let mut desk = Desk::new();
    desk.call("ceo", "approve_strategic_initiative", &initiative()).unwrap();
    desk.call("ceo", "approve_strategic_initiative", &initiative()).unwrap();
    let incomplete = json!({ "type": "hiring", "subject": "A team", "description": " " });
    desk.call("ceo", "initiate_decision", &incomplete).unwrap();
    let answer = desk.call("ceo", "review_organizational_health", &json!({})).unwrap();
    let structured = &answer["structured"];
    let figures = &structured["decisions"];
    assert_eq!(figures["opened"], 3, "{answer:#}");
    assert_eq!(figures["closed"], 2);
    assert_eq!(figures["approved"], 1);
    assert_eq!(figures["incomplete"], 1);
    assert_eq!(figures["waiting_for_person"], 1);
    assert_eq!(figures["approval_share"], 1000);
    assert_eq!(figures["escalation_share"], 500);
    assert_eq!(figures["close_median_ms"], 0);
    assert_eq!(figures["by_initiator"][0], json!({ "name": "ceo", "opened": 3, "closed": 2, "approved": 1 }));
    assert_eq!(figures["by_type"][0]["name"], "hiring");
    assert_eq!(figures["cut"], false);
    assert_eq!(structured["money"]["approved_usd"], 600_000);
    assert_eq!(structured["money"]["by_role"][0]["used"], 600);
    assert_eq!(structured["agents"]["agents"], 9);
    assert!(structured["mail"]["messages"].as_u64().unwrap() > 0);
    let track =
        json!({ "role": "ceo", "type": "strategic_planning", "stood": 1, "reversed": 0, "record": 909 });
    assert_eq!(structured["track_records"], json!([track]));
    let refusal =
        desk.call("ceo", "review_organizational_health", &json!({ "last_hours": 8_761 })).unwrap_err();
    assert_eq!(refusal, "last_hours: it is 8761, and may be 1 to 8760");
}

#[test]
fn money_is_allocated_within_the_limit_and_a_person_is_asked_above_it() {
    let mut desk = Desk::new();
    let allocation = |amount: Value| json!({ "department": "marketing", "amount_usd": amount, "purpose": "A fair", "context": case() });
    let answer = desk.call("ceo", "allocate_budget", &allocation(json!(1_000_000))).unwrap();
    assert_eq!(answer["structured"]["status"], "approved", "{answer:#}");
    let above = desk.call("ceo", "allocate_budget", &allocation(json!("0.01"))).unwrap();
    assert_eq!(above["structured"]["status"], "escalated", "{above:#}");
    let refusal = desk.call("ceo", "allocate_budget", &allocation(json!(0))).unwrap_err();
    assert!(refusal.starts_with("budget_usd: "), "{refusal}");
}

#[test]
fn a_person_is_asked_and_only_with_a_reason() {
    let mut desk = Desk::new();
    let mut asking =
        json!({ "type": "hiring", "subject": "A team", "reason": "It is new.", "context": case() });
    let answer = desk.call("ceo", "escalate_to_human", &asking).unwrap();
    assert_eq!(answer["structured"]["approval"], "apr-1", "{answer:#}");
    asking["reason"] = json!(" ");
    let refusal = desk.call("ceo", "escalate_to_human", &asking).unwrap_err();
    assert!(refusal.starts_with("reason: "), "{refusal}");
}

#[test]
fn what_a_role_below_decided_is_turned_round_and_what_is_open_is_not() {
    let mut desk = Desk::new();
    let money = json!({ "area": "tooling", "amount_usd": 5_000, "purpose": "Licences", "context": case() });
    desk.call("cto", "allocate_engineering_budget", &money).unwrap();
    let turn = json!({ "decision": "dec-1", "reason": "Not now." });
    let answer = desk.call("ceo", "override_decision", &turn).unwrap();
    assert_eq!(answer["structured"]["status"], "rejected", "{answer:#}");
    let again = desk.call("ceo", "override_decision", &turn).unwrap_err();
    assert!(again.starts_with("decision: "), "{again}");
}
