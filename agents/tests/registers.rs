//! What tools have recorded, when there is much of it.
//!
//! Goal: recording again never pushes another title out, names are compared in one way, and an answer that rests on a part of
//! a register says so. Method: a desk records titles through the tools, or a thousand at once as the store would hold them.
#![expect(clippy::unwrap_used, reason = "a test reports what is not there by failing")]

#[path = "support/desk.rs"]
mod desk;

use desk::Desk;
use echo_storage::clock::VIRTUAL_EPOCH;
use echo_storage::names::{Id, RoleId, WorkId};
use echo_storage::records::Work;
use echo_storage::{Effect, Input};
use serde_json::{Value, json};

/// One more than a register is read for.
const TOO_MANY: u64 = 1_001;

/// Records so many items in one step.
fn fill(desk: &mut Desk, tool: &str, title: fn(u64) -> String, facts: &Value, numbers: std::ops::Range<u64>) {
    let mut draft = desk.batch.draft(VIRTUAL_EPOCH);
    for number in numbers {
        let work = Work {
            id: WorkId::from_number(number + 1),
            role: RoleId::new("ceo").unwrap(),
            tool: tool.to_owned(),
            title: title(number),
            facts: facts.to_string(),
            at: VIRTUAL_EPOCH,
        };
        draft.emit(Effect::PutWork(work)).unwrap();
    }
    let finished = draft.finish();
    let config = desk.organisation.config().clone();
    desk.batch.append(Input::Configure(config), None, finished).unwrap();
}

fn named(number: u64) -> String {
    format!("title {number:04}")
}

fn same(_: u64) -> String {
    "Again".to_owned()
}

fn feature(name: &str) -> Value {
    json!({ "feature": name, "reach": 10, "impact": "low", "confidence": "low", "effort_tenths": 5 })
}

fn feature_facts() -> Value {
    json!({ "reach": 10, "impact": "low", "confidence": "low", "effort_tenths": 5 })
}

fn component(name: &str, state: &str, made_of: &[&str]) -> Value {
    json!({ "component": name, "state": state, "version": "1", "made_of": made_of })
}

#[test]
fn recording_again_pushes_no_other_title_out() {
    let mut desk = Desk::new();
    let _ = desk.call("product_manager", "prioritize_feature", &feature("Search")).unwrap();
    fill(&mut desk, "prioritize_feature", same, &feature_facts(), 10..10 + TOO_MANY);
    let answer = desk.call("product_manager", "prioritize_feature", &feature("Other")).unwrap();
    assert_eq!(answer["structured"]["of"], 3, "{answer:#}");
    assert_eq!(answer["structured"]["cut"], false);
}

#[test]
fn a_rank_among_more_than_are_read_is_none() {
    let mut desk = Desk::new();
    fill(&mut desk, "prioritize_feature", named, &feature_facts(), 0..TOO_MANY);
    let answer = desk.call("product_manager", "prioritize_feature", &feature("zz")).unwrap();
    assert_eq!(answer["structured"]["cut"], true, "{answer:#}");
    assert_eq!(answer["structured"]["rank"], Value::Null);
    let text = answer["text"].as_str().unwrap();
    assert!(text.contains("more than 1000 are recorded"), "{text}");
    let plan = json!({ "release": "R", "capacity_tenths": 10 });
    let refusal = desk.call("product_manager", "plan_release", &plan).unwrap_err();
    assert!(refusal.starts_with("prioritize_feature: more than 1000 titles are recorded"), "{refusal}");
}

#[test]
fn what_is_listed_in_part_says_so() {
    let bug = json!({ "bug": "title 0000", "impact": "outage", "frequency": "always", "workaround": false });
    let suite = json!({ "suite": "title 0000", "tests": 1, "automated": 0, "runs": 0, "flaky_runs": 0, "manual_minutes": 0, "runs_a_month": 0, "effort_minutes": 0 });
    let debt = json!({ "debt": "title 0000", "repair_hours": 1, "hours_per_month": 1 });
    let calls = [
        ("test_lead", "classify_bug_severity", bug),
        ("test_lead", "manage_test_automation", suite),
        ("senior_architect", "manage_technical_debt", debt),
        ("uiux_engineer", "manage_design_system", component("title 0000", "stable", &[])),
    ];
    for (role, tool, call) in calls {
        let mut desk = Desk::new();
        fill(&mut desk, tool, named, &json!({}), 0..TOO_MANY - 1);
        let answer = desk.call(role, tool, &call).unwrap();
        assert_eq!(answer["structured"]["cut"], false, "{tool}");
        fill(&mut desk, tool, |_| "one more".to_owned(), &json!({}), TOO_MANY + 1..TOO_MANY + 2);
        let answer = desk.call(role, tool, &call).unwrap();
        assert_eq!(answer["structured"]["cut"], true, "{tool}");
        assert!(answer["text"].as_str().unwrap().contains("more than 1000 are recorded"), "{tool}");
    }
}

#[test]
fn hours_of_a_resource_are_all_counted() {
    let mut desk = Desk::new();
    let mut assign = |resource: &str, work: &str, hours: u64| {
        let call = json!({ "resource": resource, "capacity_hours": 40, "work": work, "hours": hours });
        desk.call("operations_head", "manage_resource_allocation", &call)
    };
    // Joined with a stroke between them these would be one.
    assert!(assign("A / B", "C", 7).is_ok());
    assert_eq!(assign("A", "B / C", 5).unwrap()["structured"]["assigned_hours"], 5);
    assert_eq!(assign("A / B", "D", 1).unwrap()["structured"]["assigned_hours"], 8);
    for number in 0..50 {
        assign("A", &format!("more {number}"), 1).unwrap();
    }
    assert_eq!(assign("a", "b / c", 6).unwrap()["structured"]["assigned_hours"], 56);
}

#[test]
fn what_others_are_made_of_is_not_withdrawn() {
    let mut desk = Desk::new();
    let mut manage = |call: &Value| desk.call("uiux_engineer", "manage_design_system", call);
    manage(&component("Größe", "stable", &[])).unwrap();
    // Names are compared without their case, in every alphabet.
    manage(&component("Card", "stable", &["GRÖSSE", "größe"])).unwrap_err();
    manage(&component("Card", "stable", &["GRÖßE"])).unwrap();
    let refusal = manage(&component("GRÖßE", "removed", &[])).unwrap_err();
    assert!(refusal.starts_with("state: Card is made of"), "{refusal}");
    manage(&component("Card", "removed", &[])).unwrap();
    manage(&component("GRÖßE", "removed", &[])).unwrap();
    fill(&mut desk, "manage_design_system", named, &json!({}), 100..100 + TOO_MANY);
    let refusal =
        desk.call("uiux_engineer", "manage_design_system", &component("Card", "removed", &[])).unwrap_err();
    assert!(refusal.starts_with("manage_design_system: more than 1000 titles"), "{refusal}");
}

#[test]
fn a_design_names_components_in_any_case() {
    let mut desk = Desk::new();
    desk.call("uiux_engineer", "manage_design_system", &component("Größe", "stable", &[])).unwrap();
    let call = json!({ "subject": "s", "goal": "g", "components": ["GRÖßE"] });
    let answer = desk.call("uiux_engineer", "design_user_interface", &call).unwrap();
    assert!(answer["text"].as_str().unwrap().contains("1 of the 1 named are among them"), "{answer:#}");
}

#[test]
fn the_same_is_asked_before_whatever_else_was() {
    let mut desk = Desk::new();
    let ask = json!({ "bug": "Größe", "actual": "It is lost." });
    desk.call("senior_developer", "fix_bug", &ask).unwrap();
    fill(&mut desk, "fix_bug", same, &json!({}), 10..10 + TOO_MANY);
    let again = json!({ "bug": "GRÖßE", "actual": "It is lost." });
    let answer = desk.call("senior_developer", "fix_bug", &again).unwrap();
    assert!(answer["text"].as_str().unwrap().contains("asked the same, by senior_developer"), "{answer:#}");
}
