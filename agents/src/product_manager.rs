//! The Product Manager: what is built, for whom and when.

use echo_runtime::role::{Course, Hears, Matter, Role, Weighs};

use crate::tools;

/// How the role is declared.
pub const ROLE: Role = Role {
    id: "product_manager",
    title: "Product Manager",
    escalates_to: Some("ceo"),
    leadership: false,
    budget_limit_usd: Some(200_000),
    threshold: 750,
    may_decide: &[
        "product_roadmap",
        "feature_prioritization",
        "product_budget",
        "user_research",
        "release_planning",
    ],
    spends: &["product_budget"],
    matters: &[
        Matter {
            name: "roadmap",
            words: &[],
            types: &["product_roadmap"],
            course: Course::With(&["cto", "senior_architect", "uiux_engineer"]),
        },
        Matter { name: "major_feature", words: &["major feature"], types: &[], course: Course::Up },
        Matter {
            name: "pivot",
            words: &["pivot the product", "product pivot", "pivot of the product", "pivot the company"],
            types: &[],
            course: Course::Up,
        },
        Matter { name: "strategic_pivot", words: &["strategic pivot"], types: &[], course: Course::Person },
    ],
    keywords: &[
        "product",
        "feature",
        "requirements",
        "user story",
        "roadmap",
        "customer",
        "market",
        "pricing",
    ],
    hears: &[Hears { topic: "decisions:new", only: &[] }],
    weighs: Weighs {
        money: 90,
        risk: 90,
        feasibility: 90,
        outcome: 150,
        figures: &[("customers_needed", "customers_reachable")],
    },
    tools: tools::product_manager::tools,
    on_message: None,
};
