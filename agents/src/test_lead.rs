//! The Test Lead: whether it works.

use echo_runtime::role::{Course, Hears, Matter, Role, Weighs};

use crate::tools;

/// How the role is declared.
pub const ROLE: Role = Role {
    id: "test_lead",
    title: "Test Lead",
    escalates_to: Some("senior_architect"),
    leadership: false,
    budget_limit_usd: None,
    threshold: 700,
    may_decide: &["test_strategy", "test_automation", "bug_severity", "release_quality"],
    spends: &[],
    matters: &[
        Matter {
            name: "release",
            words: &[],
            types: &["release_quality"],
            course: Course::With(&["senior_developer", "product_manager"]),
        },
        Matter {
            name: "release_block",
            words: &["block the release", "blocking a release", "release block"],
            types: &[],
            course: Course::Up,
        },
        Matter {
            name: "production_incident",
            words: &["production incident*", "production outage*", "production is down"],
            types: &[],
            course: Course::Person,
        },
    ],
    keywords: &["testing", "qa", "quality", "bug", "validation", "coverage"],
    hears: &[Hears { topic: "decisions:new", only: &[] }],
    weighs: Weighs {
        money: 70,
        risk: 150,
        feasibility: 120,
        outcome: 110,
        figures: &[("coverage_required_percent", "coverage_percent"), ("open_bugs", "open_bugs_allowed")],
    },
    tools: tools::test_lead::tools,
    on_message: None,
};
