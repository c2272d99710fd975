//! The Senior Developer: how it is written.

use echo_runtime::role::{Course, Matter, Role, Weighs};

use crate::tools;

/// How the role is declared.
pub const ROLE: Role = Role {
    id: "senior_developer",
    title: "Senior Developer",
    escalates_to: Some("senior_architect"),
    leadership: false,
    budget_limit_usd: None,
    threshold: 600,
    may_decide: &["implementation", "code_review", "refactoring", "bug_fixing"],
    spends: &[],
    matters: &[
        Matter {
            name: "feature_architecture",
            words: &["feature architecture"],
            types: &[],
            course: Course::With(&["senior_architect", "test_lead"]),
        },
        Matter {
            name: "major_refactor",
            words: &["major refactor", "major refactoring"],
            types: &[],
            course: Course::Up,
        },
    ],
    keywords: &["development", "implementation", "code", "programming", "bug"],
    hears: &[],
    weighs: Weighs {
        money: 60,
        risk: 100,
        feasibility: 150,
        outcome: 90,
        figures: &[("effort_person_days", "available_person_days")],
    },
    tools: tools::senior_developer::tools,
    on_message: None,
};
