//! The tools of the UI/UX Engineer, each with a good and a bad call.
#![expect(clippy::unwrap_used, reason = "a test reports what is not there by failing")]

#[path = "support/desk.rs"]
mod desk;

use desk::Desk;
use serde_json::{Value, json};

const ROLE: &str = "uiux_engineer";

fn case() -> Value {
    json!({ "description": "The card of the dashboard.", "impact": "All who open it.", "stakeholders": ["users"] })
}

fn refused(desk: &mut Desk, tool: &str, arguments: &Value, expected: &str) {
    let refusal = desk.call(ROLE, tool, arguments).unwrap_err();
    assert_eq!(refusal, expected);
}

#[test]
fn a_design_is_asked_for_with_what_is_missing() {
    let mut desk = Desk::new();
    let component = json!({ "component": "Button", "state": "stable", "version": "1", "screens": 4, "screens_up_to_date": 3 });
    desk.call(ROLE, "manage_design_system", &component).unwrap();
    let arguments = json!({
        "subject": "Dashboard", "goal": "See the figures", "users": ["managers"], "components": ["button", "Chart"],
    });
    let answer = desk.call(ROLE, "design_user_interface", &arguments).unwrap();
    let structured = &answer["structured"];
    assert_eq!(structured["answer"], Value::Null);
    assert_eq!(structured["reason"], "no model configured");
    assert_eq!(
        structured["facts"],
        json!(["the design system has 1 components that may be used", "1 of the 2 named are among them"])
    );
    let missing = json!(["steps", "devices", "accessibility", "component Chart in the design system"]);
    assert_eq!(structured["missing"], missing);
    let bad = json!({ "subject": "Dashboard", "goal": " " });
    refused(&mut desk, "design_user_interface", &bad, "goal: it has 0 characters, and needs 1 to 4000");
}

#[test]
fn a_study_says_how_many_people_it_needs() {
    let mut desk = Desk::new();
    let mut arguments = json!({
        "study": "First use", "question": "Where do they stop?",
        "method": { "usability_test": { "meets_percent": 31, "find_percent": 85 } },
        "observed": { "people": 4, "succeeded": 3 },
    });
    let answer = desk.call(ROLE, "conduct_user_research", &arguments).unwrap();
    assert_eq!(answer["text"], "wrk-1 needs 6 people, 2 are lacking; success 0.750");
    arguments["observed"]["succeeded"] = json!(5);
    let expected = "observed.succeeded: it is 5, and only 4 took part";
    refused(&mut desk, "conduct_user_research", &arguments, expected);
}

#[test]
fn what_was_built_is_accepted_by_its_conformance() {
    let mut desk = Desk::new();
    let check = |built: &str| json!([{ "name": "Padding", "designed": "8 px", "built": built }]);
    let mut arguments = json!({ "subject": "Card", "checks": check("8 px"), "context": case() });
    let answer = desk.call(ROLE, "review_design_implementation", &arguments).unwrap();
    let structured = &answer["structured"];
    assert_eq!((&structured["conformance"], &structured["verdict"]), (&json!(1000), &json!("approve")));
    assert_eq!(structured["decided"]["status"], "approved", "{answer:#}");
    assert_eq!(structured["decided"]["decided_by"], ROLE);

    arguments["checks"] = check("9 px");
    let answer = desk.call(ROLE, "review_design_implementation", &arguments).unwrap();
    assert_eq!(answer["structured"]["decided"]["status"], "rejected");
    assert_eq!(answer["structured"]["deviations"], json!(["Padding: designed 8 px, built 9 px"]));

    let mut mode = |field: &str, value: &str, expected: &str| {
        let mut arguments = arguments.clone();
        arguments[field] = json!(value);
        let answer = desk.call(ROLE, "review_design_implementation", &arguments).unwrap();
        assert_eq!(answer["structured"]["decided"]["mode"], expected, "{answer:#}");
    };
    mode("reach", "major_flow", "collaborative");
    mode("reach", "design_system", "hierarchical");
    mode("duty", "legal", "human");

    arguments["checks"] = json!([]);
    let expected = "checks: it has 0 entries, and needs 1 to 200";
    refused(&mut desk, "review_design_implementation", &arguments, expected);
}

#[test]
fn the_design_system_is_a_register() {
    let mut desk = Desk::new();
    let component = |name: &str, state: &str, made_of: &[&str]| json!({ "component": name, "state": state, "version": "1", "made_of": made_of });
    desk.call(ROLE, "manage_design_system", &component("Button", "stable", &[])).unwrap();
    let answer = desk.call(ROLE, "manage_design_system", &component("Dialog", "draft", &["button"])).unwrap();
    assert_eq!(answer["structured"]["components"].as_array().unwrap().len(), 2);
    let expected = "state: Dialog is made of Button; deprecate it until nothing is";
    refused(&mut desk, "manage_design_system", &component("Button", "removed", &[]), expected);
    let expected = "made_of[0]: there is no other component `Chart`; record it first";
    refused(&mut desk, "manage_design_system", &component("Card", "draft", &["Chart"]), expected);
    desk.call(ROLE, "manage_design_system", &component("dialog", "removed", &[])).unwrap();
    let answer = desk.call(ROLE, "manage_design_system", &component("Button", "removed", &[])).unwrap();
    assert_eq!(answer["structured"]["components"], json!([]));
}

#[test]
fn accessibility_is_worked_out_from_criteria_and_colours() {
    let mut desk = Desk::new();
    let mut arguments = json!({
        "subject": "Dashboard", "target": "AA",
        "colours": [{ "foreground": "#777777", "background": "#FFFFFF" }],
    });
    let answer = desk.call(ROLE, "evaluate_accessibility", &arguments).unwrap();
    let structured = &answer["structured"];
    assert_eq!(structured["level"], Value::Null);
    assert_eq!(structured["contrasts"][0]["ratio"], 4478);
    assert_eq!(structured["failed"], json!(["1.4.3", "1.4.6"]));
    assert_eq!(structured["unchecked"].as_array().unwrap().len(), 54);
    arguments["criteria"] = json!({ "4.1.1": "pass" });
    let expected = "criteria.4.1.1: WCAG 2.2 has no such criterion; give a number such as 2.4.7";
    refused(&mut desk, "evaluate_accessibility", &arguments, expected);
    arguments["colours"][0]["foreground"] = json!("grey");
    let refusal = desk.call(ROLE, "evaluate_accessibility", &arguments).unwrap_err();
    assert!(refusal.starts_with("colours[0].foreground: a colour is written #rrggbb"), "{refusal}");
}
