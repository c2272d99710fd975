//! The tools of the Senior Developer, each with a good and a bad call.
#![expect(clippy::unwrap_used, reason = "a test reports what is not there by failing")]

#[path = "support/desk.rs"]
mod desk;

use desk::Desk;
use serde_json::{Value, json};

const ROLE: &str = "senior_developer";

fn case() -> Value {
    json!({ "description": "Invoices as files.", "impact": "Fewer letters.", "stakeholders": ["customers"] })
}

fn refused(desk: &mut Desk, tool: &str, arguments: &Value, expected: &str) {
    let refusal = desk.call(ROLE, tool, arguments).unwrap_err();
    assert_eq!(refusal, expected);
}

#[test]
fn a_feature_is_taken_on_if_there_is_time_for_it() {
    let mut desk = Desk::new();
    let task = json!({ "name": "Export", "optimistic_days": 1, "likely_days": 4, "pessimistic_days": 7 });
    let mut arguments =
        json!({ "feature": "invoices", "tasks": [task], "available_person_days": 5, "context": case() });
    let answer = desk.call(ROLE, "implement_feature", &arguments).unwrap();
    let structured = &answer["structured"];
    assert_eq!((&structured["effort"], &structured["margin"]), (&json!(4000), &json!(1000)));
    assert_eq!(structured["decided"]["status"], "approved", "{answer:#}");
    arguments["available_person_days"] = json!(4);
    let answer = desk.call(ROLE, "implement_feature", &arguments).unwrap();
    assert_eq!(answer["structured"]["decided"]["status"], "rejected");
    arguments["changes"] = json!("architecture");
    let answer = desk.call(ROLE, "implement_feature", &arguments).unwrap();
    assert_eq!(answer["structured"]["decided"]["mode"], "collaborative");
    arguments["tasks"][0]["likely_days"] = json!(8);
    let expected = "tasks[0]: optimistic, likely and pessimistic days must not fall";
    refused(&mut desk, "implement_feature", &arguments, expected);
}

#[test]
fn a_change_is_merged_when_nothing_speaks_against_it() {
    let mut desk = Desk::new();
    let figures =
        json!({ "changed_lines": 500, "covered_lines": 450, "failing_tests": 0, "blockers": 0, "majors": 0 });
    let mut arguments = json!({ "change": "the export", "figures": figures, "context": case() });
    let answer = desk.call(ROLE, "review_code", &arguments).unwrap();
    let structured = &answer["structured"];
    assert_eq!(structured["decided"]["status"], "approved", "{answer:#}");
    assert_eq!(structured["coverage"], 900);
    assert_eq!(structured["remarks"], json!(["500 lines changed: beyond 400 a review finds less"]));
    arguments["figures"]["blockers"] = json!(1);
    let answer = desk.call(ROLE, "review_code", &arguments).unwrap();
    assert_eq!(answer["structured"]["decided"]["status"], "rejected");
    assert_eq!(answer["structured"]["objections"], json!(["1 open blockers"]));
    arguments["figures"]["covered_lines"] = json!(501);
    let expected = "figures.covered_lines: it is 501, and only 500 changed";
    refused(&mut desk, "review_code", &arguments, expected);
}

#[test]
fn a_refactoring_is_decided_by_when_it_pays_back() {
    let mut desk = Desk::new();
    let arguments = |effort: u32, saved: u32, scope: &str| {
        json!({
            "code": "the invoices", "scope": scope, "effort_person_days": effort, "saved_person_days_a_month": saved,
            "context": case(),
        })
    };
    let mut check = |effort, saved, scope, months: Value, status: &str, mode: &str| {
        let answer = desk.call(ROLE, "refactor_code", &arguments(effort, saved, scope)).unwrap();
        let structured = &answer["structured"];
        assert_eq!(structured["pays_back_months"], months, "{answer:#}");
        assert_eq!(structured["decided"]["status"], status, "{answer:#}");
        assert_eq!(structured["decided"]["mode"], mode, "{answer:#}");
    };
    check(10, 3, "module", json!(4), "approved", "autonomous");
    check(10, 0, "module", Value::Null, "rejected", "autonomous");
    check(10, 3, "major", json!(4), "pending", "hierarchical");
    check(20, 3, "module", json!(7), "pending", "hierarchical");
    let expected = "effort_person_days: it is 0, and must be 1 to 100000";
    refused(&mut desk, "refactor_code", &arguments(0, 1, "module"), expected);
}

#[test]
fn a_bug_is_recorded_with_its_severity_and_what_is_missing() {
    let mut desk = Desk::new();
    let bug = json!({ "bug": "No export", "actual": "An empty file", "impact": "main_function", "frequency": "often" });
    let answer = desk.call(ROLE, "fix_bug", &bug).unwrap();
    let structured = &answer["structured"];
    assert_eq!(structured["answer"], Value::Null);
    assert_eq!(structured["facts"][0], "its severity is P2");
    assert_eq!(structured["missing"], json!(["expected", "log", "version", "steps", "files"]));
    let again = desk.call(ROLE, "fix_bug", &bug).unwrap();
    let earlier = again["structured"]["facts"][2].as_str().unwrap();
    assert!(earlier.starts_with("wrk-1 of") && earlier.ends_with("by senior_developer"), "{earlier}");
    let bad = json!({ "bug": "x".repeat(201), "actual": "y" });
    refused(&mut desk, "fix_bug", &bad, "bug: it has 201 characters, and needs 1 to 200");
}

#[test]
fn an_engineer_is_mentored_with_how_far_there_is_to_go() {
    let mut desk = Desk::new();
    let arguments =
        json!({ "engineer": "Ada", "topic": "Lifetimes", "level": "novice", "goal": "competent" });
    let answer = desk.call(ROLE, "mentor_engineer", &arguments).unwrap();
    let structured = &answer["structured"];
    assert_eq!(structured["facts"], json!(["stage 1 of 5 now, 3 wanted: 2 to go"]));
    assert_eq!(structured["missing"], json!(["question", "tried"]));
    assert_eq!(structured["reason"], "no model configured");
    let bad = json!({ "engineer": "", "topic": "Lifetimes" });
    refused(&mut desk, "mentor_engineer", &bad, "engineer: it has 0 characters, and needs 1 to 200");
}
